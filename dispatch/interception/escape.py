"""The fastest ways out past the checkpoints that are held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dispatch.kernels.escape import escape, soonest_exits, trace_back
from geodata.changes import RoadChanges
from geodata.kernels.search import anchor_turn_count
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.search.anchors import Positions, checked_positions

NOT_HELD_MS = np.int32(2**31 - 1)
"""No place is ever driven over as late as this."""


@dataclass(frozen=True, slots=True, eq=False)
class EscapePath:
    """One way out, driven as fast as the subject can. Times are seconds since the sighting."""

    exit: int
    places: np.ndarray
    """int32[]: the checkpoints driven over, in this order; one may come again."""
    time_s: np.ndarray
    """float64[]: when."""
    arrival_s: float
    """At the exit."""
    arcs: np.ndarray
    """int32[]: base arcs in driving order; the last one is the exit's."""


class EscapeSearch(Protocol):
    """Finds ways out."""

    def __call__(self, held_from_s: np.ndarray) -> Sequence[EscapePath]:
        """The fastest way that is open to each exit, for every exit that has one.

        `held_from_s` (float64[place]) is when each place begins to be held, inf where it never is.
        A way is open when it passes every place on it sooner than that.
        """


class RoadEscape:
    """Ways out over the roads of a map. Immutable; any number of threads may ask at once.

    A held place stops whoever drives over one of its nodes at `held_from_s` or later. Only the
    fastest drive along each way need be looked at: whoever is sooner at a place can still wait, and
    a place that is open at a time was open before it. So the earliest arrivals under the holds,
    which Dijkstra's argument gives, decide exactly which exits can be reached; and a hold that
    stops the fastest drive along a way stops every slower one.

    Turn rules hold for the subject, who may turn round at the start whatever the heading was.
    Ground without through traffic is no obstacle to somebody who flees.
    """

    def __init__(
        self,
        metric: Metric,
        starts: Positions,
        *,
        place_first: np.ndarray,
        place_node: np.ndarray,
        exit_first: np.ndarray,
        exit_arc: np.ndarray,
        offsets_s: np.ndarray | float = 0.0,
        fastest_factor: float = 1.0,
        horizon_s: float,
        changes: RoadChanges | None = None,
    ) -> None:
        """
        metric          the subject's.
        starts          where they were seen.
        place_first     int64[place + 1] into place_node (int32[]): nodes of each checkpoint.
        exit_first      int64[exit + 1] into exit_arc (int32[], base arcs): whoever begins to drive
                        one of these has got there.
        offsets_s       when they were at each start; below 0 where the time was not known better.
        fastest_factor  how many times faster than the map's times they drive, turns included.
        horizon_s       what is reached later does not matter.
        changes         closures and speeds that hold for the subject.
        """
        self._metric = metric.with_changes(changes) if changes else metric
        network = metric.network
        self._edge, self._fraction = checked_positions(network, starts)
        offsets_s = np.broadcast_to(np.asarray(offsets_s, dtype=np.float64), self._edge.shape)
        if not fastest_factor > 0.0 or not np.isfinite(horizon_s):
            raise ValueError("The fastest factor is above 0, and the horizon finite.")
        self._ms_per_s = 1_000.0 * fastest_factor
        self._origin_s = float(offsets_s.min(initial=0.0))
        # Rounded down, so that nobody is thought to be later than they can be.
        self._start_ms = np.floor((offsets_s - self._origin_s) * self._ms_per_s).astype(np.int64)
        limit_ms = np.floor((horizon_s - self._origin_s) * self._ms_per_s)
        self._limit_ms = int(np.clip(limit_ms, -1, int(UNREACHABLE_MS) - 1))
        self._exit_first = np.ascontiguousarray(exit_first, dtype=np.int64)
        self._exit_arc = np.ascontiguousarray(exit_arc, dtype=np.int32)
        self._place_count = len(place_first) - 1
        place_of_node = np.full(network.node_count, -1, dtype=np.int32)
        place_of_node[place_node] = np.repeat(
            np.arange(self._place_count, dtype=np.int32), np.diff(place_first)
        )
        if np.count_nonzero(place_of_node >= 0) != len(place_node):
            raise ValueError("A node belongs to one checkpoint only.")
        self._place_of_node = place_of_node
        place_of_arc = place_of_node[network.arc_head]
        self._gate_arc = np.flatnonzero(place_of_arc >= 0)
        self._gate_place = place_of_arc[self._gate_arc]
        self._room = metric.network.turn_count + anchor_turn_count(
            metric.roads.first_out, metric.roads.arc_next_copy, self._edge
        )

    @property
    def exits(self) -> int:
        return len(self._exit_first) - 1

    def __call__(self, held_from_s: np.ndarray) -> list[EscapePath]:
        """See :class:`EscapeSearch`."""
        if len(held_from_s) != self._place_count:
            raise ValueError(f"There are {self._place_count} places, each held from a time on.")
        metric, roads = self._metric, self._metric.roads
        held_ms = np.full(metric.network.arc_count, NOT_HELD_MS, dtype=np.int32)
        held_ms[self._gate_arc] = self._held_ms(np.asarray(held_from_s))[self._gate_place]
        label_ms = np.full(metric.network.arc_count, UNREACHABLE_MS, dtype=np.int32)
        before = np.empty(metric.network.arc_count, dtype=np.int32)
        starts = (self._edge, self._fraction, self._start_ms)
        escape(
            roads.first_out,
            roads.out_arc,
            roads.out_cost,
            metric.travel_time_ms,
            held_ms,
            *starts,
            self._limit_ms,
            label_ms,
            before,
            np.empty(self._room, dtype=np.int64),
            np.empty(self._room, dtype=np.uint32),
        )
        through = np.zeros(self.exits, dtype=np.int32)
        arrival_ms = soonest_exits(
            self._exit_first,
            self._exit_arc,
            roads.arc_next_copy,
            metric.travel_time_ms,
            self._edge,
            self._start_ms,
            self._limit_ms,
            label_ms,
            through,
        )
        paths = []
        for exit in np.flatnonzero(arrival_ms < UNREACHABLE_MS).tolist():
            arcs, end_ms = trace_back(
                through[exit], before, label_ms, roads.arc_base, metric.travel_time_ms, *starts
            )
            place = self._place_of_node[metric.network.arc_head[arcs[:-1]]]
            passed = np.flatnonzero(place >= 0)
            paths.append(
                EscapePath(
                    exit,
                    place[passed],
                    self._seconds(end_ms[passed]),
                    float(self._seconds(arrival_ms[exit])),
                    arcs,
                )
            )
        return paths

    def _seconds(self, time_ms):
        """float64[]: seconds since the sighting for times of the search."""
        return self._origin_s + time_ms / self._ms_per_s

    def _held_ms(self, held_from_s: np.ndarray) -> np.ndarray:
        """int32[place]: the first millisecond of the search that is no sooner than the hold.

        To the millisecond, in the seconds that paths tell, so that whoever compares those with the
        holds sees what the search saw.
        """
        held_ms = np.full(len(held_from_s), np.int64(NOT_HELD_MS))
        near_ms = np.ceil((held_from_s - self._origin_s) * self._ms_per_s)
        known = near_ms < float(NOT_HELD_MS)
        near_ms = np.maximum(near_ms[known], 0.0).astype(np.int64)
        near_ms += self._seconds(near_ms) < held_from_s[known]
        near_ms -= (near_ms > 0) & (self._seconds(near_ms - 1) >= held_from_s[known])
        held_ms[known] = near_ms
        return held_ms.astype(np.int32)
