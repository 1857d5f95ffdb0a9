"""Working memory of searches: borrowed by one search at a time, kept for the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import numpy as np

from geodata.network import RoadNetwork

_STAMP_MS = 2**31
"""Distance between the floors of two searches: more than any label."""


class Scratch:
    """Working memory for one search on one network. Private to whoever borrowed it.

    Arrays that hold stamped labels start as zeros, which the system hands out page by page at the
    first touch: a search that stays near its anchors costs the memory of its neighbourhood.
    """

    __slots__ = ("_searches", "first_on_edge", "heap", "label", "next_arc", "slot_label")

    def __init__(self, network: RoadNetwork) -> None:
        self.label = np.zeros(network.arc_count, dtype=np.int64)
        """int64[arc]: floor of the search + time in ms."""
        self.next_arc = np.empty(network.arc_count, dtype=np.int32)
        """int32[arc]: the arc that the label came from; meaningless where the label is old."""
        self.heap = np.empty(network.turn_count + 16, dtype=np.int64)
        self.slot_label = np.zeros(0, dtype=np.int64)
        """int64[slot]: floor of the search + cost in ms."""
        self.first_on_edge: np.ndarray | None = None
        """int32[edge]: -1, but while a search looks for a list of positions; see `empty_edges`."""
        self._searches = 0

    def next_floor(self) -> int:
        """The floor of a new search, which makes everything written before it read as unreached."""
        self._searches += 1
        return -self._searches * _STAMP_MS

    def empty_edges(self, network: RoadNetwork) -> np.ndarray:
        """int32[edge], all -1, to be left as it was found."""
        if self.first_on_edge is None:
            self.first_on_edge = np.full(network.edge_count, -1, dtype=np.int32)
        return self.first_on_edge

    def make_room(self, slots: int = 0, heap_entries: int = 0) -> None:
        """Makes the slot labels and the heap at least this large."""
        if slots > len(self.slot_label):
            self.slot_label = np.zeros(slots, dtype=np.int64)
        if heap_entries > len(self.heap):
            self.heap = np.empty(heap_entries, dtype=np.int64)


_idle: WeakKeyDictionary[RoadNetwork, deque[Scratch]] = WeakKeyDictionary()


@contextmanager
def borrowed_scratch(network: RoadNetwork) -> Iterator[Scratch]:
    """Working memory for one search; there are as many as searches ever ran at once."""
    idle = _idle.get(network)
    if idle is None:
        idle = _idle.setdefault(network, deque())
    try:
        scratch = idle.pop()
    except IndexError:
        scratch = Scratch(network)
    yield scratch
    # Not in a finally: what an exception left half done is thrown away.
    idle.append(scratch)
