"""Roads of a country that does not exist, of any size, for benchmarks and tests.

It is made like the real ones that a routing engine finds hard or easy: dense towns of a few
thousand junctions, half of them on a grid and half in rings around a centre, most of them cut by a
river with few bridges; between them sparse country roads with villages on spurs, and expressways
with ramps and toll gates. So it has what makes road networks special, small separators and a
hierarchy of roads, which a random or perturbed grid has not. Counts are of the same order as in
OpenStreetMap extracts: 2.6 road ends a junction, one street in ten one-way, turn restrictions at
one junction in forty, a tenth of those over a via way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geodata.generated.as_raw_roads import as_raw_roads
from geodata.generated.country import draw_country
from geodata.generated.sketchbook import Sketchbook
from geodata.generated.towns import draw_towns
from geodata.modes import Mode
from geodata.osm.raw_roads import RawRoads

__all__ = ["generate_roads"]


def generate_roads(node_count: int, modes: Sequence[Mode], seed: int = 1) -> RawRoads:
    """Roads with about ``node_count`` junctions (within a few percent for 20,000 and more).

    The same ``node_count``, modes and seed give the same roads.
    """
    if not 100 <= node_count <= 20_000_000:
        raise ValueError("a generated country has 100 to 20,000,000 junctions")
    random = np.random.default_rng(seed)
    book = Sketchbook()
    texts = [""]
    sites = draw_towns(book, texts, random, node_count)
    draw_country(book, texts, random, sites, node_count - book.junction_count)
    return as_raw_roads(book, texts, random, modes, f"Generated country {seed}")
