"""``forestall ledger``: whether the record is as it was written."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.screen import complain, out
from services.events.verify import verify as verify_record
from services.ledger.database import open_written_ledger
from services.settings import Settings

app = typer.Typer(help="The record of everything that happened.", no_args_is_help=True)

DOES_NOT_HOLD = 1


@app.command()
def verify(
    noted: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:HASH",
            help="The last seal that an earlier run printed, to see that nothing before it was "
            "written anew and the end was not cut off.",
        ),
    ] = None,
) -> None:
    """Look for the first row of the record that was changed, removed, moved or slipped in."""
    report = verify_record(open_written_ledger(Settings().ledger_url), noted)
    if not report.holds:
        for flaw in report.flaws:
            complain(flaw.sentence)
        raise typer.Exit(DOES_NOT_HOLD)
    out.print(
        f"The record holds (events: {report.event_count}, chains: {report.chain_count}, "
        f"seals: {report.seal_count}).",
        markup=False,
        soft_wrap=True,
    )
    if report.last_seal is not None:
        out.print(
            f"The last seal is {report.last_seal}: note it elsewhere, for --noted.",
            markup=False,
            soft_wrap=True,
        )
