"""What turns and parts of arcs cost."""

import numpy as np
from numba import njit

from geodata.network import NO_THROUGH_MS, TURN_COST_UNIT_MS, TURN_ENTERS_NO_THROUGH

_NO_THROUGH_MS = int(NO_THROUGH_MS)
_ENTERS_NO_THROUGH = int(TURN_ENTERS_NO_THROUGH)
_COST_BITS = _ENTERS_NO_THROUGH.bit_length() - 1
_COST_MASK = _ENTERS_NO_THROUGH - 1
_UNIT_MS = TURN_COST_UNIT_MS


@njit(cache=True, nogil=True)
def is_open(zone, open_zones):
    """Whether a zone is among the open ones, which must rise."""
    low, high = 0, len(open_zones)
    while low < high:
        middle = (low + high) >> 1
        if open_zones[middle] < zone:
            low = middle + 1
        else:
            high = middle
    return low < len(open_zones) and open_zones[low] == zone


@njit(cache=True, nogil=True, inline="always")
def turn_ms(cost):
    """Milliseconds of a turn that may be made, with the surcharge if it enters no-through ground.

    `cost` is as stored. Without a branch: this stands in the innermost loop.
    """
    code = np.int64(cost)
    return (code & _COST_MASK) * _UNIT_MS + (code >> _COST_BITS) * _NO_THROUGH_MS


@njit(cache=True, nogil=True, inline="always")
def enters_no_through(cost):
    """Whether a turn enters no-through ground, and so :func:`turn_ms` holds the surcharge."""
    return np.int64(cost) & _ENTERS_NO_THROUGH != 0


@njit(cache=True, nogil=True, inline="always")
def share_of_arc(arc, fraction):
    """0..1: how much of an arc lies before a position; `fraction` runs along the edge."""
    return 1.0 - fraction if arc & 1 else fraction


@njit(cache=True, nogil=True, inline="always")
def spent_ms(weight_ms, share):
    """Milliseconds from the start of an arc to a share of it; the rest costs the rest."""
    return np.int64(weight_ms * share + 0.5)
