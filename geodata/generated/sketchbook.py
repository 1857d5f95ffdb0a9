"""Junctions and stretches of road of a country in the making."""

from __future__ import annotations

import numpy as np

from geodata.generated.kinds import PLAIN


class Sketchbook:
    """Junctions and stretches of road, collected piece by piece."""

    def __init__(self) -> None:
        self._east_m: list[np.ndarray] = []
        self._north_m: list[np.ndarray] = []
        self._point_kind: list[np.ndarray] = []
        self._ends: list[np.ndarray] = []
        self._kind: list[np.ndarray] = []
        self._name: list[np.ndarray] = []
        self.junction_count = 0

    def add_junctions(
        self, east_m: np.ndarray, north_m: np.ndarray, point_kind: np.ndarray | int = PLAIN
    ) -> np.ndarray:
        """The numbers of the new junctions."""
        count = len(east_m)
        self._east_m.append(np.asarray(east_m, np.float64))
        self._north_m.append(np.asarray(north_m, np.float64))
        self._point_kind.append(np.broadcast_to(np.asarray(point_kind, np.int8), count))
        self.junction_count += count
        return np.arange(self.junction_count - count, self.junction_count)

    def add_stretches(
        self, start: np.ndarray, end: np.ndarray, kind: np.ndarray | int, name: int = 0
    ) -> None:
        """Roads from each ``start`` to each ``end``, drawn in that direction."""
        self._ends.append(np.column_stack((start, end)))
        self._kind.append(np.broadcast_to(np.asarray(kind, np.int16), len(start)))
        self._name.append(np.full(len(start), name, np.int32))

    def place_m(self, junction: int) -> tuple[float, float]:
        """Metres east and north of a junction."""
        for east_m, north_m in zip(self._east_m, self._north_m, strict=True):
            if junction < len(east_m):
                return float(east_m[junction]), float(north_m[junction])
            junction -= len(east_m)
        raise IndexError(junction)

    def finished(self) -> tuple[np.ndarray, ...]:
        """(east_m, north_m, point_kind) of junctions, (ends, kind, name) of stretches."""
        return (
            np.concatenate(self._east_m),
            np.concatenate(self._north_m),
            np.concatenate(self._point_kind),
            np.concatenate(self._ends),
            np.concatenate(self._kind),
            np.concatenate(self._name),
        )


def pair_keys(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """One number for each unordered pair of numbers below ``count``."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    return low.astype(np.int64) * count + high
