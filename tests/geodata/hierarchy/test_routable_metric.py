"""Routes and tables over the hierarchy equal the slow twin on the nastiest small networks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.changes import Closure, RoadChanges, SpeedChange
from geodata.errors import NoRouteError, OutOfNetworkError, RequestError
from geodata.hierarchy import Hierarchy, routable_metric
from geodata.hierarchy.customised_metric import CustomisedMetric
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS
from geodata.road_path import path_length_m
from geodata.search import many_to_many, shortest_path
from tests.geodata.random_roads import (
    MODE,
    SlowTwin,
    grid_network,
    network_from_arrays,
    random_network,
    spots,
)
from tests.towns import town

EDGES = 14
SURCHARGE_MS = int(NO_THROUGH_MS)
seeds = st.integers(0, 10_000)
fractions = st.one_of(
    st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.integers(0, 1000).map(lambda count: count / 1000)
)
spot = st.tuples(st.integers(0, EDGES - 1), fractions)


def routable(network, metric=None) -> CustomisedMetric:
    return CustomisedMetric(
        Hierarchy.build(network, threads=1), metric or Metric.base(network, MODE), threads=1
    )


def network_of(seed: int):
    return random_network(seed, nodes=5 + seed % 6, edges=EDGES)


def assert_same_route(roads: CustomisedMetric, twin: SlowTwin, origin, goal, changes=None) -> None:
    label_ms = twin.label_ms(origin, goal)
    if label_ms is None:
        with pytest.raises(NoRouteError):
            roads.route(spots(origin), spots(goal), changes=changes)
        return
    path = roads.route(spots(origin), spots(goal), changes=changes)
    assert path.duration_ms == label_ms % SURCHARGE_MS
    assert twin.label_of_drive_ms(path, twin.zones_at(goal[0])) == label_ms
    for arc, share, (edge, fraction) in (
        (path.arcs[0], path.start_fraction, origin),
        (path.arcs[-1], path.end_fraction, goal),
    ):
        assert arc // 2 == edge
        assert share == (1.0 - fraction if arc % 2 else fraction)


@settings(max_examples=300, deadline=None)
@given(seeds, spot, spot)
def test_a_route_is_the_fastest_drive_and_can_be_driven(seed, origin, goal):
    """Restrictions, one-ways, ties, unreachable parts, no-through ground, shadow arcs, one edge."""
    network = network_of(seed)
    assert_same_route(routable(network), SlowTwin(network), origin, goal)


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(0, EDGES - 1), fractions, fractions)
def test_between_two_places_on_one_street(seed, edge, here, there):
    """Ahead one drives on; behind one has to leave the street and find it again, or turn round."""
    network = network_of(seed)
    assert_same_route(routable(network), SlowTwin(network), (edge, here), (edge, there))


@settings(max_examples=300, deadline=None)
@given(seeds, spot, spot)
def test_into_ground_with_many_gates_gate_by_gate(seed, origin, goal):
    """The way of following gates that large grounds take gives the same routes."""
    network = network_of(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routable_metric, "FEW_GATES", 0)
        assert_same_route(routable(network), SlowTwin(network), origin, goal)


@settings(max_examples=40, deadline=None)
@given(seeds, spot, spot)
def test_into_ground_with_too_many_gates_by_the_plain_search(seed, origin, goal):
    """It is the same route, however it is found."""
    network = network_of(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routable_metric, "most_gates", lambda vertices: 0)
        roads = routable(network)
        assert_same_route(roads, SlowTwin(network), origin, goal)
        table = roads.table(spots(origin), spots(goal))
        assert table == many_to_many(roads.metric, spots(origin), spots(goal))


@settings(max_examples=120, deadline=None)
@given(
    seeds,
    st.lists(spot, min_size=0, max_size=5),
    st.lists(spot, min_size=0, max_size=5),
    st.integers(0, 9),
)
def test_a_table_holds_the_fastest_drives(seed, origins, goals, gates_at_once):
    """Whichever side is larger, and however many grounds are taken together."""
    network = network_of(seed)
    twin = SlowTwin(network)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routable_metric, "GATES_AT_ONCE", gates_at_once)
        table = routable(network).table(spots(*origins), spots(*goals))
    assert table.dtype == np.int32
    assert table.shape == (len(origins), len(goals))
    for i, origin in enumerate(origins):
        for j, goal in enumerate(goals):
            label_ms = twin.label_ms(origin, goal)
            wanted = int(UNREACHABLE_MS) if label_ms is None else label_ms % SURCHARGE_MS
            assert table[i, j] == wanted


@settings(max_examples=200, deadline=None)
@given(
    seeds,
    spot,
    st.lists(spot, min_size=1, max_size=4),
    st.lists(st.integers(0, EDGES - 1), max_size=3),
    st.sampled_from([0.02, 1.0, 5.0]),
)
def test_under_a_changed_metric_too(seed, origin, goals, closed, factor):
    """Closures leave links without any way; a crawl on the first street makes what is already
    spent of it far longer than all the rest of the drive."""
    network = network_of(seed)
    metric = Metric.base(network, MODE).with_changes(
        RoadChanges(Closure(edges=closed), SpeedChange(edges=[origin[0]], factor=factor))
    )
    roads, twin = routable(network, metric), SlowTwin(network, metric.travel_time_ms)
    for sources, targets in (([origin], goals), (goals, [origin])):
        table = roads.table(spots(*sources), spots(*targets))
        for i, j in np.ndindex(*table.shape):
            label_ms = twin.label_ms(sources[i], targets[j])
            assert table[i, j] == (UNREACHABLE_MS if label_ms is None else label_ms % SURCHARGE_MS)
    assert_same_route(roads, twin, origin, goals[0])


@pytest.mark.parametrize("shape", [(40, 40), (3, 50), (50, 3), (17, 16)])
def test_a_large_table_equals_plain_searches(shape):
    """More ends than are swept at once, on a town of a thousand streets."""
    network = grid_network(24)
    roads = routable(network)
    random = np.random.default_rng(1)
    sources, targets = (
        spots(
            *zip(
                random.integers(0, network.edge_count, n).tolist(),
                random.random(n).tolist(),
                strict=True,
            )
        )
        for n in shape
    )
    wanted = many_to_many(roads.metric, sources, targets)
    assert (roads.table(sources, targets) == wanted).all()
    assert (wanted < UNREACHABLE_MS).all()


def test_long_routes_on_a_large_town_equal_plain_searches():
    """Deep hierarchies, long unfoldings."""
    network = grid_network(24)
    roads, twin = routable(network), SlowTwin(network)
    random = np.random.default_rng(2)
    for a, b in random.integers(0, network.edge_count, (30, 2)).tolist():
        assert_same_route(roads, twin, (a, 0.3), (b, 0.9))


@settings(max_examples=150, deadline=None)
@given(
    seeds, spot, spot, st.lists(st.integers(0, EDGES - 1), min_size=1, max_size=4), st.booleans()
)
def test_a_requests_own_changes_are_kept(seed, origin, goal, edges, faster):
    """Roads closed or slowed for one request, or sped up, which opens new ways elsewhere."""
    network = network_of(seed)
    roads = routable(network)
    changes = RoadChanges(
        Closure(edges=edges[:2]), SpeedChange(edges=edges[2:], factor=3.0 if faster else 0.5)
    )
    times = changes.arc_times(roads.metric)
    time_ms = roads.metric.travel_time_ms.copy()
    time_ms[times.arc] = times.travel_time_ms
    twin = SlowTwin(network, time_ms)
    assert_same_route(roads, twin, origin, goal, changes)
    table = roads.table(spots(origin), spots(goal), changes=changes)
    label_ms = twin.label_ms(origin, goal)
    assert table[0, 0] == (UNREACHABLE_MS if label_ms is None else label_ms % SURCHARGE_MS)


def test_a_closure_off_the_way_does_not_start_a_plain_search(monkeypatch):
    """Only drives over changed roads are worked out anew."""
    network = grid_network(6)
    roads = routable(network)
    way = roads.route(spots((0, 0.5)), spots((50, 0.5)))
    monkeypatch.setattr(routable_metric, "shortest_path", lambda *_, **__: pytest.fail("searched"))
    off = next(e for e in range(network.edge_count) if e not in way.arcs // 2)
    again = roads.route(
        spots((0, 0.5)), spots((50, 0.5)), changes=RoadChanges(Closure(edges=[off]))
    )
    assert again.duration_ms == way.duration_ms


def test_a_road_that_is_faster_for_one_request_is_taken():
    """From N to S the west road is short; sped up tenfold, the long east road is quicker."""
    place = town(
        """
        A---N---------e
            |         |
            |         |
        B---S---------f
        """,
        ["A-N", "N-S", "N-e-f-S", "S-B"],
    )
    metric = Metric.base(place.network, "car")
    roads = CustomisedMetric(Hierarchy.build(place.network), metric)
    origin, goal = spots((place.edge("A-N"), 0.5)), spots((place.edge("S-B"), 0.5))
    west, east = sorted(place.arcs_between("N-S"), key=lambda arc: metric.travel_time_ms[arc])
    assert west in roads.route(origin, goal).arcs
    changes = RoadChanges(SpeedChange(edges=[east // 2], factor=10.0))
    faster = roads.route(origin, goal, changes=changes)
    assert east in faster.arcs
    assert faster.duration_ms == shortest_path(metric, origin, goal, changes=changes).duration_ms


def test_a_driver_may_leave_the_destinations_ground_and_enter_it_again():
    """From one end of a compound to the other, the main road outside is faster than the yard. The
    surcharge for entering private ground holds for others, not for who is expected there."""
    place = town(
        """
        W---------E
        |         |
        a---------d
        """,
        [
            "W-E primary",
            "W-a service access=private",
            "a-d service access=private maxspeed=5",
            "d-E service access=private",
        ],
    )
    metric = Metric.base(place.network, "car")
    roads = CustomisedMetric(Hierarchy.build(place.network), metric)
    origin, goal = spots((place.edge("W-a"), 0.5)), spots((place.edge("d-E"), 0.5))
    path = roads.route(origin, goal)
    assert place.drive(path.arcs) == "a-W-E-d"
    assert path.duration_ms == shortest_path(metric, origin, goal).duration_ms
    assert roads.table(origin, goal) == path.duration_ms


def test_a_driver_may_come_back_through_the_only_gate():
    """Out of the yard by a one-way exit, along the main road and in again at the only entrance."""
    place = town(
        """
        W---------E
        |         |
        a---------d
        """,
        [
            "W-E primary",
            "W-a service access=private",
            "a-d service access=private maxspeed=5",
            "d-E service access=private oneway=yes",
        ],
    )
    metric = Metric.base(place.network, "car")
    roads = CustomisedMetric(Hierarchy.build(place.network), metric)
    origin, goal = spots((place.edge("d-E"), 0.5)), spots((place.edge("W-a"), 0.5))
    path = roads.route(origin, goal)
    assert place.drive(path.arcs) == "d-E-W-a"
    inside = spots((place.edge("a-d"), 0.9))
    path = roads.route(inside, goal)
    assert place.drive(path.arcs) == "a-d-E-W-a"
    assert path.duration_ms == shortest_path(metric, inside, goal).duration_ms
    assert roads.table(inside, goal) == path.duration_ms


def line_of_streets(count: int):
    """Streets 0, 1, 2 ... end to end, each 1 s, with both directions; no turning round."""
    tail = np.column_stack([np.arange(count), np.arange(1, count + 1)]).ravel()
    head = np.column_stack([np.arange(1, count + 1), np.arange(count)]).ravel()
    turns = [
        (a, b, 0)
        for a in range(2 * count)
        for b in range(2 * count)
        if head[a] == tail[b] and a ^ 1 != b
    ]
    return network_from_arrays(
        tail,
        head,
        np.arange(2 * count),
        turns,
        np.full(2 * count, 1000),
        np.full(2 * count, -1),
        node_count=count + 1,
    )


@pytest.mark.parametrize("start", range(9))
def test_nothing_is_reached_beyond_a_closed_street(start):
    """However much of a slow street is already behind the start, and whatever the ranks."""
    network = line_of_streets(9)
    base = Metric.base(network, MODE)
    roads = routable(network)
    for closed in set(range(9)) - {start}:
        roads.update(
            base.with_changes(
                RoadChanges(Closure(edges=[closed]), SpeedChange(edges=[start], factor=0.01))
            )
        )
        times = roads.table(spots((start, 0.999)), spots(*((edge, 0.5) for edge in range(9))))[0]
        open_streets = [
            edge
            for edge in range(9)
            if not min(start, edge) <= closed <= max(start, edge) and edge != closed
        ]
        assert np.flatnonzero(times < UNREACHABLE_MS).tolist() == open_streets
        for edge in set(range(9)) - set(open_streets):
            with pytest.raises(NoRouteError):
                roads.route(spots((start, 0.999)), spots((edge, 0.5)))


@pytest.mark.parametrize("start", range(0, 60, 4))
def test_what_is_spent_of_a_slow_street_does_not_end_the_search_too_early(start):
    """A start near the end of a street that takes longer than all others together."""
    network = grid_network(6)
    metric = Metric.base(network, MODE).with_changes(
        RoadChanges(SpeedChange(edges=[start], factor=0.01))
    )
    roads = routable(network, metric)
    everywhere = spots(*((edge, 0.5) for edge in range(network.edge_count)))
    for fraction in (0.001, 0.999):
        wanted = many_to_many(metric, spots((start, fraction)), everywhere)[0]
        for edge in range(network.edge_count):
            path = roads.route(spots((start, fraction)), spots((edge, 0.5)))
            assert path.duration_ms == wanted[edge]


def lengths_of_fastest_m(twin: SlowTwin, origin, goal) -> set[float]:
    """Lengths of all fastest drives, by brute force over drives without a repeated arc."""
    wanted = twin.label_ms(origin, goal)
    network, open_zones = twin.network, twin.zones_at(goal[0])
    length_m = network.edge_length_m
    found = set()

    def share(arc: int, fraction: float) -> float:
        return 1.0 - fraction if twin.base[arc] % 2 else fraction

    def drive(arc: int, label_ms: int, metres: float, passed: frozenset) -> None:
        """At the start of an arc."""
        if label_ms > wanted or twin.time_ms[arc] >= UNREACHABLE_MS:
            return
        edge = twin.base[arc] // 2
        if edge == goal[0] and label_ms + twin.spent_ms(arc, goal[1]) == wanted:
            found.add(metres + share(arc, goal[1]) * float(length_m[edge]))
        for b, cost in twin.turns.get(arc, []):
            if b not in passed:
                onward_ms = label_ms + twin.time_ms[arc] + twin.turn_ms(cost, b, open_zones)
                drive(b, onward_ms, metres + float(length_m[edge]), passed | {b})

    for arc in (2 * origin[0], 2 * origin[0] + 1):
        if twin.time_ms[arc] < UNREACHABLE_MS:
            metres = -share(arc, origin[1]) * float(length_m[origin[0]])
            ahead = share(arc, goal[1]) >= share(arc, origin[1])
            if origin[0] != goal[0] or ahead:
                drive(arc, -twin.spent_ms(arc, origin[1]), metres, frozenset({arc}))
            for b, cost in twin.turns.get(arc, []):
                left_ms = twin.time_ms[arc] - twin.spent_ms(arc, origin[1])
                onward_ms = left_ms + twin.turn_ms(cost, b, open_zones)
                drive(b, onward_ms, metres + float(length_m[origin[0]]), frozenset({b}))
    return found


@settings(max_examples=80, deadline=None)
@given(
    seeds,
    st.lists(spot, min_size=1, max_size=3),
    st.lists(spot, min_size=1, max_size=4),
)
def test_lengths_are_those_of_fastest_drives(seed, origins, goals):
    """In metres; not a number where there is no way."""
    network = network_of(seed)
    network.edge_length_m[:] = np.random.default_rng(seed).integers(10, 900, EDGES)
    twin = SlowTwin(network)
    roads = routable(network)
    times_ms, lengths_m = roads.table_with_lengths(spots(*origins), spots(*goals))
    assert (times_ms == roads.table(spots(*origins), spots(*goals))).all()
    assert (np.isnan(lengths_m) == (times_ms == UNREACHABLE_MS)).all()
    for i, j in np.argwhere(times_ms < UNREACHABLE_MS).tolist():
        wanted = lengths_of_fastest_m(twin, origins[i], goals[j])
        assert any(abs(lengths_m[i, j] - length) < 0.01 for length in wanted)


@pytest.mark.parametrize("shape", [(30, 20), (3, 25), (25, 3)])
def test_lengths_in_a_large_table_are_those_of_the_routes(shape):
    """More ends than are swept at once, on a town of a thousand streets without ties."""
    network = grid_network(24)
    random = np.random.default_rng(1)
    network.edge_length_m[:] = random.integers(10, 900, network.edge_count)
    roads = routable(network)
    sources, targets = (
        spots(
            *zip(
                random.integers(0, network.edge_count, n).tolist(),
                random.random(n).tolist(),
                strict=True,
            )
        )
        for n in shape
    )
    times_ms, lengths_m = roads.table_with_lengths(sources, targets)
    differing = 0
    for i, j in np.ndindex(*shape):
        one, other = (
            spots((int(p.edge[k]), float(p.fraction[k]))) for p, k in ((sources, i), (targets, j))
        )
        path = roads.route(one, other)
        assert times_ms[i, j] == path.duration_ms
        differing += abs(lengths_m[i, j] - path_length_m(network, path)) > 0.01
    assert differing <= 0.02 * times_ms.size  # drives that happen to be equally fast


def test_lengths_keep_up_with_changes():
    """They are measured anew under every metric."""
    network = grid_network(5)
    roads = routable(network)
    one, other = spots((0, 0.5)), spots((30, 0.5))
    _, before_m = roads.table_with_lengths(one, other)
    way = roads.route(one, other).arcs[1:-1] // 2
    roads.update(roads.metric.with_changes(RoadChanges(Closure(edges=way))))
    _, after_m = roads.table_with_lengths(one, other)
    assert after_m == path_length_m(network, roads.route(one, other))
    assert after_m != before_m


def test_positions_are_checked():
    """One sentence each."""
    roads = routable(random_network(1))
    with pytest.raises(OutOfNetworkError, match="The start is on no road"):
        roads.route(spots((-1, 0.0)), spots((0, 0.0)))
    with pytest.raises(OutOfNetworkError, match="The destination is on no road"):
        roads.route(spots((0, 0.0)), spots((-1, 0.0)))
    with pytest.raises(RequestError, match="Edges of this map"):
        roads.route(spots((0, 0.0)), spots((99, 0.0)))
    with pytest.raises(RequestError, match="between 0 and 1"):
        roads.table(spots((0, 1.5)), spots((0, 0.0)))
    with pytest.raises(RequestError, match="One position is needed"):
        roads.route(spots((0, 0.0), (1, 0.0)), spots((0, 0.0)))
