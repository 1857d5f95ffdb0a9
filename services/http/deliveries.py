"""``/v1/webhooks/{webhook_id}/deliveries``: what became of each event, and sending it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from msgspec import Meta
from sqlalchemy import Connection
from starlette.responses import Response

from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.commands import Answer, command
from services.http.incident_answers import known_form
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.http.webhooks import WEBHOOK_ID
from services.sending.attempts import State
from services.service import service_of
from services.views import moment
from services.webhooks import deliveries, registry
from services.webhooks.deliveries import NOTE, Delivery

router = APIRouter(tags=["webhooks"])

MOST_LISTED = 1_000
POSITION_LIMIT = 2**53
"""Larger whole numbers are not the same to every reader of JSON."""

_Admin = Annotated[Caller, Depends(needs("admin"))]
_Position = Annotated[int, Meta(ge=1, le=POSITION_LIMIT)]


class DeliveryView(msgspec.Struct, kw_only=True):
    """One event on its way to a webhook."""

    position: int
    """The event's place in the stream."""
    event_id: str
    """Sent as ``webhook-id``."""
    type: str
    state: str
    """``pending``, ``delivered`` or ``gave_up``."""
    attempts: int
    first_due_at: datetime
    next_at: datetime | None
    """When it is tried again, or is taken for lost by whoever is trying it now."""
    last_status: int | None
    """As the receiver answered the last time; none: it did not."""
    last_problem: str | None
    delivered_at: datetime | None


class DeliveryList(msgspec.Struct, kw_only=True):
    """Deliveries, the newest event first."""

    deliveries: list[DeliveryView]
    next_before: int | None
    """Value of ``before`` for the rest; none: there is no more."""


class ReplayBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A stretch of the stream, ends included."""

    from_position: _Position
    to_position: _Position | None = None
    """None: up to the newest."""


class Replayed(msgspec.Struct):
    """How many events are sent (again)."""

    deliveries: int


_replay = Decoder(ReplayBody)

_DELIVERY = {
    "position": 1041,
    "event_id": "019a7b2c-6a10-7d02-8f43-1b2c3d4e5f60",
    "type": "assignment.accepted",
    "state": "pending",
    "attempts": 2,
    "first_due_at": "2026-10-12T09:15:02Z",
    "next_at": "2026-10-12T09:15:13Z",
    "last_status": 500,
    "last_problem": "Answered 500.",
    "delivered_at": None,
}
_POSITION = parameter(
    "position",
    "The event's place in the stream.",
    {"type": "integer", "minimum": 1, "maximum": POSITION_LIMIT},
    where="path",
)


@router.get(
    "/v1/webhooks/{webhook_id}/deliveries",
    summary="What became of each event",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[
            WEBHOOK_ID,
            parameter(
                "state", "Only those.", {"type": "string", "enum": [one.value for one in State]}
            ),
            parameter(
                "before",
                "Only events with a smaller position.",
                {"type": "integer", "minimum": 1, "maximum": POSITION_LIMIT},
            ),
            parameter(
                "limit",
                "At most so many.",
                {"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": 100},
            ),
        ],
        answer=DeliveryList,
        example={"deliveries": [_DELIVERY], "next_before": None},
        meaning="The newest event first; settled deliveries are kept for 30 days",
        problems=("not-found", "invalid-value"),
    ),
)
async def list_deliveries(request: Request, webhook_id: str, caller: _Admin) -> Response:
    known_form(webhook_id, "webhook")
    service = service_of(request)
    query = Query(request, ("state", "before", "limit"))
    state = None
    if query.text("state") is not None:
        state = State(query.word("state", [one.value for one in State], ""))
    before = query.whole("before", POSITION_LIMIT, 1, POSITION_LIMIT)
    limit = query.whole("limit", 100, 1, MOST_LISTED)

    def look() -> DeliveryList:
        with service.ledger.read() as connection:
            registry.find(connection, webhook_id, caller.jurisdictions)
            found = deliveries.listed(connection, webhook_id, state, before, limit + 1)
            rest = found[limit - 1].position if len(found) > limit else None
            return DeliveryList(deliveries=[_view(one) for one in found[:limit]], next_before=rest)

    return json_answer(await service.bookkeeping.run(look))


@router.post(
    "/v1/webhooks/{webhook_id}/deliveries/{position}/replay",
    summary="Send one event again",
    status_code=202,
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[WEBHOOK_ID, _POSITION],
        answer=Replayed,
        example={"deliveries": 1},
        status=202,
        meaning="On its way, with the same webhook-id",
        idempotent=True,
        problems=("not-found",),
    ),
)
async def replay_one(request: Request, webhook_id: str, position: str, caller: _Admin) -> Response:
    known_form(webhook_id, "webhook")
    Query(request, ())
    service = service_of(request)
    number = int(position) if position.isascii() and position.isdigit() else 0

    def work(connection: Connection, now_s: float) -> Answer:
        registry.find(connection, webhook_id, caller.jurisdictions, lock=True)
        if not 0 < number <= POSITION_LIMIT or not deliveries.send_again(
            connection, webhook_id, number, now_s
        ):
            raise ProblemError("not-found", "There is no such delivery.")
        service.ledger.after_commit(connection, NOTE)
        return Answer(Replayed(1), 202)

    return await command(request, caller, work)


@router.post(
    "/v1/webhooks/{webhook_id}/replay",
    summary="Send a stretch of the stream (again)",
    status_code=202,
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[WEBHOOK_ID],
        body=ReplayBody,
        body_example={"from_position": 1041},
        answer=Replayed,
        example={"deliveries": 37},
        status=202,
        meaning="On their way: all events there that the webhook wants, older than itself too",
        idempotent=True,
        problems=("not-found",),
    ),
)
async def replay(request: Request, webhook_id: str, caller: _Admin) -> Response:
    known_form(webhook_id, "webhook")
    Query(request, ())
    service = service_of(request)
    body: ReplayBody = _replay.decode(await request.body(), body_format(request))

    def work(connection: Connection, now_s: float) -> Answer:
        webhook = registry.find(connection, webhook_id, caller.jurisdictions, lock=True)
        count = deliveries.send_range(
            connection, webhook, body.from_position, body.to_position, now_s
        )
        service.ledger.after_commit(connection, NOTE)
        return Answer(Replayed(count), 202)

    return await command(request, caller, work)


def _view(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        position=delivery.position,
        event_id=delivery.event_id,
        type=delivery.type,
        state=delivery.state.value,
        attempts=delivery.attempts,
        first_due_at=moment(delivery.first_due_at_s),
        next_at=_moment(delivery.next_at_s),
        last_status=delivery.last_status,
        last_problem=delivery.last_problem,
        delivered_at=_moment(delivery.delivered_at_s),
    )


def _moment(at_s: float | None) -> datetime | None:
    return None if at_s is None else moment(at_s)
