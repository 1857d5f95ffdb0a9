"""The fastest drive between two positions over a weighed hierarchy.

Both ends climb: from the start along up links, from the destination along down links, vertex by
vertex up the elimination tree, whose branches hold the upper ends of all links of their vertices
(Dibbelt, Strasser, Wagner, ACM JEA 21, 2016, section 6.2). No queue is needed. The fastest drive's
highest arc is where both climbs are cheapest together. Its links are then unfolded: each is a turn
or two links over a lower vertex.

An end is a set of *seeds*: vertices with the time at the start of their arc. A start on an arc of
which 3 s are spent seeds that arc with -3 s; a destination 4 s along an arc seeds it with 4 s.
"""

import numpy as np
from numba import njit

from geodata.kernels.hierarchy_contraction import link_between
from geodata.kernels.turns import share_of_arc, spent_ms
from geodata.network import (
    NO_THROUGH_MS,
    TURN_COST_UNIT_MS,
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
)

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_NO_THROUGH_MS = int(NO_THROUGH_MS)
_FORBIDDEN = int(TURN_FORBIDDEN)
_ENTERS_NO_THROUGH = int(TURN_ENTERS_NO_THROUGH)
_UNIT_MS = TURN_COST_UNIT_MS

_SEARCH_STEPS = 8
"""What it costs to look a link up, in links read one after another."""


@njit(cache=True, nogil=True)
def start_seeds(
    edge,
    fraction,
    not_beyond,
    vertex_of_arc,
    vertex_ms,
    first_turn,
    turn_to,
    turn_cost,
    seed_vertex,
    seed_ms,
    seed_arc,
):
    """Fills the seeds of a start at a fraction of an edge; returns how many.

    Where `not_beyond` (a fraction of the same edge, or -1) lies behind the start on an arc, a drive
    along that arc has to leave it first: the arcs that can be turned onto are seeded in its place,
    with the arc that is driven before them in `seed_arc`, elsewhere -1.
    """
    count = 0
    for arc in range(2 * edge, 2 * edge + 2):
        vertex = vertex_of_arc[arc]
        if vertex < 0 or vertex_ms[vertex] >= _UNREACHABLE_MS:
            continue
        share = share_of_arc(arc, fraction)
        spent = spent_ms(vertex_ms[vertex], share)
        if not_beyond < 0.0 or share_of_arc(arc, not_beyond) >= share:
            seed_vertex[count] = vertex
            seed_ms[count] = -spent
            seed_arc[count] = -1
            count += 1
            continue
        for turn in range(first_turn[arc], first_turn[arc + 1]):
            onto = vertex_of_arc[turn_to[turn]]
            cost = np.int64(turn_cost[turn])
            if onto >= 0 and cost != _FORBIDDEN:
                seed_vertex[count] = onto
                seed_ms[count] = vertex_ms[vertex] - spent
                seed_ms[count] += (cost & (_ENTERS_NO_THROUGH - 1)) * _UNIT_MS
                if cost & _ENTERS_NO_THROUGH:
                    seed_ms[count] += _NO_THROUGH_MS
                seed_arc[count] = arc
                count += 1
    return count


@njit(cache=True, nogil=True)
def end_seeds(edge, fraction, vertex_of_arc, vertex_ms, arc_next_copy, seed_vertex, seed_ms):
    """Fills the seeds of a destination at a fraction of an edge; returns how many."""
    count = 0
    for arc in range(2 * edge, 2 * edge + 2):
        copy = np.int32(arc)
        while copy >= 0:
            vertex = vertex_of_arc[copy]
            if vertex >= 0 and vertex_ms[vertex] < _UNREACHABLE_MS:
                seed_vertex[count] = vertex
                seed_ms[count] = spent_ms(vertex_ms[vertex], share_of_arc(arc, fraction))
                count += 1
            copy = arc_next_copy[copy]
    return count


@njit(cache=True, nogil=True)
def seed_room(edge, first_turn, arc_next_copy):
    """The most seeds that a start or a destination on an edge can have."""
    room = 2
    for arc in range(2 * edge, 2 * edge + 2):
        room += first_turn[arc + 1] - first_turn[arc]
        copy = arc_next_copy[arc]
        while copy >= 0:
            room += 1
            copy = arc_next_copy[copy]
    return room


@njit(cache=True, nogil=True)
def all_seeds(
    of_starts,
    edges,
    fractions,
    vertex_of_arc,
    vertex_ms,
    first_turn,
    turn_to,
    turn_cost,
    arc_next_copy,
):
    """(first seed of each end, vertex, time) of many starts, or of many destinations; edges of -1
    have none."""
    ends = len(edges)
    most = 0
    for end in range(ends):
        if edges[end] >= 0:
            most += seed_room(edges[end], first_turn, arc_next_copy)
    first_seed = np.zeros(ends + 1, np.int64)
    seed_vertex = np.empty(most, np.int32)
    seed_ms = np.empty(most, np.int64)
    seed_arc = np.empty(most, np.int32)
    count = 0
    for end in range(ends):
        if edges[end] >= 0:
            if of_starts:
                count += start_seeds(
                    edges[end],
                    fractions[end],
                    -1.0,
                    vertex_of_arc,
                    vertex_ms,
                    first_turn,
                    turn_to,
                    turn_cost,
                    seed_vertex[count:],
                    seed_ms[count:],
                    seed_arc[count:],
                )
            else:
                count += end_seeds(
                    edges[end],
                    fractions[end],
                    vertex_of_arc,
                    vertex_ms,
                    arc_next_copy,
                    seed_vertex[count:],
                    seed_ms[count:],
                )
        first_seed[end + 1] = count
    return first_seed, seed_vertex[:count].copy(), seed_ms[:count].copy()


@njit(cache=True, nogil=True)
def _climb_both(
    start_vertex,
    start_ms,
    end_vertex,
    end_ms,
    parent,
    first_up,
    up_head,
    first_down,
    down_head,
    up_ms,
    down_ms,
    from_start,
    before,
    to_end,
    after,
    trail,
):
    """(least time, the vertex where both climbs meet for it or -1, length of the trail).

    `from_start` and `to_end` (int32[vertex], all unreachable before) get labels, `before` and
    `after` the vertex that a label came from, or -1 - seed; `trail` the vertices seen.
    """
    seeds = len(start_vertex) + len(end_vertex)
    cursor = np.empty(seeds, np.int32)
    # A negative label would make a link without any way seem to lead somewhere.
    lift = np.int64(0)
    for i in range(len(start_vertex)):
        lift = max(lift, -start_ms[i])
    for i in range(len(start_vertex)):
        vertex = start_vertex[i]
        cursor[i] = vertex
        if lift + start_ms[i] < from_start[vertex]:
            from_start[vertex] = lift + start_ms[i]
            before[vertex] = -1 - i
    for i in range(len(end_vertex)):
        vertex = end_vertex[i]
        cursor[len(start_vertex) + i] = vertex
        if end_ms[i] < to_end[vertex]:
            to_end[vertex] = end_ms[i]
            after[vertex] = -1 - i

    best = np.int64(_UNREACHABLE_MS)
    meeting = np.int32(-1)
    length = 0
    while seeds > 0:
        v = cursor[0]
        for i in range(1, seeds):
            v = min(v, cursor[i])
        above = parent[v]
        kept = 0
        moved = False
        for i in range(seeds):
            if cursor[i] != v:
                cursor[kept] = cursor[i]
                kept += 1
            elif not moved and above >= 0:
                cursor[kept] = above
                kept += 1
                moved = True
        seeds = kept
        trail[length] = v
        length += 1
        start_label, end_label = np.int64(from_start[v]), np.int64(to_end[v])
        if (
            start_label < _UNREACHABLE_MS
            and end_label < _UNREACHABLE_MS
            and start_label + end_label < best
        ):
            best = start_label + end_label
            meeting = v
        if start_label < best:
            for link in range(first_up[v], first_up[v + 1]):
                label = start_label + up_ms[link]
                if label < from_start[up_head[link]]:
                    from_start[up_head[link]] = label
                    before[up_head[link]] = v
        if end_label < best:
            for link in range(first_down[v], first_down[v + 1]):
                label = end_label + down_ms[link]
                if label < to_end[down_head[link]]:
                    to_end[down_head[link]] = label
                    after[down_head[link]] = v
    if meeting >= 0:
        best -= lift
    return best, meeting, length


@njit(cache=True, nogil=True)
def _doubled(array):
    longer = np.empty(2 * len(array), array.dtype)
    longer[: len(array)] = array
    return longer


@njit(cache=True, nogil=True)
def _middle(
    low,
    high,
    sum_ms,
    first_near,
    near_link,
    near_tail,
    near_ms,
    first_far,
    far_link,
    far_tail,
    far_ms,
    first_link,
    head,
):
    """(v, link between `low` and v, link between v and `high`) of a lower triangle with this sum.

    `near_*` are the links whose upper end is `low`, `far_*` those of the other direction whose
    upper end is `high`; `first_link` and `head` list the far ones by their lower end. The highest
    v comes first: it is the likeliest.
    """
    near_begin, i = first_near[low], first_near[low + 1] - 1
    far_begin, j = first_far[high], first_far[high + 1] - 1
    if (i - near_begin) * _SEARCH_STEPS < j - far_begin:
        while i >= near_begin:
            near = near_ms[near_link[i]]
            if near < sum_ms:
                link = link_between(first_link, head, near_tail[i], high)
                if link >= 0 and np.int64(near) + far_ms[link] == sum_ms:
                    return near_tail[i], np.int64(near_link[i]), np.int64(link)
            i -= 1
    else:
        while i >= near_begin and j >= far_begin:
            if near_tail[i] > far_tail[j]:
                i -= 1
            elif near_tail[i] < far_tail[j]:
                j -= 1
            else:
                if np.int64(near_ms[near_link[i]]) + far_ms[far_link[j]] == sum_ms:
                    return near_tail[i], np.int64(near_link[i]), np.int64(far_link[j])
                i -= 1
                j -= 1
    return np.int32(-1), np.int64(-1), np.int64(-1)


@njit(cache=True, nogil=True)
def fastest_drive(
    start_vertex,
    start_ms,
    end_vertex,
    end_ms,
    parent,
    first_up,
    up_head,
    first_down,
    down_head,
    first_up_in,
    up_in,
    up_in_tail,
    first_down_in,
    down_in,
    down_in_tail,
    first_up_turn,
    up_turn_link,
    up_turn_ms,
    first_down_turn,
    down_turn_link,
    down_turn_ms,
    vertex_ms,
    up_ms,
    down_ms,
    from_start,
    before,
    to_end,
    after,
    trail,
):
    """(least time in ms or ``UNREACHABLE_MS``, the start's seed, the vertices driven, from a seed
    of the start to one of the end).

    `from_start` and `to_end` (int32[vertex]) are unreachable everywhere before and after.
    """
    best, meeting, length = _climb_both(
        start_vertex,
        start_ms,
        end_vertex,
        end_ms,
        parent,
        first_up,
        up_head,
        first_down,
        down_head,
        up_ms,
        down_ms,
        from_start,
        before,
        to_end,
        after,
        trail,
    )
    for i in range(length):
        from_start[trail[i]] = _UNREACHABLE_MS
        to_end[trail[i]] = _UNREACHABLE_MS
    if meeting < 0:
        return best, -1, np.empty(0, np.int32)

    ups = 0
    first_vertex = meeting
    while before[first_vertex] >= 0:
        first_vertex = before[first_vertex]
        ups += 1
    downs = 0
    last_vertex = meeting
    while after[last_vertex] >= 0:
        last_vertex = after[last_vertex]
        downs += 1
    # Links still to be unfolded, the next one on top: twice the link, plus 1 for an up link; and
    # its lower vertex. Both climbs are read from the meeting vertex outward.
    size = ups + downs
    stack = np.empty(2 * size + 256, np.int64)
    stack_low = np.empty(2 * size + 256, np.int32)
    v = meeting
    for i in range(downs - 1, -1, -1):
        stack[i] = link_between(first_down, down_head, after[v], v) * 2
        v = stack_low[i] = after[v]
    v = meeting
    for i in range(downs, size):
        stack[i] = link_between(first_up, up_head, before[v], v) * 2 + 1
        v = stack_low[i] = before[v]

    drive = np.empty(256, np.int32)
    drive[0] = first_vertex
    driven = 1
    while size > 0:
        size -= 1
        link, low = stack[size] >> 1, stack_low[size]
        upward = stack[size] & 1 == 1
        onto = up_head[link] if upward else low
        by_turn = False
        if upward:
            for i in range(first_up_turn[low], first_up_turn[low + 1]):
                if up_turn_link[i] == link:
                    by_turn |= np.int64(vertex_ms[low]) + up_turn_ms[i] == up_ms[link]
        else:
            for i in range(first_down_turn[low], first_down_turn[low + 1]):
                if down_turn_link[i] == link:
                    time_ms = np.int64(vertex_ms[down_head[link]]) + down_turn_ms[i]
                    by_turn |= time_ms == down_ms[link]
        if by_turn:
            if driven == len(drive):
                drive = _doubled(drive)
            drive[driven] = onto
            driven += 1
            continue
        if upward:
            middle, near, far = _middle(
                low,
                up_head[link],
                up_ms[link],
                first_down_in,
                down_in,
                down_in_tail,
                down_ms,
                first_up_in,
                up_in,
                up_in_tail,
                up_ms,
                first_up,
                up_head,
            )
            first_part, second_part = near * 2, far * 2 + 1
        else:
            middle, near, far = _middle(
                low,
                down_head[link],
                down_ms[link],
                first_up_in,
                up_in,
                up_in_tail,
                up_ms,
                first_down_in,
                down_in,
                down_in_tail,
                down_ms,
                first_down,
                down_head,
            )
            first_part, second_part = far * 2, near * 2 + 1
        if middle < 0:
            # Only weights that were damaged on disk can have no way to unfold.
            return best, -1, np.empty(0, np.int32)
        if size + 2 > len(stack):
            stack = _doubled(stack)
            stack_low = _doubled(stack_low)
        stack[size], stack_low[size] = second_part, middle
        stack[size + 1], stack_low[size + 1] = first_part, middle
        size += 2
    return best, -1 - before[first_vertex], drive[:driven].copy()
