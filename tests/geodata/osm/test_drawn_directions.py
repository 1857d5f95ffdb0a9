"""Roads of exports that lost their one-way tags, read in the direction in which they are drawn."""

from __future__ import annotations

import pytest

from geodata.modes import CAR
from geodata.osm import DRAWN_ONE_WAY, ImportOptions, read_roads
from tests.geodata.osm_drawings import map_file


@pytest.mark.parametrize("kind", ["motorway", "motorway_link", "trunk", "trunk_link"])
def test_nobody_drives_up_an_exit_ramp(tmp_path, kind):
    """With the option fast roads and their slip roads run as drawn; ordinary roads both ways."""
    path = map_file(
        tmp_path, "A B C", {1: ("AB", {"highway": kind}), 2: ("BC", {"highway": "primary"})}
    )
    roads = read_roads([path], [CAR], options=ImportOptions(one_way_classes=DRAWN_ONE_WAY))
    assert (roads.way_forward_kph["car"] > 0).all()
    assert (roads.way_backward_kph["car"] > 0).tolist() == [False, True]
