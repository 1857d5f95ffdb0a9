"""How long each way of a round takes, by each mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from dispatch.interception.units import Roads
from dispatch.tours.round import Round
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.road_path import path_length_m
from geodata.routes import build_route

FAR_S = 1_000_000
"""A way that does not exist: longer than any round."""


@dataclass(frozen=True, slots=True, eq=False)
class Drives:
    """The stops of a round on the roads: each walker's starting point, then the visits."""

    roads: Roads
    stops: dict[str, RoadPositions]
    """By mode: walkers first; those of other modes are not on this one's roads."""
    time_s: dict[str, np.ndarray]
    """int64[stop, stop] by mode, rounded up; FAR_S where there is no way."""

    @classmethod
    def of(cls, roads: Roads, round: Round) -> Drives:
        stops, time_s = {}, {}
        people = round.walkers
        for mode in sorted(set(people.mode)):
            starts = RoadPositions.empty(len(people))
            of_mode = np.flatnonzero(np.array(people.mode) == mode)
            starts.put(of_mode, people.road.take(of_mode))
            doors = roads.snapper.snap(round.lon, round.lat, mode)
            stops[mode] = RoadPositions.joined([starts, doors])
            there = np.flatnonzero(stops[mode].found)
            between = stops[mode].take(there)
            time_ms, _ = roads.table(mode, between, between)
            seconds = np.where(time_ms < UNREACHABLE_MS, -(-time_ms // 1_000), FAR_S)
            whole = np.full((len(stops[mode]), len(stops[mode])), FAR_S, dtype=np.int64)
            whole[np.ix_(there, there)] = np.minimum(seconds, FAR_S)
            np.fill_diagonal(whole, 0)
            time_s[mode] = whole
        return cls(roads, stops, time_s)

    def way(self, mode: str, origin: int, destination: int) -> tuple[float, shapely.LineString]:
        """(metres, the line) of the way from one stop to another."""
        stops = self.stops[mode]
        path = self.roads.path(mode, stops.take([origin]), stops.take([destination]))
        route = build_route(self.roads.network, self.roads.metric(mode), [path])
        lon, lat = route.points()
        line = np.column_stack([lon, lat])
        line = line if len(line) > 1 else np.repeat(line, 2, axis=0)
        return path_length_m(self.roads.network, path), shapely.linestrings(line)
