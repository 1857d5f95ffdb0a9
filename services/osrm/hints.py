"""Hints: where a coordinate met the road last time, so that the next request need not look.

A hint is 28 bytes in URL-safe base64: which map, which coordinate, which edge, where on it. One
that belongs to another map or another coordinate is passed over, as OSRM does.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

from geodata.network import E7, RoadNetwork

_FORM = struct.Struct("<IiiidI")
_FORM_VERSION = 1


def map_tag(network: RoadNetwork) -> int:
    """A number that tells this map from others, for hints only."""
    summary = (
        _FORM_VERSION,
        network.title,
        network.node_count,
        network.edge_count,
        network.turn_count,
        int(network.node_cell[0]) if network.node_count else 0,
        int(network.node_cell[-1]) if network.node_count else 0,
    )
    return zlib.crc32(repr(summary).encode())


def make_hint(tag: int, lon: float, lat: float, edge: int, fraction: float) -> str:
    """The hint of a coordinate that was found on an edge."""
    body = (round(lon * E7), round(lat * E7), edge, fraction)
    check = zlib.crc32(struct.pack("<iiid", *body), tag)
    return base64.urlsafe_b64encode(_FORM.pack(tag, *body, check)).decode("ascii")


def read_hint(
    text: str, tag: int, lon: float, lat: float, network: RoadNetwork
) -> tuple[int, float] | None:
    """Edge and fraction; None where it is no hint of ours for this map and coordinate."""
    try:
        found = _FORM.unpack(base64.urlsafe_b64decode(text))
    except (binascii.Error, struct.error, ValueError):
        return None
    found_tag, lon_e7, lat_e7, edge, fraction, check = found
    if (
        found_tag != tag
        or check != zlib.crc32(struct.pack("<iiid", lon_e7, lat_e7, edge, fraction), tag)
        or (lon_e7, lat_e7) != (round(lon * E7), round(lat * E7))
        or not 0 <= edge < network.edge_count
        or not 0.0 <= fraction <= 1.0
    ):
        return None
    return edge, fraction
