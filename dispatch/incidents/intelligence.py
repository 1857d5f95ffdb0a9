"""The second line beside the visit (双线并行): what it finds reaches whoever is on the way."""

from __future__ import annotations

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents.case import Case
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import IncidentState


def add_finding(case: Case, text: str, source: str, policy: Policy, now_s: float) -> None:
    """Note what ``source`` found, such as who the caller is or where the money went."""
    incident = case.incident
    if not text.strip():
        raise IncidentError("A finding needs a text.")
    if incident.state is IncidentState.CLOSED:
        raise ConflictError("The incident is closed: reopen it first, if there is need.")
    if text in incident.findings:
        return
    incident.findings += (text,)
    case.happened(
        "intelligence.found",
        now_s,
        text=text,
        source=source,
        assignments=[entry.assignment_id for entry in case.live()],
    )
