"""The desk of interceptions: takes commands, each within a transaction of its caller.

A command is a decision of ``dispatch.interceptions`` on a case in memory. The desk loads the case
locked, looks whether the caller may see it and whether it is still the version that they know, runs
the command, and writes what it did. What the incident is to know is written beside it.

Whoever locks an interception and an incident locks the interception first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from dispatch.incidents import intelligence
from dispatch.incidents.case import Happening
from dispatch.incidents.words import IncidentState
from dispatch.interceptions import committing, sighting
from dispatch.interceptions.case import InterceptionCase, Post, Sought
from dispatch.interceptions.committing import Choice, Who
from dispatch.interceptions.words import Holder
from services.errors import ProblemError
from services.ids import new_id
from services.incidents import store as incident_store
from services.incidents.desk import ITSELF, Desk, Seer, refusals
from services.interceptions import store
from services.interceptions.store import StoredInterception

PLAN = "plan"
"""What is noted in a transaction that makes a new plan necessary."""
SOURCE = "拦截 interception"
"""Who tells an incident what became of its interception."""

Command = Callable[[InterceptionCase, float], Any]
"""What is to be done with an interception: the case, the time."""
PostCommand = Callable[[InterceptionCase, Post, float], Any]
Teller = Callable[[Connection, StoredInterception, float], None]
"""Tells other centres what has happened to a case, before it is written."""


def _nobody(*_: object) -> None:
    """No other centre takes part."""


class InterceptionDesk:
    """Takes commands on interceptions. Any thread may use it."""

    def __init__(self, incidents: Desk) -> None:
        self.ledger = incidents.ledger
        self.incidents = incidents
        self.wanting: deque[str] = deque()
        """Interceptions of which a plan is wanted; some of them may not be committed."""
        self.tell: Teller = _nobody

    def open(
        self,
        connection: Connection,
        jurisdiction: str,
        sought: Sought,
        settings: dict[str, Any],
        incident_id: str | None,
        note: str,
        first: Command | None,
        now_s: float,
    ) -> StoredInterception:
        """Open an interception; ``first`` is done with it at once."""
        case = sighting.open_interception(
            jurisdiction, sought, settings, incident_id, note, now_s, new_id(), new_id
        )
        if first is not None:
            with refusals():
                first(case, now_s)
        told = list(case.happenings)
        if not store.insert(connection, self.ledger, case):
            raise AssertionError("a new id is there already")
        opened = store.look_at(connection, case.interception.interception_id)
        assert opened is not None
        self._follow_up(connection, opened, told, now_s)
        return opened

    def act(
        self,
        connection: Connection,
        interception_id: str,
        caller: Seer,
        command: Command,
        now_s: float,
        expected_version: int | None = None,
    ) -> StoredInterception:
        """Run a command on an interception; the case as it is then.

        Raises ProblemError ``not-found`` for what the caller may not see, ``version-changed``
        where it is not the version they expect, and ``not-possible-now`` for what cannot be done.
        """
        case = self.load(connection, interception_id, caller, expected_version)
        with refusals():
            command(case, now_s)
        self.write(connection, case, now_s)
        return case

    def commit(
        self,
        connection: Connection,
        interception_id: str,
        caller: Seer,
        number: int,
        choice: Choice,
        who: Callable[[str], Who | None],
        now_s: float,
        expected_version: int | None = None,
    ) -> tuple[StoredInterception, list[str]]:
        """Carry out a plan; the case, and the units that something else has taken meanwhile."""
        case = self.load(connection, interception_id, caller, expected_version)
        planned = store.plan_of(connection, interception_id, case.interception.plan_number)

        def take(post: Post) -> bool:
            return store.claim(connection, case, post)

        with refusals():
            taken = committing.commit(case, planned, number, choice, who, take, now_s)
        self.write(connection, case, now_s)
        return case, taken

    def act_on_assignment(
        self,
        connection: Connection,
        assignment_id: str,
        caller: Seer,
        command: PostCommand,
        now_s: float,
    ) -> tuple[StoredInterception, Post]:
        """Run a command on a unit's post, for who holds the interception's jurisdiction or the
        responder's, or has the assignment's link; the case and the post as they are then."""
        interception_id = store.interception_of(connection, assignment_id)
        case = None if interception_id is None else store.load(connection, interception_id)
        case, post = seen_post(case, assignment_id, caller)
        with refusals():
            command(case, post, now_s)
        self.write(connection, case, now_s)
        return case, post

    def load(
        self,
        connection: Connection,
        interception_id: str,
        caller: Seer = ITSELF,
        expected_version: int | None = None,
    ) -> StoredInterception:
        """The case, locked, if the caller may see it and it is the version they expect."""
        case = store.load(connection, interception_id)
        if case is None or not caller.may_see(case.interception.jurisdiction):
            raise ProblemError("not-found", "There is no such interception.")
        if expected_version is not None and case.interception.version != expected_version:
            raise ProblemError(
                "version-changed",
                "The interception has changed since that version: read it again, then decide.",
            )
        return case

    def write(self, connection: Connection, case: StoredInterception, now_s: float) -> bool:
        """Write what was done to a case that is held; whether anything was."""
        self.tell(connection, case, now_s)
        told = list(case.happenings)
        if not store.save(connection, self.ledger, case):
            return False
        self._follow_up(connection, case, told, now_s)
        return True

    def _follow_up(
        self,
        connection: Connection,
        case: StoredInterception,
        told: Sequence[Happening],
        now_s: float,
    ) -> None:
        """Whatever follows from what happened: the incident and the planner know."""
        interception = case.interception
        if interception.incident_id is not None:
            for happening in told:
                text = _finding(case, happening)
                if text is not None:
                    self._tell_incident(connection, interception.incident_id, text, now_s)
        if interception.plan_wanted:
            self.wanting.append(interception.interception_id)
            self.ledger.after_commit(connection, PLAN)

    def _tell_incident(
        self, connection: Connection, incident_id: str, text: str, now_s: float
    ) -> None:
        known = incident_store.load(connection, incident_id)
        if known is None or known.incident.state is IncidentState.CLOSED:
            return
        policy = self.incidents.policy_of(known)
        intelligence.add_finding(known, text, SOURCE, policy, now_s)
        self.incidents.write(connection, [known], now_s)


def seen_post(
    case: StoredInterception | None, assignment_id: str, caller: Seer
) -> tuple[StoredInterception, Post]:
    """A unit's post, where the caller may see it: by the interception's jurisdiction, by the
    responder's, or by the assignment's own link. Raises ProblemError."""
    post = None if case is None else case.interception.post(assignment_id)
    if (
        case is None
        or post is None
        or post.holder is not Holder.UNIT
        or not (
            caller.assignment_id == assignment_id
            or caller.may_see(case.interception.jurisdiction)
            or caller.may_see(post.jurisdiction)
        )
    ):
        raise ProblemError("not-found", "There is no such assignment.")
    return case, post


def _finding(case: InterceptionCase, happening: Happening) -> str | None:
    """What an incident is told of what happened to its interception; None: nothing."""
    if happening.type == "interception.opened":
        return "已启动公路拦截。The subject is to be stopped on the road."
    if happening.type == "interception.caught":
        place = case.interception.places[happening.data["checkpoint_id"]]
        name = place.name or place.checkpoint_id
        return f"已在{name}拦停。Stopped at {name}."
    if happening.type in ("interception.stood_down", "interception.lost"):
        return "公路拦截已撤收。Nobody waits on the road any more."
    if happening.type == "interception.handed_over":
        centre = happening.data["centre"]
        return f"公路拦截已移交{centre}。{centre} goes on with stopping the subject."
    return None
