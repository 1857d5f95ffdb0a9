"""What a spot on the map is called: its area, its road, or what is nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import geopandas
import numpy as np
import shapely
from scipy.spatial import KDTree

from dispatch.coverage.doors import Doors
from dispatch.errors import PlanningError
from dispatch.frames import in_degrees
from dispatch.interception.units import Roads
from geodata.cells import centres_of, resolution_of
from geodata.coordinates import distance_m
from geodata.network import E7, RoadNetwork

WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
HERE_M = 500.0
"""What is nearer than this is "at", without distance and direction."""

Named = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(text, lon, lat) of everything on the map that has a name."""

_named: WeakKeyDictionary[RoadNetwork, Named] = WeakKeyDictionary()


def name_spots(roads: Roads, spots: Sequence[np.ndarray]) -> list[str]:
    """What each spot, some cells (uint64[]), is called.

    # RULE 1: the road that most metres of it have the name, or else the number, of.
    # RULE 2: else the nearest named thing of the map, how far and in which direction from it.
    # RULE 3: else its coordinates.
    """
    if not spots:
        return []
    network = roads.network
    by_cell = Doors.along_roads(roads, resolution_of(int(spots[0][0])))
    names = []
    for spot in spots:
        text = _longest(network, by_cell, spot)  # RULE 1
        lon, lat = (float(degrees.mean()) for degrees in centres_of(spot))
        names.append(text or _nearest(network, lon, lat) or f"{lat:.4f}, {lon:.4f}")
    return names


def name_points(
    roads: Roads,
    lon: np.ndarray,
    lat: np.ndarray,
    areas: geopandas.GeoDataFrame | None = None,
) -> list[str]:
    """The smallest area of each point, and what is nearest to it of what has a name; coordinates
    where nothing has."""
    outer = [""] * len(lon) if areas is None else areas_of(lon, lat, areas)
    names = [
        _nearest(roads.network, float(x), float(y)) or f"{y:.4f}, {x:.4f}"
        for x, y in zip(lon, lat, strict=True)
    ]
    return [f"{of}，{name}" if of else name for of, name in zip(outer, names, strict=True)]


def areas_of(
    lon: np.ndarray, lat: np.ndarray, areas: geopandas.GeoDataFrame, level: str | None = None
) -> list[str]:
    """Name of the smallest area that each point lies in; empty where it lies in none."""
    areas = in_degrees(areas, "areas")
    if "name" not in areas.columns:
        raise PlanningError("The frame of areas has no column 'name'.")
    if level is not None:
        if "level" not in areas.columns or not (areas["level"] == level).any():
            known = sorted(set(areas["level"])) if "level" in areas.columns else []
            raise PlanningError(
                f"No area has the level {level!r}; there are: {', '.join(known) or 'no levels'}."
            )
        areas = areas[areas["level"] == level]
    shapes = areas.geometry.to_numpy()
    size = shapely.area(shapes)
    tree = shapely.STRtree(shapes)
    point, shape = tree.query(shapely.points(lon, lat), predicate="intersects")
    names = [""] * len(lon)
    largest_first = np.argsort(-size[shape], kind="stable")
    for row, of in zip(point[largest_first].tolist(), shape[largest_first].tolist(), strict=True):
        names[row] = str(areas["name"].iloc[of])
    return names


def _longest(network: RoadNetwork, doors: Doors, spot: np.ndarray) -> str:
    place = np.searchsorted(doors.cells, spot)
    place = np.minimum(place, len(doors.cells) - 1)
    there = place[doors.cells[place] == spot]
    own = [np.arange(doors.first_door[c], doors.first_door[c + 1]) for c in there.tolist()]
    if not own:
        return ""
    door = np.concatenate(own)
    edge = doors.edge[door]
    for texts in (network.edge_name, network.edge_ref):
        text = texts[edge]
        if (text > 0).any():
            which, at = np.unique(text[text > 0], return_inverse=True)
            metres = np.bincount(at, weights=doors.weight[door][text > 0])
            return network.text(int(which[metres.argmax()]))
    return ""


def _nearest(network: RoadNetwork, lon: float, lat: float) -> str:
    """RULE 2."""
    text, named_lon, named_lat = _everything_named(network)
    if not len(text):
        return ""
    narrowing = np.cos(np.radians(lat))
    tree = KDTree(np.column_stack([named_lon * narrowing, named_lat]))
    _, at = tree.query([lon * narrowing, lat])
    metres = float(distance_m(lon, lat, named_lon[at], named_lat[at]))
    name = network.text(int(text[at]))
    if metres < HERE_M:
        return name
    east, north = (lon - named_lon[at]) * narrowing, lat - named_lat[at]
    turn = int(np.rint(np.degrees(np.arctan2(east, north)) / 45.0)) % 8
    return f"{metres / 1_000.0:.1f} km {WINDS[turn]} of {name}"


def _everything_named(network: RoadNetwork) -> Named:
    known = _named.get(network)
    if known is None:
        places = np.flatnonzero(network.place_name > 0)
        edges = np.flatnonzero(network.edge_name > 0)
        middle = (network.edge_first_point[edges] + network.edge_first_point[edges + 1]) // 2
        known = _named[network] = (
            np.concatenate([network.place_name[places], network.edge_name[edges]]),
            np.concatenate([network.place_lon_e7[places], network.point_lon_e7[middle]]) / E7,
            np.concatenate([network.place_lat_e7[places], network.point_lat_e7[middle]]) / E7,
        )
    return known
