"""``GET /v1/incidents``: what is going on, who was sent, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dispatch.incidents.words import TIERS, IncidentState
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.incident_answers import (
    ANSWER_EXAMPLE,
    INCIDENT_EXAMPLE,
    INCIDENT_ID,
    known_form,
)
from services.http.openapi import operation, parameter
from services.http.preconditions import etag_of
from services.http.query import Query
from services.ids import is_id
from services.incidents import store
from services.incidents.decisions import DecisionView
from services.incidents.desk import Seer
from services.incidents.queue import NextDeadline, next_deadlines
from services.incidents.search import IncidentSearch, decisions_of, find_incidents
from services.incidents.views import (
    AssignmentView,
    IncidentView,
    assignment_views,
    incident_view,
)
from services.service import Service, service_of

router = APIRouter(tags=["incidents"])

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]

MOST_LISTED = 500


class IncidentFile(msgspec.Struct, kw_only=True):
    """An incident, who is or was sent, and why they and not others."""

    incident: IncidentView
    assignments: list[AssignmentView]
    decisions: list[DecisionView]
    next_deadline: NextDeadline | None
    """What happens next by itself; null: nothing is due."""


class IncidentList(msgspec.Struct, kw_only=True):
    """Incidents, newest first."""

    incidents: list[IncidentView]
    next: str | None
    """Give it as ``before`` for the next page; null: this is the last one."""


@router.get(
    "/v1/incidents",
    summary="What is going on",
    openapi_extra=operation(
        scopes=("dispatch",),
        parameters=[
            parameter("state", "One or several states, between commas.", {"type": "string"}),
            parameter("tier", "One or several tiers, between commas.", {"type": "string"}),
            parameter(
                "since", "Opened at this time or later.", {"type": "string", "format": "date-time"}
            ),
            parameter(
                "until", "Opened before this time.", {"type": "string", "format": "date-time"}
            ),
            parameter("jurisdiction", "Of this one and of those below it.", {"type": "string"}),
            parameter(
                "limit",
                f"At most so many, up to {MOST_LISTED}.",
                {"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": 100},
            ),
            parameter(
                "before",
                "`next` of the page before.",
                {"type": "string", "format": "uuid"},
            ),
        ],
        answer=IncidentList,
        example={"incidents": [INCIDENT_EXAMPLE], "next": INCIDENT_EXAMPLE["id"]},
        meaning="Newest first",
        problems=("invalid-value", "wrong-jurisdiction"),
    ),
)
async def list_incidents(request: Request, caller: _Dispatcher) -> Response:
    query = Query(request, ("state", "tier", "since", "until", "jurisdiction", "limit", "before"))
    named = query.text("jurisdiction")
    tiers = query.words("tier", tuple(TIERS))
    before = query.text("before")
    if before is not None and not is_id(before):
        raise ProblemError("invalid-value", "'before' is the 'next' of the page before.")
    search = IncidentSearch(
        held=caller.jurisdictions,
        within=None if named is None else caller.one_jurisdiction(named),
        states=query.words("state", tuple(IncidentState)),
        tiers=None if tiers is None else [int(TIERS[word]) for word in tiers],
        since_s=_moment(query, "since"),
        until_s=_moment(query, "until"),
        before_id=before,
    )
    limit = query.whole("limit", 100, 1, MOST_LISTED)
    service = service_of(request)
    return await service.bookkeeping.run(_list, service, search, limit)


@router.get(
    "/v1/incidents/{incident_id}",
    summary="One incident, who was sent, and why",
    openapi_extra=operation(
        scopes=("dispatch",),
        versioned="read",
        parameters=[INCIDENT_ID],
        answer=IncidentFile,
        example={**ANSWER_EXAMPLE, "decisions": [], "next_deadline": None},
        problems=("not-found",),
    ),
)
async def get_incident(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    Query(request, ())
    service = service_of(request)
    known_form(incident_id, "incident")
    return await service.bookkeeping.run(_show, service, caller, incident_id)


def _list(service: Service, search: IncidentSearch, limit: int) -> Response:
    with service.ledger.read() as connection:
        found, more = find_incidents(connection, search, limit)
    return json_answer(
        IncidentList(
            incidents=[incident_view(incident) for incident in found],
            next=found[-1].incident_id if more else None,
        )
    )


def _show(service: Service, caller: Seer, incident_id: str) -> Response:
    with service.ledger.snapshot() as connection:
        case = store.look_at(connection, incident_id)
        if case is None or not caller.may_see(case.incident.area.jurisdiction):
            raise ProblemError("not-found", "There is no such incident.")
        decisions = decisions_of(connection, incident_id)
        due = next_deadlines(connection, [incident_id])
    return json_answer(
        IncidentFile(
            incident=incident_view(case.incident),
            assignments=assignment_views(case),
            decisions=decisions,
            next_deadline=due.get(incident_id),
        ),
        headers={"ETag": etag_of(case.incident.version)},
    )


def _moment(query: Query, name: str) -> float | None:
    text = query.text(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ProblemError(
            "invalid-value", f"'{name}' is a time such as 2026-10-12T09:15:02Z."
        ) from None
