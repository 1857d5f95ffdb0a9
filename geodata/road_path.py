"""A drive over the network, arc by arc."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
