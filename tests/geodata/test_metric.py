"""Metrics are snapshots: immutable, told apart, and never half changed."""

import numpy as np
import pytest

from geodata.changes import Closure, RoadChanges
from geodata.errors import UnknownModeError
from geodata.metric import Metric, read_only
from tests.geodata.random_roads import MODE, random_network


def test_a_change_makes_another_metric_and_leaves_the_first():
    """Who still searches on the old snapshot finishes on it."""
    metric = Metric.base(random_network(1), MODE)
    before = metric.travel_time_ms.copy()
    changed = metric.with_changes(RoadChanges(Closure(edges=[0])))
    assert metric.travel_time_ms.tolist() == before.tolist()
    assert changed.revision > metric.revision
    assert not changed.travel_time_ms.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        metric.travel_time_ms[0] = 1


def test_the_map_itself_cannot_be_written_through_a_metric():
    """Arrays that came in writable are seen read-only."""
    network = random_network(1)
    assert network.modes[MODE].travel_time_ms.flags.writeable
    assert not Metric.base(network, MODE).travel_time_ms.flags.writeable


def test_turns_are_laid_out_once_for_a_map_and_mode():
    """Every metric of a map and mode shares one layout."""
    network = random_network(1)
    first = Metric.base(network, MODE)
    assert Metric.base(network, MODE).roads is first.roads
    assert first.with_changes(RoadChanges(Closure(edges=[0]))).roads is first.roads


def test_turns_stand_under_the_arc_they_enter_with_their_own_cost():
    """Every turn is found again, with its two arcs and its cost."""
    network = random_network(3)
    roads = Metric.base(network, MODE).roads
    turns = sorted(
        zip(
            network.turn_from.tolist(),
            network.turn_to.tolist(),
            network.modes[MODE].turn_cost.tolist(),
            strict=True,
        )
    )
    entered = np.repeat(np.arange(network.arc_count), np.diff(roads.first_in.astype(np.int64)))
    assert turns == sorted(
        zip(roads.in_arc.tolist(), entered.tolist(), roads.in_cost.tolist(), strict=True)
    )


def test_an_unknown_mode_is_refused_with_the_known_ones():
    """The message names the map's modes."""
    with pytest.raises(UnknownModeError, match=f"no mode 'sledge'; its modes are: {MODE}"):
        Metric.base(random_network(1), "sledge")


def test_metrics_of_different_maps_cannot_be_compared():
    """Arc numbers of one map mean nothing on another."""
    one, other = (Metric.base(random_network(seed), MODE) for seed in (1, 2))
    with pytest.raises(ValueError, match="same map and mode"):
        one.arcs_differing_from(other)


def test_a_private_copy_is_restored_even_for_the_request_after_a_failed_one():
    """A request that ends in an exception leaves no closure behind."""
    metric = Metric.base(random_network(1), MODE)
    changes = RoadChanges(Closure(edges=[0, 1]))
    for _ in range(3):
        with pytest.raises(RuntimeError), metric.times_with(changes):
            raise RuntimeError("the caller gave up")
        with metric.times_with(changes) as inside_ms:
            assert inside_ms.tolist() == metric.with_changes(changes).travel_time_ms.tolist()
        with metric.times_with(RoadChanges()) as inside_ms:
            assert inside_ms is metric.travel_time_ms
    with metric.times_with(RoadChanges(Closure(edges=[2]))) as inside_ms:
        alone = metric.with_changes(RoadChanges(Closure(edges=[2])))
        assert inside_ms.tolist() == alone.travel_time_ms.tolist()


def test_memory_maps_are_neither_copied_nor_kept_as_such(tmp_path):
    """Kernels are compiled for plain arrays; the pages stay those of the file."""
    path = tmp_path / "array.npy"
    np.save(path, np.arange(5, dtype=np.int32))
    mapped = np.load(path, mmap_mode="r")
    plain = read_only(mapped, np.int32)
    assert type(plain) is np.ndarray
    assert np.shares_memory(plain, mapped)
