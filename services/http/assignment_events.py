"""``/v1/assignments/{assignment_id}/events``: what a unit must hear, as it happens.

The stream tells a phone that its assignment is otherwise now, and nothing of what the centre knows
beside it. After a break it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.events.reading import Wanted
from services.http.event_stream import EVENT_STREAM_MEDIA_TYPE
from services.http.events import (
    AFTER,
    LAST_EVENT_ID,
    accepts_a_stream,
    begin_position,
    no_stream_accepted,
    open_stream,
)
from services.http.openapi import operation
from services.http.own_assignment import ASSIGNMENT_ID, Unit, seen_anywhere
from services.http.query import Query
from services.incidents.unit_news import news_frame
from services.interceptions.store import StoredInterception
from services.service import Service, service_of

router = APIRouter(tags=["assignments"])

ROADS_FRAME = b"event: roads\ndata: {}\n\n"
"""Told when a closure or another speed is in force: the way may be another one now. It has no
position, since whoever comes back asks for the way in any case."""

_EXAMPLE = (
    "id: 48213\nevent: assignment.released\n"
    'data: {"type":"assignment.released","at":"2026-10-12T09:17:31.204Z",'
    '"notice":{"zh":"...","en":"..."}}\n\n'
)
_DESCRIBED = operation(
    scopes=("field", "dispatch"),
    token=True,
    parameters=[ASSIGNMENT_ID, AFTER, LAST_EVENT_ID],
    media_type=EVENT_STREAM_MEDIA_TYPE,
    meaning="A stream, with 'Accept: text/event-stream': each event says that the assignment is to "
    "be asked for again, and `notice` what the unit must not overlook (null: nothing). `roads`: "
    "the way may be another one",
    problems=("invalid-value", "too-many-requests", "not-ready"),
)
_DESCRIBED["responses"]["200"]["content"][EVENT_STREAM_MEDIA_TYPE]["example"] = _EXAMPLE


@router.get(
    "/v1/assignments/{assignment_id}/events",
    summary="What a unit must hear",
    openapi_extra=_DESCRIBED,
)
async def get_assignment_events(request: Request, assignment_id: str, caller: Unit) -> Response:
    service = service_of(request)
    query = Query(request, ("after",))
    case, _ = await seen_anywhere(service, caller, assignment_id)
    intercepted = isinstance(case, StoredInterception)
    of = case.interception.interception_id if intercepted else case.incident.incident_id
    if not accepts_a_stream(request):
        raise no_stream_accepted()
    position = await begin_position(request, query, service, service.flow.told_position)
    return open_stream(
        service,
        caller,
        Wanted(chain_id=of),
        position,
        frame_of=partial(news_frame, assignment_id=assignment_id),
        besides=_roads_changed(service),
    )


def _roads_changed(service: Service) -> Callable[[], bytes]:
    """Says whether other roads are in force than when it was last asked."""
    before = service.engine.now

    def look() -> bytes:
        nonlocal before
        now = service.engine.now
        if now is before:
            return b""
        before = now
        return ROADS_FRAME

    return look
