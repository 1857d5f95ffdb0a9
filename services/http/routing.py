"""``/route/v1``, ``/table/v1`` and ``/nearest/v1``, as OSRM serves them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from geodata.errors import GeodataError
from services.errors import OsrmError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.openapi import operation, parameter
from services.osrm.answers import answer
from services.osrm.query import parse_address
from services.service import Service, service_of

router = APIRouter(tags=["routing"])

CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "X-Requested-With, Content-Type, Authorization, X-API-Key",
}
"""As OSRM sends them: maps in a browser come from another origin."""

_Anybody = Annotated[Caller, Depends(needs("plan", former="routes:read", open_to_anybody=True))]


def _described(coordinates: str, example: str, *options: tuple[str, str]) -> dict:
    described = operation(
        scopes=("plan",),
        parameters=[
            parameter(
                "mode",
                "police, car, ebike or foot; driving, bike and walking are understood too.",
                {"type": "string"},
                where="path",
                example="driving",
            ),
            parameter(
                "coordinates", coordinates, {"type": "string"}, where="path", example=example
            ),
            *(parameter(name, meaning, {"type": "string"}) for name, meaning in options),
        ],
        answer_schema={"type": "object", "required": ["code"]},
        meaning="OSRM's answer",
    )
    del described["responses"]["422"]
    described["responses"]["400"] = {
        "description": "What is wrong with the question",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OsrmProblem"}}},
    }
    return described


_COMMON = (
    ("radiuses", "Farthest road of each coordinate in metres, or `unlimited`."),
    ("bearings", "Direction `degrees,range` in which each coordinate's road is driven."),
    ("hints", "Hints of an earlier answer."),
    ("approaches", "`curb`, `opposite` or `unrestricted` for each coordinate."),
    ("exclude", "Classes of road to keep off, such as `toll,ferry`."),
    ("generate_hints", "`true` (default) or `false`."),
    ("skip_waypoints", "Leave the waypoints out of the answer."),
    ("snapping", "`default` or `any`."),
)
_SEVERAL = "`lon,lat;lon,lat...`, or `polyline(...)`, or `polyline6(...)`."


async def _answered(request: Request) -> Response:
    service = service_of(request)
    raw_path = request.scope.get("raw_path") or request.scope["path"].encode()
    # Some servers leave the query on the raw path.
    path = raw_path.partition(b"?")[0]
    return await service.routing.run(_answer, service, path, request.scope["query_string"])


def _answer(service: Service, path: bytes, query: bytes) -> Response:
    try:
        body = answer(parse_address(path, query), service.engine.now, service.settings)
    except OsrmError as error:
        return json_answer({"code": error.code, "message": error.message}, 400, CORS_HEADERS)
    except GeodataError as error:
        return json_answer({"code": "InvalidValue", "message": str(error)}, 400, CORS_HEADERS)
    return Response(body, media_type="application/json", headers=CORS_HEADERS)


@router.get(
    "/route/v1/{mode}/{coordinates:path}",
    summary="The fastest way through some places",
    openapi_extra=_described(
        _SEVERAL,
        "108.391,30.809;108.405,30.815",
        *_COMMON,
        ("steps", "`true` for turn-by-turn steps."),
        ("geometries", "`polyline`, `polyline6` or `geojson`."),
        ("overview", "`simplified`, `full`, `by_legs` or `false`."),
        (
            "annotations",
            "`true`, or some of duration, distance, speed, nodes, weight, datasources.",
        ),
        ("alternatives", "`true`, `false` or 0 to 3; one route is answered."),
        ("continue_straight", "`true`: no turning on the spot at waypoints."),
        ("waypoints", "Indices of the coordinates that are waypoints."),
        ("language", "`zh` or `en`: adds an instruction to every step (not in OSRM)."),
    ),
)
async def route(request: Request, caller: _Anybody) -> Response:
    return await _answered(request)


@router.get(
    "/table/v1/{mode}/{coordinates:path}",
    summary="Travel times between many places",
    openapi_extra=_described(
        _SEVERAL,
        "108.391,30.809;108.405,30.815;108.41,30.82",
        *_COMMON,
        ("sources", "Indices, or `all`."),
        ("destinations", "Indices, or `all`."),
        ("annotations", "`duration`, `distance`, or both."),
        ("fallback_speed", "Metres per second, for pairs that no way joins."),
        ("fallback_coordinate", "`input` or `snapped`."),
        ("scale_factor", "Multiplies every duration."),
    ),
)
async def table(request: Request, caller: _Anybody) -> Response:
    return await _answered(request)


@router.get(
    "/nearest/v1/{mode}/{coordinates:path}",
    summary="The nearest roads",
    openapi_extra=_described(
        "`lon,lat`", "108.391,30.809", *_COMMON, ("number", "How many; 1 if not said.")
    ),
)
async def nearest(request: Request, caller: _Anybody) -> Response:
    return await _answered(request)


@router.get("/route/{rest:path}", include_in_schema=False)
@router.get("/table/{rest:path}", include_in_schema=False)
@router.get("/nearest/{rest:path}", include_in_schema=False)
@router.get("/match/{rest:path}", include_in_schema=False)
@router.get("/trip/{rest:path}", include_in_schema=False)
@router.get("/tile/{rest:path}", include_in_schema=False)
async def refused(request: Request, caller: _Anybody) -> Response:
    """Addresses that are nearly right are told so in OSRM's way."""
    return await _answered(request)


@router.options("/route/{rest:path}", include_in_schema=False)
@router.options("/table/{rest:path}", include_in_schema=False)
@router.options("/nearest/{rest:path}", include_in_schema=False)
async def preflight() -> Response:
    """What a browser asks before it sends a key from another origin."""
    return Response(status_code=204, headers=CORS_HEADERS | {"Access-Control-Max-Age": "86400"})
