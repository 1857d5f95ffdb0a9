"""Road positions that a search starts from, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from geodata.errors import RequestError
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS, RoadNetwork
from geodata.positions import NO_EDGE

LONGEST_MS = int(UNREACHABLE_MS) - 1
NO_ZONES = np.empty(0, dtype=np.int32)
"""No no-through ground is open."""


class Positions(Protocol):
    """Road positions, usually :class:`geodata.positions.RoadPositions`."""

    edge: np.ndarray  # int32[position], -1 for one that is nowhere
    fraction: np.ndarray  # float64[position], 0..1 along the edge


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """Positions that a search starts from, checked."""

    edge: np.ndarray  # int32[anchor]
    fraction: np.ndarray  # float64[anchor]
    offset_ms: np.ndarray  # int64[anchor]

    @classmethod
    def of(cls, metric: Metric, positions: Positions, offset_ms) -> Anchors:
        """Raises RequestError where a position or an offset is out of range."""
        edge, fraction = checked_positions(metric.network, positions)
        if offset_ms is None:
            offsets = np.zeros(len(edge), dtype=np.int64)
        else:
            offsets = np.ascontiguousarray(offset_ms, dtype=np.int64)
            if len(offsets) != len(edge):
                raise RequestError(f"{len(edge)} positions need as many offsets.")
            check_ms(offsets, "An offset")
        return cls(edge, fraction, offsets)

    def one(self, index: int) -> Anchors:
        part = slice(index, index + 1)
        return Anchors(self.edge[part], self.fraction[part], self.offset_ms[part])


def checked_positions(network: RoadNetwork, positions: Positions) -> tuple[np.ndarray, np.ndarray]:
    """Edges (int32) and fractions (float64) of positions; RequestError where out of range."""
    edge = np.ascontiguousarray(positions.edge, dtype=np.int32)
    fraction = np.ascontiguousarray(positions.fraction, dtype=np.float64)
    if edge.ndim != 1 or edge.shape != fraction.shape:
        raise RequestError("Positions have one edge and one fraction each.")
    if len(edge):
        if edge.min() < NO_EDGE or edge.max() >= network.edge_count:
            raise RequestError(f"Edges of this map are 0 to {network.edge_count - 1}.")
        if not (fraction.min() >= 0.0 and fraction.max() <= 1.0):
            raise RequestError("Fractions of an edge lie between 0 and 1.")
    return edge, fraction


def limited_ms(limit_ms: int | None) -> int:
    """The limit as the kernels take it; None is as far as one can drive."""
    return LONGEST_MS if limit_ms is None else min(max(int(limit_ms), -1), LONGEST_MS)


def check_ms(values: np.ndarray, what: str) -> None:
    if len(values) and not (values.min() >= 0 and values.max() < NO_THROUGH_MS):
        raise RequestError(f"{what} lies between 0 and {int(NO_THROUGH_MS) - 1} ms.")


def check_single(positions: Positions) -> None:
    if len(positions.edge) != 1:
        raise RequestError(f"One position is needed, not {len(positions.edge)}.")


def open_zones(metric: Metric, edges: np.ndarray) -> np.ndarray:
    """int32[], rising: the no-through grounds in which these edges lie, open to who goes there."""
    edges = edges[edges >= 0]
    zones = np.concatenate([metric.zone[2 * edges], metric.zone[2 * edges + 1]])
    zones = zones[zones >= 0]
    return np.unique(zones) if len(zones) else NO_ZONES
