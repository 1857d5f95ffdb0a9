"""An event as readers outside see it: CloudEvents 1.0, structured JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Literal

import msgspec
from sqlalchemy import Row

from services.ledger.tables import events, stream

CLOUD_EVENT_MEDIA_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "forestall."
TYPE_SUFFIX = ".v1"

COLUMNS = (
    stream.c.position,
    events.c.event_id,
    events.c.chain_id,
    events.c.chain_number,
    events.c.type,
    events.c.jurisdiction,
    events.c.at_s,
    events.c.data,
)
"""What :func:`placed_event` needs of a row of stream joined with events."""


class CloudEvent(msgspec.Struct, kw_only=True):
    """Something that happened, as CloudEvents 1.0 spells it."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """Of this event; unique."""
    source: str
    """Whose centre it happened in: ``/centres/<first word of the jurisdiction>``."""
    type: str
    """``forestall.<what happened>.v1``"""
    subject: str
    """Id of the incident (or of the webhook) that it happened to."""
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    datacontenttype: Literal["application/json"] = "application/json"
    jurisdiction: str
    """Extension: who may read it."""
    position: str
    """Extension: place in the stream, a whole number without gaps (a text, because a whole number
    in CloudEvents has 32 bits)."""
    chainnumber: int
    """Extension: 1 for the first event of the subject, and so on without gaps."""
    data: msgspec.Raw
    """What happened, and what the incident and the assignment were afterwards."""


class PlacedEvent:
    """An event with its place in the stream. Immutable; safe to share between threads."""

    def __init__(
        self,
        position: int,
        event_id: str,
        chain_id: str,
        chain_number: int,
        type_: str,
        jurisdiction: str,
        at_s: float,
        data: str,
    ) -> None:
        self.position = position
        self.event_id = event_id
        self.chain_id = chain_id
        """Id of the incident (or of the webhook) that it happened to."""
        self.chain_number = chain_number
        self.type = type_
        """Such as ``assignment.accepted``."""
        self.jurisdiction = jurisdiction
        self.at_s = at_s
        self.data = data
        """JSON text, as stored."""

    def __repr__(self) -> str:
        return f"<event {self.position}: {self.type} of {self.chain_id}>"

    @property
    def centre(self) -> str:
        """First word of the jurisdiction."""
        return self.jurisdiction.partition("/")[0]

    @cached_property
    def cloud_event(self) -> bytes:
        """The event as CloudEvents 1.0 in structured JSON, on one line."""
        return _encoder.encode(
            CloudEvent(
                id=self.event_id,
                source=f"/centres/{self.centre}",
                type=type_name(self.type),
                subject=self.chain_id,
                time=datetime.fromtimestamp(self.at_s, UTC),
                jurisdiction=self.jurisdiction,
                position=str(self.position),
                chainnumber=self.chain_number,
                data=msgspec.Raw(self.data.encode()),
            )
        )

    @cached_property
    def frame(self) -> bytes:
        """The event as server-sent events carry it."""
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (
            self.position,
            type_name(self.type).encode(),
            _on_one_line(self.cloud_event),
        )


def placed_event(row: Row) -> PlacedEvent:
    """The event of a row of :data:`COLUMNS`."""
    return PlacedEvent(*row)


def type_name(type_: str) -> str:
    """What CloudEvents call a type: ``forestall.assignment.accepted.v1``."""
    return f"{TYPE_PREFIX}{type_}{TYPE_SUFFIX}"


def _on_one_line(json: bytes) -> bytes:
    """JSON without the letters that end a line for some readers, though not by the standard."""
    for letter in ("\u0085", "\u2028", "\u2029"):
        json = json.replace(letter.encode(), b"\\u%04x" % ord(letter))
    return json


_encoder = msgspec.json.Encoder()
