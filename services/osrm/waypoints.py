"""From the coordinates of a routing request to positions on the road.

# RULE 1: a hint of this map and this coordinate is believed.
# RULE 2: a radius limits how far the road may be; without one the service's own limit does.
# RULE 3: a bearing admits only roads that may be driven in that direction there.
# RULE 4: roads that the request excludes, or that are closed, are not snapped to.
# RULE 5: ``snapping=any`` takes small islands of roads as they come; otherwise they are used only
          where all coordinates lie on the same one (geodata.snapping, RULES 2 and 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from geodata.changes import RoadChanges
from geodata.coordinates import distance_m
from geodata.network import E7, UNREACHABLE_MS, RoadNetwork
from geodata.positions import RoadPositions
from services.engine import RoadsNow
from services.errors import OsrmError
from services.osrm.hints import make_hint, map_tag, read_hint
from services.osrm.query import Bearing, RoutingQuery

CANDIDATES = 64
"""Roads looked at for one that leads in the asked direction; a large junction has about 30."""

FARTHEST_M = 100_000.0
"""What ``radiuses=unlimited`` means: about a degree, beyond which a map's edge is meant."""


def snap_query(
    query: RoutingQuery, roads: RoadsNow, changes: RoadChanges | None, snap_limit_m: float
) -> RoadPositions:
    """One position per coordinate. Raises OsrmError ``NoSegment`` where there is none."""
    mode = query.mode
    lon, lat = np.array(query.lon), np.array(query.lat)
    limits_m = np.array(
        [
            snap_limit_m if radius_m is None else min(radius_m, FARTHEST_M)
            for radius_m in query.radiuses_m or (None,) * len(lon)
        ]
    )
    closed = roads.closed_edges(mode, changes)
    if query.snapping == "any" or len(set(limits_m.tolist())) > 1:
        found = _each_by_itself(roads, mode, lon, lat, limits_m, closed, query.snapping == "any")
    else:
        found = roads.snapper.snap_together(
            lon, lat, mode, limit_m=float(limits_m[0]), without=closed
        )
    for index, bearing in enumerate(query.bearings):
        if bearing is not None:
            _put(found, index, _heading(roads, mode, lon, lat, index, limits_m, closed, bearing))
    if query.hints:
        tag = map_tag(roads.network)
        for index, text in enumerate(query.hints):
            point = query.lon[index], query.lat[index]
            hint = text and read_hint(text, tag, *point, roads.network)
            if not hint or (closed is not None and closed[hint[0]]):
                continue
            one = _at_hint(roads, mode, *point, *hint)
            if one is not None:
                _put(found, index, one)
    missing = np.flatnonzero(~found.found)
    if len(missing):
        raise OsrmError(
            "NoSegment", f"Could not find a matching segment for coordinate {missing[0]}"
        )
    return found


def hints_of(
    query: RoutingQuery, positions: RoadPositions, network: RoadNetwork
) -> list[str] | None:
    """A hint per position; None where the request wants none."""
    if not query.generate_hints:
        return None
    tag = map_tag(network)
    # The roads nearest to one coordinate are many positions of it.
    several = len(positions) if len(query.lon) == 1 else 1
    return [
        make_hint(tag, lon, lat, int(edge), float(fraction))
        for lon, lat, edge, fraction in zip(
            query.lon * several,
            query.lat * several,
            positions.edge,
            positions.fraction,
            strict=True,
        )
    ]


def usable_directions(
    roads: RoadsNow, mode: str, edge: int, fraction: float, bearing: Bearing
) -> tuple[bool, bool]:
    """Whether the edge may be driven along and against its geometry, in the asked direction."""
    along_deg = _Line.of(roads.network, edge).bearing_deg(fraction)
    times_ms = roads.metrics[mode].travel_time_ms
    return (
        times_ms[2 * edge] < UNREACHABLE_MS and _within(along_deg, bearing),
        times_ms[2 * edge + 1] < UNREACHABLE_MS and _within(along_deg + 180.0, bearing),
    )


def _within(direction_deg: float, bearing: Bearing) -> bool:
    apart = abs((direction_deg - bearing.bearing_deg + 180.0) % 360.0 - 180.0)
    return apart <= bearing.range_deg


def _each_by_itself(
    roads: RoadsNow,
    mode: str,
    lon: np.ndarray,
    lat: np.ndarray,
    limits_m: np.ndarray,
    closed: np.ndarray | None,
    any_road: bool,
) -> RoadPositions:
    found = RoadPositions.empty(len(lon))
    for limit_m in set(limits_m.tolist()):
        same = np.flatnonzero(limits_m == limit_m)
        if any_road:
            for index in same:
                # One point together with nobody stays on whatever is nearest.
                near = roads.snapper.snap_together(
                    np.repeat(lon[index], 2),
                    np.repeat(lat[index], 2),
                    mode,
                    limit_m=limit_m,
                    without=closed,
                )
                _put(found, int(index), near)
        else:
            near = roads.snapper.snap(lon[same], lat[same], mode, limit_m=limit_m, without=closed)
            for place, index in enumerate(same):
                _put(found, int(index), near.take([place]))
    return found


def _heading(
    roads: RoadsNow,
    mode: str,
    lon: np.ndarray,
    lat: np.ndarray,
    index: int,
    limits_m: np.ndarray,
    closed: np.ndarray | None,
    bearing: Bearing,
) -> RoadPositions:
    """The nearest position on a road that leads in the asked direction (RULE 3), or nowhere."""
    near = roads.snapper.snap_candidates(
        float(lon[index]),
        float(lat[index]),
        mode,
        radius_m=float(limits_m[index]),
        count=CANDIDATES,
        without=closed,
    )
    for place in range(len(near)):
        edge, fraction = int(near.edge[place]), float(near.fraction[place])
        if any(usable_directions(roads, mode, edge, fraction, bearing)):
            return near.take([place])
    return RoadPositions.empty(1)


def _at_hint(
    roads: RoadsNow, mode: str, lon: float, lat: float, edge: int, fraction: float
) -> RoadPositions | None:
    """The position that a hint names; None where the mode may not use that edge now."""
    times_ms = roads.metrics[mode].travel_time_ms
    if min(times_ms[2 * edge], times_ms[2 * edge + 1]) >= UNREACHABLE_MS:
        return None
    line = _Line.of(roads.network, edge)
    found = RoadPositions.on_edges([edge], [fraction])
    found.lon[0], found.lat[0], found.side[0] = line.place(fraction, lon, lat)
    found.distance_m[0] = distance_m(lon, lat, found.lon[0], found.lat[0])
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    """An edge's geometry on a plane around it."""

    lon: np.ndarray
    lat: np.ndarray
    east: np.ndarray
    north: np.ndarray
    reached: np.ndarray

    @classmethod
    def of(cls, network: RoadNetwork, edge: int) -> _Line:
        points = slice(int(network.edge_first_point[edge]), int(network.edge_first_point[edge + 1]))
        lon = np.asarray(network.point_lon_e7[points], dtype=np.float64) / E7
        lat = np.asarray(network.point_lat_e7[points], dtype=np.float64) / E7
        east = np.diff(lon) * math.cos(math.radians(float(lat.mean())))
        north = np.diff(lat)
        return cls(lon, lat, east, north, np.cumsum(np.hypot(east, north)))

    def piece(self, fraction: float) -> int:
        """Which of its pieces holds the point at this share of its length."""
        at = fraction * self.reached[-1]
        return min(int(np.searchsorted(self.reached, at)), len(self.reached) - 1)

    def bearing_deg(self, fraction: float) -> float:
        piece = self.piece(fraction)
        return math.degrees(math.atan2(self.east[piece], self.north[piece])) % 360.0

    def place(self, fraction: float, lon: float, lat: float) -> tuple[float, float, int]:
        """Longitude and latitude there, and on which side of the line a point lies."""
        piece = self.piece(fraction)
        before = self.reached[piece - 1] if piece else 0.0
        length = self.reached[piece] - before
        share = (fraction * self.reached[-1] - before) / length if length > 0 else 0.0
        at_lon = self.lon[piece] + share * (self.lon[piece + 1] - self.lon[piece])
        at_lat = self.lat[piece] + share * (self.lat[piece + 1] - self.lat[piece])
        east = (lon - at_lon) * math.cos(math.radians(float(at_lat)))
        cross = self.north[piece] * east - self.east[piece] * (lat - at_lat)
        return float(at_lon), float(at_lat), int(np.sign(cross))


def _put(positions: RoadPositions, index: int, one: RoadPositions) -> None:
    """Replace the position at an index."""
    for field in fields(RoadPositions):
        getattr(positions, field.name)[index] = getattr(one, field.name)[0]
