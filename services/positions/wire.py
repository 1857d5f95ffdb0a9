"""A batch of positions as callers write it, read strictly.

One bad position does not spoil a batch: when the batch as a whole does not have its form, each
position is read by itself, and those that cannot be read are told with their reason.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from dispatch.responders import KIND_NAMES, MODE_NAMES, STATUS_CODES
from services.accepted_words import with_accepted_words
from services.errors import ProblemError
from services.http.bodies import Decoder
from services.road_changes import Crs, Latitude, Longitude

KindName = Literal[tuple(KIND_NAMES)]  # type: ignore[valid-type]
ModeName = Literal[tuple(MODE_NAMES)]  # type: ignore[valid-type]
StatusName = Literal[tuple(STATUS_CODES)]  # type: ignore[valid-type]

ResponderId = Annotated[str, Meta(min_length=1, max_length=128)]
Capability = Annotated[str, Meta(min_length=1, max_length=64)]
Capabilities = Annotated[list[Capability], Meta(max_length=32)]
Moment = float | Annotated[datetime.datetime, Meta(tz=True)]
"""UTC seconds since 1970, or ISO 8601 with its time zone."""


class PositionBody(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Where a responder was, and when."""

    id: ResponderId
    lon: Longitude
    lat: Latitude
    fixed_at: Moment
    accuracy_m: Annotated[float, Meta(ge=0.0, le=1e6)] | None = None
    kind: KindName | None = None
    """Needed for a responder that is not registered."""
    mode: ModeName | None = None
    """How they travel; none: as registered, or as their kind does."""
    status: StatusName | None = None
    """None: unchanged."""
    capabilities: Capabilities | None = None
    jurisdiction: str | None = None


class PositionsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A batch of positions."""

    positions: list[PositionBody]
    crs: Crs = "wgs84"
    jurisdiction: str | None = None
    """Of every position that does not say its own."""


class _Envelope(Struct, forbid_unknown_fields=True, kw_only=True):
    positions: list[msgspec.Raw]
    crs: Crs = "wgs84"
    jurisdiction: str | None = None


class Refused(Struct, frozen=True, omit_defaults=True):
    """A position that was not believed or could not be read."""

    index: int
    """Its place in the batch."""
    reason: str
    detail: str
    id: str | None = None


_batches = Decoder(PositionsBody)
_envelopes = Decoder(_Envelope)
_one_json = msgspec.json.Decoder(PositionBody)
_one_msgpack = msgspec.msgpack.Decoder(PositionBody)


def read_batch(
    body: bytes, format_: str, limit: int
) -> tuple[PositionsBody, Sequence[int], list[Refused]]:
    """The batch, the place in the body of each of its positions, and those that cannot be read.

    Raises ProblemError when there is no batch to read at all.
    """
    try:
        batch = _batches.decode(body, format_)
    except ProblemError as error:
        if error.name != "invalid-value":
            raise
        return _read_one_by_one(body, format_, limit)
    _check_length(len(batch.positions), limit)
    return batch, range(len(batch.positions)), []


def _read_one_by_one(
    body: bytes, format_: str, limit: int
) -> tuple[PositionsBody, Sequence[int], list[Refused]]:
    envelope = _envelopes.decode(body, format_)
    _check_length(len(envelope.positions), limit)
    decode = (_one_json if format_ == "json" else _one_msgpack).decode
    read: list[PositionBody] = []
    places: list[int] = []
    refused: list[Refused] = []
    for place, raw in enumerate(envelope.positions):
        try:
            read.append(decode(raw))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            refused.append(Refused(place, "malformed", _told(error), _id_in(raw, format_)))
        else:
            places.append(place)
    batch = PositionsBody(positions=read, crs=envelope.crs, jurisdiction=envelope.jurisdiction)
    return batch, places, refused


def _told(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "The position is nested too deeply."
    return with_accepted_words(str(error), PositionBody)


class _OnlyId(Struct):
    id: ResponderId


def _id_in(raw: msgspec.Raw, format_: str) -> str | None:
    """The id of a position that cannot be read, where at least that can."""
    decode: Any = msgspec.json.decode if format_ == "json" else msgspec.msgpack.decode
    try:
        return decode(raw, type=_OnlyId).id
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _check_length(count: int, limit: int) -> None:
    if count > limit:
        raise ProblemError(
            "invalid-value", f"A batch may have {limit} positions at most, not {count}."
        )
