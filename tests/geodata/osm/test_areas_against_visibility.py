"""Lines across areas against a slow twin that tries every line between every two points."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import cos, hypot, radians

import networkx as nx
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.osm.areas import (
    DETOUR,
    MAX_STOPS,
    METRES_PER_E7,
    Area,
    join_rings,
    lines_across,
)

LON_E7, LAT_E7 = 1_080_000_000, 310_000_000
SHRINK = cos(radians(31.0))


def in_degrees(points_m):
    """Metres east and north of a corner as coordinates in 1e-7 degrees."""
    east, north = np.array(points_m, float).T
    return (
        np.round(LON_E7 + east / (METRES_PER_E7 * SHRINK)).astype(np.int64),
        np.round(LAT_E7 + north / METRES_PER_E7).astype(np.int64),
    )


def walking_m(points_m, edges) -> dict[int, dict[int, float]]:
    """Shortest distances between all points by the given pairs."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(points_m)))
    for a, b in edges:
        (xa, ya), (xb, yb) = points_m[a], points_m[b]
        graph.add_edge(a, b, weight=hypot(xa - xb, ya - yb))
    return dict(nx.all_pairs_dijkstra_path_length(graph))


@st.composite
def stars(draw):
    """A ring whose radius changes from point to point: corners inward and outward."""
    count = draw(st.integers(4, 14))
    radii = draw(st.lists(st.integers(8, 90), min_size=count, max_size=count))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return [
        (float(round(r * np.cos(a), 1)), float(round(r * np.sin(a), 1)))
        for r, a in zip(radii, angles, strict=True)
    ]


@given(stars(), st.data())
@settings(max_examples=60, deadline=None)
def test_walking_by_the_lines_is_at_most_a_little_longer_than_the_straightest_way(points, data):
    """Between any two stops the outline and the lines kept lead within the allowed detour of the
    best way that stays inside, and no line leaves the area."""
    stops = data.draw(st.sets(st.integers(0, len(points) - 1), min_size=2))
    is_stop = np.isin(np.arange(len(points)), list(stops))
    ring = (*range(len(points)), 0)
    lon_e7, lat_e7 = in_degrees(points)
    kept = lines_across(Area((ring,)), lon_e7, lat_e7, is_stop, Counter())

    ground = shapely.Polygon(points).buffer(0.2, join_style="mitre")
    outline = list(pairwise(ring))
    all_seen = [
        (a, b)
        for a in range(len(points))
        for b in range(a)
        if ground.covers(shapely.LineString([points[a], points[b]]))
    ]
    best = walking_m(points, outline + all_seen)
    ours = walking_m(points, outline + kept)
    for a, b in kept:
        assert ground.covers(shapely.LineString([points[a], points[b]]))
    for a in stops:
        for b in stops:
            # every line on the best way may be walked round by 5 %
            assert ours[a][b] <= best[a][b] * DETOUR + 0.5


def test_an_area_with_more_entrances_than_can_be_tried_is_counted():
    """Pairs grow with the square of the entrances; beyond a limit only some are joined."""
    count = 400
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    lon_e7, lat_e7 = in_degrees([(200 * np.cos(a), 200 * np.sin(a)) for a in angles])
    warnings: Counter[str] = Counter()
    area = Area(((*range(count), 0),))
    kept = lines_across(area, lon_e7, lat_e7, np.ones(count, bool), warnings)
    assert 0 < len(kept) < MAX_STOPS * (MAX_STOPS - 1) / 4
    assert sum(warnings.values()) == 1


def test_rings_are_joined_whatever_the_order_and_direction_of_their_lines():
    """Three lines make one ring; a closed line is a ring; a loose end stays open."""
    rings, left_over = join_rings([(1, 2, 3), (5, 4, 3), (1, 6, 5), (7, 8, 9, 7), (10, 11, 12)])
    assert sorted(map(len, rings)) == [4, 7]
    assert {frozenset(ring) for ring in rings} == {
        frozenset({1, 2, 3, 4, 5, 6}),
        frozenset({7, 8, 9}),
    }
    assert all(ring[0] == ring[-1] for ring in rings)
    assert left_over == 1
