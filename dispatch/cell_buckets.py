"""Who is in which H3 cell: linked lists, one for each cell of resolution 7 that was ever used.

Moving somebody inside a cell costs nothing here, into another one a constant time. Resolution 7
(5 km², 1.4 km to a corner) keeps the lists of a city at a dozen people and their number at some
hundreds, few enough to look through for a search by distance.
"""

from __future__ import annotations

import h3.api.basic_int as h3
import numpy as np

from dispatch.kernels.nearness import nearest_in_buckets, slots_in_buckets
from geodata.cells import ancestors_of, centres_of, neighbours_of, range_of, resolution_of
from geodata.coordinates import distance_m
from geodata.kernels.occupancy import move

SLOT_RESOLUTION = 9
BUCKET_RESOLUTION = 7

REACH_SHARE = 1.5
"""How far from the bucket's centre its people may be, in distances from centre to corner: cells of
resolution 9 stick out of their ancestor by less than a fifth of its size."""

SPARE_BUCKETS = 1024
"""The lists are made anew when there are this many more than people."""


class CellBuckets:
    """Slots by the cell they are in. The owner keeps writers and readers apart."""

    def __init__(self) -> None:
        self._slot_cell = np.empty(0, dtype=np.uint64)  # resolution 9; 0: nowhere
        self._bucket = np.empty(0, dtype=np.int32)  # of each slot, -1: none
        self._next = np.empty(0, dtype=np.int32)
        self._previous = np.empty(0, dtype=np.int32)
        self._unused = np.empty(0)
        self._people = 0
        self._clear()

    def _clear(self) -> None:
        self._number: dict[int, int] = {}  # bucket of each cell
        self._first = np.empty(0, dtype=np.int32)  # in each bucket, -1: empty
        self._bucket_cell = np.empty(0, dtype=np.uint64)
        self._centre_lon = np.empty(0)
        self._centre_lat = np.empty(0)
        self._reach_m = np.empty(0)

    def reserve(self, capacity: int) -> None:
        """Makes room for slots below `capacity`."""
        more = capacity - len(self._bucket)
        if more <= 0:
            return
        self._slot_cell = np.append(self._slot_cell, np.zeros(more, dtype=np.uint64))
        self._unused = np.append(self._unused, np.zeros(more))
        for name in ("_bucket", "_next", "_previous"):
            setattr(self, name, np.append(getattr(self, name), np.full(more, -1, dtype=np.int32)))

    def place(self, slots: np.ndarray, cells: np.ndarray) -> None:
        """Puts slots, each named once, into cells of resolution 9."""
        parents = ancestors_of(cells, BUCKET_RESOLUTION)
        self._people += int((self._slot_cell[slots] == 0).sum())
        self._slot_cell[slots] = cells
        buckets = self._bucket[slots]
        moved = np.ones(len(slots), dtype=bool)
        inside = buckets >= 0
        moved[inside] = self._bucket_cell[buckets[inside]] != parents[inside]
        self._move(slots[moved], parents[moved])
        if len(self._bucket_cell) > self._people + SPARE_BUCKETS:
            self._rebuild()

    def remove(self, slots: np.ndarray) -> None:
        """Takes slots out of their cells; those that are in none stay so."""
        self._people -= int((self._slot_cell[slots] != 0).sum())
        self._slot_cell[slots] = 0
        self._link(slots, np.full(len(slots), -1, dtype=np.int32))

    def slots_in(self, cell: int) -> np.ndarray:
        """Everybody who may be in a cell, int32[]: exact up to resolution 9.

        For finer cells, whoever is in the ancestor of resolution 9 or beside it: part of a fine
        cell may stick out of its ancestor.
        """
        cells = [int(cell)]
        if resolution_of(cell) > SLOT_RESOLUTION:
            cells = neighbours_of(h3.cell_to_parent(int(cell), SLOT_RESOLUTION)).tolist()
        found = []
        for one in cells:
            buckets = self._buckets_for(one)
            least, greatest = range_of(one, SLOT_RESOLUTION)
            found.append(
                slots_in_buckets(
                    buckets,
                    self._first,
                    self._next,
                    self._slot_cell,
                    np.uint64(least),
                    np.uint64(greatest),
                )
            )
        return np.concatenate(found)

    def nearest(
        self,
        lon: float,
        lat: float,
        slot_lon: np.ndarray,
        slot_lat: np.ndarray,
        eligible: np.ndarray,
        any_of: int,
        count: int,
        within_m: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The `count` nearest slots with a bit of `any_of`, nearest first, and their metres."""
        found = np.empty(min(count, max(self._people, 1)), dtype=np.int32)
        away_m = np.empty(len(found))
        number = nearest_in_buckets(
            lon, lat, within_m, self._first, self._next,
            self._centre_lon, self._centre_lat, self._reach_m,
            slot_lon, slot_lat, eligible, np.uint32(any_of), found, away_m,
        )  # fmt: skip
        return found[:number], away_m[:number]

    def _buckets_for(self, cell: int) -> np.ndarray:
        """Buckets that hold everybody in a cell of resolution 9 or coarser."""
        if resolution_of(cell) >= BUCKET_RESOLUTION:
            number = self._number.get(h3.cell_to_parent(cell, BUCKET_RESOLUTION))
            return np.array([] if number is None else [number], dtype=np.int64)
        least, greatest = range_of(cell, BUCKET_RESOLUTION)
        inside = (self._bucket_cell >= least) & (self._bucket_cell <= greatest)
        return np.flatnonzero(inside)

    def _move(self, slots: np.ndarray, parents: np.ndarray) -> None:
        new = [cell for cell in np.unique(parents).tolist() if cell not in self._number]
        if new:
            self._open(np.array(new, dtype=np.uint64))
        buckets = [self._number[cell] for cell in parents.tolist()]
        self._link(slots, np.array(buckets, dtype=np.int32))

    def _open(self, cells: np.ndarray) -> None:
        for cell in cells.tolist():
            self._number[cell] = len(self._number)
        lon, lat = centres_of(cells)
        corners = [np.array(h3.cell_to_boundary(cell)) for cell in cells.tolist()]
        reach_m = [
            distance_m(east, north, ring[:, 1], ring[:, 0]).max() * REACH_SHARE
            for east, north, ring in zip(lon, lat, corners, strict=True)
        ]
        self._bucket_cell = np.append(self._bucket_cell, cells)
        self._first = np.append(self._first, np.full(len(cells), -1, dtype=np.int32))
        self._centre_lon = np.append(self._centre_lon, lon)
        self._centre_lat = np.append(self._centre_lat, lat)
        self._reach_m = np.append(self._reach_m, reach_m)

    def _link(self, slots: np.ndarray, buckets: np.ndarray) -> None:
        slots = slots.astype(np.int64)
        lists = self._first, self._next, self._previous, self._bucket, self._unused
        move(slots, buckets, np.zeros(len(slots)), *lists)

    def _rebuild(self) -> None:
        slots = np.flatnonzero(self._slot_cell)
        self._bucket[:] = self._next[:] = self._previous[:] = -1
        self._clear()
        self._move(slots, ancestors_of(self._slot_cell[slots], BUCKET_RESOLUTION))
