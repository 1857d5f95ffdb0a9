"""Kernels of a route's line: edges joined end to end, partial at both ends, timed and simplified.

Bare arrays in, bare arrays out; :mod:`geodata.routes` checks and names the units. Coordinates are
int32 of 1e-7 degrees throughout.
"""

import math

import numpy as np
from numba import njit

from geodata.kernels.assembly import distance_m

TURN_COST_BITS = 0x7FFF
TURN_FORBIDDEN = 0xFFFF
TURN_COST_UNIT_MS = 10

MERCATOR_CIRCUMFERENCE_M = 40_075_016.7
"""Length of the equator on the WGS-84 ellipsoid, the width of the Web Mercator world."""


@njit(cache=True, nogil=True)
def count_path_points(arcs, edge_first_point):
    """Points of all edges of a path together: an upper bound for the path's own points."""
    count = 2
    for index in range(len(arcs)):
        edge = arcs[index] >> 1
        count += edge_first_point[edge + 1] - edge_first_point[edge] + 1
    return count


@njit(cache=True, nogil=True)
def _cut(first, last, step, fraction, point_lon_e7, point_lat_e7):
    """Where ``fraction`` of the line from point ``first`` to ``last`` lies: the point before it
    (walking by ``step``), and the coordinates of the place itself."""
    total_m = 0.0
    point = first
    while point != last:
        total_m += distance_m(
            point_lon_e7[point],
            point_lat_e7[point],
            point_lon_e7[point + step],
            point_lat_e7[point + step],
        )
        point += step
    target_m = total_m * fraction
    walked_m = 0.0
    point = first
    while point != last:
        length_m = distance_m(
            point_lon_e7[point],
            point_lat_e7[point],
            point_lon_e7[point + step],
            point_lat_e7[point + step],
        )
        if length_m > 0.0 and walked_m + length_m >= target_m:
            share = min(1.0, max(0.0, (target_m - walked_m) / length_m))
            lon = (
                point_lon_e7[point]
                + (np.int64(point_lon_e7[point + step]) - np.int64(point_lon_e7[point])) * share
            )
            lat = (
                point_lat_e7[point]
                + (np.int64(point_lat_e7[point + step]) - np.int64(point_lat_e7[point])) * share
            )
            return point, np.int32(round(lon)), np.int32(round(lat))
        walked_m += length_m
        point += step
    return last, point_lon_e7[last], point_lat_e7[last]


@njit(cache=True, nogil=True)
def path_points(
    arcs,
    start_fraction,
    end_fraction,
    edge_first_point,
    point_lon_e7,
    point_lat_e7,
    lon_e7,
    lat_e7,
    source,
):
    """Points of a path into ``lon_e7`` and ``lat_e7``; where each arc starts among them.

    ``source`` gets the network's point that each is; at a partial end the next one outside it.

    ``arcs`` are base arcs. Returns int32[arc + 1]: arc ``i`` runs from point ``first[i]`` to point
    ``first[i + 1]``, both included, so that neighbours share a point. At least two points come out.
    """
    arc_count = len(arcs)
    first = np.empty(arc_count + 1, np.int32)
    count = 0
    for index in range(arc_count):
        edge = arcs[index] >> 1
        low = edge_first_point[edge]
        high = edge_first_point[edge + 1] - 1
        step = 1
        if arcs[index] & 1:
            low, high = high, low
            step = -1
        if index == 0:
            point, lon, lat = low, point_lon_e7[low], point_lat_e7[low]
            if start_fraction > 0.0:
                point, lon, lat = _cut(low, high, step, start_fraction, point_lon_e7, point_lat_e7)
            lon_e7[0] = lon
            lat_e7[0] = lat
            source[0] = point
            count = 1
            low = point
        first[index] = count - 1
        stop = high
        final_lon, final_lat = point_lon_e7[high], point_lat_e7[high]
        if index == arc_count - 1 and end_fraction < 1.0:
            begin = edge_first_point[edge]
            if step < 0:
                begin = edge_first_point[edge + 1] - 1
            stop, final_lon, final_lat = _cut(
                begin, high, step, end_fraction, point_lon_e7, point_lat_e7
            )
            if (stop - low) * step < 0:
                stop = low
        point = low
        while point != stop:
            point += step
            if point_lon_e7[point] != lon_e7[count - 1] or point_lat_e7[point] != lat_e7[count - 1]:
                lon_e7[count] = point_lon_e7[point]
                lat_e7[count] = point_lat_e7[point]
                source[count] = point
                count += 1
        if final_lon != lon_e7[count - 1] or final_lat != lat_e7[count - 1]:
            lon_e7[count] = final_lon
            lat_e7[count] = final_lat
            source[count] = stop if stop == high else stop + step
            count += 1
    if count == 1:
        source[1] = source[0]
        lon_e7[1] = lon_e7[0]
        lat_e7[1] = lat_e7[0]
        count = 2
    first[arc_count] = count - 1
    return first


@njit(cache=True, nogil=True)
def path_lengths_m(arcs, start_fraction, end_fraction, edge_length_m):
    """Metres of each arc of a path that are driven: float64[arc]."""
    arc_count = len(arcs)
    length_m = np.empty(arc_count, np.float64)
    for index in range(arc_count):
        share = 1.0
        if index == arc_count - 1:
            share = end_fraction
        if index == 0:
            share -= start_fraction
        length_m[index] = edge_length_m[arcs[index] >> 1] * max(0.0, share)
    return length_m


@njit(cache=True, nogil=True)
def turn_between(arc, following, arc_base, arc_next_copy, first_turn, turn_to, turn_cost):
    """Id of the turn from ``arc`` onto ``following`` or a copy of it, cheapest first; -1 if none.

    A path may name base arcs where it was searched on shadow arcs, so copies of ``arc`` are asked
    too when ``arc`` itself has no such turn.
    """
    target = arc_base[following]
    best = -1
    best_cost = TURN_FORBIDDEN
    asked = arc
    tried_base = False
    while asked >= 0:
        for turn in range(first_turn[asked], first_turn[asked + 1]):
            if arc_base[turn_to[turn]] == target and turn_cost[turn] != TURN_FORBIDDEN:
                cost = turn_cost[turn] & TURN_COST_BITS
                if best < 0 or cost < best_cost:
                    best = turn
                    best_cost = cost
        if best >= 0:
            return best
        if not tried_base:
            tried_base = True
            asked = arc_base[arc]
            if asked == arc:
                asked = arc_next_copy[arc]
        else:
            asked = arc_next_copy[asked]
    return best


@njit(cache=True, nogil=True)
def path_times_ms(
    arcs,
    start_fraction,
    end_fraction,
    duration_ms,
    travel_time_ms,
    arc_base,
    arc_next_copy,
    first_turn,
    turn_to,
    turn_cost,
):
    """When each arc of a path is begun and driven: two int64[arc + 1] and int64[arc], in ms.

    ``begun[i]`` is the time from the start to driving off on arc ``i``: waiting and turning belong
    to the arc before, where the driver waits. ``begun[-1]`` is exactly ``duration_ms``: what the
    search counted and the arrays do not hold (a speed of this request alone) is shared out in
    proportion. ``driven`` is the time on each arc without its turn.
    """
    arc_count = len(arcs)
    begun = np.zeros(arc_count + 1, np.int64)
    driven = np.zeros(arc_count, np.int64)
    for index in range(arc_count):
        whole = np.int64(travel_time_ms[arcs[index]])
        spent = whole
        if index == arc_count - 1:
            spent = np.int64(whole * end_fraction + 0.5)
        if index == 0:
            spent -= np.int64(whole * start_fraction + 0.5)
        spent = max(np.int64(0), spent)
        driven[index] = spent
        begun[index + 1] = begun[index] + spent
        if index + 1 < arc_count:
            turn = turn_between(
                arcs[index],
                arcs[index + 1],
                arc_base,
                arc_next_copy,
                first_turn,
                turn_to,
                turn_cost,
            )
            if turn >= 0:
                begun[index + 1] += (np.int64(turn_cost[turn]) & TURN_COST_BITS) * TURN_COST_UNIT_MS
    counted_ms = begun[arc_count]
    if counted_ms != duration_ms:
        if counted_ms > 0:
            ratio = duration_ms / counted_ms
            for index in range(1, arc_count):
                begun[index] = np.int64(begun[index] * ratio + 0.5)
                driven[index - 1] = np.int64(driven[index - 1] * ratio + 0.5)
            driven[arc_count - 1] = np.int64(driven[arc_count - 1] * ratio + 0.5)
        begun[arc_count] = duration_ms
    return begun, driven


@njit(cache=True, nogil=True)
def segment_lengths_m(first, lon_e7, lat_e7, arc_length_m):
    """Metres between neighbouring points, adding up to each arc's length: float64[point - 1]."""
    segment_m = np.zeros(len(lon_e7) - 1, np.float64)
    for index in range(len(arc_length_m)):
        total_m = 0.0
        for point in range(first[index], first[index + 1]):
            segment_m[point] = distance_m(
                lon_e7[point], lat_e7[point], lon_e7[point + 1], lat_e7[point + 1]
            )
            total_m += segment_m[point]
        if total_m > 0.0:
            for point in range(first[index], first[index + 1]):
                segment_m[point] *= arc_length_m[index] / total_m
    return segment_m


@njit(cache=True, nogil=True)
def segment_times_s(first, segment_m, arc_length_m, driven_ms):
    """Seconds between neighbouring points, without turns: float64[point - 1]."""
    segment_s = np.zeros(len(segment_m), np.float64)
    for index in range(len(arc_length_m)):
        for point in range(first[index], first[index + 1]):
            if arc_length_m[index] > 0.0:
                share = segment_m[point] / arc_length_m[index]
            else:
                share = 1.0 / (first[index + 1] - first[index])
            segment_s[point] = driven_ms[index] * 0.001 * share
    return segment_s


@njit(cache=True, nogil=True)
def overview_tolerance_m(lon_e7, lat_e7, pixels, pixel_tolerance):
    """How far a simplified line may stray, in Web Mercator metres, so that nobody sees it when the
    whole line fills ``pixels`` pixels of a map."""
    low_lon = high_lon = lon_e7[0]
    low_lat = high_lat = lat_e7[0]
    for point in range(1, len(lon_e7)):
        low_lon = min(low_lon, lon_e7[point])
        high_lon = max(high_lon, lon_e7[point])
        low_lat = min(low_lat, lat_e7[point])
        high_lat = max(high_lat, lat_e7[point])
    per_e7_m = MERCATOR_CIRCUMFERENCE_M / 3.6e9
    middle = math.cos((low_lat * 0.5 + high_lat * 0.5) * 1e-7 * math.pi / 180.0)
    width_m = (np.int64(high_lon) - np.int64(low_lon)) * per_e7_m
    height_m = (np.int64(high_lat) - np.int64(low_lat)) * per_e7_m / max(middle, 0.01)
    return max(width_m, height_m) / pixels * pixel_tolerance


@njit(cache=True, nogil=True)
def simplified_points(lon_e7, lat_e7, tolerance_m):
    """Indices of the points that remain, ends included: int32[kept].

    Douglas and Peucker, Cartographica 10 (1973), without recursion; distances are taken in Web
    Mercator metres to the segment, not to the infinite line, so that a loop keeps its far side.
    """
    count = len(lon_e7)
    keep = np.zeros(count, np.bool_)
    keep[0] = True
    keep[count - 1] = True
    stack = np.empty((count + 1, 2), np.int32)
    stack[0, 0] = 0
    stack[0, 1] = count - 1
    depth = 1
    per_e7_m = MERCATOR_CIRCUMFERENCE_M / 3.6e9
    stretch = 1.0 / max(math.cos(lat_e7[0] * 1e-7 * math.pi / 180.0), 0.01)
    while depth > 0:
        depth -= 1
        low = stack[depth, 0]
        high = stack[depth, 1]
        ax = lon_e7[low] * per_e7_m
        ay = lat_e7[low] * per_e7_m * stretch
        bx = lon_e7[high] * per_e7_m - ax
        by = lat_e7[high] * per_e7_m * stretch - ay
        square = bx * bx + by * by
        worst = tolerance_m * tolerance_m
        worst_point = -1
        for point in range(low + 1, high):
            px = lon_e7[point] * per_e7_m - ax
            py = lat_e7[point] * per_e7_m * stretch - ay
            along = 0.0
            if square > 0.0:
                along = min(1.0, max(0.0, (px * bx + py * by) / square))
            dx = px - along * bx
            dy = py - along * by
            off = dx * dx + dy * dy
            if off > worst:
                worst = off
                worst_point = point
        if worst_point >= 0:
            keep[worst_point] = True
            stack[depth, 0] = low
            stack[depth, 1] = worst_point
            stack[depth + 1, 0] = worst_point
            stack[depth + 1, 1] = high
            depth += 2
    return np.flatnonzero(keep).astype(np.int32)


@njit(cache=True, nogil=True)
def line_bearing_deg(lon_e7, lat_e7, reach_m, at_end):
    """Bearing 0..359 in which a line is begun, or (``at_end``) in which its end is reached, taken
    to the first point at least ``reach_m`` away."""
    here = len(lon_e7) - 1 if at_end else 0
    stop = 0 if at_end else len(lon_e7) - 1
    step = -1 if at_end else 1
    there = here
    while there != stop:
        there += step
        if distance_m(lon_e7[here], lat_e7[here], lon_e7[there], lat_e7[there]) >= reach_m:
            break
    narrowing = math.cos(lat_e7[here] * 1e-7 * math.pi / 180.0)
    east = (np.int64(lon_e7[there]) - np.int64(lon_e7[here])) * step * narrowing
    north = float((np.int64(lat_e7[there]) - np.int64(lat_e7[here])) * step)
    if east == 0.0 and north == 0.0:
        return -1
    return int(math.degrees(math.atan2(east, north)) + 360.5) % 360


@njit(cache=True, nogil=True)
def running_total(values):
    """Sums of all values before each: float64[value + 1]."""
    total = np.zeros(len(values) + 1, np.float64)
    for index in range(len(values)):
        total[index + 1] = total[index] + values[index]
    return total
