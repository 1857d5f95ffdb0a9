"""Kernels that write numbers and the crossings of a route as JSON text.

They write into a uint8 buffer that the caller made large enough, from ``count`` on, and return the
new count. Coordinates come in 1e-7 degrees and go out with six decimals (11 cm).
"""

import numpy as np
from numba import njit

from geodata.kernels.guidance import UNREACHABLE_MS, may_turn

COORDINATE_CHARACTERS = 26
"""Longest text of one pair: ``[-180.000000,-90.000000],``."""

_LOCATION = np.frombuffer(b'{"location":', np.uint8)
_BEARINGS = np.frombuffer(b',"bearings":[', np.uint8)
_ENTRY = np.frombuffer(b'],"entry":[', np.uint8)
_IN = np.frombuffer(b',"in":', np.uint8)
_OUT = np.frombuffer(b',"out":', np.uint8)
_TRUE = np.frombuffer(b"true", np.uint8)
_FALSE = np.frombuffer(b"false", np.uint8)
_CLASSES = np.frombuffer(b',"classes":[', np.uint8)
_MOTORWAY = np.frombuffer(b'"motorway",', np.uint8)
_TOLL = np.frombuffer(b'"toll",', np.uint8)
_TUNNEL = np.frombuffer(b'"tunnel",', np.uint8)
_FERRY = np.frombuffer(b'"ferry",', np.uint8)
_RESTRICTED = np.frombuffer(b'"restricted",', np.uint8)

COMMA, DOT, MINUS, ZERO = 44, 46, 45, 48
OPEN_LIST, CLOSE_LIST, CLOSE_OBJECT = 91, 93, 125

IS_MOTORWAY, IS_TOLL, IS_TUNNEL, IS_FERRY, IS_RESTRICTED = 1, 2, 4, 8, 16

MAX_CLASSES_CHARACTERS = 70
MAX_ROADS = 64
"""Roads of one junction that are written; no mapped junction comes near."""


@njit(cache=True, nogil=True)
def _write(piece, text, count):
    for index in range(len(piece)):
        text[count + index] = piece[index]
    return count + len(piece)


@njit(cache=True, nogil=True)
def write_whole(number, text, count):
    """A whole number."""
    if number < 0:
        text[count] = MINUS
        count += 1
        number = -number
    digits = 1
    limit = np.int64(10)
    while number >= limit and digits < 18:
        digits += 1
        limit *= 10
    for place in range(digits - 1, -1, -1):
        text[count + place] = ZERO + number % 10
        number //= 10
    return count + digits


@njit(cache=True, nogil=True)
def write_decimal(units, decimals, text, count):
    """A number given in units of 10^-decimals, without trailing zeros."""
    if units < 0:
        text[count] = MINUS
        count += 1
        units = -units
    scale = np.int64(10) ** decimals
    count = write_whole(units // scale, text, count)
    rest = units % scale
    if rest == 0:
        return count
    text[count] = DOT
    count += 1
    while rest > 0:
        scale //= 10
        text[count] = ZERO + rest // scale
        count += 1
        rest %= scale
    return count


@njit(cache=True, nogil=True)
def _micro(value_e7):
    if value_e7 >= 0:
        return (np.int64(value_e7) + 5) // 10
    return -((-np.int64(value_e7) + 5) // 10)


@njit(cache=True, nogil=True)
def write_pair(lon_e7, lat_e7, text, count):
    """``[lon,lat]`` in degrees."""
    text[count] = OPEN_LIST
    count = write_decimal(_micro(lon_e7), 6, text, count + 1)
    text[count] = COMMA
    count = write_decimal(_micro(lat_e7), 6, text, count + 1)
    text[count] = CLOSE_LIST
    return count + 1


@njit(cache=True, nogil=True)
def coordinate_lists(lon_e7, lat_e7, run_first, run_last):
    """Runs of points as JSON lists of pairs: (uint8 text, int64[run + 1] offsets).

    A single point is written twice, because a line has two.
    """
    size = 0
    for run in range(len(run_first)):
        size += (run_last[run] - run_first[run] + 2) * COORDINATE_CHARACTERS + 2
    text = np.empty(size, np.uint8)
    offset = np.zeros(len(run_first) + 1, np.int64)
    count = 0
    for run in range(len(run_first)):
        text[count] = OPEN_LIST
        count += 1
        for point in range(run_first[run], run_last[run] + 1):
            count = write_pair(lon_e7[point], lat_e7[point], text, count)
            text[count] = COMMA
            count += 1
        if run_first[run] == run_last[run]:
            count = write_pair(lon_e7[run_first[run]], lat_e7[run_first[run]], text, count) + 1
        text[count - 1] = CLOSE_LIST
        offset[run + 1] = count
    return text[:count], offset


@njit(cache=True, nogil=True)
def decimal_list(values, decimals):
    """Numbers as a JSON list, rounded to ``decimals``: uint8 text."""
    text = np.empty(len(values) * 24 + 2, np.uint8)
    scale = 10.0**decimals
    text[0] = OPEN_LIST
    count = 1
    for index in range(len(values)):
        count = write_decimal(np.int64(round(values[index] * scale)), decimals, text, count)
        text[count] = COMMA
        count += 1
    if len(values) > 0:
        count -= 1
    text[count] = CLOSE_LIST
    return text[: count + 1]


@njit(cache=True, nogil=True)
def road_classes(arcs, edge_class, edge_flags, zone, motorway, ferry, toll_flag, tunnel_flag):
    """What is special about each arc of a path, as bits: uint8[arc]."""
    bits = np.zeros(len(arcs), np.uint8)
    for index in range(len(arcs)):
        edge = arcs[index] >> 1
        found = 0
        if edge_class[edge] == motorway or edge_class[edge] == motorway + 1:
            found |= IS_MOTORWAY
        if edge_flags[edge] & toll_flag:
            found |= IS_TOLL
        if edge_flags[edge] & tunnel_flag:
            found |= IS_TUNNEL
        if edge_class[edge] == ferry:
            found |= IS_FERRY
        if zone[arcs[index]] >= 0:
            found |= IS_RESTRICTED
        bits[index] = found
    return bits


@njit(cache=True, nogil=True)
def _write_classes(bits, text, count):
    if bits == 0:
        return count
    count = _write(_CLASSES, text, count)
    if bits & IS_TOLL:
        count = _write(_TOLL, text, count)
    if bits & IS_MOTORWAY:
        count = _write(_MOTORWAY, text, count)
    if bits & IS_TUNNEL:
        count = _write(_TUNNEL, text, count)
    if bits & IS_FERRY:
        count = _write(_FERRY, text, count)
    if bits & IS_RESTRICTED:
        count = _write(_RESTRICTED, text, count)
    text[count - 1] = CLOSE_LIST
    return count


@njit(cache=True, nogil=True)
def _write_end(lon_e7, lat_e7, bearing, label, classes, text, count):
    """A crossing with one road: where a leg starts (label ``out``) or ends (``in``)."""
    text[count] = OPEN_LIST
    count = _write(_LOCATION, text, count + 1)
    count = write_pair(lon_e7, lat_e7, text, count)
    count = _write(_BEARINGS, text, count)
    count = write_whole(np.int64(bearing), text, count)
    count = _write(_ENTRY, text, count)
    count = _write(_TRUE, text, count)
    text[count] = CLOSE_LIST
    count = _write(label, text, count + 1)
    text[count] = ZERO
    count = _write_classes(classes, text, count + 1)
    text[count] = CLOSE_OBJECT
    return count + 1


@njit(cache=True, nogil=True)
def crossings(
    arcs,
    step_arc,
    depart_bearing,
    arrive_bearing,
    lon_e7,
    lat_e7,
    first_point,
    classes,
    arc_tail,
    start_bearing,
    first_out,
    out_arcs,
    travel_time_ms,
    first_turn,
    turn_to,
    turn_cost,
    arc_base,
):
    """The ``intersections`` of each step of a leg: (uint8 text, int64[step + 1] offsets).

    ``step_arc`` holds the arc each step begins with, and the count of arcs for the arrival. The
    first crossing of a step is where its manoeuvre is; after it come the nodes where more than two
    roads of the mode meet or the kind of road changes.
    """
    arc_count = len(arcs)
    size = 4 * 256 + len(step_arc) * 4
    for index in range(arc_count):
        node = arc_tail[arcs[index]]
        roads = min(MAX_ROADS, first_out[node + 1] - first_out[node] + 1)
        size += 130 + MAX_CLASSES_CHARACTERS + roads * 10
    text = np.empty(size, np.uint8)
    offset = np.zeros(len(step_arc) + 1, np.int64)
    roads = np.empty(MAX_ROADS, np.int32)
    bearings = np.empty(MAX_ROADS, np.int64)
    count = _write_end(lon_e7[0], lat_e7[0], depart_bearing, _OUT, classes[0], text, 0)
    step = 0
    for index in range(1, arc_count):
        begins = step + 1 < len(step_arc) and step_arc[step + 1] == index
        back = arcs[index - 1] ^ 1
        node = arc_tail[arcs[index]]
        found = 0
        for place in range(first_out[node], first_out[node + 1]):
            road = out_arcs[place]
            if (
                travel_time_ms[road] >= UNREACHABLE_MS
                and travel_time_ms[road ^ 1] >= UNREACHABLE_MS
            ) or found == MAX_ROADS:
                continue
            bearing = np.int64(start_bearing[road])
            slot = found
            while slot > 0 and bearings[slot - 1] > bearing:
                bearings[slot] = bearings[slot - 1]
                roads[slot] = roads[slot - 1]
                slot -= 1
            bearings[slot] = bearing
            roads[slot] = road
            found += 1
        if not begins and found <= 2 and classes[index] == classes[index - 1]:
            continue
        if begins:
            text[count] = CLOSE_LIST
            count += 1
            step += 1
            offset[step] = count
            text[count] = OPEN_LIST
        else:
            text[count] = COMMA
        count = _write(_LOCATION, text, count + 1)
        point = first_point[index]
        count = write_pair(lon_e7[point], lat_e7[point], text, count)
        count = _write(_BEARINGS, text, count)
        way_in = 0
        way_out = 0
        for slot in range(found):
            count = write_whole(bearings[slot], text, count)
            text[count] = COMMA
            count += 1
            if roads[slot] == back:
                way_in = slot
            if roads[slot] == arcs[index]:
                way_out = slot
        count = _write(_ENTRY, text, count - 1)
        for slot in range(found):
            road = roads[slot]
            open_to_us = slot == way_out or (
                travel_time_ms[road] < UNREACHABLE_MS
                and may_turn(arcs[index - 1], road, first_turn, turn_to, turn_cost, arc_base)
            )
            count = _write(_TRUE if open_to_us else _FALSE, text, count)
            text[count] = COMMA
            count += 1
        text[count - 1] = CLOSE_LIST
        count = _write(_IN, text, count)
        count = write_whole(np.int64(way_in), text, count)
        count = _write(_OUT, text, count)
        count = write_whole(np.int64(way_out), text, count)
        count = _write_classes(classes[index], text, count)
        text[count] = CLOSE_OBJECT
        count += 1
    text[count] = CLOSE_LIST
    count += 1
    step += 1
    offset[step] = count
    last = len(lon_e7) - 1
    count = _write_end(
        lon_e7[last], lat_e7[last], (arrive_bearing + 180) % 360, _IN, 0, text, count
    )
    text[count] = CLOSE_LIST
    count += 1
    offset[step + 1] = count
    return text[:count], offset
