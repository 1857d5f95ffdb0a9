"""Positions on the road: where a point meets the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

NO_EDGE = -1
"""Edge of a point that no usable road is near enough to."""


@dataclass(frozen=True, slots=True)
class RoadPositions:
    """One road position per point, in the points' order. Not to be changed once made.

    A position may be left and reached in both directions of its edge, each where the mode may use
    that arc: arc ``2 * edge`` has covered ``fraction`` of itself here, arc ``2 * edge + 1`` has
    covered ``1 - fraction``.
    """

    edge: np.ndarray
    """int32[point]; ``NO_EDGE`` where no usable road lies within the limit (out of network)."""
    fraction: np.ndarray
    """float64[point], 0..1: share of the edge's length before the position, along its geometry."""
    lon: np.ndarray
    """float64[point], degrees WGS-84, of the position on the road; NaN where there is none."""
    lat: np.ndarray
    """float64[point], degrees WGS-84, of the position on the road; NaN where there is none."""
    distance_m: np.ndarray
    """float32[point]: from the point to the position. Where no road lies within the limit, to the
    nearest usable road of the mode, however far; inf where the mode has no road at all."""
    side: np.ndarray
    """int8[point]: +1 the point lies right of the edge's geometry, -1 left of it, 0 on it."""

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def found(self) -> np.ndarray:
        """bool[point]: a usable road lies within the limit."""
        return self.edge >= 0

    def take(self, index: np.ndarray | slice | Sequence[int]) -> RoadPositions:
        """The positions with these indices, or in this slice, or where this mask is true."""
        return RoadPositions(*(getattr(self, field.name)[index] for field in fields(self)))

    def put(self, index: np.ndarray, positions: RoadPositions) -> None:
        """Writes positions over those with these indices; only while the whole is being made."""
        for field in fields(self):
            getattr(self, field.name)[index] = getattr(positions, field.name)

    @classmethod
    def empty(cls, count: int) -> RoadPositions:
        """`count` positions that are nowhere."""
        return cls(
            edge=np.full(count, NO_EDGE, dtype=np.int32),
            fraction=np.zeros(count, dtype=np.float64),
            lon=np.full(count, np.nan),
            lat=np.full(count, np.nan),
            distance_m=np.full(count, np.inf, dtype=np.float32),
            side=np.zeros(count, dtype=np.int8),
        )

    @classmethod
    def joined(cls, parts: Sequence[RoadPositions]) -> RoadPositions:
        """Several one after another."""
        return cls(
            *(np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(cls))
        )

    @classmethod
    def on_edges(cls, edge: Sequence[int], fraction: Sequence[float]) -> RoadPositions:
        """Positions given by edge and fraction alone, as if the points stood on the road."""
        positions = cls.empty(len(edge))
        positions.edge[:] = edge
        positions.fraction[:] = fraction
        positions.distance_m[:] = 0.0
        return positions
