"""Drives that a subject may make: real roads, real times, the mixture of behaviours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dispatch.errors import InterceptionError
from dispatch.interception.behaviour import BEHAVIOURS, Behaviour
from dispatch.interception.exits import find_exits
from dispatch.interception.reach import find_reach
from dispatch.interception.scenarios import sample_scenarios
from dispatch.interception.subject import Subject
from geodata.network import RoadClass
from geodata.positions import RoadPositions
from geodata.search import shortest_path
from tests.dispatch.interception.ground import SLOW, ground

EXACT = Behaviour("exact", "", 1.0, noise=0.0)


@pytest.fixture(scope="module")
def two_ways():
    """From S to E over the toll road in the north or the village road in the south."""
    return ground(
        """
        A---------N---------------------------M
                  |                           |
        S---------J                           K--------E
                  |                           |
        B---------V---------------------------W
        """,
        [
            "S-J primary maxspeed=20",
            "J-N trunk maxspeed=60",
            "N-M trunk maxspeed=60 toll=yes",
            "M-K trunk maxspeed=60",
            f"J-V-W-K tertiary {SLOW}",
            "A-N residential",
            "B-V residential",
            "K-E primary maxspeed=20",
        ],
    )


def drives(town, count=40, behaviours=BEHAVIOURS, seed=3, **more):
    subject = Subject(
        sighting=town.sighting("S-J", 0.1, heading_deg=90.0),
        destinations=(town.destination("K-E", 0.9),),
        **more,
    )
    reach = find_reach(town.snapper, town.metric("car"), subject)
    exits = find_exits(town.snapper, reach)
    return reach, sample_scenarios(reach, exits, seed, count=count, behaviours=behaviours)


def letters(town, scenarios, index: int) -> str:
    arcs = scenarios.arc[scenarios.first[index] : scenarios.first[index + 1]]
    return town.town.drive(arcs)


def test_who_takes_the_fastest_way_takes_the_fastest_way(two_ways):
    """Without noise the drive and its time are those of the plain search."""
    reach, scenarios = drives(two_ways, 5, [EXACT], slowest=1.0, fastest=1.0)
    assert {letters(two_ways, scenarios, k) for k in range(5)} == {"S-J-N-M-K"}
    metric = reach.metric
    start = reach.starts.positions
    last = two_ways.town.arc("M-K")
    end = RoadPositions.on_edges([last >> 1], [0.0 if last & 1 else 1.0])
    expected_s = shortest_path(metric, start, end).duration_ms / 1_000.0
    assert scenarios.end_s[scenarios.first[1] - 1] == pytest.approx(expected_s, abs=0.05)


def test_a_fast_driver_is_there_sooner(two_ways):
    """Times are the map's over the speed factor."""
    _, scenarios = drives(two_ways, 20, [EXACT], slowest=0.5, fastest=1.5)
    times_s = scenarios.end_s[scenarios.first[1:] - 1]
    assert np.ptp(times_s * scenarios.speed_factor) < 0.1
    assert np.ptp(scenarios.speed_factor) > 0.5


def test_whoever_avoids_toll_takes_the_village_road(two_ways):
    avoids = next(one for one in BEHAVIOURS if one.name == "avoids_toll")
    _, scenarios = drives(two_ways, 10, [replace(avoids, noise=0.0, toll_factor=100.0)])
    assert {letters(two_ways, scenarios, k) for k in range(len(scenarios))} == {"S-J-V-K"}


def test_big_roads_and_small_roads_are_a_matter_of_liking(two_ways):
    dislikes = {int(RoadClass.TRUNK): 50.0}
    small = Behaviour("small", "", 1.0, noise=0.0, class_factor=dislikes)
    _, scenarios = drives(two_ways, 5, [small])
    assert {letters(two_ways, scenarios, k) for k in range(5)} == {"S-J-V-K"}


def test_the_mixture_has_its_shares_and_the_same_seed_the_same_drives(two_ways):
    _, one = drives(two_ways, 200)
    _, two = drives(two_ways, 200)
    _, other = drives(two_ways, 200, seed=4)
    counts = np.bincount(one.behaviour, minlength=len(BEHAVIOURS))
    assert counts.tolist() == [80, 30, 40, 30, 20]
    assert one.weight.sum() == pytest.approx(1.0)
    assert np.array_equal(one.arc, two.arc)
    assert np.array_equal(one.end_s, two.end_s)
    assert not np.array_equal(one.speed_factor, other.speed_factor)


def test_no_drive_makes_a_turn_that_nobody_may_make():
    """Left at J is forbidden: whoever goes to N goes round by K."""
    town = ground(
        """
                N
                |
        S-------J-------K
                        |
                        N2
        """.replace("N2", "M "),
        ["S-J primary", "J-K primary", "N-J primary", "K-M primary"],
        rules=["no_left_turn: S-J > J > N-J"],
    )
    subject = Subject(
        sighting=town.sighting("S-J", 0.1, heading_deg=90.0),
        destinations=(town.destination("J-N", 0.9), town.destination("K-M", 0.9)),
    )
    reach = find_reach(town.snapper, town.metric("car"), subject)
    scenarios = sample_scenarios(reach, find_exits(town.snapper, reach), 1, count=100)
    for index in range(len(scenarios)):
        assert "S-J-N" not in letters(town, scenarios, index) + "-"


def test_every_drive_is_one_drive(two_ways):
    """Each arc begins where the one before it ended, times rise, and nobody is faster than the
    earliest arrival."""
    reach, scenarios = drives(two_ways, 200)
    network = reach.metric.network
    for index in range(len(scenarios)):
        part = slice(scenarios.first[index], scenarios.first[index + 1])
        arcs, end_s = scenarios.arc[part], scenarios.end_s[part]
        assert (network.arc_head[arcs[:-1]] == network.arc_tail[arcs[1:]]).all()
        assert (np.diff(end_s) > 0).all()
        assert (end_s >= reach.node_earliest_s[network.arc_head[arcs]] - 0.05)[
            end_s <= scenarios.horizon_s
        ].all()


def test_passings_are_the_nodes_driven_over_in_time(two_ways):
    reach, scenarios = drives(two_ways, 50, slowest=0.3, horizon_s=150.0)
    network = reach.metric.network
    place_of_node = np.full(network.node_count, -1, dtype=np.int32)
    place_of_node[two_ways.town.node("J")] = 7
    passings = scenarios.passings(network.arc_head, place_of_node)
    assert set(passings.place.tolist()) <= {7}
    assert (passings.time_s <= 150.0).all()
    for index in range(len(scenarios)):
        part = slice(scenarios.first[index], scenarios.first[index + 1])
        heads, end_s = network.arc_head[scenarios.arc[part]], scenarios.end_s[part]
        wanted = end_s[(heads == two_ways.town.node("J")) & (end_s <= 150.0)]
        found = passings.time_s[passings.first[index] : passings.first[index + 1]]
        assert found.tolist() == wanted.tolist()


def test_a_dead_end_turns_them_round():
    """They were seen driving into a road that leads nowhere: they come back out of it."""
    town = ground(
        "D-------S-------E",
        [f"D-S-E primary {SLOW}"],
    )
    subject = Subject(
        sighting=town.sighting("S-D", 0.5, heading_deg=270.0),
        destinations=(town.destination("S-E", 0.9),),
    )
    reach = find_reach(town.snapper, town.metric("car"), subject)
    scenarios = sample_scenarios(reach, find_exits(town.snapper, reach), 1, count=20)
    assert len(scenarios) == 20


def test_a_number_of_scenarios_that_makes_no_sense(two_ways):
    with pytest.raises(InterceptionError, match="1 to"):
        drives(two_ways, 0)
