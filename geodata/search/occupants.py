"""Who stands where on the roads, as the search sees them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from geodata.kernels.occupancy import move
from geodata.network import RoadNetwork
from geodata.positions import NO_EDGE

ANYBODY = np.uint32(0xFFFFFFFF)
"""Eligibility of a slot that no question turns away."""


class Occupants:
    """Everybody of one mode of travel, by the edge they stand on.

    Each has a *slot*, a small number of the caller's. The slots of an edge form a linked list, so
    moving one costs the same however many there are. What the 32 bits of `eligible` mean is the
    caller's; a question says which it wants.

    Shared by threads: `place`, `remove` and `set_eligible` wait for the searches that are running
    and hold up new ones while they write, so a search never sees half a batch.
    """

    def __init__(self, network: RoadNetwork, capacity: int = 0) -> None:
        self.network = network
        self.first_on_edge = np.full(network.edge_count, -1, dtype=np.int32)
        """int32[edge]: a slot there, -1 none."""
        self.next_on_edge = np.empty(0, dtype=np.int32)
        """int32[slot]: the next slot on the same edge, -1 at the end."""
        self.previous_on_edge = np.empty(0, dtype=np.int32)
        """int32[slot]: the slot before it on the same edge, -1 for the first."""
        self.edge = np.empty(0, dtype=np.int32)
        """int32[slot]: -1 where the slot is on no road."""
        self.fraction = np.empty(0, dtype=np.float64)
        """float64[slot], 0..1 along the edge. Not float32: someone and a victim snapped to the
        same spot must not differ by a rounding that sends one round the block."""
        self.eligible = np.empty(0, dtype=np.uint32)
        """uint32[slot]: the caller's bits."""
        self._readers = 0
        self._writers_waiting = 0
        self._turnstile = threading.Condition(threading.Lock())
        self.reserve(capacity)

    @property
    def capacity(self) -> int:
        """Slots there are, used or not."""
        return len(self.edge)

    def reserve(self, capacity: int) -> None:
        """Makes room for at least this many slots; new ones are on no road."""
        if capacity <= self.capacity:
            return
        with self._writing():
            more = capacity - self.capacity
            self.next_on_edge = np.append(self.next_on_edge, np.full(more, -1, dtype=np.int32))
            self.previous_on_edge = np.append(
                self.previous_on_edge, np.full(more, -1, dtype=np.int32)
            )
            self.edge = np.append(self.edge, np.full(more, NO_EDGE, dtype=np.int32))
            self.fraction = np.append(self.fraction, np.zeros(more))
            self.eligible = np.append(self.eligible, np.full(more, ANYBODY, dtype=np.uint32))

    def place(self, slots: np.ndarray, edges: np.ndarray, fractions: np.ndarray) -> None:
        """Moves slots to road positions, in order; an edge of -1 takes its slot off the road.

        Raises ValueError, and changes nothing, when a slot, edge or fraction is out of range.
        """
        slots = np.ascontiguousarray(slots, dtype=np.int64)
        edges = np.ascontiguousarray(edges, dtype=np.int32)
        fractions = np.ascontiguousarray(fractions, dtype=np.float64)
        if not len(slots) == len(edges) == len(fractions):
            raise ValueError("Slots, edges and fractions must be equally many.")
        if not len(slots):
            return
        self._check_slots(slots)
        if edges.min() < NO_EDGE or edges.max() >= self.network.edge_count:
            raise ValueError(f"Edges are {NO_EDGE} to {self.network.edge_count - 1}.")
        if not (fractions.min() >= 0.0 and fractions.max() <= 1.0):
            raise ValueError("Fractions of an edge lie between 0 and 1.")
        with self._writing():
            move(
                slots,
                edges,
                fractions,
                self.first_on_edge,
                self.next_on_edge,
                self.previous_on_edge,
                self.edge,
                self.fraction,
            )

    def remove(self, slots: np.ndarray) -> None:
        """Takes slots off the road; those that are on none stay so."""
        slots = np.asarray(slots, dtype=np.int64)
        self.place(slots, np.full(len(slots), NO_EDGE, dtype=np.int32), np.zeros(len(slots)))

    def set_eligible(self, slots: np.ndarray, bits: np.ndarray | int) -> None:
        """Sets the eligibility bits of slots."""
        slots = np.asarray(slots, dtype=np.int64)
        if len(slots):
            self._check_slots(slots)
            with self._writing():
                self.eligible[slots] = bits

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For the length of a search: nobody moves."""
        with self._turnstile:
            while self._writers_waiting:
                self._turnstile.wait()
            self._readers += 1
        try:
            yield
        finally:
            with self._turnstile:
                self._readers -= 1
                if not self._readers:
                    self._turnstile.notify_all()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._turnstile:
            self._writers_waiting += 1
            try:
                while self._readers:
                    self._turnstile.wait()
                # The lock stays held while writing: nobody else gets in.
                yield
            finally:
                self._writers_waiting -= 1
                self._turnstile.notify_all()

    def _check_slots(self, slots: np.ndarray) -> None:
        if slots.min() < 0 or slots.max() >= self.capacity:
            raise ValueError(f"Slots are 0 to {self.capacity - 1}; reserve more first.")
