"""``/v1/queue`` and ``/v1/ways``: what a command room watches, in one answer each."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.incident_answers import ASSIGNMENT_EXAMPLE, INCIDENT_EXAMPLE
from services.http.openapi import operation
from services.http.query import Query
from services.incidents.queue import (
    QueuedIncident,
    WayView,
    cases_under_way,
    queue,
    ways_of,
)
from services.incidents.store import StoredCase
from services.ledger.database import now_s
from services.service import Service, service_of

router = APIRouter(tags=["incidents"])

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]


class Queue(msgspec.Struct, kw_only=True):
    """The caller's open incidents, newest first."""

    incidents: list[QueuedIncident]
    more: bool
    """Whether there are more open ones than an answer holds."""


class Ways(msgspec.Struct, kw_only=True):
    """The ways that are being driven to the caller's open incidents."""

    ways: list[WayView]


@router.get(
    "/v1/queue",
    summary="All open incidents, who goes, and what is due next",
    openapi_extra=operation(
        scopes=("dispatch",),
        answer=Queue,
        example={
            "incidents": [
                {
                    "incident": INCIDENT_EXAMPLE,
                    "assignments": [ASSIGNMENT_EXAMPLE],
                    "next_deadline": {
                        "kind": "acknowledge",
                        "due_at": "2026-10-12T09:16:02.190Z",
                        "assignment_id": ASSIGNMENT_EXAMPLE["id"],
                    },
                }
            ],
            "more": False,
        },
    ),
)
async def get_queue(request: Request, caller: _Dispatcher) -> Response:
    Query(request, ())
    service = service_of(request)
    return await service.bookkeeping.run(_queue, service, caller)


@router.get(
    "/v1/ways",
    summary="The ways that are being driven",
    openapi_extra=operation(
        scopes=("dispatch",),
        answer=Ways,
        example={
            "ways": [
                {
                    "assignment_id": ASSIGNMENT_EXAMPLE["id"],
                    "eta_s": 128.2,
                    "distance_m": 1830.5,
                    "coordinates": [[108.391, 30.809], [108.392, 30.81]],
                }
            ],
        },
    ),
)
async def get_ways(request: Request, caller: _Dispatcher) -> Response:
    Query(request, ())
    service = service_of(request)
    cases = await service.bookkeeping.run(_under_way, service, caller)
    return await service.questions.run(_ways, service, cases)


def _queue(service: Service, caller: Caller) -> Response:
    with service.ledger.snapshot() as connection:
        found, more = queue(connection, caller.jurisdictions)
    return json_answer(Queue(incidents=found, more=more))


def _under_way(service: Service, caller: Caller) -> list[StoredCase]:
    with service.ledger.snapshot() as connection:
        return cases_under_way(connection, caller.jurisdictions)


def _ways(service: Service, cases: list[StoredCase]) -> Response:
    return json_answer(Ways(ways=ways_of(cases, service.picture, service.engine.now, now_s())))
