"""A district of four squares to draw areas on: one unit is a thousandth of a degree.

::

    10 +-----------+-----------+
       |           |           |
       |   west    |   east    |     w: the whole, 0..10 by 0..10
       |  +-----+  |           |     w/west and w/east: its halves
       |  |  g  |  |           |     w/west/v: 0..5 by 0..5, w/west/v/g: 1..4 by 1..4
     0 +-----------+-----------+
       0           5           10
"""

from __future__ import annotations

from typing import Any

import shapely

from services.areas.levels import Level
from services.areas.lookup import Areas, LoadedArea

UNIT = 0.001
ORIGIN_LON, ORIGIN_LAT = 108.0, 30.0


def lon_lat(x: float, y: float) -> tuple[float, float]:
    return ORIGIN_LON + x * UNIT, ORIGIN_LAT + y * UNIT


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.Polygon(
        [lon_lat(west, south), lon_lat(east, south), lon_lat(east, north), lon_lat(west, north)]
    )


def area(path: str, level: str, *edges: float, **more: Any) -> LoadedArea:
    return LoadedArea(path, path, Level(level), more.get("code"), box(*edges))


def feature(path: str | None, level: str, *edges: float, **properties: Any) -> dict[str, Any]:
    """A feature of GeoJSON over a box."""
    own = {"name": path or "nameless", "level": level} | properties
    if path is not None:
        own["jurisdiction"] = path
    return {
        "type": "Feature",
        "properties": own,
        "geometry": shapely.geometry.mapping(box(*edges)),
    }


def collection(*features: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)} | members


WHOLE = [
    feature("w", "district", 0, 0, 10, 10, code="500101"),
    feature("w/west", "station", 0, 0, 5, 10),
    feature("w/east", "station", 5, 0, 10, 10),
    feature("w/west/v", "village", 0, 0, 5, 5),
    feature("w/west/v/g", "grid", 1, 1, 4, 4),
]


def four_squares() -> Areas:
    return Areas(
        [
            area("w", "district", 0, 0, 10, 10),
            area("w/west", "station", 0, 0, 5, 10),
            area("w/east", "station", 5, 0, 10, 10),
            area("w/west/v", "village", 0, 0, 5, 5),
            area("w/west/v/g", "grid", 1, 1, 4, 4),
        ]
    )
