"""Places worth keeping with the map: toll booths, junctions, services, police, barriers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.network import NodeFlag, PlaceKind

_KIND_OF_HIGHWAY = {
    "services": PlaceKind.SERVICE_AREA,
    "rest_area": PlaceKind.REST_AREA,
}
_NAME_KEYS = ("name", "name:zh", "name:en", "official_name")
_REF_KEYS = ("ref", "junction:ref")


@dataclass(frozen=True, slots=True)
class RawPlace:
    """One place, not yet in arrays."""

    kind: PlaceKind
    lon_e7: int
    lat_e7: int
    name: str
    ref: str
    node_id: int | None
    """OSM id of the node it is, None for the middle of a way or area."""
    osm_id: int
    """Positive for a node, negative for a way."""


def place_kind_of_way(tags: Mapping[str, str]) -> PlaceKind | None:
    """What a way or area is besides a road: services, rest area, police station, or nothing."""
    if tags.get("amenity") == "police":
        return PlaceKind.POLICE_STATION
    return _KIND_OF_HIGHWAY.get(tags.get("highway", ""))


def place_kind_of_node(tags: Mapping[str, str], flags: NodeFlag, on_road: bool) -> PlaceKind | None:
    """What stands at a node, as a place; a barrier counts only where a road passes it."""
    if flags & NodeFlag.TOLL_BOOTH:
        return PlaceKind.TOLL_BOOTH
    if flags & NodeFlag.MOTORWAY_JUNCTION:
        return PlaceKind.MOTORWAY_JUNCTION
    if flags & NodeFlag.BARRIER:
        return PlaceKind.BARRIER if on_road else None
    return place_kind_of_way(tags)


def place_name(tags: Mapping[str, str]) -> str:
    """The name as people there write it, else in Chinese or English, else ""."""
    return next((tags[key] for key in _NAME_KEYS if tags.get(key)), "")


def place_ref(tags: Mapping[str, str]) -> str:
    """The number of a motorway junction or of a toll booth's lane, or ""."""
    return next((tags[key] for key in _REF_KEYS if tags.get(key)), "")


def middle_e7(lon_e7: np.ndarray, lat_e7: np.ndarray) -> tuple[int, int]:
    """A point inside the outline, as near to its middle as can be; on a line its middle."""
    points = np.column_stack((lon_e7, lat_e7)).astype(np.float64)
    if len(points) > 3 and (points[0] == points[-1]).all():
        outline = shapely.Polygon(points)
        if outline.is_valid and outline.area > 0:
            middle = outline.centroid
            if not outline.contains(middle):
                middle = outline.representative_point()
            return round(middle.x), round(middle.y)
    low, high = points.min(axis=0), points.max(axis=0)
    return round((low[0] + high[0]) / 2), round((low[1] + high[1]) / 2)
