"""From the coordinates of a routing request to positions on the road.

# RULE 1: a hint of this map and this coordinate is believed.
# RULE 2: a radius limits how far the road may be; without one the service's own limit does.
# RULE 3: a bearing admits only roads that may be driven in that direction there.
# RULE 4: roads that the request excludes, or that are closed, are not snapped to.
# RULE 5: ``snapping=any`` takes small islands of roads as they come; otherwise they are used only
          where all coordinates lie on the same one or there is no other road within the limit
          (geodata.snapping, RULES 2 and 3).
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from geodata.changes import RoadChanges
from geodata.coordinates import distance_m
from geodata.network import UNREACHABLE_MS, RoadNetwork
from geodata.positions import RoadPositions
from services.engine import RoadsNow
from services.errors import OsrmError
from services.osrm.edge_line import EdgeLine
from services.osrm.hints import make_hint, map_tag, read_hint
from services.osrm.query import Bearing, RoutingQuery

CANDIDATES = 64
"""Roads looked at for one that leads in the asked direction; a large junction has about 30."""

FARTHEST_M = 100_000.0
"""What ``radiuses=unlimited`` means: about a degree, beyond which a map's edge is meant."""

NEAREST_M = 0.001
"""What ``radiuses=0`` means: on the road itself."""


def limit_of(radius_m: float | None, snap_limit_m: float) -> float:
    """Metres within which a coordinate's road must lie (RULE 2)."""
    return snap_limit_m if radius_m is None else min(max(radius_m, NEAREST_M), FARTHEST_M)


def snap_query(
    query: RoutingQuery, roads: RoadsNow, changes: RoadChanges | None, snap_limit_m: float
) -> RoadPositions:
    """One position per coordinate. Raises OsrmError ``NoSegment`` where there is none."""
    mode = query.mode
    lon, lat = np.array(query.lon), np.array(query.lat)
    limits_m = np.array(
        [limit_of(radius_m, snap_limit_m) for radius_m in query.radiuses_m or (None,) * len(lon)]
    )
    closed = roads.closed_edges(mode, changes)
    if query.snapping == "any" or len(set(limits_m.tolist())) > 1:
        found = _each_by_itself(roads, mode, lon, lat, limits_m, closed, query.snapping == "any")
    else:
        found = roads.snapper.snap_together(
            lon,
            lat,
            mode,
            limit_m=float(limits_m[0]),
            near_m=float(limits_m[0]),
            without=closed,
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
    along_deg = EdgeLine.of(roads.network, edge).bearing_deg(fraction)
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
            near = roads.snapper.snap(
                lon[same], lat[same], mode, limit_m=limit_m, near_m=limit_m, without=closed
            )
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
    line = EdgeLine.of(roads.network, edge)
    found = RoadPositions.on_edges([edge], [fraction])
    found.lon[0], found.lat[0], found.side[0] = line.place(fraction, lon, lat)
    found.distance_m[0] = distance_m(lon, lat, found.lon[0], found.lat[0])
    return found


def _put(positions: RoadPositions, index: int, one: RoadPositions) -> None:
    """Replace the position at an index."""
    for field in fields(RoadPositions):
        getattr(positions, field.name)[index] = getattr(one, field.name)[0]
