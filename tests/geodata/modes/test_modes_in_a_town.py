"""The four modes on one small town: who may go which way, seen in the compiled network."""

from itertools import pairwise

import numpy as np
import pytest

from geodata.modes.calibration import expected_driving_s
from geodata.network import UNREACHABLE_MS, Manner
from tests.towns import town


@pytest.fixture(scope="module")
def old_town():
    """A main road, a one-way street, a street with a bollard, a market place, an estate."""
    return town(
        """
        A----B----C----D
             |    |    |
             E    F    G
             |    |    |
             H----I----J
        """,
        [
            "A-B-C-D primary",
            "B-E-H residential oneway=yes",
            "C-F-I residential",
            "D-G-J service access=private",
            "H-I pedestrian",
            "I-J living_street",
        ],
        points={"F": "barrier=bollard emergency=yes"},
    )


@pytest.mark.parametrize(
    ("claim", "route", "goes"),
    [
        ("along the one-way street", "B-E-H", "police car ebike foot"),
        ("against it", "H-E-B", "police ebike foot"),
        ("past the bollard", "C-F-I", "police ebike foot"),
        ("through the market", "H-I", "police ebike foot"),
        ("through the estate", "D-G-J", "police car ebike foot"),
        ("along the main road", "A-B-C-D", "police car ebike foot"),
    ],
)
def test_each_mode_goes_where_its_table_says(old_town, claim, route, goes):
    """From tags to turns."""
    legs = legs_of(old_town, route)
    going = [
        name
        for name, layer in old_town.network.modes.items()
        if all(layer.travel_time_ms[old_town.arc(leg)] < UNREACHABLE_MS for leg in legs)
        and old_town.may_turn(name, route_through(old_town, route))
    ]
    assert going == goes.split(), claim


def route_through(the_town, route):
    """The route by its junctions: a bend of a street is no node of the network."""
    nodes = set(the_town.network.node_osm_id.tolist())
    return "-".join(letter for letter in route.split("-") if the_town.osm_id[letter] in nodes)


def legs_of(the_town, route):
    """The legs of a route between junctions."""
    return [f"{a}-{b}" for a, b in pairwise(route_through(the_town, route).split("-"))]


def test_manners_come_through(old_town):
    """Against the one-way street a police car crawls, a courier pushes."""
    (leg,) = legs_of(old_town, "H-E-B")
    arc = old_town.arc(leg)
    manner = {
        name: Manner(int(layer.manner[arc])) for name, layer in old_town.network.modes.items()
    }
    assert manner["police"] is Manner.AGAINST_ONE_WAY
    assert manner["ebike"] is Manner.PUSHING
    assert manner["foot"] is Manner.NORMAL


def test_police_take_the_market_only_to_the_door(old_town):
    """The market place is no-through ground for police, not for walkers."""
    arc = old_town.arc("H-I")
    assert old_town.network.modes["police"].zone[arc] >= 0
    assert old_town.network.modes["foot"].zone[arc] == -1


def test_police_are_ahead_on_the_main_road(old_town):
    """In compiled milliseconds."""
    arc = old_town.arc("A-B")
    time_ms = {name: layer.travel_time_ms[arc] for name, layer in old_town.network.modes.items()}
    assert time_ms["police"] < time_ms["car"] < time_ms["ebike"] < time_ms["foot"]


def test_expected_seconds_are_split_by_kind_of_road(old_town):
    """The parts of a drive sum to its driving time."""
    network = old_town.network
    arcs = np.array([old_town.arc("A-B"), old_town.arc("B-C"), old_town.arc("C-F")])
    parts = expected_driving_s(network, "police", arcs)
    assert set(parts) == {"primary", "residential"}
    total_s = network.modes["police"].travel_time_ms[arcs].sum() / 1000
    assert sum(parts.values()) == pytest.approx(total_s)
