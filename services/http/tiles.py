"""``/v1/tiles``: the base map, as vector tiles of the loaded map's own roads and places.

Open to anybody, as the pages' own files are: there is nobody on them, and browsers keep them.
"""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from geodata.base_map.archive import BaseMap
from services.errors import ProblemError
from services.http.answers import json_answer
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.service import Service, service_of

router = APIRouter(tags=["map"])

TILE_MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
KEPT_S = 86_400
"""How long a browser keeps a tile. The address says which compilation it is of."""
_NUMBER_LIMIT_CHARACTERS = 8


class TileJson(msgspec.Struct, kw_only=True):
    """What the base map covers, as TileJSON 3.0 has it."""

    tilejson: str
    name: str
    attribution: str
    tiles: list[str]
    """Address of the tiles, relative to this service."""
    minzoom: int
    maxzoom: int
    bounds: list[float]
    """West, south, east, north."""
    vector_layers: list[dict[str, Any]]


_EXAMPLE = {
    "tilejson": "3.0.0",
    "name": "Wanzhou",
    "attribution": "© OpenStreetMap contributors",
    "tiles": ["/v1/tiles/{z}/{x}/{y}?of=8c2f41d0"],
    "minzoom": 4,
    "maxzoom": 13,
    "bounds": [108.05, 30.56, 108.67, 31.37],
    "vector_layers": [{"id": "road", "fields": {"class": "String", "name": "String"}}],
}
_Z, _X, _Y = (
    parameter(name, meaning, {"type": "integer", "minimum": 0}, where="path", example=example)
    for name, meaning, example in (
        ("z", "Zoom.", 12),
        ("x", "Column from the west.", 3281),
        ("y", "Row from the north.", 1684),
    )
)
_OF = parameter(
    "of",
    "Which compilation of the map, as TileJSON has it; tiles of any other are the present one's.",
    {"type": "string"},
)


@router.get(
    "/v1/tiles",
    summary="What the base map covers",
    openapi_extra=operation(
        answer=TileJson, example=_EXAMPLE, open_to_anybody=True, problems=("no-base-map",)
    ),
)
async def describe(request: Request) -> Response:
    Query(request, ())
    service = service_of(request)
    base_map = _base_map(service)
    network = service.engine.network
    return json_answer(
        TileJson(
            tilejson="3.0.0",
            name=network.title,
            attribution=network.attribution,
            tiles=["/v1/tiles/{z}/{x}/{y}?of=" + base_map.fingerprint],
            minzoom=base_map.extent.min_zoom,
            maxzoom=base_map.extent.max_zoom,
            bounds=list(base_map.extent.bounds),
            vector_layers=base_map.vector_layers,
        ),
        headers={"Cache-Control": "no-cache"},
    )


@router.get(
    "/v1/tiles/{z}/{x}/{y}",
    summary="A tile of the base map",
    openapi_extra=operation(
        parameters=[_Z, _X, _Y, _OF],
        media_type=TILE_MEDIA_TYPE,
        answer_schema={"type": "string", "format": "binary"},
        meaning="A Mapbox Vector Tile 2.1, compressed with gzip; empty where nothing is",
        open_to_anybody=True,
        problems=("invalid-value", "no-base-map"),
    ),
)
async def tile(request: Request, z: str, x: str, y: str) -> Response:
    Query(request, ("of",))
    service = service_of(request)
    base_map = _base_map(service)
    zoom, column, row = (_number(text) for text in (z, x, y))
    try:
        content = await service.routing.run(base_map.tile, zoom, column, row)
    except ValueError:
        raise ProblemError(
            "invalid-value", f"At zoom {zoom} columns and rows go from 0 to {2**zoom - 1}."
        ) from None
    headers = {"Cache-Control": f"public, max-age={KEPT_S}", "X-Content-Type-Options": "nosniff"}
    if content is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(content or b"", headers=headers, media_type=TILE_MEDIA_TYPE)


def _base_map(service: Service) -> BaseMap:
    if service.base_map is None:
        raise ProblemError(
            "no-base-map",
            "The loaded map was compiled without a base map: compile it again with "
            "'forestall map build'.",
        )
    return service.base_map


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_LIMIT_CHARACTERS):
        raise ProblemError("invalid-value", "Zoom, column and row are whole numbers.")
    return int(text)
