"""Kernels of roundabouts and rotaries: what the ring is, where it leads on, and its exits.

A ring counts as one for a mode that may drive it in one direction only; on foot it is a street.
"""

import math

from numba import njit

from geodata.kernels.guidance import (
    CIRCULAR_FLAG,
    MANNER_AGAINST,
    MANNER_PUSHING,
    RING_FLAGS,
    ROTARY,
    ROUNDABOUT,
    ROUNDABOUT_TURN,
    UNREACHABLE_MS,
    may_turn,
    turned_deg,
)

SMALL_RING_M = 15.0
"""A ring of up to this radius is crossed like a junction: ``roundabout turn`` (OSRM's limit)."""
MAX_RING_ARCS = 128


@njit(cache=True, nogil=True)
def in_ring(arc, edge_flags, travel_time_ms, manner):
    """The arc lies on a ring that this mode may drive in one direction only."""
    if edge_flags[arc >> 1] & RING_FLAGS == 0:
        return False
    back = arc ^ 1
    return travel_time_ms[back] >= UNREACHABLE_MS or (
        manner[back] == MANNER_AGAINST or manner[back] == MANNER_PUSHING
    )


@njit(cache=True, nogil=True)
def next_in_ring(
    arc, ring_sign, head, start_bearing, end_bearing, first_out, out_arcs, edge_flags, time, manner
):
    """The arc that continues the ring after ``arc``, -1 where it breaks off. Where two rings touch
    it is the one that keeps turning (``ring_sign`` +1: to the right), not the one that crosses."""
    best = -1
    best_turn = -1000
    for index in range(first_out[head[arc]], first_out[head[arc] + 1]):
        following = out_arcs[index]
        if following == arc ^ 1 or time[following] >= UNREACHABLE_MS:
            continue
        if manner[following] == MANNER_AGAINST or not in_ring(following, edge_flags, time, manner):
            continue
        turn = turned_deg(end_bearing[arc], start_bearing[following]) * ring_sign
        if turn > best_turn:
            best_turn = turn
            best = following
    return best


@njit(cache=True, nogil=True)
def exits_at(
    arc,
    following,
    side,
    head,
    start_bearing,
    end_bearing,
    first_out,
    out_arcs,
    edge_flags,
    travel_time_ms,
    manner,
    first_turn,
    turn_to,
    turn_cost,
    arc_base,
):
    """Exits at the end of ``arc`` that come before ``following``; all of them when ``following``
    stays in the ring. ``side`` is +1 where exits lie to the right of the ring."""
    exits = 0
    stays = in_ring(following, edge_flags, travel_time_ms, manner)
    bearing = end_bearing[arc]
    taken = turned_deg(bearing, start_bearing[following]) * side
    for index in range(first_out[head[arc]], first_out[head[arc] + 1]):
        other = out_arcs[index]
        if other == following or other == arc ^ 1 or travel_time_ms[other] >= UNREACHABLE_MS:
            continue
        if manner[other] == MANNER_AGAINST or manner[other] == MANNER_PUSHING:
            continue
        if in_ring(other, edge_flags, travel_time_ms, manner):
            continue
        if not may_turn(arc, other, first_turn, turn_to, turn_cost, arc_base):
            continue
        if stays or turned_deg(bearing, start_bearing[other]) * side > taken:
            exits += 1
    return exits


@njit(cache=True, nogil=True)
def ring_kind(
    approach,
    first_arc,
    left_at,
    side,
    head,
    start_bearing,
    end_bearing,
    first_out,
    out_arcs,
    edge_flags,
    edge_name,
    edge_length_m,
    time,
    manner,
):
    """ROUNDABOUT, ROTARY or ROUNDABOUT_TURN, judged by the whole ring: its radius, its name, and
    whether its exits point in clearly different directions."""
    length_m = 0.0
    arms = 0
    clear = True
    used = 0
    arc = first_arc
    closed = False
    for _ in range(MAX_RING_ARCS):
        length_m += edge_length_m[arc >> 1]
        node = head[arc]
        has_arm = False
        for index in range(first_out[node], first_out[node + 1]):
            other = out_arcs[index]
            if other == arc ^ 1 or in_ring(other, edge_flags, time, manner):
                continue
            if in_ring(other ^ 1, edge_flags, time, manner):
                continue
            if time[other] < UNREACHABLE_MS and manner[other] != MANNER_AGAINST:
                has_arm = True
                quarter = (
                    (turned_deg(end_bearing[approach], start_bearing[other]) + 360 + 45) // 90 % 4
                )
                if used & (1 << quarter):
                    clear = False
                used |= 1 << quarter
        if has_arm:
            arms += 1
        following = next_in_ring(
            arc, -side, head, start_bearing, end_bearing, first_out, out_arcs, edge_flags, time,
            manner,
        )  # fmt: skip
        if following < 0:
            break
        arc = following
        if arc == first_arc:
            closed = True
            break
    if edge_flags[first_arc >> 1] & CIRCULAR_FLAG:
        return ROTARY
    if not closed:
        return ROUNDABOUT
    radius_m = length_m / (2.0 * math.pi)
    if radius_m > SMALL_RING_M:
        return ROTARY if edge_name[first_arc >> 1] != 0 else ROUNDABOUT
    if left_at >= 0 and clear and arms <= 4 and edge_name[first_arc >> 1] == 0:
        change = turned_deg(end_bearing[approach], start_bearing[left_at])
        if abs(change) <= 135:
            return ROUNDABOUT_TURN
    return ROUNDABOUT
