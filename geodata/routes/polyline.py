"""Encoded polylines: a line as a short text, the way OSRM and most map clients write it."""

from __future__ import annotations

import numpy as np

from geodata.errors import RequestError
from geodata.kernels.polyline import decode_units, encode_runs
from geodata.network import E7

PRECISIONS = (5, 6)
"""Decimals of a degree that clients speak: 5 (about 1 m) and 6 (about 10 cm)."""


def encode_polyline(lon_deg: np.ndarray, lat_deg: np.ndarray, precision: int = 5) -> str:
    """The line through these points, in degrees, as an encoded polyline."""
    lon_e7 = np.rint(np.asarray(lon_deg, dtype=np.float64) * E7).astype(np.int32)
    lat_e7 = np.rint(np.asarray(lat_deg, dtype=np.float64) * E7).astype(np.int32)
    if len(lon_e7) == 0:
        return ""
    first = np.zeros(1, np.int64)
    last = np.array([len(lon_e7) - 1], np.int64)
    text, _ = encode_runs(lon_e7, lat_e7, first, last, unit_e7(precision), False)
    return text.tobytes().decode("ascii")


def decode_polyline(text: str, precision: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of an encoded polyline: two float64[point], degrees.

    Raises RequestError where the text is not a polyline or leaves the globe.
    """
    units_per_degree = E7 // unit_e7(precision)
    if not text.isascii():
        raise RequestError("A polyline is made of the ASCII characters from '?' to '~' only.")
    data = np.frombuffer(text.encode("ascii"), np.uint8)
    lon = np.empty(len(data) // 2 + 1, np.int64)
    lat = np.empty(len(data) // 2 + 1, np.int64)
    count = decode_units(data, lon, lat)
    if count < 0:
        raise RequestError(
            f"The polyline breaks off or holds a character that it may not at place {-count}; "
            "send it unshortened and URL-encoded."
        )
    lon_deg = lon[:count] / units_per_degree
    lat_deg = lat[:count] / units_per_degree
    if count and (np.abs(lat_deg).max() > 90 or np.abs(lon_deg).max() > 180):
        raise RequestError(
            "The polyline leaves -90..90 degrees north or -180..180 degrees east: was it written "
            f"with another precision than {precision}?"
        )
    return lon_deg, lat_deg


def unit_e7(precision: int) -> int:
    """Size of a polyline's unit in 1e-7 degrees."""
    if precision not in PRECISIONS:
        raise RequestError(f"Polylines have a precision of 5 or 6 decimals, not {precision}.")
    return 10 ** (7 - precision)
