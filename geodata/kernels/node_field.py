"""A field over nodes, with turns ignored: what remains of a search when junctions cost nothing."""

import numpy as np
from numba import njit

from geodata.kernels.buckets import BUCKETS, NEVER, NOTHING, RING_MASK, SPAN_BITS, fill_ring
from geodata.kernels.heap import entry, entry_arc, entry_time_ms
from geodata.network import UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)


@njit(cache=True, nogil=True)
def group_by_node(end_node, first, arcs):
    """Fills `first` (uint32[node + 1], zeros) and `arcs` (uint32[arc]): the arcs at each node."""
    for arc in range(len(arcs)):
        first[end_node[arc] + 1] += 1
    for node in range(1, len(first)):
        first[node] += first[node - 1]
    place = first[:-1].copy()
    for arc in range(len(arcs)):
        node = end_node[arc]
        arcs[place[node]] = arc
        place[node] += 1


@njit(cache=True, nogil=True)
def spread_over_nodes(
    first, arcs, far_node, weight_ms, limit_ms, label_ms, winner, waiting, waiting_next
):
    """Lowers `label_ms` (int32[node]), in which the anchors' nodes are labelled, to the least time
    of each node; `winner` (int32[node]) follows the labels.

    `arcs` stand at the node that an arc is entered by, `first` says where each node's begin, and
    `far_node` (uint32[arc]) is the other end. Turns cost nothing and none is forbidden. `waiting`
    (int64) and `waiting_next` (uint32) need an entry for every arc and every node.
    """
    ring = np.full(BUCKETS, NOTHING, dtype=np.uint32)
    in_ring = 0
    beyond = NOTHING
    beyond_due = np.int64(NEVER)
    free = NOTHING
    fresh = np.uint32(0)
    now = np.int64(0)
    for start in range(len(label_ms)):
        if label_ms[start] < _UNREACHABLE_MS:
            waiting[fresh] = entry(label_ms[start], start)
            waiting_next[fresh] = beyond
            beyond = fresh
            fresh += np.uint32(1)
            beyond_due = min(beyond_due, np.int64(label_ms[start]) >> SPAN_BITS)

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
            node = entry_arc(waiting[item])
            time_ms = entry_time_ms(waiting[item])
            if label_ms[node] != time_ms:
                continue
            for i in range(first[node], first[node + 1]):
                arc = arcs[i]
                next_ms = time_ms + weight_ms[arc]
                neighbour = far_node[arc]
                if next_ms <= limit_ms and next_ms < label_ms[neighbour]:
                    label_ms[neighbour] = next_ms
                    winner[neighbour] = winner[node]
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
