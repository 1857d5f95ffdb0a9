"""Closures and speed changes: which arcs they concern, and what those take afterwards."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.changes import AVOIDABLE, Closure, RoadChanges, SpeedChange
from geodata.edge_boxes import edges_meeting
from geodata.errors import RequestError
from geodata.metric import Metric
from geodata.network import E7, UNREACHABLE_MS, EdgeFlag, RoadClass
from tests.geodata.random_roads import MODE, grid_network, network_from_arrays, random_network


def street(**given_arrays):
    """A-B-C-D, 100 m each, 36 km/h, A-B one-way, with a shadow arc of B-C."""
    return network_from_arrays(
        [0, 1, 1, 2, 2, 3, 1],
        [1, 0, 2, 1, 3, 2, 2],
        [0, 1, 2, 3, 4, 5, 2],
        [(0, 2, 0), (2, 4, 0), (0, 6, 0)],
        [10_000, UNREACHABLE_MS, 10_000, 10_000, 10_000, 10_000, 10_000],
        np.full(7, -1),
        node_count=4,
        **given_arrays,
    )


def times_s(*changes, network=None):
    """Seconds of every arc with some changes; None where closed."""
    metric = Metric.base(network or street(), MODE).with_changes(RoadChanges(*changes))
    return [None if t >= UNREACHABLE_MS else t / 1000 for t in metric.travel_time_ms.tolist()]


def test_a_closure_closes_both_ways_and_every_copy():
    """A shadow arc is the same road as the arc it copies."""
    assert times_s(Closure(edges=[1])) == [10, None, None, None, 10, 10, None]


def test_a_closure_may_hold_one_way_only():
    """Forward is along the edge, backward against it."""
    assert times_s(Closure(edges=[1], direction="forward")) == [10, None, None, 10, 10, 10, None]
    assert times_s(Closure(edges=[1], direction="backward")) == [10, None, 10, None, 10, 10, 10]


def test_a_speed_in_kph_makes_a_time_of_the_length():
    """100 m at 18 km/h are 20 s; the one-way street stays one."""
    assert times_s(SpeedChange(edges=[0, 2], speed_kph=18)) == [20, None, 10, 10, 20, 20, 10]


def test_factors_multiply_in_their_order():
    """Half as fast takes twice as long; a speed set later wins over the factor before it."""
    half, slow = SpeedChange(edges=[1], factor=0.5), SpeedChange(edges=[1, 2], speed_kph=18)
    assert times_s(half, half)[2] == 40
    assert times_s(slow, half)[2:] == [40, 40, 20, 20, 40]
    assert times_s(half, slow)[2:] == [20, 20, 20, 20, 20]


def test_a_closure_wins_over_any_speed():
    """Whichever of the two comes first."""
    closure, fast = Closure(edges=[2]), SpeedChange(edges=[2], factor=2.0)
    assert times_s(closure, fast)[4] is None
    assert times_s(fast, closure)[4] is None


def test_a_change_on_top_of_a_closure_does_not_open_it():
    """Standing closures stay closed under a request's own speed changes."""
    closed = Metric.base(street(), MODE).with_changes(RoadChanges(Closure(edges=[2])))
    faster = closed.with_changes(RoadChanges(SpeedChange(edges=[2], speed_kph=100)))
    assert faster.travel_time_ms[4] == UNREACHABLE_MS


def test_the_slowest_speed_on_the_longest_edge_stays_a_journey():
    """However slow, an arc never takes so long that it reads as closed or as surcharged."""
    network = street(edge_length_m=np.full(3, 300_000.0, dtype=np.float32))
    slow = Metric.base(network, MODE).with_changes(
        RoadChanges(SpeedChange(edges=[2], speed_kph=0.1), SpeedChange(edges=[2], factor=0.01))
    )
    assert 10**8 < slow.travel_time_ms[4] < 2**27
    fast = Metric.base(street(edge_length_m=np.zeros(3, dtype=np.float32)), MODE).with_changes(
        RoadChanges(SpeedChange(edges=[2], speed_kph=300))
    )
    assert fast.travel_time_ms[4] == 1


def test_a_change_may_hold_for_some_modes():
    """Roads closed to others may stay open to the police."""
    assert times_s(Closure(edges=[2], modes=["police"]))[4] == 10
    assert times_s(Closure(edges=[2], modes=[MODE]))[4] is None


def test_a_polygon_takes_every_edge_that_it_touches_anywhere():
    """An edge that only crosses it, one that ends in it, and none that merely passes near."""
    network = street(
        point_lon_e7=np.array([0, 4, 4, 8, 8, 12], dtype=np.int32) * 1_000_000,
        point_lat_e7=np.zeros(6, dtype=np.int32),
    )
    box = shapely.box(0.1, -0.1, 0.2, 0.1)
    assert times_s(Closure(polygon=box), network=network)[:3] == [None, None, 10]
    over_b = shapely.box(0.39, -0.1, 0.41, 0.1)
    assert times_s(Closure(polygon=over_b), network=network)[:5] == [None, None, None, None, 10]
    beside = shapely.box(0.0, 0.01, 1.2, 0.1)
    assert times_s(Closure(polygon=beside), network=network)[0] == 10


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-0.002, 0.016), st.floats(-0.002, 0.016)), min_size=3, max_size=6)
)
def test_edges_meeting_a_geometry_are_those_that_shapely_finds_one_by_one(corners):
    """Blocks and boxes lose nothing, on a grid of more than one block."""
    network = grid_network(12)
    geometry = shapely.convex_hull(shapely.multipoints(np.array(corners) + np.array([100.0, 30.0])))
    slow = [
        edge
        for edge in range(network.edge_count)
        if shapely.LineString(
            [
                (network.point_lon_e7[point] / E7, network.point_lat_e7[point] / E7)
                for point in (2 * edge, 2 * edge + 1)
            ]
        ).intersects(geometry)
    ]
    assert edges_meeting(network, geometry).tolist() == slow


def test_classes_of_road_can_be_avoided():
    """Each name takes the edges of its kind, both ways, and no other."""
    network = street(
        edge_class=np.array([RoadClass.MOTORWAY_LINK, RoadClass.FERRY, RoadClass.PRIMARY], "u1"),
        edge_flags=np.array([EdgeFlag.TOLL, 0, EdgeFlag.BRIDGE | EdgeFlag.TUNNEL], dtype="u2"),
    )

    def avoided(*names):
        return (Closure(avoid=names).arcs(network) // 2).tolist()

    assert avoided("motorway") == [0, 0]
    assert avoided("ferry") == [1, 1, 3]  # 6 // 2: the shadow arc
    assert avoided("toll") == [0, 0]
    assert avoided("tunnel") == avoided("bridge") == [2, 2]
    assert avoided("trunk") == avoided("steps") == avoided("unpaved") == []
    assert avoided("toll", "tunnel") == [0, 0, 2, 2]
    assert set(AVOIDABLE) == {
        "motorway",
        "trunk",
        "ferry",
        "steps",
        "toll",
        "tunnel",
        "bridge",
        "unpaved",
    }


def test_a_change_that_makes_no_sense_is_refused_with_a_reason():
    """The message names what is accepted."""
    with pytest.raises(RequestError, match=r"'moats' cannot be avoided.*bridge, ferry"):
        Closure(avoid=["moats"])
    with pytest.raises(RequestError, match="both, forward or backward"):
        Closure(edges=[0], direction="up")
    with pytest.raises(RequestError, match="either a speed in km/h or a factor"):
        SpeedChange(edges=[0])
    with pytest.raises(RequestError, match="or a factor"):
        SpeedChange(edges=[0], speed_kph=30, factor=0.5)
    with pytest.raises(RequestError, match=r"between 0.1 and 300.0 km/h"):
        SpeedChange(edges=[0], speed_kph=0)
    with pytest.raises(RequestError, match=r"between 0.01 and 10.0"):
        SpeedChange(edges=[0], factor=float("nan"))
    with pytest.raises(RequestError, match="empty or crosses itself"):
        Closure(polygon=shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    with pytest.raises(RequestError, match="Edges of this map are 0 to 2"):
        Closure(edges=[3]).arcs(street())
    with pytest.raises(TypeError, match="a Closure or a SpeedChange"):
        RoadChanges("A-B")


def test_no_changes_are_false_and_can_be_added_to():
    """What a request without closures hands on."""
    assert not RoadChanges()
    both = RoadChanges(Closure(edges=[0])) + RoadChanges(Closure(edges=[1]))
    assert [change.edges.tolist() for change in both] == [[0], [1]]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.sets(st.integers(0, 10)), st.sets(st.integers(0, 10)))
def test_changed_arcs_are_exactly_those_whose_time_differs(seed, some, others):
    """From what two metrics of one map remember, without comparing every arc."""
    base = Metric.base(random_network(seed), MODE)
    one = base.with_changes(RoadChanges(Closure(edges=some)))
    two = one.with_changes(RoadChanges(SpeedChange(edges=others, factor=0.5)))
    for a in (base, one, two):
        for b in (base, one, two):
            differing = np.flatnonzero(a.travel_time_ms != b.travel_time_ms)
            assert a.arcs_differing_from(b).tolist() == differing.tolist()
