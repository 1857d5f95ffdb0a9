"""Kernels of the assembly: lengths, bearings, and which turns a junction offers.

Bare arrays in, bare arrays out; the wrappers in :mod:`geodata.assembly` check and name the units.
"""

import math

import numpy as np
from numba import njit

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG); the sphere that OSMnx and OSRM measure on, to 0.01 %."""

BEARING_REACH_M = 10.0
"""A bearing is taken to the point this far along the edge: the first segment alone is often a
drawing artefact of a metre or two, and farther out a curve is already turning away."""

DEGREES_PER_E7 = 1e-7
RADIANS_PER_E7 = DEGREES_PER_E7 * math.pi / 180.0


@njit(cache=True, nogil=True)
def distance_m(lon_a_e7, lat_a_e7, lon_b_e7, lat_b_e7):
    """Great-circle distance in metres between two points in 1e-7 degrees (haversine)."""
    lat_a = lat_a_e7 * RADIANS_PER_E7
    lat_b = lat_b_e7 * RADIANS_PER_E7
    half_lat = math.sin((lat_b - lat_a) * 0.5)
    half_lon = math.sin((np.int64(lon_b_e7) - np.int64(lon_a_e7)) * RADIANS_PER_E7 * 0.5)
    h = half_lat * half_lat + math.cos(lat_a) * math.cos(lat_b) * half_lon * half_lon
    return 2.0 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


@njit(cache=True, nogil=True)
def edge_lengths_m(first_point, lon_e7, lat_e7):
    """Length of each edge in metres: float32[edge]."""
    edge_count = len(first_point) - 1
    length_m = np.empty(edge_count, np.float32)
    for edge in range(edge_count):
        total = 0.0
        for point in range(first_point[edge], first_point[edge + 1] - 1):
            total += distance_m(lon_e7[point], lat_e7[point], lon_e7[point + 1], lat_e7[point + 1])
        length_m[edge] = total
    return length_m


@njit(cache=True, nogil=True)
def _bearing_from_end(lon_e7, lat_e7, start, stop, step):
    """Bearing in degrees, 0..359, from the point ``start`` towards the point that lies
    ``BEARING_REACH_M`` further on, walking by ``step`` until ``stop`` (inclusive)."""
    east = 0.0
    north = 0.0
    walked = 0.0
    narrowing = math.cos(lat_e7[start] * RADIANS_PER_E7)
    point = start
    while point != stop and walked < BEARING_REACH_M:
        following = point + step
        d_lon = np.int64(lon_e7[following]) - np.int64(lon_e7[point])
        d_lat = np.int64(lat_e7[following]) - np.int64(lat_e7[point])
        d_east = d_lon * RADIANS_PER_E7 * narrowing * EARTH_RADIUS_M
        d_north = d_lat * RADIANS_PER_E7 * EARTH_RADIUS_M
        length = math.sqrt(d_east * d_east + d_north * d_north)
        share = 1.0
        if walked + length > BEARING_REACH_M:
            share = (BEARING_REACH_M - walked) / length
        if east + d_east * share == 0.0 and north + d_north * share == 0.0 and walked > 0.0:
            break  # back at the start: keep the direction it was left in
        east += d_east * share
        north += d_north * share
        walked += length
        point = following
    if east == 0.0 and north == 0.0:
        return 0
    return int(math.degrees(math.atan2(east, north)) + 360.5) % 360


@njit(cache=True, nogil=True)
def arc_bearings_deg(first_point, lon_e7, lat_e7):
    """Bearings of both arcs of each edge, leaving the tail and reaching the head: two int16[arc],
    degrees clockwise from north, 0..359."""
    edge_count = len(first_point) - 1
    leaving = np.empty(2 * edge_count, np.int16)
    reaching = np.empty(2 * edge_count, np.int16)
    for edge in range(edge_count):
        first = first_point[edge]
        last = first_point[edge + 1] - 1
        out_of_first = _bearing_from_end(lon_e7, lat_e7, first, last, 1)
        out_of_last = _bearing_from_end(lon_e7, lat_e7, last, first, -1)
        leaving[2 * edge] = out_of_first
        reaching[2 * edge] = (out_of_last + 180) % 360
        leaving[2 * edge + 1] = out_of_last
        reaching[2 * edge + 1] = (out_of_first + 180) % 360
    return leaving, reaching


@njit(cache=True, nogil=True)
def arcs_by_node(node, node_count):
    """Arcs grouped by node: (first int32[node + 1], arcs int32[arc]), rising in each group."""
    first = np.zeros(node_count + 1, np.int32)
    for arc in range(len(node)):
        first[node[arc] + 1] += 1
    for index in range(node_count):
        first[index + 1] += first[index]
    place = first[:-1].copy()
    arcs = np.empty(len(node), np.int32)
    for arc in range(len(node)):
        arcs[place[node[arc]]] = arc
        place[node[arc]] += 1
    return first, arcs


@njit(cache=True, nogil=True)
def turn_modes(arc, following, node, arc_modes, blocked_modes, u_turn_modes):
    """Bits of the modes that may turn from ``arc`` onto ``following`` at ``node``."""
    if following == arc ^ 1:
        return u_turn_modes[arc]
    return arc_modes[arc] & arc_modes[following] & ~blocked_modes[node]


@njit(cache=True, nogil=True)
def count_turns(head, first_out, arcs_out, arc_modes, blocked_modes, u_turn_modes):
    """How many turns leave each arc, as the running total: int64[arc + 1]."""
    arc_count = len(head)
    first_turn = np.zeros(arc_count + 1, np.int64)
    for arc in range(arc_count):
        node = head[arc]
        count = 0
        if arc_modes[arc] != 0:
            for index in range(first_out[node], first_out[node + 1]):
                modes = turn_modes(
                    arc, arcs_out[index], node, arc_modes, blocked_modes, u_turn_modes
                )
                if modes != 0:
                    count += 1
        first_turn[arc + 1] = first_turn[arc] + count
    return first_turn


@njit(cache=True, nogil=True)
def list_turns(first_turn, head, first_out, arcs_out, arc_modes, blocked_modes, u_turn_modes):
    """The turns counted by :func:`count_turns`: (from int32[turn], to int32[turn], modes)."""
    turn_count = first_turn[-1]
    turn_from = np.empty(turn_count, np.int32)
    turn_to = np.empty(turn_count, np.int32)
    modes_of_turn = np.empty(turn_count, np.uint32)
    turn = 0
    for arc in range(len(head)):
        if arc_modes[arc] == 0:
            continue
        node = head[arc]
        for index in range(first_out[node], first_out[node + 1]):
            following = arcs_out[index]
            modes = turn_modes(arc, following, node, arc_modes, blocked_modes, u_turn_modes)
            if modes != 0:
                turn_from[turn] = arc
                turn_to[turn] = following
                modes_of_turn[turn] = modes
                turn += 1
    return turn_from, turn_to, modes_of_turn


@njit(cache=True, nogil=True)
def group_by_value(values, value_count):
    """Indices grouped by value: (first int32[value + 1], indices int32), rising in each group."""
    return arcs_by_node(values, value_count)
