"""Who arrives first, where the place is known and where it is not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.arrival import Spots, soonest
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.search.occupants import Occupants
from geodata.search.tables import many_to_many
from tests.towns import town

# Two quarters and one bridge between them (C-D).
QUARTERS = town(
    """
    A---B---C-------D---E---F
    |   |   |       |   |   |
    G---H---I       J---K---L
    """,
    [
        "A-B-C residential", "C-D secondary bridge=yes name=大桥", "D-E-F residential",
        "G-H-I residential", "J-K-L residential", "A-G", "B-H", "C-I", "D-J", "E-K", "F-L",
    ],
)  # fmt: skip


def occupants_at(positions: RoadPositions) -> Occupants:
    occupants = Occupants(QUARTERS.network, len(positions))
    occupants.place(np.arange(len(positions)), positions.edge, positions.fraction)
    return occupants


def ask(metric, spots, occupants, k, delay_ms, limit_ms=3_600_000):
    eligible = np.ones(occupants.capacity, dtype=np.uint32)
    return soonest(metric, spots, occupants, k, eligible, 1, delay_ms, limit_ms, None)


road_positions = st.lists(
    st.tuples(
        st.integers(0, QUARTERS.network.edge_count - 1),
        st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 1.0]),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=120, deadline=None)
@given(
    standing=road_positions,
    places=road_positions,
    weights=st.lists(st.integers(1, 5), min_size=9, max_size=9),
    delays_s=st.lists(st.sampled_from([0, 1, 40, 400]), min_size=9, max_size=9),
    k=st.integers(1, 10),
)
def test_the_ranking_is_that_of_all_arrivals_computed_one_by_one(
    standing, places, weights, delays_s, k
):
    """The k soonest by mean arrival are those of the full table, whatever the spots."""
    metric = Metric.base(QUARTERS.network, "car")
    where = RoadPositions.on_edges(*zip(*places, strict=True))
    share = np.array(weights[: len(places)], dtype=float)
    share /= share.sum()
    people = RoadPositions.on_edges(*zip(*standing, strict=True))
    delay_ms = np.array(delays_s[: len(people)], dtype=np.int32) * 1000
    found = ask(metric, Spots(where, share), occupants_at(people), k, delay_ms)

    table_ms = many_to_many(metric, people, where)
    assert (table_ms < UNREACHABLE_MS).all()
    mean_ms = table_ms @ share + delay_ms
    expected = np.sort(mean_ms)[:k]
    np.testing.assert_allclose(np.sort(found.eta_ms), expected, atol=0.6)
    assert list(found.eta_ms) == sorted(found.eta_ms)
    assert len(set(found.slot.tolist())) == len(found.slot)


def test_between_two_banks_the_one_who_is_near_the_likelier_goes():
    """A rider on the bridge beats one who stands at the less likely of two readings."""
    metric = Metric.base(QUARTERS.network, "car")
    edge = {pair: QUARTERS.arc(pair) >> 1 for pair in ("A-G", "F-L", "C-D")}
    where = RoadPositions.on_edges([edge["A-G"], edge["F-L"]], [0.5, 0.5])
    occupants = occupants_at(RoadPositions.on_edges([edge["A-G"], edge["C-D"]], [0.5, 0.5]))
    nobody_waits = np.zeros(2, np.int32)
    both = ask(metric, Spots(where, np.array([0.25, 0.75])), occupants, 2, nobody_waits)
    assert both.slot.tolist() == [1, 0]
    assert both.eta_ms[0] < both.eta_ms[1]
    first_alone = Spots(where.take([0]), np.array([1.0]))
    assert ask(metric, first_alone, occupants, 1, nobody_waits).slot.tolist() == [0]


def test_nobody_beyond_the_limit_is_found():
    """A limit shorter than every drive leaves nobody."""
    metric = Metric.base(QUARTERS.network, "car")
    far = RoadPositions.on_edges([QUARTERS.arc("A-G") >> 1], [0.5])
    spots = Spots(RoadPositions.on_edges([QUARTERS.arc("F-L") >> 1], [0.5]), np.array([1.0]))
    assert len(ask(metric, spots, occupants_at(far), 1, np.zeros(1, np.int32), 100).slot) == 0
