"""About 2,300 responders who keep moving: who they are and where they are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from dispatch.crowd import Crowd
from geodata.errors import UnknownModeError
from geodata.metric import Metric
from geodata.network import RoadNetwork
from geodata.snapping import Snapper
from services.time_source import now_s


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
        self._walkers = {
            f"{muster.prefix}{number:04d}": (crowd, muster, number - 1)
            for muster, crowd in self._crowds
            for number in range(1, len(crowd) + 1)
        }
        self._put: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return sum(len(crowd) for _, crowd in self._crowds)

    def step(self, seconds: float) -> None:
        """Move everybody on."""
        for _, crowd in self._crowds:
            crowd.step(seconds)

    def stand(self, responder_id: str) -> None:
        """Let somebody stop and read what they are offered."""
        crowd, _, walker = self._walkers[responder_id]
        if responder_id not in self._put:
            lon, lat = crowd.places()
            self._put[responder_id] = float(lon[walker]), float(lat[walker])
        crowd.stand(walker)

    def put(self, responder_id: str, lon: float, lat: float) -> None:
        """Somebody who was told to stand is at this place now."""
        self._put[responder_id] = lon, lat

    def go_on(self, responder_id: str, snapper: Snapper) -> None:
        """Let somebody who was told to stand go their own way again from where they are."""
        lon, lat = self._put.pop(responder_id, (None, None))
        if lon is None:
            return
        crowd, muster, walker = self._walkers[responder_id]
        road = snapper.snap([lon], [lat], muster.mode)
        if road.found[0]:
            crowd.go_on(walker, int(road.edge[0]), float(road.fraction[0]))

    def places(self) -> Iterator[tuple[Muster, np.ndarray, np.ndarray]]:
        """Longitude and latitude of everybody, group by group."""
        for muster, crowd in self._crowds:
            lon, lat = crowd.places()
            yield muster, lon, lat

    def batches(self, size: int = 1000) -> Iterator[bytes]:
        """Where everybody is now, as bodies for ``POST /v1/positions``."""
        at_s = round(now_s(), 3)
        positions = []
        for muster, lon, lat in self.places():
            for number, place in enumerate(zip(lon.tolist(), lat.tolist(), strict=True), start=1):
                responder_id = f"{muster.prefix}{number:04d}"
                at = self._put.get(responder_id, place)
                positions.append(_position(responder_id, muster, *at, at_s))
        for first in range(0, len(positions), size):
            yield msgspec.json.encode({"positions": positions[first : first + size]})

    def batch_of_sent(self) -> bytes | None:
        """The same for those only who were told to stand or to go somewhere; None for nobody."""
        at_s = round(now_s(), 3)
        positions = [
            _position(responder_id, self._walkers[responder_id][1], *at, at_s)
            for responder_id, at in self._put.items()
        ]
        return msgspec.json.encode({"positions": positions}) if positions else None


def _position(
    responder_id: str, muster: Muster, lon: float, lat: float, at_s: float
) -> dict[str, object]:
    return {
        "id": responder_id,
        "kind": muster.kind,
        "mode": muster.mode,
        "jurisdiction": JURISDICTION,
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "fixed_at": at_s,
    }
