"""The position of one phone, as tracking apps send it (the OsmAnd form of Traccar's clients).

Three spellings of the same: a query string, a form, or (Traccar Client since 2025) JSON. Speeds and
batteries are not read: what is not needed is not taken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from services.errors import ProblemError

FIRST_MILLISECOND_S = 1e11
"""A larger time stamp counts milliseconds: as seconds it would be the year 5138."""


class PhonePosition(msgspec.Struct, frozen=True):
    """What a phone said. ``fixed_at_s`` is None where it said no time."""

    secret: str
    lon: float
    lat: float
    fixed_at_s: float | None
    accuracy_m: float | None


class _Coords(msgspec.Struct):
    latitude: float
    longitude: float
    accuracy: float | None = None


class _Location(msgspec.Struct):
    timestamp: str | float
    coords: _Coords


class _Report(msgspec.Struct):
    device_id: str
    location: _Location


_report = msgspec.json.Decoder(_Report)


def read_phone(query: str, content_type: str, body: bytes) -> PhonePosition:
    """The position in a request. Raises ProblemError."""
    if content_type == "application/json" and body:
        return _from_json(body)
    fields = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=64))
    if content_type == "application/x-www-form-urlencoded" and body:
        try:
            fields |= dict(
                parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=64)
            )
        except (UnicodeDecodeError, ValueError):
            raise ProblemError("malformed-request", "The form cannot be read.") from None
    return _from_fields(fields)


def _from_json(body: bytes) -> PhonePosition:
    try:
        report = _report.decode(body)
    except msgspec.ValidationError as error:
        raise ProblemError("invalid-value", str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise ProblemError("malformed-request", "The body is not JSON.") from None
    coords = report.location.coords
    return _checked(
        report.device_id,
        coords.longitude,
        coords.latitude,
        str(report.location.timestamp),
        coords.accuracy,
    )


def _from_fields(fields: Mapping[str, str]) -> PhonePosition:
    lon, lat = fields.get("lon"), fields.get("lat")
    if lon is None and lat is None and "location" in fields:
        lat, _, lon = fields["location"].partition(",")
    return _checked(
        fields.get("id") or fields.get("deviceid") or "",
        _number("lon", lon),
        _number("lat", lat),
        fields.get("timestamp", ""),
        _number("accuracy", fields["accuracy"]) if fields.get("accuracy") else None,
    )


def _checked(
    secret: str, lon: float, lat: float, timestamp: str, accuracy_m: float | None
) -> PhonePosition:
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise ProblemError("invalid-value", "'lon' is -180..180 and 'lat' is -90..90, in degrees.")
    if accuracy_m is not None and not 0.0 <= accuracy_m < math.inf:
        accuracy_m = None
    return PhonePosition(secret, lon, lat, _seconds(timestamp), accuracy_m)


def _number(name: str, text: Any) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise ProblemError("invalid-value", f"'{name}' must be a number.")
    return value


def _seconds(text: str) -> float | None:
    """UTC seconds of a time stamp: seconds, milliseconds or ISO 8601; None for none."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ProblemError(
                "invalid-value", "'timestamp' is seconds or milliseconds since 1970, or ISO 8601."
            ) from None
        # The protocol's times without a zone are UTC.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(value):
        raise ProblemError("invalid-value", "'timestamp' must be a number.")
    return value / 1000 if abs(value) > FIRST_MILLISECOND_S else value
