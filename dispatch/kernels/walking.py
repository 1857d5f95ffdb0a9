"""One step of a crowd that moves along the roads."""

from __future__ import annotations

import numpy as np
from numba import njit

_ENTERS_NO_THROUGH = 0x8000
_COST_UNIT_MS = 10
_MOST_TURNS_PER_STEP = 256  # a step never loops for ever on roads that take no time


@njit(cache=True, nogil=True)
def _next_arc(arc, pick, first_turn, turn_to, turn_cost, travel_time_ms, unreachable_ms):
    """A turn that may be made from the end of ``arc``, chosen by ``pick`` in 0..1; -1 if none.

    Turning back is taken only where there is nothing else.
    """
    edge = arc >> 1
    ways = 0
    back = -1
    for turn in range(first_turn[arc], first_turn[arc + 1]):
        following = turn_to[turn]
        if turn_cost[turn] & _ENTERS_NO_THROUGH or travel_time_ms[following] >= unreachable_ms:
            continue  # forbidden turns carry the same bit
        if following >> 1 == edge:
            back = turn
        else:
            ways += 1
    if ways == 0:
        return back
    wanted = min(int(pick * ways), ways - 1)
    for turn in range(first_turn[arc], first_turn[arc + 1]):
        following = turn_to[turn]
        if turn_cost[turn] & _ENTERS_NO_THROUGH or travel_time_ms[following] >= unreachable_ms:
            continue
        if following >> 1 == edge:
            continue
        if wanted == 0:
            return turn
        wanted -= 1
    return back


@njit(cache=True, nogil=True)
def walk(
    arc,
    progress_ms,
    step_ms,
    picks,
    first_turn,
    turn_to,
    turn_cost,
    arc_base,
    travel_time_ms,
    unreachable_ms,
):
    """Move everybody by ``step_ms`` along the roads, in place.

    ``arc`` int32[walker] and ``progress_ms`` float64[walker] say how long each has been on their
    arc; below zero they are waiting in a turn. ``picks`` float64[walker, n] in 0..1 decide turns.
    Whoever can go nowhere turns back on the spot.
    """
    for walker in range(len(arc)):
        progress = progress_ms[walker] + step_ms
        here = arc[walker]
        for count in range(_MOST_TURNS_PER_STEP):
            if progress < travel_time_ms[here]:
                break
            progress -= travel_time_ms[here]
            pick = picks[walker, count % picks.shape[1]]
            turn = _next_arc(
                here, pick, first_turn, turn_to, turn_cost, travel_time_ms, unreachable_ms
            )
            if turn < 0:
                back = arc_base[here] ^ 1
                if travel_time_ms[back] >= unreachable_ms:
                    progress = float(travel_time_ms[here])  # stands at the end of a one-way street
                    break
                here = back
            else:
                progress -= turn_cost[turn] * _COST_UNIT_MS
                here = turn_to[turn]
        arc[walker] = here
        progress_ms[walker] = min(progress, float(travel_time_ms[here]))


@njit(cache=True, nogil=True)
def places_on_arcs(arc, share, edge_first_point, point_lon_e7, point_lat_e7, lon_deg, lat_deg):
    """Longitude and latitude of points at a share of their base arcs, into the last two arrays."""
    for k in range(len(arc)):
        edge = arc[k] >> 1
        first, last = edge_first_point[edge], edge_first_point[edge + 1] - 1
        fraction = share[k] if arc[k] & 1 == 0 else 1.0 - share[k]
        # Lengths in the plane of this edge: over one edge the error is far below a metre.
        shrink = np.cos(point_lat_e7[first] * 1e-7 * np.pi / 180.0)
        total = 0.0
        for point in range(first, last):
            east = (point_lon_e7[point + 1] - point_lon_e7[point]) * shrink
            north = float(point_lat_e7[point + 1] - point_lat_e7[point])
            total += np.sqrt(east * east + north * north)
        rest = fraction * total
        lon, lat = float(point_lon_e7[last]), float(point_lat_e7[last])
        for point in range(first, last):
            east = (point_lon_e7[point + 1] - point_lon_e7[point]) * shrink
            north = float(point_lat_e7[point + 1] - point_lat_e7[point])
            length = np.sqrt(east * east + north * north)
            if rest <= length:
                part = rest / length if length > 0.0 else 0.0
                lon = point_lon_e7[point] + part * (point_lon_e7[point + 1] - point_lon_e7[point])
                lat = point_lat_e7[point] + part * (point_lat_e7[point + 1] - point_lat_e7[point])
                break
            rest -= length
        lon_deg[k] = lon * 1e-7
        lat_deg[k] = lat * 1e-7
