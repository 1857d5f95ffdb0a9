"""What holds for every assembled network, whatever the map."""

import h3.api.numpy_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.assembly import assemble
from geodata.errors import MapFileError
from geodata.generated import generate_roads
from geodata.modes import MODES
from geodata.network import (
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
    NodeFlag,
    PlaceKind,
    RoadNetwork,
)
from tests.towns import town


@pytest.fixture(scope="module")
def country() -> RoadNetwork:
    modes = tuple(MODES.values())
    return assemble(generate_roads(9_000, modes, seed=7), modes)


LETTERS = "ABCDEFGH"
HIGHWAYS = st.sampled_from(
    [
        "residential",
        "primary",
        "footway",
        "service access=private",
        "residential oneway=yes",
        "motorway",
        "residential junction=roundabout",
    ]
)


@st.composite
def random_towns(draw):
    """A town of up to eight points, some of them signals or bollards, and up to eight streets."""
    place = st.tuples(st.integers(0, 6), st.integers(0, 6))
    places = draw(st.lists(place, min_size=4, max_size=8, unique=True))
    points = {letter: (80.0 * x, 80.0 * y) for letter, (x, y) in zip(LETTERS, places, strict=False)}
    letters = "".join(points)
    streets = []
    for _ in range(draw(st.integers(1, 8))):
        line = draw(st.lists(st.sampled_from(letters), min_size=2, max_size=5))
        line = [a for place, a in enumerate(line) if place == 0 or a != line[place - 1]]
        if len(line) > 1:
            streets.append(f"{'-'.join(line)} {draw(HIGHWAYS)}")
    if not streets:
        streets.append(f"{letters[0]}-{letters[1]} residential")
    tags = {
        letter: draw(st.sampled_from(["highway=traffic_signals", "barrier=bollard"]))
        for letter in draw(st.sets(st.sampled_from(letters), max_size=2))
    }
    return town(points, streets, points=tags)


def check_structure(network: RoadNetwork) -> None:
    base = network.arc_base
    edge_of = base >> 1
    plain = np.arange(2 * network.edge_count)

    # arcs lie on their edges, in both directions
    assert np.array_equal(base[plain], plain)
    assert np.array_equal(network.arc_tail[plain], network.arc_head[plain ^ 1])
    assert np.array_equal(network.arc_tail, network.arc_tail[base])
    assert np.array_equal(network.arc_head, network.arc_head[base])
    first, last = network.edge_first_point[:-1], network.edge_first_point[1:] - 1
    assert np.all(last > first)
    for arcs, points in ((plain[::2], first), (plain[1::2], last)):
        nodes = network.arc_tail[arcs]
        assert np.array_equal(network.node_lon_e7[nodes], network.point_lon_e7[points])
        assert np.array_equal(network.node_lat_e7[nodes], network.point_lat_e7[points])

    # nodes lie in the order of their cells, edges in the order of their lower node
    assert np.all(network.node_cell[1:] >= network.node_cell[:-1])
    lower = np.minimum(network.arc_tail[::2][: network.edge_count], network.arc_head[plain[::2]])
    assert np.all(np.diff(lower) >= 0)

    # turns join head to tail, are grouped by the arc they leave, and both groupings agree
    assert np.array_equal(network.arc_head[network.turn_from], network.arc_tail[network.turn_to])
    pairs = np.stack((network.turn_from, network.turn_to), axis=1)
    assert np.array_equal(pairs, np.unique(pairs, axis=0))
    arcs = np.arange(network.arc_count)
    assert np.array_equal(np.repeat(arcs, np.diff(network.first_turn)), network.turn_from)
    assert np.array_equal(
        np.repeat(arcs, np.diff(network.first_turn_in)), network.turn_to[network.turn_in]
    )
    assert np.array_equal(np.sort(network.turn_in), np.arange(network.turn_count))

    # every copy of an arc hangs on the chain of its base, once
    on_chains = [arc for start in plain for arc in chain(network, start)]
    assert sorted(on_chains) == arcs.tolist()

    for layer in network.modes.values():
        open_arc = layer.travel_time_ms < UNREACHABLE_MS
        assert np.all(layer.travel_time_ms >= 1)
        assert np.array_equal(layer.travel_time_ms, layer.travel_time_ms[base])
        assert np.array_equal(layer.part >= 0, open_arc)
        assert np.all(layer.zone[~open_arc] == -1)
        allowed = layer.turn_cost != TURN_FORBIDDEN
        assert np.all(open_arc[network.turn_from[allowed]] & open_arc[network.turn_to[allowed]])
        entered = layer.zone[network.turn_to]
        enters = (entered >= 0) & (entered != layer.zone[network.turn_from])
        marked = (layer.turn_cost & TURN_ENTERS_NO_THROUGH) != 0
        assert np.array_equal(marked[allowed], enters[allowed])
        counted = open_arc & (base == arcs)
        length_m = np.bincount(
            layer.part[counted],
            weights=network.edge_length_m[edge_of[counted]].astype(np.float64),
            minlength=len(layer.part_length_m),
        )
        assert np.allclose(length_m, layer.part_length_m)
        assert np.all(np.diff(layer.part_length_m) <= 0)


def chain(network: RoadNetwork, arc: int) -> list[int]:
    found = [int(arc)]
    while (copy := int(network.arc_next_copy[found[-1]])) >= 0:
        assert network.arc_base[copy] == arc
        found.append(copy)
    return found


@settings(max_examples=80, deadline=None)
@given(random_towns())
def test_every_small_town_is_a_sound_network(place):
    """Arcs, turns, copies, parts and zones of any town agree with one another."""
    check_structure(place.network)


def test_a_generated_country_is_a_sound_network(country):
    """The same holds for thousands of junctions with restrictions, gates and expressways."""
    assert country.arc_count > 2 * country.edge_count
    check_structure(country)


def test_nodes_of_any_cell_are_one_slice(country):
    """All nodes within a cell of any resolution have neighbouring numbers."""
    for resolution in (5, 7, 8, 9, 10):
        cells = np.array(
            [h3.cell_to_parent(int(cell), resolution) for cell in country.node_cell], np.uint64
        )
        runs = 1 + np.count_nonzero(cells[1:] != cells[:-1])
        assert runs == len(np.unique(cells))


def test_lengths_and_times_follow_the_drawing():
    """A street drawn 200 m long measures 200 m, and takes as long as its speed says."""
    place = town("A---------B", ["A-B residential"])
    edge = place.edge("A-B")
    assert place.network.edge_length_m[edge] == pytest.approx(200, rel=1e-4)
    for name, layer in place.network.modes.items():
        kph = place.raw.way_forward_kph[name][0]
        assert layer.travel_time_ms[place.arc("A-B")] == pytest.approx(200 / kph * 3600, abs=1)


def test_a_road_through_plain_points_is_one_edge():
    """Points that only shape a road are geometry, not nodes."""
    place = town({"A": (0, 0), "B": (100, 30), "C": (200, 0)}, ["A-B-C"])
    network = place.network
    assert (network.node_count, network.edge_count) == (2, 1)
    assert len(network.point_lon_e7) == 3


def test_a_signal_in_the_middle_of_a_street_is_a_node():
    """Whatever slows or stops somebody gets a node of its own."""
    place = town("A----B----C", ["A-B-C"], points={"B": "highway=traffic_signals"})
    assert place.network.node_flags[place.node("B")] == NodeFlag.SIGNALS
    turn = only_turn(place.network, place.arc("A-B"), place.arc("B-C"))
    cost = int(place.network.modes["car"].turn_cost[turn])
    assert cost == round(MODES["car"].turns.signals_s * 100)


def test_bearings_look_along_the_road():
    """Bearings are degrees from north, at the tail and at the head."""
    bend = {"A": (0, 0), "B": (0, 100), "C": (100, 100)}
    place = town(bend, ["A-B-C"])
    network, arc = place.network, place.arc("A-C")
    assert abs(network.arc_start_bearing_deg[arc] - 0) <= 1
    assert abs(network.arc_end_bearing_deg[arc] - 90) <= 1
    assert abs(network.arc_start_bearing_deg[arc ^ 1] - 270) <= 1
    assert abs(network.arc_end_bearing_deg[arc ^ 1] - 180) <= 1


def test_a_kink_of_a_metre_does_not_turn_the_bearing():
    """The bearing is that of the road ten metres on, not of a drawing artefact."""
    place = town({"A": (0, 0), "K": (-1, 0), "B": (-1, 100)}, ["A-K-B"])
    bearing = int(place.network.arc_start_bearing_deg[place.arc("A-B")])
    assert min(bearing, 360 - bearing) <= 8


def test_a_left_turn_costs_more_than_a_right_turn_and_straight_on_nothing():
    """Turn costs follow the angle between the bearings."""
    place = town(
        """
             N
             |
        W----X----E
             |
             S
        """,
        ["W-X", "X-E", "N-X", "X-S"],
    )
    network = place.network
    cost = network.modes["car"].turn_cost

    def of(leg: str) -> int:
        return int(cost[only_turn(network, place.arc("W-X"), place.arc(leg))])

    assert of("X-E") == 0
    assert 0 < of("X-S") < of("X-N")


def test_a_bend_without_a_branch_costs_nothing():
    """Where a road is only cut in two, its bend is no turn."""
    place = town({"A": (0, 0), "B": (0, 100), "C": (100, 100)}, ["A-B", "B-C primary"])
    turn = only_turn(place.network, place.arc("A-B"), place.arc("B-C"))
    assert place.network.modes["car"].turn_cost[turn] == 0


def test_loops_and_parallel_streets_are_kept():
    """Two streets between the same points are two edges, and a ring is an edge to itself."""
    points = {"A": (0, 0), "B": (100, 0), "C": (50, 50), "D": (150, 50), "E": (150, -50)}
    place = town(points, ["A-B", "A-C-B", "B-D-E-B"])
    network = place.network
    assert len(place.arcs_between("A-B")) == 2
    loop = np.flatnonzero(network.arc_tail == network.arc_head)
    assert len(loop) == 2
    assert place.may_turn("car", "A-B-B-A")


def test_drivers_turn_round_at_dead_ends_only():
    """In mid-road a car does not turn back, at the end of its roads it does."""
    place = town("A----B----C", ["A-B primary", "B-C primary", "C-A footway"])
    assert not place.may_turn("car", "A-B-A")
    assert place.may_turn("car", "B-C-B")


def test_a_blocked_node_is_turned_back_from_but_not_passed():
    """A bollard ends the road for cars on both sides, not for walkers."""
    place = town("A----B----C", ["A-B-C"], points={"B": "barrier=bollard"})
    assert not place.may_turn("car", "A-B-C")
    assert place.may_turn("car", "A-B-A")
    assert place.may_turn("foot", "A-B-C")


def test_parts_are_separated_by_what_the_mode_cannot_pass():
    """A bollard makes two parts for cars and leaves one for walkers, the longer one first."""
    place = town("A-----B----C", ["A-B-C"], points={"B": "barrier=bollard"})
    car = place.network.modes["car"]
    assert car.part[place.arc("A-B")] == car.part[place.arc("B-A")] == 0
    assert car.part[place.arc("B-C")] == 1
    assert car.part_length_m.tolist() == pytest.approx([240, 200], rel=1e-3)
    assert set(place.network.modes["foot"].part.tolist()) == {0}


def test_a_one_way_out_of_a_part_makes_it_another_part():
    """Whence one can leave but not return is not strongly connected."""
    place = town("A-----B----C", ["A-B", "B-C oneway=yes"])
    car = place.network.modes["car"]
    assert car.part[place.arc("A-B")] != car.part[place.arc("B-C")]
    assert car.part[place.arc("C-B")] == -1


def test_an_arc_reached_only_as_a_shadow_belongs_to_the_part_around_it():
    """A road whose only entrance is watched by a via-way rule is no island."""
    place = town(
        """
        A----B----C----D
                  |
                  E
        """,
        ["A-B", "B-C", "C-D", "C-E", "D-A oneway=yes", "E-A oneway=yes"],
        rules=["no_right_turn: A-B > B-C > C-E"],
    )
    car = place.network.modes["car"]
    assert place.network.arc_count > 2 * place.network.edge_count
    assert set(car.part[car.part >= 0].tolist()) == {0}


def test_private_ground_is_one_zone_per_connected_piece():
    """Two yards off one street are two zones; going from street to yard is marked, out is not."""
    place = town(
        """
        A----B----C----D
             |    |
             E    F
        """,
        ["A-B", "B-C", "C-D", "B-E service access=private", "C-F service access=private"],
    )
    network, car = place.network, place.network.modes["car"]
    zone = {leg: int(car.zone[place.arc(leg)]) for leg in ("A-B", "B-E", "E-B", "C-F")}
    assert zone["A-B"] == -1
    assert zone["B-E"] == zone["E-B"] != zone["C-F"]
    inward = only_turn(network, place.arc("A-B"), place.arc("B-E"))
    outward = only_turn(network, place.arc("E-B"), place.arc("B-C"))
    assert car.turn_cost[inward] & TURN_ENTERS_NO_THROUGH
    assert not car.turn_cost[outward] & TURN_ENTERS_NO_THROUGH


def test_a_barrier_between_two_private_roads_parts_their_zones():
    """What cannot be driven through does not join zones."""
    place = town(
        "A----B----C----D----E",
        ["A-B", "B-C service access=private", "C-D service access=private", "D-E"],
        points={"C": "barrier=bollard"},
    )
    car = place.network.modes["car"]
    assert car.zone[place.arc("B-C")] != car.zone[place.arc("C-D")]
    foot = place.network.modes["foot"]
    assert foot.zone[place.arc("B-C")] == foot.zone[place.arc("C-D")]


def test_tunnel_mouths_and_bridge_ends_become_places():
    """Each end of a tunnel or bridge that goes on as an open road is a place on its node."""
    place = town(
        "A----B----C----D----E----F",
        [
            "A-B primary",
            "B-C primary tunnel=yes name=Long",
            "C-D primary tunnel=yes",
            "D-E primary",
            "E-F primary bridge=yes",
        ],
    )
    network = place.network
    found = {
        (PlaceKind(int(kind)), place.letter(node), network.text(int(name)))
        for kind, node, name in zip(
            network.place_kind, network.place_node, network.place_name, strict=True
        )
    }
    assert found == {
        (PlaceKind.TUNNEL_MOUTH, "B", "Long"),
        (PlaceKind.TUNNEL_MOUTH, "D", ""),
        (PlaceKind.BRIDGE_END, "E", ""),
    }


def test_toll_gates_of_the_generated_country_stand_on_nodes(country):
    """A place read from the file knows the node it stands at."""
    gates = country.place_kind == PlaceKind.TOLL_BOOTH
    assert gates.any()
    nodes = country.place_node[gates]
    assert np.all(nodes >= 0)
    assert np.array_equal(country.node_lon_e7[nodes], country.place_lon_e7[gates])
    assert np.all(country.node_flags[nodes] & NodeFlag.TOLL_BOOTH)


def test_texts_come_back_as_they_were():
    """Names survive packing, whatever their script."""
    place = town("A----B", [("A-B", {"name": "北滨大道", "ref": "S102"})])
    network, edge = place.network, place.edge("A-B")
    assert network.text(int(network.edge_name[edge])) == "北滨大道"
    assert network.text(int(network.edge_ref[edge])) == "S102"
    assert network.text(0) == ""


def test_a_network_cannot_be_written_to():
    """Arrays are shared by all threads and so read-only."""
    network = town("A----B", ["A-B"]).network
    arrays = [*network.array_fields().values(), network.modes["car"].turn_cost]
    assert not any(array.flags.writeable for array in arrays)


def test_a_map_without_any_usable_road_is_refused():
    """There is a clear sentence, not an empty network."""
    with pytest.raises(MapFileError, match="no road"):
        town("A----B", ["A-B construction"])


def only_turn(network: RoadNetwork, from_arc: int, to_arc: int) -> int:
    turns = range(network.first_turn[from_arc], network.first_turn[from_arc + 1])
    (turn,) = [turn for turn in turns if network.turn_to[turn] == to_arc]
    return turn
