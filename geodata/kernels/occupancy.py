"""Linked lists of who stands on each edge."""

from numba import njit


@njit(cache=True, nogil=True)
def unlink(slot, first_on_edge, next_on_edge, previous_on_edge, edge):
    """Takes a slot off its edge; it must be on one."""
    after, before = next_on_edge[slot], previous_on_edge[slot]
    if before >= 0:
        next_on_edge[before] = after
    else:
        first_on_edge[edge[slot]] = after
    if after >= 0:
        previous_on_edge[after] = before
    edge[slot] = -1


@njit(cache=True, nogil=True)
def link(slot, new_edge, first_on_edge, next_on_edge, previous_on_edge, edge):
    """Puts a slot that is on no edge at the front of an edge's list."""
    after = first_on_edge[new_edge]
    next_on_edge[slot] = after
    previous_on_edge[slot] = -1
    if after >= 0:
        previous_on_edge[after] = slot
    first_on_edge[new_edge] = slot
    edge[slot] = new_edge


@njit(cache=True, nogil=True)
def move(
    slots,
    new_edges,
    new_fractions,
    first_on_edge,
    next_on_edge,
    previous_on_edge,
    edge,
    fraction,
):
    """Puts each slot at its new position, in order; a new edge below 0 takes it off the road."""
    for i in range(len(slots)):
        slot = slots[i]
        new_edge = new_edges[i]
        if edge[slot] != new_edge:
            if edge[slot] >= 0:
                unlink(slot, first_on_edge, next_on_edge, previous_on_edge, edge)
            if new_edge >= 0:
                link(slot, new_edge, first_on_edge, next_on_edge, previous_on_edge, edge)
        fraction[slot] = new_fractions[i]
