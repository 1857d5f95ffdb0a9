"""Graphs that OSMnx makes, plots and measures, there and back."""

import matplotlib
import networkx as nx
import numpy as np
import osmnx as ox
import pytest

from geodata.errors import MapFileError, UnknownModeError
from geodata.maps.networkx_exchange import from_networkx, to_networkx
from geodata.network import UNREACHABLE_MS, EdgeFlag, NodeFlag, RoadNetwork
from tests.towns import Town, town

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def place() -> Town:
    points = {
        "A": (0, 0),
        "B": (200, 0),
        "C": (400, 0),
        "D": (200, -150),
        "E": (400, -150),
        "K": (300, 60),
        "P": (0, -150),
        "F": (0, 200),
    }
    return town(
        points,
        [
            ("A-B", {"highway": "primary", "name": "北滨大道", "ref": "S102", "bridge": "yes"}),
            "B-C primary",
            "B-D residential oneway=yes",
            "D-E residential",
            "E-C residential",
            "B-K-C tertiary",
            "D-P service access=private",
            "A-F footway",
            "A-P",
        ],
        points={"B": "highway=traffic_signals", "D": "barrier=gate"},
    )


def lengths(network: RoadNetwork, mode: str) -> list[tuple]:
    """Every arc the mode may use, by its ends, length and time."""
    layer = network.modes[mode]
    ids = network.node_osm_id
    return sorted(
        (
            int(ids[network.arc_tail[arc]]),
            int(ids[network.arc_head[arc]]),
            round(float(network.edge_length_m[arc >> 1]), 2),
            int(layer.travel_time_ms[arc]),
        )
        for arc in range(2 * network.edge_count)
        if layer.travel_time_ms[arc] < UNREACHABLE_MS
    )


def test_the_graph_has_an_edge_for_each_direction_the_mode_may_travel(place):
    """One-way streets have one edge, others two, closed roads none."""
    graph = to_networkx(place.network, "car")
    b, d, a, f = (place.osm_id[letter] for letter in "BDAF")
    assert graph.has_edge(b, d)
    assert not graph.has_edge(d, b)
    assert graph.has_edge(a, b)
    assert graph.has_edge(b, a)
    assert f not in graph
    assert f in to_networkx(place.network, "foot")
    assert graph.graph["crs"] == "epsg:4326"
    with pytest.raises(UnknownModeError, match="no mode 'boat'"):
        to_networkx(place.network, "boat")


def test_edges_say_what_osmnx_users_expect(place):
    """Attributes carry the names and units of OSMnx."""
    graph = to_networkx(place.network, "car")
    a, b, c = (place.osm_id[letter] for letter in "ABC")
    (data,) = graph.get_edge_data(a, b).values()
    assert data["highway"] == "primary"
    assert (data["name"], data["ref"], data["bridge"]) == ("北滨大道", "S102", "yes")
    assert (data["oneway"], data["reversed"], data["osmid"]) == (False, False, 1001)
    assert data["length"] == pytest.approx(200, rel=1e-3)
    kph = data["length"] / data["travel_time"] * 3.6
    assert data["speed_kph"] == pytest.approx(kph)
    assert "geometry" not in data
    bent = [data for data in graph.get_edge_data(c, b).values() if "geometry" in data]
    assert len(bent) == 1
    assert bent[0]["reversed"]
    lon, lat = place.lon_lat("C")
    assert bent[0]["geometry"].coords[0] == pytest.approx((lon, lat))
    assert graph.nodes[b]["highway"] == "traffic_signals"
    assert graph.nodes[b]["street_count"] == 4


@pytest.mark.parametrize("mode", ["police", "car", "ebike", "foot"])
def test_there_and_back_is_the_same_network_for_the_mode(place, mode):
    """Every arc of the mode returns with its ends, length and time."""
    back = from_networkx(to_networkx(place.network, mode))
    assert lengths(back, mode) == lengths(place.network, mode)
    there, again = place.network.modes[mode], back.modes[mode]
    assert np.allclose(
        there.part_length_m[there.part_length_m > 0], again.part_length_m[again.part_length_m > 0]
    )
    assert there.zone.max() == again.zone.max()


def test_there_and_back_keeps_names_flags_and_signals(place):
    """What is not travel time survives too."""
    back = from_networkx(to_networkx(place.network, "car"))
    named = [edge for edge in range(back.edge_count) if back.edge_name[edge]]
    assert [back.text(int(back.edge_name[edge])) for edge in named] == ["北滨大道"]
    assert back.edge_flags[named[0]] & EdgeFlag.BRIDGE
    signals = np.flatnonzero(back.node_flags & NodeFlag.SIGNALS)
    assert back.node_osm_id[signals].tolist() == [place.osm_id["B"]]


def test_graphml_written_and_read_by_osmnx_gives_the_same_network(place, tmp_path):
    """``save_graphml`` and ``load_graphml`` lose nothing that matters; nor does plain networkx,
    which leaves all values text."""
    graph = to_networkx(place.network, "car")
    ox.save_graphml(graph, tmp_path / "town.graphml")
    expected = lengths(place.network, "car")
    loaded = ox.load_graphml(tmp_path / "town.graphml")
    assert lengths(from_networkx(loaded), "car") == expected
    plain = nx.read_graphml(tmp_path / "town.graphml", force_multigraph=True)
    assert lengths(from_networkx(plain), "car") == expected


def test_a_projected_graph_is_taken_back_to_degrees(place):
    """Planners project graphs to metres; lengths stay within a millimetre of rounding."""
    graph = ox.project_graph(to_networkx(place.network, "car"))
    back = from_networkx(graph)
    expected = np.array([row[2] for row in lengths(place.network, "car")])
    found = np.array([row[2] for row in lengths(back, "car")])
    assert np.allclose(found, expected, atol=0.05)


def test_osmnx_plots_and_measures_the_graph(place, tmp_path):
    """``plot_graph``, ``basic_stats``, ``graph_to_gdfs`` and routing of OSMnx work on it."""
    graph = to_networkx(place.network, "car")
    figure, _ = ox.plot_graph(graph, show=False, close=True)
    assert figure is not None
    stats = ox.basic_stats(graph)
    assert stats["n"] == graph.number_of_nodes()
    assert stats["street_segment_count"] == len({key >> 1 for key in usable(place.network)})
    nodes, edges = ox.graph_to_gdfs(graph)
    assert len(nodes) == stats["n"]
    assert len(edges) == stats["m"]
    route = ox.routing.shortest_path(
        graph, place.osm_id["A"], place.osm_id["E"], weight="travel_time"
    )
    assert route[0] == place.osm_id["A"]
    assert route[-1] == place.osm_id["E"]


def usable(network: RoadNetwork) -> list[int]:
    time_ms = network.modes["car"].travel_time_ms[: 2 * network.edge_count]
    return np.flatnonzero(time_ms < UNREACHABLE_MS).tolist()


OSM_XML = """<?xml version='1.0' encoding='UTF-8'?>
<osm version="0.6">
  <node id="1" lat="30.8000" lon="108.380"/>
  <node id="2" lat="30.8000" lon="108.382"/>
  <node id="3" lat="30.8000" lon="108.384"/>
  <node id="4" lat="30.8020" lon="108.382"><tag k="highway" v="traffic_signals"/></node>
  <node id="5" lat="30.8040" lon="108.382"/>
  <node id="6" lat="30.8020" lon="108.384"/>
  <way id="11"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/>
    <tag k="maxspeed" v="60"/><tag k="name" v="Quay"/></way>
  <way id="12"><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/>
    <tag k="maxspeed" v="40"/></way>
  <way id="13"><nd ref="3"/><nd ref="6"/><nd ref="4"/><tag k="highway" v="residential"/></way>
  <way id="14"><nd ref="4"/><nd ref="2"/><tag k="highway" v="residential"/>
    <tag k="oneway" v="yes"/></way>
  <way id="15"><nd ref="4"/><nd ref="5"/><tag k="highway" v="service"/></way>
  <way id="16"><nd ref="5"/><nd ref="1"/><tag k="highway" v="tertiary"/></way>
</osm>
"""


def test_a_graph_that_osmnx_made_becomes_a_network(tmp_path):
    """Streets in both directions become one edge; merged ways take the lower limit."""
    (tmp_path / "town.osm").write_text(OSM_XML)
    graph = ox.graph_from_xml(tmp_path / "town.osm", bidirectional=False, simplify=True)
    network = from_networkx(graph)
    car, foot = network.modes["car"], network.modes["foot"]
    directed = {(u, v) for u, v in graph.edges()}
    arcs = np.flatnonzero(car.travel_time_ms < UNREACHABLE_MS)
    ids = network.node_osm_id
    found = {(int(ids[network.arc_tail[a]]), int(ids[network.arc_head[a]])) for a in arcs}
    assert found == directed
    assert len(arcs) == graph.number_of_edges()
    # the one-way street is one edge that walkers use both ways
    (edge,) = np.flatnonzero(network.edge_way_id == 14)
    one_way = 2 * int(edge)
    assert car.travel_time_ms[one_way] < UNREACHABLE_MS
    assert car.travel_time_ms[one_way ^ 1] == UNREACHABLE_MS
    assert foot.travel_time_ms[one_way ^ 1] < UNREACHABLE_MS


def test_of_several_values_the_careful_one_counts():
    """After simplification: the smaller class, the lower limit, all names."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_node(1, x=108.38, y=30.8)
    graph.add_node(2, x=108.39, y=30.8)
    common = {"osmid": [7, 8], "oneway": False, "name": ["West", "East"]}
    careful = {"highway": ["primary", "residential"], "maxspeed": ["60", "30"]}
    graph.add_edge(1, 2, **common, **careful, reversed=False)
    graph.add_edge(2, 1, **common, **careful, reversed=True)
    network = from_networkx(graph)
    assert network.edge_count == 1
    assert network.text(int(network.edge_name[0])) == "East; West"
    plain = nx.MultiDiGraph(graph)
    for _, _, data in plain.edges(data=True):
        data.update(highway="residential", maxspeed="30", osmid=7)
    assert lengths(network, "car") == lengths(from_networkx(plain), "car")


def test_parallel_edges_of_one_way_are_kept_apart():
    """Two carriageways between the same nodes do not merge into one street."""
    place = town(
        {"A": (0, 0), "B": (200, 0), "M": (100, 40), "N": (100, -40)},
        ["A-M-B residential oneway=yes", "B-N-A residential oneway=yes", "A-B"],
    )
    back = from_networkx(to_networkx(place.network, "car"))
    assert back.edge_count == 3
    assert lengths(back, "car") == lengths(place.network, "car")


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (nx.MultiGraph([(1, 2)]), "MultiDiGraph"),
        (nx.MultiDiGraph(), "holds no roads"),
        (nx.MultiDiGraph([(1, 2)]), "no x and y"),
    ],
)
def test_graphs_of_another_kind_are_refused(graph, sentence):
    """The sentence says what is wrong with the graph."""
    with pytest.raises(MapFileError, match=sentence):
        from_networkx(graph)


def test_metres_without_a_crs_are_refused():
    """Coordinates that are no degrees are not guessed at."""
    graph = nx.MultiDiGraph()
    graph.add_node(1, x=500_000.0, y=3_400_000.0)
    graph.add_node(2, x=500_100.0, y=3_400_000.0)
    graph.add_edge(1, 2, highway="residential")
    with pytest.raises(MapFileError, match="crs"):
        from_networkx(graph)


def test_an_unknown_crs_is_refused():
    """A crs that no library knows ends in a sentence."""
    graph = nx.MultiDiGraph(crs="epsg:999999")
    graph.add_node(1, x=0.0, y=0.0)
    graph.add_node(2, x=1.0, y=0.0)
    graph.add_edge(1, 2, highway="residential")
    with pytest.raises(MapFileError, match="cannot be converted"):
        from_networkx(graph)
