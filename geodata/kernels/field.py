"""Times from or to one or many anchors over all arcs.

A label-correcting search with a queue of buckets (Denardo and Fox, Operations Research 27, 1979;
the sequential form of Meyer and Sanders' delta-stepping, Journal of Algorithms 49, 2003). All arcs
whose time falls into the same span wait in one bucket and leave it in any order; one that gets a
better time waits again. The span changes the speed and not the result.
"""

import numpy as np
from numba import njit

from geodata.kernels.buckets import BUCKETS, NEVER, NOTHING, RING_MASK, SPAN_BITS, fill_ring
from geodata.kernels.heap import entry, entry_arc, entry_time_ms
from geodata.kernels.turns import enters_no_through, is_open, share_of_arc, spent_ms, turn_ms
from geodata.network import NO_THROUGH_MS, TURN_FORBIDDEN, UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_NO_THROUGH_MS = int(NO_THROUGH_MS)
_FORBIDDEN = int(TURN_FORBIDDEN)


@njit(cache=True, nogil=True)
def spread(
    toward,
    first,
    other,
    turn_cost,
    weight_ms,
    zone,
    open_zones,
    arc_next_copy,
    anchor_edge,
    anchor_fraction,
    anchor_offset_ms,
    limit_ms,
    label_ms,
    winner,
    waiting,
    waiting_next,
):
    """Lowers `label_ms` (int32[arc], unreached on entry) to the least label of each arc.

    Toward the anchors that is the time from the arc's end on, away from them the time at its
    start; none is larger than `limit_ms`, but that away from the anchors no-through ground within
    the limit is entered (with the surcharge in the label) and not left again.
    `winner` (int32[arc], or empty) gets the anchor that a label comes from.
    `waiting` (int64) and `waiting_next` (uint32) need an entry for every turn, and for every turn
    at an anchor once more.
    """
    any_open = len(open_zones) > 0
    furthest_ms = min(limit_ms + (0 if toward else _NO_THROUGH_MS), _UNREACHABLE_MS - 1)
    with_winner = len(winner) > 0
    ring = np.full(BUCKETS, NOTHING, dtype=np.uint32)
    in_ring = 0
    beyond = NOTHING
    beyond_due = np.int64(NEVER)
    free = NOTHING
    fresh = np.uint32(0)
    now = np.int64(0)

    # The anchors' arcs wait beyond the ring at first, which sorts them by when they are due.
    for anchor in range(len(anchor_edge)):
        edge = anchor_edge[anchor]
        if edge < 0:
            continue
        for arc in range(2 * edge, 2 * edge + 2):
            weight = np.int64(weight_ms[arc])
            if weight >= _UNREACHABLE_MS:
                continue
            spent = spent_ms(weight, share_of_arc(arc, anchor_fraction[anchor]))
            at_turn_ms = anchor_offset_ms[anchor] + (spent if toward else weight - spent)
            copy = np.int32(arc)
            while copy >= 0:
                for turn in range(first[copy], first[copy + 1]):
                    cost = turn_cost[turn]
                    if cost == _FORBIDDEN:
                        continue
                    neighbour = other[turn]
                    time_ms = at_turn_ms + turn_ms(cost)
                    if any_open and enters_no_through(cost):
                        entered = np.int64(copy) if toward else np.int64(neighbour)
                        if is_open(zone[entered], open_zones):
                            time_ms -= _NO_THROUGH_MS
                    if time_ms < label_ms[neighbour] and (
                        time_ms <= limit_ms
                        or (
                            not toward
                            and 0 <= time_ms - _NO_THROUGH_MS <= limit_ms
                            and zone[neighbour] >= 0
                        )
                    ):
                        label_ms[neighbour] = time_ms
                        if with_winner:
                            winner[neighbour] = anchor
                        waiting[fresh] = entry(time_ms, neighbour)
                        waiting_next[fresh] = beyond
                        beyond = fresh
                        fresh += np.uint32(1)
                        beyond_due = min(beyond_due, time_ms >> SPAN_BITS)
                copy = arc_next_copy[copy] if toward else np.int32(-1)

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
            weight = np.int64(weight_ms[arc])
            through_ms = time_ms + weight
            if through_ms > furthest_ms:
                continue
            for turn in range(first[arc], first[arc + 1]):
                cost = turn_cost[turn]
                if cost == _FORBIDDEN:
                    continue
                neighbour = other[turn]
                next_ms = through_ms + turn_ms(cost)
                if any_open and enters_no_through(cost):
                    entered = np.int64(arc) if toward else np.int64(neighbour)
                    if is_open(zone[entered], open_zones):
                        next_ms -= _NO_THROUGH_MS
                if next_ms < label_ms[neighbour] and (
                    next_ms <= limit_ms
                    or (
                        not toward
                        and 0 <= next_ms - _NO_THROUGH_MS <= limit_ms
                        and zone[neighbour] >= 0
                    )
                ):
                    label_ms[neighbour] = next_ms
                    if with_winner:
                        winner[neighbour] = winner[arc]
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
