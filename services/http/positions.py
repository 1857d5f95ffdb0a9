"""``POST /v1/positions``: where everybody is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import JSON_TYPES, MSGPACK_TYPES, body_format
from services.http.commands import once
from services.http.openapi import operation
from services.positions.intake import PositionsAnswer
from services.positions.wire import PositionsBody
from services.service import service_of

router = APIRouter(tags=["positions"])

EXAMPLE = {
    "crs": "gcj02",
    "positions": [
        {
            "id": "rider-17",
            "kind": "rider",
            "lon": 108.391,
            "lat": 30.809,
            "fixed_at": "2026-10-12T09:15:02Z",
            "accuracy_m": 12,
            "status": "available",
        }
    ],
}
EXAMPLE_ANSWER = {
    "accepted": 1,
    "quarantined": [],
    "rejected": [
        {
            "index": 1,
            "id": "rider-18",
            "reason": "malformed",
            "detail": "Expected `float`, got `bool` - at `$.lon`",
        }
    ],
    "shared": True,
}


@router.post(
    "/v1/positions",
    summary="Tell where responders are",
    openapi_extra=operation(
        scopes=("positions:write",),
        idempotent=True,
        body=PositionsBody,
        body_example=EXAMPLE,
        body_media_types=(*JSON_TYPES, *MSGPACK_TYPES),
        answer=PositionsAnswer,
        example=EXAMPLE_ANSWER,
        meaning="What became of each position; the batch is kept whole",
    ),
)
async def post_positions(
    request: Request, caller: Annotated[Caller, Depends(needs("positions:write"))]
) -> Response:
    service = service_of(request)
    format_ = body_format(request)
    body = await request.body()

    async def take() -> Response:
        answer = await service.receiving.run(
            service.intake.take,
            body,
            format_,
            service.settings.positions_limit,
            caller.jurisdictions,
            service.standing.registry,
        )
        return json_answer(answer)

    return await once(request, caller, take)
