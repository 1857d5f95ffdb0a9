"""Later visits: a community responder comes back after weeks, for whoever was told the same story
for months believes it again."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.incidents import progress
from dispatch.incidents.case import Assignment, Case
from dispatch.incidents.ending import end, stand_down_all
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import call_for_staff
from dispatch.incidents.words import (
    AssignmentState,
    ClosingReason,
    DeadlineKind,
    IncidentState,
    Purpose,
    VisitOutcome,
)


def due(case: Case, number: int, policy: Policy, now_s: float) -> None:
    """Have somebody of the grid sent for this follow-up. One that is still not made is missed."""
    incident = case.incident
    if incident.state is not IncidentState.FOLLOWING_UP or number <= incident.follow_up_due:
        return
    if any(entry.visit_number > number for entry in _of_series(case)):
        return
    if incident.follow_up_due:
        stand_down_all(case, _of_series(case), "follow_up_missed", now_s)
        case.happened(
            "follow_up.missed", now_s, number=incident.follow_up_due, reason="next_one_due"
        )
    incident.follow_up_due = number
    incident.refused_by = ()
    case.happened("follow_up.due", now_s, number=number, attempt=1 + _tries(case, number))
    call_for_staff(case, policy, now_s)


def reported(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    """Draw the conclusion from what somebody reports who came back to the victim."""
    incident = case.incident
    number, outcome = assignment.visit_number, assignment.outcome
    assert outcome is not None
    if incident.state is not IncidentState.FOLLOWING_UP:
        return
    if outcome is VisitOutcome.NOT_CONVINCED:
        if case.open_elsewhere is None:
            progress.order_visit(case, "relapsed", policy, now_s, by_a_person=True)
            incident.visited_by = ()
            return
        case.happened("follow_up.relapsed", now_s, assignment, number=number, outcome=outcome.value)
    elif outcome is not VisitOutcome.DISSUADED:
        _not_met(case, assignment, policy, now_s)
        return
    incident.follow_ups_done += 1
    case.happened(
        "follow_up.done",
        now_s,
        assignment,
        number=number,
        follow_ups_left=incident.follow_ups_planned - number,
    )
    _done_with(case, number, now_s)


def _not_met(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    incident = case.incident
    number = assignment.visit_number
    assert assignment.outcome is not None
    if number != incident.follow_up_due:
        return
    if _tries(case, number) >= policy.follow_up_tries:
        case.happened("follow_up.missed", now_s, number=number, reason="tried_often_enough")
        _done_with(case, number, now_s)
        return
    again_at_s = now_s + policy.follow_up_again_s
    incident.follow_up_due = 0
    case.cancel_deadlines(DeadlineKind.STAFF)
    case.set_deadline(DeadlineKind.FOLLOW_UP, again_at_s, number=number)
    case.happened(
        "follow_up.not_met",
        now_s,
        assignment,
        number=number,
        outcome=assignment.outcome.value,
        due_at_s=again_at_s,
    )


def _done_with(case: Case, number: int, now_s: float) -> None:
    """This follow-up needs nobody any more; after the last one the incident is closed."""
    incident = case.incident
    if number == incident.follow_up_due:
        incident.follow_up_due = 0
        case.cancel_deadlines(DeadlineKind.STAFF)
        stand_down_all(case, _of_series(case), "follow_up_done", now_s)
    if number >= incident.follow_ups_planned:
        end(case, ClosingReason.DISSUADED, "", now_s)


def _of_series(case: Case) -> Iterator[Assignment]:
    """Follow-ups since the victim was last dissuaded."""
    since_s = case.incident.dissuaded_at_s or 0.0
    for entry in case.assignments.values():
        if entry.purpose is Purpose.FOLLOW_UP and entry.offered_at_s >= since_s:
            yield entry


def _tries(case: Case, number: int) -> int:
    return sum(
        entry.visit_number == number and entry.state is AssignmentState.REPORTED
        for entry in _of_series(case)
    )
