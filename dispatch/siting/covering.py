"""Covering models: everybody within a time, or as many as possible.

LSCP    the fewest posts that cover everybody (Toregas, Swain, ReVelle, Bergman, Operations Research
        19, 1971)
MCLP    most covered by so many posts (Church and ReVelle, Papers of the RSA 32, 1974)
MEXCLP  most covered by so many units, each of which is busy a share of the time (Daskin,
        Transportation Science 17, 1983)
"""

from __future__ import annotations

import time
from numbers import Integral

import numpy as np

from dispatch.errors import PlanningError
from dispatch.siting.problem import SitingProblem
from dispatch.siting.program import Program, Solved
from dispatch.siting.siting import Siting, first_post

LIMIT_S = 60.0
LEAST_CHANCE = 1e-9
"""Units in reach are told apart until that none is free is less likely than this."""
MORE_UNITS = 4
"""Units that one post can have at most, unless said otherwise: cars in front of a station."""


def lscp(problem: SitingProblem, within_s: float, *, limit_s: float = LIMIT_S) -> Siting:
    """The fewest posts that are at every demand within a time; the value is their number.

    Demands that no candidate reaches in time are left out, and the note says how many. With a
    capacity, posts also suffice for what each of them serves; a demand may be shared between posts.
    """
    started_s = time.perf_counter()
    covers = _covers(problem, within_s)
    meant = covers.any(axis=0) & (problem.weight > 0)
    if not meant.any():
        raise PlanningError(
            f"No candidate is at any demand within {within_s:g} s; allow more time, or offer "
            "candidates that are nearer."
        )
    program = Program()
    posts = program.variables(np.ones(len(problem)), lower=problem.existing, whole=True)
    if problem.capacity is None:
        rows = np.unique(covers[:, meant], axis=1)
        post, row = np.nonzero(rows)
        program.rows(rows.shape[1], [(row, posts[post], 1.0)], lower=1.0)
    else:
        _share_out(program, problem, posts, covers & meant, lower=np.where(meant, 1.0, 0.0))
    solved = program.solve(started_s + limit_s)
    if solved.x is None:
        _refuse(solved, "capacities are too small for all that is to be covered; raise them, or")
    left_out = int((~covers.any(axis=0) & (problem.weight > 0)).sum())
    note = f"{left_out} demands that no candidate reaches in time are left out." if left_out else ""
    return _answer(problem, "LSCP", solved, posts, started_s, within_s, sign=1.0, note=note)


def mclp(problem: SitingProblem, more: int, within_s: float, *, limit_s: float = LIMIT_S) -> Siting:
    """The posts that exist and `more` new ones that cover the most weight within a time.

    With a capacity no post covers more weight than that; a demand may be shared between posts.
    """
    started_s = time.perf_counter()
    more = problem.check_more(more)
    covers = _covers(problem, within_s)
    program = Program()
    posts = program.variables(np.zeros(len(problem)), lower=problem.existing, whole=True)
    free = np.flatnonzero(~problem.existing)
    program.rows(1, [(np.zeros(len(free), int), posts[free], 1.0)], upper=float(more))
    if problem.capacity is None:
        groups, weight = _grouped(covers, problem.weight)
        covered = program.variables(-weight)
        post, group = np.nonzero(groups)
        entries = [(np.arange(len(weight)), covered, 1.0), (group, posts[post], -1.0)]
        program.rows(len(weight), entries, upper=0.0)
    else:
        _share_out(program, problem, posts, covers, gain=problem.weight)
    solved = program.solve(started_s + limit_s)
    if solved.x is None:
        _refuse(solved)
    return _answer(problem, "MCLP", solved, posts, started_s, within_s, sign=-1.0)


def mexclp(
    problem: SitingProblem,
    units: int,
    within_s: float,
    busy: float,
    *,
    most_at_a_post: int = MORE_UNITS,
    limit_s: float = LIMIT_S,
) -> Siting:
    """Where `units` units in all should stand when each is busy a share of the time: the most
    weight that is expected to find a free one within a time. One stays at each post that exists.

    A demand that `k` units can reach in time is covered with probability ``1 - busy ** k``: units
    are thought busy independently of each other, as Daskin does.
    """
    started_s = time.perf_counter()
    if not 0.0 <= busy < 1.0:
        raise PlanningError(f"The busy fraction is 0 or more and below 1, not {busy}.")
    standing = int(problem.existing.sum())
    most = len(problem) * most_at_a_post
    if not isinstance(units, Integral) or not max(standing, 1) <= units <= most:
        raise PlanningError(
            f"With {standing} posts that exist and {len(problem)} places for {most_at_a_post} "
            f"units each, {units} units cannot be placed; at least {max(standing, 1)} can."
        )
    upper = np.full(len(problem), float(most_at_a_post))
    if problem.capacity is not None:
        upper = np.maximum(np.minimum(upper, np.floor(problem.capacity)), problem.existing)
    groups, weight = _grouped(_covers(problem, within_s), problem.weight)
    program = Program()
    posts = program.variables(
        np.zeros(len(problem)), lower=problem.existing, upper=upper, whole=True
    )
    program.rows(1, [(np.zeros(len(posts), int), posts, 1.0)], upper=float(units))
    add_expected(program, groups, weight, posts, units, busy)
    solved = program.solve(started_s + limit_s)
    if solved.x is None:
        _refuse(solved)
    return _answer(problem, "MEXCLP", solved, posts, started_s, within_s, sign=-1.0)


def add_expected(
    program: Program,
    groups: np.ndarray,
    weight: np.ndarray,
    posts: np.ndarray,
    units: int,
    busy: float,
    standing: np.ndarray | None = None,
) -> None:
    """Adds the expected cover to a program: levels 1, 2, 3 ... of each demand, each worth what one
    more unit adds, and no more levels than units in reach.

    `groups` is bool[variable of posts, group]. Groups differ in how many could reach them, and so
    in their levels. The gain of a level falls with its number, so levels fill in order by
    themselves. `standing` is int64[group]: units in reach that are no variable.
    """
    could = groups.sum(axis=0) * units
    depth = np.minimum(could, units) if standing is None else np.minimum(could, units) + standing
    told_apart = 1 if busy == 0.0 else 1 + int(np.log(LEAST_CHANCE) / np.log(busy))
    depth = np.minimum(depth, told_apart)
    group = np.repeat(np.arange(len(weight)), depth)
    level = np.arange(len(group)) - np.repeat(np.cumsum(depth) - depth, depth)
    gain = weight[group] * (1.0 - busy) * busy ** level.astype(np.float64)
    held = program.variables(-gain)
    post, row = np.nonzero(groups)
    upper = 0.0 if standing is None else standing.astype(np.float64)
    program.rows(len(weight), [(group, held, 1.0), (row, posts[post], -1.0)], upper=upper)


def expected_cover(count: np.ndarray, weight: np.ndarray, busy: float) -> float:
    """The weight expected to find a free unit, where so many (int64[demand]) are in reach."""
    reached = count > 0
    return float((weight[reached] * (1.0 - busy ** count[reached])).sum())


def _covers(problem: SitingProblem, within_s: float) -> np.ndarray:
    """bool[candidate, demand]."""
    if not 0.0 < within_s < np.inf:
        raise PlanningError(f"A time to cover within is more than 0 seconds, not {within_s}.")
    return problem.time_s <= within_s


def _grouped(covers: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(bool[candidate, group], float64[group]): demands that the same posts cover are one; those
    that none covers are left out."""
    meant = covers.any(axis=0) & (weight > 0)
    if not meant.any():
        raise PlanningError(
            "No candidate is at any demand in time; allow more time, or offer nearer candidates."
        )
    groups, place = np.unique(covers[:, meant], axis=1, return_inverse=True)
    return groups, np.bincount(place.ravel(), weights=weight[meant])


def _share_out(program: Program, problem: SitingProblem, posts, covers, *, lower=0.0, gain=None):
    """Shares of demands served by posts, no more than each post's capacity."""
    post, demand = np.nonzero(covers)
    cost = np.zeros(len(post)) if gain is None else -gain[demand]
    share = program.variables(cost)
    count = covers.shape[1]
    program.rows(count, [(demand, share, 1.0)], lower=lower, upper=1.0)
    program.rows(
        len(problem),
        [
            (post, share, problem.weight[demand]),
            (np.arange(len(problem)), posts, -problem.capacity),
        ],
        upper=0.0,
    )
    row = np.arange(len(post))
    program.rows(len(post), [(row, share, 1.0), (row, posts[post], -1.0)], upper=0.0)


def _refuse(solved: Solved, why: str = "") -> None:
    if solved.proven:
        raise PlanningError(f"No choice of posts is possible: {why} offer more candidates.")
    raise PlanningError("Nothing was found within the time limit; raise limit_s.")


def _answer(
    problem: SitingProblem,
    model: str,
    solved: Solved,
    posts: np.ndarray,
    started_s: float,
    within_s: float,
    *,
    sign: float,
    note: str = "",
) -> Siting:
    units = np.rint(solved.x[posts]).astype(np.int64)
    return Siting(
        problem=problem,
        model=model,
        units=units,
        value=sign * solved.value,
        bound=sign * solved.bound,
        proven=solved.proven,
        seconds=time.perf_counter() - started_s,
        post_of=first_post(problem, np.flatnonzero(units), within_s),
        note=note,
    )
