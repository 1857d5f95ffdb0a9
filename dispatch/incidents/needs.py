"""Of whom more are to be asked: the first two rules of :mod:`dispatch.incidents.staffing`."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.incidents.acceptance import ask_at_once, chance_of_enough, refusal_s
from dispatch.incidents.case import Assignment, Case
from dispatch.incidents.policy import Policy
from dispatch.incidents.wants import Wanted, fills_place, taking_part, wanted
from dispatch.incidents.words import AssignmentState, Purpose, Role

MOST_AT_ONCE = 20
"""More telephones ringing for one victim are a broadcast, not a dispatch."""


@dataclass(frozen=True, slots=True)
class Need:
    """Of whom more are to be asked."""

    role: Role
    purpose: Purpose
    number: int
    """Of the visit or follow-up."""
    kinds: frozenset[str]
    several_at_once: bool
    """Whether more are asked than are missing, for some decline."""
    missing: int
    """Yeses that are missing."""
    following: int
    """Of those missing, how many come who were where the victim is not any more."""
    asked: tuple[float, ...]
    """Chances of the places of those who have been asked and have not answered."""
    vacant: tuple[str, ...]
    """Assignments that were refused and that nobody was asked in the stead of, oldest first."""
    vacant_chances: tuple[float, ...]
    """Chances of their places."""
    limit_s: float
    """Nobody who takes longer."""
    acknowledge_s: float
    refusal_s: float
    """What a refusal costs (see ``acceptance``)."""

    def to_ask(self, next_ones: tuple[float, ...], target: float) -> int:
        """How many of these next ones, known by their chances, to ask now."""
        if not self.several_at_once:  # RULE 1
            return max(0, self.missing - len(self.asked))
        places = (*self.asked, *self.vacant_chances)
        most = max(0, MOST_AT_ONCE - len(places))
        anew = ask_at_once(places, next_ones[len(self.vacant) :][:most], self.missing, target)
        return len(self.vacant) + anew  # RULE 2

    def is_short(self, next_ones: tuple[float, ...], target: float) -> bool:
        """Whether these next ones are too few."""
        if len(next_ones) < self.to_ask(next_ones, target):
            return True
        places = (*self.asked, *self.vacant_chances, *next_ones[len(self.vacant) :])
        return (
            self.several_at_once
            and len(places) < MOST_AT_ONCE
            and chance_of_enough(places, self.missing) < target
        )

    def is_met(self, target: float) -> bool:
        """Whether nobody is to be asked now."""
        if not self.several_at_once:
            return len(self.asked) >= self.missing
        return not self.vacant and (
            len(self.asked) >= MOST_AT_ONCE or chance_of_enough(self.asked, self.missing) >= target
        )


def needs(case: Case, policy: Policy) -> tuple[Need, ...]:
    """Of whom more are to be asked now; empty when enough are there or have been asked."""
    want = wanted(case.incident, policy)
    if want is None:
        return ()
    found = (_need(case, want, role, policy) for role in Role)
    return tuple(
        need for need in found if need is not None and not need.is_met(policy.acceptance_target)
    )


def _need(case: Case, want: Wanted, role: Role, policy: Policy) -> Need | None:
    part = list(taking_part(case, want, role))
    missing = want.count(role) - sum(1 for one in part if fills_place(one))
    if missing <= 0:
        return None
    several_at_once = role is Role.COMMUNITY and want.purpose is not Purpose.FOLLOW_UP
    of_need = [one for one in case.assignments.values() if _is_of(one, want, role)]
    replaced = {one.replaces for one in of_need}
    vacant = [one for one in of_need if _refused(one) and one.assignment_id not in replaced]
    return Need(
        role=role,
        purpose=want.purpose,
        number=want.number,
        kinds=want.kinds(role),
        several_at_once=several_at_once,
        missing=missing,
        following=sum(1 for one in part if one.live and one.elsewhere),
        asked=tuple(
            _chance_of_place(case, one) for one in part if one.state is AssignmentState.OFFERED
        ),
        vacant=tuple(one.assignment_id for one in vacant),
        vacant_chances=tuple(_chance_of_place(case, one) for one in vacant),
        limit_s=want.reach_s,
        acknowledge_s=want.acknowledge_s,
        refusal_s=refusal_s(
            want.acknowledge_s,
            at_once=several_at_once,
            target=policy.acceptance_target,
        ),
    )


def _is_of(one: Assignment, want: Wanted, role: Role) -> bool:
    follow_up = want.purpose is Purpose.FOLLOW_UP
    return (
        one.role is role
        and one.visit_number == want.number
        and (one.purpose is Purpose.FOLLOW_UP) == follow_up
    )


def _refused(one: Assignment) -> bool:
    """Whether they left a place empty: refused, or stood down after they had said yes."""
    return one.state in (AssignmentState.DECLINED, AssignmentState.EXPIRED) or (
        one.state is AssignmentState.RELEASED and one.accepted_at_s is not None
    )


def _chance_of_place(case: Case, one: Assignment) -> float:
    while one.replaces is not None and one.replaces in case.assignments:
        one = case.assignments[one.replaces]
    return one.chance
