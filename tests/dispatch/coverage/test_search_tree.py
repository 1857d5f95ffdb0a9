"""What a search would be without a source or some roads equals a new search without them, on the
nastiest small networks: turn rules, shadow arcs, ground without through traffic, ties."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.coverage.search_tree import SearchTree
from dispatch.coverage.survey import Search
from geodata.changes import Closure, RoadChanges
from geodata.metric import Metric
from geodata.positions import RoadPositions
from geodata.search import field
from tests.geodata.random_roads import MODE, grid_network, random_network

EDGES = 11
PER_EDGE = (0.0, 0.25, 0.5, 1.0)
seeds = st.integers(0, 10_000)
spot = st.tuples(st.integers(0, EDGES - 1), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
delays = st.lists(st.integers(0, 900), min_size=5, max_size=5)


class Everywhere:
    """Doors on every edge of a network."""

    def __init__(self, network) -> None:
        self._positions = RoadPositions.on_edges(
            np.repeat(np.arange(network.edge_count), len(PER_EDGE)),
            np.tile(PER_EDGE, network.edge_count),
        )

    def __len__(self) -> int:
        return len(self._positions)

    def positions(self, mode: str) -> RoadPositions:
        return self._positions


def sources_of(starts) -> RoadPositions:
    edges, fractions = zip(*starts, strict=True)
    return RoadPositions.on_edges(edges, fractions)


def asked(network, starts, offset_ms):
    """A tree to ask, and the array of times that it writes into."""
    metric, doors = Metric.base(network, MODE), Everywhere(network)
    reached = field(metric, sources_of(starts), offset_ms=offset_ms)
    time_ms, winner = reached.at(doors.positions(MODE))
    search = Search("officer", MODE, np.arange(len(starts)), reached, time_ms, winner)
    asked_ms = time_ms.copy()
    return SearchTree(search, doors, asked_ms), asked_ms, time_ms, doors


@settings(max_examples=200, deadline=None)
@given(seeds, st.lists(spot, min_size=2, max_size=5), delays)
def test_without_a_source_everything_is_as_if_it_had_never_been_there(seed, starts, offset_ms):
    """One after another off duty; in between, times are put back."""
    network = random_network(seed, edges=EDGES)
    offset_ms = np.array(offset_ms[: len(starts)])
    tree, asked_ms, before_ms, doors = asked(network, starts, offset_ms)
    for gone in range(len(starts)):
        changed = tree.without(gone).copy()
        rest = [k for k in range(len(starts)) if k != gone]
        anew = field(
            Metric.base(network, MODE),
            sources_of([starts[k] for k in rest]),
            offset_ms=offset_ms[rest],
        )
        anew_ms, _ = anew.at(doors.positions(MODE))
        assert asked_ms.tolist() == anew_ms.tolist()
        assert sorted(changed) == np.flatnonzero(anew_ms != before_ms).tolist()
        tree.restore()
        assert asked_ms.tolist() == before_ms.tolist()


@settings(max_examples=200, deadline=None)
@given(
    seeds,
    st.lists(spot, min_size=1, max_size=4),
    delays,
    st.lists(st.integers(0, EDGES - 1), min_size=1, max_size=3, unique=True),
)
def test_with_roads_closed_everything_is_as_if_they_were_not_there(seed, starts, offset_ms, shut):
    """Whoever stands on a closed road goes nowhere either."""
    network = random_network(seed, edges=EDGES)
    offset_ms = np.array(offset_ms[: len(starts)])
    tree, asked_ms, before_ms, doors = asked(network, starts, offset_ms)
    tree.without(closed_edges=np.array(shut))
    anew = field(
        Metric.base(network, MODE),
        sources_of(starts),
        offset_ms=offset_ms,
        changes=RoadChanges(Closure(edges=shut)),
    )
    assert asked_ms.tolist() == anew.at(doors.positions(MODE))[0].tolist()
    tree.restore()
    assert asked_ms.tolist() == before_ms.tolist()


def test_on_a_city_grid_each_of_forty_units_is_missed_where_it_was_first():
    """Many sources on 900 junctions; a question changes only doors where the unit was first."""
    network = grid_network(30, seed=3)
    rng = np.random.default_rng(4)
    edges = rng.choice(network.edge_count, 40, replace=False)
    starts = list(zip(edges.tolist(), rng.random(40).tolist(), strict=True))
    tree, asked_ms, before_ms, doors = asked(network, starts, np.zeros(40, dtype=np.int64))
    changes = 0
    for gone in range(40):
        changed = tree.without(gone).copy()
        assert (tree.search.winner[changed] == gone).all()
        rest = [starts[k] for k in range(40) if k != gone]
        anew = field(Metric.base(network, MODE), sources_of(rest))
        assert asked_ms.tolist() == anew.at(doors.positions(MODE))[0].tolist()
        changes += len(changed)
        tree.restore()
    assert changes > 0.9 * len(before_ms)


def test_what_can_be_asked_needs_no_change_of_the_metric():
    """The tree reads the metric of the field, changes of the request included."""
    network = grid_network(6, seed=1)
    metric = Metric.base(network, MODE).with_changes(RoadChanges(Closure(edges=[3])))
    doors = Everywhere(network)
    reached = field(metric, sources_of([(0, 0.5)]))
    time_ms, winner = reached.at(doors.positions(MODE))
    search = Search("officer", MODE, np.arange(1), reached, time_ms, winner)
    row = time_ms.copy()
    SearchTree(search, doors, row).without(closed_edges=np.array([5]))
    both = RoadChanges(Closure(edges=[3, 5]))
    anew = field(Metric.base(network, MODE), sources_of([(0, 0.5)]), changes=both)
    assert row.tolist() == anew.at(doors.positions(MODE))[0].tolist()
