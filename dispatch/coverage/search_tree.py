"""The tree of fastest ways under one search of a survey, and what the search would be without a
source or with roads closed."""

from __future__ import annotations

import itertools

import numpy as np

from dispatch.coverage.doors import Doors
from dispatch.coverage.survey import Search
from dispatch.kernels.without import doors_without, find_parents, list_children, search_without
from geodata.metric import read_only
from geodata.network import UNREACHABLE_MS

_runs = itertools.count(1)

NOBODY = -1


class SearchTree:
    """One search's tree, with the memory for asking what if. Not shared between threads.

    `time_ms` is the row of the search in an array that the caller owns: times at doors, which a
    question overwrites and :meth:`restore` puts back.
    """

    def __init__(self, search: Search, doors: Doors, time_ms: np.ndarray) -> None:
        metric, anchors = search.field.metric, search.field.anchors
        network, roads = metric.network, metric.roads
        self.search = search
        self._time_ms = time_ms
        self._network = network
        self._turns = (
            roads.first_out,
            roads.out_arc,
            roads.out_cost,
            roads.first_in,
            roads.in_arc,
            roads.in_cost,
        )
        self._weight_ms = metric.travel_time_ms
        self._base = roads.arc_base
        self._next_copy = roads.arc_next_copy
        self._label_ms = search.field.arc_label_ms
        self._anchors = (anchors.edge, anchors.fraction, anchors.offset_ms)
        self._order = np.argsort(anchors.edge, kind="stable")
        arcs, sources = network.arc_count, len(anchors.edge)
        self._parent = np.full(arcs, -1, dtype=np.int32)
        find_parents(
            *self._turns,
            self._weight_ms,
            *self._anchors,
            self._label_ms,
            search.field.arc_winner,
            self._parent,
        )
        self._first_child = np.zeros(arcs + 2 * sources + 1, dtype=np.int64)
        self._child = np.empty(arcs, dtype=np.int32)
        list_children(self._parent, self._first_child, self._child)
        positions = doors.positions(search.mode)
        self._first_door = np.zeros(network.edge_count + 1, dtype=np.int64)
        on_road = np.flatnonzero(positions.edge >= 0)
        counts = np.bincount(positions.edge[on_road], minlength=network.edge_count)
        np.cumsum(counts, out=self._first_door[1:])
        by_edge = np.argsort(positions.edge[on_road], kind="stable")
        self._door_of_edge = on_road[by_edge].astype(np.int32)
        self._door_fraction = read_only(positions.fraction, np.float64)
        self._stamp = np.zeros(arcs, dtype=np.int64)
        self._shut = np.zeros(arcs, dtype=np.int64)
        self._edge_stamp = np.zeros(network.edge_count, dtype=np.int64)
        self._new_ms = np.empty(arcs, dtype=np.int32)
        self._affected = np.empty(arcs, dtype=np.int32)
        self._heap = np.empty(arcs + network.turn_count, dtype=np.int64)
        self._changed = np.empty(len(doors), dtype=np.int32)
        self._before_ms = np.empty(len(doors), dtype=np.int32)
        self._count = 0

    def without(self, removed: int = NOBODY, closed_edges: np.ndarray | None = None) -> np.ndarray:
        """int32[]: the doors whose time changes without a source (its place among the search's
        rows) or with edges closed; their new times stand in the caller's array then."""
        closed = self._arcs_of(closed_edges)
        run = next(_runs)
        affected = search_without(
            removed,
            closed,
            *self._turns,
            self._weight_ms,
            self._base,
            *self._anchors,
            self._order,
            self._label_ms,
            self._first_child,
            self._child,
            run,
            self._stamp,
            self._shut,
            self._new_ms,
            self._affected,
            self._heap,
        )
        self._count = doors_without(
            removed,
            closed,
            self._affected[:affected],
            run,
            self._stamp,
            self._shut,
            self._new_ms,
            self._label_ms,
            self._weight_ms,
            self._base,
            self._next_copy,
            *self._anchors,
            self._order,
            self._first_door,
            self._door_of_edge,
            self._door_fraction,
            self._edge_stamp,
            self._time_ms,
            self._changed,
            self._before_ms,
        )
        return self._changed[: self._count]

    def restore(self) -> None:
        """Puts the caller's times back as they were before the last question."""
        changed = self._changed[: self._count]
        self._time_ms[changed] = self._before_ms[: self._count]
        self._count = 0

    def _arcs_of(self, edges: np.ndarray | None) -> np.ndarray:
        """int32[]: the arcs of edges that the mode may use, copies included."""
        if edges is None or not len(edges):
            return np.empty(0, dtype=np.int32)
        arcs = np.concatenate([2 * edges, 2 * edges + 1]).astype(np.int32)
        arcs = arcs[self._weight_ms[arcs] < UNREACHABLE_MS]
        found = [arcs]
        copies = self._next_copy[arcs]
        while len(copies := copies[copies >= 0]):
            found.append(copies)
            copies = self._next_copy[copies]
        return np.concatenate(found).astype(np.int32)
