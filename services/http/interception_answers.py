"""Answers about interceptions: what endpoints share."""

from __future__ import annotations

from typing import Any

import msgspec

from services.http.commands import Answer
from services.http.incident_answers import INCIDENT_EXAMPLE
from services.http.openapi import parameter
from services.http.preconditions import etag_of
from services.interceptions.store import StoredInterception
from services.interceptions.views import InterceptionSummary, InterceptionView, interception_view


class InterceptionAnswer(msgspec.Struct, kw_only=True):
    """An interception, and everybody who was sent."""

    interception: InterceptionView


class InterceptionList(msgspec.Struct, kw_only=True):
    """Interceptions, newest first."""

    interceptions: list[InterceptionSummary]
    next: str | None
    """Give it as ``before`` for the next page; null: this is the last one."""


SIGHTING_EXAMPLE: dict[str, Any] = {
    "id": "019a7c1e-6a01-7b1f-8f00-2b1c9d3e4f50",
    "lon": 108.348,
    "lat": 30.864,
    "seen_at": "2026-10-12T09:40:00Z",
    "radius_m": 50.0,
    "time_error_s": 0.0,
    "heading_deg": 20.0,
    "source": "toll gate",
    "told_at": "2026-10-12T09:40:12.031Z",
}
SUMMARY_EXAMPLE: dict[str, Any] = {
    "id": "019a7c1e-69f0-7a3e-9a51-0d8a4f2b6c11",
    "jurisdiction": "wanzhou",
    "role": "lead",
    "state": "open",
    "incident_id": INCIDENT_EXAMPLE["id"],
    "lead_centre": None,
    "lead_id": None,
    "opened_at": "2026-10-12T09:40:12.031Z",
    "description": "蓝色大巴，万州至开州",
    "mode": "car",
    "ends_at": "2026-10-12T11:10:00Z",
    "last_seen": SIGHTING_EXAMPLE,
    "sighting_count": 1,
    "plan_number": 1,
    "plan_wanted": False,
    "no_plan_because": "",
    "committed_number": 1,
    "ended_at": None,
    "ending_note": "",
    "version": 4,
}
POST_EXAMPLE: dict[str, Any] = {
    "id": "019a7c1e-7b3f-7d21-8c40-5e0f7a9b1c23",
    "holder": "unit",
    "jurisdiction": "wanzhou",
    "responder_id": "officer-7",
    "offer_id": None,
    "kind": "officer",
    "mode": "police",
    "state": "ordered",
    "plan_number": 1,
    "layer": 1,
    "ordered_at": "2026-10-12T09:40:30Z",
    "ready_at": "2026-10-12T09:52:10Z",
    "earliest_at": "2026-10-12T09:58:40Z",
    "margin_s": 390.0,
    "share": 0.86,
    "expected_at": "2026-10-12T09:50:10Z",
    "promised_at": None,
    "accepted_at": None,
    "departed_at": None,
    "manned_at": None,
    "ended_at": None,
    "late": False,
    "reason": "",
}
CHECKPOINT_EXAMPLE: dict[str, Any] = {
    "id": "toll_gate-8112301",
    "kind": "toll_gate",
    "name": "开州收费站",
    "lon": 108.42,
    "lat": 31.13,
    "units_needed": 1,
    "state": "ordered",
    "posts": [POST_EXAMPLE],
}
INTERCEPTION_EXAMPLE: dict[str, Any] = SUMMARY_EXAMPLE | {
    "slowest": 0.8,
    "fastest": 1.25,
    "horizon_s": 5400.0,
    "destinations": [{"lon": 108.39, "lat": 31.16, "weight": 1.0, "name": "开州"}],
    "area": None,
    "closures": [],
    "settings": {},
    "sightings": [SIGHTING_EXAMPLE],
    "centres": [
        {
            "centre": "kaizhou",
            "awaited_until": None,
            "silent": False,
            "units": 2,
            "reason": "",
        }
    ],
    "offers": [
        {
            "id": "019a7c1e-7b3f-7d21-8c40-5e0f7a9b1c24",
            "centre": "kaizhou",
            "checkpoint_id": "toll_gate-8112301",
            "ready_at": "2026-10-12T09:52:10Z",
        }
    ],
    "elsewhere": [],
    "hand_over": None,
    "checkpoints": [CHECKPOINT_EXAMPLE],
}
ANSWER_EXAMPLE = {"interception": INTERCEPTION_EXAMPLE}

INTERCEPTION_ID = parameter(
    "interception_id",
    "Id of the interception.",
    {"type": "string", "format": "uuid"},
    where="path",
)
CHECKPOINT_ID = parameter(
    "checkpoint_id",
    "Id of the checkpoint, as the plan names it.",
    {"type": "string", "minLength": 1, "maxLength": 64},
    where="path",
)


def interception_answer(
    case: StoredInterception, status: int = 200, headers: dict[str, str] | None = None
) -> Answer:
    """What a command on an interception is answered."""
    content = InterceptionAnswer(interception=interception_view(case.interception))
    return Answer(content, status, {"ETag": etag_of(case.interception.version), **(headers or {})})
