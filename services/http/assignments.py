"""``/v1/assignments``: what a unit is sent to, and what it does about it.

Dispatchers who hold the incident are always answered all of it. Links, gateways and other
jurisdictions are answered what ``services.incidents.unit_view`` leaves of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.incidents import visits
from dispatch.incidents.case import Assignment, Case
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import VisitOutcome
from dispatch.interceptions import posts
from dispatch.interceptions.case import InterceptionCase, Post
from geodata.routes.instructions import LANGUAGES
from services.errors import ProblemError
from services.http import checkpoint_assignments
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.commands import REPLAYED, Answer, command, once
from services.http.incident_answers import (
    ASSIGNMENT_EXAMPLE,
    INCIDENT_EXAMPLE,
    known_form,
)
from services.http.openapi import operation, parameter
from services.http.own_assignment import ASSIGNMENT_ID, Unit, link_of, seen_anywhere, tells_all
from services.http.query import Query
from services.incidents.bodies import (
    DecliningBody,
    NothingBody,
    ReasonBody,
    ReportBody,
    UnitPositionBody,
)
from services.incidents.desk import AssignmentCommand
from services.incidents.map_apps import MapApps, map_apps
from services.incidents.unit_view import (
    AssignedIncident,
    OverAnswer,
    assigned_incident,
    over_answer,
)
from services.incidents.views import AssignmentView, assignment_view
from services.incidents.ways import route_of
from services.interceptions import store as interception_store
from services.interceptions import unit_view
from services.interceptions.desk import PostCommand
from services.interceptions.store import StoredInterception
from services.interceptions.unit_view import CheckpointFile, CheckpointOrder
from services.jurisdictions import Jurisdictions
from services.ledger.database import now_s
from services.positions.intake import PositionsAnswer
from services.positions.wire import PositionBody, PositionsBody
from services.service import Service, service_of

router = APIRouter(tags=["assignments"])

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]


class AssignmentAnswer(msgspec.Struct, kw_only=True):
    """An assignment, and what its unit is told of the incident."""

    assignment: AssignmentView
    incident: AssignedIncident


class AssignmentFile(msgspec.Struct, kw_only=True):
    """An assignment with the way there."""

    assignment: AssignmentView
    incident: AssignedIncident
    findings: list[str]
    """What the second line has found so far."""
    route: msgspec.Raw | None
    """OSRM's ``Route`` from where the unit is now; null: none is needed, or none leads there."""
    apps: MapApps | None
    """What opens the likeliest place in a phone's own map app; null: it is not known."""
    token: str | None
    """For whoever hands it to the unit: sent as a bearer token it opens this assignment and
    nothing else. null: the unit itself is asking."""
    link: str | None
    """Path of the unit's page: put this server's address before it and send it to the unit's
    phone, and to nobody else. null: the unit itself is asking."""


_WHAT_UNITS_ARE_TOLD = (
    "All of it while the unit is on its way, and to dispatchers of the incident at any time; to "
    "others only whether they are still needed, and after the report what evidence is wanted"
)
_ASSIGNED_EXAMPLE = {name: INCIDENT_EXAMPLE[name] for name in AssignedIncident.__struct_fields__}
_EXAMPLE = {"assignment": ASSIGNMENT_EXAMPLE, "incident": _ASSIGNED_EXAMPLE}
_ROUTE = {"distance": 1830.5, "duration": 128.2, "weight": 128.2, "weight_name": "duration"}
_FILE_EXAMPLE = {
    **_EXAMPLE,
    "findings": [],
    "route": _ROUTE,
    "apps": msgspec.to_builtins(map_apps(108.391, 30.809, "建材市场 3 栋 12 号", "police")),
    "token": "fld_019a7c1e...",
    "link": "/u/fld_019a7c1e...",
}


@router.get(
    "/v1/assignments/{assignment_id}",
    summary="What a unit is sent to, and the way there",
    openapi_extra=operation(
        scopes=("field", "dispatch"),
        token=True,
        parameters=[
            ASSIGNMENT_ID,
            parameter(
                "route",
                "`false`: without the route.",
                {"type": "string", "enum": ["true", "false"], "default": "true"},
            ),
            parameter(
                "language",
                "Of the instructions.",
                {"type": "string", "enum": list(LANGUAGES), "default": "zh"},
            ),
        ],
        answer=(AssignmentFile, CheckpointFile, OverAnswer),
        example=_FILE_EXAMPLE,
        meaning=_WHAT_UNITS_ARE_TOLD,
        problems=("not-found", "invalid-value"),
    ),
)
async def get_assignment(request: Request, assignment_id: str, caller: Unit) -> Response:
    service = service_of(request)
    query = Query(request, ("route", "language"))
    with_route = query.word("route", ("true", "false"), "true") == "true"
    language = query.word("language", tuple(LANGUAGES), "zh")
    case, assignment = await seen_anywhere(service, caller, assignment_id)
    uncacheable = {"Cache-Control": "no-store"}
    if isinstance(case, StoredInterception):
        return await checkpoint_assignments.show(
            service,
            caller,
            case,
            assignment_id,
            language if with_route else None,
            uncacheable,
        )
    if not tells_all(caller, case, assignment):
        return json_answer(over_answer(case, assignment), headers=uncacheable)
    route = None
    if with_route:
        route = await service.questions.run(
            route_of, case, assignment, service.picture, service.engine.now, language, now_s()
        )
    token, link = link_of(service, caller, assignment_id)
    return json_answer(
        AssignmentFile(
            assignment=assignment_view(assignment, case.incident.incident_id),
            incident=assigned_incident(case.incident),
            findings=list(case.incident.findings),
            route=None if route is None else msgspec.Raw(route),
            apps=_apps(case, assignment),
            token=token,
            link=link,
        ),
        headers=uncacheable,
    )


def _apps(case: Case, assignment: Assignment) -> MapApps | None:
    incident = case.incident
    if not incident.places:
        return None
    place = max(incident.places, key=lambda place: place.weight)
    return map_apps(place.lon, place.lat, incident.address_text, assignment.mode)


def _stepping(summary: str, body: type | None, example: Any, **more: Any) -> dict[str, Any]:
    """The common description of a step of an assignment."""
    return {
        "summary": summary,
        "openapi_extra": operation(
            scopes=more.pop("scopes", ("field", "dispatch")),
            token=more.pop("token", True),
            idempotent=True,
            parameters=[ASSIGNMENT_ID],
            body=body,
            body_example=example,
            answer=more.pop("answer", (AssignmentAnswer, CheckpointOrder, OverAnswer)),
            meaning=more.pop("meaning", _WHAT_UNITS_ARE_TOLD),
            example=more.pop("answer_example", _EXAMPLE),
            problems=("not-found", "not-possible-now"),
            **more,
        ),
    }


async def _step(
    request: Request,
    caller: Caller,
    assignment_id: str,
    act: AssignmentCommand,
    at_checkpoint: PostCommand,
) -> Response:
    """A step of an assignment, to an incident or to a checkpoint."""
    service = service_of(request)
    known_form(assignment_id, "assignment")

    def work(connection: Connection, at_s: float) -> Answer:
        if interception_store.interception_of(connection, assignment_id) is not None:
            return checkpoint_assignments.step(
                service, caller, connection, assignment_id, at_checkpoint, at_s
            )
        case, assignment = service.desk.act_on_assignment(
            connection, assignment_id, caller, act, at_s
        )
        if not tells_all(caller, case, assignment):
            return Answer(over_answer(case, assignment))
        incident = case.incident
        return Answer(
            AssignmentAnswer(
                assignment=assignment_view(assignment, incident.incident_id),
                incident=assigned_incident(incident),
            )
        )

    response = await command(request, caller, work)
    if REPLAYED not in response.headers:
        return response
    # The first answer may tell what its unit is not to be told any more.
    case, assignment = await seen_anywhere(service, caller, assignment_id)
    if isinstance(case, StoredInterception):
        if checkpoint_assignments.tells_all(caller, case, assignment):
            return response
        return json_answer(unit_view.over(assignment), headers={REPLAYED: "true"})
    if tells_all(caller, case, assignment):
        return response
    return json_answer(over_answer(case, assignment), headers={REPLAYED: "true"})


_nothing = Decoder(NothingBody)


async def _plain_step(
    request: Request,
    caller: Caller,
    assignment_id: str,
    step: Callable[[Case, Assignment, Policy, float], None],
    at_checkpoint: PostCommand,
) -> Response:
    """A step that needs no words: it has no body, or an empty object for clients that must send
    one."""
    body = await request.body()
    if body:
        _nothing.decode(body, body_format(request))
    return await _step(request, caller, assignment_id, step, at_checkpoint)


@router.post(
    "/v1/assignments/{assignment_id}/accept",
    **_stepping("They go", None, None),
)
async def post_accept(request: Request, assignment_id: str, caller: Unit) -> Response:
    return await _plain_step(request, caller, assignment_id, visits.accept, posts.accept)


_declining = Decoder(DecliningBody)


@router.post(
    "/v1/assignments/{assignment_id}/decline",
    **_stepping("They do not go, or cannot go on", DecliningBody, {"reason": "at the doctor's"}),
)
async def post_decline(request: Request, assignment_id: str, caller: Unit) -> Response:
    body: DecliningBody = _declining.decode(await request.body(), body_format(request))

    def act(case: Case, assignment: Assignment, policy: Policy, at_s: float) -> None:
        visits.decline(case, assignment, body.reason, policy, at_s)

    def withdraw(case: InterceptionCase, post: Post, at_s: float) -> None:
        posts.withdraw(case, post, body.reason, at_s)

    return await _step(request, caller, assignment_id, act, withdraw)


@router.post(
    "/v1/assignments/{assignment_id}/depart",
    **_stepping("They have set out", None, None),
)
async def post_depart(request: Request, assignment_id: str, caller: Unit) -> Response:
    return await _plain_step(request, caller, assignment_id, visits.depart, posts.depart)


@router.post(
    "/v1/assignments/{assignment_id}/arrive",
    **_stepping("They are there", None, None),
)
async def post_arrive(request: Request, assignment_id: str, caller: Unit) -> Response:
    return await _plain_step(request, caller, assignment_id, visits.arrive, posts.man)


_report = Decoder(ReportBody)


@router.post(
    "/v1/assignments/{assignment_id}/report",
    **_stepping(
        "How the visit went",
        ReportBody,
        {"outcome": "dissuaded", "amount_kept_yuan": 50000, "note": "the app is removed"},
    ),
)
async def post_report(request: Request, assignment_id: str, caller: Unit) -> Response:
    body: ReportBody = _report.decode(await request.body(), body_format(request))

    def act(case: Case, assignment: Assignment, policy: Policy, at_s: float) -> None:
        outcome = VisitOutcome(body.outcome)
        visits.report(case, assignment, outcome, body.note, body.amount_kept_yuan, policy, at_s)

    return await _step(request, caller, assignment_id, act, checkpoint_assignments.no_visit)


_reason = Decoder(ReasonBody)


@router.post(
    "/v1/assignments/{assignment_id}/release",
    **_stepping(
        "A dispatcher takes them off the incident",
        ReasonBody,
        {"reason": "needed at the bridge"},
        scopes=("dispatch",),
        token=False,
    ),
)
async def post_release(request: Request, assignment_id: str, caller: _Dispatcher) -> Response:
    body: ReasonBody = _reason.decode(await request.body(), body_format(request))

    def act(case: Case, assignment: Assignment, policy: Policy, at_s: float) -> None:
        visits.release(case, assignment, body.reason, policy, at_s)

    def release(case: InterceptionCase, post: Post, at_s: float) -> None:
        posts.dismiss(case, post, body.reason, at_s)

    return await _step(request, caller, assignment_id, act, release)


_position = Decoder(UnitPositionBody)


@router.post(
    "/v1/assignments/{assignment_id}/position",
    **_stepping(
        "Where the unit is",
        UnitPositionBody,
        {"lon": 108.391, "lat": 30.809, "accuracy_m": 8, "crs": "gcj02"},
        answer=PositionsAnswer,
        answer_example={"accepted": 1, "quarantined": [], "rejected": [], "shared": True},
        meaning="What became of the position; kept while the assignment is live",
    ),
)
async def post_position(request: Request, assignment_id: str, caller: Unit) -> Response:
    service = service_of(request)
    known_form(assignment_id, "assignment")
    body: UnitPositionBody = _position.decode(await request.body(), body_format(request))

    async def act() -> Response:
        _, assignment = await seen_anywhere(service, caller, assignment_id)
        if not assignment.live:
            raise ProblemError(
                "not-possible-now",
                "The assignment is over: where its unit is concerns nobody here any more.",
            )
        return json_answer(await service.receiving.run(_take, service, assignment, body))

    return await once(request, caller, act)


def _take(
    service: Service, assignment: Assignment | Post, body: UnitPositionBody
) -> PositionsAnswer:
    position = PositionBody(
        id=assignment.responder_id,
        lon=body.lon,
        lat=body.lat,
        fixed_at=now_s() if body.fixed_at is None else body.fixed_at.timestamp(),
        accuracy_m=body.accuracy_m,
        kind=assignment.kind,
        mode=assignment.mode,
        jurisdiction=assignment.jurisdiction,
    )
    return service.intake.take_batch(
        PositionsBody(positions=[position], crs=body.crs),
        [0],
        [],
        Jurisdictions([assignment.jurisdiction]),
        service.standing.registry,
    )
