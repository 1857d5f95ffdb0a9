"""From map files to a map folder in one call."""

import numpy as np
import pytest

from geodata.errors import MapFileError, MapFolderError
from geodata.hierarchy import Hierarchy
from geodata.maps.compile import HIERARCHY_GROUP, SNAPPER_GROUP, compile_map
from geodata.maps.store import network_info, open_group, open_network
from geodata.network import PlaceKind
from geodata.osm.reader import ImportOptions
from geodata.snapping import Snapper

TOWN = """<?xml version='1.0' encoding='UTF-8'?>
<osm version="0.6">
  <node id="1" lat="30.8000" lon="108.380"/>
  <node id="2" lat="30.8000" lon="108.382"/>
  <node id="3" lat="30.8000" lon="108.384"/>
  <node id="4" lat="30.8020" lon="108.382"/>
  <node id="5" lat="30.8010" lon="108.382"><tag k="barrier" v="toll_booth"/>
    <tag k="name" v="万州北"/></node>
  <way id="11"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="trunk"/></way>
  <way id="12"><nd ref="2"/><nd ref="5"/><nd ref="4"/><tag k="highway" v="residential"/></way>
</osm>
"""


@pytest.fixture
def town_file(tmp_path):
    path = tmp_path / "town.osm"
    path.write_text(TOWN)
    return path


def test_a_compiled_map_has_all_that_a_service_needs(town_file, tmp_path):
    """Network, snapping index and routing hierarchies lie in one folder and open from it."""
    reports = []
    info = compile_map(
        [town_file], tmp_path / "map", progress=lambda doing, share: reports.append((doing, share))
    )
    assert info.sources == ("town.osm",)
    assert (info.node_count, info.edge_count) == (5, 4)
    network = open_network(tmp_path / "map", verify=True)
    assert network.place_kind.tolist() == [PlaceKind.TOLL_BOOTH]
    assert network.text(int(network.place_name[0])) == "万州北"
    Snapper(network, open_group(tmp_path / "map", SNAPPER_GROUP))
    Hierarchy.from_arrays(network, open_group(tmp_path / "map", HIERARCHY_GROUP))
    assert all(0 <= share <= 1 for _, share in reports)
    assert reports[-1] == ("saving the map", 1.0)


def test_options_reach_the_reader(town_file, tmp_path):
    """Trunk roads of a map without one-way tags run as they are drawn when the user says so."""
    options = ImportOptions(title="Town", one_way_classes=frozenset({"trunk"}))
    info = compile_map([town_file], tmp_path / "map", options)
    assert info.title == "Town"
    car = open_network(tmp_path / "map").modes["car"]
    both = compile_map([town_file], tmp_path / "both")
    assert both.edge_count == info.edge_count
    open_arcs = np.count_nonzero(open_network(tmp_path / "both").modes["car"].part >= 0)
    assert np.count_nonzero(car.part >= 0) == open_arcs - 2


def test_a_damaged_file_leaves_the_older_map_as_it_was(town_file, tmp_path):
    """One clear sentence, and the map in force stays in force."""
    compile_map([town_file], tmp_path / "map")
    built_at = network_info(tmp_path / "map").built_at
    town_file.write_text(TOWN[:300])
    with pytest.raises(MapFileError):
        compile_map([town_file], tmp_path / "map")
    assert network_info(tmp_path / "map", verify=True).built_at == built_at
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map", "town.osm"]


def test_a_folder_that_is_no_map_is_not_overwritten(town_file, tmp_path):
    """Naming the wrong output folder costs nothing."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_text("x")
    done = []
    with pytest.raises(MapFolderError, match="no compiled map"):
        compile_map([town_file], tmp_path / "photos", progress=lambda *step: done.append(step))
    assert done == []  # said before the minutes that a large map takes
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["1.jpg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "town.osm"]


def test_a_real_city_compiles_with_its_restrictions(data_dir, tmp_path):
    """Helsinki's centre: every turn restriction with its ways in the extract is resolved."""
    info = compile_map([data_dir / "maps" / "helsinki.osm.pbf"], tmp_path / "map")
    assert not [warning for warning in info.warnings if "fits more than one turn" in warning]
    network = open_network(tmp_path / "map")
    car = network.modes["car"]
    assert car.part_length_m[0] / car.part_length_m.sum() > 0.8
    assert car.part_length_m[0] > 30_000
