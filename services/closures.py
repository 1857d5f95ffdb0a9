"""Standing closures and speed changes: kept in the ledger, in force from the next request on.

A closure is known by its id within its jurisdiction. Roads have no border: a closure holds for
everybody's routes, but only its own jurisdiction sees it listed.
"""

from __future__ import annotations

import datetime
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from sqlalchemy import delete, select

from geodata.changes import RoadChange, RoadChanges
from geodata.errors import RequestError
from geodata.network import RoadNetwork
from geodata.snapping import Snapper
from services.ledger.database import Ledger, now_s
from services.ledger.statements import insert_into
from services.ledger.tables import closures
from services.road_changes import RoadChangeBody, resolve

log = logging.getLogger("forestall")

Moment = Annotated[datetime.datetime, Meta(tz=True)]


class ClosureBody(RoadChangeBody, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A standing closure or speed change."""

    reason: Annotated[str, Meta(max_length=500)] = ""
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    jurisdiction: str | None = None
    """Who owns it; not needed with a key of one jurisdiction."""


_to_body = partial(msgspec.convert, type=ClosureBody)
_SAYS_NOTHING = ClosureBody()


@dataclass(frozen=True, slots=True, eq=False)
class StandingClosure:
    """One closure with what it means on the loaded map."""

    jurisdiction: str
    closure_id: str
    body: ClosureBody
    changed_at_s: float
    change: RoadChange | None
    """None where nothing of it lies on the loaded map."""
    edge_count: int
    """Edges of the loaded map that it concerns."""

    @property
    def said(self) -> dict[str, Any]:
        """The closure as it was put, without what was left out."""
        spoken = msgspec.to_builtins(self.body)
        empty = msgspec.to_builtins(_SAYS_NOTHING)
        return {name: value for name, value in spoken.items() if value != empty.get(name)}

    @property
    def starts_at_s(self) -> float:
        return -math.inf if self.body.starts_at is None else self.body.starts_at.timestamp()

    @property
    def ends_at_s(self) -> float:
        return math.inf if self.body.ends_at is None else self.body.ends_at.timestamp()

    def in_force(self, at_s: float) -> bool:
        return self.change is not None and self.starts_at_s <= at_s < self.ends_at_s


class ClosureBook:
    """All standing closures as one process knows them. Immutable; replaced when they change."""

    def __init__(self, known: Mapping[tuple[str, str], StandingClosure] | None = None) -> None:
        self.known = dict(known or {})

    def changes(self, at_s: float) -> RoadChanges:
        """What is in force at a time, oldest first."""
        standing = [closure for closure in self.known.values() if closure.in_force(at_s)]
        standing.sort(key=lambda c: (c.changed_at_s, c.jurisdiction, c.closure_id))
        return RoadChanges(*(closure.change for closure in standing))

    def next_boundary_s(self, at_s: float) -> float:
        """The next time after this one at which a closure begins or ends; inf if none does."""
        boundaries = (
            boundary_s
            for closure in self.known.values()
            for boundary_s in (closure.starts_at_s, closure.ends_at_s)
            if boundary_s > at_s
        )
        return min(boundaries, default=math.inf)

    def updated(self, ledger: Ledger, network: RoadNetwork, snapper: Snapper) -> ClosureBook:
        """The book as the ledger has it now; what did not change is not resolved again."""
        with ledger.read() as connection:
            rows = connection.execute(select(closures)).all()
        known: dict[tuple[str, str], StandingClosure] = {}
        for row in rows:
            key = (row.jurisdiction, row.closure_id)
            before = self.known.get(key)
            if before is not None and before.changed_at_s == row.changed_at_s:
                known[key] = before
                continue
            body = _to_body(row.document)
            try:
                change: RoadChange | None = resolve(body, network, snapper)
            except RequestError as error:
                # Put on another map: kept, listed with no roads, and in force nowhere.
                log.warning("A standing closure has no meaning on this map: %s", error)
                change = None
            count = 0
            if change is not None:
                arcs = change.arcs(network)
                count = len(np.unique(network.arc_base[arcs] >> 1))
            known[key] = StandingClosure(
                row.jurisdiction, row.closure_id, body, row.changed_at_s, change, count
            )
        return ClosureBook(known)


def put_closure(ledger: Ledger, jurisdiction: str, closure_id: str, body: ClosureBody) -> None:
    """Remember the closure in place of any with the same id in the same jurisdiction."""
    starts_at_s = None if body.starts_at is None else body.starts_at.timestamp()
    ends_at_s = None if body.ends_at is None else body.ends_at.timestamp()
    values = {
        "document": msgspec.to_builtins(body),
        "starts_at_s": starts_at_s,
        "ends_at_s": ends_at_s,
        "changed_at_s": now_s(),
    }
    with ledger.write() as connection:
        statement = insert_into(connection, closures).values(
            jurisdiction=jurisdiction, closure_id=closure_id, **values
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["jurisdiction", "closure_id"], set_=values
            )
        )
        ledger.raise_revision(connection, "closures")


def remove_closure(ledger: Ledger, jurisdiction: str, closure_id: str) -> bool:
    """Whether there was such a closure to remove."""
    with ledger.write() as connection:
        done = connection.execute(
            delete(closures).where(
                closures.c.jurisdiction == jurisdiction, closures.c.closure_id == closure_id
            )
        )
        if done.rowcount:
            ledger.raise_revision(connection, "closures")
        return bool(done.rowcount)
