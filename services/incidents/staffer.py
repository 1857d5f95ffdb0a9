"""The staffer: sees to it that somebody is offered whenever somebody is missing.

Who should go is computed from the live picture before the transaction; in it the incident is
locked, what it needs is looked at again, and the assignments are written. A candidate whom another
incident took meanwhile is skipped for the next one.

A ``staff`` deadline, set in the transaction that made it necessary, says that there is something to
do, and is marked as fired in the transaction that did it. So each is done once, by whichever
process comes first, and by another one where that one dies.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, update

from dispatch.incidents import staffing
from dispatch.incidents.acceptance import Acceptance
from dispatch.incidents.case import Assignment, Case, Key
from dispatch.incidents.staffing import Need
from dispatch.incidents.words import AssignmentState, DeadlineKind
from dispatch.inquiry import Roads
from dispatch.live_picture import LivePicture
from dispatch.question import Recommendation
from dispatch.recommendation import recommend
from dispatch.sight import Roster
from services.errors import LedgerError
from services.incidents import records, store
from services.incidents.decisions import decision, keys_passed_over
from services.incidents.desk import STAFF, Desk
from services.incidents.engaged import Engaged
from services.incidents.experience import Experience
from services.incidents.store import StoredCase
from services.jurisdictions import Jurisdictions
from services.ledger.database import now_s
from services.ledger.tables import deadlines
from services.metrics import Metrics

log = logging.getLogger("forestall")

ROUNDS = 4
"""How often an incident may need something else by the time that it is locked."""
HELD_OFF_S = 30.0
"""Pause after an incident for which nobody could be offered because of an error in the service."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Who could be offered, as the live picture was a moment ago."""

    needs: tuple[Need, ...]
    recommendation: Recommendation | None
    """None where nobody is needed."""
    acceptance: Acceptance
    whereabouts: Roster | None = None
    """Those who were passed over, where they were then."""


@dataclass(frozen=True, slots=True)
class _Offered:
    assignments: tuple[Assignment, ...]
    taken: tuple[tuple[Key, str, AssignmentState], ...]
    """Whom others had sent already, by which assignment."""


class _Changed(Exception):
    """The incident needs something else than was prepared for."""


class Staffer:
    """Threads that offer. Any thread may ask for an incident to be seen to."""

    def __init__(
        self,
        desk: Desk,
        picture: LivePicture,
        roads: Callable[[], Roads],
        engaged: Engaged,
        metrics: Metrics | None = None,
        threads: int = 1,
        experience: Experience | None = None,
    ) -> None:
        """``roads`` gives the roads as they are now."""
        self._desk = desk
        self._ledger = desk.ledger
        self._picture = picture
        self._roads = roads
        self._engaged = engaged
        self._metrics = metrics
        self._experience = experience or Experience(desk.ledger, desk.policies)
        self._asked: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        """Incidents that were asked for and that nobody has begun to see to."""
        self._held_off: dict[str, float] = {}
        """Until when, by the monotonic clock, an incident is left alone, by id."""
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"forestall-staffing-{number}", daemon=True)
            for number in range(threads)
        ]
        self._stop_listening: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._stop_listening = self._ledger.listen(STAFF, self.wake)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends after what is under way; what is left is fired by another process, or later."""
        self._stop_listening()
        self._stopping.set()
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def wake(self) -> None:
        """See to what commands of this process have asked for."""
        wanting = self._desk.wanting
        while wanting:
            try:
                self.ask(wanting.popleft())
            except IndexError:  # another thread took the last one
                return

    def ask(self, incident_id: str) -> None:
        """See to an incident soon; asked several times before that, it is seen to once."""
        with self._lock:
            if incident_id in self._waiting:
                return
            if self._held_off.get(incident_id, 0.0) > time.monotonic():
                return
            self._waiting.add(incident_id)
        self._asked.put(incident_id)

    def staff(self, incident_id: str) -> tuple[Assignment, ...]:
        """Offer whoever is missing, if that has been asked for; who was offered."""
        for last in (False,) * (ROUNDS - 1) + (True,):
            with self._ledger.snapshot() as connection:
                case = store.look_at(connection, incident_id)
            if case is None:
                return ()
            prepared = self.prepare(case)
            try:
                offered = self._ledger.transact(
                    lambda connection, ready=prepared, end=last: self._offer(
                        connection, incident_id, ready, end
                    )
                )
            except _Changed:
                continue
            self._engaged.take_over(
                [
                    *((one.key, one.assignment_id, one.state) for one in offered.assignments),
                    *offered.taken,
                ]
            )
            if self._metrics is not None:
                for one in offered.assignments:
                    self._metrics.offers.labels(one.kind).inc()
            return offered.assignments
        raise AssertionError("the last round offers or fails")

    def acceptance(self, case: Case) -> Acceptance:
        """How likely each kind is to accept, in the centre of a case."""
        return self._experience.acceptance(case.incident.centre)

    def prepare(self, case: Case) -> Prepared:
        """Who could be offered what the case needs now. Computes; touches no database."""
        policy = self._desk.policy_of(case)
        acceptance = self.acceptance(case)
        needed = staffing.needs(case, policy)
        if not needed or not case.incident.places:
            return Prepared((), None, acceptance)
        question = staffing.question(case, needed, policy, self._engaged.statuses, acceptance)
        at_s = now_s()
        held = Jurisdictions([case.incident.centre])
        with self._picture.reading():
            recommendation = recommend(self._picture, self._roads(), question, held, at_s)
            whereabouts = self._picture.named(keys_passed_over(recommendation), at_s)
        return Prepared(needed, recommendation, acceptance, whereabouts)

    def _offer(
        self, connection: Connection, incident_id: str, prepared: Prepared, last: bool
    ) -> _Offered:
        case = store.load(connection, incident_id)
        at_s = self._ledger.time_s(connection)
        if case is None or not self._is_asked_for(connection, incident_id, at_s):
            return _Offered((), ())
        policy = self._desk.policy_of(case)
        needed = staffing.needs(case, policy) if case.incident.places else ()
        if needed != prepared.needs and not last:
            raise _Changed
        taken: list[tuple[Key, str, AssignmentState]] = []
        offered: list[Assignment] = []
        if needed and prepared.recommendation is not None and prepared.whereabouts is not None:
            selections = staffing.choose(
                case, needed, prepared.recommendation, prepared.acceptance, policy, at_s
            )
            offered = staffing.send(
                case,
                selections,
                lambda one: self._take(connection, case, one, taken),
                policy,
                at_s,
            )
            document = decision(
                selections,
                offered,
                prepared.recommendation,
                prepared.whereabouts,
                self._picture.network,
            )
            records.add_decision(connection, incident_id, at_s, document)
        if needed != prepared.needs:  # changes faster than it can be looked at: look again
            case.set_deadline(DeadlineKind.STAFF, at_s)
        self._desk.write(connection, [case], at_s)
        return _Offered(tuple(offered), tuple(taken))

    def _is_asked_for(self, connection: Connection, incident_id: str, at_s: float) -> bool:
        """Whether a ``staff`` deadline was due; it is fired now."""
        done = connection.execute(
            update(deadlines)
            .where(
                deadlines.c.incident_id == incident_id,
                deadlines.c.kind == DeadlineKind.STAFF.value,
                deadlines.c.pending,
                deadlines.c.due_at_s <= at_s,
            )
            .values(pending=False, fired_at_s=at_s)
        )
        return bool(done.rowcount)

    def _take(
        self,
        connection: Connection,
        case: StoredCase,
        assignment: Assignment,
        taken: list[tuple[Key, str, AssignmentState]],
    ) -> bool:
        if store.claim(connection, case, assignment):
            return True
        other = store.live_assignment_of(connection, assignment.key)
        if other is not None:
            taken.append((assignment.key, *other))
        return False

    def _run(self) -> None:
        while (incident_id := self._asked.get()) is not None and not self._stopping.is_set():
            with self._lock:
                self._waiting.discard(incident_id)
            try:
                self.staff(incident_id)
            except LedgerError as error:  # the deadline stays, and the clock brings it again
                log.error("Nobody could be offered: %s", error)
            except Exception:
                log.exception("nobody could be offered for incident %s", incident_id)
                with self._lock:
                    now = time.monotonic()
                    self._held_off = {i: t for i, t in self._held_off.items() if t > now}
                    self._held_off[incident_id] = now + HELD_OFF_S
