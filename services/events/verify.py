"""Whether the record is as it was written: every event, its chain, its place, every seal, and the
rows that events tell of.

Each event's hash covers its columns and the event before it in its chain; the owner of the chain
(an incident, an interception or a webhook) knows how many there are and the last one's hash; each
seal's hash covers the places of its events and the seal before it. Going through all of it finds
the first row that was changed, taken away, moved or slipped in, and says which. Incidents,
interceptions, assignments, evidence and plans are then compared with what their last events tell.

Whoever can write the database can also write all of it anew from some point on. That shows only
against a seal that was noted elsewhere before: see ``noted`` of :func:`verify`.

Rows are read in one snapshot and one after another: it takes time in proportion to the record, and
the memory of one seal, or of a hundred incidents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from services.errors import LedgerError
from services.events.checks.chains import flaws_of_chains
from services.events.checks.flaws import Flaw
from services.events.checks.interception_rows import flaws_of_interceptions
from services.events.checks.rows import flaws_of_rows
from services.events.checks.seals import flaw_of_noted, flaws_of_stream
from services.events.checks.stored_types import flaws_of_types
from services.ledger.database import Ledger
from services.ledger.stores import without_limits
from services.ledger.tables import events, seals

_NOTED = re.compile(r"([1-9][0-9]{0,17}):([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found."""

    flaws: tuple[Flaw, ...]
    """The first one of the chains, or else of the rows that they tell of, and the first one of the
    stream; empty: the record holds."""
    event_count: int
    chain_count: int
    seal_count: int
    last_seal: str | None
    """``NUMBER:HASH`` of the newest seal, to be noted elsewhere; None: nothing is sealed yet, or
    the record does not hold."""

    @property
    def holds(self) -> bool:
        return not self.flaws


def verify(ledger: Ledger, noted: str | None = None) -> Report:
    """What is wrong with the record, if anything.

    ``noted`` is the ``last_seal`` of an earlier report, kept where nobody who writes the database
    could change it: the record up to there must still be the same. Raises LedgerError when it is
    no such text.
    """
    if noted is not None and not _NOTED.fullmatch(noted):
        raise LedgerError("A noted seal reads NUMBER:HASH, as 'forestall ledger verify' prints it.")
    with ledger.snapshot() as connection, _any_text(connection):
        connection.execute(select(1))  # the snapshot begins with its first statement
        with without_limits(connection):
            flaws = _flaws(connection, noted)
            return Report(
                flaws=flaws,
                event_count=_count(connection, func.count(events.c.event_id)),
                chain_count=_count(connection, func.count(events.c.chain_id.distinct())),
                seal_count=_count(connection, func.count(seals.c.seal_number)),
                last_seal=None if flaws else _last_seal(connection),
            )


def _flaws(connection: Connection, noted: str | None) -> tuple[Flaw, ...]:
    if (flaw := next(flaws_of_types(connection), None)) is not None:
        return (flaw,)  # the other checks could stumble over it
    of_chains = next(flaws_of_chains(connection), None)
    if of_chains is None:  # else the events may tell anything
        of_chains = next(flaws_of_rows(connection), None)
    if of_chains is None:
        of_chains = next(flaws_of_interceptions(connection), None)
    found = [of_chains, next(flaws_of_stream(connection), None)]
    if noted is not None:
        number, digest = _NOTED.fullmatch(noted).groups()  # type: ignore[union-attr]
        found.append(flaw_of_noted(connection, int(number), digest))
    return tuple(flaw for flaw in found if flaw is not None)


def _last_seal(connection: Connection) -> str | None:
    last = connection.execute(
        select(seals).order_by(seals.c.seal_number.desc()).limit(1)
    ).one_or_none()
    return None if last is None else f"{last.seal_number}:{last.sha256.hex()}"


def _count(connection: Connection, what) -> int:
    return int(connection.scalar(select(what)) or 0)


@contextmanager
def _any_text(connection: Connection) -> Iterator[None]:
    """Within the block SQLite gives out text that is no UTF-8, too, so that it can be named."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    driver.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str
