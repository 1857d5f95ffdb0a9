"""``/v1/interceptions``: whom to stop on the road, where they were seen, and how it ends."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.errors import InterceptionError
from dispatch.incidents.words import IncidentState
from dispatch.interception.reach import find_starts
from dispatch.interception.subject import Sighting
from dispatch.interceptions import ending
from dispatch.interceptions import sighting as seeing
from dispatch.interceptions.case import InterceptionCase
from dispatch.interceptions.words import InterceptionState
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.commands import Answer, command
from services.http.incident_answers import known_form
from services.http.interception_answers import (
    ANSWER_EXAMPLE,
    INTERCEPTION_ID,
    SUMMARY_EXAMPLE,
    InterceptionAnswer,
    InterceptionList,
    interception_answer,
)
from services.http.openapi import counted, listed, operation, parameter
from services.http.preconditions import etag_of, expected_version
from services.http.query import Query
from services.ids import is_id
from services.incidents import store as incident_store
from services.incidents.desk import Seer
from services.interceptions import store
from services.interceptions.bodies import (
    InterceptionBody,
    SightingBody,
    settings_in,
    sighting_in,
    sought_in,
)
from services.interceptions.views import interception_view, summary_of
from services.ledger.database import now_s
from services.road_changes import resolve
from services.service import Service, service_of

router = APIRouter(tags=["interceptions"])

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]

MOST_LISTED = 500
ENDINGS = ("stood_down", "lost")

_SIGHTING = {
    "lon": 108.348,
    "lat": 30.864,
    "seen_at": "2026-10-12T09:40:00Z",
    "heading_deg": 20,
    "source": "toll gate",
}
_opening = Decoder(InterceptionBody)


@router.post(
    "/v1/interceptions",
    summary="Have somebody stopped on the road",
    status_code=201,
    openapi_extra=operation(
        scopes=("dispatch",),
        idempotent=True,
        versioned="read",
        body=InterceptionBody,
        body_example={
            "jurisdiction": "wanzhou",
            "description": "蓝色大巴，万州至开州",
            "sighting": _SIGHTING,
            "destinations": [{"lon": 108.39, "lat": 31.16, "name": "开州"}],
        },
        answer=InterceptionAnswer,
        example=ANSWER_EXAMPLE,
        status=201,
        meaning="Opened; a plan is made at once: see its `plan`",
        problems=(
            "not-found",
            "not-possible-now",
            "wrong-jurisdiction",
            "jurisdiction-required",
            "unknown-mode",
        ),
    ),
)
async def post_interception(request: Request, caller: _Dispatcher) -> Response:
    service = service_of(request)
    body: InterceptionBody = _opening.decode(await request.body(), body_format(request))
    sought, settings = sought_in(body), settings_in(body)
    if body.incident_id is not None:
        known_form(body.incident_id, "incident")
    elif body.jurisdiction is None:
        caller.one_jurisdiction(None)
    named = None if body.jurisdiction is None else caller.one_jurisdiction(body.jurisdiction)
    await service.questions.run(_look, service, body, None)

    def work(connection: Connection, at_s: float) -> Answer:
        jurisdiction = named
        if body.incident_id is not None:
            jurisdiction = _of_incident(connection, body.incident_id, named, caller)
        elif jurisdiction is None:
            jurisdiction = caller.one_jurisdiction(None)

        def first(case: InterceptionCase, moment_s: float) -> None:
            if body.sighting is not None:
                seen = sighting_in(body.sighting, moment_s)
                seeing.see(case, seen, body.sighting.source, moment_s)

        case = service.interceptions.open(
            connection, jurisdiction, sought, settings, body.incident_id, body.note, first, at_s
        )
        where = f"/v1/interceptions/{case.interception.interception_id}"
        return interception_answer(case, 201, {"Location": where})

    return await command(request, caller, work)


@router.get(
    "/v1/interceptions",
    summary="Who is to be stopped",
    openapi_extra=operation(
        scopes=("dispatch",),
        parameters=[
            parameter("state", "One or several states, between commas.", listed(InterceptionState)),
            parameter("jurisdiction", "Of this one and of those below it.", {"type": "string"}),
            parameter("limit", "At most so many.", counted(100, 1, MOST_LISTED)),
            parameter("before", "`next` of the page before.", {"type": "string", "format": "uuid"}),
        ],
        answer=InterceptionList,
        example={"interceptions": [SUMMARY_EXAMPLE], "next": None},
        meaning="Newest first",
        problems=("invalid-value", "wrong-jurisdiction"),
    ),
)
async def list_interceptions(request: Request, caller: _Dispatcher) -> Response:
    query = Query(request, ("state", "jurisdiction", "limit", "before"))
    named = query.text("jurisdiction")
    before = query.text("before")
    if before is not None and not is_id(before):
        raise ProblemError("invalid-value", "'before' is the 'next' of the page before.")
    within = None if named is None else caller.one_jurisdiction(named)
    states = query.words("state", tuple(InterceptionState))
    limit = query.whole("limit", 100, 1, MOST_LISTED)
    service = service_of(request)

    def look() -> Response:
        with service.ledger.read() as connection:
            found, more = store.find(
                connection, caller.jurisdictions, within, states, before, limit
            )
        return json_answer(
            InterceptionList(
                interceptions=[summary_of(one) for one in found],
                next=found[-1].interception_id if more else None,
            )
        )

    return await service.bookkeeping.run(look)


@router.get(
    "/v1/interceptions/{interception_id}",
    summary="One interception, and everybody who was sent",
    openapi_extra=operation(
        scopes=("dispatch",),
        versioned="read",
        parameters=[INTERCEPTION_ID],
        answer=InterceptionAnswer,
        example=ANSWER_EXAMPLE,
        problems=("not-found",),
    ),
)
async def get_interception(request: Request, interception_id: str, caller: _Dispatcher) -> Response:
    Query(request, ())
    service = service_of(request)
    known_form(interception_id, "interception")
    case = await service.bookkeeping.run(seen_interception, service, caller, interception_id)
    return json_answer(
        InterceptionAnswer(interception=interception_view(case.interception)),
        headers={"ETag": etag_of(case.interception.version)},
    )


_sighting = Decoder(SightingBody)


@router.post(
    "/v1/interceptions/{interception_id}/sightings",
    summary="Tell where the subject was seen",
    status_code=201,
    openapi_extra=operation(
        scopes=("dispatch",),
        idempotent=True,
        versioned="optional",
        parameters=[INTERCEPTION_ID],
        body=SightingBody,
        body_example=_SIGHTING,
        answer=InterceptionAnswer,
        example=ANSWER_EXAMPLE,
        status=201,
        meaning="Kept; where it is the latest a new plan is made at once: see `plan`",
        problems=("not-found", "not-possible-now"),
    ),
)
async def post_sighting(request: Request, interception_id: str, caller: _Dispatcher) -> Response:
    service = service_of(request)
    known_form(interception_id, "interception")
    body: SightingBody = _sighting.decode(await request.body(), body_format(request))
    expected = expected_version(request)
    case = await service.bookkeeping.run(seen_interception, service, caller, interception_id)
    seen = sighting_in(body, now_s())
    mode = case.interception.sought.mode
    await service.questions.run(near_a_road, service, seen, mode)

    def act(held: InterceptionCase, at_s: float) -> None:
        seeing.see(held, sighting_in(body, at_s), body.source, at_s)

    def work(connection: Connection, at_s: float) -> Answer:
        done = service.interceptions.act(connection, interception_id, caller, act, at_s, expected)
        return interception_answer(done, 201)

    return await command(request, caller, work)


@router.delete(
    "/v1/interceptions/{interception_id}",
    summary="Stand everybody down",
    openapi_extra=operation(
        scopes=("dispatch",),
        versioned="optional",
        parameters=[
            INTERCEPTION_ID,
            parameter(
                "outcome",
                "`lost`: nobody knows any more where the subject is.",
                {"type": "string", "enum": list(ENDINGS), "default": ENDINGS[0]},
            ),
        ],
        answer=InterceptionAnswer,
        example=ANSWER_EXAMPLE,
        meaning="Every unit and every centre that takes part is told at once",
        problems=("not-found", "not-possible-now", "invalid-value"),
    ),
)
async def delete_interception(
    request: Request, interception_id: str, caller: _Dispatcher
) -> Response:
    outcome = Query(request, ("outcome",)).word("outcome", ENDINGS, ENDINGS[0])
    service = service_of(request)
    known_form(interception_id, "interception")
    expected = expected_version(request)
    end = ending.lose if outcome == "lost" else ending.stand_down

    def act(case: InterceptionCase, at_s: float) -> None:
        end(case, "dispatcher", at_s)

    def work(connection: Connection, at_s: float) -> Answer:
        done = service.interceptions.act(connection, interception_id, caller, act, at_s, expected)
        return interception_answer(done)

    return await command(request, caller, work)


def seen_interception(
    service: Service, caller: Seer, interception_id: str
) -> store.StoredInterception:
    """The interception as it is now, where the caller may see it. Raises ProblemError."""
    with service.ledger.read() as connection:
        case = store.look_at(connection, interception_id)
    if case is None or not caller.may_see(case.interception.jurisdiction):
        raise ProblemError("not-found", "There is no such interception.")
    return case


def near_a_road(service: Service, seen: Sighting, mode: str) -> None:
    """Refuses a sighting that no road of the subject is near: nothing could be planned from it."""
    roads = service.engine.now
    try:
        find_starts(roads.snapper, roads.metric(mode), seen)
    except InterceptionError as error:
        raise ProblemError("invalid-value", str(error)) from None


def _look(service: Service, body: InterceptionBody, _: None) -> None:
    """Refuses what the loaded map cannot do: an unknown mode, a closure of no road, a sighting off
    all roads."""
    roads = service.engine.now
    roads.metric(body.mode)
    for closure in body.closures:
        resolve(closure, roads.network, roads.snapper)
    if body.sighting is not None:
        near_a_road(service, sighting_in(body.sighting, now_s()), body.mode)


def _of_incident(connection: Connection, incident_id: str, named: str | None, caller: Seer) -> str:
    """The jurisdiction of an incident whose victim or money is to be stopped."""
    known = incident_store.look_at(connection, incident_id)
    if known is None or not caller.may_see(known.incident.area.jurisdiction):
        raise ProblemError("not-found", "There is no such incident.")
    jurisdiction = known.incident.area.jurisdiction
    if known.incident.state is IncidentState.CLOSED:
        raise ProblemError(
            "not-possible-now", "The incident is closed: reopen it, or leave 'incident_id' out."
        )
    if named is not None and named != jurisdiction:
        raise ProblemError("invalid-value", "'jurisdiction' is the incident's own: leave it out.")
    return jurisdiction
