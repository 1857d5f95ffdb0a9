"""Closures and speed changes as callers write them, and what they mean on the loaded map."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import shapely
import shapely.errors
from msgspec import UNSET, Meta, Struct, UnsetType

from geodata.changes import Closure, RoadChange, SpeedChange
from geodata.coordinates import to_wgs84
from geodata.errors import RequestError
from geodata.network import RoadNetwork
from geodata.snapping import Snapper

Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Crs = Literal["wgs84", "gcj02", "bd09"]
WayId = Annotated[int, Meta(ge=1, le=2**62)]

AREA_POINTS_LIMIT = 20_000
"""Points of an area; a province's border at 100 m has fewer."""

NEAR_LIMIT_M = 100.0
"""How far from a road a point that closes it may lie: twice the width of the widest road."""


class PointBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A point."""

    lon: Longitude
    lat: Latitude


class RoadChangeBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Where and how the roads differ from the map. What is named in several ways is all meant.

    Without a speed the roads are closed.
    """

    ways: Annotated[list[WayId], Meta(max_length=10_000)] = []
    """OSM way ids."""
    near: Annotated[list[PointBody], Meta(max_length=1_000)] = []
    """The road nearest to each point."""
    area: dict[str, Any] | None = None
    """GeoJSON Polygon, MultiPolygon or LineString: every road that meets it."""
    avoid: list[str] = []
    """Classes of road."""
    direction: Literal["both", "forward", "backward"] = "both"
    """Along the OSM way, against it, or both."""
    modes: list[str] | None = None
    """Modes that it holds for; none: all."""
    speed_kph: float | UnsetType = UNSET
    speed_factor: float | UnsetType = UNSET
    crs: Crs = "wgs84"


def resolve(body: RoadChangeBody, network: RoadNetwork, snapper: Snapper) -> RoadChange:
    """The change on this map. Raises RequestError for what names no road or cannot be read."""
    if not (body.ways or body.near or body.area is not None or body.avoid):
        raise RequestError("Say which roads: ways, near, area or avoid.")
    if body.modes is not None and (unknown := [m for m in body.modes if m not in network.modes]):
        known = ", ".join(sorted(network.modes))
        raise RequestError(f"The map has no mode {unknown[0]!r}; its modes are: {known}.")
    where: dict[str, Any] = {
        "edges": np.concatenate(
            [_edges_of_ways(body, network), _edges_near(body, network, snapper)]
        ),
        "polygon": None if body.area is None else area_in(body.area, body.crs),
        "avoid": body.avoid,
        "direction": body.direction,
        "modes": body.modes,
    }
    if body.speed_kph is UNSET and body.speed_factor is UNSET:
        change: RoadChange = Closure(**where)
    else:
        change = SpeedChange(
            **where,
            speed_kph=None if body.speed_kph is UNSET else body.speed_kph,
            factor=None if body.speed_factor is UNSET else body.speed_factor,
        )
    change.arcs(network)  # whatever cannot be resolved is said now
    return change


def _edges_of_ways(body: RoadChangeBody, network: RoadNetwork) -> np.ndarray:
    if not body.ways:
        return np.empty(0, dtype=np.int64)
    ways = np.array(body.ways, dtype=np.int64)
    edges = np.flatnonzero(np.isin(network.edge_way_id, ways))
    missing = np.setdiff1d(ways, network.edge_way_id[edges])
    if len(missing):
        raise RequestError(f"The map has no way {missing[0]} that anybody may use.")
    return edges.astype(np.int64)


def _edges_near(body: RoadChangeBody, network: RoadNetwork, snapper: Snapper) -> np.ndarray:
    if not body.near:
        return np.empty(0, dtype=np.int64)
    lon, lat = to_wgs84(
        np.array([point.lon for point in body.near]),
        np.array([point.lat for point in body.near]),
        body.crs,
    )
    best_edge = np.full(len(lon), -1, dtype=np.int64)
    best_m = np.full(len(lon), np.inf)
    for mode in body.modes or sorted(network.modes):
        snapped = snapper.snap(lon, lat, mode, limit_m=NEAR_LIMIT_M)
        nearer = snapped.found & (snapped.distance_m < best_m)
        best_edge[nearer] = snapped.edge[nearer]
        best_m[nearer] = snapped.distance_m[nearer]
    if (best_edge < 0).any():
        raise RequestError(
            f"Point {int(np.flatnonzero(best_edge < 0)[0])} of 'near' has no road within "
            f"{NEAR_LIMIT_M:g} m."
        )
    return best_edge


_DEPTHS = {"LineString": 1, "Polygon": 2, "MultiPolygon": 3}
"""How deep the points of a GeoJSON geometry lie in lists."""


def area_in(area: dict[str, Any], crs: Crs) -> shapely.Geometry:
    """The area in WGS-84. Raises RequestError for what is none."""
    kind = area.get("type")
    if not isinstance(kind, str) or kind not in _DEPTHS:
        raise RequestError("An area is a GeoJSON Polygon, MultiPolygon or LineString.")
    depth = _DEPTHS[kind]
    count = _count_points(area.get("coordinates"), depth)
    if count > AREA_POINTS_LIMIT:
        raise RequestError(f"An area may have {AREA_POINTS_LIMIT} points at most.")
    try:
        shape = shapely.geometry.shape(area)
    except (shapely.errors.ShapelyError, ValueError, TypeError, IndexError):
        raise RequestError(
            "The area's rings must be closed and have four points or more."
        ) from None

    def convert(points: np.ndarray) -> np.ndarray:
        return np.column_stack(to_wgs84(points[:, 0], points[:, 1], crs))

    return shapely.transform(shape, convert)


def _count_points(coordinates: Any, depth: int) -> int:
    """Number of points in GeoJSON coordinates. Raises RequestError where they are none."""
    if not isinstance(coordinates, list) or not coordinates:
        raise RequestError("The area's coordinates must be lists of points.")
    if depth > 0:
        return sum(_count_points(part, depth - 1) for part in coordinates)
    if (
        len(coordinates) not in (2, 3)
        or not all(type(value) in (int, float) for value in coordinates)
        or not -180.0 <= coordinates[0] <= 180.0
        or not -90.0 <= coordinates[1] <= 90.0
    ):
        raise RequestError(
            "A point of the area is [longitude -180..180, latitude -90..90], in degrees."
        )
    return 1
