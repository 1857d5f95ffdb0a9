"""``forestall branches``: where banks' one-tap alarms come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.areas.lookup import Areas
from services.branch_files import read_branches
from services.branches import BranchBook, put_branches
from services.cli.screen import out
from services.errors import LoadError
from services.ledger.database import open_ledger
from services.settings import Settings

app = typer.Typer(help="Bank branches: the places of one-tap alarms.", no_args_is_help=True)


@app.command()
def load(
    file: Annotated[list[Path], typer.Argument(help="CSV or .json files with id, name, lon, lat.")],
    jurisdiction: Annotated[
        str | None, typer.Option(help="Whose they are; left out: the area that each lies in.")
    ] = None,
    crs: Annotated[
        str, typer.Option(help="wgs84, gcj02 or bd09, where a row says none.")
    ] = "wgs84",
) -> None:
    """Load branches; one with the same id in the same jurisdiction is replaced."""
    ledger = open_ledger(Settings().ledger_url)
    areas = Areas.load(ledger)
    found = []
    for path in file:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise LoadError(f"{path} cannot be read: {error.strerror}.") from None
        found += read_branches(content, path.name, areas, jurisdiction, crs)
    out.print(f"{put_branches(ledger, found)} branches loaded.", markup=False)


@app.command("list")
def list_all() -> None:
    """List the branches."""
    table = Table("id", "name", "jurisdiction", "longitude", "latitude")
    for branch in BranchBook.load(open_ledger(Settings().ledger_url)):
        table.add_row(
            branch.branch_id,
            branch.name,
            branch.jurisdiction,
            f"{branch.lon:.5f}",
            f"{branch.lat:.5f}",
        )
    out.print(table)
