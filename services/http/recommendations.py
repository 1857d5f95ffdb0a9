"""``POST /v1/recommendations``: who should go."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import JSON_TYPES, MSGPACK_TYPES, Decoder, body_format
from services.http.openapi import operation
from services.ledger.database import now_s
from services.recommendations import RecommendationBody, RecommendationView, answer
from services.service import Service, service_of

router = APIRouter(tags=["recommendations"])

_Asker = Annotated[Caller, Depends(needs("dispatch", "plan", former="recommendations:ask"))]

_decoder = Decoder(RecommendationBody)

_BODY = {
    "place": {"lon": 108.391, "lat": 30.809, "accuracy_m": 50},
    "wants": [{"kinds": ["officer"], "count": 1}, {"kinds": ["rider", "grid_worker"], "count": 2}],
    "route": {"of": "best"},
    "language": "en",
    "crs": "gcj02",
}
_EXAMPLE = {
    "answered_at": "2026-10-12T09:15:02.120Z",
    "doors": {"police": {"lon": 108.3912, "lat": 30.8091, "distance_m": 6.4}},
    "wants": [
        {
            "kinds": ["officer"],
            "chosen": [
                {
                    "id": "officer-7",
                    "jurisdiction": "wanzhou",
                    "kind": "officer",
                    "mode": "police",
                    "eta_s": 143.2,
                    "turn_out_s": 15.0,
                    "doubt_s": 0.0,
                    "drive_s": 128.2,
                    "elsewhere_s": 0.0,
                    "distance_m": 1830.5,
                    "line_m": 1210.0,
                    "fix_age_s": 4.2,
                    "reason": "First there by road: 2 min for 1.8 km, 15 s of it turning out.",
                }
            ],
            "passed_over": [
                {
                    "id": "officer-3",
                    "jurisdiction": "wanzhou",
                    "kind": "officer",
                    "line_m": 420.0,
                    "eta_s": 660.0,
                    "distance_m": 7100.0,
                    "cause": "across_bridge",
                    "reason": "420 m away, but the way leads over a bridge: 11 min by road for "
                    "7.1 km.",
                }
            ],
            "shortfall": None,
        }
    ],
}


@router.post(
    "/v1/recommendations",
    summary="Who should go",
    openapi_extra=operation(
        scopes=("dispatch", "plan"),
        body=RecommendationBody,
        body_example=_BODY,
        body_media_types=(*JSON_TYPES, *MSGPACK_TYPES),
        answer=RecommendationView,
        example=_EXAMPLE,
        problems=("jurisdiction-required", "unknown-mode"),
    ),
)
async def post_recommendation(request: Request, caller: _Asker) -> Response:
    service = service_of(request)
    body = _decoder.decode(await request.body(), body_format(request))
    return await service.questions.run(_answer, service, caller, body)


def _answer(service: Service, caller: Caller, body: RecommendationBody) -> Response:
    return json_answer(
        answer(
            body,
            service.picture,
            service.engine.now,
            caller.jurisdictions,
            now_s(),
            service.engaged.statuses,
        )
    )
