"""Reads the address of a routing request as OSRM's server reads it.

The whole address is percent-decoded once and then read from left to right, because an encoded
polyline may contain a question mark. Codes and the wording of messages are OSRM's, since clients
look at them; the positions in ``InvalidQuery`` count characters of the decoded address.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from geodata.errors import RequestError
from geodata.routes.polyline import decode_polyline
from services.errors import OsrmError

SERVICES = ("route", "table", "nearest")
PROFILE_ALIASES = {
    "driving": "car",
    "bike": "ebike",
    "bicycle": "ebike",
    "cycling": "ebike",
    "walking": "foot",
}
"""Profile names that OSRM's clients send, and the mode each means here."""

_WORD = r"[A-Za-z0-9_.:~-]+"
_ADDRESS_PARTS = (
    re.compile("/"),
    re.compile(_WORD),
    re.compile("/"),
    re.compile("v"),
    re.compile(r"[0-9]+"),
    re.compile("/"),
    re.compile(_WORD),
    re.compile("/"),
    re.compile(r"[A-Za-z0-9_.:~&(),;=?@\[\\\]^`{|}-]+"),
)
"""An address part by part; the last one is the coordinates and the options."""
_NUMBER = r"-?(?:[0-9]+(?:\.[0-9]+|\.(?![a-z]))?|\.[0-9]+)(?:[eE]-?[0-9]+)?"
_ONE_NUMBER = re.compile(_NUMBER)
_POLYLINE = re.compile(r"polyline(6?)\(([?-~]*)\)")
_FORMAT = re.compile(r"\.(\w+)")
_OPTION = re.compile(r"(\w+)=([^&]*)")


@dataclass(frozen=True, slots=True)
class Bearing:
    """The direction in which a road must lead away, and how far it may differ either way."""

    bearing_deg: int
    range_deg: int


@dataclass(frozen=True, slots=True)
class RoutingQuery:
    """What a request asks for. Lists have one entry per coordinate, or are empty."""

    service: str
    profile: str
    lon: tuple[float, ...]
    lat: tuple[float, ...]
    radiuses_m: tuple[float | None, ...] = ()
    bearings: tuple[Bearing | None, ...] = ()
    hints: tuple[str | None, ...] = ()
    approaches: tuple[str | None, ...] = ()
    exclude: tuple[str, ...] = ()
    generate_hints: bool = True
    skip_waypoints: bool = False
    snapping: str = "default"
    # route
    alternatives: int = 0
    steps: bool = False
    annotations: tuple[str, ...] = ()
    geometries: str = "polyline"
    overview: str = "simplified"
    continue_straight: bool | None = None
    waypoints: tuple[int, ...] = ()
    language: str | None = None
    # table; empty sources or destinations mean all coordinates
    sources: tuple[int, ...] = ()
    destinations: tuple[int, ...] = ()
    fallback_speed_mps: float | None = None
    fallback_coordinate: str = "input"
    scale_factor: float = 1.0
    # nearest
    number: int = 1

    @property
    def mode(self) -> str:
        """The mode of travel that the profile means."""
        return PROFILE_ALIASES.get(self.profile, self.profile)


class _Malformed(Exception):
    """An option's value cannot be read."""


def parse_address(raw_path: bytes, raw_query: bytes) -> RoutingQuery:
    """The question in an address. Raises OsrmError for everything OSRM would refuse unread."""
    address = unquote(
        (raw_path + (b"?" + raw_query if raw_query else b"")).decode("latin-1"), errors="replace"
    )
    _, service, _, _, version, _, profile, _, rest = _address_parts(address)
    if service not in SERVICES:
        raise OsrmError("InvalidService", f"Service {service} not found!")
    if version.lstrip("0") != "1":
        raise OsrmError("InvalidVersion", f"Service version {version} not found!")
    start = len(address) - len(rest)
    lon, lat, used = _coordinates(rest, start)
    values = _options(rest, used, start, service)
    query = RoutingQuery(service=service, profile=profile, lon=lon, lat=lat, **values)
    _check(query)
    return query


def _address_parts(address: str) -> list[str]:
    """What each of ``_ADDRESS_PARTS`` matched, all of the address together."""
    parts: list[str] = []
    used = 0
    for form in _ADDRESS_PARTS:
        part = form.match(address, used)
        if part is None:
            break
        parts.append(part[0])
        used = part.end()
    if len(parts) < len(_ADDRESS_PARTS) or used < len(address):
        around = address[max(0, used - 3) : used + 3]
        raise OsrmError("InvalidUrl", f'URL string malformed close to position {used}: "{around}"')
    return parts


def _malformed_at(position: int) -> OsrmError:
    return OsrmError("InvalidQuery", f"Query string malformed close to position {position}")


def _coordinates(rest: str, start: int) -> tuple[tuple[float, ...], tuple[float, ...], int]:
    """Longitudes and latitudes of the address, and how many characters they took."""
    if encoded := _POLYLINE.match(rest):
        try:
            lon, lat = decode_polyline(encoded[2], precision=6 if encoded[1] else 5)
        except RequestError:
            raise _malformed_at(start + encoded.start(2)) from None
        if len(lon) == 0:
            raise _malformed_at(start + encoded.start(2))
        return tuple(lon.tolist()), tuple(lat.tolist()), encoded.end()
    lon_list: list[float] = []
    lat_list: list[float] = []
    used = 0
    while True:
        lon_text = _ONE_NUMBER.match(rest, used)
        if lon_text is None:  # after a ";" it is that which is too much
            raise _malformed_at(start + max(used - 1, 0))
        comma = lon_text.end()
        if not rest.startswith(",", comma):
            raise _malformed_at(start + comma)
        lat_text = _ONE_NUMBER.match(rest, comma + 1)
        if lat_text is None:
            raise _malformed_at(start + comma + 1)
        lon_list.append(float(lon_text[0]))
        lat_list.append(float(lat_text[0]))
        used = lat_text.end()
        if not rest.startswith(";", used):
            return tuple(lon_list), tuple(lat_list), used
        used += 1


def _options(rest: str, used: int, start: int, service: str) -> dict[str, Any]:
    """Values of the options by field name."""
    if suffix := _FORMAT.match(rest, used):
        if suffix[1] == "flatbuffers":
            raise OsrmError("NotImplemented", "Only the format json is supported.")
        if suffix[1] != "json":
            raise _malformed_at(start + used)
        used = suffix.end()
    values: dict[str, Any] = {}
    if used == len(rest):
        return values
    if rest[used] != "?":
        raise _malformed_at(start + used)
    used += 1
    if used == len(rest):
        return values
    end = used  # of what has been understood
    while True:
        option = _OPTION.match(rest, used)
        if option is None:
            raise _malformed_at(start + end)
        reader = _COMMON_OPTIONS.get(option[1]) or _OPTIONS[service].get(option[1])
        if reader is None:
            raise _malformed_at(start + end)
        field, read = reader
        try:
            values[field] = read(option[2])
        except _Malformed:
            raise _malformed_at(start + option.start(2)) from None
        end = option.end()
        if end == len(rest):
            return values
        used = end + 1  # the "&"


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise _Malformed
    return text == "true"


def _one_of(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise _Malformed
        return text

    return read


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise _Malformed
    return int(text)


def _whole_or_negative(text: str) -> int:
    return -_whole(text[1:]) if text.startswith("-") else _whole(text)


def _number(text: str) -> float:
    if not _ONE_NUMBER.fullmatch(text):
        raise _Malformed
    return float(text)


def _each(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Reads ``a;;b`` as (a, None, b)."""

    def read_all(text: str) -> tuple[Any, ...]:
        return tuple(read(part) if part else None for part in text.split(";"))

    return read_all


def _radius_m(text: str) -> float:
    return math.inf if text == "unlimited" else _number(text)


def _bearing(text: str) -> Bearing:
    parts = text.split(",")
    if len(parts) != 2:
        raise _Malformed
    return Bearing(_whole_or_negative(parts[0]), _whole_or_negative(parts[1]))


def _hint(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+={0,2}", text):
        raise _Malformed
    return text


def _indices(text: str) -> tuple[int, ...]:
    return tuple(_whole(part) for part in text.split(";"))


def _indices_or_all(text: str) -> tuple[int, ...]:
    return () if text == "all" else _indices(text)


def _alternatives(text: str) -> int:
    return int(_flag(text)) if text in ("true", "false") else _whole(text)


_ROUTE_ANNOTATIONS = ("duration", "nodes", "distance", "weight", "datasources", "speed")


def _route_annotations(text: str) -> tuple[str, ...]:
    if text in ("true", "false"):
        return _ROUTE_ANNOTATIONS if text == "true" else ()
    return tuple(_one_of(*_ROUTE_ANNOTATIONS)(part) for part in text.split(","))


def _table_annotations(text: str) -> tuple[str, ...]:
    return tuple(_one_of("duration", "distance")(part) for part in text.split(","))


def _straight(text: str) -> bool | None:
    return None if text == "default" else _flag(text)


def _exclude(text: str) -> tuple[str, ...]:
    if not re.fullmatch(r"[\w-]+(?:,[\w-]+)*", text):
        raise _Malformed
    return tuple(text.split(","))


_COMMON_OPTIONS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "radiuses": ("radiuses_m", _each(_radius_m)),
    "bearings": ("bearings", _each(_bearing)),
    "hints": ("hints", _each(_hint)),
    "approaches": ("approaches", _each(_one_of("curb", "opposite", "unrestricted"))),
    "exclude": ("exclude", _exclude),
    "generate_hints": ("generate_hints", _flag),
    "skip_waypoints": ("skip_waypoints", _flag),
    "snapping": ("snapping", _one_of("default", "any")),
}

_OPTIONS: dict[str, dict[str, tuple[str, Callable[[str], Any]]]] = {
    "route": {
        "alternatives": ("alternatives", _alternatives),
        "steps": ("steps", _flag),
        "annotations": ("annotations", _route_annotations),
        "geometries": ("geometries", _one_of("polyline", "polyline6", "geojson")),
        "overview": ("overview", _one_of("simplified", "full", "by_legs", "false")),
        "continue_straight": ("continue_straight", _straight),
        "waypoints": ("waypoints", _indices),
        "language": ("language", _one_of("en", "zh")),
    },
    "table": {
        "sources": ("sources", _indices_or_all),
        "destinations": ("destinations", _indices_or_all),
        "annotations": ("annotations", _table_annotations),
        "fallback_speed": ("fallback_speed_mps", _number),
        "fallback_coordinate": ("fallback_coordinate", _one_of("input", "snapped")),
        "scale_factor": ("scale_factor", _number),
    },
    "nearest": {"number": ("number", _whole)},
}


def _check(query: RoutingQuery) -> None:
    """Refuse what can be read but makes no sense, in OSRM's order and words."""

    def invalid(message: str) -> OsrmError:
        return OsrmError("InvalidOptions", message)

    count = len(query.lon)
    for name, size in (
        ("hints", len(query.hints)),
        ("bearings", len(query.bearings)),
        ("radiuses", len(query.radiuses_m)),
        ("approaches", len(query.approaches)),
    ):
        if size and size != count:
            raise invalid(
                f"Number of elements in {name} size {size} does not match coordinate size {count}"
            )
    for bearing in query.bearings:
        if bearing is not None and not (
            0 <= bearing.bearing_deg <= 360 and 0 <= bearing.range_deg <= 180
        ):
            raise invalid("Bearings must be 0 to 360 with a range of 0 to 180.")
    for radius_m in query.radiuses_m:
        if radius_m is not None and not radius_m >= 0:
            raise invalid("Radiuses must not be negative.")
    if query.service != "nearest" and count < 2:
        raise invalid("Number of coordinates needs to be at least two.")
    if query.service == "nearest":
        if count != 1:
            raise invalid("Only one input coordinate is supported")
        if query.number < 1:
            raise invalid("Number of results must be at least one.")
    for name in ("sources", "destinations", "waypoints"):
        if any(index >= count for index in getattr(query, name)):
            raise invalid(f"Every index in {name} must be less than the coordinate size {count}")
    if query.waypoints and (
        len(query.waypoints) < 2 or query.waypoints[0] != 0 or query.waypoints[-1] != count - 1
    ):
        raise OsrmError(
            "InvalidValue", "First and last coordinates must be specified as waypoints."
        )
    if any(b <= a for a, b in itertools.pairwise(query.waypoints)):
        raise OsrmError("InvalidValue", "Waypoints must be in rising order.")
    if query.fallback_speed_mps is not None and not query.fallback_speed_mps > 0:
        raise invalid("fallback_speed must be > 0")
    if not query.scale_factor > 0:
        raise invalid("scale_factor must be > 0")
    if any(
        not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0)
        for lon, lat in zip(query.lon, query.lat, strict=True)
    ):
        if query.service == "route":
            raise OsrmError("InvalidValue", "Invalid coordinate value.")
        raise invalid("Coordinates are invalid")
