"""``/v1/events``: what happens, as it happens, and again from any place on."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.events.cloud_events import TYPE_PREFIX, TYPE_SUFFIX, CloudEvent
from services.events.reading import Wanted, last_position
from services.events.types import TYPES
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.event_stream import EVENT_STREAM_MEDIA_TYPE, EventStream
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.ledger.database import Ledger, now_s
from services.service import Service, service_of
from services.webhooks.reports import DISABLED, GAVE_UP

router = APIRouter(tags=["events"])

KNOWN_TYPES = (*TYPES, DISABLED, GAVE_UP)
POSITION_LIMIT = 10**15
PAGE_EVENTS = 100
PAGE_EVENTS_LIMIT = 1_000
PAGE_WINDOWS = 20
"""How often one page looks further in the ledger before it is answered, though it is not full."""
STREAM_RETRY_S = 5
"""When to try again where a key has too many streams open."""
LINK_STREAMS = 8
"""Streams that the link of one unit may have open in one process: a phone whose signal breaks off
opens the next before the one before is known to be dead."""
ID_LIMIT_CHARACTERS = 36

_Reader = Annotated[Caller, Depends(needs("dispatch"))]


class EventPage(msgspec.Struct):
    """Events of the caller's jurisdictions, oldest first."""

    events: list[CloudEvent]
    next: int
    """Ask on with ``after`` this position."""
    more: bool
    """Whether there is more by now."""


class _EncodedPage(msgspec.Struct):
    events: list[msgspec.Raw]
    next: int
    more: bool


_EVENT = {
    "specversion": "1.0",
    "id": "0199d7c5-6a3e-7bb1-9c55-5d0b7f5f2a11",
    "source": "/centres/500101",
    "type": "forestall.assignment.accepted.v1",
    "subject": "0199d7c5-5f02-7d44-8f0e-0b2f3c6f9d10",
    "time": "2026-10-12T09:15:31.204Z",
    "datacontenttype": "application/json",
    "jurisdiction": "500101/longbao",
    "position": "48213",
    "chainnumber": 4,
    "data": {"promised_at_s": 1_791_797_851.2, "incident": {}, "assignment": {}},
}

AFTER = parameter(
    "after",
    "Position after which to begin. Without it a stream begins now, a page with the oldest event.",
    {"type": "integer", "minimum": 0, "maximum": POSITION_LIMIT},
)
LAST_EVENT_ID = parameter(
    "Last-Event-ID",
    "The same, as browsers send it when they connect again; counts before 'after'.",
    {"type": "string", "pattern": r"^[0-9]{0,15}$"},
    where="header",
)
_DESCRIBED = operation(
    scopes=("dispatch",),
    parameters=[
        AFTER,
        LAST_EVENT_ID,
        parameter(
            "types",
            "Only these types, between commas, such as assignment.accepted; with or without "
            f"'{TYPE_PREFIX}' and '{TYPE_SUFFIX}'.",
            {
                "type": "array",
                "items": {"type": "string", "enum": list(KNOWN_TYPES)},
                "minItems": 1,
            },
        )
        | {"style": "form", "explode": False},
        parameter(
            "incident",
            "Only events of this incident.",
            {
                "type": "string",
                "minLength": 1,
                "maxLength": ID_LIMIT_CHARACTERS,
                "pattern": "^[ -~]+$",
            },
        ),
        parameter(
            "wait",
            "false: a page of JSON, although a stream is accepted.",
            {"type": "string", "enum": ["true", "false"]},
        ),
        parameter(
            "limit",
            "Most events in a page.",
            {"type": "integer", "minimum": 1, "maximum": PAGE_EVENTS_LIMIT},
        ),
    ],
    answer=EventPage,
    example={"events": [_EVENT], "next": 48_213, "more": False},
    meaning="A stream, with 'Accept: text/event-stream'; else what there is, as a page",
    problems=("invalid-value", "too-many-requests", "not-ready"),
)
_DESCRIBED["responses"]["200"]["content"][EVENT_STREAM_MEDIA_TYPE] = {
    "schema": {"type": "string"},
    "example": "id: 48213\nevent: forestall.assignment.accepted.v1\ndata: {...}\n\n",
}


@router.get("/v1/events", summary="What happens", openapi_extra=_DESCRIBED)
async def events(request: Request, caller: _Reader) -> Response:
    query = Query(request, ("after", "types", "incident", "wait", "limit"))
    service = service_of(request)
    limit = query.whole("limit", PAGE_EVENTS, 1, PAGE_EVENTS_LIMIT)
    wanted = Wanted(caller.jurisdictions, _types(query), _incident(query))
    accepts_stream = accepts_a_stream(request)
    if query.word("wait", ("true", "false"), "true" if accepts_stream else "false") == "false":
        position = await begin_position(request, query, service, 0)
        return await _page(service, wanted, position, limit)
    if not accepts_stream:
        raise no_stream_accepted()
    position = await begin_position(request, query, service, service.flow.told_position)
    return open_stream(service, caller, wanted, position)


def open_stream(
    service: Service, caller: Caller, wanted: Wanted, position: int, **told: Any
) -> EventStream:
    """The answer that goes on until the caller may hear no more; ``told`` is what the stream tells
    of an event, and beside events. Raises ProblemError where the caller has too many open."""
    flow = service.flow
    link = caller.assignment_id is not None
    limit = LINK_STREAMS if link else service.settings.event_streams_per_key
    if flow.ended.is_set():
        raise ProblemError("not-ready", "The service is stopping.")
    if flow.streams[caller.caller_id] >= limit:
        raise ProblemError(
            "too-many-requests",
            f"There are {limit} event streams open already, which is the most; close one.",
            retry_after_s=STREAM_RETRY_S,
        )

    def may_go_on() -> bool:
        if now_s() >= caller.ends_at_s:
            return False
        return link or service.standing.keys.usable(caller.caller_id, now_s())

    return EventStream(
        flow, wanted, position, may_go_on, opened=flow.listening(caller.caller_id), **told
    )


async def _page(service: Service, wanted: Wanted, position: int, limit: int) -> Response:
    found: list[msgspec.Raw] = []
    more = True
    for _ in range(PAGE_WINDOWS):
        page = await service.flow.page(position, wanted, limit - len(found))
        found += [msgspec.Raw(event.cloud_event) for event in page.events]
        position, more = page.position, page.more
        if not more or len(found) == limit:
            break
    return json_answer(_EncodedPage(found, position, more))


async def begin_position(request: Request, query: Query, service: Service, default: int) -> int:
    """The position that the caller has come to."""
    sent = request.headers.get("last-event-id")
    if sent:
        if not (sent.isascii() and sent.isdigit() and len(sent) <= len(str(POSITION_LIMIT))):
            raise ProblemError("invalid-value", "'Last-Event-ID' is the position of an event.")
        position = int(sent)
    else:
        position = query.whole("after", default, 0, POSITION_LIMIT)
    if position > service.flow.told_position:
        # Another process may have told it already. What nobody has told is from another ledger.
        newest = await service.flow.replaying.run(_newest, service.ledger)
        if position > newest:
            raise ProblemError(
                "invalid-value",
                f"There is no event at that position yet: the newest is {newest}. After a ledger "
                "was restored from a copy, begin again without a position.",
            )
    return position


def _newest(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return last_position(connection)


def _types(query: Query) -> frozenset[str] | None:
    text = query.text("types")
    if text is None:
        return None
    names = [name.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX) for name in text.split(",")]
    if any(name not in KNOWN_TYPES for name in names):
        raise ProblemError(
            "invalid-value", f"'types' is one or several of {', '.join(KNOWN_TYPES)}."
        )
    return frozenset(names)


def _incident(query: Query) -> str | None:
    incident = query.text("incident")
    if incident is not None and not (
        0 < len(incident) <= ID_LIMIT_CHARACTERS and incident.isascii() and incident.isprintable()
    ):
        raise ProblemError("invalid-value", "'incident' is the id of an incident.")
    return incident


def no_stream_accepted() -> ProblemError:
    """The refusal of who wants to wait and does not say that it can read a stream."""
    return ProblemError(
        "invalid-value", "Events that are waited for come with 'Accept: text/event-stream'."
    )


def accepts_a_stream(request: Request) -> bool:
    """Whether the caller says that it can read a stream; ``*/*`` does not say it."""
    ranges = ",".join(request.headers.getlist("accept")).split(",")
    return any(one.partition(";")[0].strip().lower() == EVENT_STREAM_MEDIA_TYPE for one in ranges)
