"""What turns cost, and where one may turn round."""

from __future__ import annotations

import numpy as np

from geodata.modes.mode import Mode
from geodata.modes.way_description import ROAD_KIND_BY_CLASS
from geodata.network import EdgeFlag, NodeFlag


def turn_cost_s(
    mode: Mode,
    angle_deg: np.ndarray,
    *,
    u_turn: np.ndarray | bool,
    signals: np.ndarray | bool = False,
    junction: np.ndarray | bool = True,
    stop: np.ndarray | bool = False,
    give_way: np.ndarray | bool = False,
    roundabout: np.ndarray | bool = False,
    delay_s: np.ndarray | float = 0.0,
    left_hand_traffic: bool = False,
) -> np.ndarray:
    """Seconds that each turn takes, float32[turn].

    ``angle_deg``  0 straight on, positive to the right, -180..180.
    ``u_turn``     back along the edge just travelled; then the angle does not count.
    ``signals``, ``stop``, ``give_way``  what faces the driver at the node.
    ``junction``   whether three or more roads meet there: a bend costs nothing of its own.
    ``roundabout`` whether the turn leads onto or along a roundabout: nothing oncoming to cross.
    ``delay_s``    what the node itself takes (:class:`~geodata.modes.node_verdict.NodeVerdict`).

    A turn by the angle a costs ``side * (1 - cos a)`` where ``side`` is the cost of a right angle:
    nothing straight on, twice as much back in one's own direction, smooth in between.
    """
    costs = mode.turns
    angle_deg = np.asarray(angle_deg, dtype=np.float64)
    near_s, far_s = costs.right_s, np.where(roundabout, costs.right_s, costs.left_s)
    to_far_side = angle_deg > 0 if left_hand_traffic else angle_deg < 0
    side_s = np.where(to_far_side, far_s, near_s)
    turning_s = np.where(junction, side_s * (1.0 - np.cos(np.radians(angle_deg))), 0.0)
    turning_s = np.where(u_turn, costs.u_turn_s, turning_s)
    # signs at one node do not add up: the signal rules where it works
    waiting_s = np.where(
        signals,
        costs.signals_s,
        np.where(stop, costs.stop_s, np.where(give_way, costs.give_way_s, 0.0)),
    )
    return (turning_s + waiting_s + delay_s).astype(np.float32)


def faces_driver(
    node_flags: np.ndarray, flag: NodeFlag, along_way: np.ndarray | bool
) -> np.ndarray:
    """Whether a signal or sign at a node faces who arrives along (or against) its way, bool[...].

    Pass the flags of the node a turn leads through and whether the arc that arrives there runs in
    the direction in which the OSM way was drawn.
    """
    node_flags = np.asarray(node_flags)
    hidden = np.where(
        along_way, node_flags & NodeFlag.BACKWARD_ONLY, node_flags & NodeFlag.FORWARD_ONLY
    )
    return ((node_flags & flag) != 0) & (hidden == 0)


WITHIN_JUNCTION_M = 30.0
"""An edge shorter than this ends within the junction that it began at: a wide road and its
crossing. Who turned back there would undo a turn rule of that junction, not turn round."""

_NO_ROOM = int(EdgeFlag.BRIDGE | EdgeFlag.TUNNEL | EdgeFlag.ROUNDABOUT | EdgeFlag.CIRCULAR)


def may_u_turn(
    mode: Mode,
    *,
    dead_end: np.ndarray | bool,
    road_class: np.ndarray,
    edge_flags: np.ndarray | int = 0,
    length_m: np.ndarray | float = np.inf,
) -> np.ndarray:
    """Whether the mode may turn round at the end of an edge, bool[...].

    At a dead end (no other edge that the mode may leave by) always. Elsewhere only on the kinds of
    road that the mode's table names, and not on bridges, in tunnels, on roundabouts, nor within
    the junction where the edge, ``length_m`` long, began.
    """
    allowed = np.array([kind in mode.u_turn_kinds for kind in ROAD_KIND_BY_CLASS], dtype=bool)
    room = (np.asarray(edge_flags).astype(np.int64) & _NO_ROOM) == 0
    room = room & (np.asarray(length_m) >= WITHIN_JUNCTION_M)
    return np.asarray(dead_end, dtype=bool) | (allowed[np.asarray(road_class)] & room)
