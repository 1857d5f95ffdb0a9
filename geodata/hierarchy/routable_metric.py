"""Routes and tables all over the map, over a mode's hierarchy under one metric.

Answers are those of the plain searches in :mod:`geodata.search`, many times faster on long ways.
Where several ways are equally fast, either may be told.

The weights of a hierarchy hold the surcharge for entering any no-through ground, but whoever has
business there enters its own ground freely, and as often as it likes. Drives to such ground are put
together from drives between its gates.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from math import isqrt

import numpy as np

from geodata.changes import RoadChanges
from geodata.errors import NoRouteError, OutOfNetworkError
from geodata.hierarchy.queries import NEVER_MS, Ends, HierarchySearch, Seeds
from geodata.hierarchy.weighing import LinkLengths
from geodata.hierarchy.zone_gates import Gates, ZoneGates
from geodata.kernels.hierarchy_table import nearest_gates
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS
from geodata.road_path import RoadPath, path_length_m
from geodata.search import many_to_many, shortest_path
from geodata.search.anchors import Positions, check_single, checked_positions, open_zones

FEW_GATES = 12
"""Up to so many gates, a table of all drives between them is quicker than following them."""

GATES_AT_ONCE = 128
"""A table takes destinations behind about so many gates together."""


def most_gates(vertices: int) -> int:
    """Ground with more gates than this is left to the plain search, whose cost grows with the map
    where that of following gates grows with the square of their number. (Measured: equal at 170
    gates on a map of 59,000 usable arcs.)"""
    return max(32, min(512, isqrt(vertices // 2)))


@dataclass(frozen=True, slots=True)
class _Spots:
    """Bare road positions."""

    edge: np.ndarray
    fraction: np.ndarray

    def one(self, index: int) -> _Spots:
        return _Spots(self.edge[index : index + 1], self.fraction[index : index + 1])


class RoutableMetric:
    """A metric and the weights of all links under it. Immutable: any number of threads may ask it,
    and what one object answers fits together."""

    def __init__(self, search: HierarchySearch, gates: ModeGates) -> None:
        self._search = search
        self._gates = gates
        self._measured: LinkLengths | None = None
        self._measuring = threading.Lock()

    @property
    def metric(self) -> Metric:
        return self._search.metric

    @property
    def search(self) -> HierarchySearch:
        """The searches under this metric's weights."""
        return self._search

    def route(
        self, origin: Positions, destination: Positions, *, changes: RoadChanges | None = None
    ) -> RoadPath:
        """The fastest drive from one position to another.

        A request's own `changes` cost little if all they do is slow or close roads that the drive
        does not use anyway; else the way is found by a plain search. Raises OutOfNetworkError when
        a position is on no road, NoRouteError when no way leads there.
        """
        check_single(origin)
        check_single(destination)
        metric = self.metric
        (start_edge,), (start_fraction,) = _listed(metric, origin)
        (end_edge,), (end_fraction,) = _listed(metric, destination)
        for edge, which in ((start_edge, "start"), (end_edge, "destination")):
            if edge < 0:
                raise OutOfNetworkError(f"The {which} is on no road.")
        changed_arcs = None
        if changes is not None and changes:
            times = changes.arc_times(metric)
            if (times.travel_time_ms < metric.travel_time_ms[times.arc]).any():
                return shortest_path(metric, origin, destination, changes=changes)
            changed_arcs = times.arc
        drive = self._drive(start_edge, start_fraction, end_edge, end_fraction)
        if drive is None:
            return shortest_path(metric, origin, destination, changes=changes)
        label_ms, arcs = drive
        if label_ms >= UNREACHABLE_MS:
            raise NoRouteError(f"No way that {metric.mode} may use leads from the start there.")
        if changed_arcs is not None and np.isin(arcs, changed_arcs).any():
            return shortest_path(metric, origin, destination, changes=changes)
        return RoadPath(
            arcs=arcs,
            start_fraction=1.0 - start_fraction if arcs[0] & 1 else start_fraction,
            end_fraction=1.0 - end_fraction if arcs[-1] & 1 else end_fraction,
            duration_ms=label_ms % int(NO_THROUGH_MS),
        )

    def table(
        self, sources: Positions, targets: Positions, *, changes: RoadChanges | None = None
    ) -> np.ndarray:
        """int32[source, target]: travel time in ms; ``UNREACHABLE_MS`` where there is no way, and
        where a position is nowhere. A request's own `changes` are left to the plain search."""
        metric = self.metric
        if changes is not None and changes:
            return many_to_many(metric, sources, targets, changes=changes)
        start, end = (_Spots(*checked_positions(metric.network, p)) for p in (sources, targets))
        return self._times_ms(start, end, *self._labels_ms(start, end))

    def table_with_lengths(
        self, sources: Positions, targets: Positions
    ) -> tuple[np.ndarray, np.ndarray]:
        """(as :meth:`table`, float64[source, target]: metres of the fastest drives, NaN where there
        is no way). Where several drives are equally fast, of any of them.

        The first such table under a metric takes as long as working out a whole new metric.
        """
        metric, search = self.metric, self._search
        start, end = (_Spots(*checked_positions(metric.network, p)) for p in (sources, targets))
        starts, ends, label_ms = self._labels_ms(start, end)
        plain_ms = np.where(
            label_ms < UNREACHABLE_MS, label_ms % int(NO_THROUGH_MS), int(UNREACHABLE_MS)
        )
        lengths_m = search.lengths_m(
            self._link_lengths,
            starts,
            -self._metres_on_arc(start, starts),
            ends,
            self._metres_on_arc(end, ends),
        )
        times_ms = self._times_ms(start, end, starts, ends, label_ms)
        # What the hierarchy alone does not tell: drives over gates, and along one edge.
        apart = (times_ms != plain_ms) | _on_one_edge(start, end)
        for i, j in np.argwhere(apart).tolist():
            lengths_m[i, j] = np.nan
            if times_ms[i, j] < UNREACHABLE_MS:
                path = self.route(start.one(i), end.one(j))
                lengths_m[i, j] = path_length_m(metric.network, path)
        return times_ms, lengths_m

    def _labels_ms(self, start: _Spots, end: _Spots) -> tuple[Ends, Ends, np.ndarray]:
        """(starts, ends, int64[start, end] labels in ms that the hierarchy gives between them)."""
        starts = self._search.starts(start.edge, start.fraction)
        ends = self._search.destinations(end.edge, end.fraction)
        return starts, ends, self._search.labels_ms(starts, ends)

    def _times_ms(
        self, start: _Spots, end: _Spots, starts: Ends, ends: Ends, label_ms: np.ndarray
    ) -> np.ndarray:
        """int32[start, end] times from the hierarchy's labels, which are changed."""
        metric = self.metric
        inside = np.unique(metric.zone[np.concatenate([2 * start.edge, 2 * start.edge + 1])])
        together: list[tuple[np.ndarray, Gates]] = []
        for zones, columns in _by_open_zones(metric, end.edge):
            gates = self._gates.all.into(zones)
            if len(gates) > most_gates(self._search.links.vertex_count):
                spots = _Spots(end.edge[columns], end.fraction[columns])
                label_ms[:, columns] = many_to_many(metric, start, spots)
            elif _matter(gates, np.isin(zones, inside).any()):
                together.append((columns, gates))
                if sum(len(gates) for _, gates in together) > GATES_AT_ONCE:
                    self._enter_grounds(label_ms, starts, ends, together)
                    together = []
        if together:
            self._enter_grounds(label_ms, starts, ends, together)
        # A start and a destination on one edge: seeds know nothing of which lies ahead.
        for i, j in np.argwhere(_on_one_edge(start, end)).tolist():
            label_ms[i, j] = self._time_on_edge(
                int(start.edge[i]), float(start.fraction[i]), float(end.fraction[j])
            )
        label_ms[label_ms < UNREACHABLE_MS] %= int(NO_THROUGH_MS)
        return label_ms.astype(np.int32)

    def _metres_on_arc(self, spots: _Spots, ends: Ends) -> np.ndarray:
        """float32[seed]: metres from the start of each seed's arc to the position."""
        arc = self.metric.roads.arc_base[self._search.links.arc_of_vertex[ends.vertex]]
        fraction = np.repeat(spots.fraction, np.diff(ends.first))
        share = np.where(arc & 1, 1.0 - fraction, fraction)
        return (share * self.metric.network.edge_length_m[arc >> 1]).astype(np.float32)

    @property
    def _link_lengths(self) -> LinkLengths:
        """Worked out at the first table that wants them."""
        with self._measuring:
            if self._measured is None:
                links, metric = self._search.links, self.metric
                edge = metric.roads.arc_base[links.arc_of_vertex] >> 1
                self._measured = LinkLengths.of(
                    links, self._search.weights, metric.network.edge_length_m[edge]
                )
            return self._measured

    # --- one drive

    def _drive(
        self, start_edge: int, start_fraction: float, end_edge: int, end_fraction: float
    ) -> tuple[int, np.ndarray] | None:
        """(label in ms, base arcs in driving order), the label ``UNREACHABLE_MS`` where there is no
        way; None where the destination's ground has too many gates."""
        search, metric = self._search, self.metric
        zones = open_zones(metric, np.array([end_edge]))
        gates = self._gates.all.into(zones) if len(zones) else None
        if gates is not None and len(gates) > most_gates(search.links.vertex_count):
            return None
        same_edge = start_edge == end_edge
        start = search.start(start_edge, start_fraction, end_fraction if same_edge else -1.0)
        end = search.destination(end_edge, end_fraction)
        drive = search.drive(start, end)
        if gates is None:
            return drive
        from_inside = np.isin(metric.zone[[2 * start_edge, 2 * start_edge + 1]], zones).any()
        if not _matter(gates, from_inside):
            return drive
        if same_edge:
            start = search.start(start_edge, start_fraction)
        return self._drive_by_gates(*drive, start, end, gates)

    def _drive_by_gates(
        self, label_ms: int, arcs: np.ndarray, start: Seeds, end: Seeds, gates: Gates
    ) -> tuple[int, np.ndarray]:
        """The better of a drive and the best one that enters the destination's ground through any
        of its gates, any number of times, without surcharge."""
        search = self._search
        behind, before = search.gates(gates.left, gates.entered, gates.turn_ms)
        count = len(gates)
        previous = np.full(count, -1)
        if count <= FEW_GATES:
            legs_ms = search.legs_ms(Ends.of([start, *behind]), Ends.of([*before, end]))
            entered_ms, last_leg_ms = legs_ms[0, :count].copy(), legs_ms[1:, count]
            nearest_gates(entered_ms, np.ascontiguousarray(legs_ms[1:, :count]), previous)
        else:
            before_all = Ends.of(before)
            entered_ms = search.legs_ms(Ends.of([start]), before_all)[0]
            last_leg_ms = search.legs_ms(Ends.of(behind), Ends.of([end]))[:, 0]
            between_ms = np.full((count, count), NEVER_MS)
            followed = np.zeros(count, dtype=bool)
            while True:
                # Behind a gate that is passed later than this, nothing is worth looking for.
                bound_ms = min(int((entered_ms + last_leg_ms).min()), label_ms)
                nearer = np.flatnonzero((entered_ms < bound_ms) & ~followed)
                if not len(nearer):
                    break
                followed[nearer] = True
                between_ms[nearer] = search.legs_ms(
                    Ends.of([behind[gate] for gate in nearer]), before_all
                )
                nearest_gates(entered_ms, between_ms, previous)
        total_ms = entered_ms + last_leg_ms
        last = int(total_ms.argmin())
        if total_ms[last] >= min(label_ms, int(UNREACHABLE_MS)):
            return label_ms, arcs
        passed = [last]
        while previous[passed[-1]] >= 0:
            passed.append(int(previous[passed[-1]]))
        passed.reverse()
        legs = zip(
            [start, *(behind[gate] for gate in passed)],
            [*(before[gate] for gate in passed), end],
            strict=True,
        )
        return int(total_ms[last]), np.concatenate([search.drive(*leg)[1] for leg in legs])

    # --- tables

    def _enter_grounds(
        self,
        label_ms: np.ndarray,
        starts: Ends,
        ends: Ends,
        grounds: list[tuple[np.ndarray, Gates]],
    ) -> None:
        """Lowers labels to destinations (columns) in some grounds to those of drives that enter
        each destination's ground freely."""
        columns = np.concatenate([columns for columns, _ in grounds])
        behind, before = self._search.gates(
            *(
                np.concatenate([getattr(gates, name) for _, gates in grounds])
                for name in ("left", "entered", "turn_ms")
            )
        )
        legs_ms = self._search.legs_ms(
            starts.followed_by(Ends.of(behind)), Ends.of(before).followed_by(ends.take(columns))
        )
        rows = len(starts)
        gate, column = 0, len(before)
        for ground_columns, gates in grounds:
            here, there = (
                slice(gate, gate + len(gates)),
                slice(column, column + len(ground_columns)),
            )
            gate, column = here.stop, there.stop
            between_ms = np.ascontiguousarray(legs_ms[rows:, here][here])
            entered_ms = legs_ms[:rows, here].copy()
            for row in range(rows):
                nearest_gates(entered_ms[row], between_ms, np.empty(len(gates), dtype=np.int64))
            last_leg_ms = legs_ms[rows:, there][here]
            best = label_ms[:, ground_columns]
            for last in range(len(gates)):
                best = np.minimum(best, entered_ms[:, last : last + 1] + last_leg_ms[last])
            label_ms[:, ground_columns] = best

    def _time_on_edge(self, edge: int, start_fraction: float, end_fraction: float) -> int:
        """Label in ms from one place on an edge to another."""
        drive = self._drive(edge, start_fraction, edge, end_fraction)
        if drive is not None:
            return drive[0]
        start, end = (
            _Spots(np.array([edge]), np.array([f])) for f in (start_fraction, end_fraction)
        )
        return int(many_to_many(self.metric, start, end)[0, 0])


class ModeGates:
    """The gates of all no-through ground of a mode, worked out when first wanted."""

    def __init__(self, metric: Metric) -> None:
        self._network = metric.network
        self._mode = metric.mode

    @cached_property
    def all(self) -> ZoneGates:
        return ZoneGates(self._network, self._network.modes[self._mode])


def _matter(gates: Gates, from_inside: bool) -> bool:
    """Whether drives over these gates can beat one that pays at each of them: whoever comes from
    outside pays at a single gate once, and alike on every drive."""
    return len(gates) > 1 or (len(gates) == 1 and bool(from_inside))


def _on_one_edge(start: _Spots, end: _Spots) -> np.ndarray:
    """bool[start, end]."""
    return (start.edge[:, None] == end.edge[None, :]) & (start.edge[:, None] >= 0)


def _listed(metric: Metric, positions: Positions) -> tuple[list[int], list[float]]:
    """Edges and fractions of positions, checked."""
    edge, fraction = checked_positions(metric.network, positions)
    return edge.tolist(), fraction.tolist()


def _by_open_zones(metric: Metric, edges: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(grounds, indices of edges) for each different no-through ground that edges lie in."""
    index = np.flatnonzero(edges >= 0)
    pair = np.column_stack([metric.zone[2 * edges[index]], metric.zone[2 * edges[index] + 1]])
    inside = (pair >= 0).any(axis=1)
    index, pair = index[inside], pair[inside]
    _, group = np.unique(pair, axis=0, return_inverse=True)
    group = group.ravel()
    return [
        (open_zones(metric, edges[index[group == g]][:1]), index[group == g])
        for g in range(group.max() + 1 if len(group) else 0)
    ]
