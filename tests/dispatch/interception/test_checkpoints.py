"""Where a car can be stopped, and when units would be ready there."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from dispatch.errors import InterceptionError
from dispatch.interception.checkpoints import (
    RULES,
    CheckpointKind,
    CheckpointRule,
    find_checkpoints,
)
from dispatch.interception.units import ready_times_s, staff_ready_s
from geodata.changes import Closure, RoadChanges
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from tests.dispatch.interception.ground import fork, ground

TURN_S = 10.0
"""A turn at the place itself may be in the drive, or not."""


@pytest.fixture(scope="module")
def expressway():
    """A toll road with a ramp, a plaza of two booths 20 m apart, a tunnel and a bridge.

    M - N is the motorway, N leaves it by a ramp over the booths G and H to the road at R.
    """
    return ground(
        {
            "M": (0, 0),
            "N": (2_000, 0),
            "O": (4_000, 0),
            "P": (4_400, 0),
            "Q": (6_000, 0),
            "G": (2_200, -200),
            "H": (2_200, -220),
            "R": (2_300, -400),
            "K": (2_000, -220),
            "A": (0, -400),
            "B": (3_000, -400),
            "C": (3_200, -400),
            "D": (5_000, -400),
        },
        [
            "M-N motorway oneway=yes",
            "N-O motorway oneway=yes",
            "O-P motorway oneway=yes tunnel=yes",
            "P-Q motorway oneway=yes",
            "N-G-R motorway_link oneway=yes",
            "R-H-K-N motorway_link oneway=yes",
            "A-R-B secondary",
            "B-C secondary bridge=yes",
            "C-D secondary",
        ],
        points={"G": "barrier=toll_booth", "H": "barrier=toll_booth"},
    )


def found(town, *kinds):
    """Letters by kind."""
    places = find_checkpoints(town.network, kinds=kinds or tuple(CheckpointKind))
    by_kind: dict[str, list[str]] = {}
    for index in range(len(places)):
        letters = "".join(sorted(town.town.letter(int(n)) for n in places.nodes(index)))
        by_kind.setdefault(str(places.kind[index]), []).append(letters)
    return {kind: sorted(of_kind) for kind, of_kind in by_kind.items()}


def test_each_kind_is_found_where_it_is(expressway):
    """The two booths are one gate; the ramp ends at R; O and P are the tunnel's mouths; B and C the
    bridge's ends. No node is in two of them."""
    assert found(expressway) == {
        "toll_gate": ["GH"],
        "ramp": ["R"],
        "tunnel_mouth": ["O", "P"],
        "bridge": ["B", "C"],
    }


def test_the_junction_at_the_ramp_is_a_junction_where_ramps_are_not_asked_for(expressway):
    assert found(expressway, CheckpointKind.JUNCTION) == {}
    assert found(fork(), CheckpointKind.JUNCTION) == {"junction": ["J"]}


def test_ids_are_those_of_the_map(expressway):
    """The same map gives the same ids, whatever else is looked for."""
    every = find_checkpoints(expressway.network)
    some = find_checkpoints(expressway.network, kinds=[CheckpointKind.RAMP])
    assert some.id == [f"ramp-{expressway.town.osm_id['R']}"]
    assert set(some.id) <= set(every.id)
    place_of_node = every.place_of_node(expressway.network)
    for index in range(len(every)):
        assert (place_of_node[every.nodes(index)] == index).all()


def test_ready_is_told_turned_out_driven_set_up_and_safe():
    """A unit 100 m from J is there when all its parts are added up."""
    town = fork()
    places = find_checkpoints(town.network)
    unit = town.unit("one", "U-J", 0.5, turn_out_s=15.0, free_s=20.0)
    ready_s = ready_times_s([unit], places, town, told_s=100.0, safety_s=30.0)
    (j,) = (k for k in range(len(places)) if town.town.node("J") in places.nodes(k))
    arc = town.town.arc("U-J")
    end = RoadPositions.on_edges([arc >> 1], [0.0 if arc & 1 else 1.0])
    start = RoadPositions.on_edges([unit.edge], [unit.fraction])
    drive_s = town.table("police", start, end)[0][0, 0] / 1_000.0
    assert drive_s < UNREACHABLE_MS / 1_000.0
    least_s = 100.0 + 20.0 + 15.0 + drive_s + 60.0 + 30.0
    assert least_s <= ready_s[0, j] <= least_s + TURN_S


def test_who_may_not_stop_cars_or_cannot_get_there_is_never_ready():
    town = fork()
    places = find_checkpoints(town.network)
    auxiliary = town.unit("aux", "U-J", 0.5, kind="auxiliary")
    nowhere = replace(town.unit("off", "U-J", 0.5), edge=-1)
    shut = RoadChanges(Closure(edges=[town.town.edge("U-J")]))
    assert np.isinf(ready_times_s([auxiliary], places, town, told_s=0.0, safety_s=0.0)).all()
    assert np.isinf(ready_times_s([nowhere], places, town, told_s=0.0, safety_s=0.0)).all()
    cut_off = town.unit("cut", "U-J", 0.5)
    times_s = ready_times_s([cut_off], places, town, told_s=0.0, safety_s=0.0, changes=shut)
    assert np.isinf(times_s).all()


def test_staff_is_ready_only_where_there_is_some(expressway):
    places = find_checkpoints(expressway.network)
    ready_s = staff_ready_s(places, told_s=10.0, safety_s=5.0)
    gates = [kind is CheckpointKind.TOLL_GATE for kind in places.kind]
    assert ready_s[gates].tolist() == [195.0]
    assert np.isinf(ready_s[~np.array(gates)]).all()


def test_a_centre_sets_its_own_rules():
    slow = {**RULES, CheckpointKind.JUNCTION: CheckpointRule(600.0, units_needed=3)}
    town = fork()
    places = find_checkpoints(town.network, rules=MappingProxyType(slow))
    assert {places.rule(k).units_needed for k in range(len(places))} == {3}
    with pytest.raises(InterceptionError, match="units"):
        CheckpointRule(60.0, units_needed=0)
    with pytest.raises(InterceptionError, match="may stop vehicles"):
        CheckpointRule(60.0, held_by=frozenset({"rider"}))
    with pytest.raises(InterceptionError, match="0 to 3,600"):
        CheckpointRule(-1.0)
