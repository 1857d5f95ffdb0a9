"""Fields equal the slow twin at arcs, nodes and road positions, on the nastiest small networks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import RequestError
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS
from geodata.search import field
from tests.geodata.random_roads import MODE, SlowTwin, grid_network, random_network, spots

EDGES = 11
seeds = st.integers(0, 10_000)
spot = st.tuples(st.integers(0, EDGES - 1), st.sampled_from([0.0, 0.25, 0.5, 1.0]))


def time_of(label_ms):
    """A label without its surcharges."""
    return int(UNREACHABLE_MS) if label_ms is None else label_ms % int(NO_THROUGH_MS)


@settings(max_examples=150, deadline=None)
@given(seeds, st.lists(spot, min_size=1, max_size=3), st.lists(spot, min_size=1, max_size=4))
def test_a_field_to_some_places_is_the_journey_to_the_soonest_of_them(seed, goals, places):
    """Each place's time is that of its best journey, all goals' own ground being open."""
    network = random_network(seed, edges=EDGES)
    twin = SlowTwin(network)
    open_zones = twin.zones_at(*(edge for edge, _ in goals))
    times_ms, winner = field(Metric.base(network, MODE), spots(*goals), direction="to").at(
        spots(*places)
    )
    for place, time_ms, goal in zip(places, times_ms, winner, strict=True):
        labels = [twin.label_ms(place, to, open_zones) for to in goals]
        best = min((label for label in labels if label is not None), default=None)
        assert time_ms == time_of(best)
        assert goal == -1 if best is None else labels[goal] == best


@settings(max_examples=150, deadline=None)
@given(seeds, st.lists(spot, min_size=1, max_size=3), st.lists(spot, min_size=1, max_size=4))
def test_a_field_from_some_places_is_the_journey_from_the_soonest_of_them(seed, starts, places):
    """Each place's time is that of its best journey, with a surcharge for all ground entered."""
    network = random_network(seed, edges=EDGES)
    twin = SlowTwin(network)
    times_ms, winner = field(Metric.base(network, MODE), spots(*starts)).at(spots(*places))
    for place, time_ms, start in zip(places, times_ms, winner, strict=True):
        labels = [twin.label_ms(source, place, set()) for source in starts]
        best = min((label for label in labels if label is not None), default=None)
        assert time_ms == time_of(best)
        assert start == -1 if best is None else labels[start] == best


@settings(max_examples=150, deadline=None)
@given(seeds, spot, st.sampled_from(["from", "to"]))
def test_a_node_takes_the_best_of_the_arcs_that_meet_there(seed, source, direction):
    """No turn at the node itself is counted; a source's own edge counts as well."""
    network = random_network(seed, edges=EDGES)
    twin = SlowTwin(network)
    result = field(Metric.base(network, MODE), spots(source), direction=direction)
    labels: dict[int, list[int]] = {}
    for arc in range(network.arc_count):
        if twin.time_ms[arc] >= UNREACHABLE_MS:
            continue
        end = (network.arc_tail if direction == "to" else network.arc_head)[arc]
        if result.arc_label_ms[arc] < UNREACHABLE_MS:
            labels.setdefault(end, []).append(int(result.arc_label_ms[arc]) + twin.time_ms[arc])
        if arc in (2 * source[0], 2 * source[0] + 1):
            spent = twin.spent_ms(arc, source[1])
            rest = spent if direction == "to" else twin.time_ms[arc] - spent
            labels.setdefault(end, []).append(rest)
    want = [time_of(min(labels.get(node, [None]))) for node in range(network.node_count)]
    assert result.node_time_ms.tolist() == want


@settings(max_examples=100, deadline=None)
@given(seeds, spot, st.integers(0, 6000), st.sampled_from(["from", "to"]))
def test_a_limit_keeps_what_is_within_it_and_nothing_else(seed, source, limit_ms, direction):
    """On public ground a limited field is the whole field cut off."""
    network = random_network(seed, edges=EDGES)
    network.modes[MODE].zone[:] = -1
    network.modes[MODE].turn_cost[network.modes[MODE].turn_cost != 0xFFFF] &= 0x7FFF
    metric = Metric.base(network, MODE)
    whole = field(metric, spots(source), direction=direction)
    limited = field(metric, spots(source), direction=direction, limit_ms=limit_ms)
    everywhere = spots(*((edge, f) for edge in range(EDGES) for f in (0.0, 0.3, 1.0)))
    for all_ms, some_ms in (
        (whole.arc_label_ms, limited.arc_label_ms),
        (whole.node_time_ms, limited.node_time_ms),
        (whole.at(everywhere)[0], limited.at(everywhere)[0]),
    ):
        assert some_ms.tolist() == np.where(all_ms <= limit_ms, all_ms, UNREACHABLE_MS).tolist()


@settings(max_examples=100, deadline=None)
@given(seeds, spot, st.integers(0, 9000), st.sampled_from(["from", "to"]))
def test_stretches_hold_exactly_the_positions_within_the_limit(seed, source, limit_ms, direction):
    """A position is in a stretch of one of its arcs just when its time is within the limit."""
    network = random_network(seed, edges=EDGES)
    network.modes[MODE].zone[:] = -1
    network.modes[MODE].turn_cost[network.modes[MODE].turn_cost != 0xFFFF] &= 0x7FFF
    result = field(Metric.base(network, MODE), spots(source), direction=direction)
    reached = result.stretches(limit_ms)
    for edge in range(EDGES):
        for fraction in (0.0, 0.125, 0.4, 0.77, 1.0):
            time_ms = int(result.at(spots((edge, fraction)))[0][0])
            if abs(time_ms - limit_ms) <= 2:
                continue  # rounding to whole milliseconds
            inside = any(
                first - 1e-9 <= (1 - fraction if arc % 2 else fraction) <= last + 1e-9
                for arc, first, last in zip(
                    reached.arc, reached.from_share, reached.to_share, strict=True
                )
                if arc // 2 == edge
            )
            assert inside == (time_ms <= limit_ms), (edge, fraction, time_ms)


@settings(max_examples=100, deadline=None)
@given(seeds, spot, st.sampled_from(["from", "to"]))
def test_ignoring_turns_is_the_shortest_path_over_nodes(seed, source, direction):
    """Equal to SciPy's Dijkstra between nodes, with the source as a node of its own."""
    from scipy.sparse import lil_matrix
    from scipy.sparse.csgraph import dijkstra

    network = random_network(seed, edges=EDGES)
    twin = SlowTwin(network)
    matrix = lil_matrix((network.node_count + 1, network.node_count + 1))
    here = network.node_count

    def join(tail, head, time_ms):
        known = matrix[tail, head]
        # A stored 0 would read as "no edge": nothing takes less than a thousandth of a ms.
        matrix[tail, head] = min(known, time_ms + 1e-3) if known else time_ms + 1e-3

    for arc in range(2 * network.edge_count):
        if twin.time_ms[arc] >= UNREACHABLE_MS:
            continue
        tail, head = network.arc_tail[arc], network.arc_head[arc]
        join(tail, head, twin.time_ms[arc])
        if arc // 2 == source[0]:
            spent = twin.spent_ms(arc, source[1])
            if direction == "from":
                join(here, head, twin.time_ms[arc] - spent)
            else:
                join(tail, here, spent)
    graph = matrix.tocsr() if direction == "from" else matrix.tocsr().T
    want_ms = dijkstra(graph, indices=here)[:-1]
    result = field(
        Metric.base(network, MODE), spots(source), direction=direction, ignoring_turns=True
    )
    want_ms = np.where(np.isfinite(want_ms), np.round(want_ms), UNREACHABLE_MS)
    assert result.node_time_ms.tolist() == want_ms.astype(int).tolist()


def test_a_field_goes_on_beyond_one_turn_of_the_ring_of_buckets():
    """A head start of 20 hours, and an arc of 10, are further than the queue holds at once."""
    network = grid_network(4)
    network.modes[MODE].travel_time_ms[10:12] = 36_000_000
    twin = SlowTwin(network)
    result = field(
        Metric.base(network, MODE), spots((0, 0.5), (23, 0.5)), offset_ms=[0, 72_000_000]
    )
    for edge in range(network.edge_count):
        labels = [
            twin.label_ms((0, 0.5), (edge, 0.5)),
            twin.label_ms((23, 0.5), (edge, 0.5)) + 72_000_000,
        ]
        assert result.at(spots((edge, 0.5)))[0][0] == min(labels)


def gated() -> tuple:
    """Four edges in a row, A-B-C-D-E; B-C is no-through ground."""
    from tests.geodata.random_roads import network_from_arrays

    tails, heads = [0, 1, 1, 2, 2, 3, 3, 4], [1, 0, 2, 1, 3, 2, 4, 3]
    zone = np.array([-1, -1, 0, 0, -1, -1, -1, -1])
    turns = [
        (a, b, 0x8000 if zone[b] == 0 and zone[a] != 0 else 0)
        for a in range(8)
        for b in range(8)
        if heads[a] == tails[b] and a ^ 1 != b
    ]
    network = network_from_arrays(
        tails, heads, np.arange(8), turns, np.full(8, 1000), zone, node_count=5
    )
    return network, Metric.base(network, MODE)


def test_a_limited_field_from_a_source_enters_gated_ground_and_does_not_leave_it():
    """Within 10 s: the gated street is reached, the street behind it only through it, so not."""
    _, metric = gated()
    result = field(metric, spots((0, 0.5)), limit_ms=10_000)
    times_ms, _ = result.at(spots((0, 1.0), (1, 0.5), (2, 0.5)))
    assert times_ms.tolist() == [500, 1000, UNREACHABLE_MS]
    assert sorted(set(result.stretches(10_000).arc // 2)) == [0, 1]


def test_an_unlimited_field_crosses_gated_ground_where_nothing_else_leads_on():
    """What lies behind is reached, in the time it takes."""
    _, metric = gated()
    times_ms, _ = field(metric, spots((0, 0.5))).at(spots((2, 0.5), (3, 1.0)))
    assert times_ms.tolist() == [2000, 3500]


def test_nowhere_is_a_source_of_nothing():
    """A source that is on no road reaches nothing, and a place on no road is not reached."""
    _, metric = gated()
    result = field(metric, spots((-1, 0.0)))
    assert (result.node_time_ms == UNREACHABLE_MS).all()
    assert (result.node_winner == -1).all()
    assert field(metric, spots((0, 0.5))).at(spots((-1, 0.0)))[0].tolist() == [UNREACHABLE_MS]


def test_a_direction_that_is_neither_from_nor_to_is_refused():
    """The message says what can be asked."""
    _, metric = gated()
    with pytest.raises(RequestError, match='"from" its sources or "to" them'):
        field(metric, spots((0, 0.5)), direction="around")
