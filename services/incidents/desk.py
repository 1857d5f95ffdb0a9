"""The desk: takes alerts and commands, each within a transaction of its caller.

A command is a decision of ``dispatch.incidents`` on a case in memory. The desk loads the case with
its incident locked, looks whether the caller may see it and whether it is still the version that
they know, runs the command, and writes what it did. Commands of the service itself (deadlines,
arrivals by geofence) go the same way.

The desk is synchronous and safe to share between threads. Whatever it refuses is a
:class:`services.errors.ProblemError`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from dispatch.errors import ConflictError, DispatchError
from dispatch.incidents import alerts, closing
from dispatch.incidents.case import Alert, Area, Assignment, Case
from dispatch.incidents.policy import Policies, Policy
from dispatch.incidents.words import ClosingReason
from dispatch.question import CandidatePlace
from services.errors import ProblemError
from services.ids import new_id
from services.incidents import records, store
from services.incidents.store import StoredCase
from services.incidents.waiting import wants_staff
from services.ledger.database import Ledger

STAFF = "staff"
"""What is noted in a transaction that makes it necessary to offer somebody."""
ATTEMPTS = 20
"""How often an alert may find that the incident it joins was closed, or opened, meanwhile."""

Command = Callable[[Case, Policy, float], None]
"""What is to be done with an incident: the case, the centre's policy, the time."""
AssignmentCommand = Callable[[Case, Assignment, Policy, float], None]


class Seer(Protocol):
    """Whoever asks, and what they may see."""

    assignment_id: str | None
    """The one assignment that a field unit's link opens."""

    def may_see(self, jurisdiction: str) -> bool:
        """Whether they hold the jurisdiction."""


class _Itself:
    assignment_id = None

    def may_see(self, jurisdiction: str) -> bool:
        return True


ITSELF: Seer = _Itself()
"""The service, when it acts of its own accord."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What became of an alert."""

    case: StoredCase
    joined: bool
    """Whether an incident about the victim was open already."""


class Desk:
    """Takes alerts and commands. Any thread may use it."""

    def __init__(self, ledger: Ledger, policies: Policies) -> None:
        self.ledger = ledger
        self.policies = policies
        self.wanting: deque[str] = deque()
        """Incidents for which somebody is to be offered; some of them may not be committed."""

    def policy_of(self, case: Case) -> Policy:
        return self.policies.of(case.incident.centre)

    def raise_alert(self, connection: Connection, alert: Alert, area: Area, now_s: float) -> Raised:
        """Open an incident, or join the one that is open about the victim in the area's centre.

        Of two alerts at the same instant one opens the incident and the other joins it: the index
        ``one_open_incident_per_victim`` decides.
        """
        policy = self.policies.of(area.centre)
        for _ in range(ATTEMPTS):
            known = store.open_incident_of(connection, area.centre, alert.victim_ref)
            if known is not None:
                case = store.load(connection, known)
                if case is None or not case.incident.is_open:
                    continue  # closed while its row was waited for
                if case.incident.victim_ref != alert.victim_ref:
                    continue  # whoever was at the counter has been spoken to meanwhile
                with refusals():
                    alerts.join(case, alert, area if alert.places else None, policy, now_s)
                self.write(connection, [case], now_s)
                records.add_alert(connection, known, alert)
                return Raised(case, joined=True)
            with refusals():
                new = alerts.open_case(alert, area, policy, now_s, new_id(), new_id)
            asks = wants_staff(new, now_s)
            if store.insert(connection, self.ledger, new, now_s):
                incident_id = new.incident.incident_id
                records.add_alert(connection, incident_id, alert)
                if asks:
                    self._call_for_staff(connection, incident_id)
                opened = store.look_at(connection, incident_id)
                assert opened is not None
                return Raised(opened, joined=False)
        raise ProblemError(
            "overloaded", "The incident about this victim changes too fast. Send the alert again."
        )

    def act(
        self,
        connection: Connection,
        incident_id: str,
        caller: Seer,
        command: Command,
        now_s: float,
        expected_version: int | None = None,
    ) -> StoredCase:
        """Run a command on an incident; the case as it is then.

        Raises ProblemError ``not-found`` for what the caller may not see, ``version-changed``
        where it is not the version they expect, and ``not-possible-now`` for what cannot be done.
        """
        case = self.load(connection, incident_id, caller, expected_version)
        return self.run(connection, case, command, now_s)

    def run(
        self, connection: Connection, case: StoredCase, command: Command, now_s: float
    ) -> StoredCase:
        """Run a command on a case that is held, and write what it did."""
        with refusals():
            command(case, self.policy_of(case), now_s)
        self.write(connection, [case], now_s)
        return case

    def act_on_assignment(
        self,
        connection: Connection,
        assignment_id: str,
        caller: Seer,
        command: AssignmentCommand,
        now_s: float,
    ) -> tuple[StoredCase, Assignment]:
        """Run a command on an assignment, for who holds the incident's jurisdiction or the
        responder's, or has the assignment's link; the case and the assignment as they are then."""
        incident_id = store.incident_of(connection, assignment_id)
        case = None if incident_id is None else store.load(connection, incident_id)
        assignment = None if case is None else case.assignments.get(assignment_id)
        if case is None or assignment is None or not sees_assignment(caller, case, assignment):
            raise ProblemError("not-found", "There is no such assignment.")
        with refusals():
            command(case, assignment, self.policy_of(case), now_s)
        self.write(connection, [case], now_s)
        return case, assignment

    def place(
        self,
        connection: Connection,
        incident_id: str,
        caller: Seer,
        places: Sequence[CandidatePlace],
        area: Area | None,
        now_s: float,
        expected_version: int | None = None,
    ) -> StoredCase:
        """Tell where the victim is.

        Where that lies in another centre, which has an open incident about the victim already,
        the place is told to that one, and this one is closed as joined with it.
        """
        here = store.look_at(connection, incident_id)
        centre = None if here is None else here.incident.centre
        there = None
        elsewhere = here is not None and area is not None and area.centre != centre
        if elsewhere and not here.incident.at_counter:  # at one there is somebody else
            there = store.open_incident_of(connection, area.centre, here.incident.victim_ref)
        if there is not None:  # both, in the order in which everybody locks
            store.load_several(connection, [incident_id, there])
        case = self.load(connection, incident_id, caller, expected_version)
        other = None if there is None else store.load(connection, there)
        with refusals():
            if other is None or not other.incident.is_open:
                alerts.place(case, tuple(places), area, self.policy_of(case), now_s)
            else:
                alerts.place(other, tuple(places), area, self.policy_of(other), now_s)
                closing.close(case, ClosingReason.JOINED, "", None, self.policy_of(case), now_s)
        self.write(connection, [case], now_s)
        if other is not None:
            self.write(connection, [other], now_s)
        return case

    def load(
        self,
        connection: Connection,
        incident_id: str,
        caller: Seer,
        expected_version: int | None = None,
    ) -> StoredCase:
        """The case, locked, if the caller may see it and it is the version they expect."""
        case = store.load(connection, incident_id)
        if case is None or not caller.may_see(case.incident.area.jurisdiction):
            raise ProblemError("not-found", "There is no such incident.")
        if expected_version is not None and case.incident.version != expected_version:
            raise ProblemError(
                "version-changed",
                "The incident has changed since that version: read it again, then decide.",
            )
        return case

    def write(self, connection: Connection, cases: Sequence[StoredCase], now_s: float) -> None:
        """Write what was done to cases that are held."""
        asking = [case.incident.incident_id for case in cases if wants_staff(case, now_s)]
        try:
            store.save_several(connection, self.ledger, cases, now_s)
        except IntegrityError:
            raise ProblemError(
                "not-possible-now",
                "Another incident about this victim is open, or a responder is taken by another "
                "one: nobody is sent twice.",
            ) from None
        for incident_id in asking:
            self._call_for_staff(connection, incident_id)

    def _call_for_staff(self, connection: Connection, incident_id: str) -> None:
        self.wanting.append(incident_id)
        self.ledger.after_commit(connection, STAFF)


def sees_assignment(caller: Seer, case: Case, assignment: Assignment) -> bool:
    """Whether a caller may see an assignment: by the incident's jurisdiction, by the responder's,
    or by the assignment's own link."""
    return (
        caller.assignment_id == assignment.assignment_id
        or caller.may_see(case.incident.area.jurisdiction)
        or caller.may_see(assignment.jurisdiction)
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what ``dispatch`` refuses into problems."""
    try:
        yield
    except ConflictError as error:
        raise ProblemError("not-possible-now", str(error)) from None
    except DispatchError as error:
        raise ProblemError("invalid-value", str(error)) from None
