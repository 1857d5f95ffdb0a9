"""Nearest occupants, tables and paths equal the slow twin on the nastiest small networks."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.changes import Closure, RoadChanges, SpeedChange
from geodata.errors import NoRouteError, OutOfNetworkError, RequestError
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS
from geodata.search import many_to_many, nearest_occupants, one_to_many, shortest_path
from geodata.search.occupants import Occupants
from tests.geodata.random_roads import (
    MODE,
    SlowTwin,
    grid_network,
    network_from_arrays,
    random_network,
    spots,
)

EDGES = 11
SURCHARGE_MS = int(NO_THROUGH_MS)
seeds = st.integers(0, 10_000)
MILLIONTH = 1e-6
"""Shares of an edge are told apart to this much; below 1e-16 one is lost when seen from the end."""
fractions = st.one_of(
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    st.integers(0, 1_000_000).map(lambda count: min(count * MILLIONTH, 1.0)),
)
spot = st.tuples(st.integers(0, EDGES - 1), fractions)
people = st.lists(spot, min_size=1, max_size=6)


def standing(network, positions) -> Occupants:
    """Everybody at their positions, slot by slot."""
    occupants = Occupants(network, len(positions))
    occupants.place(
        np.arange(len(positions)), [edge for edge, _ in positions], [f for _, f in positions]
    )
    return occupants


def labels_of(found) -> list[tuple[int, int]]:
    """(eta with surcharges, slot) of a ranking."""
    etas_ms = found.eta_ms + found.crossings * SURCHARGE_MS
    return list(zip(etas_ms.tolist(), found.slot.tolist(), strict=True))


@settings(max_examples=250, deadline=None)
@given(seeds, spot, people, st.integers(1, 7))
def test_the_nearest_are_the_least_journeys_in_order(seed, victim, crowd, k):
    """The k best by label, then slot; each path can be driven and costs what is claimed."""
    network = random_network(seed, edges=EDGES)
    twin = SlowTwin(network)
    found = nearest_occupants(
        Metric.base(network, MODE), spots(victim), standing(network, crowd), k
    )
    labels = [(twin.label_ms(at, victim), slot) for slot, at in enumerate(crowd)]
    assert labels_of(found) == sorted(label for label in labels if label[0] is not None)[:k]
    for i, (label, slot) in enumerate(labels_of(found)):
        path = found.path_of(i)
        assert twin.label_of_drive_ms(path, twin.zones_at(victim[0])) == label
        assert path.duration_ms == label % SURCHARGE_MS
        for arc, share, (edge, fraction) in (
            (path.arcs[0], path.start_fraction, crowd[slot]),
            (path.arcs[-1], path.end_fraction, victim),
        ):
            assert arc // 2 == edge
            assert share == (1.0 - fraction if arc % 2 else fraction)


@settings(max_examples=150, deadline=None)
@given(
    seeds,
    st.lists(st.tuples(spot, st.integers(0, 5000)), min_size=1, max_size=3),
    st.lists(st.tuples(spot, st.integers(0, 5000)), min_size=1, max_size=6),
    st.integers(1, 3),
    st.integers(0, 15_000),
)
def test_offsets_and_delays_count_and_the_limit_holds_for_the_sum(seed, goals, crowd, k, limit_ms):
    """Eta = offset of the place + drive + delay of the person, least over the places."""
    network = random_network(seed, edges=EDGES)
    twin = SlowTwin(network)
    found = nearest_occupants(
        Metric.base(network, MODE),
        spots(*(at for at, _ in goals)),
        standing(network, [at for at, _ in crowd]),
        k,
        limit_ms=limit_ms,
        offset_ms=[offset for _, offset in goals],
        delay_ms=np.array([delay for _, delay in crowd], dtype=np.int32),
    )
    open_zones = twin.zones_at(*(edge for (edge, _), _ in goals))
    labels = []
    for slot, (at, delay) in enumerate(crowd):
        ways = [(twin.label_ms(at, goal, open_zones), offset) for goal, offset in goals]
        ways = [label + offset + delay for label, offset in ways if label is not None]
        if ways and min(ways) <= limit_ms:
            labels.append((min(ways), slot))
    assert labels_of(found) == sorted(labels)[:k]
    for i, slot in enumerate(found.slot):
        extra_ms = goals[found.position[i]][1] + crowd[slot][1]
        assert found.eta_ms[i] == found.travel_time_ms[i] + extra_ms
        assert found.path_of(i).arcs[-1] // 2 == goals[found.position[i]][0][0]


@settings(max_examples=150, deadline=None)
@given(
    seeds,
    spot,
    people,
    st.sets(st.integers(0, EDGES - 1), max_size=2),
    st.integers(0, EDGES - 1),
    st.sampled_from([0.3, 1.7]),
)
def test_a_request_s_own_changes_hold_for_it_alone(seed, victim, crowd, closed, slowed, factor):
    """The same as on a metric that has the changes; the next request knows nothing of them."""
    network = random_network(seed, edges=EDGES)
    metric = Metric.base(network, MODE)
    occupants = standing(network, crowd)
    before = labels_of(nearest_occupants(metric, spots(victim), occupants, 6))
    changes = RoadChanges(
        SpeedChange(edges=[slowed], factor=factor), Closure(edges=closed, direction="forward")
    )
    changed = metric.with_changes(changes)
    twin = SlowTwin(network, changed.travel_time_ms)
    labels = [(twin.label_ms(at, victim), slot) for slot, at in enumerate(crowd)]
    want = sorted(label for label in labels if label[0] is not None)
    for _ in range(2):
        assert (
            labels_of(nearest_occupants(metric, spots(victim), occupants, 6, changes=changes))
            == want
        )
    assert labels_of(nearest_occupants(changed, spots(victim), occupants, 6)) == want
    assert labels_of(nearest_occupants(metric, spots(victim), occupants, 6)) == before


@settings(max_examples=150, deadline=None)
@given(seeds, people, st.lists(spot, min_size=1, max_size=8), st.booleans())
def test_tables_are_the_journeys_of_every_pair(seed, sources, targets, turned):
    """More sources than targets, or fewer: each pair as if it were asked alone."""
    network = random_network(seed, edges=EDGES)
    if turned:
        sources, targets = targets, sources
    twin = SlowTwin(network)
    metric = Metric.base(network, MODE)
    table = many_to_many(metric, spots(*sources), spots(*targets))
    labels = [[twin.label_ms(source, target) for target in targets] for source in sources]
    want = [
        [int(UNREACHABLE_MS) if label is None else label % SURCHARGE_MS for label in row]
        for row in labels
    ]
    assert table.tolist() == want
    assert one_to_many(metric, spots(sources[0]), spots(*targets)).tolist() == want[0]


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 10_000), spot, spot, st.sets(st.integers(0, EDGES - 1), max_size=1))
def test_a_shortest_path_is_the_least_journey_and_can_be_driven(seed, start, end, closed):
    """Searched from both ends; with a closure of the request's own as well."""
    network = random_network(seed, nodes=9, edges=EDGES)
    metric = Metric.base(network, MODE)
    changes = RoadChanges(Closure(edges=closed)) if closed else None
    twin = SlowTwin(network, metric.with_changes(changes).travel_time_ms if closed else None)
    want = twin.label_ms(start, end)
    if want is None:
        with pytest.raises(NoRouteError):
            shortest_path(metric, spots(start), spots(end), changes=changes)
        return
    path = shortest_path(metric, spots(start), spots(end), changes=changes)
    assert path.duration_ms == want % SURCHARGE_MS
    assert twin.label_of_drive_ms(path, twin.zones_at(end[0])) == want


@settings(max_examples=20, deadline=None)
@given(seeds, st.lists(st.integers(0, 10_000), min_size=4, max_size=4, unique=True))
def test_long_ways_over_a_grid_are_the_same_from_one_end_and_from_both(seed, picks):
    """The searches must meet well away from either end, and stop no sooner than they may."""
    network = grid_network(12, seed=seed % 3)
    metric = Metric.base(network, MODE)
    start, end = ((p % network.edge_count, (p % 7) / 7) for p in picks[:2])
    found = nearest_occupants(metric, spots(end), standing(network, [start]), 1)
    path = shortest_path(metric, spots(start), spots(end))
    assert path.duration_ms == found.travel_time_ms[0]
    assert SlowTwin(network).label_ms(start, end) == path.duration_ms


def street() -> tuple:
    """A-B-C-D: three edges of 1, 2 and 3 seconds, both ways, turns free."""
    tails, heads = [0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]
    turns = [(a, b, 0) for a in range(6) for b in range(6) if heads[a] == tails[b] and a ^ 1 != b]
    network = network_from_arrays(
        tails,
        heads,
        np.arange(6),
        turns,
        [1000, 1000, 2000, 2000, 3000, 3000],
        np.full(6, -1),
        node_count=4,
    )
    return network, Metric.base(network, MODE)


def test_bits_say_who_is_eligible():
    """All bits of one mask, and any bit of another, or no condition."""
    network, metric = street()
    occupants = standing(network, [(0, 0.5), (1, 0.5), (2, 0.5)])
    occupants.set_eligible([0, 1, 2], np.array([0b001, 0b011, 0b110], dtype=np.uint32))

    def slots(**masks):
        return nearest_occupants(metric, spots((0, 0.0)), occupants, 3, **masks).slot.tolist()

    assert slots() == [0, 1, 2]
    assert slots(all_of=0b011) == [1]
    assert slots(any_of=0b110) == [1, 2]
    assert slots(all_of=0b010, any_of=0b101) == [1, 2]
    assert slots(all_of=0b1000) == []
    assert slots(any_of=1, eligible=np.array([0, 0, 1], dtype=np.uint32)) == [2]


def test_equal_times_come_in_the_order_of_slots_whoever_came_last():
    """Three at one spot, placed in reverse, one of them moved there late; the first two win."""
    network, metric = street()
    occupants = Occupants(network, 3)
    for slot in (2, 0, 1):
        occupants.place([slot], [2], [0.5])
    found = nearest_occupants(metric, spots((0, 0.5)), occupants, 2)
    assert found.slot.tolist() == [0, 1]
    assert found.eta_ms.tolist() == [500 + 2000 + 1500] * 2


def test_the_search_goes_on_to_the_very_limit_and_through_every_tie():
    """One exactly at the limit is found, and one who ties with the k-th best has a say."""
    network, metric = street()
    at_corner, along = (0, 1.0), (1, 0.0)
    occupants = standing(network, [at_corner, along])
    found = nearest_occupants(metric, spots((1, 0.5)), occupants, 1)
    assert (found.slot.tolist(), found.eta_ms.tolist()) == ([0], [1000])
    occupants.remove([1])
    assert len(nearest_occupants(metric, spots((1, 0.5)), occupants, 1, limit_ms=1000)) == 1
    assert len(nearest_occupants(metric, spots((1, 0.5)), occupants, 1, limit_ms=999)) == 0


def test_one_standing_where_the_victim_is_has_no_way_to_go():
    """Even on a spot that float32 cannot hold, on a street that leads away from it."""
    network, metric = street()
    one_way = metric.with_changes(RoadChanges(Closure(edges=[1], direction="backward")))
    found = nearest_occupants(one_way, spots((1, 0.1)), standing(network, [(1, 0.1)]), 1)
    assert found.eta_ms.tolist() == [0]
    assert len(found.path_of(0).arcs) == 1


def test_nobody_is_found_among_nobody():
    """Empty occupants, a place that is nowhere, an empty list of places: no answer, no error."""
    network, metric = street()
    assert len(nearest_occupants(metric, spots((0, 0.5)), Occupants(network), 3)) == 0
    somebody = standing(network, [(0, 0.5)])
    assert len(nearest_occupants(metric, spots((-1, 0.0)), somebody, 3)) == 0
    assert len(nearest_occupants(metric, spots(), somebody, 3)) == 0
    assert many_to_many(metric, spots(), spots((0, 0.5))).shape == (0, 1)
    assert many_to_many(metric, spots((0, 0.5)), spots((-1, 0.0))).tolist() == [[UNREACHABLE_MS]]


def test_a_limit_of_nothing_finds_who_is_there_already():
    """Zero is a limit like any other, and below zero nobody is."""
    network, metric = street()
    occupants = standing(network, [(0, 0.5), (0, 0.6)])
    assert nearest_occupants(metric, spots((0, 0.5)), occupants, 2, limit_ms=0).slot.tolist() == [0]
    assert len(nearest_occupants(metric, spots((0, 0.5)), occupants, 2, limit_ms=-1)) == 0


def test_what_is_out_of_range_is_refused_with_the_range():
    """Each message says what would have been accepted."""
    network, metric = street()
    occupants = standing(network, [(0, 0.5)])

    def refused(message, positions=((0, 0.5),), k=1, **given):
        with pytest.raises(RequestError, match=message):
            nearest_occupants(metric, spots(*positions), occupants, k, **given)

    refused("At least one must be asked for", k=0)
    refused("Edges of this map are 0 to 2", positions=((3, 0.5),))
    refused("Fractions of an edge lie between 0 and 1", positions=((0, 1.5),))
    refused("Fractions of an edge lie between 0 and 1", positions=((0, float("nan")),))
    refused("1 positions need as many offsets", offset_ms=[1, 2])
    refused("An offset lies between 0 and", offset_ms=[-1])
    refused("There are 1 slots; give each a delay", delay_ms=np.zeros(0, dtype=np.int32))
    refused("A delay lies between 0 and", delay_ms=np.array([-5]))
    refused("say of each if it is eligible", eligible=np.zeros(0, dtype=np.uint32))
    with pytest.raises(OutOfNetworkError, match="The destination is on no road"):
        shortest_path(metric, spots((0, 0.5)), spots((-1, 0.0)))
    with pytest.raises(RequestError, match="One position is needed, not 2"):
        one_to_many(metric, spots((0, 0.5), (0, 0.6)), spots((0, 0.5)))
    with pytest.raises(IndexError, match="There are 1 in the ranking"):
        nearest_occupants(metric, spots((0, 0.5)), occupants, 1).path_of(1)


def test_many_threads_with_their_own_closures_get_the_answers_of_one():
    """Scratch memory and patched times are private to a search for as long as it runs."""
    network = grid_network(20)
    metric = Metric.base(network, MODE)
    random = np.random.default_rng(4)
    occupants = Occupants(network, 50)
    occupants.place(np.arange(50), random.integers(0, network.edge_count, 50), random.random(50))
    questions = [
        (int(edge), RoadChanges(Closure(edges=random.integers(0, network.edge_count, 5))))
        for edge in random.integers(0, network.edge_count, 200)
    ]

    def ask(question):
        edge, changes = question
        changes = changes if edge % 2 else None
        return labels_of(
            nearest_occupants(metric, spots((edge, 0.5)), occupants, 5, changes=changes)
        )

    alone = [ask(question) for question in questions]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, questions)) == alone
