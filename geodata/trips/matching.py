"""The roads that a trip was on.

A track is matched as a whole by a hidden Markov model (Newson and Krumm, Hidden Markov Map Matching
Through Noise and Sparseness, ACM SIGSPATIAL GIS 2009): a fix may have been on each road near it,
the less likely the farther it is away; and between two fixes a vehicle drives about as far by road
as the line between them is long. The likeliest sequence is found by dynamic programming (Viterbi).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.coordinates import distance_m
from geodata.errors import NoRouteError
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath
from geodata.search.paths import shortest_path
from geodata.search.tables import many_to_many
from geodata.snapping import Snapper
from geodata.trips.records import Trip

SIGMA_M = 10.0
"""Error of a fix, standard deviation: a phone between houses. (Newson and Krumm measured 4 m for a
receiver on a car's roof.)"""
BETA_M = 25.0
"""By how much road and line differ between two fixes, in the mean (their section 5.2 fits it to the
time between fixes; this holds for some ten seconds in town)."""
RADIUS_M = 50.0
"""Roads farther from a fix than five standard deviations are not considered."""
CANDIDATES = 8
"""Roads considered for one fix."""
APART_M = 50.0
"""Fixes nearer than this to the last one that was kept say nothing more (their section 4)."""
DETOUR, DETOUR_M = 3.0, 500.0
"""No way is looked for that is longer than so many times the line and so many metres."""
END_LIMIT_M = 200.0
"""An end of a drive farther from every road is not on this map."""
FAR_SHARE = 0.5
"""A track with more of its fixes away from every road was not on these roads."""

NOT_NEAR = "an end of it is near no road of this map that the mode may use"
OFF_ROAD = "most of it is near no road of this map that the mode may use"
NO_WAY = "no way that the mode may use leads along it"


class Unmatched(Exception):
    """A trip that cannot be put on the roads; its text is the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Where a trip was on the roads."""

    trip: Trip
    stops: RoadPositions
    """In driving order, at least two: between them the way is the fastest one."""

    def ways(self, metric: Metric) -> list[RoadPath]:
        """The legs of the trip under a metric. Raises Unmatched."""
        try:
            return [
                shortest_path(metric, self.stops.take([k]), self.stops.take([k + 1]))
                for k in range(len(self.stops) - 1)
            ]
        except NoRouteError:
            raise Unmatched(NO_WAY) from None


class Matcher:
    """Puts trips of one mode on the roads. Any number of threads may use it."""

    def __init__(self, snapper: Snapper, metric: Metric) -> None:
        self._snapper = snapper
        self._mode = metric.mode
        length_mm = np.rint(1_000.0 * metric.network.edge_length_m[metric.roads.arc_base >> 1])
        usable = metric.travel_time_ms < UNREACHABLE_MS
        # millimetres in the place of milliseconds; a turn counts as a few metres
        lengths = np.where(usable, np.maximum(length_mm, 1.0), UNREACHABLE_MS).astype(np.int32)
        self._lengths = metric.with_times(lengths)

    def match(self, trip: Trip) -> Matched:
        """The stops of a trip on the roads. Raises Unmatched."""
        if not trip.tracked:
            ends = self._snapper.snap_together(trip.lon, trip.lat, self._mode, limit_m=END_LIMIT_M)
            if not ends.found.all():
                raise Unmatched(NOT_NEAR)
            return Matched(trip, ends)
        kept = apart(trip.lon, trip.lat)
        lon, lat = trip.lon[kept], trip.lat[kept]
        near = [
            self._snapper.snap_candidates(x, y, self._mode, radius_m=RADIUS_M, count=CANDIDATES)
            for x, y in zip(lon.tolist(), lat.tolist(), strict=True)
        ]
        seen = np.array([len(of_one) > 0 for of_one in near])
        if not (seen[0] and seen[-1]):
            raise Unmatched(NOT_NEAR)
        if seen.mean() < FAR_SHARE:
            raise Unmatched(OFF_ROAD)
        near = [of_one for of_one in near if len(of_one)]
        likeliest = self._likeliest(near, lon[seen], lat[seen])
        stops = [of_one.take([k]) for of_one, k in zip(near, likeliest, strict=True)]
        return Matched(trip, RoadPositions.joined(stops))

    def _likeliest(self, near: list[RoadPositions], lon: np.ndarray, lat: np.ndarray) -> list[int]:
        """The candidate of each fix in the likeliest sequence. Raises Unmatched."""
        score = _of_fix(near[0])
        before: list[np.ndarray] = []
        for k in range(1, len(near)):
            line_m = float(distance_m(lon[k - 1], lat[k - 1], lon[k], lat[k]))
            limit_mm = int(1_000.0 * (DETOUR * line_m + DETOUR_M))
            road_mm = many_to_many(self._lengths, near[k - 1], near[k], limit_ms=limit_mm)
            of_way = np.where(
                road_mm < UNREACHABLE_MS, -np.abs(road_mm / 1_000.0 - line_m) / BETA_M, -np.inf
            )
            reached = score[:, None] + of_way
            before.append(reached.argmax(axis=0))
            score = reached.max(axis=0) + _of_fix(near[k])
            if not np.isfinite(score).any():
                raise Unmatched(NO_WAY)
        sequence = [int(score.argmax())]
        for step in reversed(before):
            sequence.append(int(step[sequence[-1]]))
        return sequence[::-1]


def _of_fix(near: RoadPositions) -> np.ndarray:
    """float64[candidate]: logarithm of how likely the fix is there, but for a constant."""
    return -0.5 * (near.distance_m.astype(np.float64) / SIGMA_M) ** 2


def apart(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """int64[]: fixes at least :data:`APART_M` from the one kept before; the first, and the last."""
    kept = [0]
    for k in range(1, len(lon)):
        if float(distance_m(lon[kept[-1]], lat[kept[-1]], lon[k], lat[k])) >= APART_M:
            kept.append(k)
    if kept[-1] != len(lon) - 1:
        if len(kept) > 1:
            kept.pop()  # the last one stands for both
        kept.append(len(lon) - 1)
    return np.array(kept, dtype=np.int64)
