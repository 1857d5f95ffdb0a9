"""One fastest path, searched from both ends.

Dijkstra's algorithm from the start and, against the traffic, from the destination (Dantzig 1963;
Pohl, Machine Intelligence 6, 1971), on arcs. `ahead_*` are labels of the time at an arc's start,
`back_*` of the time from an arc's end on, both stamped as in :mod:`geodata.kernels.search`; an arc
with both labels is a way through. No way still unknown is faster than the two searches' next times
together.
"""

import numpy as np
from numba import njit

from geodata.kernels.heap import entry, entry_arc, entry_time_ms, pop, push
from geodata.kernels.search import anchor_code, anchor_of
from geodata.kernels.turns import enters_no_through, is_open, share_of_arc, spent_ms, turn_ms
from geodata.network import NO_THROUGH_MS, TURN_FORBIDDEN, UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_NO_THROUGH_MS = int(NO_THROUGH_MS)
_FORBIDDEN = int(TURN_FORBIDDEN)
_STAMP_MS = 2**31


@njit(cache=True, nogil=True)
def _relax(
    toward,
    arc,
    at_turn_ms,
    code,
    turns,
    weight_ms,
    zone,
    open_zones,
    label,
    floor,
    next_arc,
    heap,
    size,
    opposite,
    opposite_floor,
    best_ms,
    best_arc,
):
    """Tries the turns at one arc; returns the heap's size and the best way through so far."""
    first, other, turn_cost = turns
    any_open = len(open_zones) > 0
    for turn in range(first[arc], first[arc + 1]):
        cost = turn_cost[turn]
        if cost == _FORBIDDEN:
            continue
        neighbour = other[turn]
        time_ms = at_turn_ms + turn_ms(cost)
        if any_open and enters_no_through(cost):
            entered = np.int64(arc) if toward else np.int64(neighbour)
            if is_open(zone[entered], open_zones):
                time_ms -= _NO_THROUGH_MS
        if time_ms >= best_ms or floor + time_ms >= label[neighbour]:
            continue
        label[neighbour] = floor + time_ms
        next_arc[neighbour] = code
        push(heap, size, entry(time_ms, neighbour))
        size += 1
        if opposite[neighbour] < opposite_floor + _STAMP_MS:
            weight = np.int64(weight_ms[neighbour])
            through_ms = time_ms + weight + opposite[neighbour] - opposite_floor
            if weight < _UNREACHABLE_MS and through_ms < best_ms:
                best_ms = through_ms
                best_arc = np.int64(neighbour)
    return size, best_ms, best_arc


@njit(cache=True, nogil=True)
def _one_turn(
    turns_out,
    weight_ms,
    zone,
    open_zones,
    arc_base,
    start_edge,
    start_fraction,
    end_edge,
    end_fraction,
    best_ms,
    best_arc,
):
    """Tries the ways with no whole arc between start and destination, where nothing can meet.

    The code of such a way is that of the arc it ends on, at anchor 1 + the direction it starts in.
    """
    first, other, turn_cost = turns_out
    for way in range(2):
        arc = 2 * start_edge + way
        weight = np.int64(weight_ms[arc])
        if weight >= _UNREACHABLE_MS:
            continue
        at_turn_ms = weight - spent_ms(weight, share_of_arc(arc, start_fraction))
        for turn in range(first[arc], first[arc + 1]):
            neighbour = arc_base[other[turn]]
            weight = np.int64(weight_ms[neighbour])
            cost = turn_cost[turn]
            if neighbour >> 1 != end_edge or cost == _FORBIDDEN or weight >= _UNREACHABLE_MS:
                continue
            time_ms = at_turn_ms + turn_ms(cost)
            if enters_no_through(cost) and is_open(zone[other[turn]], open_zones):
                time_ms -= _NO_THROUGH_MS
            time_ms += spent_ms(weight, share_of_arc(neighbour, end_fraction))
            if time_ms < best_ms:
                best_ms = time_ms
                best_arc = np.int64(anchor_code(1 + way, neighbour))
    return best_ms, best_arc


@njit(cache=True, nogil=True)
def path_between(
    turns_out,
    turns_in,
    weight_ms,
    zone,
    open_zones,
    arc_base,
    arc_next_copy,
    start_edge,
    start_fraction,
    end_edge,
    end_fraction,
    ahead_floor,
    ahead,
    ahead_from,
    ahead_heap,
    back_floor,
    back,
    back_next,
    back_heap,
):
    """The least label (time plus surcharges) of a path and its base arcs in driving order; the
    label is unreachable, and there are no arcs, where no way leads."""
    best_ms = np.int64(_UNREACHABLE_MS)
    best_arc = np.int64(-1)
    if start_edge == end_edge:
        for arc in range(2 * start_edge, 2 * start_edge + 2):
            weight = np.int64(weight_ms[arc])
            share, end_share = share_of_arc(arc, start_fraction), share_of_arc(arc, end_fraction)
            along_ms = spent_ms(weight, end_share) - spent_ms(weight, share)
            if weight < _UNREACHABLE_MS and share <= end_share and along_ms < best_ms:
                best_ms = along_ms
                best_arc = anchor_code(0, arc)

    best_ms, best_arc = _one_turn(
        turns_out,
        weight_ms,
        zone,
        open_zones,
        arc_base,
        start_edge,
        start_fraction,
        end_edge,
        end_fraction,
        best_ms,
        best_arc,
    )

    ahead_size, back_size = 0, 0
    for way in range(2):
        arc = 2 * end_edge + way
        weight = np.int64(weight_ms[arc])
        if weight < _UNREACHABLE_MS:
            at_turn_ms = spent_ms(weight, share_of_arc(arc, end_fraction))
            copy = np.int64(arc)
            while copy >= 0:
                back_size, best_ms, best_arc = _relax(
                    True,
                    copy,
                    at_turn_ms,
                    anchor_code(0, arc),
                    turns_in,
                    weight_ms,
                    zone,
                    open_zones,
                    back,
                    back_floor,
                    back_next,
                    back_heap,
                    back_size,
                    ahead,
                    ahead_floor,
                    best_ms,
                    best_arc,
                )
                copy = np.int64(arc_next_copy[copy])
    for way in range(2):
        arc = 2 * start_edge + way
        weight = np.int64(weight_ms[arc])
        if weight < _UNREACHABLE_MS:
            at_turn_ms = weight - spent_ms(weight, share_of_arc(arc, start_fraction))
            ahead_size, best_ms, best_arc = _relax(
                False,
                np.int64(arc),
                at_turn_ms,
                anchor_code(0, arc),
                turns_out,
                weight_ms,
                zone,
                open_zones,
                ahead,
                ahead_floor,
                ahead_from,
                ahead_heap,
                ahead_size,
                back,
                back_floor,
                best_ms,
                best_arc,
            )

    while ahead_size > 0 and back_size > 0:
        ahead_ms, back_ms = entry_time_ms(ahead_heap[0]), entry_time_ms(back_heap[0])
        if ahead_ms + back_ms >= best_ms:
            break
        if ahead_ms <= back_ms:
            arc = entry_arc(pop(ahead_heap, ahead_size))
            ahead_size -= 1
            weight = np.int64(weight_ms[arc])
            if ahead_floor + ahead_ms == ahead[arc] and weight < _UNREACHABLE_MS:
                ahead_size, best_ms, best_arc = _relax(
                    False,
                    arc,
                    ahead_ms + weight,
                    np.int64(arc),
                    turns_out,
                    weight_ms,
                    zone,
                    open_zones,
                    ahead,
                    ahead_floor,
                    ahead_from,
                    ahead_heap,
                    ahead_size,
                    back,
                    back_floor,
                    best_ms,
                    best_arc,
                )
        else:
            arc = entry_arc(pop(back_heap, back_size))
            back_size -= 1
            weight = np.int64(weight_ms[arc])
            if back_floor + back_ms == back[arc] and weight < _UNREACHABLE_MS:
                back_size, best_ms, best_arc = _relax(
                    True,
                    arc,
                    back_ms + weight,
                    np.int64(arc),
                    turns_in,
                    weight_ms,
                    zone,
                    open_zones,
                    back,
                    back_floor,
                    back_next,
                    back_heap,
                    back_size,
                    ahead,
                    ahead_floor,
                    best_ms,
                    best_arc,
                )
    return best_ms, _arcs_through(
        best_ms, best_arc, arc_base, start_edge, end_edge, ahead_from, back_next
    )


@njit(cache=True, nogil=True)
def _arcs_through(best_ms, best_arc, arc_base, start_edge, end_edge, ahead_from, back_next):
    """Base arcs of the best way: back from where the searches met, and on from there."""
    if best_ms >= _UNREACHABLE_MS:
        return np.empty(0, dtype=np.int32)
    if best_arc < 0:
        one_turn = anchor_of(best_arc) > 0
        arcs = np.empty(2 if one_turn else 1, dtype=np.int32)
        if one_turn:
            arcs[0] = 2 * start_edge + anchor_of(best_arc) - 1
        arcs[-1] = 2 * end_edge + ((-2 - best_arc) & 1)
        return arcs
    before, after = 0, 0
    arc = np.int64(ahead_from[best_arc])
    while arc >= 0:
        before += 1
        arc = ahead_from[arc]
    arc = np.int64(back_next[best_arc])
    while arc >= 0:
        after += 1
        arc = back_next[arc]
    arcs = np.empty(before + after + 3, dtype=np.int32)
    place = before + 1
    arcs[place] = arc_base[best_arc]
    arc = np.int64(ahead_from[best_arc])
    while arc >= 0:
        place -= 1
        arcs[place] = arc_base[arc]
        arc = ahead_from[arc]
    arcs[0] = 2 * start_edge + ((-2 - arc) & 1)
    place = before + 2
    arc = np.int64(back_next[best_arc])
    while arc >= 0:
        arcs[place] = arc_base[arc]
        place += 1
        arc = back_next[arc]
    arcs[place] = 2 * end_edge + ((-2 - arc) & 1)
    return arcs
