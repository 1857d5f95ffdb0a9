"""Later visits: a community responder comes back after weeks, for whoever was told the same story
for months believes it again."""

from __future__ import annotations

from dispatch.incidents import progress
from dispatch.incidents.case import Assignment, Case
from dispatch.incidents.ending import end, stand_down_all
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import call_for_staff
from dispatch.incidents.words import (
    ClosingReason,
    DeadlineKind,
    IncidentState,
    Purpose,
    VisitOutcome,
)


def due(case: Case, number: int, policy: Policy, now_s: float) -> None:
    """Have somebody of the grid sent for this follow-up, who may be anybody again.

    One before it that is still not made is missed, and so is this one once it has been tried as
    often as the policy says. Until then this is told again after the policy's time.
    """
    incident = case.incident
    if incident.state is not IncidentState.FOLLOWING_UP or number <= incident.follow_up_settled:
        return
    if number > incident.follow_up_settled + 1:
        _miss(case, number - 1, "next_one_due", now_s)
    again_at_s = now_s + policy.follow_up_again_s
    if any(entry.state.going and entry.visit_number == number for entry in _live(case)):
        case.set_deadline(DeadlineKind.FOLLOW_UP, again_at_s, number=number)
        return
    if incident.follow_up_attempts >= policy.follow_up_tries:
        _miss(case, number, "nobody_went", now_s)
        return
    case.set_deadline(DeadlineKind.FOLLOW_UP, again_at_s, number=number)
    incident.follow_up_attempts += 1
    incident.follow_up_due = number
    incident.refused_by = ()
    case.happened("follow_up.due", now_s, number=number, attempt=incident.follow_up_attempts)
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
    if number > incident.follow_up_settled:
        _settle(case, number, now_s)


def _not_met(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    incident = case.incident
    number = assignment.visit_number
    assert assignment.outcome is not None
    if number != incident.follow_up_due:
        return
    tries_left = policy.follow_up_tries - incident.follow_up_attempts
    case.happened(
        "follow_up.not_met",
        now_s,
        assignment,
        number=number,
        outcome=assignment.outcome.value,
        tries_left=max(0, tries_left),
    )
    if tries_left <= 0:
        _miss(case, number, "victim_not_met", now_s)
        return
    incident.follow_up_due = 0  # until it is told again
    case.cancel_deadlines(DeadlineKind.STAFF)


def _miss(case: Case, number: int, reason: str, now_s: float) -> None:
    case.happened("follow_up.missed", now_s, number=number, reason=reason)
    _settle(case, number, now_s)


def _settle(case: Case, number: int, now_s: float) -> None:
    """This follow-up needs nobody any more; after the last one the incident is closed."""
    incident = case.incident
    incident.follow_up_settled = number
    incident.follow_up_due = 0
    incident.follow_up_attempts = 0
    case.cancel_deadlines(DeadlineKind.STAFF)
    stand_down_all(case, _live(case), "follow_up_settled", now_s)
    if number >= incident.follow_ups_planned:
        end(case, ClosingReason.DISSUADED, "", now_s)


def _live(case: Case) -> list[Assignment]:
    return [entry for entry in case.live() if entry.purpose is Purpose.FOLLOW_UP]
