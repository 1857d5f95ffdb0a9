"""The end of an incident, and its coming back."""

from __future__ import annotations

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import progress
from dispatch.incidents.case import Case
from dispatch.incidents.ending import end
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import ask_contact
from dispatch.incidents.words import ClosingReason, IncidentState


def close(
    case: Case,
    reason: ClosingReason,
    note: str,
    amount_kept_yuan: float | None,
    policy: Policy,
    now_s: float,
) -> None:
    """Close the incident: whoever is assigned is released, and nothing is waited for any more."""
    incident = case.incident
    if amount_kept_yuan is not None and not 0.0 <= amount_kept_yuan < float("inf"):
        raise IncidentError("The amount that the victim kept is 0 yuan or more.")
    if incident.state is IncidentState.CLOSED:
        if incident.closing_reason is reason:
            return
        was = None if incident.closing_reason is None else incident.closing_reason.value
        raise ConflictError(
            f"The incident is closed as {was} already: reopen it to close it as {reason.value}."
        )
    if amount_kept_yuan is not None:
        incident.amount_kept_yuan = amount_kept_yuan
    end(case, reason, note, now_s)


def reopen(case: Case, reason: str, policy: Policy, now_s: float) -> None:
    """Take an incident up again that was closed or only followed up: contact and visit start over,
    and everybody may be sent."""
    incident = case.incident
    if incident.is_open:
        raise ConflictError("The incident is open.")
    if case.open_elsewhere is not None:
        raise ConflictError(
            f"Another incident of this victim is open, {case.open_elsewhere}: go on with that one."
        )
    if not reason.strip():
        raise IncidentError("Opening an incident again needs a reason.")
    was = incident.state
    incident.closing_reason = None
    incident.closing_note = ""
    incident.closed_at_s = None
    incident.refused_by = ()
    case.happened("incident.reopened", now_s, reason=reason, was=was.value)
    visited = any(entry.arrived_at_s is not None for entry in case.assignments.values())
    if visited:
        progress.start_over(case, "reopened", policy, now_s)
        return
    incident.state = IncidentState.CONTACTING
    if incident.contact_asked_at_s is None:
        ask_contact(case, policy, now_s, "reopened")
    progress.settle(case, policy, now_s)
