"""Where somebody on the road is at any moment of a drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.errors import GeodataError
from geodata.kernels.geometry import path_times_ms
from geodata.metric import Metric
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath
from geodata.search import shortest_path


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """The fastest way from one place to another, begun at a known time. Immutable."""

    path: RoadPath
    begun_at_s: float
    _arc_begun_ms: np.ndarray
    _arc_driven_ms: np.ndarray

    @classmethod
    def begin(
        cls, metric: Metric, origin: RoadPositions, end: RoadPositions, at_s: float
    ) -> Drive | None:
        """Set out now; None where no way leads there."""
        try:
            path = shortest_path(metric, origin, end)
        except GeodataError:
            return None
        return cls.along(metric, path, at_s)

    @classmethod
    def along(cls, metric: Metric, path: RoadPath, at_s: float) -> Drive:
        """Set out now on a way that is known."""
        network = metric.network
        begun_ms, driven_ms = path_times_ms(
            np.ascontiguousarray(path.arcs, dtype=np.int32),
            float(path.start_fraction),
            float(path.end_fraction),
            int(path.duration_ms),
            metric.travel_time_ms,
            network.arc_base,
            network.arc_next_copy,
            network.first_turn,
            network.turn_to,
            metric.turn_cost,
        )
        return cls(path, at_s, begun_ms, driven_ms)

    @property
    def there_at_s(self) -> float:
        """When the end is reached."""
        return self.begun_at_s + self.path.duration_ms / 1000

    def place_at(self, now_s: float) -> tuple[int, float]:
        """Edge, and share of its length before them, at a time; the end from then on."""
        path = self.path
        spent_ms = (now_s - self.begun_at_s) * 1000
        last = len(path.arcs) - 1
        step = min(int(np.searchsorted(self._arc_begun_ms, spent_ms, side="right")) - 1, last)
        step = max(step, 0)
        first_share = path.start_fraction if step == 0 else 0.0
        last_share = path.end_fraction if step == last else 1.0
        driven_ms = float(self._arc_driven_ms[step])
        left = min(max(spent_ms - float(self._arc_begun_ms[step]), 0.0), driven_ms)
        part = left / driven_ms if driven_ms > 0 else 1.0
        share = first_share + (last_share - first_share) * part
        arc = int(path.arcs[step])
        return arc >> 1, 1.0 - share if arc & 1 else share
