"""Ways of a subject through the roads: traced back from a field, or at random."""

import numpy as np
from numba import njit

from geodata.kernels.turns import share_of_arc, spent_ms, turn_ms
from geodata.network import NO_THROUGH_MS, TURN_FORBIDDEN, UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_NO_THROUGH_MS = int(NO_THROUGH_MS)
_FORBIDDEN = int(TURN_FORBIDDEN)
_ENTERS_NO_THROUGH = 0x8000
_COST_UNIT_MS = 10


@njit(cache=True, nogil=True)
def trace_back(
    goal, first_in, in_arc, in_cost, weight_ms, label_ms, arc_base, start_arc, start_share, way
):
    """Fills `way` with base arcs from a start up to `goal`, in driving order; returns how many.

    `label_ms` is the field from the starts under `weight_ms`. The last of `way` is the goal. The
    first one is the arc of a start, `start_share` along it. 0 when the labels do not lead back, or
    when `way` is too short.
    """
    count = 0
    arc = goal
    while True:
        if count + 2 > len(way):
            return 0
        way[count] = arc_base[arc]
        count += 1
        label = np.int64(label_ms[arc])
        before = -1
        started = -1
        for turn in range(first_in[arc], first_in[arc + 1]):
            cost = in_cost[turn]
            if cost == _FORBIDDEN:
                continue
            other = in_arc[turn]
            weight = np.int64(weight_ms[other])
            if weight >= _UNREACHABLE_MS:
                continue
            at_turn_ms = label - turn_ms(cost)
            if label_ms[other] + weight == at_turn_ms:
                before = np.int64(other)
                break
            for start in range(len(start_arc)):
                if start_arc[start] == other:
                    left_ms = weight - spent_ms(weight, start_share[start])
                    if left_ms == at_turn_ms:
                        started = start
        if before >= 0:
            arc = before
            continue
        if started < 0:
            return 0
        way[count] = start_arc[started]
        count += 1
        break
    for i in range(count // 2):
        way[i], way[count - 1 - i] = way[count - 1 - i], way[i]
    return count


@njit(cache=True, nogil=True)
def wander(
    start, picks, first_out, out_arc, out_cost, weight_ms, liking, leaves, left_ms, until_ms, way
):
    """Fills `way` (int32) with a way that turns at random, until `until_ms` have passed.

    A turn is the likelier the larger `liking` (float32[arc]) of what it leads to; back where one
    came from goes only who cannot do anything else. It ends on an arc that `leaves`. `left_ms` is
    what the start takes to the end of its arc. Returns (how many arcs, whether it left).
    """
    way[0] = start
    count = 1
    arc = np.int64(start)
    spent = np.int64(left_ms)
    while spent < until_ms and count < len(way):
        total = 0.0
        back = np.int64(-1)
        for turn in range(first_out[arc], first_out[arc + 1]):
            following = np.int64(out_arc[turn])
            if out_cost[turn] & _ENTERS_NO_THROUGH or weight_ms[following] >= _UNREACHABLE_MS:
                continue  # forbidden turns carry the same bit
            if following >> 1 == arc >> 1:
                back = np.int64(turn)
            else:
                total += liking[following]
        chosen = back
        if total > 0.0:
            wanted = picks[count % len(picks)] * total
            for turn in range(first_out[arc], first_out[arc + 1]):
                following = np.int64(out_arc[turn])
                if out_cost[turn] & _ENTERS_NO_THROUGH or weight_ms[following] >= _UNREACHABLE_MS:
                    continue
                if following >> 1 == arc >> 1:
                    continue
                chosen = np.int64(turn)
                wanted -= liking[following]
                if wanted <= 0.0:
                    break
        if chosen < 0:
            return count, False
        arc = np.int64(out_arc[chosen])
        spent += (out_cost[chosen] & 0x7FFF) * _COST_UNIT_MS + weight_ms[arc]
        way[count] = arc
        count += 1
        if leaves[arc]:
            return count, True
    return count, False


@njit(cache=True, nogil=True)
def times_along(way, first_out, out_arc, out_cost, arc_base, weight_ms, left_ms, factor, end_s):
    """Fills `end_s` (float64) with the time at which each arc of a way of base arcs is left.

    The first arc takes `left_ms`, whatever its length. Turns cost what the cheapest allowed copy
    of the turn costs; where none is found (ground without through traffic) nothing.
    """
    spent = np.float64(left_ms)
    end_s[0] = spent / 1000.0 / factor
    for i in range(1, len(way)):
        least = np.int64(_FORBIDDEN)
        for turn in range(first_out[way[i - 1]], first_out[way[i - 1] + 1]):
            if arc_base[out_arc[turn]] == way[i] and out_cost[turn] != _FORBIDDEN:
                least = min(least, np.int64(out_cost[turn]) & 0x7FFF)
        if least != _FORBIDDEN:
            spent += least * _COST_UNIT_MS
        spent += weight_ms[way[i]]
        end_s[i] = spent / 1000.0 / factor


@njit(cache=True, nogil=True)
def passings(first, arc, end_s, until_s, arc_head, place_of_node, out_first, out_place, out_time_s):
    """Fills `out_first` with where each way's passings of places begin, and, where there is room,
    `out_place` and `out_time_s`; returns how many there are. A place is passed at each of its
    nodes that a way leads over."""
    count = 0
    room = len(out_place)
    for way in range(len(first) - 1):
        out_first[way] = count
        for i in range(first[way], first[way + 1]):
            if end_s[i] > until_s:
                break
            place = place_of_node[arc_head[arc[i]]]
            if place >= 0:
                if count < room:
                    out_place[count] = place
                    out_time_s[count] = end_s[i]
                count += 1
        out_first[way + 1] = count
    return count


@njit(cache=True, nogil=True)
def start_left_ms(arc, fraction, weight_ms):
    """Milliseconds from a place on an arc to its end."""
    weight = np.int64(weight_ms[arc])
    return weight - spent_ms(weight, share_of_arc(arc, fraction))
