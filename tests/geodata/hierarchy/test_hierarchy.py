"""A hierarchy's links are those of its slow twin, and weigh the fastest ways through lower arcs."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import MapFolderError, UnknownModeError
from geodata.hierarchy import Hierarchy, ModeHierarchy
from geodata.hierarchy.weighing import LinkWeights, Reweigher
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS
from tests.geodata.random_roads import MODE, SlowTwin, grid_network, random_network

seeds = st.integers(0, 10_000)


def links_of(links: ModeHierarchy) -> tuple[dict, dict]:
    """({(lower, upper): up link}, {(lower, upper): down link})."""
    found = []
    for first, head in ((links.first_up, links.up_head), (links.first_down, links.down_head)):
        lower = np.repeat(np.arange(links.vertex_count), np.diff(first))
        found.append(
            {(int(v), int(h)): link for link, (v, h) in enumerate(zip(lower, head, strict=True))}
        )
    return found[0], found[1]


def turns_between_vertices(network, links: ModeHierarchy, time_ms=None) -> dict:
    """{(from, to): least weight in ms} of the turns between different vertices."""
    twin = SlowTwin(network, time_ms)
    turns = {}
    for a, onward in twin.turns.items():
        for b, cost in onward:
            pair = int(links.vertex_of_arc[a]), int(links.vertex_of_arc[b])
            if min(pair) >= 0 and pair[0] != pair[1]:
                weight = twin.time_ms[a] + twin.turn_ms(cost, b, set())
                turns[pair] = min(weight, turns.get(pair, weight))
    return turns


def fastest_through_lower(turns: dict, start: int, goal: int) -> int:
    """Least sum of turn weights from one vertex to another over vertices below both."""
    onward: dict[int, list] = {}
    for (a, b), weight in turns.items():
        if weight < UNREACHABLE_MS:
            onward.setdefault(a, []).append((b, weight))
    queue, done = [(0, start)], set()
    while queue:
        time_ms, v = heapq.heappop(queue)
        if v == goal:
            return time_ms
        if v in done or (v != start and v > min(start, goal)):
            continue
        done.add(v)
        for w, weight in onward.get(v, []):
            heapq.heappush(queue, (time_ms + weight, w))
    return int(UNREACHABLE_MS)


def assert_right(network, links: ModeHierarchy, weights: LinkWeights, time_ms=None) -> None:
    """Every link weighs the fastest way through lower vertices."""
    turns = turns_between_vertices(network, links, time_ms)
    ups, downs = links_of(links)
    for (low, high), link in ups.items():
        assert weights.up_ms[link] == fastest_through_lower(turns, low, high)
    for (low, high), link in downs.items():
        assert weights.down_ms[link] == fastest_through_lower(turns, high, low)


def changed_times(network, random, arcs: int) -> tuple[np.ndarray, np.ndarray]:
    """(arcs, int32[arc] times with those arcs closed, opened at other times, slower or faster)."""
    time_ms = network.modes[MODE].travel_time_ms.copy()
    usable = np.flatnonzero(time_ms < UNREACHABLE_MS)
    chosen = random.choice(usable, min(arcs, len(usable)), replace=False)
    time_ms[chosen] = random.choice([int(UNREACHABLE_MS), 1, 700, 9000], len(chosen))
    return np.sort(chosen), time_ms


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_links_are_those_of_contracting_one_vertex_after_another(seed):
    """Directed: only pairs that a run of turns through lower vertices joins are linked."""
    network = random_network(seed, nodes=9, edges=14)
    links = Hierarchy.build(network, threads=1).of(MODE)
    joined = set(turns_between_vertices(network, links))
    for v in range(links.vertex_count):
        into = {a for a, b in joined if b == v and a > v}
        out = {b for a, b in joined if a == v and b > v}
        joined |= {(a, b) for a in into for b in out if a != b}
    ups, downs = links_of(links)
    assert set(ups) == {(a, b) for a, b in joined if a < b}
    assert set(downs) == {(b, a) for a, b in joined if a > b}


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_upper_ends_of_links_are_ancestors(seed):
    """So a climb up the tree meets every link that a way up can take."""
    links = Hierarchy.build(random_network(seed, nodes=9, edges=14), threads=1).of(MODE)
    for v in range(links.vertex_count):
        ancestors, above = set(), links.parent[v]
        while above >= 0:
            ancestors.add(above)
            above = links.parent[above]
        assert set(links.up_head[links.first_up[v] : links.first_up[v + 1]]) <= ancestors
        assert set(links.down_head[links.first_down[v] : links.first_down[v + 1]]) <= ancestors


def test_every_usable_arc_is_a_vertex_and_no_other():
    """Shadow arcs too."""
    network = random_network(3)
    links = Hierarchy.build(network, threads=1).of(MODE)
    usable = np.flatnonzero(network.modes[MODE].travel_time_ms < UNREACHABLE_MS)
    assert sorted(links.arc_of_vertex) == usable.tolist()
    assert (links.vertex_of_arc[links.arc_of_vertex] == np.arange(len(usable))).all()
    assert (links.vertex_of_arc >= 0).sum() == len(usable)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_link_weighs_the_fastest_way_through_lower_vertices(seed):
    """Surcharges for no-through ground included."""
    network = random_network(seed)
    links = Hierarchy.build(network, threads=1).of(MODE)
    assert_right(network, links, LinkWeights.base(links))


def test_some_links_carry_a_surcharge():
    """The property above is about no-through ground as well."""
    links = Hierarchy.build(random_network(1), threads=1).of(MODE)
    up_ms = links.base_up_ms[links.base_up_ms < UNREACHABLE_MS]
    assert (up_ms >= NO_THROUGH_MS).any()


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 5))
def test_changed_arcs_reach_all_links_that_they_concern_and_can_be_taken_back(seed, arcs):
    """Weights brought up to date equal weights worked out anew; so do those brought back."""
    network = random_network(seed, nodes=9, edges=14)
    links = Hierarchy.build(network, threads=1).of(MODE)
    chosen, time_ms = changed_times(network, np.random.default_rng(seed), arcs)
    base = LinkWeights.base(links)
    reweigher = Reweigher(links, network)
    changed = base.copy()
    changes = reweigher.reweigh(base, changed, chosen, time_ms)
    assert_right(network, links, changed, time_ms)
    assert (np.flatnonzero(changed.up_ms != base.up_ms) == np.sort(changes.up_link)).all()
    assert (np.flatnonzero(changed.down_ms != base.down_ms) == np.sort(changes.down_link)).all()
    again = changed.copy()
    reweigher.reweigh(changed, again, chosen, network.modes[MODE].travel_time_ms)
    assert (again.up_ms == base.up_ms).all()
    assert (again.down_ms == base.down_ms).all()
    assert (again.vertex_ms == base.vertex_ms).all()


@pytest.mark.parametrize("arcs", [1, 3, 20, 150])
def test_on_a_town_of_a_thousand_streets_a_change_equals_working_out_anew(arcs):
    """Large enough for long lists of triangles, closed, opened, slowed and sped up."""
    network = grid_network(24)
    links = Hierarchy.build(network).of(MODE)
    base = LinkWeights.base(links)
    for seed in range(4):
        chosen, time_ms = changed_times(network, np.random.default_rng(seed), arcs)
        changed = base.copy()
        Reweigher(links, network).reweigh(base, changed, chosen, time_ms)
        anew = LinkWeights.of(links, time_ms)
        assert (changed.up_ms == anew.up_ms).all()
        assert (changed.down_ms == anew.down_ms).all()


def test_any_number_of_threads_weighs_the_same():
    """A range of vertices waits for those below it."""
    network = grid_network(24)
    links = Hierarchy.build(network).of(MODE)
    assert len(links.task_first) > 8
    time_ms = network.modes[MODE].travel_time_ms
    for threads in (1, 2, 4):
        weights = LinkWeights.of(links, time_ms, threads)
        assert (weights.up_ms == links.base_up_ms).all()
        assert (weights.down_ms == links.base_down_ms).all()


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_ranges_hold_each_vertex_once_and_wait_for_all_below(seed):
    """What a vertex's links lead to is in its own range or in one that waits for it."""
    network = random_network(seed, nodes=30, edges=60) if seed % 2 else grid_network(seed % 12 + 2)
    links = Hierarchy.build(network, threads=1).of(MODE)
    range_of = np.full(links.vertex_count, -1)
    for task, (first, last) in enumerate(zip(links.task_first, links.task_last, strict=True)):
        assert (range_of[first : last + 1] == -1).all()
        range_of[first : last + 1] = task
    assert (range_of >= 0).all()
    ups, downs = links_of(links)
    for low, high in [*ups, *downs]:
        task = range_of[low]
        while task != range_of[high]:
            assert links.task_waits[task] > task
            task = links.task_waits[task]


def test_a_hierarchy_comes_back_from_its_arrays():
    """As it is kept with the map."""
    network = random_network(5)
    built = Hierarchy.build(network, threads=1)
    kept = {name: array.copy() for name, array in built.to_arrays().items()}
    again = Hierarchy.from_arrays(network, kept)
    for name, array in built.of(MODE).arrays().items():
        assert (getattr(again.of(MODE), name) == array).all()
        assert not getattr(again.of(MODE), name).flags.writeable


def test_arrays_of_another_map_are_refused():
    """With the remedy in the message."""
    arrays = Hierarchy.build(random_network(5), threads=1).to_arrays()
    with pytest.raises(MapFolderError, match="another map; compile the map again"):
        Hierarchy.from_arrays(random_network(6, edges=30), arrays)
    del arrays[f"{MODE}-up_head"]
    with pytest.raises(MapFolderError, match=r"lacks .*up_head.*; compile the map again"):
        Hierarchy.from_arrays(random_network(5), arrays)


def test_an_unknown_mode_is_named():
    """Together with those that there are."""
    hierarchy = Hierarchy.build(random_network(5), threads=1)
    with pytest.raises(UnknownModeError, match="no mode 'boat'; its modes are: car"):
        hierarchy.of("boat")


def test_a_mode_that_may_go_nowhere_has_an_empty_hierarchy():
    """A map without a single road for it is no error."""
    network = random_network(5)
    network.modes[MODE].travel_time_ms[:] = UNREACHABLE_MS
    links = Hierarchy.build(network, threads=1).of(MODE)
    assert links.vertex_count == 0
    assert len(LinkWeights.of(links, Metric.base(network, MODE).travel_time_ms).up_ms) == 0
