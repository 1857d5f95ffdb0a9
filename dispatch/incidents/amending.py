"""What a dispatcher corrects of an incident: facts, not decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents.case import Case
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import IncidentState

AMENDABLE = ("amount_yuan", "money_state", "fraud_type", "address_text")


def amend(case: Case, changes: Mapping[str, Any], policy: Policy, now_s: float) -> None:
    """Take over what is known better now, whichever way it changes; whoever is going is told."""
    incident = case.incident
    if incident.state is IncidentState.CLOSED:
        raise ConflictError("The incident is closed: reopen it first, if there is need.")
    if unknown := [name for name in changes if name not in AMENDABLE]:
        raise IncidentError(f"{unknown[0]} cannot be amended; {', '.join(AMENDABLE)} can.")
    was = {name: getattr(incident, name) for name in changes}
    changed = {name: value for name, value in changes.items() if value != was[name]}
    if not changed:
        return
    for name, value in changed.items():
        setattr(incident, name, value)
    case.happened(
        "incident.amended",
        now_s,
        amended=changed,
        was={name: was[name] for name in changed},
        assignments=[entry.assignment_id for entry in case.live()],
    )
