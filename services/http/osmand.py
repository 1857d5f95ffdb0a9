"""``/osmand``: an ordinary tracking app on a phone is a field unit."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.http.answers import json_answer
from services.http.openapi import operation, parameter
from services.http.rate_limit import DEVICE_PREFIX
from services.jurisdictions import Jurisdictions
from services.ledger.database import now_s
from services.positions.intake import PositionsAnswer
from services.positions.osmand import PhonePosition, read_phone
from services.positions.wire import PositionBody, PositionsBody
from services.service import Service, service_of

router = APIRouter(tags=["positions"])

_LONGITUDE = {"type": "number", "minimum": -180, "maximum": 180}
_LATITUDE = {"type": "number", "minimum": -90, "maximum": 90}
_FIELDS = {
    "id": {"type": "string"},
    "lat": _LATITUDE,
    "lon": _LONGITUDE,
    "timestamp": {"type": "string"},
    "accuracy": {"type": "number"},
}
_MEANINGS = {
    "id": "The secret that `forestall keys device` printed.",
    "lat": "Latitude in degrees.",
    "lon": "Longitude in degrees.",
    "timestamp": "Seconds or milliseconds since 1970, or ISO 8601.",
    "accuracy": "Radius in metres.",
}
_NEEDED = ("id", "lat", "lon")
_JSON_FORM = {
    "type": "object",
    "required": ["device_id", "location"],
    "properties": {
        "device_id": {"type": "string"},
        "location": {
            "type": "object",
            "required": ["timestamp", "coords"],
            "properties": {
                "timestamp": {"type": ["string", "number"]},
                "coords": {
                    "type": "object",
                    "required": ["latitude", "longitude"],
                    "properties": {
                        "latitude": _LATITUDE,
                        "longitude": _LONGITUDE,
                        "accuracy": {"type": ["number", "null"]},
                    },
                },
            },
        },
    },
}


def _described(needed: tuple[str, ...], *more_problems: str) -> dict[str, Any]:
    return operation(
        parameters=[
            parameter(name, _MEANINGS[name], schema, required=name in needed)
            for name, schema in _FIELDS.items()
        ],
        answer=PositionsAnswer,
        example={"accepted": 1, "quarantined": [], "rejected": [], "shared": True},
        meaning="Received. A position that is not believed is received too: the app must not "
        "repeat it",
        problems=(
            "unknown-device",
            "invalid-value",
            "malformed-request",
            "too-many-requests",
            "overloaded",
            "not-ready",
            *more_problems,
        ),
        open_to_anybody=True,
    )


_BY_QUERY = _described(_NEEDED)
_BY_BODY = {
    **_described((), "body-too-large", "body-too-slow"),
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "required": _NEEDED, "properties": _FIELDS}
            },
            "application/json": {
                "schema": _JSON_FORM,
                "example": {
                    "device_id": "dev_0123456789_...",
                    "location": {
                        "timestamp": "2026-10-12T09:15:02Z",
                        "coords": {"latitude": 30.809, "longitude": 108.391, "accuracy": 8.0},
                    },
                },
            },
        }
    },
}


@router.get(
    "/osmand", summary="A phone's position (OsmAnd, Traccar Client)", openapi_extra=_BY_QUERY
)
async def get_osmand(request: Request) -> Response:
    return await _received(request, b"")


@router.post("/osmand", summary="The same as a form or as JSON", openapi_extra=_BY_BODY)
async def post_osmand(request: Request) -> Response:
    return await _received(request, await request.body())


async def _received(request: Request, body: bytes) -> Response:
    service = service_of(request)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    query = request.scope["query_string"].decode("latin-1")
    try:
        phone = read_phone(query, content_type, body)
    except ValueError:  # more fields than any app sends
        raise ProblemError("malformed-request", "The query cannot be read.") from None
    await service.bookkeeping.run(service.standing.refresh)
    return json_answer(await service.receiving.run(_take, service, phone))


def _take(service: Service, phone: PhonePosition) -> PositionsAnswer:
    device = service.standing.keys.device(phone.secret)
    if device is None:
        raise ProblemError("unknown-device", "No device has this id, or it was revoked.")
    service.rates.count(DEVICE_PREFIX + device.device_id)
    position = PositionBody(
        id=device.responder_id,
        lon=phone.lon,
        lat=phone.lat,
        fixed_at=now_s() if phone.fixed_at_s is None else phone.fixed_at_s,
        accuracy_m=phone.accuracy_m,
        jurisdiction=device.jurisdiction,
    )
    return service.intake.take_batch(
        PositionsBody(positions=[position], crs=device.crs),
        [0],
        [],
        Jurisdictions([device.jurisdiction]),
        service.standing.registry,
    )
