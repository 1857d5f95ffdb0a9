"""An incident's life in memory, with a clock and people who can be sent; nothing else is needed.

Everything between the commands is real: deadlines are kept and fired as the service does, and who
is asked is chosen by ``staffing`` from the people below, with how many seconds away they are in the
place of a map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dispatch.incidents import alerts, firing, staffing
from dispatch.incidents.acceptance import Acceptance
from dispatch.incidents.case import Alert, Area, Assignment, Cancelled, Case, Deadline, Happening
from dispatch.incidents.policy import Policy, default_policy
from dispatch.incidents.words import DeadlineKind, Source, Tier
from dispatch.question import (
    CandidatePlace,
    Choice,
    Question,
    Recommendation,
    Shortfall,
    ShortfallReason,
    WantAnswer,
)
from dispatch.responders import KINDS

MARKET = CandidatePlace(108.38, 30.81, 10.0)
"""Where the shopkeeper is."""
AREA = Area(
    jurisdiction="wanzhou/longbao/v1/g7",
    district="wanzhou",
    station="wanzhou/longbao",
    village="wanzhou/longbao/v1",
    grid="wanzhou/longbao/v1/g7",
)
EVENING_S = 1_760_260_500.0
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """Somebody who can be sent."""

    name: str
    kind: str
    away_s: float
    jurisdiction: str = "wanzhou"


def an_alert(
    tier: Tier = Tier.HIGH,
    places: tuple[CandidatePlace, ...] = (MARKET,),
    **more: Any,
) -> Alert:
    """An alert about the one victim."""
    told = {"source": Source.CITY, "received_at_s": EVENING_S} | more
    return Alert(f"alert{next(_numbers)}", tier=tier, victim_ref="v1", places=places, **told)


@dataclass
class Life:
    """One case and everything that happened to it."""

    case: Case
    people: list[Person]
    policy: Policy
    now_s: float
    busy: set[str] = field(default_factory=set)
    """People whom other incidents have taken."""
    pending: dict[str, Deadline] = field(default_factory=dict)
    fired: list[Deadline] = field(default_factory=list)
    """Deadlines that were told or cancelled."""
    history: list[Happening] = field(default_factory=list)

    @staticmethod
    def begin(
        alert: Alert, people: list[Person] | None = None, policy: Policy | None = None
    ) -> Life:
        """Open an incident and ask whoever is to be asked."""
        policy = policy or default_policy()
        numbers = count(1)
        case = alerts.open_case(
            alert, AREA, policy, EVENING_S, "incident", lambda: f"id{next(numbers):05}"
        )
        life = Life(case, people or [], policy, EVENING_S)
        life.commit()
        life.staff()
        return life

    def do(self, command: Callable[..., Any], *values: Any, **more: Any) -> Any:
        """Run a command on the case, now, as the desk does; then ask whoever is to be asked."""
        answer = command(self.case, *values, self.policy, self.now_s, **more)
        self.commit()
        self.staff()
        return answer

    def commit(self) -> None:
        """Write down what happened, and carry out what was asked of the clock."""
        self.history += self.case.happenings
        for change in self.case.deadline_changes:
            if isinstance(change, Cancelled):
                for known in [one for one in self.pending.values() if change.covers(one)]:
                    self.fired.append(self.pending.pop(known.deadline_id))
            else:
                self.pending[change.deadline_id] = change
        self.case.happenings = []
        self.case.deadline_changes = []

    def wait(self, seconds: float) -> None:
        """Let time pass: every deadline is told when it is due."""
        until_s = self.now_s + seconds
        while due := self.next_due(until_s):
            self.now_s = max(self.now_s, due.due_at_s)
            self.fire(due)
        self.now_s = until_s

    def next_due(self, until_s: float) -> Deadline | None:
        due = [one for one in self.pending.values() if one.due_at_s <= until_s]
        return min(due, key=lambda one: (one.due_at_s, one.deadline_id), default=None)

    def fire(self, deadline: Deadline) -> None:
        """Tell one deadline, whether it is pending or was told or cancelled before."""
        if deadline.kind is not DeadlineKind.STAFF:
            self.pending.pop(deadline.deadline_id, None)
            self.fired.append(deadline)
            firing.fire(self.case, deadline, self.policy, self.now_s)
            self.commit()
        self.staff()

    def staff(self) -> list[Assignment]:
        """Ask whoever is to be asked, where that has been called for."""
        called = [
            one
            for one in self.pending.values()
            if one.kind is DeadlineKind.STAFF and one.due_at_s <= self.now_s
        ]
        for one in called:
            self.fired.append(self.pending.pop(one.deadline_id))
        needed = staffing.needs(self.case, self.policy) if called else ()
        if not needed:
            return []
        acceptance = Acceptance(self.policy)
        question = staffing.question(self.case, needed, self.policy, {}, acceptance)
        selections = staffing.choose(
            self.case, needed, self.recommend(question), acceptance, self.policy, self.now_s
        )
        offered = staffing.send(self.case, selections, lambda one: True, self.policy, self.now_s)
        self.commit()
        return offered

    def recommend(self, question: Question) -> Recommendation:
        """Who can go, soonest first, as from a map."""
        left = [
            one
            for one in self.people
            if one.name not in self.busy
            and (one.jurisdiction, one.name) not in question.without
            and (one.jurisdiction, one.name) not in question.engaged
            and (one.jurisdiction, one.name) not in question.sent
            and one.away_s <= question.limit_s
        ]
        answers = []
        for want in question.wants:
            backs = want.set_back_s
            fit = [
                one
                for one in left
                if one.kind in want.kinds
                and (
                    not want.within
                    or any(f"{one.jurisdiction}/".startswith(f"{w}/") for w in want.within)
                )
            ]
            fit.sort(key=lambda one: one.away_s + backs.get(one.kind, 0.0))
            chosen = fit[: want.count]
            left = [one for one in left if one not in chosen]
            lacking = want.count - len(chosen)
            short = Shortfall(lacking, ShortfallReason.NO_MORE_KNOWN) if lacking else None
            answers.append(
                WantAnswer(
                    want, tuple(_choice(one, backs.get(one.kind, 0.0)) for one in chosen), (), short
                )
            )
        return Recommendation(question, {}, tuple(answers))

    def sent(self, name: str) -> Assignment:
        """The latest assignment of somebody."""
        return [one for one in self.case.assignments.values() if one.responder_id == name][-1]

    def asked(self) -> list[str]:
        """Who is asked, on the way or there, in the order in which they were asked."""
        return [one.responder_id for one in self.case.live()]

    def types(self, start: str = "") -> list[str]:
        """Types of what happened, in order."""
        return [one.type for one in self.history if one.type.startswith(start)]

    def last(self, type_: str) -> Happening:
        """The latest happening of a type."""
        return [one for one in self.history if one.type == type_][-1]

    def waits_for(self) -> list[DeadlineKind]:
        """Kinds of the pending deadlines, the first due first."""
        return [one.kind for one in sorted(self.pending.values(), key=lambda one: one.due_at_s)]


def _choice(one: Person, set_back_s: float) -> Choice:
    turn_out_s = min(KINDS[one.kind].turn_out_s, one.away_s)
    return Choice(
        responder_id=one.name,
        jurisdiction=one.jurisdiction,
        kind=one.kind,
        mode=KINDS[one.kind].mode,
        eta_s=one.away_s,
        turn_out_s=turn_out_s,
        doubt_s=0.0,
        drive_s=one.away_s - turn_out_s,
        elsewhere_s=0.0,
        distance_m=one.away_s * 8,
        line_m=one.away_s * 5,
        fix_age_s=3.0,
        lon=108.4,
        lat=30.8,
        path=None,  # type: ignore[arg-type]  # the way itself is nothing to an incident
        edge=0,
        fraction=0.0,
        set_back_s=set_back_s,
    )
