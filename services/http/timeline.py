"""``/v1/incidents/{id}/timeline``: what happened in a case, for looking back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.incident_answers import INCIDENT_ID, known_form
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.incidents import store
from services.review.timeline import Timeline, timeline
from services.service import Service, service_of

router = APIRouter(tags=["incidents"])

MOST_ENTRIES = 1_000
NUMBER_LIMIT = 10**9

_Reader = Annotated[Caller, Depends(needs("dispatch"))]

_EXAMPLE = {
    "incident_id": "0199d7c5-5f02-7d44-8f0e-0b2f3c6f9d10",
    "jurisdiction": "500101/gaosuntang/community-3/grid-1",
    "opened_at": "2026-10-12T09:15:02Z",
    "tier": "high",
    "state": "visited",
    "stages": {
        "placed_s": 0.0,
        "offered_s": 0.09,
        "accepted_s": 21.4,
        "contact_s": 540.2,
        "face_to_face_s": 411.0,
        "dissuaded_s": 1260.5,
        "proven_s": None,
        "closed_s": None,
    },
    "entries": [
        {
            "number": 4,
            "at": "2026-10-12T09:15:23.400Z",
            "since_opened_s": 21.4,
            "type": "assignment.accepted",
            "zh": "接警（民警 p-17，500101/longbao）：承诺到达 10-12 17:21:44。",
            "en": "The responder accepted (officer p-17, 500101/longbao): promised 10-12 17:21:44.",
            "assignment_id": "0199d7c5-6a3e-7bb1-9c55-5d0b7f5f2a11",
            "data": {"promised_at_s": 1791796904.1},
        }
    ],
    "next": None,
}


@router.get(
    "/v1/incidents/{incident_id}/timeline",
    summary="What happened in a case, in order and in words",
    openapi_extra=operation(
        scopes=("dispatch",),
        parameters=[
            INCIDENT_ID,
            parameter(
                "after",
                "Only what follows this number.",
                {"type": "integer", "minimum": 0, "maximum": NUMBER_LIMIT},
            ),
            parameter(
                "count",
                f"At most so many, up to {MOST_ENTRIES}.",
                {"type": "integer", "minimum": 1, "maximum": MOST_ENTRIES},
            ),
        ],
        answer=Timeline,
        example=_EXAMPLE,
        meaning="Times in the words are China's (UTC+8), all others UTC",
        problems=("not-found", "invalid-value"),
    ),
)
async def get_timeline(request: Request, incident_id: str, caller: _Reader) -> Response:
    query = Query(request, ("after", "count"))
    after = query.whole("after", 0, 0, NUMBER_LIMIT)
    count = query.whole("count", MOST_ENTRIES, 1, MOST_ENTRIES)
    known_form(incident_id, "incident")
    service = service_of(request)
    found = await service.bookkeeping.run(_read, service, caller, incident_id, after, count)
    return json_answer(found)


def _read(service: Service, caller: Caller, incident_id: str, after: int, count: int) -> Timeline:
    with service.ledger.snapshot() as connection:
        case = store.look_at(connection, incident_id)
        if case is None or not caller.may_see(case.incident.area.jurisdiction):
            raise ProblemError("not-found", "There is no such incident.")
        return timeline(connection, case, after, count)
