"""Kernel words of guidance: what a driver is told, in which direction, and angles between roads.

Codes are small whole numbers because kernels store them in arrays; their names are in
:mod:`geodata.routes.manoeuvres`.
"""

import numpy as np
from numba import njit

from geodata.kernels.geometry import TURN_FORBIDDEN

# What a driver is told.
SILENT = 0
TURN = 1
NEW_NAME = 2
CONTINUE = 3
FORK = 4
END_OF_ROAD = 5
MERGE = 6
ON_RAMP = 7
OFF_RAMP = 8
ROUNDABOUT = 9
ROTARY = 10
ROUNDABOUT_TURN = 11
EXIT_ROUNDABOUT = 12
EXIT_ROTARY = 13
NOTIFICATION = 14
DEPART = 15
ARRIVE = 16

# In which direction.
U_TURN = 0
SHARP_RIGHT = 1
RIGHT = 2
SLIGHT_RIGHT = 3
STRAIGHT = 4
SLIGHT_LEFT = 5
LEFT = 6
SHARP_LEFT = 7

# What changes besides.
NOTE_FERRY = 1
NOTE_PUSHING = 2
NOTE_AGAINST = 4
NOTE_TOLL = 8
NOTE_MINI_ROUNDABOUT = 16

STRAIGHT_DEG = 20
"""Up to here a driver would not speak of a bend."""
SLIGHT_DEG = 45
"""Up to here a turn is slight."""
NORMAL_DEG = 120
"""Up to here a turn is a turn; beyond it is sharp."""
REVERSAL_DEG = 165
"""From here on the way leads back."""

# geodata.network.RoadClass, EdgeFlag, NodeFlag and Manner, by number
MOTORWAY = 0
MOTORWAY_LINK = 1
TRUNK = 2
TRUNK_LINK = 3
LAST_LINK = 9
FERRY_CLASS = 23
RING_FLAGS = 8 | 16
CIRCULAR_FLAG = 16
TOLL_NODE = 32
MINI_ROUNDABOUT_NODE = 128
MANNER_PUSHING = 1
MANNER_AGAINST = 2
MANNER_FERRY = 3

UNREACHABLE_MS = 2**30


@njit(cache=True, nogil=True)
def turned_deg(bearing_before, bearing_after):
    """Signed change of direction in degrees, right positive, -179..180."""
    change = (np.int64(bearing_after) - np.int64(bearing_before)) % 360
    if change > 180:
        change -= 360
    return change


@njit(cache=True, nogil=True)
def direction_of(change_deg):
    """Code of the direction that a change of bearing is called by."""
    size = abs(change_deg)
    if size <= STRAIGHT_DEG:
        return STRAIGHT
    right = change_deg > 0
    if size <= SLIGHT_DEG:
        return SLIGHT_RIGHT if right else SLIGHT_LEFT
    if size <= NORMAL_DEG:
        return RIGHT if right else LEFT
    if size < REVERSAL_DEG:
        return SHARP_RIGHT if right else SHARP_LEFT
    return U_TURN


@njit(cache=True, nogil=True)
def same_road(name_a, ref_a, name_b, ref_b, both_motorways):
    """Two labels mean one road: the same name, or the same number where a name is missing."""
    if name_a != 0 and name_b != 0:
        return name_a == name_b or (both_motorways and ref_a == ref_b and ref_a != 0)
    return ref_a == ref_b and ref_a != 0


@njit(cache=True, nogil=True)
def may_turn(arc, base_arc, first_turn, turn_to, turn_cost, arc_base):
    """The rules of the junction let ``arc`` lead onto ``base_arc``."""
    for turn in range(first_turn[arc], first_turn[arc + 1]):
        if arc_base[turn_to[turn]] == base_arc and turn_cost[turn] != TURN_FORBIDDEN:
            return True
    return False
