"""``forestall jurisdictions``: the areas that decide who is responsible for a place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.areas.checks import Fit, area_m2
from services.areas.geojson import read_collection
from services.areas.loading import load_areas, remove_areas
from services.areas.lookup import Areas
from services.cli.screen import err, out
from services.errors import LoadError
from services.jurisdictions import Jurisdictions
from services.ledger.database import open_ledger
from services.settings import Settings

app = typer.Typer(help="Areas: districts, stations, villages, grids.", no_args_is_help=True)

MOST_TOLD = 20
"""Findings printed of each kind unless all are asked for."""


@app.command()
def load(
    file: Annotated[list[Path], typer.Argument(help="GeoJSON files; all are taken in, or none.")],
    crs: Annotated[
        str | None, typer.Option(help="wgs84, gcj02 or bd09, where a file names none.")
    ] = None,
    replace: Annotated[
        list[str] | None,
        typer.Option(help="Forget what was loaded at or below this path and is not in the files."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Tell every misfit, not the largest only.")
    ] = False,
) -> None:
    """Load areas; running services use them from their next request on."""
    found = []
    for path in file:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise LoadError(f"{path} cannot be read: {error.strerror}.") from None
        found += read_collection(content, path.name, crs)
    with err.status("Checking how the areas fit together"):
        report = load_areas(open_ledger(Settings().ledger_url), found, replace or ())
    out.print(
        f"{report.loaded} areas loaded, {report.removed} removed; there are {report.total}.",
        markup=False,
    )
    _tell_fit(report.fit, everything)


def _tell_fit(fit: Fit, everything: bool) -> None:
    for misfit in dict.fromkeys(finding.misfit for finding in fit.findings):
        findings = fit.of(misfit)
        told = findings if everything else findings[:MOST_TOLD]
        for finding in told:
            out.print(finding.sentence, markup=False, soft_wrap=True)
        if len(told) < len(findings):
            out.print(f"and {len(findings) - len(told)} more of this kind: --all", markup=False)
    if fit.slivers:
        out.print(
            f"{fit.slivers} slivers under 100 m² each, {fit.slivers_m2:,.0f} m² together.",
            markup=False,
        )


@app.command("list")
def list_all(
    below: Annotated[str | None, typer.Option(help="Only at or below this path.")] = None,
) -> None:
    """List the areas."""
    areas = Areas.load(open_ledger(Settings().ledger_url))
    held = None if below is None else Jurisdictions([below])
    table = Table("path", "name", "level", "code", "km²")
    for area in areas:
        if held is None or held.hold(area.jurisdiction):
            table.add_row(
                area.jurisdiction,
                area.name,
                f"{area.level} {area.level.chinese}",
                area.code or "",
                f"{area_m2(area.geometry) / 1e6:,.2f}",
            )
    out.print(table)


@app.command()
def remove(
    jurisdiction: Annotated[str, typer.Argument(help="Path of an area.")],
) -> None:
    """Forget an area and everything below it."""
    count = remove_areas(open_ledger(Settings().ledger_url), jurisdiction)
    if not count:
        raise LoadError(f"No area has the path {jurisdiction}; see: forestall jurisdictions list")
    out.print(f"{count} areas removed.", markup=False)
