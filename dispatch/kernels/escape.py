"""Earliest arrival over all arcs where some places may be passed only until they are held.

The label-correcting search with a queue of buckets of :mod:`geodata.kernels.field`, away from the
starts. Whoever is somewhere sooner can do all that they could do later, for a place that is open
later is open sooner. So the earliest arrival at each arc under the holds is all there is to know.
"""

import numpy as np
from numba import njit

from geodata.kernels.buckets import BUCKETS, NEVER, NOTHING, RING_MASK, SPAN_BITS, fill_ring
from geodata.kernels.heap import entry, entry_arc, entry_time_ms
from geodata.kernels.turns import share_of_arc, spent_ms
from geodata.network import (
    TURN_COST_UNIT_MS,
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
)

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_FORBIDDEN = int(TURN_FORBIDDEN)
_COST_MASK = int(TURN_ENTERS_NO_THROUGH) - 1
_UNIT_MS = TURN_COST_UNIT_MS


@njit(cache=True, nogil=True)
def escape(
    first,
    other,
    turn_cost,
    weight_ms,
    held_ms,
    start_edge,
    start_fraction,
    start_ms,
    limit_ms,
    label_ms,
    before,
    waiting,
    waiting_next,
):
    """Lowers `label_ms` (int32[arc], unreached on entry) to the time at which an arc is entered.

    The end of an arc can be driven over only before `held_ms` (int32[arc]). `before` (int32[arc])
    gets the arc driven before, or a :func:`start_code`. Ground without through traffic is open.
    `waiting` (int64) and `waiting_next` (uint32) need an entry for every turn, and for every turn
    at a start once more.
    """
    ring = np.full(BUCKETS, NOTHING, dtype=np.uint32)
    in_ring = 0
    beyond = NOTHING
    beyond_due = np.int64(NEVER)
    free = NOTHING
    fresh = np.uint32(0)
    now = np.int64(0)

    for start in range(len(start_edge)):
        if start_edge[start] < 0:
            continue
        for way in range(2):
            arc = 2 * start_edge[start] + way
            weight = np.int64(weight_ms[arc])
            if weight >= _UNREACHABLE_MS:
                continue
            through_ms = end_of_start_ms(arc, weight, start_fraction[start], start_ms[start])
            if through_ms >= held_ms[arc]:
                continue
            for turn in range(first[arc], first[arc + 1]):
                cost = np.int64(turn_cost[turn])
                if cost == _FORBIDDEN:
                    continue
                neighbour = other[turn]
                next_ms = through_ms + (cost & _COST_MASK) * _UNIT_MS
                if next_ms < label_ms[neighbour] and next_ms <= limit_ms:
                    label_ms[neighbour] = next_ms
                    before[neighbour] = start_code(start, way)
                    waiting[fresh] = entry(next_ms, neighbour)
                    waiting_next[fresh] = beyond
                    beyond = fresh
                    fresh += np.uint32(1)
                    beyond_due = min(beyond_due, next_ms >> SPAN_BITS)

    while True:
        if in_ring == 0:
            if beyond == NOTHING:
                break
            now = beyond_due
        if now >= beyond_due:
            beyond, beyond_due, moved = fill_ring(now, beyond, ring, waiting, waiting_next)
            in_ring += moved
        bucket = now & RING_MASK
        while ring[bucket] != NOTHING:
            item = ring[bucket]
            ring[bucket] = waiting_next[item]
            waiting_next[item] = free
            free = item
            in_ring -= 1
            arc = entry_arc(waiting[item])
            time_ms = entry_time_ms(waiting[item])
            if label_ms[arc] != time_ms:
                continue  # stale: the arc got a better time since
            through_ms = time_ms + np.int64(weight_ms[arc])
            # A closed arc takes longer than any limit.
            if through_ms > limit_ms or through_ms >= held_ms[arc]:
                continue
            for turn in range(first[arc], first[arc + 1]):
                cost = np.int64(turn_cost[turn])
                if cost == _FORBIDDEN:
                    continue
                neighbour = other[turn]
                next_ms = through_ms + (cost & _COST_MASK) * _UNIT_MS
                if next_ms < label_ms[neighbour] and next_ms <= limit_ms:
                    label_ms[neighbour] = next_ms
                    before[neighbour] = np.int32(arc)
                    if free != NOTHING:
                        item = free
                        free = waiting_next[item]
                    else:
                        item = fresh
                        fresh += np.uint32(1)
                    waiting[item] = entry(next_ms, neighbour)
                    due = next_ms >> SPAN_BITS
                    if due < now + BUCKETS:
                        waiting_next[item] = ring[due & RING_MASK]
                        ring[due & RING_MASK] = item
                        in_ring += 1
                    else:
                        waiting_next[item] = beyond
                        beyond = item
                        beyond_due = min(beyond_due, due)
        now += 1


@njit(cache=True, nogil=True, inline="always")
def start_code(start, way):
    """What stands in place of the arc before where an arc is entered from a start's own arc."""
    return np.int32(-2 - (2 * start + way))


@njit(cache=True, nogil=True, inline="always")
def end_of_start_ms(arc, weight_ms, fraction, start_ms):
    """When the end of a start's own arc is reached."""
    return start_ms + weight_ms - spent_ms(weight_ms, share_of_arc(arc, fraction))


@njit(cache=True, nogil=True)
def soonest_exits(
    exit_first, exit_arc, next_copy, weight_ms, start_edge, start_ms, limit_ms, label_ms, through
):
    """int64[exit]: when an exit's arcs, or copies of them, are entered first; beyond the limit
    ``UNREACHABLE_MS``.

    `through` (int32[exit]) gets that arc, or a :func:`start_code` where a start lies on it.
    """
    arrival_ms = np.full(len(exit_first) - 1, _UNREACHABLE_MS, dtype=np.int64)
    for e in range(len(exit_first) - 1):
        for i in range(exit_first[e], exit_first[e + 1]):
            base = exit_arc[i]
            if weight_ms[base] >= _UNREACHABLE_MS:
                continue
            for start in range(len(start_edge)):
                if start_edge[start] == base >> 1 and start_ms[start] < arrival_ms[e]:
                    arrival_ms[e] = start_ms[start]
                    through[e] = start_code(start, base & 1)
            arc = base
            while arc >= 0:
                if label_ms[arc] < arrival_ms[e]:
                    arrival_ms[e] = label_ms[arc]
                    through[e] = arc
                arc = next_copy[arc]
        if arrival_ms[e] > limit_ms:
            arrival_ms[e] = _UNREACHABLE_MS
    return arrival_ms


@njit(cache=True, nogil=True)
def trace_back(code, before, label_ms, arc_base, weight_ms, start_edge, start_fraction, start_ms):
    """(int32[] base arcs in driving order, int64[] ms at which the end of each would be reached),
    for what :func:`soonest_exits` wrote for an exit."""
    count = 1
    at = code
    while at >= 0:
        count += 1
        at = before[at]
    arcs = np.empty(count, dtype=np.int32)
    end_ms = np.empty(count, dtype=np.int64)
    at = code
    for i in range(count - 1, 0, -1):
        arcs[i] = arc_base[at]
        end_ms[i] = label_ms[at] + np.int64(weight_ms[at])
        at = before[at]
    start = (-2 - at) >> 1
    arcs[0] = 2 * start_edge[start] + ((-2 - at) & 1)
    end_ms[0] = end_of_start_ms(
        arcs[0], np.int64(weight_ms[arcs[0]]), start_fraction[start], start_ms[start]
    )
    return arcs, end_ms
