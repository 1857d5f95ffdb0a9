"""Who has a live assignment, as one process knows it.

Read from the ledger at the start and now and again; in between it follows the events. It may be
some milliseconds behind: that nobody is sent twice is the ledger's doing, and whoever is found to
be taken there is passed over. Here it is known beforehand who need not be tried.

People are told apart by jurisdiction and id together, as in the live picture and in the ledger:
that a station's officer 7 is busy says nothing about the district's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import select

from dispatch.incidents.case import Key
from dispatch.incidents.words import LIVE_STATES, AssignmentState
from dispatch.responders import Status
from services.events.cloud_events import PlacedEvent
from services.ledger.database import Ledger
from services.ledger.tables import assignments

_DOING = {
    AssignmentState.OFFERED: Status.BUSY,
    AssignmentState.ACCEPTED: Status.EN_ROUTE,
    AssignmentState.EN_ROUTE: Status.EN_ROUTE,
    AssignmentState.ON_SCENE: Status.ON_SCENE,
}
assert _DOING.keys() == LIVE_STATES


class _Sent(msgspec.Struct, frozen=True):
    """What matters here of an assignment in an event."""

    id: str
    jurisdiction: str
    responder_id: str
    state: AssignmentState


class _Data(msgspec.Struct, frozen=True):
    assignment: _Sent | None = None


_decoder = msgspec.json.Decoder(_Data)


class Engaged:
    """Who is sent somewhere. Any thread may use it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._by_key: dict[Key, tuple[str, Status]] = {}
        """Assignment and what its responder is doing."""
        self._touched: set[Key] = set()
        """Whose entry has changed since a reload began: what it read of them may be older."""
        self._doing: dict[Key, Status] = {}
        self._statuses: Mapping[Key, Status] = {}
        """A copy of ``_doing`` that is never changed: there are thousands, and copying a plain
        dict is the quickest way to hand them out."""

    @property
    def statuses(self) -> Mapping[Key, Status]:
        """What everybody with a live assignment is doing: a picture that does not change."""
        return self._statuses

    def doing(self, key: Key) -> Status | None:
        """What a responder's assignment has them do; None where they have none."""
        return self._statuses.get(key)

    def reload(self) -> None:
        """Read all live assignments anew."""
        with self._lock:
            self._touched.clear()
        with self._ledger.read() as connection:
            rows = connection.execute(
                select(
                    assignments.c.assignment_id,
                    assignments.c.jurisdiction,
                    assignments.c.responder_id,
                    assignments.c.state,
                ).where(assignments.c.live)
            ).all()
        read = {
            (row.jurisdiction, row.responder_id): (
                row.assignment_id,
                _DOING[AssignmentState(row.state)],
            )
            for row in rows
        }
        with self._lock:
            for key in self._touched:
                read.pop(key, None)
                if key in self._by_key:
                    read[key] = self._by_key[key]
            self._by_key = read
            self._doing = {key: doing for key, (_, doing) in read.items()}
            self._statuses = dict(self._doing)

    def follow(self, events: Sequence[PlacedEvent]) -> None:
        """Take over what events tell, oldest first."""
        told = [
            data.assignment
            for event in events
            if (data := _decoder.decode(event.data)).assignment is not None
        ]
        if told:
            self.take_over(
                ((one.jurisdiction, one.responder_id), one.id, one.state)
                for one in told
                if one is not None
            )

    def take_over(self, changes: Iterable[tuple[Key, str, AssignmentState]]) -> None:
        """Note what assignments have become: whose, which, what."""
        with self._lock:
            for key, assignment_id, state in changes:
                known = self._by_key.get(key)
                self._touched.add(key)
                if state in LIVE_STATES:
                    self._by_key[key] = (assignment_id, _DOING[state])
                    self._doing[key] = _DOING[state]
                elif known is not None and known[0] == assignment_id:
                    # and not where they are on another assignment by now
                    del self._by_key[key], self._doing[key]
            self._statuses = dict(self._doing)
