"""Turns grouped by the arc they enter, and what a turn costs."""

import numpy as np
from numba import njit

from geodata.network import NO_THROUGH_MS, TURN_COST_UNIT_MS, TURN_ENTERS_NO_THROUGH

_NO_THROUGH_MS = int(NO_THROUGH_MS)
_ENTERS_NO_THROUGH = int(TURN_ENTERS_NO_THROUGH)
_COST_MASK = _ENTERS_NO_THROUGH - 1
_UNIT_MS = TURN_COST_UNIT_MS


@njit(cache=True, nogil=True, inline="always")
def is_open(zone, open_zones):
    """Whether a zone is among the (few) open ones."""
    for i in range(len(open_zones)):
        if open_zones[i] == zone:
            return True
    return False


@njit(cache=True, nogil=True, inline="always")
def turn_time_ms(cost, entered_zone, open_zones):
    """Cost in milliseconds of a turn that may be made; `cost` as it is stored."""
    time_ms = (np.int64(cost) & _COST_MASK) * _UNIT_MS
    if np.int64(cost) & _ENTERS_NO_THROUGH and not is_open(entered_zone, open_zones):
        time_ms += _NO_THROUGH_MS
    return time_ms


@njit(cache=True, nogil=True)
def group_by_entered_arc(turn_in, turn_from, turn_cost, grouped_from, grouped_cost):
    """Fills the arc left and the cost of every turn, in the order of `turn_in`."""
    for i in range(len(turn_in)):
        turn = turn_in[i]
        grouped_from[i] = turn_from[turn]
        grouped_cost[i] = turn_cost[turn]
