"""A priority queue of (time, arc) pairs: a heap with four children to a node, in one array.

An entry is one int64, the time in the upper half and the arc in the lower, so that entries of
equal time leave in the order of their arcs and every search is repeatable. There is no
decrease-key: an arc that gets a better time is pushed again, and the stale entry is skipped when
it comes up.
"""

import numpy as np
from numba import njit

_ARC_BITS = 32
_ARC_MASK = (1 << _ARC_BITS) - 1


@njit(cache=True, nogil=True, inline="always")
def entry(time_ms, arc):
    """Entry of an arc with a time of at least 0 and below 2**31 ms."""
    return (np.int64(time_ms) << _ARC_BITS) | np.int64(arc)


@njit(cache=True, nogil=True, inline="always")
def entry_time_ms(item):
    """The time in an entry, in ms."""
    return item >> _ARC_BITS


@njit(cache=True, nogil=True, inline="always")
def entry_arc(item):
    """The arc in an entry."""
    return item & _ARC_MASK


@njit(cache=True, nogil=True)
def push(heap, size, item):
    """Adds an entry to a heap of `size` entries, which must have room."""
    hole = size
    while hole > 0:
        above = (hole - 1) >> 2
        if heap[above] <= item:
            break
        heap[hole] = heap[above]
        hole = above
    heap[hole] = item


@njit(cache=True, nogil=True)
def pop(heap, size):
    """Removes and returns the least entry of a heap of `size` entries, at least one."""
    least = heap[0]
    size -= 1
    moved = heap[size]
    hole = 0
    while True:
        child = 4 * hole + 1
        if child >= size:
            break
        end = min(child + 4, size)
        smallest = child
        smallest_item = heap[child]
        for other in range(child + 1, end):
            if heap[other] < smallest_item:
                smallest = other
                smallest_item = heap[other]
        if smallest_item >= moved:
            break
        heap[hole] = smallest_item
        hole = smallest
    heap[hole] = moved
    return least
