"""Small maps on which a reader can tell where a car can still be stopped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.interception.subject import Destination, Sighting
from dispatch.interception.units import Unit
from geodata.metric import Metric
from geodata.network import RoadNetwork
from geodata.search import many_to_many
from geodata.snapping import Snapper
from tests.towns import Town, town

SLOW = "maxspeed=10"
"""A column is 20 m, which takes some 8 s at this speed: small drawings become long drives."""


@dataclass(frozen=True)
class Ground:
    """A town with everything that a plan asks of the roads."""

    town: Town
    network: RoadNetwork
    snapper: Snapper

    def metric(self, mode: str) -> Metric:
        return Metric.base(self.network, mode)

    def table(self, mode, sources, targets, changes=None) -> tuple[np.ndarray, None]:
        return many_to_many(self.metric(mode), sources, targets, changes=changes), None

    def sighting(self, leg: str, share: float = 0.0, **more) -> Sighting:
        lon, lat = self.town.lon_lat(leg, share)
        return Sighting(lon, lat, 0.0, **{"radius_m": 0.0, **more})

    def destination(self, leg: str, share: float = 0.0, **more) -> Destination:
        return Destination(*self.town.lon_lat(leg, share), **more)

    def unit(self, unit_id: str, leg: str, share: float = 0.0, **more) -> Unit:
        """An officer in a car, ready to drive."""
        lon, lat = self.town.lon_lat(leg, share)
        at = self.snapper.snap([lon], [lat], "police")
        said = {"kind": "officer", "mode": "police", "turn_out_s": 0.0, **more}
        return Unit(
            unit_id, lon=lon, lat=lat, edge=int(at.edge[0]), fraction=float(at.fraction[0]), **said
        )


def ground(drawing: str, streets: list, **more) -> Ground:
    drawn = town(drawing, streets, **more)
    return Ground(drawn, drawn.network, Snapper(drawn.network))


def fork() -> Ground:
    """The subject comes from S in the west; at J the road divides; N and E are far away."""
    return ground(
        """
                        A-------------------N
                        |
        S---------------J-------------------E
                        |
                        U
        """,
        [
            f"S-J primary {SLOW}",
            f"J-A-N primary {SLOW}",
            f"J-E primary {SLOW}",
            f"U-J tertiary {SLOW}",
        ],
    )
