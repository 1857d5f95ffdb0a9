"""Isochrones: the roads reached in so many minutes, and the ground beside them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Literal

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.ops import substring

from dispatch.coverage.doors import DEFAULT_RESOLUTION, Doors
from dispatch.coverage.people import People
from dispatch.errors import PlanningError
from dispatch.frames import CRS as WGS84
from dispatch.interception.units import Roads
from dispatch.kernels.cell_times import cell_times
from geodata.cells import name_of
from geodata.changes import RoadChanges
from geodata.edge_boxes import edge_lines
from geodata.network import RoadNetwork
from geodata.search import Field, Stretches, field

BESIDE_ROAD_M = 60.0
"""Ground so far beside a road that is reached counts as reached: the houses along it."""

FILL_HOLES_M2 = 40_000.0
"""Holes smaller than a town block between reached roads are filled; larger ones are shown."""

LINES_AT_ONCE = 4
"""Stretches of neighbouring edges that are widened as one. Measured on a city's 77,000 stretches:
more make widening slower than they make joining faster, and so do fewer."""

ARC_CORNERS = 3
"""Corners of a quarter circle at the end of a road: 60 m are drawn to within 2 m."""

SUMMARY_SHARE = 0.5


def isochrones(
    roads: Roads,
    people: People | geopandas.GeoDataFrame,
    minutes: float | Sequence[float],
    *,
    shape: Literal["polygons", "roads"] = "polygons",
    beside_road_m: float = BESIDE_ROAD_M,
    changes: RoadChanges | None = None,
) -> geopandas.GeoDataFrame:
    """Where the first of these people can be within each number of minutes, turn-out included.

    minutes  one number or several.

    One row for each kind and number: ``kind``, ``minutes``, ``road_km``, the geometry. Edges are
    honest: every road is followed by its rules as far as it is reached, and no farther;
    ``polygons`` are these ``roads`` with the ground `beside_road_m` beside them, and never a hull
    over ground that nobody reaches.
    """
    minutes = [minutes] if isinstance(minutes, Real) else list(minutes)
    limits_ms = _limits_ms(minutes)
    if not 0.0 < beside_road_m <= 1_000.0:
        raise PlanningError(f"beside_road_m lies between 0 and 1000 m, not {beside_road_m}.")
    people = People.of(roads, people)
    if shape not in ("polygons", "roads"):
        raise PlanningError(f"Isochrones are polygons or roads, not {shape!r}.")
    plane = people.frame().estimate_utm_crs()
    reached_by: dict[str, list[Field]] = {}
    for kind, mode, members in people.groups():
        if mode not in roads.network.modes:
            continue
        reached = field(
            roads.metric(mode),
            people.road.take(members),
            offset_ms=people.delay_ms[members],
            limit_ms=max(limits_ms),
            changes=changes,
        )
        reached_by.setdefault(kind, []).append(reached)
    rows = {
        kind: [_lines(roads.network, fields, limit_ms, plane) for limit_ms in limits_ms]
        for kind, fields in reached_by.items()
    }
    table = [
        {"kind": kind, "minutes": float(number), "road_km": shapely.length(lines).sum() / 1_000.0}
        for kind, parts in rows.items()
        for number, lines in zip(minutes, parts, strict=True)
    ]
    shapes = [
        shapely.union_all(lines) if shape == "roads" else _ground(lines, beside_road_m)
        for parts in rows.values()
        for lines in parts
    ]
    frame = pd.DataFrame(table, columns=["kind", "minutes", "road_km"])
    return geopandas.GeoDataFrame(frame, geometry=shapes, crs=plane).to_crs(WGS84)


def isochrone_cells(
    roads: Roads,
    people: People | geopandas.GeoDataFrame,
    minutes: float,
    *,
    resolution: int = DEFAULT_RESOLUTION,
    changes: RoadChanges | None = None,
) -> geopandas.GeoDataFrame:
    """The H3 cells of which anybody of each kind reaches at least half within some minutes.

    Columns: ``kind``, ``cell``, ``share`` of its road that is reached in time, ``time_s`` of that
    share; the hexagon.
    """
    (limit_ms,) = _limits_ms([minutes])
    people = People.of(roads, people)
    doors = Doors.along_roads(roads, resolution)
    soonest_ms: dict[str, np.ndarray] = {}
    for kind, mode, members in people.groups():
        if mode not in roads.network.modes:
            continue
        reached = field(
            roads.metric(mode),
            people.road.take(members),
            offset_ms=people.delay_ms[members],
            limit_ms=limit_ms,
            changes=changes,
        )
        time_ms, _ = reached.at(doors.positions(mode))
        soonest_ms[kind] = np.minimum(soonest_ms.get(kind, time_ms), time_ms)
    parts = []
    for kind, time_ms in soonest_ms.items():
        mean_s, share = np.empty(len(doors.cells)), np.empty(len(doors.cells))
        cell_times(doors.first_door, doors.weight, time_ms, SUMMARY_SHARE, mean_s, share)
        there = np.flatnonzero(share >= SUMMARY_SHARE)
        table = {
            "kind": kind,
            "cell": [name_of(cell) for cell in doors.cells[there].tolist()],
            "share": share[there],
            "time_s": mean_s[there],
        }
        shapes = doors.shapes()[there]
        parts.append(geopandas.GeoDataFrame(pd.DataFrame(table), geometry=shapes, crs=WGS84))
    return pd.concat(parts, ignore_index=True)


def _limits_ms(minutes: Sequence[float]) -> list[int]:
    if not len(minutes) or not all(0.0 < float(number) <= 24 * 60 for number in minutes):
        raise PlanningError("Isochrones are drawn for more than 0 and at most 1440 minutes.")
    return [round(60_000 * float(number)) for number in minutes]


def _lines(
    network: RoadNetwork, fields: Sequence[Field], limit_ms: int, plane: CRS
) -> list[shapely.Geometry]:
    """The stretches reached in any mode, both directions of a road as one, as lines in a plane of
    metres."""
    edge, begin, end = _by_edge([reached.stretches(limit_ms) for reached in fields])
    if not len(edge):
        return []
    lines = geopandas.GeoSeries(edge_lines(network, edge), crs=WGS84).to_crs(plane).to_numpy()
    for k in np.flatnonzero((begin > 0.0) | (end < 1.0)).tolist():
        lines[k] = substring(lines[k], begin[k], end[k], normalized=True)
    return lines.tolist()


def _by_edge(reached: Sequence[Stretches]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(int64[i] edge, float64[i] from, float64[i] to): parts of edges along their geometry that
    overlap joined, rising."""
    arc = np.concatenate([one.arc for one in reached])
    from_share = np.concatenate([one.from_share for one in reached])
    to_share = np.concatenate([one.to_share for one in reached])
    edge = (arc >> 1).astype(np.int64)
    back = (arc & 1).astype(bool)
    begin = np.where(back, 1.0 - to_share, from_share)
    end = np.where(back, 1.0 - from_share, to_share)
    order = np.lexsort((begin, edge))
    edge, begin, end = edge[order], begin[order], end[order]
    if not len(edge):
        return edge, begin, end
    # Within an edge, a part begins anew where it starts beyond everything before it. Edges are set
    # 2 apart on one axis, so that one running maximum serves all of them.
    reach = np.maximum.accumulate(end + 2.0 * edge)
    fresh = np.ones(len(edge), dtype=bool)
    fresh[1:] = (begin + 2.0 * edge)[1:] > reach[:-1]
    first = np.flatnonzero(fresh)
    return edge[first], begin[first], np.maximum.reduceat(end, first)


def _ground(lines: list[shapely.Geometry], beside_road_m: float) -> shapely.Geometry:
    """The ground beside lines in a plane of metres."""
    if not lines:
        return shapely.MultiPolygon()
    bunches = [
        shapely.MultiLineString([line for line in bunch if line.geom_type == "LineString"])
        for bunch in (lines[k : k + LINES_AT_ONCE] for k in range(0, len(lines), LINES_AT_ONCE))
    ]
    wide = shapely.buffer(bunches, beside_road_m, quad_segs=ARC_CORNERS)
    return _without_small_holes(shapely.union_all(wide))


def _without_small_holes(ground: shapely.Geometry) -> shapely.Geometry:
    parts = []
    for part in shapely.get_parts(ground):
        rings = shapely.get_rings(part)
        holes = rings[1:][shapely.area(shapely.polygons(rings[1:])) >= FILL_HOLES_M2]
        parts.append(shapely.polygons(rings[0], holes))
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
