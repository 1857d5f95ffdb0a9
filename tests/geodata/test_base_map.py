"""The base map: what is drawn, where it lies, and how its tiles are kept."""

from __future__ import annotations

import gzip
from dataclasses import replace
from itertools import pairwise

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.base_map.archive import BaseMap, write_base_map
from geodata.base_map.features import MAX_ZOOM, Features, mercator, roads_of
from geodata.base_map.tiles import TileCutter
from geodata.errors import MapFolderError
from geodata.kernels.tiling import BUFFER, EXTENT
from geodata.network import E7, PlaceKind
from tests.towns import town

Style = tuple[str | bool | None, ...]


def drawing(lines: list[list[tuple[float, float]]], styles: list[Style] | None = None) -> Features:
    """Lines of one layer, in Web Mercator, each of a style of its own."""
    styles = styles or [(f"line {i}",) for i in range(len(lines))]
    points = np.array([point for line in lines for point in line], np.float64).reshape(-1, 2)
    return Features(
        layer="road",
        keys=("class",),
        first_point=np.cumsum([0, *map(len, lines)]).astype(np.int64),
        x=points[:, 0].copy(),
        y=points[:, 1].copy(),
        style=np.arange(len(lines), dtype=np.int64),
        styles=styles,
        style_from_zoom=np.full(len(styles), 4),
    )


def cut(layer: Features, zoom: int) -> dict[tuple[int, int], dict[str, shapely.Geometry]]:
    """What lies in each tile by class, in steps from its north-western corner."""
    found = {}
    for tile in TileCutter([layer]).tiles(zoom):
        decoded = mapbox_vector_tile.decode(tile.content, default_options={"y_coord_down": True})
        assert decoded["road"]["extent"] == EXTENT
        assert decoded["road"]["version"] == 2
        found[tile.column, tile.row] = {
            feature["properties"]["class"]: shapely.geometry.shape(feature["geometry"])
            for feature in decoded["road"]["features"]
        }
    return found


_SPAN = 8.0 / (1 << MAX_ZOOM)
_places = st.tuples(
    st.floats(0.4, 0.4 + _SPAN, allow_nan=False), st.floats(0.3, 0.3 + _SPAN, allow_nan=False)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_places, min_size=2, max_size=6), min_size=1, max_size=5))
def test_every_tile_holds_the_lines_that_shapely_clips_to_it(lines):
    """Nothing is missing, nothing is elsewhere by more than a step, and no tile is forgotten."""
    found = cut(drawing(lines), MAX_ZOOM)
    side = 1 << MAX_ZOOM
    box = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    inner = shapely.box(0, 0, EXTENT, EXTENT)
    for column in range(int(0.4 * side) - 1, int((0.4 + _SPAN) * side) + 2):
        for row in range(int(0.3 * side) - 1, int((0.3 + _SPAN) * side) + 2):
            tile = found.get((column, row), {})
            for i, line in enumerate(lines):
                steps = [((x * side - column) * EXTENT, (y * side - row) * EXTENT) for x, y in line]
                whole = shapely.LineString(steps)
                drawn = tile.get(f"line {i}")
                if drawn is None:
                    assert whole.intersection(inner).length <= 2.0
                    continue
                assert box.buffer(0.01).covers(drawn)
                assert whole.distance(drawn) < 1.5
                clipped = whole.intersection(box)
                assert clipped.buffer(1.5).covers(drawn)
                if clipped.length > 2.0:
                    assert drawn.buffer(1.5).covers(clipped)


def test_smaller_scales_leave_out_points_but_not_the_shape():
    """Less than half a pixel is moved, and both ends stay."""
    side = 1 << MAX_ZOOM
    wiggly = [((3277.1 + i / 1200) / side, (2458.5 + i % 2 / 600) / side) for i in range(400)]
    (fine,) = [one for tile in cut(drawing([wiggly]), MAX_ZOOM).values() for one in tile.values()]
    (coarse,) = [one for tile in cut(drawing([wiggly]), 9).values() for one in tile.values()]
    assert shapely.get_num_coordinates(coarse) < shapely.get_num_coordinates(fine) / 2
    steps = np.array([(x * 512 % 1, y * 512 % 1) for x, y in wiggly]) * EXTENT
    assert shapely.LineString(steps).hausdorff_distance(coarse) < 8


@pytest.fixture(scope="module")
def river_town():
    return town(
        """
        A----B----C----D
                  |
                  E
        """,
        [
            "A-B primary name=北滨大道 ref=G69",
            "B-C primary name=北滨大道 ref=G69",
            "C-D primary name=北滨大道 ref=G69 bridge=yes",
            "C-E service",
        ],
        title="两岸",
    ).network


def with_toll_gate(network):
    """The same roads, with a toll gate called like the first road at the first node."""
    zero = np.zeros(1, np.int32)
    return replace(
        network,
        place_kind=np.array([PlaceKind.TOLL_BOOTH], np.uint8),
        place_lon_e7=network.node_lon_e7[:1],
        place_lat_e7=network.node_lat_e7[:1],
        place_name=network.edge_name[:1],
        place_ref=zero,
        place_node=zero,
        place_osm_id=np.ones(1, np.int64),
    )


def read(base_map: BaseMap, network, zoom: int) -> dict[str, list[dict]]:
    """Members of everything on the one tile that holds the town's first node."""
    x, y = mercator(network.node_lon_e7[:1] / E7, network.node_lat_e7[:1] / E7)
    packed = base_map.tile(zoom, int(x[0] * (1 << zoom)), int(y[0] * (1 << zoom)))
    if packed is None:
        return {}
    layers = mapbox_vector_tile.decode(gzip.decompress(packed))
    return {
        name: [feature["properties"] for feature in layer["features"]]
        for name, layer in layers.items()
    }


def test_a_town_is_drawn_with_names_signs_and_places(river_town, tmp_path):
    """Class, name, ref and bridge of a road; the toll gate with its name; small roads only near."""
    write_base_map(with_toll_gate(river_town), tmp_path / "town.pmtiles")
    base_map = BaseMap(tmp_path / "town.pmtiles")
    near, far = read(base_map, river_town, 13), read(base_map, river_town, 7)
    big = {"class": "primary", "name": "北滨大道", "ref": "G69"}
    assert sorted(near["road"], key=str) == sorted(
        [big, {**big, "bridge": True}, {"class": "service"}], key=str
    )
    assert near["place"] == [{"kind": "toll_booth", "name": "北滨大道"}]
    assert "place" not in far
    assert {"class": "service"} not in far.get("road", [])
    assert read(base_map, river_town, 6) == {}
    assert base_map.tile(14, 0, 0) is None
    west, south, east, north = base_map.extent.bounds
    assert west < east
    assert south < north


def test_edges_of_one_name_become_one_line(river_town):
    """So that a name can be written along the road; another sign begins another line."""
    roads = roads_of(river_town)
    points = np.diff(roads.first_point).tolist()
    assert sorted(points) == [2, 2, 3]
    assert sum(points) - len(points) == river_town.edge_count


def test_every_edge_is_on_exactly_one_line(river_town):
    """Joined to chains, rings too, no edge is drawn twice or lost."""
    ring = town(
        """
        A----B
        |    |
        D----C----E
        """,
        ["A-B name=环路", "B-C name=环路", "C-D name=环路", "D-A name=环路", "C-E"],
    ).network
    for network in (river_town, ring):
        roads = roads_of(network)
        pieces = []
        for first, last in zip(roads.first_point[:-1], roads.first_point[1:], strict=True):
            line = list(zip(roads.x[first:last], roads.y[first:last], strict=True))
            pieces += [frozenset(pair) for pair in pairwise(line)]
        assert len(pieces) == len(set(pieces)) == network.edge_count


def test_what_is_no_archive_is_refused(tmp_path):
    """With a sentence that names the file."""
    for content in (b"", b"PMTiles\x02" + bytes(200), b"nonsense" * 100):
        (tmp_path / "broken.pmtiles").write_bytes(content)
        with pytest.raises(MapFolderError, match=r"broken\.pmtiles"):
            BaseMap(tmp_path / "broken.pmtiles")
