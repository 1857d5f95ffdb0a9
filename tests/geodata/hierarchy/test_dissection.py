"""Arcs are ranked by cuts through few of them."""

import numpy as np
import pytest

from geodata.hierarchy.dissection import dissection_ranks
from geodata.kernels.hierarchy_contraction import contract
from tests.geodata.random_roads import grid_network, random_network


def ranks_of(network, threads: int = 1) -> np.ndarray:
    return dissection_ranks(
        network.arc_tail,
        network.arc_head,
        network.node_lon_e7.astype(float),
        network.node_lat_e7.astype(float),
        threads=threads,
    )


def link_count(network, ranks: np.ndarray) -> int:
    """Links of the hierarchy that contracting the arcs in this order makes."""
    first_up, _, first_down, _, _ = contract(
        len(ranks), ranks[network.turn_from], ranks[network.turn_to]
    )
    return int(first_up[-1] + first_down[-1])


@pytest.mark.parametrize("seed", range(20))
def test_every_arc_gets_a_rank_of_its_own(seed):
    """Loops, parallel edges, shadow arcs and separate pieces included."""
    network = random_network(seed, nodes=9, edges=14)
    assert sorted(ranks_of(network)) == list(range(network.arc_count))


def test_the_one_bridge_between_two_towns_is_ranked_highest():
    """Two ladders of 10 rungs, far apart, and one road from the end of one to the other."""
    rungs = [(2 * i, 2 * i + 1) for i in range(20)]
    rails = [(i, i + 2) for i in range(38) if i not in (18, 19)]
    bridge = (18, 20)
    edges = np.array([*rungs, *rails, bridge])
    tail, head = edges.ravel(), edges[:, ::-1].ravel()
    east = np.array([i // 2 + (100 if i >= 20 else 0) for i in range(40)], dtype=float)
    north = np.arange(40) % 2.0
    ranks = dissection_ranks(tail, head, east, north, threads=1)
    assert sorted(ranks[-2:]) == [len(tail) - 2, len(tail) - 1]


def test_arcs_of_one_direction_across_a_cut_come_before_those_of_the_other():
    """A ladder is first cut through its two rails in the middle: two arcs lead east, two west."""
    rungs = [(2 * i, 2 * i + 1) for i in range(16)]
    rails = [(i, i + 2) for i in range(30)]
    edges = np.array([*rungs, *rails])
    tail, head = edges.ravel(), edges[:, ::-1].ravel()
    east, north = np.arange(32) // 2 * 3.0, np.arange(32) % 2.0
    ranks = dissection_ranks(tail, head, east, north, threads=1)
    highest = np.argsort(ranks)[-4:]
    eastward = east[head[highest]] > east[tail[highest]]
    assert eastward.tolist() in ([True, True, False, False], [False, False, True, True])


def test_a_grid_needs_far_fewer_links_than_in_any_random_order():
    """What the order is for."""
    network = grid_network(16)
    random = np.random.default_rng(1).permutation(network.arc_count)
    assert link_count(network, ranks_of(network)) < link_count(network, random) / 4


def test_the_order_does_not_depend_on_the_number_of_threads():
    """The same map gives the same hierarchy on every machine."""
    network = grid_network(20)
    assert (ranks_of(network, threads=1) == ranks_of(network, threads=2)).all()


def test_a_map_without_arcs_has_an_empty_order():
    """Nothing to rank is no error."""
    none = np.empty(0, dtype=np.int32)
    assert len(dissection_ranks(none, none, np.zeros(3), np.zeros(3))) == 0
    assert len(dissection_ranks(none, none, np.zeros(0), np.zeros(0))) == 0


def test_progress_rises_to_the_whole():
    """Whoever waits sees how far it is."""
    network = grid_network(20)
    told = []
    dissection_ranks(
        network.arc_tail,
        network.arc_head,
        network.node_lon_e7.astype(float),
        network.node_lat_e7.astype(float),
        told.append,
    )
    assert told == sorted(told)
    assert told[-1] == 1.0
