"""The nearest occupants of the roads around some anchors.

One search serves both directions. *Toward*: occupants travel to an anchor; the label of an arc is
the time from its end on to the anchor, and turns are those grouped by the arc they enter. *Away*:
one travels from an anchor to the occupants; the label of an arc is the time at its start, and turns
are those grouped by the arc they leave.

Labels are stamped: what is stored is `floor + time`, and every search has a floor 2**31 below the
one before it. What an earlier search left behind, or a fresh array's zero, is larger than any label
of this one and so reads as unreached, and nothing need be cleared.

Dijkstra's algorithm (Numerische Mathematik 1, 1959) on arcs, with Geisberger and Vetter's turn
costs between them (SEA 2011), stopped when no unseen occupant can beat the k-th best.
"""

import numpy as np
from numba import njit

from geodata.kernels.heap import entry, entry_arc, entry_time_ms, pop, push
from geodata.kernels.turns import enters_no_through, is_open, share_of_arc, spent_ms, turn_ms
from geodata.network import NO_THROUGH_MS, TURN_FORBIDDEN, UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_NO_THROUGH_MS = int(NO_THROUGH_MS)
_FORBIDDEN = int(TURN_FORBIDDEN)
_STAMP_MS = 2**31


@njit(cache=True, nogil=True, inline="always")
def anchor_code(anchor, arc):
    """What stands in place of the next arc where a label comes straight from an anchor."""
    return -2 - (2 * anchor + (arc & 1))


@njit(cache=True, nogil=True, inline="always")
def anchor_of(code):
    """The anchor in an anchor code."""
    return (-2 - code) >> 1


@njit(cache=True, nogil=True, inline="always")
def anchor_arc(code, anchor_edge):
    """The arc on which the anchor of an anchor code is reached or left."""
    return 2 * anchor_edge[(-2 - code) >> 1] + ((-2 - code) & 1)


@njit(cache=True, nogil=True)
def anchor_turn_count(first, arc_next_copy, anchor_edge):
    """How many turns meet the anchors' arcs: the most entries that they can put on a heap."""
    count = 0
    for anchor in range(len(anchor_edge)):
        edge = anchor_edge[anchor]
        if edge < 0:
            continue
        for arc in range(2 * edge, 2 * edge + 2):
            copy = np.int32(arc)
            while copy >= 0:
                count += first[copy + 1] - first[copy]
                copy = arc_next_copy[copy]
    return count


@njit(cache=True, nogil=True)
def _offer(slot, cost_ms, start, k, count, floor, slot_label, found_slot, found_cost, found_start):
    """Enters an occupant into the k best, which stand in order of cost, then slot; how many."""
    stamped = floor + cost_ms
    previous = slot_label[slot]
    if stamped >= previous:
        return count
    if count == k and (
        cost_ms > found_cost[k - 1] or (cost_ms == found_cost[k - 1] and slot > found_slot[k - 1])
    ):
        return count
    slot_label[slot] = stamped
    place = count
    if previous < floor + _STAMP_MS:
        # Found before by a worse way: its old entry makes room, if it was not driven out since.
        for i in range(count - 1, -1, -1):
            if found_slot[i] == slot:
                place = i
                break
    if place == count:
        if count < k:
            count += 1
        else:
            place = k - 1
    while place > 0 and (
        found_cost[place - 1] > cost_ms
        or (found_cost[place - 1] == cost_ms and found_slot[place - 1] > slot)
    ):
        found_slot[place] = found_slot[place - 1]
        found_cost[place] = found_cost[place - 1]
        found_start[place] = found_start[place - 1]
        place -= 1
    found_slot[place] = slot
    found_cost[place] = cost_ms
    found_start[place] = start
    return count


@njit(cache=True, nogil=True)
def nearest(
    toward,
    first,
    other,
    turn_cost,
    weight_ms,
    zone,
    open_zones,
    arc_base,
    arc_next_copy,
    anchor_edge,
    anchor_fraction,
    anchor_offset_ms,
    first_on_edge,
    next_on_edge,
    slot_fraction,
    slot_eligible,
    all_of,
    any_of,
    slot_delay_ms,
    k,
    limit_ms,
    floor,
    label,
    next_arc,
    heap,
    slot_label,
    found_slot,
    found_cost,
    found_start,
):
    """Fills `found_*` with the at most k best occupants, cheapest first; returns how many.

    The cost of an occupant is its anchor's offset, plus the travel time, plus its own delay (where
    `slot_delay_ms` is not empty), at most `limit_ms`. Equal costs are in the order of slots.
    An occupant has all bits of `all_of` and, unless `any_of` is 0, one of `any_of`.
    `found_start` is the arc on which its path begins, for :func:`trace`.
    """
    count = 0
    size = 0
    bound_ms = np.int64(limit_ms)
    any_open = len(open_zones) > 0
    delayed = len(slot_delay_ms) > 0

    for anchor in range(len(anchor_edge)):
        edge = anchor_edge[anchor]
        if edge < 0:
            continue
        offset_ms = np.int64(anchor_offset_ms[anchor])
        for arc in range(2 * edge, 2 * edge + 2):
            weight = np.int64(weight_ms[arc])
            if weight >= _UNREACHABLE_MS:
                continue
            share = share_of_arc(arc, anchor_fraction[anchor])
            spent = spent_ms(weight, share)
            code = anchor_code(anchor, arc)

            # Straight along the arc, without a turn.
            slot = first_on_edge[edge]
            while slot >= 0:
                bits = slot_eligible[slot]
                if bits & all_of == all_of and (any_of == 0 or bits & any_of != 0):
                    slot_share = share_of_arc(arc, slot_fraction[slot])
                    if (slot_share <= share) if toward else (slot_share >= share):
                        cost_ms = offset_ms + abs(spent - spent_ms(weight, slot_share))
                        if delayed:
                            cost_ms += slot_delay_ms[slot]
                        if cost_ms <= bound_ms:
                            count = _offer(
                                slot,
                                cost_ms,
                                code,
                                k,
                                count,
                                floor,
                                slot_label,
                                found_slot,
                                found_cost,
                                found_start,
                            )
                            if count == k:
                                bound_ms = min(bound_ms, found_cost[k - 1])
                slot = next_on_edge[slot]

            # Through the turns onto the arc (or any copy of it), or off it.
            at_turn_ms = offset_ms + (spent if toward else weight - spent)
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
                    if time_ms <= bound_ms and floor + time_ms < label[neighbour]:
                        label[neighbour] = floor + time_ms
                        next_arc[neighbour] = code
                        push(heap, size, entry(time_ms, neighbour))
                        size += 1
                copy = arc_next_copy[copy] if toward else np.int32(-1)

    while size > 0:
        item = pop(heap, size)
        size -= 1
        arc = entry_arc(item)
        time_ms = entry_time_ms(item)
        if time_ms > bound_ms:
            break
        if floor + time_ms != label[arc]:
            continue  # stale: the arc got a better time since
        weight = np.int64(weight_ms[arc])
        if weight >= _UNREACHABLE_MS:
            continue

        # Nobody starts on a shadow arc, which remembers turns made before; one may end there.
        base = arc_base[arc]
        slot = first_on_edge[base >> 1] if base == arc or not toward else np.int32(-1)
        while slot >= 0:
            bits = slot_eligible[slot]
            if bits & all_of == all_of and (any_of == 0 or bits & any_of != 0):
                spent = spent_ms(weight, share_of_arc(base, slot_fraction[slot]))
                cost_ms = time_ms + (weight - spent if toward else spent)
                if delayed:
                    cost_ms += slot_delay_ms[slot]
                if cost_ms <= bound_ms:
                    count = _offer(
                        slot,
                        cost_ms,
                        np.int32(arc),
                        k,
                        count,
                        floor,
                        slot_label,
                        found_slot,
                        found_cost,
                        found_start,
                    )
                    if count == k:
                        bound_ms = min(bound_ms, found_cost[k - 1])
            slot = next_on_edge[slot]

        through_ms = time_ms + weight
        if through_ms > bound_ms:
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
            if next_ms <= bound_ms and floor + next_ms < label[neighbour]:
                label[neighbour] = floor + next_ms
                next_arc[neighbour] = np.int32(arc)
                push(heap, size, entry(next_ms, neighbour))
                size += 1
    return count


@njit(cache=True, nogil=True)
def trace(count, found_start, next_arc, arc_base, anchor_edge, path_first, found_anchor):
    """After a search toward the anchors: the arcs of each of `count` found ones, in driving order,
    as base arcs one after another; fills `path_first` (int64[count + 1]) and `found_anchor`."""
    total = 0
    for i in range(count):
        path_first[i] = total
        code = found_start[i]
        while code >= 0:
            total += 1
            code = next_arc[code]
        total += 1
        found_anchor[i] = anchor_of(code)
    path_first[count] = total
    path = np.empty(total, dtype=np.int32)
    for i in range(count):
        place = path_first[i]
        code = found_start[i]
        while code >= 0:
            path[place] = arc_base[code]
            place += 1
            code = next_arc[code]
        path[place] = anchor_arc(code, anchor_edge)
    return path
