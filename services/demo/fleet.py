"""About 2,300 responders who keep moving: who they are and where they are now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from dispatch.crowd import Crowd
from geodata.errors import UnknownModeError
from geodata.metric import Metric
from geodata.network import RoadNetwork


@dataclass(frozen=True, slots=True)
class Muster:
    """So many of one kind."""

    kind: str
    mode: str
    count: int
    prefix: str


# Wanzhou's published strength: 2,000 riders beside police and the grass-roots network (STORIES 14).
MUSTERS: tuple[Muster, ...] = (
    Muster("rider", "ebike", 2000, "QS"),
    Muster("officer", "police", 80, "MJ"),
    Muster("auxiliary", "police", 120, "FJ"),
    Muster("grid_worker", "foot", 60, "WG"),
    Muster("grid_worker", "ebike", 40, "WD"),
)

JURISDICTION = "500101"
"""GB/T 2260 code of Wanzhou."""


class Fleet:
    """Everybody of the demonstration. Not shared between threads."""

    def __init__(self, network: RoadNetwork, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._crowds: list[tuple[Muster, Crowd]] = []
        for muster in MUSTERS:
            if muster.mode not in network.modes:
                raise UnknownModeError(f"This map was compiled without the mode {muster.mode}.")
            crowd = Crowd(Metric.base(network, muster.mode), muster.count, rng, in_town=True)
            self._crowds.append((muster, crowd))

    def __len__(self) -> int:
        return sum(len(crowd) for _, crowd in self._crowds)

    def step(self, seconds: float) -> None:
        """Move everybody on."""
        for _, crowd in self._crowds:
            crowd.step(seconds)

    def places(self) -> Iterator[tuple[Muster, np.ndarray, np.ndarray]]:
        """Longitude and latitude of everybody, group by group."""
        for muster, crowd in self._crowds:
            lon, lat = crowd.places()
            yield muster, lon, lat

    def batches(self, size: int = 1000) -> Iterator[bytes]:
        """Where everybody is now, as bodies for ``POST /v1/positions``."""
        now_s = round(time.time(), 3)
        positions = [
            {
                "id": f"{muster.prefix}{number:04d}",
                "kind": muster.kind,
                "mode": muster.mode,
                "jurisdiction": JURISDICTION,
                "lon": round(float(x), 6),
                "lat": round(float(y), 6),
                "fixed_at": now_s,
            }
            for muster, lon, lat in self.places()
            for number, (x, y) in enumerate(zip(lon, lat, strict=True), start=1)
        ]
        for first in range(0, len(positions), size):
            yield msgspec.json.encode({"positions": positions[first : first + size]})
