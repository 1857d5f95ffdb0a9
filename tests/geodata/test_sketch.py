"""The sketch of the corridor is an ordinary map that says it is a sketch."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.assembly import assemble
from geodata.errors import MapFileError, NoRouteError
from geodata.metric import Metric
from geodata.modes import MODES
from geodata.network import EdgeFlag, PlaceKind, RoadClass
from geodata.osm import read_roads
from geodata.road_path import path_length_m
from geodata.search import shortest_path
from geodata.sketch import ATTRIBUTION, TITLE, write_sketch, write_sketch_areas
from geodata.snapping import Snapper

GAOSUNTANG, HANFENG = (108.376, 30.816), (108.4031, 31.162)
CHENJIABA = (108.4150, 30.8060)


@pytest.fixture(scope="module")
def sketch_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sketch") / "anything.osm.pbf"
    write_sketch(path)
    return path


@pytest.fixture(scope="module")
def network(sketch_file):
    modes = tuple(MODES.values())
    return assemble(read_roads([sketch_file], modes), modes)


def drive(network, mode, start, end):
    snapper, metric = Snapper(network), Metric.base(network, mode)
    ends = [snapper.snap([lon], [lat], mode) for lon, lat in (start, end)]
    return shortest_path(metric, *ends)


def classes_on(network, path) -> set[int]:
    return set(network.edge_class[path.arcs >> 1].tolist())


def test_the_same_seed_draws_the_same_map(tmp_path, sketch_file):
    """Byte for byte, so that a demonstration can be repeated."""
    again = tmp_path / "again.osm.pbf"
    write_sketch(again)
    assert again.read_bytes() == sketch_file.read_bytes()


@pytest.mark.parametrize("write", [write_sketch, write_sketch_areas])
def test_where_it_cannot_be_written_is_said_in_a_sentence(tmp_path, write):
    """A folder in the file's place, and a file in its folder's place."""
    (tmp_path / "sketch.osm.pbf").mkdir()
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "sketch.osm.pbf", tmp_path / "file" / "sketch.osm.pbf"):
        with pytest.raises(MapFileError, match=r"sketch\.osm\.pbf cannot be written: "):
            write(place)


def test_a_map_compiled_from_it_is_called_a_sketch(network):
    """Whatever the file is called, and OpenStreetMap is not credited with invented roads."""
    assert network.title == TITLE
    assert "SKETCH" in network.title
    assert network.attribution == ATTRIBUTION


def test_every_mode_reaches_nearly_all_of_it(network):
    """Each mode's largest part is nearly all that the mode can use."""
    for layer in network.modes.values():
        assert layer.part_length_m[0] > 0.97 * layer.part_length_m.sum()


def test_it_has_what_an_interception_needs(network):
    """Toll gates, junctions with refs, service areas, police stations, tunnels and bridges."""
    counts = np.bincount(network.place_kind, minlength=len(PlaceKind))
    for kind in ("TOLL_BOOTH", "MOTORWAY_JUNCTION", "SERVICE_AREA", "POLICE_STATION",
                 "TUNNEL_MOUTH", "BRIDGE_END"):  # fmt: skip
        assert counts[PlaceKind[kind]] >= 4, kind
    junctions = np.flatnonzero(network.place_kind == PlaceKind.MOTORWAY_JUNCTION)
    assert all(network.text(network.place_ref[place]) for place in junctions)


def test_a_car_takes_the_expressway_to_kaizhou_and_an_ebike_does_not(network):
    """Both get there; only the car pays the toll and is there within the hour."""
    by_car = drive(network, "car", GAOSUNTANG, HANFENG)
    by_ebike = drive(network, "ebike", GAOSUNTANG, HANFENG)
    assert RoadClass.MOTORWAY in classes_on(network, by_car)
    assert RoadClass.MOTORWAY not in classes_on(network, by_ebike)
    assert 25 * 60 < by_car.duration_ms / 1000 < 60 * 60
    assert path_length_m(network, by_ebike) > 45_000


def test_the_river_is_crossed_on_bridges_only(network):
    """From the city to the other bank every mode's way leads over a long bridge."""
    for mode in MODES:
        path = drive(network, mode, GAOSUNTANG, CHENJIABA)
        edges = path.arcs >> 1
        over = edges[network.edge_flags[edges] & EdgeFlag.BRIDGE != 0]
        assert network.edge_length_m[over].sum() > 600.0, mode


def test_the_expressway_can_be_left_and_joined_at_every_toll_gate(network):
    """From every interchange's gate a car gets to both cities and back."""
    gates = np.flatnonzero(network.place_kind == PlaceKind.TOLL_BOOTH)
    assert len(gates) >= 20
    for gate in gates[::5]:
        place = (network.place_lon_e7[gate] / 1e7, network.place_lat_e7[gate] / 1e7)
        try:
            assert drive(network, "car", place, HANFENG).duration_ms > 0
            assert drive(network, "car", GAOSUNTANG, place).duration_ms > 0
        except NoRouteError:
            pytest.fail(f"no way to or from {network.text(network.place_name[gate])}")


def test_ramps_leave_an_expressway_to_the_right(network):
    """Traffic keeps right, so every ramp off a plain stretch begins right of those who pass."""
    ramp = network.edge_class == RoadClass.MOTORWAY_LINK
    main = network.edge_class == RoadClass.MOTORWAY
    forward_tail, forward_head = network.arc_tail[0::2], network.arc_head[0::2]
    leaving, arriving = network.arc_start_bearing_deg[0::2], network.arc_end_bearing_deg[0::2]
    seen = 0
    for node in np.unique(network.place_node[network.place_kind == PlaceKind.MOTORWAY_JUNCTION]):
        ways_in = np.flatnonzero(main & (forward_head == node))
        ways_out = np.flatnonzero(ramp & (forward_tail == node))
        if len(ways_in) != 1 or len(ways_out) != 1:
            continue
        bend_deg = (int(leaving[ways_out[0]]) - int(arriving[ways_in[0]]) + 180) % 360 - 180
        assert 0 < bend_deg < 90
        seen += 1
    assert seen > 20
