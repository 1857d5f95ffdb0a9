"""Metres of the fastest drives: of every link of a weighed hierarchy, and of tables.

A link is as long as the fastest way that gives it its weight; of several, as the shortest of them.
Like its weight, its length is counted from the start of one arc to the start of another.
"""

import numpy as np
from numba import njit

from geodata.kernels.hierarchy_table import LANES
from geodata.network import UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_ONE = np.uint32(1)


@njit(cache=True, nogil=True, inline="always")
def _offer_lengths(
    lower_ms, lower_m, v, u, first_link, head, link_ms, link_m, sought_ms, shortest_m
):
    """Offers the lengths of the triangles over `v` that are as fast as is sought."""
    begin = first_link[v]
    link = first_link[v + _ONE]
    while link > begin:
        link -= _ONE
        far = head[link]
        if far <= u:
            break
        if lower_ms + link_ms[link] == sought_ms[far]:
            shortest_m[far] = min(shortest_m[far], lower_m + link_m[link])


@njit(cache=True, nogil=True)
def measure(
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
    vertex_m,
    up_m,
    down_m,
    sought_ms,
    shortest_m,
):
    """Fills the lengths (float32) of all links of a range of vertices, as
    :func:`geodata.kernels.hierarchy_customise.customise` weighs them; infinite where there is no
    way. `sought_ms` (int32[vertex]) and `shortest_m` (float32[vertex]) are working memory."""
    u = first_vertex
    while u <= last_vertex:
        begin, end = first_up[u], first_up[u + _ONE]
        for link in range(begin, end):
            sought_ms[up_head[link]] = up_ms[link] if up_ms[link] < _UNREACHABLE_MS else -1
            shortest_m[up_head[link]] = np.inf
        for i in range(first_up_turn[u], first_up_turn[u + _ONE]):
            head = up_head[up_turn_link[i]]
            if vertex_ms[u] + up_turn_ms[i] == sought_ms[head]:
                shortest_m[head] = min(shortest_m[head], vertex_m[u])
        if begin < end:
            for i in range(first_down_in[u], first_down_in[u + _ONE]):
                link = down_in[i]
                if down_ms[link] < _UNREACHABLE_MS:
                    _offer_lengths(
                        down_ms[link],
                        down_m[link],
                        down_in_tail[i],
                        u,
                        first_up,
                        up_head,
                        up_ms,
                        up_m,
                        sought_ms,
                        shortest_m,
                    )
        for link in range(begin, end):
            up_m[link] = shortest_m[up_head[link]]

        begin, end = first_down[u], first_down[u + _ONE]
        for link in range(begin, end):
            sought_ms[down_head[link]] = down_ms[link] if down_ms[link] < _UNREACHABLE_MS else -1
            shortest_m[down_head[link]] = np.inf
        for i in range(first_down_turn[u], first_down_turn[u + _ONE]):
            head = down_head[down_turn_link[i]]
            if vertex_ms[head] + down_turn_ms[i] == sought_ms[head]:
                shortest_m[head] = min(shortest_m[head], vertex_m[head])
        if begin < end:
            for i in range(first_up_in[u], first_up_in[u + _ONE]):
                link = up_in[i]
                if up_ms[link] < _UNREACHABLE_MS:
                    _offer_lengths(
                        up_ms[link],
                        up_m[link],
                        up_in_tail[i],
                        u,
                        first_down,
                        down_head,
                        down_ms,
                        down_m,
                        sought_ms,
                        shortest_m,
                    )
        for link in range(begin, end):
            down_m[link] = shortest_m[down_head[link]]
        u += _ONE


@njit(cache=True, nogil=True)
def _climb(
    seed_vertex,
    seed_ms,
    seed_m,
    parent,
    first_link,
    head,
    link_ms,
    link_m,
    label,
    length,
    place,
    lane,
    labels,
    lengths,
):
    """As :func:`geodata.kernels.hierarchy_table._climb`, with lengths."""
    cursor = seed_vertex.copy()
    cursors = len(cursor)
    for i in range(cursors):
        if seed_ms[i] < label[seed_vertex[i]]:
            label[seed_vertex[i]] = seed_ms[i]
            length[seed_vertex[i]] = seed_m[i]
    while cursors > 0:
        v = cursor[0]
        for i in range(1, cursors):
            v = min(v, cursor[i])
        kept = 0
        moved = parent[v] < 0
        for i in range(cursors):
            if cursor[i] != v:
                cursor[kept] = cursor[i]
                kept += 1
            elif not moved:
                cursor[kept] = parent[v]
                kept += 1
                moved = True
        cursors = kept
        at_ms, at_m = np.int64(label[v]), length[v]
        label[v] = _UNREACHABLE_MS
        if at_ms < _UNREACHABLE_MS:
            if place[v] >= 0:
                labels[place[v], lane] = at_ms
                lengths[place[v], lane] = at_m
            for link in range(first_link[v], first_link[v + 1]):
                time_ms = at_ms + link_ms[link]
                if link_ms[link] < _UNREACHABLE_MS and time_ms < label[head[link]]:
                    label[head[link]] = time_ms
                    length[head[link]] = at_m + link_m[link]


@njit(cache=True, nogil=True)
def sweep_lengths(
    gathered,
    place,
    gathered_first_seed,
    gathered_seed_vertex,
    gathered_seed_ms,
    gathered_seed_m,
    climbed_first_seed,
    climbed_seed_vertex,
    climbed_seed_ms,
    climbed_seed_m,
    parent,
    first_sweep,
    sweep_head,
    sweep_ms,
    sweep_m,
    first_climb,
    climb_head,
    climb_ms,
    climb_m,
    label,
    length,
    lengths_m,
):
    """Fills `lengths_m` (float64[gathered end, climbed end]) where there is a way, and empties
    `place` again; as :func:`geodata.kernels.hierarchy_table.sweep_table` finds the times."""
    count = len(gathered)
    labels = np.empty((count, LANES), np.int32)
    lengths = np.empty((count, LANES), np.float32)
    ends = len(climbed_first_seed) - 1
    for batch in range(0, ends, LANES):
        lanes = min(LANES, ends - batch)
        labels[:] = _UNREACHABLE_MS
        lengths[:] = 0.0
        for lane in range(lanes):
            begin, after = climbed_first_seed[batch + lane], climbed_first_seed[batch + lane + 1]
            _climb(
                climbed_seed_vertex[begin:after],
                climbed_seed_ms[begin:after],
                climbed_seed_m[begin:after],
                parent,
                first_climb,
                climb_head,
                climb_ms,
                climb_m,
                label,
                length,
                place,
                lane,
                labels,
                lengths,
            )
        for i in range(count):
            here, here_m = labels[i], lengths[i]
            for link in range(first_sweep[gathered[i]], first_sweep[gathered[i] + 1]):
                added_ms, added_m = sweep_ms[link], sweep_m[link]
                if added_ms < _UNREACHABLE_MS:
                    above = place[sweep_head[link]]
                    for lane in range(LANES):
                        time_ms = np.int32(added_ms + labels[above, lane])
                        faster = time_ms < here[lane]
                        through_m = added_m + lengths[above, lane]
                        here_m[lane] = through_m if faster else here_m[lane]
                        here[lane] = time_ms if faster else here[lane]
        for end in range(len(gathered_first_seed) - 1):
            for lane in range(lanes):
                best = np.int64(_UNREACHABLE_MS)
                for i in range(gathered_first_seed[end], gathered_first_seed[end + 1]):
                    at = place[gathered_seed_vertex[i]]
                    if labels[at, lane] < _UNREACHABLE_MS:
                        time_ms = gathered_seed_ms[i] + labels[at, lane]
                        if time_ms < best:
                            best = time_ms
                            lengths_m[end, batch + lane] = (
                                np.float64(gathered_seed_m[i]) + lengths[at, lane]
                            )
    for v in gathered:
        place[v] = -1
