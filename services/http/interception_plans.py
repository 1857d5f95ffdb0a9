"""``/v1/interceptions/{id}/plan``: who should wait where; and having a plan carried out."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.errors import InterceptionError
from dispatch.interception.subject import MOST_HORIZON_S
from dispatch.interceptions.case import OFFER, UNIT, Interception, key_of
from dispatch.interceptions.planned import Planned
from dispatch.interceptions.words import InterceptionRole
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.commands import Answer, command
from services.http.incident_answers import known_form
from services.http.interception_answers import (
    INTERCEPTION_EXAMPLE,
    INTERCEPTION_ID,
    SUMMARY_EXAMPLE,
)
from services.http.interceptions import seen_interception
from services.http.openapi import operation, parameter
from services.http.preconditions import etag_of, expected_version
from services.http.query import Query
from services.interceptions import store
from services.interceptions.bodies import CommitBody
from services.interceptions.plan_view import MOST_AREAS, PlanView, plan_view, reach_of
from services.interceptions.units import who_in
from services.interceptions.views import InterceptionView, interception_view
from services.ledger.database import now_s
from services.service import Service, service_of

router = APIRouter(tags=["interceptions"])

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]

WAIT_S = 10.0
"""Most that a request waits for the plan that is being made."""
LOOK_AGAIN_S = 0.02
MOST_MINUTES = MOST_HORIZON_S / 60.0


class TakenUnit(msgspec.Struct, kw_only=True):
    """A unit that something else has taken since the plan was made."""

    jurisdiction: str
    responder_id: str


class CommitAnswer(msgspec.Struct, kw_only=True):
    """The interception after a plan was carried out."""

    interception: InterceptionView
    taken: list[TakenUnit]
    """Units of the plan that do not go: something else has them. Another plan is being made."""
    taken_back: list[str]
    """Ids of other centres' offers in the plan that do not hold any more."""


_PLAN_EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [108.42, 31.13]},
            "properties": {
                "feature": "checkpoint",
                "id": "toll_gate-8112301",
                "kind": "toll_gate",
                "name": "开州收费站",
                "layer": 1,
                "share": 0.86,
                "ready_at": "2026-10-12T09:52:10Z",
                "earliest_at": "2026-10-12T09:58:40Z",
                "margin_s": 390.0,
                "units_needed": 1,
                "holders": [
                    {"holder": "unit", "jurisdiction": "wanzhou", "responder_id": "officer-7"}
                ],
                "state": "planned",
            },
        }
    ],
    "interception_id": SUMMARY_EXAMPLE["id"],
    "number": 1,
    "made_at": "2026-10-12T09:40:12.410Z",
    "outdated": False,
    "no_plan_because": "",
    "committed": False,
    "sighting_id": SUMMARY_EXAMPLE["last_seen"]["id"],
    "share": 0.91,
    "share_by_behaviour": {"fastest": 0.98, "small_roads": 0.61},
    "worst_behaviour": "small_roads",
    "worst_share": 0.61,
    "first": {"share": 0.86, "bound": 0.86, "gap": 0.0, "proven": True},
    "second": {"share": 0.21, "bound": 0.21, "gap": 0.0, "proven": True},
    "notes": [],
    "seal": {
        "sealed": False,
        "units": 4,
        "bound": 4,
        "proven": True,
        "open_exits": [
            {
                "name": "S103",
                "lon": 108.4,
                "lat": 30.9,
                "reason": "nobody_in_time",
                "at": "2026-10-12T09:43:10Z",
            }
        ],
    },
}


@router.get(
    "/v1/interceptions/{interception_id}/plan",
    summary="Who should wait where",
    openapi_extra=operation(
        scopes=("dispatch",),
        parameters=[
            INTERCEPTION_ID,
            parameter(
                "number",
                "An earlier plan; none: the last one, which is waited for while it is being made.",
                {"type": "integer", "minimum": 1, "maximum": 2**31},
            ),
            parameter(
                "wait_s",
                "Wait so long at most for the plan that is being made.",
                {"type": "number", "minimum": 0, "maximum": WAIT_S, "default": WAIT_S},
            ),
            parameter(
                "minutes",
                "Reachable areas so many minutes after the sighting, between commas; none: six, "
                "evenly over the horizon.",
                {
                    "type": "array",
                    "items": {"type": "number", "minimum": 0, "maximum": MOST_MINUTES},
                    "minItems": 1,
                    "maxItems": MOST_AREAS,
                },
            ),
            parameter(
                "areas",
                "`false`: without the reachable areas.",
                {"type": "string", "enum": ["true", "false"], "default": "true"},
            ),
            parameter(
                "routes",
                "`false`: without the units' ways.",
                {"type": "string", "enum": ["true", "false"], "default": "true"},
            ),
        ],
        answer=PlanView,
        example=_PLAN_EXAMPLE,
        meaning="GeoJSON, with the figures of the whole plan beside the features",
        problems=("not-found", "not-possible-now", "invalid-value"),
    ),
)
async def get_plan(request: Request, interception_id: str, caller: _Dispatcher) -> Response:
    service = service_of(request)
    query = Query(request, ("number", "wait_s", "minutes", "areas", "routes"))
    number = query.whole("number", 0, 1, 2**31)
    wait_s = query.number("wait_s", WAIT_S, 0.0, WAIT_S)
    minutes = query.numbers("minutes", MOST_AREAS, 0.0, MOST_MINUTES)
    areas = query.word("areas", ("true", "false"), "true") == "true"
    routes = query.word("routes", ("true", "false"), "true") == "true"
    known_form(interception_id, "interception")
    interception, planned = await _plan(service, caller, interception_id, number, wait_s)
    return json_answer(
        await service.questions.run(_view, service, interception, planned, minutes, areas, routes),
        headers={"Cache-Control": "no-store"},
    )


_commit = Decoder(CommitBody)


@router.post(
    "/v1/interceptions/{interception_id}/commit",
    summary="Carry a plan out",
    openapi_extra=operation(
        scopes=("dispatch",),
        idempotent=True,
        versioned="optional",
        parameters=[INTERCEPTION_ID],
        body=CommitBody,
        body_example={"plan": 1},
        answer=CommitAnswer,
        example={"interception": INTERCEPTION_EXAMPLE, "taken": [], "taken_back": []},
        meaning="Whoever the plan says is sent; whoever it does not need any more is let go",
        problems=("not-found", "not-possible-now"),
    ),
)
async def post_commit(request: Request, interception_id: str, caller: _Dispatcher) -> Response:
    service = service_of(request)
    known_form(interception_id, "interception")
    body: CommitBody = _commit.decode(await request.body(), body_format(request))
    expected = expected_version(request)

    def work(connection: Connection, at_s: float) -> Answer:
        case, taken = service.interceptions.commit(
            connection,
            interception_id,
            caller,
            body.plan,
            body.choice,
            who_in(service.picture, at_s),
            at_s,
            expected,
        )
        content = CommitAnswer(
            interception=interception_view(case.interception),
            taken=[
                TakenUnit(jurisdiction=jurisdiction, responder_id=responder_id)
                for jurisdiction, responder_id in (
                    key_of(unit_id) for unit_id in taken if unit_id.startswith(UNIT)
                )
            ],
            taken_back=[
                unit_id.removeprefix(OFFER) for unit_id in taken if unit_id.startswith(OFFER)
            ],
        )
        return Answer(content, headers={"ETag": etag_of(case.interception.version)})

    return await command(request, caller, work)


async def _plan(
    service: Service, caller: Caller, interception_id: str, number: int, wait_s: float
) -> tuple[Interception, Planned]:
    """The plan that is wanted; waits for one that is being made."""
    give_up_at_s = time.monotonic() + wait_s
    run = service.bookkeeping.run
    case = await run(seen_interception, service, caller, interception_id)
    if case.interception.plan_wanted and not number:
        while time.monotonic() <= give_up_at_s and await run(_is_wanted, service, interception_id):
            await asyncio.sleep(LOOK_AGAIN_S)
        case = await run(seen_interception, service, caller, interception_id)
    interception = case.interception
    planned = await run(_read_plan, service, interception_id, number or interception.plan_number)
    if planned is not None:
        return interception, planned
    if number:
        raise ProblemError("not-found", "There is no such plan.")
    if interception.plan_wanted:
        raise ProblemError("overloaded", "The plan is still being made: ask again.")
    if interception.no_plan_because:
        raise ProblemError("not-possible-now", f"No plan: {interception.no_plan_because}")
    if interception.last_seen is None and interception.is_open:
        raise ProblemError(
            "not-possible-now", "No plan: nobody has seen the subject yet. Tell of a sighting."
        )
    if interception.role is InterceptionRole.NEIGHBOUR:
        raise ProblemError(
            "not-possible-now",
            f"No plan: {interception.lead_centre} leads the interception and plans it.",
        )
    raise ProblemError("not-possible-now", "The interception ended before a plan was made.")


def _is_wanted(service: Service, interception_id: str) -> bool:
    """Whether a plan is being made; asked many times a second, so nothing else is read."""
    with service.ledger.read() as connection:
        return store.is_plan_wanted(connection, interception_id)


def _read_plan(service: Service, interception_id: str, number: int) -> Planned | None:
    with service.ledger.read() as connection:
        return store.plan_of(connection, interception_id, number)


def _view(
    service: Service,
    interception: Interception,
    planned: Planned,
    minutes: list[float] | None,
    areas: bool,
    routes: bool,
) -> PlanView:
    roads = service.engine.now
    reach = None
    if areas:
        try:
            reach = reach_of(interception, roads)
        except InterceptionError:  # the roads there are closed by now: the plan is shown anyway
            reach = None
    return plan_view(interception, planned, reach, minutes, routes, service.picture, roads, now_s())
