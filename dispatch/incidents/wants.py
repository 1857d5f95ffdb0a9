"""Whom an incident wants to have sent now, and who takes part already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.incidents.case import Assignment, Case, Incident
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import AssignmentState, IncidentState, Purpose, Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visit or follow-up should have."""

    purpose: Purpose
    number: int
    """Of the visit, or of the follow-up."""
    officers: int
    community: int
    enforcement_kinds: frozenset[str]
    community_kinds: frozenset[str]
    acknowledge_s: float
    reach_s: float

    def count(self, role: Role) -> int:
        return self.officers if role is Role.ENFORCEMENT else self.community

    def kinds(self, role: Role) -> frozenset[str]:
        return self.enforcement_kinds if role is Role.ENFORCEMENT else self.community_kinds


def wanted(incident: Incident, policy: Policy) -> Wanted | None:
    """Whom the incident wants now; None while nobody is to be sent by itself."""
    if incident.state is IncidentState.FOLLOWING_UP and incident.follow_up_due:
        return Wanted(
            Purpose.FOLLOW_UP,
            incident.follow_up_due,
            0,
            1,
            frozenset(),
            policy.follow_up_kinds,
            policy.follow_up_acknowledge_s,
            policy.follow_up_reach_s,
        )
    if incident.state is not IncidentState.RESPONDING or incident.unresolved_since_s is not None:
        return None
    answer = policy.of(incident.answer_tier)
    officers, community, purpose = answer.officers, answer.community, Purpose.VISIT
    if incident.visit_number > 1:
        purpose = Purpose.SECOND_VISIT
        anew = incident.visit_anew
        officers = max(policy.second_visit_officers, officers if anew else 0)
        community = max(policy.second_visit_community, community if anew else 0)
    return Wanted(
        purpose,
        incident.visit_number,
        officers,
        community + (incident.more_community if officers + community else 0),
        answer.enforcement_kinds,
        answer.community_kinds,
        answer.acknowledge_s,
        answer.reach_s,
    )


def of_visit(case: Case, number: int | None = None) -> list[Assignment]:
    """Assignments of a visit, the one that is being made unless another is named, in whatever
    state."""
    number = case.incident.visit_number if number is None else number
    return [
        assignment
        for assignment in case.assignments.values()
        if assignment.purpose is not Purpose.FOLLOW_UP and assignment.visit_number == number
    ]


def taking_part(case: Case, want: Wanted, role: Role) -> Iterator[Assignment]:
    """Those who have to do with what is wanted: the live ones, and in a visit those who have been
    there and reported, for what they said counts for this visit; not where the victim turned out to
    be elsewhere after that."""
    for assignment in case.assignments.values():
        if (
            assignment.role is role
            and assignment.visit_number == want.number
            and (assignment.purpose is Purpose.FOLLOW_UP) == (want.purpose is Purpose.FOLLOW_UP)
            and (
                assignment.live
                or (
                    assignment.state is AssignmentState.REPORTED
                    and want.purpose is not Purpose.FOLLOW_UP
                    and not assignment.elsewhere
                )
            )
        ):
            yield assignment


def fills_place(assignment: Assignment) -> bool:
    """Whether one of those who take part has said yes to where the victim is now."""
    return assignment.state is not AssignmentState.OFFERED and not assignment.elsewhere
