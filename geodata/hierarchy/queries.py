"""Searches over the weighed hierarchy of one mode, from seeds to seeds.

A *seed* is a vertex (an arc) with the time at the start of its arc; an *end* is a set of seeds: a
road position in its two directions, or a gate. Times here are labels, in which
``NO_THROUGH_MS`` stands for each no-through ground entered, the destination's own included.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from geodata.errors import MapFolderError
from geodata.hierarchy.shortcuts import ModeHierarchy
from geodata.hierarchy.weighing import LinkLengths, LinkWeights
from geodata.kernels.hierarchy_lengths import sweep_lengths
from geodata.kernels.hierarchy_query import (
    all_seeds,
    end_seeds,
    fastest_drive,
    seed_room,
    start_seeds,
)
from geodata.kernels.hierarchy_table import gather, sweep_table
from geodata.metric import Metric, read_only
from geodata.network import UNREACHABLE_MS

NEVER_MS = np.int64(2**40)
"""Stands for no way in sums."""


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """One end of a search."""

    vertex: np.ndarray  # int32[seed]
    time_ms: np.ndarray  # int64[seed], at the start of the vertex's arc
    arc: np.ndarray
    """int32[seed]: an arc that is driven before the seed's own, -1 for none; empty at an end."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Many ends of searches."""

    first: np.ndarray  # int64[end + 1] into vertex and time_ms
    vertex: np.ndarray  # int32[seed]
    time_ms: np.ndarray  # int64[seed]

    @classmethod
    def of(cls, seeds: Sequence[Seeds]) -> Ends:
        """Several ends, each given by its seeds; at least one."""
        first = np.zeros(len(seeds) + 1, dtype=np.int64)
        np.cumsum([len(end.vertex) for end in seeds], out=first[1:])
        return cls(
            first,
            np.concatenate([end.vertex for end in seeds]),
            np.concatenate([end.time_ms for end in seeds]),
        )

    def __len__(self) -> int:
        return len(self.first) - 1

    def take(self, index: np.ndarray) -> Ends:
        """The ends with these indices."""
        size = self.first[index + 1] - self.first[index]
        first = np.concatenate([[0], np.cumsum(size)])
        at = np.arange(first[-1]) + np.repeat(self.first[index] - first[:-1], size)
        return Ends(first, self.vertex[at], self.time_ms[at])

    def followed_by(self, more: Ends) -> Ends:
        """These ends, then those."""
        return Ends(
            np.concatenate([self.first, self.first[-1] + more.first[1:]]),
            np.concatenate([self.vertex, more.vertex]),
            np.concatenate([self.time_ms, more.time_ms]),
        )


class _Scratch:
    """Working memory of one search. Left as it was found."""

    __slots__ = ("after", "before", "from_start", "place", "to_end", "trail")

    def __init__(self, vertices: int) -> None:
        self.from_start = np.full(vertices, UNREACHABLE_MS, dtype=np.int32)
        self.to_end = np.full(vertices, UNREACHABLE_MS, dtype=np.int32)
        self.before = np.empty(vertices, dtype=np.int32)
        self.after = np.empty(vertices, dtype=np.int32)
        self.trail = np.empty(vertices, dtype=np.int32)
        self.place = np.full(vertices, -1, dtype=np.int32)


class ScratchPool:
    """Idle working memory for searches over one hierarchy: as much as ever ran at once."""

    def __init__(self, links: ModeHierarchy) -> None:
        self._vertices = links.vertex_count
        self._idle: deque[_Scratch] = deque()

    @contextmanager
    def borrowed(self) -> Iterator[_Scratch]:
        """Working memory for one search."""
        try:
            scratch = self._idle.pop()
        except IndexError:
            scratch = _Scratch(self._vertices)
        yield scratch
        # Not in a finally: what an exception left half done is thrown away.
        self._idle.append(scratch)


@dataclass(frozen=True, slots=True, eq=False)
class HierarchySearch:
    """Searches under one metric. Immutable: any number of threads may search at once."""

    links: ModeHierarchy
    metric: Metric
    weights: LinkWeights
    """Read-only, in the one form that the kernels are compiled for; see :func:`readable`."""
    pool: ScratchPool

    # --- seeds

    def start(self, edge: int, fraction: float, not_beyond: float = -1.0) -> Seeds:
        """A start at a fraction of an edge. On the way to a fraction of the same edge give that as
        `not_beyond`: where it lies behind, the arc has to be left and found again."""
        roads = self.metric.roads
        room = seed_room(edge, roads.first_out, roads.arc_next_copy)
        vertex, arc = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
        time_ms = np.empty(room, dtype=np.int64)
        count = start_seeds(
            edge,
            fraction,
            not_beyond,
            self.links.vertex_of_arc,
            self.weights.vertex_ms,
            roads.first_out,
            roads.out_arc,
            roads.out_cost,
            vertex,
            time_ms,
            arc,
        )
        return Seeds(vertex[:count], time_ms[:count], arc[:count])

    def destination(self, edge: int, fraction: float) -> Seeds:
        """A destination at a fraction of an edge, on any copy of its arcs."""
        roads = self.metric.roads
        room = seed_room(edge, roads.first_out, roads.arc_next_copy)
        vertex, time_ms = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int64)
        count = end_seeds(
            edge,
            fraction,
            self.links.vertex_of_arc,
            self.weights.vertex_ms,
            roads.arc_next_copy,
            vertex,
            time_ms,
        )
        return Seeds(vertex[:count], time_ms[:count], np.empty(0, dtype=np.int32))

    def starts(self, edges: np.ndarray, fractions: np.ndarray) -> Ends:
        """Many starts; edges of -1 have no seeds. They know of no destination on their own edge."""
        return self._all_ends(True, edges, fractions)

    def destinations(self, edges: np.ndarray, fractions: np.ndarray) -> Ends:
        """Many destinations; edges of -1 have no seeds."""
        return self._all_ends(False, edges, fractions)

    def _all_ends(self, of_starts: bool, edges: np.ndarray, fractions: np.ndarray) -> Ends:
        roads = self.metric.roads
        return Ends(
            *all_seeds(
                of_starts,
                edges,
                fractions,
                self.links.vertex_of_arc,
                self.weights.vertex_ms,
                roads.first_out,
                roads.out_arc,
                roads.out_cost,
                roads.arc_next_copy,
            )
        )

    def gates(
        self, left: np.ndarray, entered: np.ndarray, turn_ms: np.ndarray
    ) -> tuple[list[Seeds], list[Seeds]]:
        """(starts behind turns, ends made by turns) for turns from and to some arcs: to such an end
        one drives the arc left and turns. Turns on closed arcs have no seeds."""
        vertex_ms = self.weights.vertex_ms
        behind, before = [], []
        for arc_left, arc_entered, pass_ms in zip(
            self.links.vertex_of_arc[left], self.links.vertex_of_arc[entered], turn_ms, strict=True
        ):
            count = int(max(vertex_ms[arc_left], vertex_ms[arc_entered]) < UNREACHABLE_MS)
            none = np.full(count, -1, dtype=np.int32)
            at_once, through = (
                np.full(count, time_ms, dtype=np.int64)
                for time_ms in (0, vertex_ms[arc_left] + pass_ms)
            )
            behind.append(Seeds(np.full(count, arc_entered, dtype=np.int32), at_once, none))
            before.append(Seeds(np.full(count, arc_left, dtype=np.int32), through, none))
        return behind, before

    # --- searches

    def drive(self, start: Seeds, destination: Seeds) -> tuple[int, np.ndarray]:
        """(label in ms, base arcs in driving order) of the best drive between two ends; the label
        is ``UNREACHABLE_MS`` and the arcs are none where there is no way."""
        links, weights = self.links, self.weights
        with self.pool.borrowed() as scratch:
            label_ms, seed, vertices = fastest_drive(
                start.vertex,
                start.time_ms,
                destination.vertex,
                destination.time_ms,
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
        if label_ms >= UNREACHABLE_MS:
            return label_ms, vertices
        if not len(vertices):
            raise MapFolderError(
                "The map's routing hierarchy is damaged; compile the map again with "
                "`forestall map build`."
            )
        arcs = self.metric.roads.arc_base[links.arc_of_vertex[vertices]]
        if start.arc[seed] >= 0:
            arcs = np.concatenate([start.arc[seed : seed + 1], arcs])
        return label_ms, arcs

    def labels_ms(self, starts: Ends, destinations: Ends) -> np.ndarray:
        """int64[start, destination]: labels in ms, ``UNREACHABLE_MS`` where there is no way."""
        links, weights = self.links, self.weights
        up = (links.first_up, links.up_head, weights.up_ms)
        down = (links.first_down, links.down_head, weights.down_ms)
        # The larger side is gathered, the smaller one climbs in batches.
        if len(starts) >= len(destinations):
            gathered, climbing, swept, climbed = starts, destinations, up, down
        else:
            gathered, climbing, swept, climbed = destinations, starts, down, up
        labels = np.empty((len(gathered), len(climbing)), dtype=np.int64)
        with self.pool.borrowed() as scratch:
            sweep_table(
                gather(gathered.vertex, links.parent, scratch.place),
                scratch.place,
                gathered.first,
                gathered.vertex,
                gathered.time_ms,
                climbing.first,
                climbing.vertex,
                climbing.time_ms,
                links.parent,
                *swept,
                *climbed,
                scratch.to_end,
                labels,
            )
        return labels if gathered is starts else labels.T

    def lengths_m(
        self,
        measured: LinkLengths,
        starts: Ends,
        start_m: np.ndarray,
        destinations: Ends,
        destination_m: np.ndarray,
    ) -> np.ndarray:
        """float64[start, destination]: metres of the drives with the least labels, NaN where there
        is no way. `start_m` and `destination_m` (float32[seed]) lie between each seed's arc's start
        and the end, negative for a start."""
        links, weights = self.links, self.weights
        from_side = (starts.first, starts.vertex, starts.time_ms, start_m)
        to_side = (destinations.first, destinations.vertex, destinations.time_ms, destination_m)
        up = (links.first_up, links.up_head, weights.up_ms, measured.up_m)
        down = (links.first_down, links.down_head, weights.down_ms, measured.down_m)
        from_gathered = len(starts) >= len(destinations)
        sides = (*from_side, *to_side) if from_gathered else (*to_side, *from_side)
        lengths = np.full(
            (max(len(starts), len(destinations)), min(len(starts), len(destinations))), np.nan
        )
        with self.pool.borrowed() as scratch:
            sweep_lengths(
                gather(sides[1], links.parent, scratch.place),
                scratch.place,
                *sides,
                links.parent,
                *((*up, *down) if from_gathered else (*down, *up)),
                scratch.to_end,
                np.empty(links.vertex_count, dtype=np.float32),
                lengths,
            )
        return lengths if from_gathered else lengths.T

    def legs_ms(self, starts: Ends, destinations: Ends) -> np.ndarray:
        """int64[start, destination]: labels in ms that can be added up, ``NEVER_MS`` for no way."""
        labels = self.labels_ms(starts, destinations)
        return np.where(labels < UNREACHABLE_MS, labels, NEVER_MS)


def readable(weights: LinkWeights) -> LinkWeights:
    """The same weights, read-only: the one form that the query kernels are compiled for."""
    return LinkWeights(
        read_only(weights.vertex_ms, np.int32),
        read_only(weights.up_ms, np.int32),
        read_only(weights.down_ms, np.int32),
    )
