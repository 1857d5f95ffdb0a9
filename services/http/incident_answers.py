"""Answers about incidents: what endpoints share."""

from __future__ import annotations

from typing import Any

import msgspec

from services.errors import ProblemError
from services.http.commands import Answer
from services.http.openapi import parameter
from services.http.preconditions import etag_of
from services.ids import is_id
from services.incidents.store import StoredCase
from services.incidents.views import (
    AssignmentView,
    IncidentView,
    assignment_views,
    incident_view,
)


class IncidentAnswer(msgspec.Struct, kw_only=True):
    """An incident, and who is or was sent."""

    incident: IncidentView
    assignments: list[AssignmentView]
    """Oldest first, ended ones too."""


INCIDENT_EXAMPLE: dict[str, Any] = {
    "id": "019a7c1e-5b0a-7c3e-9a51-0d8a4f2b6c10",
    "jurisdiction": "wanzhou/gaosuntang/grid-7",
    "district": "wanzhou",
    "station": "wanzhou/gaosuntang",
    "village": None,
    "grid": "wanzhou/gaosuntang/grid-7",
    "victim_ref": "case-2026-10-0417",
    "state": "responding",
    "tier": "high",
    "answer_tier": "high",
    "source": "city",
    "opened_at": "2026-10-12T09:15:02.120Z",
    "places": [{"lon": 108.391, "lat": 30.809, "accuracy_m": 30.0, "weight": 1.0}],
    "placed_at": "2026-10-12T09:15:02.120Z",
    "address_text": "建材市场 3 栋 12 号",
    "amount_yuan": 50000.0,
    "money_state": "in_account",
    "fraud_type": "冒充客服",
    "alert_count": 1,
    "visit_number": 1,
    "contact_asked_at": "2026-10-12T09:15:02.120Z",
    "first_contact_at": None,
    "first_face_at": None,
    "dissuaded_at": None,
    "evidence_due_at": None,
    "evidence_in_time": None,
    "evidence": [],
    "findings": [],
    "unresolved_since": None,
    "outcome": None,
    "closing_reason": None,
    "closing_note": "",
    "closed_at": None,
    "amount_kept_yuan": None,
    "follow_ups_planned": 0,
    "follow_ups_done": 0,
    "version": 1,
}
ASSIGNMENT_EXAMPLE: dict[str, Any] = {
    "id": "019a7c1e-5b3f-7d21-8c40-5e0f7a9b1c22",
    "incident_id": INCIDENT_EXAMPLE["id"],
    "responder_id": "officer-7",
    "jurisdiction": "wanzhou",
    "kind": "officer",
    "mode": "police",
    "role": "enforcement",
    "purpose": "visit",
    "visit_number": 1,
    "state": "offered",
    "offered_at": "2026-10-12T09:15:02.190Z",
    "acknowledge_by": "2026-10-12T09:16:02.190Z",
    "offered_eta_s": 143.2,
    "distance_m": 1830.5,
    "expected_at": "2026-10-12T09:17:25.390Z",
    "promised_at": None,
    "accepted_at": None,
    "departed_at": None,
    "arrived_at": None,
    "reported_at": None,
    "ended_at": None,
    "outcome": None,
    "decline_reason": "",
    "note": "",
    "late": False,
    "off_route": False,
    "evidence_count": 0,
    "replaces": None,
}
ANSWER_EXAMPLE = {"incident": INCIDENT_EXAMPLE, "assignments": [ASSIGNMENT_EXAMPLE]}

INCIDENT_ID = parameter(
    "incident_id", "Id of the incident.", {"type": "string", "format": "uuid"}, where="path"
)


def known_form(identity: str, what: str) -> str:
    """The id, if it has the form of one; what has not exists as little as what is not there."""
    if not is_id(identity):
        raise ProblemError("not-found", f"There is no such {what}.")
    return identity


def incident_answer(case: StoredCase, status: int = 200) -> Answer:
    """What a command on an incident is answered."""
    content = IncidentAnswer(
        incident=incident_view(case.incident), assignments=assignment_views(case)
    )
    return Answer(content, status, {"ETag": etag_of(case.incident.version)})
