"""Giving the links of a hierarchy their weights, all of them or those that a change reaches.

A link's weight is the least time from the start of one arc to the start of another through lower
vertices: its own turn's, or the sum of two links over a common lower vertex (a lower triangle;
Dibbelt, Strasser, Wagner, ACM JEA 21, 2016, section 5). A turn weighs the time of the arc it
leaves plus its own, with the surcharge for entering no-through ground.

Weights are int32 ms; ``UNREACHABLE_MS`` where there is no way. A weight below it and any other
add up to less than 2**31, and to at least ``UNREACHABLE_MS`` if the other is unreachable.
"""

import numpy as np
from numba import njit

from geodata.kernels.heap import pop, push
from geodata.kernels.hierarchy_contraction import link_between
from geodata.network import UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)

_ONE = np.uint32(1)

_SEARCH_STEPS = 8
"""What it costs to look a link up, in links read one after another."""


@njit(cache=True, nogil=True, inline="always")
def _offer_triangles(lower_ms, v, u, first_link, head, link_ms, best_ms):
    """Offers `lower_ms` plus each link of `v` beyond `u` to the best times of their heads."""
    begin = first_link[v]
    link = first_link[v + _ONE]
    while link > begin:
        link -= _ONE
        far = head[link]
        if far <= u:
            break
        best_ms[far] = min(best_ms[far], np.int32(lower_ms + link_ms[link]))


@njit(cache=True, nogil=True)
def customise(
    first_vertex,
    last_vertex,
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
    best_ms,
):
    """Weighs all links of a range of vertices, below which all must have been weighed.

    Ranges of which none holds a descendant of another's may be done in several threads at once.
    `best_ms` (int32[vertex]) is a thread's working memory. Topology and vertices are unsigned: a
    signed index costs a test for negative ones, in loops as short as these a third of the time.
    """
    u = first_vertex
    while u <= last_vertex:
        # From u to higher vertices: by turns, and as u -> v -> head over lower v.
        begin, end = first_up[u], first_up[u + _ONE]
        for link in range(begin, end):
            best_ms[up_head[link]] = _UNREACHABLE_MS
        for i in range(first_up_turn[u], first_up_turn[u + _ONE]):
            head = up_head[up_turn_link[i]]
            time_ms = min(vertex_ms[u] + up_turn_ms[i], _UNREACHABLE_MS)
            best_ms[head] = min(best_ms[head], np.int32(time_ms))
        if begin < end:
            for i in range(first_down_in[u], first_down_in[u + _ONE]):
                lower_ms = down_ms[down_in[i]]
                if lower_ms < _UNREACHABLE_MS:
                    _offer_triangles(
                        lower_ms, down_in_tail[i], u, first_up, up_head, up_ms, best_ms
                    )
        for link in range(begin, end):
            up_ms[link] = best_ms[up_head[link]]

        # From higher vertices to u: by turns, and as head -> v -> u.
        begin, end = first_down[u], first_down[u + _ONE]
        for link in range(begin, end):
            best_ms[down_head[link]] = _UNREACHABLE_MS
        for i in range(first_down_turn[u], first_down_turn[u + _ONE]):
            head = down_head[down_turn_link[i]]
            time_ms = min(vertex_ms[head] + down_turn_ms[i], _UNREACHABLE_MS)
            best_ms[head] = min(best_ms[head], np.int32(time_ms))
        if begin < end:
            for i in range(first_up_in[u], first_up_in[u + _ONE]):
                lower_ms = up_ms[up_in[i]]
                if lower_ms < _UNREACHABLE_MS:
                    _offer_triangles(
                        lower_ms, up_in_tail[i], u, first_down, down_head, down_ms, best_ms
                    )
        for link in range(begin, end):
            down_ms[link] = best_ms[down_head[link]]
        u += _ONE


@njit(cache=True, nogil=True)
def _least_triangle_ms(
    low,
    high,
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
    """The least sum of two links that join `low` and `high` over a vertex below both.

    `near_*` are the links whose upper end is `low`, `far_*` those of the other direction whose
    upper end is `high`; `first_link` and `head` list the far ones by their lower end.
    """
    best = np.int64(_UNREACHABLE_MS)
    i, near_end = first_near[low], first_near[low + 1]
    j, far_end = first_far[high], first_far[high + 1]
    if (near_end - i) * _SEARCH_STEPS < far_end - j:
        while i < near_end:
            near = np.int64(near_ms[near_link[i]])
            if near < best:
                link = link_between(first_link, head, near_tail[i], high)
                if link >= 0:
                    best = min(best, near + far_ms[link])
            i += 1
        return best
    while i < near_end and j < far_end:
        if near_tail[i] < far_tail[j]:
            i += 1
        elif near_tail[i] > far_tail[j]:
            j += 1
        else:
            best = min(best, np.int64(near_ms[near_link[i]]) + far_ms[far_link[j]])
            i += 1
            j += 1
    return best


@njit(cache=True, nogil=True)
def _with_room(array, needed):
    if needed <= len(array):
        return array
    longer = np.empty(2 * needed, array.dtype)
    longer[: len(array)] = array
    return longer


@njit(cache=True, nogil=True)
def _wait_for(vertex, waiting, heap, size):
    """Puts a vertex on the heap unless it is there; returns the heap's size."""
    if waiting[vertex]:
        return size
    waiting[vertex] = 1
    push(heap, size, np.int64(vertex))
    return size + 1


@njit(cache=True, nogil=True)
def _pass_on(
    u,
    first_near,
    near_head,
    near_ms,
    old_near_ms,
    first_far,
    far_head,
    far_ms,
    old_far_ms,
    far_doubtful,
    new_far,
    waiting,
    heap,
    size,
):
    """Passes changes at `u` on to the links of one direction that triangles over `u` make between
    the near end of one of its links and the far end of another, the far end being the higher one.
    Those links belong to the near end and have the direction of the far links, of which `new_far`
    changed. Returns the heap's size."""
    far_end = first_far[u + 1]
    for near in range(first_near[u], first_near[u + 1]):
        low = near_head[near]
        near_old, near_new = np.int64(old_near_ms[near]), np.int64(near_ms[near])
        every = near_old != near_new
        count = far_end - first_far[u] if every else len(new_far)
        link = first_far[low]
        last = first_far[low + 1]
        for i in range(count):
            far = first_far[u] + i if every else new_far[i]
            high = far_head[far]
            if high <= low:
                continue
            before, after = near_old + old_far_ms[far], near_new + far_ms[far]
            if before == after or (before >= _UNREACHABLE_MS and after >= _UNREACHABLE_MS):
                continue
            # The links of `low` are in the order of their heads, as are the far ones of `u`.
            while link < last and far_head[link] < high:
                link += 1
            if after < far_ms[link]:
                far_ms[link] = after
            elif before == old_far_ms[link] and far_ms[link] == before:
                far_doubtful[link] = 1
            else:
                continue
            size = _wait_for(low, waiting, heap, size)
    return size


@njit(cache=True, nogil=True)
def recustomise(
    changed_arc,
    vertex_of_arc,
    first_turn,
    turn_to,
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
    old_up_ms,
    old_down_ms,
    up_doubtful,
    down_doubtful,
    waiting,
    heap,
):
    """Brings `up_ms` and `down_ms`, copies of the old weights, up to date after the times of some
    arcs changed; returns (up links, down links) that changed.

    Vertices are taken in rising order, so that below them all is right. Where a triangle got
    shorter than the link above it, the link has its new weight at once; where a link had its
    weight from a triangle that got longer, it is in doubt and is weighed anew in its turn.
    `up_doubtful`, `down_doubtful` (uint8[link]) and `waiting` (uint8[vertex]) are zero before and
    after; `heap` (int64[vertex + 1]) is working memory.
    """
    size = 0
    for arc in changed_arc:
        a = vertex_of_arc[arc]
        if a < 0:
            continue
        for turn in range(first_turn[arc], first_turn[arc + 1]):
            b = vertex_of_arc[turn_to[turn]]
            if b < 0 or b == a:
                continue
            if a < b:
                link = link_between(first_up, up_head, a, b)
                if link >= 0:
                    up_doubtful[link] = 1
                    size = _wait_for(a, waiting, heap, size)
            else:
                link = link_between(first_down, down_head, b, a)
                if link >= 0:
                    down_doubtful[link] = 1
                    size = _wait_for(b, waiting, heap, size)

    new_up = np.empty(256, np.int32)
    new_down = np.empty(256, np.int32)
    ups = 0
    downs = 0
    while size > 0:
        u = np.int32(pop(heap, size))
        size -= 1
        waiting[u] = 0

        ups_before, downs_before = ups, downs
        for link in range(first_up[u], first_up[u + 1]):
            if up_doubtful[link]:
                up_doubtful[link] = 0
                best = _least_triangle_ms(
                    u,
                    up_head[link],
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
                for i in range(first_up_turn[u], first_up_turn[u + 1]):
                    if up_turn_link[i] == link:
                        best = min(best, np.int64(vertex_ms[u]) + up_turn_ms[i])
                up_ms[link] = best
            if up_ms[link] != old_up_ms[link]:
                new_up = _with_room(new_up, ups + 1)
                new_up[ups] = link
                ups += 1
        for link in range(first_down[u], first_down[u + 1]):
            if down_doubtful[link]:
                down_doubtful[link] = 0
                head = down_head[link]
                best = _least_triangle_ms(
                    u,
                    head,
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
                for i in range(first_down_turn[u], first_down_turn[u + 1]):
                    if down_turn_link[i] == link:
                        best = min(best, np.int64(vertex_ms[head]) + down_turn_ms[i])
                down_ms[link] = best
            if down_ms[link] != old_down_ms[link]:
                new_down = _with_room(new_down, downs + 1)
                new_down[downs] = link
                downs += 1

        if ups == ups_before and downs == downs_before:
            continue
        # Triangles x -> u -> y with a changed side: x -> y is an up link of x where x is the lower,
        # else a down link of y.
        size = _pass_on(
            u,
            first_down,
            down_head,
            down_ms,
            old_down_ms,
            first_up,
            up_head,
            up_ms,
            old_up_ms,
            up_doubtful,
            new_up[ups_before:ups],
            waiting,
            heap,
            size,
        )
        size = _pass_on(
            u,
            first_up,
            up_head,
            up_ms,
            old_up_ms,
            first_down,
            down_head,
            down_ms,
            old_down_ms,
            down_doubtful,
            new_down[downs_before:downs],
            waiting,
            heap,
            size,
        )
    return new_up[:ups].copy(), new_down[:downs].copy()
