"""A crowd keeps to the roads and to the rules."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.crowd import Crowd
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.snapping import Snapper
from tests.towns import town

RING = town(
    """
    A---B---C
    |       |
    D-------E---F
    """,
    ["A-B-C oneway=yes", "C-E oneway=yes", "E-D oneway=yes", "D-A oneway=yes", "E-F"],
)


def crowd_on(drawn, mode: str = "car", count: int = 40, seed: int = 1) -> tuple[Metric, Crowd]:
    metric = Metric.base(drawn.network, mode)
    return metric, Crowd(metric, count, np.random.default_rng(seed))


def test_everybody_stays_on_a_road_of_their_mode():
    """After any number of steps every place is on an arc that the mode may use."""
    metric, crowd = crowd_on(RING)
    snapper = Snapper(RING.network)
    for _ in range(30):
        crowd.step(7.0)
        lon, lat = crowd.places()
        positions = snapper.snap(lon, lat, "car")
        assert (positions.distance_m < 0.1).all()
        assert (metric.travel_time_ms[crowd._arc] < UNREACHABLE_MS).all()


def test_nobody_moves_faster_than_the_road_allows():
    """In a step of five seconds nobody gets farther than the fastest road leads in five seconds."""
    metric, crowd = crowd_on(RING)
    length_m = RING.network.edge_length_m[np.arange(len(metric.travel_time_ms)) >> 1]
    fastest_mps = (length_m / metric.travel_time_ms * 1000)[metric.travel_time_ms < UNREACHABLE_MS]
    before = np.stack(crowd.places())
    for _ in range(20):
        crowd.step(5.0)
        after = np.stack(crowd.places())
        metres = np.hypot(*((after - before) * np.array([[95_500.0], [111_195.0]])))
        assert metres.max() <= fastest_mps.max() * 5.0 * 1.02
        assert metres.max() > 5.0, "the crowd stands still"
        before = after


def test_a_one_way_ring_is_driven_one_way():
    """On a one-way ring walkers only ever stand on the arcs of its direction."""
    _, crowd = crowd_on(RING)
    ring = {RING.arc(pair) for pair in ("A-C", "C-E", "E-D", "D-A")}
    against = {arc ^ 1 for arc in ring}
    for _ in range(40):
        crowd.step(3.0)
        assert not against & set(crowd._arc.tolist())


def test_whoever_comes_to_a_dead_end_turns_round():
    """The spur E-F is entered and left again."""
    _, crowd = crowd_on(RING, count=60)
    seen = set()
    for _ in range(60):
        crowd.step(3.0)
        seen |= set(crowd._arc.tolist())
    assert {RING.arc("E-F"), RING.arc("F-E")} <= seen


def test_a_crowd_in_town_keeps_to_dense_streets():
    """Of a block of streets and a road as long as all of them together, the block gets most."""
    drawn = town(
        """
        A-B-C-D--------------------------------------------------------------------------------Z
        | | | |
        E-F-G-H
        | | | |
        I-J-K-L
        """,
        ["A-B-C-D-Z", "E-F-G-H", "I-J-K-L", "A-E-I", "B-F-J", "C-G-K", "D-H-L"],
    )
    metric = Metric.base(drawn.network, "car")
    country = drawn.arc("D-Z") >> 1
    shares = []
    for in_town in (False, True):
        crowd = Crowd(metric, 2000, np.random.default_rng(3), in_town=in_town)
        shares.append(float(np.mean(crowd._arc >> 1 == country)))
    assert shares[1] < shares[0] / 2


def test_the_same_seed_gives_the_same_drive():
    """A demonstration can be repeated."""
    places = []
    for _ in range(2):
        _, crowd = crowd_on(RING, seed=5)
        for _ in range(5):
            crowd.step(4.0)
        places.append(np.stack(crowd.places()))
    np.testing.assert_array_equal(*places)


def test_a_map_without_a_road_for_the_mode_is_refused():
    """A motorway alone has nothing for somebody on foot."""
    motorway = town("A---B", ["A-B motorway"])
    with pytest.raises(ValueError, match="foot"):
        crowd_on(motorway, "foot")


def test_who_stands_does_not_move_and_goes_on_from_where_they_are_put():
    """A walker who was sent somewhere stays out of the walk, and walks on from the new place."""
    _, crowd = crowd_on(RING)
    before = np.stack(crowd.places())
    crowd.stand(3)
    crowd.step(20.0)
    after = np.stack(crowd.places())
    still = (before == after).all(axis=0)
    assert still[3]
    assert not still.all()
    leg = RING.arc("E-F") >> 1
    crowd.go_on(3, leg, 0.5)
    placed = np.stack(crowd.places())[:, 3]
    expected = np.array(RING.lon_lat("E-F", 0.5))
    assert np.abs(placed - expected).max() < 1e-6
    crowd.step(5.0)
    assert (np.stack(crowd.places())[:, 3] != placed).any()


def test_nobody_is_put_against_a_one_way_street():
    """On a one-way street a walker goes on in the direction that may be driven."""
    metric, crowd = crowd_on(RING)
    arc = RING.arc("A-C")
    crowd.go_on(0, arc >> 1, 0.25)
    assert metric.travel_time_ms[crowd._arc[0]] < UNREACHABLE_MS
    assert crowd._arc[0] == arc
