"""``/osmand``: an ordinary tracking app on a phone is a field unit."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.http.answers import json_answer
from services.http.openapi import operation, parameter
from services.jurisdictions import Jurisdictions
from services.ledger.database import now_s
from services.positions.intake import PositionsAnswer
from services.positions.osmand import PhonePosition, read_phone
from services.positions.wire import PositionBody, PositionsBody
from services.service import Service, service_of

router = APIRouter(tags=["positions"])

_DESCRIBED = operation(
    parameters=[
        parameter("id", "The secret that `forestall keys device` printed.", {"type": "string"}),
        parameter("lat", "Latitude in degrees.", {"type": "number"}, example=30.809),
        parameter("lon", "Longitude in degrees.", {"type": "number"}, example=108.391),
        parameter(
            "timestamp", "Seconds or milliseconds since 1970, or ISO 8601.", {"type": "string"}
        ),
        parameter("accuracy", "Radius in metres.", {"type": "number"}),
    ],
    answer=PositionsAnswer,
    example={"accepted": 1, "quarantined": [], "rejected": [], "shared": True},
    meaning="Received. A position that is not believed is received too: the app must not repeat it",
    problems=("unknown-device", "invalid-value", "malformed-request", "overloaded"),
    open_to_anybody=True,
)


@router.get(
    "/osmand", summary="A phone's position (OsmAnd, Traccar Client)", openapi_extra=_DESCRIBED
)
async def get_osmand(request: Request) -> Response:
    return await _received(request, b"")


@router.post("/osmand", summary="The same as a form or as JSON", openapi_extra=_DESCRIBED)
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
