"""A case and people around it, so many seconds away: who is asked, as a test drives it.

Nobody here stands on a map: :class:`Around` answers a question from a table of arrivals, by the
words of the question alone, as the live picture would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from dispatch.incidents import staffing, visits
from dispatch.incidents.acceptance import Acceptance
from dispatch.incidents.case import Area, Assignment, Case, Deadline, Incident, Key
from dispatch.incidents.policy import Policy, default_policy
from dispatch.incidents.staffing import Selection
from dispatch.incidents.words import AssignmentState, DeadlineKind, IncidentState, Source, Tier
from dispatch.question import (
    CandidatePlace,
    Choice,
    Question,
    Recommendation,
    Shortfall,
    ShortfallReason,
    Want,
    WantAnswer,
)
from dispatch.responders import KINDS, Status
from geodata.road_path import RoadPath

NOON_S = 1_760_000_000.0
CENTRE = "500101"
AREA = Area(
    jurisdiction="500101/longbao/xinmin/g7",
    district="500101",
    station="500101/longbao",
    village="500101/longbao/xinmin",
    grid="500101/longbao/xinmin/g7",
)
PLACE = CandidatePlace(108.38, 30.81)
COMMUNITY_ONLY = Policy.parse("[medium]\ncommunity_kinds = ['rider', 'grid_worker', 'bank_guard']")
"""As the default, and riders may be sent to medium incidents, which want no officer."""


def a_case(tier: Tier = Tier.HIGH, **changes) -> Case:
    """An incident that somebody is to be sent to."""
    numbers = count(1)
    incident = Incident(
        incident_id="incident",
        area=AREA,
        victim_ref="v-1",
        state=IncidentState.RESPONDING,
        tier=tier,
        answer_tier=tier,
        source=Source.CITY,
        opened_at_s=NOON_S,
        places=(PLACE,),
        placed_at_s=NOON_S,
    )
    return Case(replace(incident, **changes), new_id=lambda: f"id-{next(numbers)}")


def a_choice(
    who: str, kind: str, eta_s: float, jurisdiction: str = CENTRE, set_back_s: float = 0.0
) -> Choice:
    """Somebody so many seconds away."""
    turn_out_s = min(KINDS[kind].turn_out_s, eta_s)
    return Choice(
        responder_id=who,
        jurisdiction=jurisdiction,
        kind=kind,
        mode=KINDS[kind].mode,
        eta_s=eta_s,
        turn_out_s=turn_out_s,
        doubt_s=0.0,
        drive_s=eta_s - turn_out_s,
        elsewhere_s=0.0,
        distance_m=10.0 * eta_s,
        line_m=8.0 * eta_s,
        fix_age_s=4.0,
        lon=108.4,
        lat=30.8,
        path=RoadPath(np.zeros(1, np.int32), 0.0, 1.0, round(1000 * (eta_s - turn_out_s))),
        edge=0,
        fraction=0.5,
        set_back_s=set_back_s,
    )


NEIGHBOURS = [(f"N{n}", "grid_worker", 100.0 + 10 * n) for n in range(6)]
RIDERS = [(f"R{n}", "rider", 130.0 + 10 * n) for n in range(6)]


def staff_deadlines(case) -> list[float]:
    """Seconds after noon at which it is to be looked again."""
    return [
        change.due_at_s - NOON_S
        for change in case.deadline_changes
        if isinstance(change, Deadline) and change.kind is DeadlineKind.STAFF
    ]


@dataclass
class Around:
    """Everybody there is: id, kind, seconds away, and of which jurisdiction."""

    people: dict[Key, tuple[str, float]] = field(default_factory=dict)
    cause: ShortfallReason = ShortfallReason.NO_MORE_KNOWN
    """Why there are no more of them."""

    @staticmethod
    def of(*people: tuple) -> Around:
        around = Around()
        for who, kind, eta_s, *jurisdiction in people:
            around.people[(*jurisdiction, CENTRE)[0], who] = (kind, eta_s)
        return around

    def recommend(self, question: Question) -> Recommendation:
        """Who should go, as `dispatch.recommendation.recommend` ranks."""
        chosen: set[Key] = set()
        return Recommendation(
            question, {}, tuple(self._answer(question, want, chosen) for want in question.wants)
        )

    def _answer(self, question: Question, want: Want, chosen: set[Key]) -> WantAnswer:
        free = [
            a_choice(who, kind, eta_s, jurisdiction, want.set_back_s.get(kind, 0.0))
            for (jurisdiction, who), (kind, eta_s) in self.people.items()
            if kind in want.kinds
            and eta_s <= question.limit_s
            and (jurisdiction, who) not in question.without | question.sent
            and (jurisdiction, who) not in chosen
            and question.engaged.get((jurisdiction, who), Status.AVAILABLE) is Status.AVAILABLE
            and (
                not want.within
                or any(f"{jurisdiction}/".startswith(f"{name}/") for name in want.within)
            )
        ]
        free.sort(key=lambda choice: choice.eta_s + choice.set_back_s)
        best = tuple(free[: want.count])
        chosen |= {(choice.jurisdiction, choice.responder_id) for choice in best}
        missing = want.count - len(best)
        shortfall = Shortfall(missing, self.cause) if missing else None
        return WantAnswer(want, best, (), shortfall)


@dataclass
class Desk:
    """Runs staffing for one case, as the service does."""

    case: Case
    around: Around
    policy: Policy = field(default_factory=default_policy)
    now_s: float = NOON_S
    engaged: Mapping[Key, Status] = field(default_factory=dict)
    taken: set[Key] = field(default_factory=set)
    """Who has been taken by another incident since the picture was looked at."""
    selections: list[Selection] = field(default_factory=list)
    """Of the last run."""

    @property
    def acceptance(self) -> Acceptance:
        return Acceptance(self.policy)

    def staff(self) -> list[str]:
        """One run; ids of those who were offered by it."""
        self.case.happenings.clear()
        self.case.deadline_changes.clear()
        needed = staffing.needs(self.case, self.policy)
        if not needed:
            return []
        question = staffing.question(self.case, needed, self.policy, self.engaged, self.acceptance)
        self.selections = staffing.choose(
            self.case,
            needed,
            self.around.recommend(question),
            self.acceptance,
            self.policy,
            self.now_s,
        )
        offered = staffing.send(
            self.case,
            self.selections,
            lambda assignment: assignment.key not in self.taken,
            self.policy,
            self.now_s,
        )
        return [assignment.responder_id for assignment in offered]

    def of(self, who: str) -> Assignment:
        """The last assignment of a responder."""
        return [one for one in self.case.assignments.values() if one.responder_id == who][-1]

    def accept(self, who: str) -> None:
        visits.accept(self.case, self.of(who), self.policy, self.now_s)

    def decline(self, who: str) -> None:
        visits.decline(self.case, self.of(who), "busy", self.policy, self.now_s)

    def asked(self) -> list[str]:
        """Ids of those who have been asked and have not answered."""
        return [one.responder_id for one in self.case.in_state(AssignmentState.OFFERED)]

    def told(self) -> list[str]:
        """Types of what happened in the last run and since."""
        return [happening.type for happening in self.case.happenings]
