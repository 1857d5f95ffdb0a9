"""The p-centre: posts from which the slowest demand is reached soonest, with a proof."""

from __future__ import annotations

import time

import numpy as np

from dispatch.errors import PlanningError
from dispatch.siting.problem import SitingProblem
from dispatch.siting.program import Program
from dispatch.siting.siting import Siting, first_post

LIMIT_S = 60.0


def p_centre(problem: SitingProblem, more: int, *, limit_s: float = LIMIT_S) -> Siting:
    """The posts that exist and `more` new ones whose longest time to any demand is least.

    Weights say only which demands count: those above 0. The value is in seconds. A time is possible
    when so few posts cover everybody within it; between times that are and times that are not,
    halving finds the least (Minieka, SIAM Review 12, 1970). Capacities do not matter here.
    """
    started_s = time.perf_counter()
    more = problem.check_more(more)
    meant = problem.weight > 0
    times_s = problem.time_s[:, meant]
    reach_s = times_s.min(axis=0)
    if np.isinf(reach_s).any():
        raise PlanningError(
            f"{int(np.isinf(reach_s).sum())} demands are reached from no candidate; leave them "
            "out, or offer candidates from which a way leads to them."
        )
    # No choice is better than every demand's own nearest candidate.
    known = np.unique(times_s[np.isfinite(times_s)])
    known = known[known >= reach_s.max()]
    chosen = _greedy(times_s, problem.existing, more)
    high = int(np.searchsorted(known, times_s[chosen].min(axis=0).max()))
    if high == len(known):
        high, chosen = len(known) - 1, None
    low = 0
    until_s = started_s + limit_s
    sure = True
    while low < high:
        middle = (low + high) // 2
        found, possible = _covering(times_s <= known[middle], problem.existing, more, until_s)
        if found is not None:
            chosen = found
            high = int(np.searchsorted(known, times_s[chosen].min(axis=0).max()))
        elif possible:  # neither found nor ruled out in time
            sure = False
            break
        else:
            low = middle + 1
    if chosen is None:
        chosen, _ = _covering(times_s <= known[high], problem.existing, more, until_s)
        if chosen is None:
            raise PlanningError(
                f"With {more} more posts some demand is reached from none; allow more posts."
            )
    units = np.zeros(len(problem), dtype=np.int64)
    units[chosen] = 1
    value = float(times_s[chosen].min(axis=0).max())
    return Siting(
        problem=problem,
        model="p-centre",
        units=units,
        value=value,
        bound=value if sure else float(known[low]),
        proven=sure,
        seconds=time.perf_counter() - started_s,
        post_of=first_post(problem, np.flatnonzero(units)),
    )


def _greedy(times_s: np.ndarray, existing: np.ndarray, more: int) -> np.ndarray:
    """The posts that exist, and one after another the nearest to whoever is worst off (Gonzalez,
    Theoretical Computer Science 38, 1985)."""
    chosen = np.flatnonzero(existing).tolist()
    for _ in range(more):
        now_s = times_s[chosen].min(axis=0) if chosen else np.full(times_s.shape[1], np.inf)
        order = np.argsort(times_s[:, int(now_s.argmax())], kind="stable")
        chosen.append(next(post for post in order.tolist() if post not in chosen))
    return np.array(chosen, dtype=np.int64)


def _covering(
    covers: np.ndarray, existing: np.ndarray, more: int, until_s: float
) -> tuple[np.ndarray | None, bool]:
    """(a choice that covers everybody, or None; whether there may be one)."""
    open_rows = ~covers[existing].any(axis=0)
    free = np.flatnonzero(~existing)
    rows = np.unique(covers[free][:, open_rows], axis=1)
    if rows.shape[1] and not rows.any(axis=0).all():
        return None, False
    program = Program()
    posts = program.variables(np.ones(len(free)), whole=True)
    post, row = np.nonzero(rows)
    program.rows(rows.shape[1], [(row, posts[post], 1.0)], lower=1.0)
    program.rows(1, [(np.zeros(len(free), int), posts, 1.0)], upper=float(more))
    solved = program.solve(until_s)
    if solved.x is None:
        return None, not solved.proven
    return np.concatenate([np.flatnonzero(existing), free[solved.x > 0.5]]), True
