"""Areas for the sketch: two districts, and in each stations, villages and grids, nested exactly.

Every grid is the ground nearest to a point of its own; villages, stations and districts are unions
of grids. Like the streets, all borders are invented; the codes of the two districts are real
(GB/T 2260).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.sketch.atlas import KAIZHOU_TOWNS, TITLE, TOWNS, VILLAGE_WORDS, Town
from geodata.sketch.drawing import to_degrees, to_metres, writing

DISTRICTS = (("500101", "万州区"), ("500154", "开州区"))
"""Code and name; the second has the towns that the atlas lists as its own."""
MARGIN_M = 8_000.0
"""How far the two districts reach beyond the outermost towns: past the ends of the roads."""
GROUND_PER_VILLAGE_M = 650.0
"""A community of a town is about so wide."""
MOST_RINGS = 3
COUNTRYSIDE_VILLAGES = 4
"""Villages around the streets of each town."""
GRIDS_PER_VILLAGE = 3


@dataclass(frozen=True, slots=True)
class _Grid:
    """A grid before it has its ground."""

    x_m: float
    y_m: float
    district: str
    station: str
    village: str
    names: tuple[str, str, str]
    """Of the station, the village and the grid."""


def write_sketch_areas(path: Path) -> None:
    """Write the areas of the sketch as a GeoJSON FeatureCollection. Raises MapFileError where it
    cannot be written."""
    text = json.dumps(sketch_areas(), ensure_ascii=False, separators=(",", ":"))
    with writing(path):
        path.write_text(text + "\n", encoding="utf-8")


def sketch_areas() -> dict[str, Any]:
    """The areas as a FeatureCollection: the wide ones first."""
    grids = [grid for town in TOWNS for grid in _grids_of(town)]
    ground = _grounds(grids)
    features: list[dict[str, Any]] = []
    for code, name in DISTRICTS:
        own = [shape for grid, shape in zip(grids, ground, strict=True) if grid.district == code]
        features.append(_feature(code, name, "district", own, code))
    for level, depth in (("station", 2), ("village", 3), ("grid", 4)):
        by_path: dict[str, tuple[str, list[shapely.Polygon]]] = {}
        for number, (grid, shape) in enumerate(zip(grids, ground, strict=True)):
            words = (grid.district, grid.station, grid.village, f"grid-{number % 3 + 1}")
            path = "/".join(words[:depth])
            by_path.setdefault(path, (grid.names[depth - 2], []))[1].append(shape)
        features += [_feature(path, name, level, own) for path, (name, own) in by_path.items()]
    return {"type": "FeatureCollection", "name": TITLE, "crs": "wgs84", "features": features}


def _grids_of(town: Town) -> list[_Grid]:
    """The grids of one town and of the country around it."""
    district = DISTRICTS[town.name in KAIZHOU_TOWNS][0]
    station = "".join(letter for letter in town.name_en.lower() if letter.isalnum())
    x_m, y_m = to_metres(town.lon, town.lat)
    # Communities stand in rings round the middle of the town, villages in one ring outside it.
    rings = min(MOST_RINGS, max(0, round(town.radius_m / GROUND_PER_VILLAGE_M) - 1))
    places = [(x_m, y_m, "community-1", f"{town.name}社区")]
    for ring in range(1, rings + 1):
        radius_m = town.radius_m * ring / (rings + 0.5)
        for k in range(4 * ring):
            angle = 2 * math.pi * (k + 0.5 * (ring % 2)) / (4 * ring)
            number = len(places) + 1
            places.append(
                (
                    x_m + radius_m * math.cos(angle),
                    y_m + radius_m * math.sin(angle),
                    f"community-{number}",
                    f"{town.name}第{number}社区",
                )
            )
    for k in range(COUNTRYSIDE_VILLAGES):
        angle = 2 * math.pi * (k + 0.37) / COUNTRYSIDE_VILLAGES
        radius_m = town.radius_m + 900.0
        word = VILLAGE_WORDS[(TOWNS.index(town) * COUNTRYSIDE_VILLAGES + k) % len(VILLAGE_WORDS)]
        places.append(
            (
                x_m + radius_m * math.cos(angle),
                y_m + radius_m * math.sin(angle),
                f"village-{k + 1}",
                f"{word}村",
            )
        )
    spread_m = min(GROUND_PER_VILLAGE_M, town.radius_m) / 4
    return [
        _Grid(
            px_m + spread_m * math.cos(2 * math.pi * k / GRIDS_PER_VILLAGE + px_m),
            py_m + spread_m * math.sin(2 * math.pi * k / GRIDS_PER_VILLAGE + px_m),
            district,
            station,
            village,
            (f"{town.name}派出所", name, f"{name}第{k + 1}网格"),
        )
        for px_m, py_m, village, name in places
        for k in range(GRIDS_PER_VILLAGE)
    ]


def _grounds(grids: list[_Grid]) -> list[shapely.Polygon]:
    """The ground of each grid in degrees; neighbours share the very same corners."""
    points = shapely.points([(grid.x_m, grid.y_m) for grid in grids])
    hull = shapely.convex_hull(shapely.union_all(points))
    # Corners in tens of metres keep the outline's edges from being cut into hairs.
    outline = shapely.buffer(hull, MARGIN_M, quad_segs=4)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline, ordered=True)
    )
    cells = shapely.intersection(cells, outline)
    return list(
        shapely.transform(
            cells,
            lambda xy_m: np.round(np.column_stack(to_degrees(xy_m[:, 0], xy_m[:, 1])), 7),
        )
    )


def _feature(
    path: str, name: str, level: str, parts: list[shapely.Polygon], code: str | None = None
) -> dict[str, Any]:
    properties = {"jurisdiction": path, "name": name, "level": level}
    if code is not None:
        properties["code"] = code
    whole = parts[0] if len(parts) == 1 else shapely.coverage_union_all(parts)
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(_single(whole)),
    }


def _single(shape: shapely.Geometry) -> shapely.Geometry:
    """A collection of one polygon as that polygon."""
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))
