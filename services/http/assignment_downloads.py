"""``/v1/assignments/{assignment_id}/route.gpx`` and ``/cot``: the way and the place for other
devices, while the unit is on its way."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dispatch.incidents.case import Assignment, Case
from geodata.routes import Route, cursor_on_target
from geodata.routes.gpx import MEDIA_TYPE as GPX_MEDIA_TYPE
from geodata.routes.gpx import route_gpx
from geodata.routes.instructions import LANGUAGES
from services.errors import ProblemError
from services.http.access import Caller
from services.http.openapi import operation, parameter
from services.http.own_assignment import ASSIGNMENT_ID, Unit, seen, tells_all
from services.http.query import Query
from services.incidents.ways import drive_of
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
    case, assignment = await _told(service, caller, assignment_id)
    route = await _route(service, case, assignment, language)
    text = route_gpx(route, language, _name(case, language))
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
    case, assignment = await _told(service, caller, assignment_id)
    name, at_s = _name(case, language), now_s()
    holds = {"at_s": at_s, "until_s": at_s + HELD_S}
    if of == "route":
        route = await _route(service, case, assignment, language)
        uid = f"forestall.{assignment_id}.route"
        text = cursor_on_target.route_event(uid, route, name, language, **holds)
    else:
        places = case.incident.places
        if not places:
            raise ProblemError("not-possible-now", "Where the victim is is not known yet.")
        place = max(places, key=lambda place: place.weight)
        text = cursor_on_target.place_event(
            f"forestall.{assignment_id}.place",
            place.lon,
            place.lat,
            name,
            accuracy_m=place.accuracy_m,
            **holds,
        )
    return _file(text, cursor_on_target.MEDIA_TYPE, f"{of}-{assignment_id}.cot")


async def _told(service: Service, caller: Caller, assignment_id: str) -> tuple[Case, Assignment]:
    """The assignment, for whoever is told where it leads."""
    case, assignment = await seen(service, caller, assignment_id)
    if not tells_all(caller, case, assignment):
        raise ProblemError("not-possible-now", "The assignment is over: there is no way to go.")
    return case, assignment


async def _route(service: Service, case: Case, assignment: Assignment, language: str) -> Route:
    route = await service.questions.run(
        drive_of, case, assignment, service.picture, service.engine.now, language, now_s()
    )
    if route is None:
        raise ProblemError(
            "not-possible-now",
            "There is no way to tell: the unit is there, or one of the two places is not known or "
            "on no road.",
        )
    return route


def _name(case: Case, language: str) -> str:
    return case.incident.address_text or NAMES[language]


def _file(text: str, media_type: str, name: str) -> Response:
    return Response(
        text,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
