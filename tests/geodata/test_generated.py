"""The generated country is like a real one where it matters to a routing engine."""

import numpy as np
import pytest

from geodata.assembly import assemble
from geodata.generated import generate_roads
from geodata.modes import MODES
from geodata.network import UNREACHABLE_MS, EdgeFlag, RoadClass, RoadNetwork
from geodata.osm.raw_roads import RawRoads

NODES = 20_000
CAR = (MODES["car"],)


@pytest.fixture(scope="module")
def raw() -> RawRoads:
    return generate_roads(NODES, CAR, seed=3)


@pytest.fixture(scope="module")
def network(raw) -> RoadNetwork:
    return assemble(raw, CAR)


def test_it_has_about_as_many_junctions_as_asked_for(network):
    """Benchmarks name their size."""
    assert network.node_count == pytest.approx(NODES, rel=0.03)


def test_it_has_road_ends_like_a_real_map(network):
    """2.6 road ends a junction, between tree and grid."""
    assert 2 * network.edge_count / network.node_count == pytest.approx(2.55, abs=0.15)


def test_nearly_all_of_it_hangs_together_for_cars(network):
    """Towns, villages and expressways are one part, as in a real country."""
    length_m = network.modes["car"].part_length_m
    assert length_m[0] / length_m.sum() > 0.99


def test_rivers_are_crossed_by_few_bridges(network):
    """A town is cut by its river but for a handful of avenues."""
    bridges = np.count_nonzero(network.edge_flags & EdgeFlag.BRIDGE)
    assert 5 <= bridges <= 60


def test_it_has_expressways_one_way_streets_and_rules(raw, network):
    """What makes routing harder than on a grid is there, via-way rules among it."""
    classes = np.bincount(network.edge_class, minlength=len(RoadClass))
    assert classes[RoadClass.MOTORWAY] >= 4
    assert classes[RoadClass.MOTORWAY_LINK] >= 8
    time_ms = network.modes["car"].travel_time_ms[: 2 * network.edge_count].reshape(-1, 2)
    one_way = (time_ms < UNREACHABLE_MS).sum(axis=1) == 1
    assert 0.03 < one_way.mean() < 0.2
    assert len(raw.restrictions) == pytest.approx(NODES / 40, rel=0.1)
    assert any(rule.via_ways for rule in raw.restrictions)
    assert network.arc_count > 2 * network.edge_count
    assert not raw.warnings


def test_the_same_seed_gives_the_same_country(raw):
    """Benchmarks can be repeated."""
    again = generate_roads(NODES, CAR, seed=3)
    other = generate_roads(NODES, CAR, seed=4)
    assert np.array_equal(again.node_lon_e7, raw.node_lon_e7)
    assert again.restrictions == raw.restrictions
    assert not np.array_equal(other.node_lon_e7[:1000], raw.node_lon_e7[:1000])


@pytest.mark.parametrize("count", [0, 99, 10**9])
def test_absurd_sizes_are_refused(count):
    """The range is in the sentence."""
    with pytest.raises(ValueError, match=r"100 to 20,000,000"):
        generate_roads(count, CAR)


@pytest.mark.parametrize("count", [100, 500, 5_000])
def test_small_countries_work_too(count):
    """Even one village is a network."""
    assert assemble(generate_roads(count, CAR), CAR).node_count > 0.6 * count
