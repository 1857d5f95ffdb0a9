"""The heap gives back what was put in, least first."""

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.kernels.heap import entry, entry_arc, entry_time_ms, pop, push


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 9)))))
def test_pushes_and_pops_in_any_order_agree_with_heapq(actions):
    """None pops; a pair of time and arc is pushed. Equal times leave in the order of arcs."""
    heap, size = np.empty(len(actions), dtype=np.int64), 0
    twin: list[tuple[int, int]] = []
    for action in actions:
        if action is not None:
            push(heap, size, entry(*action))
            heapq.heappush(twin, action)
            size += 1
        elif size:
            item = pop(heap, size)
            size -= 1
            assert (entry_time_ms(item), entry_arc(item)) == heapq.heappop(twin)
    assert size == len(twin)


def test_an_entry_keeps_the_largest_time_and_arc():
    """Neither half runs into the other."""
    item = entry(2**31 - 1, 2**31 - 1)
    assert (entry_time_ms(item), entry_arc(item)) == (2**31 - 1, 2**31 - 1)
