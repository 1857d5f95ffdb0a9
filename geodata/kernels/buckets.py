"""The queue of buckets behind the fields (Denardo and Fox, Operations Research 27, 1979).

Everything whose time falls into the same span waits in one bucket and leaves it in any order. The
buckets form a ring that turns with time; what is due later than one turn waits in a list beyond it.
Whoever waits is an entry of `waiting` (time and id, as in :mod:`geodata.kernels.heap`), chained by
`waiting_next`.
"""

import numpy as np
from numba import njit

from geodata.kernels.heap import entry_time_ms

SPAN_BITS = 10
"""A bucket spans 2**10 ms, less than most arcs take: few arcs then wait twice."""

BUCKETS = 4096
"""Buckets in the ring, a power of two: one turn is 70 minutes."""

RING_MASK = BUCKETS - 1

NOTHING = np.uint32(2**32 - 1)
"""End of a chain."""

NEVER = 2**31
"""Span in which nothing is due."""


@njit(cache=True, nogil=True)
def fill_ring(now, beyond, ring, waiting, waiting_next):
    """Moves what is due within one turn of the ring from the list beyond it into its bucket.

    Returns what is left beyond, the first span in which some of that is due, and how many moved.
    """
    left = NOTHING
    left_due = np.int64(NEVER)
    moved = 0
    item = beyond
    while item != NOTHING:
        following = waiting_next[item]
        due = entry_time_ms(waiting[item]) >> SPAN_BITS
        if due < now + BUCKETS:
            waiting_next[item] = ring[due & RING_MASK]
            ring[due & RING_MASK] = item
            moved += 1
        else:
            waiting_next[item] = left
            left = item
            left_due = min(left_due, due)
        item = following
    return left, left_due, moved
