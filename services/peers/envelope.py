"""A message between two centres as it travels: one CloudEvent in structured JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from services.events.cloud_events import TYPE_PREFIX, TYPE_SUFFIX, type_name
from services.jurisdictions import JURISDICTION_LIMIT_CHARACTERS

SOURCE_PREFIX = "/centres/"
ID_PATTERN = r"^[A-Za-z0-9_-]{1,36}$"
MESSAGE_LIMIT_BYTES = 256 * 1024
"""Longest message that is read: some hundred checkpoints and a polygon."""
BIGGEST_NUMBER = 2**31 - 1
"""A whole number in CloudEvents has 32 bits."""

Reference = Annotated[str, Meta(pattern=ID_PATTERN)]
Centre = Annotated[str, Meta(min_length=1, max_length=JURISDICTION_LIMIT_CHARACTERS)]


class Envelope(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A message."""

    specversion: Literal["1.0"] = "1.0"
    id: Reference
    """Of the message, the same in every attempt."""
    source: Annotated[str, Meta(min_length=1, max_length=len(SOURCE_PREFIX) + 128)]
    """Who sends it: ``/centres/<centre>``."""
    type: Annotated[str, Meta(min_length=1, max_length=96)]
    """``forestall.<what it tells>.v1``"""
    subject: Reference
    """Which case, by the id that it has in the centre that leads it first."""
    time: Annotated[datetime, Meta(tz=True)]
    """When it was written."""
    datacontenttype: Literal["application/json"] = "application/json"
    recipient: Centre
    """Extension: which centre it is for."""
    number: Annotated[int, Meta(ge=1, le=BIGGEST_NUMBER)]
    """Extension: 1 for the sender's first message to this recipient about the case, and so on."""
    data: msgspec.Raw

    @property
    def sender(self) -> str:
        """The centre that sends it."""
        return self.source.removeprefix(SOURCE_PREFIX)

    @property
    def kind(self) -> str:
        """What it tells, such as ``interception.requested``."""
        return self.type.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX)


def written(
    message_id: str, sender: str, recipient: str, kind: str, subject: str, number: int,
    data: Any, at_s: float,
) -> str:  # fmt: skip
    """The text of a message."""
    envelope = Envelope(
        id=message_id,
        source=SOURCE_PREFIX + sender,
        type=type_name(kind),
        subject=subject,
        time=datetime.fromtimestamp(at_s, UTC),
        recipient=recipient,
        number=number,
        data=msgspec.Raw(msgspec.json.encode(data)),
    )
    return msgspec.json.encode(envelope).decode()


read = msgspec.json.Decoder(Envelope).decode
"""The message of a text. Raises msgspec.DecodeError with what is wrong and where."""
