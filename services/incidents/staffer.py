"""The staffer: sees to it that somebody is offered whenever somebody is missing.

Who should go is computed from the live picture before the transaction; in it the incident is
locked, what it needs is looked at again, and the assignments are written. A candidate whom another
incident took meanwhile is skipped for the next one. Incidents that wait at the same moment are
staffed in one transaction, and whom each gets is decided with regard to the others.

A ``staff`` deadline, set in the transaction that made it necessary, says that there is something to
do, and is marked as fired in the transaction that did it. So each is done once, by whichever
process comes first, and by another one where that one dies.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, update

from dispatch.incidents import staffing
from dispatch.incidents.acceptance import Acceptance
from dispatch.incidents.case import Assignment, Case, Key
from dispatch.incidents.pairing import Waiting, asked_beside, pair
from dispatch.incidents.policy import Policy
from dispatch.incidents.staffing import Need, Selection
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
MOST_TOGETHER = 8
"""Incidents staffed in one transaction: more would keep the ledger from others for too long."""
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


@dataclass(slots=True)
class _Offered:
    """What one transaction has done."""

    assignments: list[Assignment] = field(default_factory=list)
    taken: list[tuple[Key, str, AssignmentState]] = field(default_factory=list)
    """Whom others had sent already, by which assignment."""
    changed: list[str] = field(default_factory=list)
    """Incidents that need something else than was prepared for; nothing was done for them."""


@dataclass(frozen=True, slots=True)
class _Choosing:
    """One incident in a transaction, and whom it could ask."""

    case: StoredCase
    prepared: Prepared
    needed: tuple[Need, ...]
    selections: list[Selection]


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
        window_s: float = 0.0,
    ) -> None:
        """``roads`` gives the roads as they are now. Incidents that are asked for within
        ``window_s`` of each other are staffed together."""
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
        self._window_s = window_s
        self._lock = threading.Lock()
        self._gathering = threading.Lock()
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
        return self.staff_together([incident_id])

    def staff_together(self, incident_ids: Sequence[str]) -> tuple[Assignment, ...]:
        """The same for incidents that wait at the same moment, so that the best goes to each with
        regard to the others (``dispatch.incidents.pairing``)."""
        left, offered = list(incident_ids), []
        for last in (False,) * (ROUNDS - 1) + (True,):
            with self._ledger.snapshot() as connection:
                cases = store.look_at_several(connection, left)
            prepared = self.prepare_together(cases)
            done = self._ledger.transact(
                lambda connection, ready=prepared, end=last: self._offer(connection, ready, end)
            )
            self._engaged.take_over(
                [
                    *((one.key, one.assignment_id, one.state) for one in done.assignments),
                    *done.taken,
                ]
            )
            if self._metrics is not None:
                for one in done.assignments:
                    self._metrics.offers.labels(one.kind).inc()
            offered += done.assignments
            left = done.changed
            if not left:
                return tuple(offered)
        raise AssertionError("the last round offers or fails")

    def acceptance(self, case: Case) -> Acceptance:
        """How likely each kind is to accept, in the centre of a case."""
        return self._experience.acceptance(case.incident.centre)

    def prepare_together(self, cases: Sequence[Case]) -> dict[str, Prepared]:
        """Who could be offered what each of these cases needs now, by incident. Computes; touches
        no database."""
        needed = [
            staffing.needs(case, self._desk.policy_of(case)) if case.incident.places else ()
            for case in cases
        ]
        beside = asked_beside(
            [
                (needs, self._desk.policy_of(case), self.acceptance(case))
                for case, needs in zip(cases, needed, strict=True)
            ]
        )
        return {
            case.incident.incident_id: self._prepare(case, needs, others)
            for case, needs, others in zip(cases, needed, beside, strict=True)
        }

    def _prepare(self, case: Case, needed: tuple[Need, ...], beside: int) -> Prepared:
        acceptance = self.acceptance(case)
        if not needed:
            return Prepared((), None, acceptance)
        question = staffing.question(
            case, needed, self._desk.policy_of(case), self._engaged.statuses, acceptance, beside
        )
        at_s = now_s()
        held = Jurisdictions([case.incident.centre])
        with self._picture.reading():
            recommendation = recommend(self._picture, self._roads(), question, held, at_s)
            whereabouts = self._picture.named(keys_passed_over(recommendation), at_s)
        return Prepared(needed, recommendation, acceptance, whereabouts)

    def _offer(
        self, connection: Connection, prepared: Mapping[str, Prepared], last: bool
    ) -> _Offered:
        done = _Offered()
        cases = store.load_several(connection, prepared)
        at_s = self._ledger.time_s(connection)
        choosing = []
        for case in cases:
            ready = prepared[case.incident.incident_id]
            policy = self._desk.policy_of(case)
            needed = staffing.needs(case, policy) if case.incident.places else ()
            if needed != ready.needs and not last:
                done.changed.append(case.incident.incident_id)
            elif self._is_asked_for(connection, case.incident.incident_id, at_s):
                selections = []
                if needed and ready.recommendation is not None:
                    selections = staffing.choose(
                        case, needed, ready.recommendation, ready.acceptance, policy, at_s
                    )
                choosing.append(_Choosing(case, ready, needed, selections))
        for one in _paired(choosing, self._desk.policy_of):
            self._send(connection, one, done, at_s)
        self._desk.write(connection, [one.case for one in choosing], at_s)
        return done

    def _send(self, connection: Connection, one: _Choosing, done: _Offered, at_s: float) -> None:
        case, ready = one.case, one.prepared
        if one.selections and ready.recommendation is not None and ready.whereabouts is not None:
            offered = staffing.send(
                case,
                one.selections,
                lambda assignment: self._take(connection, case, assignment, done.taken),
                self._desk.policy_of(case),
                at_s,
            )
            document = decision(
                one.selections,
                offered,
                ready.recommendation,
                ready.whereabouts,
                self._picture.network,
            )
            records.add_decision(connection, case.incident.incident_id, at_s, document)
            done.assignments += offered
        if one.needed != ready.needs:  # changes faster than it can be looked at: look again
            case.set_deadline(DeadlineKind.STAFF, at_s)

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
        while (together := self._next_ones()) and not self._stopping.is_set():
            try:
                self.staff_together(together)
            except LedgerError as error:  # the deadline stays, and the clock brings it again
                log.error("Nobody could be offered: %s", error)
            except Exception:
                if len(together) > 1:
                    log.exception("incidents could not be staffed together; each is tried alone")
                for incident_id in together:
                    self._staff_alone(incident_id)

    def _next_ones(self) -> list[str]:
        """The incidents that wait, at least one, and those that come within the window; nobody
        else takes any meanwhile. Empty at the end."""
        with self._gathering:
            together: list[str] = []
            until_s = None
            while len(together) < MOST_TOGETHER:
                wait_s = None if until_s is None else max(0.0, until_s - time.monotonic())
                try:
                    incident_id = self._asked.get(timeout=wait_s)
                except queue.Empty:
                    break
                if incident_id is None:
                    if together:  # for the next look
                        self._asked.put(None)
                    break
                together.append(incident_id)
                until_s = until_s or time.monotonic() + self._window_s
            with self._lock:
                self._waiting.difference_update(together)
            return together

    def _staff_alone(self, incident_id: str) -> None:
        try:
            self.staff(incident_id)
        except LedgerError as error:
            log.error("Nobody could be offered: %s", error)
        except Exception:
            log.exception("nobody could be offered for incident %s", incident_id)
            with self._lock:
                now = time.monotonic()
                self._held_off = {i: t for i, t in self._held_off.items() if t > now}
                self._held_off[incident_id] = now + HELD_OFF_S


def _paired(
    choosing: Sequence[_Choosing], policy_of: Callable[[Case], Policy]
) -> Sequence[_Choosing]:
    """Each with its candidates in the order in which to ask them with regard to the others."""
    if len(choosing) < 2:
        return choosing
    waiting = []
    for one in choosing:
        tier = policy_of(one.case).of(one.case.incident.answer_tier)
        waiting.append(Waiting(tuple(one.selections), tier.visit_within_s))
    return [
        replace(one, selections=selections)
        for one, selections in zip(choosing, pair(waiting), strict=True)
    ]
