"""A sketch of the Wanzhou–Kaizhou corridor as ordinary OSM, for a machine with no map at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from geodata.sketch.areas import sketch_areas, write_sketch_areas
from geodata.sketch.atlas import ATTRIBUTION, RIVERS, TITLE, TOWNS
from geodata.sketch.country import (
    draw_bridges,
    draw_country_roads,
    draw_villages,
    join_neighbours,
    round_corners,
)
from geodata.sketch.drawing import Drawing, to_metres, writing
from geodata.sketch.expressways import draw_expressways
from geodata.sketch.streets import draw_town

__all__ = ["ATTRIBUTION", "TITLE", "sketch_areas", "write_sketch", "write_sketch_areas"]

SEED = 1012
"""The same seed draws the same map, byte for byte."""
VILLAGES = 260


def write_sketch(path: Path, seed: int = SEED) -> None:
    """Write the sketch to an OSM file; the format follows the name (``.osm.pbf``, ``.osm`` ...).

    Raises MapFileError where it cannot be written.
    """
    drawing = draw_sketch(seed)
    with writing(path):
        drawing.write(path, generator=TITLE)


def draw_sketch(seed: int = SEED) -> Drawing:
    """The sketch as a drawing."""
    rng = np.random.default_rng(seed)
    drawing = Drawing()
    water = _draw_water(drawing)
    towns = [draw_town(drawing, town, water, rng) for town in TOWNS]
    join_neighbours(drawing, towns, water)
    draw_bridges(drawing, towns)
    roads = draw_country_roads(drawing, towns, water, rng)
    draw_villages(drawing, roads, water, rng, VILLAGES)
    draw_expressways(drawing, towns)
    return drawing


def _draw_water(drawing: Drawing) -> shapely.Geometry:
    """Draw rivers and lakes as areas; their union in local metres."""
    shapes = []
    for river in RIVERS:
        course = round_corners(round_corners([to_metres(*point) for point in river.course]))
        shape = shapely.LineString(course).buffer(river.half_width_m)
        shapes.append(shape)
        nodes = [drawing.node(x_m, y_m) for x_m, y_m in shape.exterior.coords[:-1]]
        drawing.way([*nodes, nodes[0]], {"natural": "water", "name": river.name})
    return shapely.union_all(shapes)
