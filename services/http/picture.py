"""``/v1/picture``: where everybody is, in columns, for a map that shows thousands of them."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dispatch.responders import KIND_NAMES, STATUS_CODES
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.openapi import operation
from services.http.query import Query
from services.ledger.database import now_s
from services.service import Service, service_of

router = APIRouter(tags=["responders"])

_Reader = Annotated[Caller, Depends(needs("dispatch"))]


class Picture(msgspec.Struct, kw_only=True):
    """Everybody of the caller's whose fix is not lost, one row each, in columns."""

    kinds: list[str]
    """Meaning of the numbers in ``kind``."""
    statuses: list[str]
    """Meaning of the numbers in ``status``."""
    id: list[str]
    jurisdiction: list[str]
    lon: list[float]
    lat: list[float]
    kind: list[int]
    status: list[int]
    """As their assignment has it, or else their phone."""
    age_s: list[float]
    stale: list[bool]
    """Whether the fix is so old that it loses rank."""


@router.get(
    "/v1/picture",
    summary="Where everybody is",
    openapi_extra=operation(
        scopes=("dispatch",),
        answer=Picture,
        example={
            "kinds": list(KIND_NAMES),
            "statuses": list(STATUS_CODES),
            "id": ["rider-17"],
            "jurisdiction": ["wanzhou"],
            "lon": [108.391],
            "lat": [30.809],
            "kind": [KIND_NAMES.index("rider")],
            "status": [STATUS_CODES["available"]],
            "age_s": [2.1],
            "stale": [False],
        },
    ),
)
async def get_picture(request: Request, caller: _Reader) -> Response:
    Query(request, ())
    service = service_of(request)
    return await service.questions.run(_picture, service, caller)


def _picture(service: Service, caller: Caller) -> Response:
    at_s, picture = now_s(), service.picture
    with picture.reading():
        mustered = picture.muster(caller.jurisdictions, at_s, statuses=None)
        roster = picture.roster(np.flatnonzero(mustered.eligible), at_s)
    engaged = service.engaged.statuses
    status = roster.status.tolist()
    if engaged:
        for row, key in enumerate(zip(roster.jurisdiction, roster.responder_id, strict=True)):
            if (doing := engaged.get(key)) is not None:
                status[row] = int(doing)
    return json_answer(
        Picture(
            kinds=list(KIND_NAMES),
            statuses=list(STATUS_CODES),
            id=roster.responder_id,
            jurisdiction=roster.jurisdiction,
            lon=roster.lon.round(6).tolist(),
            lat=roster.lat.round(6).tolist(),
            kind=roster.kind.tolist(),
            status=status,
            age_s=roster.age_s.round(1).tolist(),
            stale=(roster.freshness > 0).tolist(),
        )
    )
