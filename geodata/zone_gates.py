"""The turns that lead into no-through ground.

A hierarchy's weights hold the surcharge for entering any no-through ground, but whoever has
business there enters its own ground freely, as often as it likes. Drives to such ground are put
together from drives between its gates.
"""

from __future__ import annotations

import numpy as np

from geodata.network import (
    TURN_COST_UNIT_MS,
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
    ModeLayer,
    RoadNetwork,
)


class ZoneGates:
    """The gates of every no-through ground of one mode. Immutable, shared by every thread."""

    def __init__(self, network: RoadNetwork, layer: ModeLayer) -> None:
        cost = layer.turn_cost
        gates = np.flatnonzero((cost != TURN_FORBIDDEN) & ((cost & TURN_ENTERS_NO_THROUGH) != 0))
        left, entered = network.turn_from[gates], network.turn_to[gates]
        usable = layer.travel_time_ms < UNREACHABLE_MS
        gates = gates[usable[left] & usable[entered]]
        zone = layer.zone[network.turn_to[gates]]
        order = np.argsort(zone, kind="stable")
        gates = gates[order]
        self._zone = zone[order]
        self._left = network.turn_from[gates].astype(np.int32)
        self._entered = network.turn_to[gates].astype(np.int32)
        self._turn_ms = (
            cost[gates].astype(np.int64) & (int(TURN_ENTERS_NO_THROUGH) - 1)
        ) * TURN_COST_UNIT_MS

    def into(self, zones: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(arc left, arc entered, time of the turn in ms without surcharge) of the gates of some
        grounds."""
        begin = np.searchsorted(self._zone, zones)
        end = np.searchsorted(self._zone, zones, side="right")
        at = np.concatenate(
            [np.arange(a, b) for a, b in zip(begin, end, strict=True)]
            or [np.empty(0, dtype=np.int64)]
        )
        return self._left[at], self._entered[at], self._turn_ms[at]
