"""Cutting junctions into two halves along few arcs, and ranking arcs by such cuts.

Inertial flow (Schild and Sommer, "On Balanced Separators in Road Networks", SEA 2015): project the
junctions on a line, take the first and the last quarter as source and sink, and cut where the
maximum flow between them is held up; try several lines and keep the cut with the fewest arcs for
the size of its smaller side. The flow is Dinic's (Soviet Mathematics Doklady 11, 1970).
"""

import math

import numpy as np
from numba import njit

NEAR, FAR = 0, 1
"""The two sides of a cut."""

_SOURCE, _SINK, _BETWEEN = 1, 2, 0
_MUCH = 2**30


@njit(cache=True, nogil=True)
def _local_graph(junctions, first_neighbour, neighbour, capacity, place):
    """The graph among some junctions, numbered by their places: (first, head, capacity, twin).

    `place` is -1 everywhere before and after.
    """
    count = len(junctions)
    for i in range(count):
        place[junctions[i]] = i
    links = 0
    for i in range(count):
        for j in range(first_neighbour[junctions[i]], first_neighbour[junctions[i] + 1]):
            if place[neighbour[j]] >= 0:
                links += 1
    first = np.empty(count + 1, np.int32)
    head = np.empty(links, np.int32)
    room = np.empty(links, np.int32)
    twin = np.empty(links, np.int32)
    link = 0
    for i in range(count):
        first[i] = link
        for j in range(first_neighbour[junctions[i]], first_neighbour[junctions[i] + 1]):
            if place[neighbour[j]] >= 0:
                head[link] = place[neighbour[j]]
                room[link] = capacity[j]
                link += 1
    first[count] = link
    for i in range(count):
        place[junctions[i]] = -1
        for j in range(first[i], first[i + 1]):
            if head[j] > i:
                for back in range(first[head[j]], first[head[j] + 1]):
                    if head[back] == i:
                        twin[j], twin[back] = back, j
                        break
    return first, head, room, twin


@njit(cache=True, nogil=True)
def _layer(first, head, room, kind, rim, rim_size, level, queue):
    """Distances in links from the sources along links with room; whether a sink was reached."""
    level[:] = -1
    size = 0
    for i in range(rim_size):
        level[rim[i]] = 0
        queue[size] = rim[i]
        size += 1
    done = 0
    reached = _MUCH
    while done < size:
        junction = queue[done]
        done += 1
        if level[junction] >= reached:
            break
        for link in range(first[junction], first[junction + 1]):
            other = head[link]
            if room[link] > 0 and level[other] < 0 and kind[other] != _SOURCE:
                level[other] = level[junction] + 1
                if kind[other] == _SINK:
                    reached = level[other]
                else:
                    queue[size] = other
                    size += 1
    return reached < _MUCH


@njit(cache=True, nogil=True)
def _push_all(first, head, room, twin, kind, rim, rim_size, level, next_link, path):
    """Fills every shortest way from the sources to a sink; returns what was pushed."""
    pushed = 0
    next_link[:] = first[:-1]
    for i in range(rim_size):
        junction = rim[i]
        length = 0
        while True:
            link = next_link[junction]
            while link < first[junction + 1] and not (
                room[link] > 0
                and level[head[link]] == level[junction] + 1
                and kind[head[link]] != _SOURCE
            ):
                link += 1
            next_link[junction] = link
            if link < first[junction + 1]:
                path[length] = link
                length += 1
                junction = head[link]
                if kind[junction] == _SINK:
                    amount = _MUCH
                    for k in range(length):
                        amount = min(amount, room[path[k]])
                    full = 0
                    for k in range(length - 1, -1, -1):
                        room[path[k]] -= amount
                        room[twin[path[k]]] += amount
                        if room[path[k]] == 0:
                            full = k
                    pushed += amount
                    junction = head[twin[path[full]]]
                    length = full
            elif length == 0:
                break
            else:
                level[junction] = -2
                length -= 1
                junction = head[twin[path[length]]]
                next_link[junction] += 1
    return pushed


@njit(cache=True, nogil=True)
def _reaching_sink(first, head, room, twin, kind, reaches, queue):
    """Marks the junctions from which a sink can still be reached; returns how many."""
    size = 0
    for i in range(len(kind)):
        reaches[i] = kind[i] == _SINK
        if reaches[i]:
            queue[size] = i
            size += 1
    done = 0
    while done < size:
        junction = queue[done]
        done += 1
        for link in range(first[junction], first[junction + 1]):
            if not reaches[head[link]] and room[twin[link]] > 0:
                reaches[head[link]] = True
                queue[size] = head[link]
                size += 1
    return size


@njit(cache=True, nogil=True)
def cut_in_two(
    junctions, first_neighbour, neighbour, capacity, east, north, lines, end_share, place, side
):
    """Fills `side` (``NEAR`` or ``FAR``, one per junction of the cell) by the best of `lines`
    cuts; both sides have a junction.

    `capacity` of a link between neighbours is the number of arcs on it, both directions together.
    """
    count = len(junctions)
    if count == 2:
        side[0], side[1] = NEAR, FAR
        return
    first, head, capacities, twin = _local_graph(
        junctions, first_neighbour, neighbour, capacity, place
    )
    room = np.empty_like(capacities)
    level = np.empty(count, np.int32)
    next_link = np.empty(count, np.int32)
    queue = np.empty(count, np.int32)
    path = np.empty(count + 1, np.int32)
    rim = np.empty(count, np.int32)
    kind = np.empty(count, np.int8)
    reaches = np.empty(count, np.bool_)
    along = np.empty(count, np.float64)
    ends = max(1, int(count * end_share))
    best = np.inf
    for line in range(lines):
        angle = math.pi * line / lines
        for i in range(count):
            at = junctions[i]
            along[i] = math.cos(angle) * east[at] + math.sin(angle) * north[at]
        order = np.argsort(along, kind="mergesort")
        kind[:] = _BETWEEN
        for i in range(ends):
            kind[order[i]] = _SOURCE
            kind[order[count - 1 - i]] = _SINK
        rim_size = 0
        for i in range(ends):
            for link in range(first[order[i]], first[order[i] + 1]):
                if kind[head[link]] != _SOURCE:
                    rim[rim_size] = order[i]
                    rim_size += 1
                    break
        room[:] = capacities
        flow = 0
        # No cut of this flow can be better than one that halves the cell.
        while flow * 2 < best * count and _layer(
            first, head, room, kind, rim, rim_size, level, queue
        ):
            flow += _push_all(first, head, room, twin, kind, rim, rim_size, level, next_link, path)
        if flow * 2 >= best * count:
            continue
        near = 0
        for i in range(count):
            near += kind[i] == _SOURCE or level[i] >= 0
        far = _reaching_sink(first, head, room, twin, kind, reaches, queue)
        smaller = max(min(near, count - near), min(far, count - far))
        # A cut through nothing is best, and the better the more even.
        score = (flow if flow > 0 else 1e-6) / smaller
        if score < best:
            best = score
            by_source = min(near, count - near) == smaller
            for i in range(count):
                is_near = (kind[i] == _SOURCE or level[i] >= 0) if by_source else not reaches[i]
                side[i] = NEAR if is_near else FAR


@njit(cache=True, nogil=True)
def split_cell(
    begin, end, lowest, junction_order, side, place, first_out, arc_head, arc_out, arc_rank
):
    """Divides the cell of junctions `junction_order[begin:end]` by `side`; returns (where the far
    side begins, lowest rank of the far side's arcs).

    The arcs within the cell own the ranks from `lowest` up. Those across the cut get the highest
    of them, all that lead one way before all that lead the other: two arcs across one cut in
    opposite directions are seldom joined below it, which leaves fewer shortcuts. Below them come
    the far side's arcs, and below those the near side's.
    """
    count = end - begin
    for i in range(count):
        place[junction_order[begin + i]] = i
    within = np.zeros(2, np.int64)
    across = np.zeros(2, np.int64)
    for i in range(count):
        junction = junction_order[begin + i]
        for j in range(first_out[junction], first_out[junction + 1]):
            other = place[arc_head[arc_out[j]]]
            if other >= 0:
                if side[other] == side[i]:
                    within[side[i]] += 1
                else:
                    across[side[i]] += 1
    next_across = np.empty(2, np.int64)
    next_across[NEAR] = lowest + within[NEAR] + within[FAR]
    next_across[FAR] = next_across[NEAR] + across[NEAR]
    for i in range(count):
        junction = junction_order[begin + i]
        for j in range(first_out[junction], first_out[junction + 1]):
            other = place[arc_head[arc_out[j]]]
            if other >= 0 and side[other] != side[i]:
                arc_rank[arc_out[j]] = next_across[side[i]]
                next_across[side[i]] += 1
    far = np.empty(count, np.int32)
    near_count = 0
    far_count = 0
    for i in range(count):
        junction = junction_order[begin + i]
        place[junction] = -1
        if side[i] == NEAR:
            junction_order[begin + near_count] = junction
            near_count += 1
        else:
            far[far_count] = junction
            far_count += 1
    junction_order[begin + near_count : end] = far[:far_count]
    return begin + near_count, lowest + within[NEAR]


@njit(cache=True, nogil=True)
def dissect(
    begin,
    end,
    lowest,
    stop_size,
    lines,
    end_share,
    junction_order,
    first_neighbour,
    neighbour,
    capacity,
    east,
    north,
    first_out,
    arc_head,
    arc_out,
    arc_rank,
):
    """Cuts the cell `junction_order[begin:end]` until no part is larger than `stop_size`, or once
    if it is not larger to begin with; ranks the arcs across the cuts, and where a part is a single
    junction the arcs from it to itself. Returns the parts of two junctions and more that are left:
    (begin, end, lowest rank of its arcs), one per row.

    Several threads may work on different cells at once.
    """
    place = np.full(len(first_out) - 1, -1, np.int32)
    side = np.empty(end - begin, np.int8)
    stack = [(begin, end, lowest)]
    left = [(0, 0, 0)][:0]
    fresh = True
    while len(stack) > 0:
        a, b, low = stack.pop()
        if b - a == 1:
            junction = junction_order[a]
            for j in range(first_out[junction], first_out[junction + 1]):
                if arc_head[arc_out[j]] == junction:
                    arc_rank[arc_out[j]] = low
                    low += 1
            continue
        if b - a <= stop_size and not fresh:
            left.append((a, b, low))
            continue
        fresh = False
        cut_in_two(
            junction_order[a:b],
            first_neighbour,
            neighbour,
            capacity,
            east,
            north,
            lines,
            end_share,
            place,
            side,
        )
        middle, middle_low = split_cell(
            a, b, low, junction_order, side, place, first_out, arc_head, arc_out, arc_rank
        )
        stack.append((a, middle, low))
        stack.append((middle, b, middle_low))
    parts = np.empty((len(left), 3), np.int64)
    for i in range(len(left)):
        parts[i, 0], parts[i, 1], parts[i, 2] = left[i]
    return parts
