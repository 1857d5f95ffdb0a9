"""How assignments and incidents end from the centre's side."""

from __future__ import annotations

from collections.abc import Iterable

from dispatch.incidents.case import MOST_REFERENCE, Assignment, Case, Incident
from dispatch.incidents.words import AssignmentState, ClosingReason, IncidentState

UNDER_WAY = (AssignmentState.OFFERED, AssignmentState.ACCEPTED, AssignmentState.EN_ROUTE)
"""Live, but not in front of the victim."""


def stand_down(case: Case, assignment: Assignment, reason: str, now_s: float) -> None:
    """End a live assignment."""
    was = assignment.state
    assignment.state = AssignmentState.RELEASED
    assignment.ended_at_s = now_s
    case.cancel_deadlines(assignment=assignment)
    case.happened("assignment.released", now_s, assignment, reason=reason, was=was.value)


def stand_down_all(
    case: Case, assignments: Iterable[Assignment], reason: str, now_s: float
) -> None:
    """End those of the assignments that are live and not in front of the victim."""
    for assignment in list(assignments):
        if assignment.state in UNDER_WAY:
            stand_down(case, assignment, reason, now_s)


def not_asked_again(case: Case, assignment: Assignment) -> None:
    """Leave the responder out of the search for this visit or follow-up."""
    if assignment.key not in case.incident.refused_by:
        case.incident.refused_by += (assignment.key,)


def becomes_one_person(incident: Incident) -> None:
    """From now on the victim is not whoever is at the counter, but the one customer whom somebody
    has spoken to: another tap at the branch is about somebody else, and opens another incident."""
    if incident.at_counter:
        own = f"/{incident.incident_id}"
        incident.at_counter = False
        incident.victim_ref = incident.victim_ref[: MOST_REFERENCE - len(own)] + own


def end(case: Case, reason: ClosingReason, note: str, now_s: float) -> None:
    """Close the incident: whoever is assigned is released, and nothing is waited for any more."""
    incident = case.incident
    was = incident.state
    for assignment in list(case.live()):
        stand_down(case, assignment, "incident_closed", now_s)
    case.cancel_deadlines()
    becomes_one_person(incident)
    incident.state = IncidentState.CLOSED
    incident.closing_reason = reason
    incident.closing_note = note
    incident.closed_at_s = now_s
    incident.contact_asked_at_s = None
    incident.unattended_since_s = None
    incident.unresolved_since_s = None
    incident.follow_up_due = 0
    case.happened(
        "incident.closed",
        now_s,
        reason=reason.value,
        note=note,
        amount_kept_yuan=incident.amount_kept_yuan,
        state=was.value,
    )
