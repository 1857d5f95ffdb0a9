"""``/v1/cells/{h3}``: who is in a cell."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dispatch.responders import KIND_NAMES
from geodata.cells import cell_named, centres_of, name_of, resolution_of
from geodata.errors import RequestError
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.openapi import counted, listed, operation, parameter
from services.http.query import Query
from services.ledger.database import now_s
from services.service import Service, service_of
from services.views import ResponderView, view_of

router = APIRouter(tags=["responders"])

MOST_LISTED = 1_000
LISTED = 100

_Reader = Annotated[Caller, Depends(needs("dispatch", "plan", former="responders:read"))]


class CellView(msgspec.Struct, kw_only=True):
    """A cell and who is in it."""

    cell: str
    resolution: int
    lon: float
    lat: float
    counts: dict[str, dict[str, int]]
    """By kind and status."""
    count: int
    responders: list[ResponderView]
    """At most ``limit`` of them."""


@router.get(
    "/v1/cells/{h3}",
    summary="Who is in an H3 cell",
    openapi_extra=operation(
        scopes=("dispatch", "plan"),
        parameters=[
            parameter(
                "h3",
                "Hexadecimal name of a cell of any resolution.",
                {"type": "string", "pattern": "^[0-9A-Fa-f]{15}$"},
                where="path",
                example="8941a2a8d2bffff",
            ),
            parameter("kind", "One or several kinds.", listed(KIND_NAMES)),
            parameter("with_lost", "`true`: those with a lost fix too.", {"type": "boolean"}),
            parameter("limit", "List at most so many.", counted(LISTED, 0, MOST_LISTED)),
        ],
        answer=CellView,
        example={
            "cell": "8941a2a8d2bffff",
            "resolution": 9,
            "lon": 108.391,
            "lat": 30.809,
            "counts": {"rider": {"available": 3}},
            "count": 3,
            "responders": [],
        },
        problems=("invalid-value",),
    ),
)
async def get_cell(request: Request, h3: str, caller: _Reader) -> Response:
    service = service_of(request)
    query = Query(request, ("kind", "with_lost", "limit"))
    return await service.questions.run(_cell, service, caller, h3, query)


def _cell(service: Service, caller: Caller, h3: str, query: Query) -> Response:
    try:
        cell = cell_named(h3)
    except RequestError:
        raise ProblemError("invalid-value", "This is not the name of an H3 cell.") from None
    roster = service.picture.in_cell(
        cell,
        caller.jurisdictions,
        now_s(),
        kinds=query.words("kind", KIND_NAMES),
        with_lost=query.flag("with_lost"),
    )
    counts: dict[str, dict[str, int]] = {}
    responders = list(roster)
    for responder in responders:
        of_kind = counts.setdefault(responder.kind, {})
        doing = service.engaged.doing((responder.jurisdiction, responder.responder_id))
        word = (responder.status if doing is None else doing).word
        of_kind[word] = of_kind.get(word, 0) + 1
    lon, lat = centres_of([cell])
    registry = service.standing.registry
    limit = query.whole("limit", LISTED, 0, MOST_LISTED)
    return json_answer(
        CellView(
            cell=name_of(cell),
            resolution=resolution_of(cell),
            lon=round(float(lon[0]), 7),
            lat=round(float(lat[0]), 7),
            counts=counts,
            count=len(responders),
            responders=[
                view_of(
                    one,
                    registry.get(one.jurisdiction, one.responder_id) is not None,
                    doing=service.engaged.doing((one.jurisdiction, one.responder_id)),
                )
                for one in responders[:limit]
            ],
        )
    )
