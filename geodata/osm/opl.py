"""Objects of a map file as lines of text, with little Python per object.

The parser hands on what it picked in libosmium's line format (OPL: one object a line, fields apart
by spaces, ``w5 v1 dV Thighway=residential Nn1,n2``). Splitting such a line takes a microsecond,
asking an object for each tag and each point ten times that; and equal tags are equal bytes, so
their verdict can be looked up before anything is decoded.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

_ESCAPED = re.compile(r"%([0-9a-fA-F]{1,6})%")
_VISIBLE = b"dV"
_E7 = 10_000_000


class OplNode(NamedTuple):
    """A node with a position."""

    osm_id: int
    version: int
    tags: bytes
    lon_e7: int
    lat_e7: int


class OplWay(NamedTuple):
    """A way as it stands in its line."""

    osm_id: int
    version: int
    tags: bytes
    """``highway=residential,name=...``, to be decoded by :func:`decode_tags`."""
    refs: bytes
    """``n1,n2,n3``, to be decoded by :func:`decode_refs`."""


class OplRelation(NamedTuple):
    """A relation as it stands in its line."""

    osm_id: int
    version: int
    tags: bytes
    members: bytes
    """``w5@from,n2@via``, to be decoded by :func:`decode_members`."""


def read_line(line: bytes) -> OplWay | OplRelation | None:
    """The way or relation in a line; None where it is deleted."""
    osm_id, version, visible, tags, rest = line[:-1].split(b" ")
    if visible != _VISIBLE:
        return None
    kind = OplWay if line[:1] == b"w" else OplRelation
    return kind(int(osm_id[1:]), int(version[1:]), tags[1:], rest[1:])


def read_node_line(line: bytes) -> OplNode | None:
    """The node in a line; None where it is deleted or stands nowhere."""
    osm_id, version, visible, tags, lon, lat = line[:-1].split(b" ")
    if visible != _VISIBLE or len(lon) < 2 or len(lat) < 2:
        return None
    return OplNode(
        int(osm_id[1:]),
        int(version[1:]),
        tags[1:],
        round(float(lon[1:]) * _E7),
        round(float(lat[1:]) * _E7),
    )


def decode_tags(tags: bytes) -> dict[str, str]:
    """Key -> value."""
    if not tags:
        return {}
    pairs = (pair.split("=") for pair in tags.decode("utf-8").split(","))
    return {_unescaped(key): _unescaped(value) for key, value in pairs}


def decode_refs(refs: bytes) -> np.ndarray:
    """int64[ref], OSM node ids; several ways' refs may be joined by commas."""
    numbers = refs.replace(b"n", b"").decode("ascii")
    return np.fromstring(numbers, dtype=np.int64, sep=",") if numbers else np.empty(0, np.int64)


def decode_members(members: bytes) -> tuple[tuple[str, int, str], ...]:
    """(type "n" | "w" | "r", OSM id, role) of each member."""
    if not members:
        return ()
    pairs = (member.split("@") for member in members.decode("utf-8").split(","))
    return tuple([(ref[0], int(ref[1:]), _unescaped(role)) for ref, role in pairs])


def _unescaped(text: str) -> str:
    """OPL writes most characters that are not plain letters as ``%hex%``."""
    if "%" not in text:
        return text
    # a lone surrogate could be a str but never be written as UTF-8 again
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), text).encode().decode()
