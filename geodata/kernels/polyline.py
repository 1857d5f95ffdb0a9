"""Kernels that turn lines into encoded polylines and back.

The format: each coordinate as a whole number of 10^-precision degrees, the difference to the point
before, sign in the lowest bit, five bits a character from the lowest up, bit 0x20 on every
character but the last, plus 63 (Google, "Encoded Polyline Algorithm Format"). Latitude comes first.
"""

import numpy as np
from numba import njit

MAX_CHARACTERS = 14
"""Longest text of one point: two differences of at most 32 bits and a sign, 5 bits a character."""


@njit(cache=True, nogil=True)
def whole_units(value_e7, unit_e7):
    """Coordinate in units of ``unit_e7`` (100 for five decimals, 10 for six), rounded."""
    half = unit_e7 // 2
    if value_e7 >= 0:
        return (np.int64(value_e7) + half) // unit_e7
    return -((-np.int64(value_e7) + half) // unit_e7)


@njit(cache=True, nogil=True)
def _write_difference(difference, text, count):
    value = difference << 1
    if difference < 0:
        value = ~value
    while value >= 0x20:
        text[count] = (0x20 | (value & 0x1F)) + 63
        count += 1
        value >>= 5
    text[count] = value + 63
    return count + 1


@njit(cache=True, nogil=True)
def encode_points(lon_e7, lat_e7, first, last, unit_e7, text, count):
    """Points ``first`` to ``last``, both included, into ``text`` from ``count`` on: new count."""
    lat_before = np.int64(0)
    lon_before = np.int64(0)
    for point in range(first, last + 1):
        lat = whole_units(lat_e7[point], unit_e7)
        lon = whole_units(lon_e7[point], unit_e7)
        count = _write_difference(lat - lat_before, text, count)
        count = _write_difference(lon - lon_before, text, count)
        lat_before = lat
        lon_before = lon
    return count


@njit(cache=True, nogil=True)
def encode_runs(lon_e7, lat_e7, run_first, run_last, unit_e7, as_lines):
    """Several runs of points, each a polyline of its own: (uint8 text, int64[run + 1] offsets).

    ``as_lines``: a single point is written twice, because a line has two.
    """
    points = 0
    for run in range(len(run_first)):
        points += run_last[run] - run_first[run] + 2
    text = np.empty(points * MAX_CHARACTERS, np.uint8)
    offset = np.zeros(len(run_first) + 1, np.int64)
    for run in range(len(run_first)):
        count = encode_points(
            lon_e7, lat_e7, run_first[run], run_last[run], unit_e7, text, offset[run]
        )
        if as_lines and run_first[run] == run_last[run]:
            count = _write_difference(0, text, count)
            count = _write_difference(0, text, count)
        offset[run + 1] = count
    return text[: offset[-1]], offset


@njit(cache=True, nogil=True)
def decode_units(text, lon, lat):
    """Points of ``text`` into ``lon`` and ``lat``, in whole units: how many, or minus the place
    (counted from 1) of the character at which the text is no polyline."""
    position = 0
    count = 0
    total_lat = np.int64(0)
    total_lon = np.int64(0)
    while position < len(text):
        for axis in range(2):
            value = np.int64(0)
            shift = 0
            while True:
                if position >= len(text):
                    return -position - 1
                piece = np.int64(text[position]) - 63
                if piece < 0 or piece > 63 or shift > 35:
                    return -position - 1
                position += 1
                value |= (piece & 0x1F) << shift
                shift += 5
                if piece < 0x20:
                    break
            if value & 1:
                value = ~(value >> 1)
            else:
                value >>= 1
            if axis == 0:
                total_lat += value
            else:
                total_lon += value
        lat[count] = total_lat
        lon[count] = total_lon
        count += 1
    return count
