"""``forestall export``: incidents, assignments and positions at decisions, for planners."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli.screen import err, out
from services.errors import ExportError
from services.jurisdictions import EVERYTHING, Jurisdictions, is_jurisdiction
from services.ledger.database import now_s, open_written_ledger
from services.ledger.shared_secrets import SharedSecrets
from services.review.export import SECRET_NAME, pseudonyms
from services.review.export_files import write_export
from services.review.rows import Scope
from services.review.wording import CHINA_TIME
from services.settings import Settings


def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the files.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", help="First day or moment, such as 2026-10-12; from the first on."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="First day or moment that does not count; up to now."),
    ] = None,
    jurisdiction: Annotated[
        list[str] | None, typer.Option(help="Only of this path and below; everything if left out.")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Points as they are, not the middle of their H3 cell.")
    ] = False,
) -> None:
    """Write GeoParquet without victims' references, addresses and notes; responders have
    pseudonyms. Days begin as in China (UTC+8)."""
    names = jurisdiction or [EVERYTHING]
    for name in jurisdiction or ():
        if not is_jurisdiction(name):
            raise ExportError(f"{name!r} is no jurisdiction: it is words joined by '/'.")
    scope = Scope(Jurisdictions(names), _moment_s(from_, 0.0), _moment_s(to, now_s()))
    if not scope.from_s < scope.to_s:
        raise ExportError("--from must be before --to.")
    ledger = open_written_ledger(Settings().ledger_url)
    secret = SharedSecrets(ledger)(SECRET_NAME)
    with err.status("Reading the ledger"), ledger.snapshot() as connection:
        written = write_export(connection, scope, pseudonyms(secret), output, exact)
    for file, rows in written.items():
        out.print(f"{file}  {rows:,} rows", markup=False, soft_wrap=True)


def _moment_s(text: str | None, default_s: float) -> float:
    if text is None:
        return default_s
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=CHINA_TIME)
        return moment.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise ExportError(
            f"{text!r} is no time: write 2026-10-12 or 2026-10-12T09:15:00+08:00."
        ) from None
