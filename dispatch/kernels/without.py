"""What a field from many sources would be without one of them, or with some arcs closed.

Only what hangs below the removed thing in the tree of fastest ways can change, so only that is
searched again, from the rim of what stays as it was (Ramalingam and Reps, Journal of Algorithms 21,
1996, section 3, for a batch of deletions). Over all sources together that is as much work as one
field, since everything hangs below one source.

Tree vertices: ``arc`` for an arc, ``arc_count + 2 * anchor + way`` for a source setting off along
base arc ``2 * edge + way``. Labels are those of :func:`geodata.kernels.field.spread`, away from the
anchors and without a limit.
"""

import numpy as np
from numba import njit

from geodata.kernels.heap import entry, entry_arc, entry_time_ms, pop, push
from geodata.kernels.turns import share_of_arc, spent_ms, turn_ms
from geodata.network import NO_THROUGH_MS, TURN_FORBIDDEN, UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_NO_THROUGH_MS = int(NO_THROUGH_MS)
_FORBIDDEN = int(TURN_FORBIDDEN)


@njit(cache=True, nogil=True)
def find_parents(
    first_out,
    out_arc,
    out_cost,
    first_in,
    in_arc,
    in_cost,
    weight_ms,
    anchor_edge,
    anchor_fraction,
    anchor_offset_ms,
    label_ms,
    winner,
    parent,
):
    """Fills `parent` (int32[arc], -1 on entry): the tree vertex that each label came from."""
    arc_count = len(label_ms)
    for anchor in range(len(anchor_edge)):
        if anchor_edge[anchor] < 0:
            continue
        for way in range(2):
            arc = 2 * anchor_edge[anchor] + way
            weight = np.int64(weight_ms[arc])
            if weight >= _UNREACHABLE_MS:
                continue
            left_ms = weight - spent_ms(weight, share_of_arc(arc, anchor_fraction[anchor]))
            for turn in range(first_out[arc], first_out[arc + 1]):
                cost = out_cost[turn]
                if cost == _FORBIDDEN:
                    continue
                other = out_arc[turn]
                time_ms = anchor_offset_ms[anchor] + left_ms + turn_ms(cost)
                if winner[other] == anchor and label_ms[other] == time_ms:
                    parent[other] = arc_count + 2 * anchor + way
    for arc in range(arc_count):
        if label_ms[arc] >= _UNREACHABLE_MS or parent[arc] >= 0:
            continue
        for turn in range(first_in[arc], first_in[arc + 1]):
            cost = in_cost[turn]
            before = in_arc[turn]
            if (
                cost != _FORBIDDEN
                and winner[before] == winner[arc]
                and label_ms[before] < _UNREACHABLE_MS
                and weight_ms[before] < _UNREACHABLE_MS
                and np.int64(label_ms[before]) + weight_ms[before] + turn_ms(cost) == label_ms[arc]
            ):
                parent[arc] = before
                break


@njit(cache=True, nogil=True)
def list_children(parent, first_child, child):
    """Fills `first_child` (int64[vertex + 1], zeros) and `child` (int32[arc]) from the parents."""
    for arc in range(len(parent)):
        if parent[arc] >= 0:
            first_child[parent[arc] + 1] += 1
    for vertex in range(1, len(first_child)):
        first_child[vertex] += first_child[vertex - 1]
    place = first_child[:-1].copy()
    for arc in range(len(parent)):
        if parent[arc] >= 0:
            child[place[parent[arc]]] = arc
            place[parent[arc]] += 1


@njit(cache=True, nogil=True)
def search_without(
    removed,
    closed,
    first_out,
    out_arc,
    out_cost,
    first_in,
    in_arc,
    in_cost,
    weight_ms,
    arc_base,
    anchor_edge,
    anchor_fraction,
    anchor_offset_ms,
    anchor_order,
    label_ms,
    first_child,
    child,
    run,
    stamp,
    shut,
    new_ms,
    affected,
    heap,
):
    """Number of arcs whose label may change without the anchor `removed` (-1: none) and with the
    arcs `closed` (int32[], copies included) shut; `affected` (int32[arc]) gets them.

    `new_ms` (int32[arc]) holds their labels then; theirs are the arcs that `stamp` (int64[arc])
    marks with `run`, a number never used before. `shut` (int64[arc]) marks the closed ones with it.
    """
    arc_count = len(label_ms)
    count = 0
    if removed >= 0:
        for vertex in range(arc_count + 2 * removed, arc_count + 2 * removed + 2):
            for place in range(first_child[vertex], first_child[vertex + 1]):
                count = _take(child[place], run, stamp, affected, count)
    for arc in closed:
        shut[arc] = run
        for place in range(first_child[arc], first_child[arc + 1]):
            count = _take(child[place], run, stamp, affected, count)
        if arc_base[arc] != arc:
            continue
        at = _first_anchor(anchor_edge, anchor_order, arc >> 1)
        while at < len(anchor_order) and anchor_edge[anchor_order[at]] == arc >> 1:
            vertex = arc_count + 2 * anchor_order[at] + (arc & 1)
            for place in range(first_child[vertex], first_child[vertex + 1]):
                count = _take(child[place], run, stamp, affected, count)
            at += 1
    done = 0
    while done < count:
        arc = affected[done]
        for place in range(first_child[arc], first_child[arc + 1]):
            count = _take(child[place], run, stamp, affected, count)
        done += 1

    size = 0
    for k in range(count):
        arc = affected[k]
        best = np.int64(_UNREACHABLE_MS)
        for turn in range(first_in[arc], first_in[arc + 1]):
            cost = in_cost[turn]
            before = in_arc[turn]
            weight = np.int64(weight_ms[before])
            if cost == _FORBIDDEN or weight >= _UNREACHABLE_MS or shut[before] == run:
                continue
            if stamp[before] != run and label_ms[before] < _UNREACHABLE_MS:
                best = min(best, np.int64(label_ms[before]) + weight + turn_ms(cost))
            if arc_base[before] != before:
                continue
            edge = np.int64(before) >> 1
            at = _first_anchor(anchor_edge, anchor_order, edge)
            while at < len(anchor_order) and anchor_edge[anchor_order[at]] == edge:
                anchor = anchor_order[at]
                if anchor != removed:
                    share = share_of_arc(np.int64(before), anchor_fraction[anchor])
                    left_ms = weight - spent_ms(weight, share)
                    best = min(best, anchor_offset_ms[anchor] + left_ms + turn_ms(cost))
                at += 1
        new_ms[arc] = min(best, _UNREACHABLE_MS)
        if best < _UNREACHABLE_MS:
            push(heap, size, entry(best, arc))
            size += 1
    while size > 0:
        item = pop(heap, size)
        size -= 1
        arc = entry_arc(item)
        time_ms = entry_time_ms(item)
        if new_ms[arc] != time_ms:
            continue
        weight = np.int64(weight_ms[arc])
        if weight >= _UNREACHABLE_MS or shut[arc] == run:
            continue
        for turn in range(first_out[arc], first_out[arc + 1]):
            cost = out_cost[turn]
            other = out_arc[turn]
            if cost == _FORBIDDEN or stamp[other] != run:
                continue
            next_ms = time_ms + weight + turn_ms(cost)
            if next_ms < new_ms[other]:
                new_ms[other] = next_ms
                push(heap, size, entry(next_ms, other))
                size += 1
    return count


@njit(cache=True, nogil=True)
def doors_without(
    removed,
    closed,
    affected,
    run,
    stamp,
    shut,
    new_ms,
    label_ms,
    weight_ms,
    arc_base,
    arc_next_copy,
    anchor_edge,
    anchor_fraction,
    anchor_offset_ms,
    anchor_order,
    first_door,
    door_of_edge,
    door_fraction,
    edge_stamp,
    time_ms,
    changed,
    before_ms,
):
    """Writes the doors' times without the removed things into `time_ms` (int32[door]); returns how
    many changed. `changed` and `before_ms` (int32[door]) get which, and what they were.

    `affected` are those of :func:`search_without` under the same `run`. `door_of_edge` (int32[])
    lists doors by edge, and `first_door` (int64[edge + 1]) says where each edge's begin.
    """
    count = 0
    for part in range(3):
        size = len(affected) if part == 0 else len(closed) if part == 1 else int(removed >= 0)
        for k in range(size):
            if part == 0:
                edge = np.int64(arc_base[affected[k]]) >> 1
            elif part == 1:
                edge = np.int64(arc_base[closed[k]]) >> 1
            else:
                edge = np.int64(anchor_edge[removed])
            if edge < 0 or edge_stamp[edge] == run:
                continue
            edge_stamp[edge] = run
            for place in range(first_door[edge], first_door[edge + 1]):
                door = door_of_edge[place]
                best = np.int64(_UNREACHABLE_MS)
                for arc in range(2 * edge, 2 * edge + 2):
                    weight = np.int64(weight_ms[arc])
                    if weight >= _UNREACHABLE_MS or shut[arc] == run:
                        continue
                    share = share_of_arc(arc, door_fraction[door])
                    spent = spent_ms(weight, share)
                    copy = np.int32(arc)
                    while copy >= 0:
                        label = np.int64(new_ms[copy] if stamp[copy] == run else label_ms[copy])
                        if label < _UNREACHABLE_MS:
                            best = min(best, label + spent)
                        copy = arc_next_copy[copy]
                    at = _first_anchor(anchor_edge, anchor_order, edge)
                    while at < len(anchor_order) and anchor_edge[anchor_order[at]] == edge:
                        anchor = anchor_order[at]
                        from_share = share_of_arc(arc, anchor_fraction[anchor])
                        if anchor != removed and share >= from_share:
                            along_ms = spent - spent_ms(weight, from_share)
                            best = min(best, anchor_offset_ms[anchor] + along_ms)
                        at += 1
                if best < _UNREACHABLE_MS:
                    best %= _NO_THROUGH_MS
                if best != time_ms[door]:
                    changed[count] = door
                    before_ms[count] = time_ms[door]
                    time_ms[door] = best
                    count += 1
    return count


@njit(cache=True, nogil=True)
def _take(arc, run, stamp, affected, count):
    if stamp[arc] != run:
        stamp[arc] = run
        affected[count] = arc
        return count + 1
    return count


@njit(cache=True, nogil=True)
def _first_anchor(anchor_edge, anchor_order, edge):
    """Place in `anchor_order`, which sorts the anchors by edge, of the first one on an edge."""
    low, high = 0, len(anchor_order)
    while low < high:
        middle = (low + high) >> 1
        if anchor_edge[anchor_order[middle]] < edge:
            low = middle + 1
        else:
            high = middle
    return low
