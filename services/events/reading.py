"""Reads the stream from the ledger, from any position on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from services.events.cloud_events import COLUMNS, PlacedEvent, placed_event
from services.jurisdictions import EVERYTHING, Jurisdictions
from services.ledger.database import Ledger
from services.ledger.tables import events, stream

WINDOW_POSITIONS = 2_000
"""How far one reading looks, so that a reader for whom there is next to nothing is no burden."""


EVERYBODYS = Jurisdictions((EVERYTHING,))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a reader is given."""

    held: Jurisdictions = EVERYBODYS
    types: frozenset[str] | None = None
    """Such as ``assignment.accepted``; None: all."""
    chain_id: str | None = None
    """Of one incident (or webhook); None: of all."""

    def takes(self, event: PlacedEvent) -> bool:
        """Whether the event is one of them."""
        return (
            (self.types is None or event.type in self.types)
            and (self.chain_id is None or event.chain_id == self.chain_id)
            and self.held.hold(event.jurisdiction)
        )


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the stream."""

    events: list[PlacedEvent]
    position: int
    """Up to here everything that was wanted is in the page; read on after it."""
    more: bool
    """Whether there may be more after it by now."""


def last_position(connection: Connection) -> int:
    """Position of the newest event; 0 when there is none."""
    newest = connection.scalar(
        select(stream.c.position).order_by(stream.c.position.desc()).limit(1)
    )
    return 0 if newest is None else newest


def read_after(
    ledger: Ledger,
    position: int,
    wanted: Wanted = ALL,
    limit: int = 100,
    end: int | None = None,
) -> Page:
    """The next events after a position, oldest first: at most ``limit``, none after ``end``.

    One call looks at no more than ``WINDOW_POSITIONS``, so a page may be empty and yet have more
    after it.
    """
    with ledger.read() as connection:
        newest = last_position(connection) if end is None else end
        if position >= newest:
            return Page([], position, False)
        found = select(*COLUMNS).join(events, events.c.event_id == stream.c.event_id)
        if wanted.chain_id is None:
            until = min(newest, position + WINDOW_POSITIONS)
        else:  # one chain is short, and found by its index
            until = newest
            found = found.where(events.c.chain_id == wanted.chain_id)
        found = found.where(stream.c.position > position, stream.c.position <= until)
        if wanted.types is not None:
            found = found.where(events.c.type.in_(sorted(wanted.types)))
        if not wanted.held.everything:
            found = found.where(_within(wanted.held.names))
        rows = connection.execute(found.order_by(stream.c.position).limit(limit)).all()
    # The ledger has made a choice; who may see what is decided in one place only.
    page = [event for event in map(placed_event, rows) if wanted.takes(event)]
    reached = rows[-1].position if len(rows) == limit else until
    return Page(page, reached, reached < newest)


def read_newest(ledger: Ledger, count: int) -> list[PlacedEvent]:
    """The last events of the stream, oldest first."""
    with ledger.read() as connection:
        rows = connection.execute(
            select(*COLUMNS)
            .join(events, events.c.event_id == stream.c.event_id)
            .where(stream.c.position > last_position(connection) - count)
            .order_by(stream.c.position)
        )
        return [placed_event(row) for row in rows]


def _within(names: Collection[str]) -> ColumnElement[bool]:
    """Whether an event's jurisdiction is one of these or below one of these. Compared letter by
    letter: LIKE has jokers that jurisdictions may contain, and SQLite's does not mind the case."""
    return or_(
        events.c.jurisdiction.in_(sorted(names)),
        *(
            func.substr(events.c.jurisdiction, 1, len(name) + 1) == f"{name}/"
            for name in sorted(names)
        ),
    )
