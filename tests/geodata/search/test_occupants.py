"""Occupants: the linked lists always say the same as a plain dictionary of who stands where."""

import threading
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.search.occupants import ANYBODY, Occupants
from tests.geodata.random_roads import random_network

NETWORK = random_network(1)
moves = st.lists(
    st.tuples(st.integers(0, 7), st.integers(-1, NETWORK.edge_count - 1), st.floats(0, 1)),
    max_size=30,
)


def lists_of(occupants: Occupants) -> dict[int, set[int]]:
    """Edge -> slots, read off the lists in both directions."""
    found = defaultdict(set)
    for edge, slot in enumerate(occupants.first_on_edge.tolist()):
        before = -1
        while slot >= 0:
            assert slot not in found[edge]
            assert occupants.previous_on_edge[slot] == before
            assert occupants.edge[slot] == edge
            found[edge].add(slot)
            before, slot = slot, int(occupants.next_on_edge[slot])
    return {edge: slots for edge, slots in found.items() if slots}


@settings(max_examples=200, deadline=None)
@given(st.lists(moves, max_size=4))
def test_lists_follow_any_moves(batches):
    """Batches in which the same one may move many times, leave and come back."""
    occupants = Occupants(NETWORK, 8)
    where: dict[int, tuple[int, float]] = {}
    for batch in batches:
        slots, edges, fractions = zip(*batch, strict=True) if batch else ((), (), ())
        occupants.place(slots, edges, fractions)
        where.update({slot: (edge, fraction) for slot, edge, fraction in batch})
        want = defaultdict(set)
        for slot, (edge, fraction) in where.items():
            if edge >= 0:
                want[edge].add(slot)
                assert occupants.fraction[slot] == fraction
        assert lists_of(occupants) == want
    occupants.remove(np.arange(8))
    assert lists_of(occupants) == {}


def test_more_room_keeps_everybody_where_they_are():
    """New slots are on no road and eligible for everything."""
    occupants = Occupants(NETWORK, 2)
    occupants.place([0, 1], [3, 3], [0.1, 0.9])
    occupants.set_eligible([0], 5)
    occupants.reserve(5)
    occupants.reserve(1)
    assert occupants.capacity == 5
    assert lists_of(occupants) == {3: {0, 1}}
    assert occupants.eligible.tolist() == [5] + [int(ANYBODY)] * 4
    assert occupants.edge.tolist() == [3, 3, -1, -1, -1]


@pytest.mark.parametrize(
    ("slots", "edges", "fractions", "message"),
    [
        ([2], [0], [0.5], "Slots are 0 to 1"),
        ([-1], [0], [0.5], "Slots are 0 to 1"),
        ([0], [NETWORK.edge_count], [0.5], "Edges are -1 to 10"),
        ([0], [-2], [0.5], "Edges are -1 to 10"),
        ([0], [0], [1.01], "between 0 and 1"),
        ([0], [0], [float("nan")], "between 0 and 1"),
        ([0, 1], [0], [0.5], "equally many"),
    ],
)
def test_a_bad_batch_changes_nothing(slots, edges, fractions, message):
    """Refused as a whole, with the range that is accepted."""
    occupants = Occupants(NETWORK, 2)
    occupants.place([0], [4], [0.25])
    with pytest.raises(ValueError, match=message):
        occupants.place(slots, edges, fractions)
    assert lists_of(occupants) == {4: {0}}
    assert occupants.fraction[0] == 0.25


def test_writers_wait_for_searches_and_searches_for_writers():
    """While one reads nobody moves; the writer gets its turn before new readers."""
    occupants = Occupants(NETWORK, 1)
    steps = []
    with occupants.reading():
        writer = threading.Thread(
            target=lambda: (occupants.place([0], [1], [0.5]), steps.append("written"))
        )
        writer.start()
        while not occupants._writers_waiting:
            pass
        reader = threading.Thread(target=lambda: _read(occupants, steps))
        reader.start()
        assert occupants.edge[0] == -1
        steps.append("first reader leaves")
    writer.join(5)
    reader.join(5)
    assert not writer.is_alive()
    assert not reader.is_alive()
    assert steps[0] == "first reader leaves"
    assert "second reader sees 1" in steps


def _read(occupants, steps):
    with occupants.reading():
        steps.append(f"second reader sees {occupants.edge[0]}")
