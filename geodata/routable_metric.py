"""Routes and tables all over the map, over a mode's hierarchy under one metric.

Answers are the same as those of the plain searches in :mod:`geodata.search`, thousands of times
faster on long ways. Where several ways are equally fast, either may be told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from geodata.anchors import Positions, check_single, checked_positions, open_zones
from geodata.changes import RoadChanges
from geodata.errors import MapFolderError, NoRouteError, OutOfNetworkError
from geodata.hierarchy import ModeHierarchy
from geodata.kernels.hierarchy_query import (
    all_seeds,
    end_seeds,
    fastest_drive,
    seed_room,
    start_seeds,
)
from geodata.kernels.hierarchy_table import gather, sweep_table
from geodata.metric import Metric, read_only
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS
from geodata.road_path import RoadPath
from geodata.search import many_to_many, shortest_path
from geodata.weighing import LinkWeights
from geodata.zone_gates import ZoneGates

MOST_GATES = 32
"""Ground with more gates is left to the plain search."""

_NEVER_MS = np.int64(2**40)
"""Stands for no way in sums."""


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """Arcs from which a search over the hierarchy starts, or at which it ends."""

    vertex: np.ndarray  # int32[seed]
    time_ms: np.ndarray  # int64[seed], at the start of the vertex's arc
    arc: np.ndarray
    """int32[seed]: an arc that is driven before the seed's own; -1 for none."""


class QueryScratch:
    """Working memory of one query. Left as it was found."""

    __slots__ = ("after", "before", "from_start", "place", "to_end", "trail")

    def __init__(self, vertices: int) -> None:
        self.from_start = np.full(vertices, UNREACHABLE_MS, dtype=np.int32)
        self.to_end = np.full(vertices, UNREACHABLE_MS, dtype=np.int32)
        self.before = np.empty(vertices, dtype=np.int32)
        self.after = np.empty(vertices, dtype=np.int32)
        self.trail = np.empty(vertices, dtype=np.int32)
        self.place = np.full(vertices, -1, dtype=np.int32)


class Workshop:
    """What all metrics of one mode share: its links, its gates, and idle working memory."""

    def __init__(self, links: ModeHierarchy, metric: Metric) -> None:
        self.links = links
        self.gates = ZoneGates(metric.network, metric.network.modes[metric.mode])
        self.first_turn = metric.roads.first_out
        self.turn_to = metric.roads.out_arc
        self._idle: deque[QueryScratch] = deque()

    @contextmanager
    def scratch(self) -> Iterator[QueryScratch]:
        """Working memory for one query; there is as much as queries ever ran at once."""
        try:
            scratch = self._idle.pop()
        except IndexError:
            scratch = QueryScratch(self.links.vertex_count)
        yield scratch
        # Not in a finally: what an exception left half done is thrown away.
        self._idle.append(scratch)


@dataclass(frozen=True, slots=True, eq=False)
class RoutableMetric:
    """A metric and the weights of all links under it. Immutable: any number of threads may ask it,
    and what is asked of one and the same object fits together."""

    metric: Metric
    weights: LinkWeights
    _workshop: Workshop

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
        start_edge, start_fraction = checked_positions(metric.network, origin)
        end_edge, end_fraction = checked_positions(metric.network, destination)
        for edge, which in ((start_edge[0], "start"), (end_edge[0], "destination")):
            if edge < 0:
                raise OutOfNetworkError(f"The {which} is on no road.")
        changed = None
        if changes is not None and changes:
            times = changes.arc_times(metric)
            if (times.travel_time_ms < metric.travel_time_ms[times.arc]).any():
                return shortest_path(metric, origin, destination, changes=changes)
            changed = times.arc
        found = self._drive(
            int(start_edge[0]), float(start_fraction[0]), int(end_edge[0]), float(end_fraction[0])
        )
        if found is None:
            return shortest_path(metric, origin, destination, changes=changes)
        label_ms, arcs = found
        if label_ms >= UNREACHABLE_MS:
            raise NoRouteError(f"No way that {metric.mode} may use leads from the start there.")
        if changed is not None and np.isin(arcs, changed).any():
            return shortest_path(metric, origin, destination, changes=changes)
        first, last = float(start_fraction[0]), float(end_fraction[0])
        return RoadPath(
            arcs=arcs,
            start_fraction=1.0 - first if arcs[0] & 1 else first,
            end_fraction=1.0 - last if arcs[-1] & 1 else last,
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
        start_edge, start_fraction = checked_positions(metric.network, sources)
        end_edge, end_fraction = checked_positions(metric.network, targets)
        starts = self._seeds_of_all(True, start_edge, start_fraction)
        ends = self._seeds_of_all(False, end_edge, end_fraction)
        label_ms = self._sweep(starts, ends)
        for zones, columns in _by_open_zones(metric, end_edge):
            left, entered, turn_ms = self._workshop.gates.into(zones)
            if len(left) > MOST_GATES:
                chosen = _Spots(end_edge[columns], end_fraction[columns])
                label_ms[:, columns] = many_to_many(metric, sources, chosen)
            elif len(left):
                self._improve_by_gates(label_ms, starts, ends, columns, left, entered, turn_ms)
        # A start and a destination on one edge: seeds know nothing of which lies ahead.
        rows, columns = np.nonzero(
            (start_edge[:, None] == end_edge[None, :]) & (start_edge[:, None] >= 0)
        )
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
            label_ms[i, j] = self._time_on_edge(
                int(start_edge[i]), float(start_fraction[i]), float(end_fraction[j])
            )
        label_ms[label_ms < UNREACHABLE_MS] %= int(NO_THROUGH_MS)
        return label_ms.astype(np.int32)

    # --- drives

    def _drive(
        self, start_edge: int, start_fraction: float, end_edge: int, end_fraction: float
    ) -> tuple[int, np.ndarray] | None:
        """(label in ms, base arcs in driving order), the label ``UNREACHABLE_MS`` where there is no
        way; None where the destination's ground has too many gates."""
        zones = open_zones(self.metric, np.array([end_edge]))
        gates = self._workshop.gates.into(zones) if len(zones) else None
        if gates is not None and len(gates[0]) > MOST_GATES:
            return None
        beyond = end_fraction if start_edge == end_edge else -1.0
        starts = self._start_seeds(start_edge, start_fraction, beyond)
        ends = self._end_seeds(end_edge, end_fraction)
        with self._workshop.scratch() as scratch:
            label_ms, arcs = self._search(starts, ends, scratch)
        if gates is None or len(gates[0]) == 0:
            return label_ms, arcs
        if (
            len(gates[0]) == 1
            and not np.isin(self.metric.zone[[2 * start_edge, 2 * start_edge + 1]], zones).any()
        ):
            return label_ms, arcs  # whoever comes from outside passes a single gate once
        if beyond >= 0.0:
            starts = self._start_seeds(start_edge, start_fraction, -1.0)
        return self._drive_by_gates(label_ms, arcs, starts, ends, *gates)

    def _drive_by_gates(
        self,
        label_ms: int,
        arcs: np.ndarray,
        starts: Seeds,
        ends: Seeds,
        left: np.ndarray,
        entered: np.ndarray,
        turn_ms: np.ndarray,
    ) -> tuple[int, np.ndarray]:
        """The better of a drive and the best one that enters the destination's ground, through any
        of its gates and as often as it likes, without surcharge."""
        from_gates, to_gates = self._gate_seeds(left, entered, turn_ms)
        gates = len(from_gates)
        first_leg = self._sweep(_listed([starts]), _listed(to_gates))[0]
        between = self._sweep(_listed(from_gates), _listed(to_gates))
        last_leg = self._sweep(_listed(from_gates), _listed([ends]))[:, 0]
        first_leg, between, last_leg = (
            np.where(time_ms < UNREACHABLE_MS, time_ms, _NEVER_MS)
            for time_ms in (first_leg, between, last_leg)
        )
        entered_ms = first_leg.copy()
        previous = np.full(gates, -1)
        for _ in range(gates):
            through = entered_ms[:, None] + between
            nearest = through.argmin(axis=0)
            better = through[nearest, np.arange(gates)] < entered_ms
            if not better.any():
                break
            previous[better] = nearest[better]
            entered_ms[better] = through[nearest, np.arange(gates)][better]
        total_ms = entered_ms + last_leg
        last = int(total_ms.argmin())
        if total_ms[last] >= min(label_ms, int(UNREACHABLE_MS)):
            return label_ms, arcs
        passed = [last]
        while previous[passed[-1]] >= 0:
            passed.append(int(previous[passed[-1]]))
        passed.reverse()
        pieces = []
        with self._workshop.scratch() as scratch:
            legs_from = [starts, *(from_gates[gate] for gate in passed)]
            legs_to = [*(to_gates[gate] for gate in passed), ends]
            for leg_from, leg_to in zip(legs_from, legs_to, strict=True):
                pieces.append(self._search(leg_from, leg_to, scratch)[1])
        return int(total_ms[last]), np.concatenate(pieces)

    def _search(
        self, starts: Seeds, ends: Seeds, scratch: QueryScratch, with_path: bool = True
    ) -> tuple[int, np.ndarray]:
        """(label in ms, base arcs in driving order) of the best drive between seeds."""
        links, weights = self._workshop.links, self.weights
        label_ms, start, _, vertices = fastest_drive(
            starts.vertex,
            starts.time_ms,
            ends.vertex,
            ends.time_ms,
            with_path,
            links.parent,
            links.first_up,
            links.up_head,
            links.first_down,
            links.down_head,
            links.first_up_in,
            links.up_in,
            links.up_in_tail,
            links.first_down_in,
            links.down_in,
            links.down_in_tail,
            links.first_up_turn,
            links.up_turn_link,
            links.up_turn_ms,
            links.first_down_turn,
            links.down_turn_link,
            links.down_turn_ms,
            weights.vertex_ms,
            weights.up_ms,
            weights.down_ms,
            scratch.from_start,
            scratch.before,
            scratch.to_end,
            scratch.after,
            scratch.trail,
        )
        if label_ms >= UNREACHABLE_MS or not with_path:
            return label_ms, vertices
        if not len(vertices):
            raise MapFolderError(
                "The map's routing hierarchy is damaged; compile the map again with "
                "`forestall map build`."
            )
        arcs = self.metric.roads.arc_base[links.arc_of_vertex[vertices]]
        if starts.arc[start] >= 0:
            arcs = np.concatenate([starts.arc[start : start + 1], arcs])
        return label_ms, arcs

    # --- seeds

    def _start_seeds(self, edge: int, fraction: float, not_beyond: float) -> Seeds:
        shop, roads = self._workshop, self.metric.roads
        room = seed_room(edge, shop.first_turn, roads.arc_next_copy)
        vertex, arc = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
        time_ms = np.empty(room, dtype=np.int64)
        count = start_seeds(
            edge,
            fraction,
            not_beyond,
            shop.links.vertex_of_arc,
            self.weights.vertex_ms,
            shop.first_turn,
            shop.turn_to,
            self.metric.turn_cost,
            vertex,
            time_ms,
            arc,
        )
        return Seeds(vertex[:count], time_ms[:count], arc[:count])

    def _end_seeds(self, edge: int, fraction: float) -> Seeds:
        shop, roads = self._workshop, self.metric.roads
        room = seed_room(edge, shop.first_turn, roads.arc_next_copy)
        vertex, time_ms = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int64)
        count = end_seeds(
            edge,
            fraction,
            shop.links.vertex_of_arc,
            self.weights.vertex_ms,
            roads.arc_next_copy,
            vertex,
            time_ms,
        )
        return Seeds(vertex[:count], time_ms[:count], np.empty(0, dtype=np.int32))

    def _gate_seeds(
        self, left: np.ndarray, entered: np.ndarray, turn_ms: np.ndarray
    ) -> tuple[list[Seeds], list[Seeds]]:
        """(starts behind each gate, ends that each gate makes): the latter with the time to pass
        it. Gates on closed arcs have no seeds."""
        links, vertex_ms = self._workshop.links, self.weights.vertex_ms
        from_gates, to_gates = [], []
        for before, behind, pass_ms in zip(
            links.vertex_of_arc[left], links.vertex_of_arc[entered], turn_ms, strict=True
        ):
            usable = max(vertex_ms[before], vertex_ms[behind]) < UNREACHABLE_MS
            count = 1 if usable else 0
            from_gates.append(
                Seeds(
                    np.full(count, behind, dtype=np.int32),
                    np.zeros(count, dtype=np.int64),
                    np.full(count, -1, dtype=np.int32),
                )
            )
            to_gates.append(
                Seeds(
                    np.full(count, before, dtype=np.int32),
                    np.full(count, vertex_ms[before] + pass_ms, dtype=np.int64),
                    np.full(count, -1, dtype=np.int32),
                )
            )
        return from_gates, to_gates

    # --- tables

    def _seeds_of_all(
        self, of_starts: bool, edges: np.ndarray, fractions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        shop, roads = self._workshop, self.metric.roads
        return all_seeds(
            of_starts,
            edges,
            fractions,
            shop.links.vertex_of_arc,
            self.weights.vertex_ms,
            shop.first_turn,
            shop.turn_to,
            self.metric.turn_cost,
            roads.arc_next_copy,
        )

    def _sweep(self, starts: tuple, ends: tuple) -> np.ndarray:
        """int64[start, end]: labels in ms between many seeds, (first, vertex, time) of each."""
        links, weights = self._workshop.links, self.weights
        up = (links.first_up, links.up_head, weights.up_ms)
        down = (links.first_down, links.down_head, weights.down_ms)
        start_count, end_count = len(starts[0]) - 1, len(ends[0]) - 1
        if start_count >= end_count:
            label_ms = np.empty((start_count, end_count), dtype=np.int64)
            sides = (starts, ends, up, down)
            out = label_ms
        else:
            out = np.empty((end_count, start_count), dtype=np.int64)
            label_ms = out.T
            sides = (ends, starts, down, up)
        gathered_side, climbed_side, swept, climbed = sides
        with self._workshop.scratch() as scratch:
            gathered = gather(gathered_side[1], links.parent, scratch.place)
            sweep_table(
                gathered,
                scratch.place,
                *gathered_side,
                *climbed_side,
                links.parent,
                *swept,
                *climbed,
                scratch.to_end,
                out,
            )
        return label_ms

    def _improve_by_gates(
        self,
        label_ms: np.ndarray,
        starts: tuple,
        ends: tuple,
        columns: np.ndarray,
        left: np.ndarray,
        entered: np.ndarray,
        turn_ms: np.ndarray,
    ) -> None:
        """Lowers labels to destinations in one ground to those of drives through its gates."""
        from_gates, to_gates = self._gate_seeds(left, entered, turn_ms)
        to_all, from_all = _listed(to_gates), _listed(from_gates)
        entered_ms, between, last_leg = (
            np.where(time_ms < UNREACHABLE_MS, time_ms, _NEVER_MS)
            for time_ms in (
                self._sweep(starts, to_all),
                self._sweep(from_all, to_all),
                self._sweep(from_all, _picked(ends, columns)),
            )
        )
        for gate in range(len(left)):
            between = np.minimum(between, between[:, gate : gate + 1] + between[gate])
        best = label_ms[:, columns]
        by_any = entered_ms
        for gate in range(len(left)):
            by_any = np.minimum(by_any, entered_ms[:, gate : gate + 1] + between[gate])
        for gate in range(len(left)):
            best = np.minimum(best, by_any[:, gate : gate + 1] + last_leg[gate])
        label_ms[:, columns] = best

    def _time_on_edge(self, edge: int, start_fraction: float, end_fraction: float) -> int:
        """Label in ms from one place on an edge to another."""
        found = self._drive(edge, start_fraction, edge, end_fraction)
        if found is not None:
            return found[0]
        place, goal = (
            _Spots(np.array([edge]), np.array([f])) for f in (start_fraction, end_fraction)
        )
        return int(many_to_many(self.metric, place, goal)[0, 0])


@dataclass(frozen=True, slots=True)
class _Spots:
    """Bare road positions."""

    edge: np.ndarray
    fraction: np.ndarray


def _listed(ends: list[Seeds]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first seed of each end, vertices, times) of several ends."""
    first = np.zeros(len(ends) + 1, dtype=np.int64)
    np.cumsum([len(end.vertex) for end in ends], out=first[1:])
    return (
        first,
        np.concatenate([end.vertex for end in ends]),
        np.concatenate([end.time_ms for end in ends]),
    )


def _picked(ends: tuple, index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The seeds of some of many ends."""
    first, vertex, time_ms = ends
    size = first[index + 1] - first[index]
    new_first = np.concatenate([[0], np.cumsum(size)])
    at = np.arange(new_first[-1]) + np.repeat(first[index] - new_first[:-1], size)
    return new_first, vertex[at], time_ms[at]


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


def readable(weights: LinkWeights) -> LinkWeights:
    """The same weights, in the one form that the query kernels are compiled for."""
    return LinkWeights(
        read_only(weights.vertex_ms, np.int32),
        read_only(weights.up_ms, np.int32),
        read_only(weights.down_ms, np.int32),
    )
