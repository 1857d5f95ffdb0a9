"""Ways as runs of points that are really there."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np


class Runs(NamedTuple):
    """Unbroken lines of at least two points, in the order of their ways."""

    way: np.ndarray  # int64[run], index of the way it is part of
    first_point: np.ndarray  # int64[run + 1] into point
    point: np.ndarray  # int64[point of run], index of the point


def unbroken_runs(first_ref: np.ndarray, points: np.ndarray, warnings: Counter[str]) -> Runs:
    """The ways cut where points are missing.

    ``points`` is int64[ref], -1 where a point is missing; way i has those from ``first_ref[i]`` to
    ``first_ref[i + 1]``. A point that comes twice in a row counts once. What is left with one
    point is dropped and counted.
    """
    way_count = len(first_ref) - 1
    lengths = np.diff(first_ref)
    way = np.repeat(np.arange(way_count), lengths)
    known = points >= 0
    starts_way = np.zeros(len(points), bool)
    starts_way[first_ref[:-1][lengths > 0]] = True
    after_gap = np.concatenate(([True], ~known[:-1]))[: len(points)]
    # a run begins with its way or after a gap; a run's number is how many began up to here
    run = np.cumsum(known & (starts_way | after_gap))
    point, run, way = points[known], run[known], way[known]
    repeated = np.zeros(len(point), bool)
    repeated[1:] = (point[1:] == point[:-1]) & (run[1:] == run[:-1])
    point, run, way = point[~repeated], run[~repeated], way[~repeated]
    first = np.flatnonzero(np.diff(run, prepend=0))
    counts = np.diff(first, append=len(run))
    long_enough = counts >= 2
    keep = np.repeat(long_enough, counts)

    has_gap = np.zeros(way_count, bool)
    has_gap[np.repeat(np.arange(way_count), lengths)[~known]] = True
    if has_gap.any():
        warnings["a way lacks some of its points; the rest of it was kept"] += int(has_gap.sum())
    too_short = ~has_gap
    too_short[way[first[long_enough]]] = False
    if too_short.any():
        warnings["a way of fewer than two points was left out"] += int(too_short.sum())
    return Runs(
        way[first[long_enough]],
        np.concatenate(([0], np.cumsum(counts[long_enough]))).astype(np.int64),
        point[keep],
    )
