"""Weights of a hierarchy's links under a metric."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.kernels.hierarchy_customise import customise, recustomise
from geodata.kernels.hierarchy_lengths import measure
from geodata.metric import read_only
from geodata.network import RoadNetwork

if TYPE_CHECKING:
    from geodata.hierarchy.shortcuts import ModeHierarchy


def _topology(links: ModeHierarchy) -> tuple[np.ndarray, ...]:
    """The arrays of a hierarchy in the order in which the kernels take them."""
    return (
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
    )


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LinkWeights:
    """What every link of a mode's hierarchy costs under one metric."""

    vertex_ms: np.ndarray
    """int32[vertex]: time of the vertex's arc; ``UNREACHABLE_MS`` where it is closed."""
    up_ms: np.ndarray
    """int32[up link]: from the start of the lower arc to the start of the upper one, at the least;
    ``UNREACHABLE_MS`` where there is no way through lower arcs."""
    down_ms: np.ndarray
    """int32[down link]: from the start of the upper arc to the start of the lower one."""

    @classmethod
    def base(cls, links: ModeHierarchy) -> LinkWeights:
        """The weights under the map's own metric, which are kept with the map. Read-only."""
        return cls(links.base_vertex_ms, links.base_up_ms, links.base_down_ms)

    @classmethod
    def of(cls, links: ModeHierarchy, travel_time_ms: np.ndarray, threads: int = 2) -> LinkWeights:
        """The weights under any int32[arc] times, worked out from nothing."""
        weights = cls(
            np.ascontiguousarray(travel_time_ms[links.arc_of_vertex], dtype=np.int32),
            np.empty(len(links.up_head), dtype=np.int32),
            np.empty(len(links.down_head), dtype=np.int32),
        )
        given = (
            *(array.view(np.uint32) for array in _topology(links)),
            weights.vertex_ms,
            weights.up_ms,
            weights.down_ms,
        )
        scratch = deque(np.empty(links.vertex_count, dtype=np.int32) for _ in range(threads))

        def run(first: np.uint32, last: np.uint32) -> None:
            best_ms = scratch.pop()
            customise(first, last, *given, best_ms)
            scratch.append(best_ms)

        _in_all_ranges(links, run, threads)
        return weights

    @property
    def writeable(self) -> bool:
        return self.up_ms.flags.writeable

    def copy(self) -> LinkWeights:
        """The same weights in arrays that may be changed."""
        return LinkWeights(self.vertex_ms.copy(), self.up_ms.copy(), self.down_ms.copy())


@dataclass(frozen=True, slots=True, eq=False)
class LinkLengths:
    """Metres of the fastest way that each link stands for. Immutable."""

    up_m: np.ndarray  # float32[up link], infinite where there is no way
    down_m: np.ndarray  # float32[down link]

    @classmethod
    def of(
        cls, links: ModeHierarchy, weights: LinkWeights, vertex_m: np.ndarray, threads: int = 2
    ) -> LinkLengths:
        """The lengths under some weights, given the float32[vertex] lengths of the arcs."""
        lengths = cls(
            np.empty(len(links.up_head), dtype=np.float32),
            np.empty(len(links.down_head), dtype=np.float32),
        )
        given = (
            *(array.view(np.uint32) for array in _topology(links)),
            weights.vertex_ms,
            weights.up_ms,
            weights.down_ms,
            read_only(vertex_m, np.float32),
            lengths.up_m,
            lengths.down_m,
        )
        scratch = deque(
            (np.empty(links.vertex_count, np.int32), np.empty(links.vertex_count, np.float32))
            for _ in range(threads)
        )

        def run(first: np.uint32, last: np.uint32) -> None:
            memory = scratch.pop()
            measure(first, last, *given, *memory)
            scratch.append(memory)

        _in_all_ranges(links, run, threads)
        return cls(read_only(lengths.up_m, np.float32), read_only(lengths.down_m, np.float32))


def _in_all_ranges(
    links: ModeHierarchy, run: Callable[[np.uint32, np.uint32], None], threads: int
) -> None:
    """Runs over all ranges of vertices (first, last), in threads; a range waits for those that hold
    its vertices' descendants."""
    first, last = links.task_first.view(np.uint32), links.task_last.view(np.uint32)
    waits = links.task_waits.tolist()
    pending = np.bincount(links.task_waits[links.task_waits >= 0], minlength=len(waits))

    def start(task: int) -> int:
        run(first[task], last[task])
        return task

    with ThreadPoolExecutor(threads) as pool:
        running: set[Future] = {pool.submit(start, int(t)) for t in np.flatnonzero(pending == 0)}
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                waiting = waits[future.result()]
                if waiting >= 0:
                    pending[waiting] -= 1
                    if pending[waiting] == 0:
                        running.add(pool.submit(start, waiting))


@dataclass(frozen=True, slots=True, eq=False)
class WeightChanges:
    """Where weights differ from what they were before."""

    vertex: np.ndarray  # int32[]
    up_link: np.ndarray  # int32[]
    down_link: np.ndarray  # int32[]

    def take_over(self, new: LinkWeights, into: LinkWeights) -> None:
        """Writes the weights that changed into older ones."""
        into.vertex_ms[self.vertex] = new.vertex_ms[self.vertex]
        into.up_ms[self.up_link] = new.up_ms[self.up_link]
        into.down_ms[self.down_link] = new.down_ms[self.down_link]


class Reweigher:
    """Brings weights up to date after some arcs changed. For one thread at a time."""

    def __init__(self, links: ModeHierarchy, network: RoadNetwork) -> None:
        self._links = links
        self._first_turn = read_only(network.first_turn, np.int32)
        self._turn_to = read_only(network.turn_to, np.int32)
        self._up_doubtful = np.zeros(len(links.up_head), dtype=np.uint8)
        self._down_doubtful = np.zeros(len(links.down_head), dtype=np.uint8)
        self._waiting = np.zeros(links.vertex_count, dtype=np.uint8)
        self._heap = np.empty(links.vertex_count + 1, dtype=np.int64)

    def reweigh(
        self,
        old: LinkWeights,
        new: LinkWeights,
        changed_arcs: np.ndarray,
        travel_time_ms: np.ndarray,
    ) -> WeightChanges:
        """Makes `new`, a copy of `old`, right for int32[arc] times that differ from the old ones
        in `changed_arcs` only."""
        links = self._links
        changed_arcs = np.ascontiguousarray(changed_arcs, dtype=np.int32)
        vertex = links.vertex_of_arc[changed_arcs]
        new.vertex_ms[vertex[vertex >= 0]] = travel_time_ms[changed_arcs[vertex >= 0]]
        up_link, down_link = recustomise(
            changed_arcs,
            links.vertex_of_arc,
            self._first_turn,
            self._turn_to,
            *_topology(links),
            new.vertex_ms,
            new.up_ms,
            new.down_ms,
            read_only(old.up_ms, np.int32),
            read_only(old.down_ms, np.int32),
            self._up_doubtful,
            self._down_doubtful,
            self._waiting,
            self._heap,
        )
        return WeightChanges(vertex[vertex >= 0], up_link, down_link)
