"""The turns that lead into no-through ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.network import (
    TURN_COST_UNIT_MS,
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
    ModeLayer,
    RoadNetwork,
)


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """Turns into no-through ground."""

    left: np.ndarray  # int32[gate], arc that the turn leaves
    entered: np.ndarray  # int32[gate], arc that it enters
    turn_ms: np.ndarray  # int64[gate], time of the turn without surcharge

    def __len__(self) -> int:
        return len(self.left)


class ZoneGates:
    """The gates of every no-through ground of one mode. Immutable, shared by every thread."""

    def __init__(self, network: RoadNetwork, layer: ModeLayer) -> None:
        cost = layer.turn_cost
        gates = np.flatnonzero((cost != TURN_FORBIDDEN) & ((cost & TURN_ENTERS_NO_THROUGH) != 0))
        usable = layer.travel_time_ms < UNREACHABLE_MS
        gates = gates[usable[network.turn_from[gates]] & usable[network.turn_to[gates]]]
        zone = layer.zone[network.turn_to[gates]]
        order = np.argsort(zone, kind="stable")
        gates = gates[order]
        self._zone = zone[order]
        self._left = network.turn_from[gates].astype(np.int32)
        self._entered = network.turn_to[gates].astype(np.int32)
        self._turn_ms = (
            cost[gates].astype(np.int64) & (int(TURN_ENTERS_NO_THROUGH) - 1)
        ) * TURN_COST_UNIT_MS

    def into(self, zones: np.ndarray) -> Gates:
        """The gates of some grounds; at least one ground."""
        begin = np.searchsorted(self._zone, zones)
        end = np.searchsorted(self._zone, zones, side="right")
        at = np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True)])
        return Gates(self._left[at], self._entered[at], self._turn_ms[at])
