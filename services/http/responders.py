"""``/v1/responders``: who there is, who is near, and who they are."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from msgspec import Meta
from starlette.responses import Response

from dispatch.responders import KIND_NAMES, KINDS, STATUS_CODES, Responder, Status
from geodata.coordinates import to_wgs84
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.openapi import (
    ID_SCHEMA,
    JURISDICTION_SCHEMA,
    POINT_SCHEMA,
    counted,
    listed,
    operation,
    parameter,
)
from services.http.query import Query
from services.keys import CRS_NAMES, is_responder_id
from services.ledger.database import now_s
from services.positions.wire import Capabilities, KindName, ModeName, ResponderId
from services.registry import Registration, register, unregister
from services.service import Service, service_of
from services.views import ResponderView, unheard, view_of

router = APIRouter(tags=["responders"])

MOST_LISTED = 1_000
NEAR_LISTED = 20
FARTHEST_M = 2e7  # half of the way round the earth
REGISTRATIONS_LIMIT = 10_000

_Reader = Annotated[Caller, Depends(needs("dispatch", former="responders:read"))]
_Writer = Annotated[Caller, Depends(needs("admin", former="responders:write"))]


class RegistrationBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who a responder is."""

    kind: KindName
    mode: ModeName | None = None
    """None: as their kind travels."""
    capabilities: Capabilities = []
    jurisdiction: str | None = None
    """Not needed with a key of one jurisdiction."""


class NamedRegistrationBody(RegistrationBody, forbid_unknown_fields=True, kw_only=True):
    """One of several."""

    id: ResponderId


class RegistrationsBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Several responders: all of them are registered, or none."""

    responders: Annotated[list[NamedRegistrationBody], Meta(max_length=REGISTRATIONS_LIMIT)]


class Registered(msgspec.Struct):
    """How many were registered."""

    registered: int


class ResponderList(msgspec.Struct):
    """Responders, nearest first."""

    responders: list[ResponderView]


_one = Decoder(RegistrationBody)
_several = Decoder(RegistrationsBody)

_EXAMPLE = {
    "id": "rider-17",
    "jurisdiction": "wanzhou",
    "kind": "rider",
    "mode": "ebike",
    "status": "available",
    "capabilities": [],
    "registered": True,
    "position": {
        "lon": 108.391,
        "lat": 30.809,
        "fixed_at": "2026-10-12T09:15:02Z",
        "age_s": 4.2,
        "freshness": "fresh",
        "accuracy_m": 12.0,
        "cell": "8941a2a8d2bffff",
        "on_road": True,
        "road_distance_m": 3.1,
        "line_m": 214.0,
    },
}
_JURISDICTION = parameter(
    "jurisdiction",
    "Whose responder; not needed with a key of one jurisdiction.",
    JURISDICTION_SCHEMA,
)
_ID = parameter("responder_id", "Id of the responder.", ID_SCHEMA, where="path")


@router.get(
    "/v1/responders",
    summary="Who is near in a straight line",
    openapi_extra=operation(
        scopes=("dispatch",),
        parameters=[
            parameter("near", "`lon,lat`", POINT_SCHEMA, required=True, example="108.39,30.8"),
            parameter("kind", "One or several kinds.", listed(KIND_NAMES), example=["rider"]),
            parameter("status", "One or several statuses.", listed(STATUS_CODES)),
            parameter("count", "At most so many.", counted(NEAR_LISTED, 1, MOST_LISTED)),
            parameter(
                "within_m",
                "Not farther than this.",
                {"type": "number", "minimum": 0, "maximum": FARTHEST_M},
            ),
            parameter("with_lost", "`true`: those with a lost fix too.", {"type": "boolean"}),
            parameter("crs", "Of `near`.", {"type": "string", "enum": list(CRS_NAMES)}),
        ],
        answer=ResponderList,
        example={"responders": [_EXAMPLE]},
        meaning="Nearest first. Who is there first by road: ask for a recommendation",
        problems=("invalid-value",),
    ),
)
async def list_near(request: Request, caller: _Reader) -> Response:
    service = service_of(request)
    query = Query(request, ("near", "kind", "status", "count", "within_m", "with_lost", "crs"))
    return await service.questions.run(_near, service, caller, query)


def _near(service: Service, caller: Caller, query: Query) -> Response:
    lon, lat = to_wgs84(*query.lon_lat("near"), query.word("crs", CRS_NAMES, "wgs84"))
    statuses = query.words("status", tuple(STATUS_CODES))
    roster = service.picture.near(
        float(lon),
        float(lat),
        query.whole("count", NEAR_LISTED, 1, MOST_LISTED),
        caller.jurisdictions,
        now_s(),
        kinds=query.words("kind", KIND_NAMES),
        statuses=None if statuses is None else [Status(STATUS_CODES[word]) for word in statuses],
        with_lost=query.flag("with_lost"),
        within_m=query.number("within_m", float("inf"), 0.0, FARTHEST_M),
        engaged=service.engaged.statuses,
    )
    lines_m = roster.line_m.tolist()
    return json_answer(
        ResponderList(
            [_view(service, one, line_m) for one, line_m in zip(roster, lines_m, strict=True)]
        )
    )


@router.put(
    "/v1/responders",
    summary="Register several responders",
    openapi_extra=operation(
        scopes=("admin",),
        body=RegistrationsBody,
        body_example={"responders": [{"id": "rider-17", "kind": "rider"}]},
        answer=Registered,
        example={"registered": 1},
        problems=("wrong-jurisdiction", "jurisdiction-required"),
    ),
)
async def put_several(request: Request, caller: _Writer) -> Response:
    service = service_of(request)
    body = _several.decode(await request.body(), body_format(request))
    registrations = [_registration(caller, one.id, one) for one in body.responders]
    await service.bookkeeping.run(_register, service, registrations)
    return json_answer(Registered(len(registrations)))


@router.put(
    "/v1/responders/{responder_id:path}",
    summary="Register a responder",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[_ID],
        body=RegistrationBody,
        body_example={"kind": "officer", "capabilities": ["first_aid"]},
        answer=ResponderView,
        example=_EXAMPLE,
        problems=("wrong-jurisdiction", "jurisdiction-required"),
    ),
)
async def put_one(request: Request, responder_id: str, caller: _Writer) -> Response:
    service = service_of(request)
    body = _one.decode(await request.body(), body_format(request))
    registration = _registration(caller, responder_id, body)
    await service.bookkeeping.run(_register, service, [registration])
    return await service.questions.run(_answer_one, service, registration)


@router.get(
    "/v1/responders/{responder_id:path}",
    summary="One responder",
    openapi_extra=operation(
        scopes=("dispatch",),
        parameters=[_ID, _JURISDICTION],
        answer=ResponderView,
        example=_EXAMPLE,
        problems=("not-found", "ambiguous-responder", "wrong-jurisdiction"),
    ),
)
async def get_one(request: Request, responder_id: str, caller: _Reader) -> Response:
    service = service_of(request)
    named = Query(request, ("jurisdiction",)).text("jurisdiction")
    view = await service.questions.run(_find, service, caller, responder_id, named)
    return json_answer(view)


@router.delete(
    "/v1/responders/{responder_id:path}",
    summary="Forget a responder and their position",
    status_code=204,
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[_ID, _JURISDICTION],
        status=204,
        meaning="Forgotten here and in every process",
        problems=("not-found", "ambiguous-responder", "wrong-jurisdiction"),
    ),
)
async def delete_one(request: Request, responder_id: str, caller: _Writer) -> Response:
    service = service_of(request)
    named = Query(request, ("jurisdiction",)).text("jurisdiction")
    view = await service.questions.run(_find, service, caller, responder_id, named)
    if view.registered:
        await service.bookkeeping.run(_unregister, service, view)
    await service.receiving.run(service.intake.forget, view.jurisdiction, view.id)
    return Response(status_code=204)


def _registration(caller: Caller, responder_id: str, body: RegistrationBody) -> Registration:
    if not is_responder_id(responder_id):
        raise ProblemError(
            "invalid-value", "An id has 1 to 128 characters, none of them a control character."
        )
    return Registration(
        jurisdiction=caller.one_jurisdiction(body.jurisdiction),
        responder_id=responder_id,
        kind=body.kind,
        mode=body.mode or KINDS[body.kind].mode,
        capabilities=tuple(body.capabilities),
    )


def _register(service: Service, registrations: list[Registration]) -> None:
    register(service.ledger, registrations)
    service.standing.refresh()


def _unregister(service: Service, view: ResponderView) -> None:
    registration = service.standing.registry.get(view.jurisdiction, view.id)
    if registration is not None:
        unregister(service.ledger, registration)
        service.standing.refresh()


def _answer_one(service: Service, registration: Registration) -> Response:
    responder = service.picture.get(registration.jurisdiction, registration.responder_id, now_s())
    view = unheard(registration) if responder is None else _view(service, responder)
    view.registered = True
    view.kind, view.mode = registration.kind, registration.mode
    view.capabilities = sorted(registration.capabilities)
    return json_answer(view)


def _find(service: Service, caller: Caller, responder_id: str, named: str | None) -> ResponderView:
    """The one responder of this id whom the caller may see; what they may not see is absent."""
    held = caller.jurisdictions
    if named is not None:
        held = _Only(caller.one_jurisdiction(named))  # type: ignore[assignment]
    views = {
        responder.jurisdiction: _view(service, responder)
        for responder in service.picture.find(responder_id, held, now_s())
    }
    for registration in service.standing.registry.with_id(responder_id):
        if held.hold(registration.jurisdiction):
            views.setdefault(registration.jurisdiction, unheard(registration))
    if len(views) > 1:
        raise ProblemError(
            "ambiguous-responder",
            "Several of your jurisdictions have a responder with this id: say which with "
            "'jurisdiction'.",
            jurisdictions=sorted(views),
        )
    if not views:
        raise ProblemError("not-found", "There is no such responder.")
    return next(iter(views.values()))


class _Only:
    """Exactly one jurisdiction, without those below it."""

    def __init__(self, jurisdiction: str) -> None:
        self._jurisdiction = jurisdiction

    def hold(self, jurisdiction: str) -> bool:
        return jurisdiction == self._jurisdiction


def _view(service: Service, responder: Responder, line_m: float | None = None) -> ResponderView:
    registered = service.standing.registry.get(responder.jurisdiction, responder.responder_id)
    doing = service.engaged.doing((responder.jurisdiction, responder.responder_id))
    return view_of(responder, registered is not None, line_m, doing)
