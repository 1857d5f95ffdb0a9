"""The nearest occupants of the roads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from geodata.changes import RoadChanges
from geodata.errors import RequestError
from geodata.kernels.occupancy import move
from geodata.kernels.search import anchor_turn_count, nearest, trace
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS
from geodata.positions import NO_EDGE
from geodata.road_path import RoadPath
from geodata.search.anchors import Anchors, Positions, check_ms, limited_ms, open_zones
from geodata.search.occupants import ANYBODY, Occupants
from geodata.search.scratch import Scratch, borrowed_scratch

NO_MS = np.empty(0, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The best occupants, cheapest first; those of equal cost in the order of their slots."""

    slot: np.ndarray
    """int32[found]."""
    eta_ms: np.ndarray
    """int64[found]: travel time, the position's offset and the occupant's delay together."""
    travel_time_ms: np.ndarray
    """int64[found]: travel time alone."""
    crossings: np.ndarray
    """int64[found]: how many foreign grounds without through traffic the path must cross. Those
    who cross fewer come first, whatever their times."""
    position: np.ndarray
    """int32[found]: which of the positions asked about the path leads to (or comes from)."""
    _path_first: np.ndarray
    _path_arc: np.ndarray
    _start_fraction: np.ndarray
    _end_fraction: np.ndarray

    def __len__(self) -> int:
        return len(self.slot)

    def path_of(self, index: int) -> RoadPath:
        """The drive of the occupant at this place of the ranking."""
        if not 0 <= index < len(self.slot):
            raise IndexError(f"There are {len(self.slot)} in the ranking.")
        return RoadPath(
            arcs=self._path_arc[self._path_first[index] : self._path_first[index + 1]],
            start_fraction=float(self._start_fraction[index]),
            end_fraction=float(self._end_fraction[index]),
            duration_ms=int(self.travel_time_ms[index]),
        )


def nearest_occupants(
    metric: Metric,
    positions: Positions,
    occupants: Occupants,
    k: int,
    *,
    limit_ms: int | None = None,
    all_of: int = 0,
    any_of: int = 0,
    offset_ms: np.ndarray | Sequence[int] | None = None,
    delay_ms: np.ndarray | None = None,
    eligible: np.ndarray | None = None,
    changes: RoadChanges | None = None,
) -> Nearest:
    """The at most `k` occupants who can be at one of the positions first, with their times in ms.

    Exact: the search runs from the positions over roads against the traffic, and stops when nobody
    unseen can be among the best.

    positions   where to go: one position, or several that will do equally but for their offsets.
    limit_ms    nobody whose eta is longer, and nobody who must cross foreign ground without through
                traffic.
    all_of      bits of `occupants.eligible` that an occupant must all have.
    any_of      bits of which an occupant must have one; 0 asks for none.
    offset_ms   int[position], at least 0: added to the eta of whoever goes to that position.
    delay_ms    int32[slot], at least 0: added to the eta of that occupant (turning out, doubt
                about an old fix).
    eligible    uint32[slot]: looked at instead of `occupants.eligible`, by questions that leave
                out more people than bits can say (other jurisdictions, fixes that are too old).
    changes     closures and speeds of this request alone.

    Raises RequestError when a number is out of range.
    """
    if k < 1:
        raise RequestError(f"At least one must be asked for, not {k}.")
    anchors = Anchors.of(metric, positions, offset_ms)
    delay_ms = NO_MS if delay_ms is None else _checked_delays(delay_ms, occupants.capacity)
    if eligible is not None:
        eligible = np.ascontiguousarray(eligible, dtype=np.uint32)
        if len(eligible) < occupants.capacity:
            raise RequestError(
                f"There are {occupants.capacity} slots; say of each if it is eligible."
            )
    with (
        metric.times_with(changes) as weight_ms,
        borrowed_scratch(metric.network) as scratch,
        occupants.reading(),
    ):
        sought = Sought(
            occupants.first_on_edge,
            occupants.next_on_edge,
            occupants.fraction,
            occupants.eligible if eligible is None else eligible,
            all_of,
            any_of,
            delay_ms,
        )
        found = run_search(
            metric,
            weight_ms,
            scratch,
            True,
            anchors,
            open_zones(metric, anchors.edge),
            sought,
            k,
            limited_ms(limit_ms),
        )
        return _ranking(metric, scratch, anchors, sought, *found)


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """Whom a search looks for: linked lists as in :class:`geodata.search.occupants.Occupants`."""

    first_on_edge: np.ndarray
    next_on_edge: np.ndarray
    fraction: np.ndarray
    eligible: np.ndarray
    all_of: int
    any_of: int
    delay_ms: np.ndarray  # int32[slot], or empty


@contextmanager
def listed(
    scratch: Scratch, metric: Metric, anchors: Anchors, members: np.ndarray
) -> Iterator[Sought]:
    """Some positions as something to look for: slot i is member i."""
    slots = np.arange(len(members))
    first_on_edge = scratch.empty_edges(metric.network)
    next_on_edge = np.full(len(members), -1, dtype=np.int32)
    previous_on_edge = np.full(len(members), -1, dtype=np.int32)
    edge = np.full(len(members), NO_EDGE, dtype=np.int32)
    fraction = np.zeros(len(members))
    lists = (first_on_edge, next_on_edge, previous_on_edge, edge, fraction)
    move(slots, anchors.edge[members], anchors.fraction[members], *lists)
    yield Sought(
        first_on_edge,
        next_on_edge,
        fraction,
        np.full(len(members), ANYBODY, dtype=np.uint32),
        0,
        0,
        NO_MS,
    )
    move(slots, np.full(len(members), NO_EDGE, dtype=np.int32), fraction, *lists)


def run_search(
    metric: Metric,
    weight_ms: np.ndarray,
    scratch: Scratch,
    toward: bool,
    anchors: Anchors,
    zones: np.ndarray,
    sought: Sought,
    k: int | None,
    limit_ms: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One search: the `k` best (all, when None) of those sought, toward the anchors or away.

    Slots (int32), their costs in ms with surcharges (int64), and where their paths begin (int32,
    for the kernel `trace`, while the scratch is still borrowed).
    """
    roads = metric.roads
    turns = (
        (roads.first_in, roads.in_arc, roads.in_cost)
        if toward
        else (roads.first_out, roads.out_arc, roads.out_cost)
    )
    slots = len(sought.next_on_edge)
    k = slots if k is None else min(int(k), slots)
    found_slot = np.empty(k, dtype=np.int32)
    found_cost = np.empty(k, dtype=np.int64)
    found_start = np.empty(k, dtype=np.int32)
    count = 0
    if k:
        seeds = anchor_turn_count(turns[0], roads.arc_next_copy, anchors.edge)
        scratch.make_room(slots, metric.network.turn_count + seeds)
        count = nearest(
            toward,
            *turns,
            weight_ms,
            roads.zone,
            zones,
            roads.arc_base,
            roads.arc_next_copy,
            anchors.edge,
            anchors.fraction,
            anchors.offset_ms,
            sought.first_on_edge,
            sought.next_on_edge,
            sought.fraction,
            sought.eligible,
            np.uint32(sought.all_of),
            np.uint32(sought.any_of),
            sought.delay_ms,
            k,
            limit_ms,
            scratch.next_floor(),
            scratch.label,
            scratch.next_arc,
            scratch.heap,
            scratch.slot_label,
            found_slot,
            found_cost,
            found_start,
        )
    return found_slot[:count], found_cost[:count], found_start[:count]


def _ranking(
    metric: Metric,
    scratch: Scratch,
    anchors: Anchors,
    sought: Sought,
    slot: np.ndarray,
    cost_ms: np.ndarray,
    start: np.ndarray,
) -> Nearest:
    """What a search toward the anchors found, with its paths."""
    count = len(slot)
    path_first = np.empty(count + 1, dtype=np.int64)
    position = np.empty(count, dtype=np.int32)
    path_arc = trace(
        count,
        start,
        scratch.next_arc,
        metric.roads.arc_base,
        anchors.edge,
        path_first,
        position,
    )
    delay_ms = sought.delay_ms[slot] if len(sought.delay_ms) else 0
    added_ms = anchors.offset_ms[position] + delay_ms
    label_ms = cost_ms - added_ms
    travel_time_ms = label_ms % NO_THROUGH_MS
    arc_first, arc_last = path_arc[path_first[:-1]], path_arc[path_first[1:] - 1]
    starts, ends = sought.fraction[slot], anchors.fraction[position]
    return Nearest(
        slot=slot,
        eta_ms=travel_time_ms + added_ms,
        travel_time_ms=travel_time_ms,
        crossings=label_ms // NO_THROUGH_MS,
        position=position,
        _path_first=path_first,
        _path_arc=path_arc,
        _start_fraction=np.where(arc_first & 1, 1.0 - starts, starts),
        _end_fraction=np.where(arc_last & 1, 1.0 - ends, ends),
    )


def _checked_delays(delay_ms: np.ndarray, capacity: int) -> np.ndarray:
    delays = np.ascontiguousarray(delay_ms, dtype=np.int32)
    if len(delays) < capacity:
        raise RequestError(f"There are {capacity} slots; give each a delay.")
    check_ms(delays, "A delay")
    return delays
