"""Travel times between many starts and many destinations over a weighed hierarchy.

One side (the larger) is *gathered*: all ancestors of its seeds, from the roots down. From the other
side one climbs, for several ends at once, and then sweeps down over the gathered vertices, highest
first, so that each link is read once for all of them (restricted PHAST: Delling, Goldberg, Werneck,
"Faster Batched Shortest Paths in Road Networks", ATMOS 2011; over the elimination tree as in
Buchhold, Sanders, Wagner, "Real-time Traffic Assignment Using Engineered Customizable Contraction
Hierarchies", ACM JEA 24, 2019).

Written for gathered starts, with climbs from the destinations: climbing follows down links
backward, sweeping up links. For gathered destinations both change places.
"""

import numpy as np
from numba import njit

from geodata.network import UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)

LANES = 16
"""Ends that are swept at once: as many int32 as the widest vector registers hold."""


@njit(cache=True, nogil=True)
def gather(seed_vertex, parent, place):
    """The seeds' vertices and all their ancestors, ancestors first; `place` (int32[vertex], -1
    everywhere before) gets the place of each."""
    gathered = np.empty(1024, np.int32)
    count = 0
    for vertex in seed_vertex:
        length = 0
        v = vertex
        while v >= 0 and place[v] < 0:
            length += 1
            v = parent[v]
        while count + length > len(gathered):
            longer = np.empty(2 * len(gathered), np.int32)
            longer[:count] = gathered[:count]
            gathered = longer
        v = vertex
        for i in range(length - 1, -1, -1):
            gathered[count + i] = v
            place[v] = count + i
            v = parent[v]
        count += length
    return gathered[:count]


@njit(cache=True, nogil=True)
def _climb(seed_vertex, seed_ms, parent, first_link, head, link_ms, label, place, lane, labels):
    """Labels of one end on all ancestors of its seeds; those gathered get them in their lane.

    `label` (int32[vertex]) is unreachable everywhere before and after.
    """
    cursor = seed_vertex.copy()
    cursors = len(cursor)
    for i in range(cursors):
        label[seed_vertex[i]] = min(np.int64(label[seed_vertex[i]]), seed_ms[i])
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
        at = np.int64(label[v])
        label[v] = _UNREACHABLE_MS
        if at < _UNREACHABLE_MS:
            if place[v] >= 0:
                labels[place[v], lane] = at
            for link in range(first_link[v], first_link[v + 1]):
                if link_ms[link] < _UNREACHABLE_MS:
                    label[head[link]] = min(np.int64(label[head[link]]), at + link_ms[link])


@njit(cache=True, nogil=True)
def sweep_table(
    gathered,
    place,
    gathered_first_seed,
    gathered_seed_vertex,
    gathered_seed_ms,
    climbed_first_seed,
    climbed_seed_vertex,
    climbed_seed_ms,
    parent,
    first_sweep,
    sweep_head,
    sweep_ms,
    first_climb,
    climb_head,
    climb_ms,
    label,
    times_ms,
):
    """Fills `times_ms` (int64[gathered end, climbed end]), ``UNREACHABLE_MS`` where there is no
    way, and empties `place` again."""
    count = len(gathered)
    labels = np.empty((count, LANES), np.int32)
    ends = len(climbed_first_seed) - 1
    for batch in range(0, ends, LANES):
        lanes = min(LANES, ends - batch)
        labels[:] = _UNREACHABLE_MS
        for lane in range(lanes):
            begin, after = climbed_first_seed[batch + lane], climbed_first_seed[batch + lane + 1]
            _climb(
                climbed_seed_vertex[begin:after],
                climbed_seed_ms[begin:after],
                parent,
                first_climb,
                climb_head,
                climb_ms,
                label,
                place,
                lane,
                labels,
            )
        for i in range(count):
            here = labels[i]
            for link in range(first_sweep[gathered[i]], first_sweep[gathered[i] + 1]):
                added_ms = sweep_ms[link]
                if added_ms < _UNREACHABLE_MS:
                    above = labels[place[sweep_head[link]]]
                    for lane in range(LANES):
                        here[lane] = min(here[lane], np.int32(added_ms + above[lane]))
        for end in range(len(gathered_first_seed) - 1):
            for lane in range(lanes):
                best = np.int64(_UNREACHABLE_MS)
                for i in range(gathered_first_seed[end], gathered_first_seed[end + 1]):
                    onward = labels[place[gathered_seed_vertex[i]], lane]
                    if onward < _UNREACHABLE_MS:
                        best = min(best, gathered_seed_ms[i] + onward)
                times_ms[end, batch + lane] = best
    for v in gathered:
        place[v] = -1


@njit(cache=True, nogil=True)
def nearest_gates(entered_ms, between_ms, previous):
    """Lowers the times at which gates have been passed to those of the best ways over any number
    of gates, given the times from behind one gate to behind another; `previous` gets the gate
    passed before, where there is one (Dijkstra's algorithm on a dense matrix)."""
    gates = len(entered_ms)
    done = np.zeros(gates, np.bool_)
    for _ in range(gates):
        nearest = -1
        for gate in range(gates):
            if not done[gate] and (nearest < 0 or entered_ms[gate] < entered_ms[nearest]):
                nearest = gate
        done[nearest] = True
        for gate in range(gates):
            through = entered_ms[nearest] + between_ms[nearest, gate]
            if through < entered_ms[gate]:
                entered_ms[gate] = through
                previous[gate] = nearest
