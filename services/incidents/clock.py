"""The clock: fires deadlines when they are due, each exactly once.

Deadlines are rows. A clock locks the incident, looks which of its deadlines are pending and due,
and marks them as fired in the transaction that writes their effect: whoever dies before the commit
has done nothing, and another clock fires them. Any number of processes may run one. On PostgreSQL
they pass over incidents that somebody else is at work on; on SQLite writers take turns.

``staff`` deadlines need the live picture and are the staffer's. It is told at once by the process
that set them; the clock brings it those that are still pending a moment later, because that process
died.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection

from sqlalchemy import Connection, select, update

from dispatch.incidents import firing
from dispatch.incidents.case import Deadline
from dispatch.incidents.words import DeadlineKind
from services.errors import LedgerError
from services.incidents import store
from services.incidents.desk import Desk
from services.ledger.tables import deadlines
from services.metrics import Metrics

log = logging.getLogger("forestall")

POLL_S = 0.1
"""How often is looked; a deadline fires this much late at most while there is little to do."""
INCIDENTS_AT_ONCE = 32
"""Incidents whose deadlines are fired in one transaction: one wait for the disk for all of them,
and a tenth of a second in which nobody else can change them."""
SEEN_AT_ONCE = 8 * INCIDENTS_AT_ONCE
"""Due incidents that one look finds, so that several clocks have different ones to choose from."""
LEFT_TO_OTHERS_S = 0.3
"""Who sets a ``staff`` deadline sees to it at once. After this somebody else does."""
HELD_OFF_S = 30.0
"""Pause after a deadline that could not be fired because of an error in the service."""
AWAY_S = 0.5
"""Pause after the database did not answer."""


class Clock:
    """One thread that fires what is due."""

    def __init__(
        self,
        desk: Desk,
        ask_for_staff: Callable[[str], None],
        metrics: Metrics | None = None,
        poll_s: float = POLL_S,
    ) -> None:
        """``ask_for_staff`` is told the ids of incidents for which somebody must be offered."""
        self._desk = desk
        self._ask_for_staff = ask_for_staff
        self._metrics = metrics
        self._poll_s = poll_s
        self._held_off: dict[str, float] = {}
        """Until when, by the monotonic clock, an incident is left alone, by id."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="forestall-clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the transaction that is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def tick(self) -> int:
        """Fire what is due now; how many deadlines that were."""
        fired = 0
        while not self._stopping.is_set():
            due = self._due()
            now = self._fire_all(due)
            fired += now
            if len(due) < SEEN_AT_ONCE or not now:
                break
        self._bring_staff()
        return fired

    def _run(self) -> None:
        away = False
        while not self._stopping.wait(AWAY_S if away else self._poll_s):
            try:
                self.tick()
                away = False
            except LedgerError as error:
                if not away:
                    log.error("Deadlines cannot be fired: %s", error)
                away = True
            except Exception:  # the next look may do better; the thread must not end
                log.exception("deadlines could not be fired")

    def _fire_all(self, due: list[str]) -> int:
        """How many deadlines of these incidents were fired, here and not by another clock."""
        fired = 0
        while due and not self._stopping.is_set():
            try:
                seen, late_s = self._desk.ledger.transact(
                    lambda connection, some=due: self._fire(connection, some)
                )
                if not seen:  # others are at work on all of them
                    break
            except LedgerError:
                raise
            except Exception:
                log.exception("a batch of deadlines failed; each is tried alone")
                seen = set(due[:INCIDENTS_AT_ONCE])
                late_s = self._fire_each(seen)
            due = [incident_id for incident_id in due if incident_id not in seen]
            fired += len(late_s)
            if self._metrics is not None:
                for seconds in late_s:
                    self._metrics.deadline_lateness_seconds.observe(seconds)
        return fired

    def _due(self) -> list[str]:
        """Incidents with a deadline that is due, the longest due first."""
        ledger = self._desk.ledger
        left_alone = self._left_alone()
        with ledger.read() as connection:
            rows = connection.scalars(
                select(deadlines.c.incident_id)
                .where(_is_due(ledger.time_s(connection)))
                .where(deadlines.c.incident_id.not_in(left_alone) if left_alone else True)
                .order_by(deadlines.c.due_at_s)
                .limit(SEEN_AT_ONCE)
            )
            return list(dict.fromkeys(rows))

    def _fire(
        self, connection: Connection, incident_ids: Collection[str]
    ) -> tuple[set[str], list[float]]:
        """Fire what is due of some of these incidents: which ones, and by how many seconds each
        deadline was late."""
        desk, ledger = self._desk, self._desk.ledger
        cases = store.load_several(
            connection, incident_ids, skip_locked=True, limit=INCIDENTS_AT_ONCE
        )
        seen = {case.incident.incident_id for case in cases}
        if not cases:
            return seen, []
        now_s = ledger.time_s(connection)
        rows = connection.execute(
            select(deadlines)
            .where(_is_due(now_s))
            .where(deadlines.c.incident_id.in_(seen))
            .order_by(deadlines.c.due_at_s, deadlines.c.deadline_id)
        ).all()
        if not rows:
            return seen, []
        connection.execute(
            update(deadlines)
            .where(deadlines.c.deadline_id.in_([row.deadline_id for row in rows]))
            .values(pending=False, fired_at_s=now_s)
        )
        by_id = {case.incident.incident_id: case for case in cases}
        for row in rows:
            case = by_id[row.incident_id]
            deadline = Deadline(
                DeadlineKind(row.kind), row.due_at_s, row.assignment_id, row.number, row.deadline_id
            )
            firing.fire(case, deadline, desk.policy_of(case), now_s)
        desk.write(connection, cases, now_s)
        return seen, [now_s - row.due_at_s for row in rows]

    def _fire_each(self, incident_ids: Collection[str]) -> list[float]:
        """The same one incident at a time; those that fail are left alone for a while."""
        late_s: list[float] = []
        for incident_id in incident_ids:
            try:
                _, late = self._desk.ledger.transact(
                    lambda connection, one=incident_id: self._fire(connection, [one])
                )
                late_s += late
            except LedgerError:
                raise
            except Exception:
                log.exception("a deadline of incident %s could not be fired", incident_id)
                self._held_off[incident_id] = time.monotonic() + HELD_OFF_S
        return late_s

    def _left_alone(self) -> list[str]:
        now = time.monotonic()
        self._held_off = {one: until for one, until in self._held_off.items() if until > now}
        return list(self._held_off)

    def _bring_staff(self) -> None:
        """Tell the staffer of incidents that nobody has seen to."""
        ledger = self._desk.ledger
        with ledger.read() as connection:
            waiting = connection.scalars(
                select(deadlines.c.incident_id)
                .where(
                    deadlines.c.pending,
                    deadlines.c.kind == DeadlineKind.STAFF.value,
                    deadlines.c.due_at_s <= ledger.time_s(connection) - LEFT_TO_OTHERS_S,
                )
                .order_by(deadlines.c.due_at_s)
                .limit(SEEN_AT_ONCE)
            )
            for incident_id in dict.fromkeys(waiting):
                self._ask_for_staff(incident_id)


def _is_due(now_s: float):
    return (
        deadlines.c.pending
        & (deadlines.c.due_at_s <= now_s)
        & (deadlines.c.kind != DeadlineKind.STAFF.value)
    )
