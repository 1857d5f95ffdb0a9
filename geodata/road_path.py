"""A drive over the network, arc by arc."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.network import RoadNetwork


@dataclass(frozen=True, slots=True, eq=False)
class RoadPath:
    """One drive from a road position to another."""

    arcs: np.ndarray
    """int32[], in driving order, at least one; shadow arcs are given as the arc they copy."""
    start_fraction: float
    """0..1 along the first arc, in driving direction."""
    end_fraction: float
    """0..1 along the last arc, in driving direction."""
    duration_ms: int
    """Driving time, turns included."""


def path_length_m(network: RoadNetwork, path: RoadPath) -> float:
    """Metres driven along a path."""
    length_m = network.edge_length_m[path.arcs >> 1].astype(np.float64)
    if len(length_m) == 1:
        return float(length_m[0] * max(0.0, path.end_fraction - path.start_fraction))
    before_m = path.start_fraction * length_m[0]
    after_m = (1.0 - path.end_fraction) * length_m[-1]
    return float(length_m.sum() - before_m - after_m)
