"""``/v1/interceptions/{id}/hand-over``: another centre goes on with it, where both want that."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from msgspec import Meta, Struct
from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.interceptions import asking, offering
from dispatch.interceptions.case import InterceptionCase
from services.http.access import Caller, needs
from services.http.bodies import Decoder, body_format
from services.http.commands import Answer, command
from services.http.incident_answers import known_form
from services.http.interception_answers import (
    ANSWER_EXAMPLE,
    INTERCEPTION_ID,
    InterceptionAnswer,
    interception_answer,
)
from services.http.openapi import operation
from services.http.preconditions import expected_version
from services.http.query import Query
from services.interceptions.desk import Command
from services.jurisdictions import JURISDICTION_LIMIT_CHARACTERS
from services.service import service_of

router = APIRouter(tags=["interceptions"])

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]


class HandOverBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which centre is to go on with it."""

    centre: Annotated[str, Meta(min_length=1, max_length=JURISDICTION_LIMIT_CHARACTERS)]
    """One that takes part."""
    reason: Annotated[str, Meta(max_length=200)] = ""


class HandOverAnswerBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the other centre is told."""

    reason: Annotated[str, Meta(max_length=200)] = ""


_offer = Decoder(HandOverBody)
_answer = Decoder(HandOverAnswerBody)
_SHARED = {
    "scopes": ("dispatch",),
    "idempotent": True,
    "versioned": "optional",
    "parameters": [INTERCEPTION_ID],
    "answer": InterceptionAnswer,
    "example": ANSWER_EXAMPLE,
    "problems": ("not-found", "not-possible-now"),
}


@router.post(
    "/v1/interceptions/{interception_id}/hand-over",
    summary="Ask another centre to lead",
    openapi_extra=operation(
        **_SHARED,
        body=HandOverBody,
        body_example={"centre": "kaizhou", "reason": "已过区界"},
        meaning="Asked: this centre leads until the other one has accepted",
    ),
)
async def post_hand_over(request: Request, interception_id: str, caller: _Dispatcher) -> Response:
    body: HandOverBody = _offer.decode(await request.body(), body_format(request))

    def act(case: InterceptionCase, at_s: float) -> None:
        asking.offer_hand_over(case, body.centre, body.reason, at_s)

    return await _acted(request, interception_id, caller, act)


@router.post(
    "/v1/interceptions/{interception_id}/hand-over/accept",
    summary="Lead from now on",
    openapi_extra=operation(
        **_SHARED,
        body=HandOverAnswerBody,
        body_example={"reason": ""},
        meaning="Accepted: this centre leads once the other one has let go",
    ),
)
async def post_accept(request: Request, interception_id: str, caller: _Dispatcher) -> Response:
    return await _decided(request, interception_id, caller, True)


@router.post(
    "/v1/interceptions/{interception_id}/hand-over/refuse",
    summary="Leave the lead to the other centre",
    openapi_extra=operation(
        **_SHARED,
        body=HandOverAnswerBody,
        body_example={"reason": "警力不足"},
        meaning="Refused: the other centre goes on leading",
    ),
)
async def post_refuse(request: Request, interception_id: str, caller: _Dispatcher) -> Response:
    return await _decided(request, interception_id, caller, False)


async def _decided(
    request: Request, interception_id: str, caller: Caller, accepts: bool
) -> Response:
    body: HandOverAnswerBody = _answer.decode(await request.body(), body_format(request))

    def act(case: InterceptionCase, at_s: float) -> None:
        offering.decide_hand_over(case, accepts, body.reason, at_s)

    return await _acted(request, interception_id, caller, act)


async def _acted(request: Request, interception_id: str, caller: Caller, act: Command) -> Response:
    service = service_of(request)
    known_form(interception_id, "interception")
    Query(request, ())
    expected = expected_version(request)

    def work(connection: Connection, at_s: float) -> Answer:
        return interception_answer(
            service.interceptions.act(connection, interception_id, caller, act, at_s, expected)
        )

    return await command(request, caller, work)
