"""Changes come into force whole, for whoever asks next, and nobody ever sees half of one."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.changes import Closure, RoadChanges, SpeedChange
from geodata.errors import NoRouteError, UnknownModeError
from geodata.hierarchy import Hierarchy, customised_metric
from geodata.hierarchy.customised_metric import CustomisedMetric
from geodata.hierarchy.weighing import LinkWeights
from geodata.metric import Metric
from geodata.search import many_to_many
from tests.geodata.random_roads import MODE, grid_network, random_network, spots

EDGES = 14


def slower(base: Metric, edges, factor: float = 0.25) -> Metric:
    return base.with_changes(RoadChanges(SpeedChange(edges=edges, factor=factor)))


def assert_as_new(roads: CustomisedMetric, hierarchy: Hierarchy) -> None:
    """What is in force equals weights worked out from nothing."""
    weights = roads.now.search.weights
    anew = LinkWeights.of(hierarchy.of(MODE), roads.metric.travel_time_ms)
    assert (weights.up_ms == anew.up_ms).all()
    assert (weights.down_ms == anew.down_ms).all()
    assert (weights.vertex_ms == anew.vertex_ms).all()


@pytest.fixture
def always_in_part(monkeypatch):
    """However much changes, it is worked out from what there was."""
    monkeypatch.setattr(customised_metric, "_WHOLE_SHARE", 2.0)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(
        st.tuples(st.lists(st.integers(0, EDGES - 1), max_size=3), st.booleans(), st.booleans()),
        min_size=1,
        max_size=7,
    ),
)
def test_after_any_run_of_changes_all_weights_are_as_if_new(seed, changes):
    """Whether the map was changed or changed back, and whoever still reads what was before."""
    network = random_network(seed, nodes=8, edges=EDGES)
    hierarchy = Hierarchy.build(network, threads=1)
    base = Metric.base(network, MODE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(customised_metric, "_WHOLE_SHARE", 2.0)
        roads = CustomisedMetric(hierarchy, base)
        held = []
        for edges, closed, hold in changes:
            change = Closure(edges=edges) if closed else SpeedChange(edges=edges, factor=0.3)
            roads.update(base.with_changes(RoadChanges(change)))
            assert_as_new(roads, hierarchy)
            if hold:
                held.append((roads.now, roads.now.search.weights.copy()))
        for snapshot, weights in held:
            assert (snapshot.search.weights.up_ms == weights.up_ms).all()
            assert (snapshot.search.weights.down_ms == weights.down_ms).all()
            assert (snapshot.search.weights.vertex_ms == weights.vertex_ms).all()


def test_a_metric_with_changes_can_be_the_first():
    """A service that starts with standing closures."""
    network = grid_network(8)
    hierarchy = Hierarchy.build(network)
    roads = CustomisedMetric(hierarchy, slower(Metric.base(network, MODE), [3, 4, 50]))
    assert_as_new(roads, hierarchy)


def test_a_change_of_the_whole_map_is_worked_out_anew():
    """Rush hour: every road takes twice as long."""
    network = grid_network(8)
    hierarchy = Hierarchy.build(network)
    base = Metric.base(network, MODE)
    roads = CustomisedMetric(hierarchy, base)
    before = roads.table(spots((0, 0.5)), spots((90, 0.5)))
    roads.update(slower(base, range(network.edge_count), 0.5))
    assert_as_new(roads, hierarchy)
    assert roads.table(spots((0, 0.5)), spots((90, 0.5))) > before


def test_a_closed_road_is_used_by_nobody_who_asks_later_and_by_all_once_it_opens():
    """A street with one way in: closed, there is no way; opened, it is as it was."""
    network = grid_network(5)
    base = Metric.base(network, MODE)
    roads = CustomisedMetric(Hierarchy.build(network), base)
    before = roads.route(spots((0, 0.5)), spots((30, 0.5)))
    roads.update(base.with_changes(RoadChanges(Closure(edges=before.arcs[1:2] // 2))))
    assert before.arcs[1] not in roads.route(spots((0, 0.5)), spots((30, 0.5))).arcs
    roads.update(base.with_changes(RoadChanges(Closure(edges=[30]))))
    with pytest.raises(NoRouteError):
        roads.route(spots((0, 0.5)), spots((30, 0.5)))
    roads.update(base)
    assert roads.route(spots((0, 0.5)), spots((30, 0.5))).duration_ms == before.duration_ms


@pytest.mark.usefixtures("always_in_part")
def test_weights_that_nobody_reads_any_more_serve_the_next_change():
    """Two sets are enough for any number of changes; a third where a reader holds on."""
    network = grid_network(6)
    base = Metric.base(network, MODE)
    roads = CustomisedMetric(Hierarchy.build(network), base)

    def in_use() -> int:
        return roads.now.search.weights.up_ms.__array_interface__["data"][0]

    used = set()
    for i in range(8):
        roads.update(slower(base, [i]))
        gc.collect()
        used.add(in_use())
    assert len(used) == 2
    held = roads.now
    for i in range(4):
        roads.update(slower(base, [i]))
        assert in_use() != held.search.weights.up_ms.__array_interface__["data"][0]


@pytest.mark.usefixtures("always_in_part")
def test_prepared_copies_are_the_ones_that_changes_use():
    """The first change waits for no copy."""
    network = grid_network(6)
    hierarchy = Hierarchy.build(network)
    base = Metric.base(network, MODE)
    roads = CustomisedMetric(hierarchy, base)
    roads.prepare()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LinkWeights, "copy", lambda self: pytest.fail("copied"))
        for i in range(5):
            roads.update(slower(base, [i]))
    assert_as_new(roads, hierarchy)


@pytest.mark.usefixtures("always_in_part")
def test_readers_in_other_threads_see_the_old_or_the_new_and_nothing_between():
    """Half of the town's streets slow down and speed up again while four threads ask."""
    network = grid_network(14)
    base = Metric.base(network, MODE)
    slow = slower(base, range(0, network.edge_count, 2))
    roads = CustomisedMetric(Hierarchy.build(network), base)
    places = spots(*((int(edge), 0.4) for edge in np.linspace(0, network.edge_count - 1, 12)))
    tables = [many_to_many(metric, places, places) for metric in (base, slow)]
    one, other = spots((3, 0.1)), spots((network.edge_count - 4, 0.8))
    durations_ms = {int(many_to_many(metric, one, other)[0, 0]) for metric in (base, slow)}
    assert len(durations_ms) == 2
    over = threading.Event()

    def ask() -> set[int]:
        seen = set()
        while not over.is_set():
            table = roads.table(places, places)
            seen |= {i for i in (0, 1) if (table == tables[i]).all()} or {-1}
            if roads.route(one, other).duration_ms not in durations_ms:
                seen.add(-2)
        return seen

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        for i in range(40):
            roads.update(base if i % 2 else slow)
        over.set()
        seen = set().union(*(future.result() for future in asking))
    assert seen <= {0, 1}


def test_an_update_returns_what_is_in_force():
    """One object for questions that must fit together; the old one answers as before."""
    network = grid_network(5)
    base = Metric.base(network, MODE)
    roads = CustomisedMetric(Hierarchy.build(network), base)
    before = roads.now
    old_ms = before.table(spots((0, 0.5)), spots((30, 0.5)))
    slow = slower(base, range(network.edge_count))
    now = roads.update(slow)
    assert now is roads.now
    assert now.metric is roads.metric is slow
    assert before.metric is base
    assert (before.table(spots((0, 0.5)), spots((30, 0.5))) == old_ms).all()
    assert now.table(spots((0, 0.5)), spots((30, 0.5))) > old_ms


def test_a_mode_without_hierarchy_is_refused():
    """By name."""
    network = random_network(2)
    hierarchy = Hierarchy.build(network, threads=1)
    del hierarchy.modes[MODE]
    with pytest.raises(UnknownModeError, match="no mode 'car'"):
        CustomisedMetric(hierarchy, Metric.base(network, MODE))
