"""The order in which a routing hierarchy takes the arcs of a map.

The order decides how large a customizable contraction hierarchy gets, and depends on the map's
shape alone. It comes from nested dissection: cut the junctions in two halves along few arcs, rank
the arcs across the cut highest, and do the same to both halves. Arcs are the vertices of the
hierarchy, so a cut through arcs is exactly a set of vertices that separates it (Buchhold, Wagner,
Zeitz and Zuendorf, "Customizable Contraction Hierarchies with Turn Costs", ATMOS 2020).

Measured on the 83,000 junctions and 185,000 arcs of the `wuhan` map, on the directed hierarchy:

=============================================  =========  =========  ==========================
order                                          time       shortcuts  triangles (customisation)
=============================================  =========  =========  ==========================
METIS, junctions, arcs ranked by their head    0.3 s      2.04 M     48.4 M
cuts by inertial flow, as here                 1.2 s      1.22 M     8.7 M
the same, one direction after the other        1.2 s      1.11 M     5.7 M
the same with 8 lines instead of 4             2.1 s      1.10 M     5.5 M
=============================================  =========  =========  ==========================

RoutingKit's inertial flow on the arcs themselves takes 3.9 s there and makes 1.43 M links and 9.4 M
triangles for police cars, where this order makes 1.19 M and 4.9 M. Ranking the arcs of small cells
by trial contraction instead of cutting them to the end saved 2 % of the links on this map, and cost
2 % more on `heidelberg` and on a map of a million junctions.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np

from geodata.kernels.hierarchy_cut import dissect

LINES = 4
"""Directions in which each cell is tried; 8 give 4 % fewer triangles for twice the time."""

END_SHARE = 0.25
"""Share of a cell's junctions that is source, and that is sink, of the flow."""

_PARTS = 64
"""Cells smaller than this part of the map are cut to the end by one thread at one go."""

Progress = Callable[[float], None]
"""Called with the share done, 0..1."""


def dissection_ranks(
    arc_tail: np.ndarray,
    arc_head: np.ndarray,
    east: np.ndarray,
    north: np.ndarray,
    progress: Progress | None = None,
    threads: int = 2,
) -> np.ndarray:
    """int32[arc]: rank of each arc, a permutation of 0..arcs-1; higher is more important.

    `arc_tail` and `arc_head` are the junctions of the arcs to be ranked, `east` and `north` where
    each junction lies, in any one unit.
    """
    junction_count = len(east)
    arc_rank = np.empty(len(arc_tail), dtype=np.int32)
    if junction_count == 0 or len(arc_tail) == 0:
        return arc_rank
    by_tail = np.argsort(arc_tail, kind="stable").astype(np.int32)
    shape = (
        *_neighbours(arc_tail, arc_head, junction_count),
        np.ascontiguousarray(east, dtype=np.float64),
        np.ascontiguousarray(north, dtype=np.float64),
        _firsts(arc_tail[by_tail], junction_count),
        np.ascontiguousarray(arc_head, dtype=np.int32),
        by_tail,
        arc_rank,
    )
    # Junctions that no arc meets would make cells of their own; they come last and are left out.
    used = np.zeros(junction_count, dtype=bool)
    used[arc_tail] = used[arc_head] = True
    order = np.flatnonzero(used).astype(np.int32)
    whole = len(order)
    small = max(1, whole // _PARTS)

    def cut(begin: int, end: int, lowest: int) -> tuple[int, np.ndarray]:
        to_the_end = end - begin <= small
        stop_size = 1 if to_the_end else end - begin - 1
        left = dissect(begin, end, lowest, stop_size, LINES, END_SHARE, order, *shape)
        return (
            end - begin if to_the_end else end - begin - int((left[:, 1] - left[:, 0]).sum())
        ), left

    done = 0
    with ThreadPoolExecutor(threads) as pool:
        running: set[Future] = {pool.submit(cut, 0, whole, 0)}
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                junctions_done, left = future.result()
                done += junctions_done
                for begin, end, lowest in left.tolist():
                    running.add(pool.submit(cut, begin, end, lowest))
            if progress is not None:
                progress(done / whole)
    return arc_rank


def _neighbours(
    arc_tail: np.ndarray, arc_head: np.ndarray, junction_count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first, neighbour, number of arcs between the two) of every junction."""
    apart = arc_tail != arc_head
    low = np.minimum(arc_tail, arc_head)[apart].astype(np.int64)
    high = np.maximum(arc_tail, arc_head)[apart].astype(np.int64)
    pair, arcs = np.unique(low * junction_count + high, return_counts=True)
    low, high = pair // junction_count, pair % junction_count
    here, there = np.concatenate([low, high]), np.concatenate([high, low])
    order = np.lexsort([there, here])
    return (
        _firsts(here[order], junction_count),
        there[order].astype(np.int32),
        np.concatenate([arcs, arcs])[order].astype(np.int32),
    )


def _firsts(group: np.ndarray, count: int) -> np.ndarray:
    """Where each of `count` groups begins in a rising array of group numbers, and its end."""
    return np.searchsorted(group, np.arange(count + 1)).astype(np.int32)
