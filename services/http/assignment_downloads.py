"""``/v1/assignments/{assignment_id}/route.gpx`` and ``/cot``: the way and the place for other
devices, while the unit is on its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dispatch.live_picture import LivePicture
from geodata.routes import Route, cursor_on_target
from geodata.routes.gpx import MEDIA_TYPE as GPX_MEDIA_TYPE
from geodata.routes.gpx import route_gpx
from geodata.routes.instructions import LANGUAGES
from services.engine import RoadsNow
from services.errors import ProblemError
from services.http import checkpoint_assignments
from services.http.access import Caller
from services.http.openapi import operation, parameter
from services.http.own_assignment import ASSIGNMENT_ID, Unit, seen_anywhere, tells_all
from services.http.query import Query
from services.incidents.ways import drive_of
from services.interceptions.store import StoredInterception
from services.interceptions.unit_view import drive_to
from services.ledger.database import now_s
from services.service import Service, service_of

router = APIRouter(tags=["assignments"])

HELD_S = 3_600.0
"""How long a downloaded place or way is to be taken for right: units that are still under way after
an hour ask again."""
FORMS = ("place", "route")
NAMES = {"zh": "派警目的地", "en": "Assignment"}
"""What a device shows where the incident has no address in words."""

_LANGUAGE = parameter(
    "language",
    "Of the instructions.",
    {"type": "string", "enum": list(LANGUAGES), "default": "zh"},
)


def _described(media_type: str, meaning: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    return operation(
        scopes=("field", "dispatch"),
        token=True,
        parameters=[ASSIGNMENT_ID, *parameters, _LANGUAGE],
        media_type=media_type,
        meaning=meaning,
        problems=("not-found", "not-possible-now", "invalid-value"),
    )


@router.get(
    "/v1/assignments/{assignment_id}/route.gpx",
    summary="The way there for a navigation device",
    openapi_extra=_described(GPX_MEDIA_TYPE, "GPX 1.1: the steps as a route, the line as a track"),
)
async def get_route_gpx(request: Request, assignment_id: str, caller: Unit) -> Response:
    service = service_of(request)
    language = Query(request, ("language",)).word("language", tuple(LANGUAGES), "zh")
    going = await _told(service, caller, assignment_id, language)
    text = route_gpx(await _route(service, going, language), language, going.name)
    return _file(text, GPX_MEDIA_TYPE, f"route-{assignment_id}.gpx")


@router.get(
    "/v1/assignments/{assignment_id}/cot",
    summary="The place or the way for a tactical map app",
    openapi_extra=_described(
        cursor_on_target.MEDIA_TYPE,
        "Cursor on Target 2.0, one event",
        parameter(
            "of", "What of it.", {"type": "string", "enum": list(FORMS), "default": FORMS[0]}
        ),
    ),
)
async def get_cursor_on_target(request: Request, assignment_id: str, caller: Unit) -> Response:
    service = service_of(request)
    query = Query(request, ("of", "language"))
    of = query.word("of", FORMS, FORMS[0])
    language = query.word("language", tuple(LANGUAGES), "zh")
    going = await _told(service, caller, assignment_id, language)
    at_s = now_s()
    holds = {"at_s": at_s, "until_s": at_s + HELD_S}
    if of == "route":
        route = await _route(service, going, language)
        uid = f"forestall.{assignment_id}.route"
        text = cursor_on_target.route_event(uid, route, going.name, language, **holds)
    else:
        if going.place is None:
            raise ProblemError("not-possible-now", "Where the victim is is not known yet.")
        lon, lat, accuracy_m = going.place
        text = cursor_on_target.place_event(
            f"forestall.{assignment_id}.place",
            lon,
            lat,
            going.name,
            accuracy_m=accuracy_m,
            **holds,
        )
    return _file(text, cursor_on_target.MEDIA_TYPE, f"{of}-{assignment_id}.cot")


@dataclass(frozen=True, slots=True)
class _Going:
    """Where an assignment leads."""

    name: str
    """What a device shows."""
    place: tuple[float, float, float] | None
    """Longitude, latitude and accuracy in metres; None: not known yet."""
    drive: Callable[[LivePicture, RoadsNow, str, float], Route | None]
    """The way there from where the unit is."""


async def _told(service: Service, caller: Caller, assignment_id: str, language: str) -> _Going:
    """Where an assignment leads, for whoever is told that."""
    case, assignment = await seen_anywhere(service, caller, assignment_id)
    if isinstance(case, StoredInterception):
        told = checkpoint_assignments.tells_all(caller, case, assignment)
        checkpoint = case.interception.places[assignment.checkpoint_id]
        going = _Going(
            checkpoint.name or NAMES[language],
            (checkpoint.lon, checkpoint.lat, 0.0),
            partial(drive_to, case.interception, assignment),
        )
    else:
        told = tells_all(caller, case, assignment)
        likeliest = max(case.incident.places, key=lambda place: place.weight, default=None)
        going = _Going(
            case.incident.address_text or NAMES[language],
            None if likeliest is None else (likeliest.lon, likeliest.lat, likeliest.accuracy_m),
            partial(drive_of, case, assignment),
        )
    if not told:
        raise ProblemError("not-possible-now", "The assignment is over: there is no way to go.")
    return going


async def _route(service: Service, going: _Going, language: str) -> Route:
    route = await service.questions.run(
        going.drive, service.picture, service.engine.now, language, now_s()
    )
    if route is None:
        raise ProblemError(
            "not-possible-now",
            "There is no way to tell: the unit is there, or one of the two places is not known or "
            "on no road.",
        )
    return route


def _file(text: str, media_type: str, name: str) -> Response:
    return Response(
        text,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
