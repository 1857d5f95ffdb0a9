"""Small siting problems, and the best choice by trying all of them."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement

import numpy as np

from dispatch.siting.problem import SitingProblem


def random_problem(
    seed: int,
    candidates: int = 8,
    demands: int = 20,
    existing: int = 0,
    *,
    unreachable: float = 0.0,
    capacity: tuple[float, float] | None = None,
) -> SitingProblem:
    """Places on a plane of some kilometres; times are whole seconds, so that many tie."""
    rng = np.random.default_rng(seed)
    homes, posts = rng.random((demands, 2)) * 6_000, rng.random((candidates, 2)) * 6_000
    time_s = np.rint(30 + np.linalg.norm(posts[:, None] - homes[None], axis=2) / 10)
    time_s[rng.random(time_s.shape) < unreachable] = np.inf
    weight = rng.integers(0, 30, demands).astype(float)
    weight[0] = 5.0
    return SitingProblem.of_times(
        time_s,
        weight,
        existing=np.arange(candidates) < existing,
        capacity=None if capacity is None else rng.uniform(*capacity, candidates),
    )


def choices(problem: SitingProblem, more: int):
    """All sets of the existing posts and `more` new ones."""
    kept = np.flatnonzero(problem.existing).tolist()
    for new in combinations(np.flatnonzero(~problem.existing).tolist(), more):
        yield np.array([*kept, *new])


def covered(problem: SitingProblem, chosen: np.ndarray, within_s: float) -> float:
    return float(problem.weight[(problem.time_s[chosen] <= within_s).any(axis=0)].sum())


def weighted_time(problem: SitingProblem, chosen: np.ndarray, worst_s: float = 3_600.0) -> float:
    soonest = np.minimum(problem.time_s[chosen], worst_s).min(axis=0)
    return float((soonest * problem.weight).sum())


def longest_time(problem: SitingProblem, chosen: np.ndarray) -> float:
    return float(problem.time_s[chosen][:, problem.weight > 0].min(axis=0).max())


def placements(problem: SitingProblem, units: int, most: int):
    """All ways, as int64[candidate], to place so many units, one at least at each existing post."""
    for places in combinations_with_replacement(range(len(problem)), units):
        count = np.bincount(places, minlength=len(problem))
        if count.max() <= most and (count[problem.existing] >= 1).all():
            yield count


def expected(problem: SitingProblem, count: np.ndarray, within_s: float, busy: float) -> float:
    reach = count @ (problem.time_s <= within_s)
    return float((problem.weight * (1 - busy**reach) * (reach > 0)).sum())
