"""Where on the roads a victim may be, when the place is known exactly or only roughly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.question import CandidatePlace
from geodata.positions import RoadPositions
from geodata.snapping import Snapper

BUILDING_M = 25.0
"""A place known this well is one door; known less well it may be on any road within its radius."""
SPOTS_A_PLACE = 8
"""Roads tried around a roughly known place; more change the mean by seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Where the victim may be, for one mode of travel."""

    positions: RoadPositions
    share: np.ndarray
    """float64[spot], adding up to 1."""

    @property
    def likeliest(self) -> int:
        """Index of the spot with the largest share; the first of equals."""
        return int(self.share.argmax())


def find_spots(
    snapper: Snapper,
    places: tuple[CandidatePlace, ...],
    mode: str,
    closed: np.ndarray | None,
) -> Spots | None:
    """Where on the roads of a mode the victim may be; None when no road is near any candidate.

    A place known to a building is the nearest door. A place known less well is spread evenly over
    the nearest roads within its radius. Candidates that no road is near to are left out.
    """
    found: list[RoadPositions] = []
    shares: list[float] = []
    for place in places:
        near = RoadPositions.empty(0)
        if place.accuracy_m > BUILDING_M:
            near = snapper.snap_candidates(
                place.lon,
                place.lat,
                mode,
                radius_m=place.accuracy_m,
                count=SPOTS_A_PLACE,
                at_door=True,
                without=closed,
            )
        if not len(near):
            near = snapper.snap([place.lon], [place.lat], mode, at_door=True, without=closed)
            if near.edge[0] < 0:
                continue
        found.append(near)
        shares += [place.weight / len(near)] * len(near)
    if not found:
        return None
    share = np.array(shares)
    positions = found[0] if len(found) == 1 else RoadPositions.joined(found)
    return Spots(positions, share / share.sum())
