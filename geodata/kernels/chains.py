"""Edges that go on in each other, joined to chains."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def partners_of_ends(order, group, node, partner):
    """Fills int64[end] with the end that each goes on in, -1 where there is none.

    End ``2 * edge`` is an edge's tail, ``2 * edge + 1`` its head. ``order`` lists the ends sorted
    by group, then node. Two ends belong together where exactly two of one group meet at a node.
    """
    partner[:] = -1
    count = len(order)
    first = 0
    while first < count:
        last = first + 1
        while (
            last < count
            and group[order[last] >> 1] == group[order[first] >> 1]
            and node[order[last]] == node[order[first]]
        ):
            last += 1
        if last - first == 2 and order[first] >> 1 != order[first + 1] >> 1:
            partner[order[first]] = order[first + 1]
            partner[order[first + 1]] = order[first]
        first = last


@njit(cache=True, nogil=True)
def chains_of_edges(partner, most_edges, arcs, first_arc):
    """Lists the arcs of each chain in driving order, every edge once; returns the chains' number.

    ``arcs`` int64[edge] is filled chain after chain, ``first_arc`` int64[chain + 1] with where each
    begins. Arc ``2 * edge`` runs along the edge. A chain has ``most_edges`` at most.
    """
    edge_count = len(partner) // 2
    taken = np.zeros(edge_count, np.bool_)
    chains = 0
    used = 0
    first_arc[0] = 0
    for round_ in range(2):  # those with an end first, then rings
        for start in range(edge_count):
            if taken[start]:
                continue
            if round_ == 1 or partner[2 * start] < 0:
                entered = 2 * start
            elif partner[2 * start + 1] < 0:
                entered = 2 * start + 1
            else:
                continue
            length = 0
            while entered >= 0 and not taken[entered >> 1] and length < most_edges:
                taken[entered >> 1] = True
                arcs[used] = entered  # entering at the tail is driving along the edge
                used += 1
                length += 1
                entered = partner[entered ^ 1]
            chains += 1
            first_arc[chains] = used
    return chains
