"""``/v1/response-times``: how soon somebody can be anywhere, as shaded H3 cells."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import numpy as np
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dispatch.responders import KIND_NAMES
from geodata.cells import name_of
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.openapi import counted, listed, operation, parameter
from services.http.query import Query
from services.ledger.database import now_s
from services.response_times import inside, outline_of, response_times
from services.service import Service, service_of

router = APIRouter(tags=["responders"])

COARSEST, FINEST, RESOLUTION = 5, 10, 8
WITHIN_S, MOST_WITHIN_S = 1_800, 7_200
MOST_CELLS = 20_000

_Reader = Annotated[Caller, Depends(needs("dispatch", "plan"))]


class CellFeatures(msgspec.Struct, kw_only=True):
    """A GeoJSON FeatureCollection of hexagons; ``properties`` has ``cell`` and ``time_s``."""

    type: str
    features: list[dict[str, Any]]


_EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"cell": "88401a4dcbfffff", "time_s": 214.0},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[108.39, 30.81], [108.395, 30.812], [108.394, 30.817], [108.39, 30.81]]
                ],
            },
        }
    ],
}


@router.get(
    "/v1/response-times",
    summary="How soon somebody can be in each H3 cell",
    openapi_extra=operation(
        scopes=("dispatch", "plan"),
        parameters=[
            parameter("kind", "One or several kinds; none: whoever is free.", listed(KIND_NAMES)),
            parameter("resolution", "Of the cells.", counted(RESOLUTION, COARSEST, FINEST)),
            parameter(
                "within_s", "Nothing that takes longer.", counted(WITHIN_S, 60, MOST_WITHIN_S)
            ),
            parameter(
                "bounds",
                "Only cells in this box: west,south,east,north.",
                {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
            ),
        ],
        answer=CellFeatures,
        example=_EXAMPLE,
        meaning="Hexagons with the mean time over their junctions, turning out included",
        problems=("invalid-value",),
    ),
)
async def get_response_times(request: Request, caller: _Reader) -> Response:
    query = Query(request, ("kind", "resolution", "within_s", "bounds"))
    service = service_of(request)
    return await service.questions.run(_times, service, caller, query)


def _times(service: Service, caller: Caller, query: Query) -> Response:
    bounds = _bounds(query.text("bounds"))
    found = response_times(
        service.picture,
        service.engine.now,
        caller.jurisdictions,
        query.words("kind", KIND_NAMES),
        query.whole("resolution", RESOLUTION, COARSEST, FINEST),
        query.whole("within_s", WITHIN_S, 60, MOST_WITHIN_S),
        now_s(),
        service.engaged.statuses,
    )
    cells, times_s = found.cell, found.time_s
    if bounds is not None:
        kept = inside(cells, bounds)
        cells, times_s = cells[kept], times_s[kept]
    if len(cells) > MOST_CELLS:
        raise ProblemError(
            "invalid-value",
            f"These would be {len(cells):,} cells, and {MOST_CELLS:,} are the most: ask for a "
            "smaller box or a coarser resolution.",
        )
    return json_answer(
        CellFeatures(
            type="FeatureCollection",
            features=[
                {
                    "type": "Feature",
                    "properties": {"cell": name_of(cell), "time_s": round(time_s, 1)},
                    "geometry": {"type": "Polygon", "coordinates": [outline_of(cell)]},
                }
                for cell, time_s in zip(cells.tolist(), times_s.tolist(), strict=True)
            ],
        )
    )


def _bounds(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = np.nan
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ProblemError("invalid-value", "'bounds' is west,south,east,north, in degrees.")
    return west, south, east, north
