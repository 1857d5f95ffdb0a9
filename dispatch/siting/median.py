"""The p-median: posts from which the weighted time to everybody is least, with a proof.

1. A Lagrangian bound (the demand constraints relaxed; Narula, Ogbu, Samuelsson, Operations Research
   25, 1977) and, from the sets it opens, exchanges of one post for another (Teitz and Bart).
2. Candidates that the bound proves to be open, or not, in every better choice are fixed.
3. What is left is an integer program by radii (Elloumi, Computers & Operations Research 37, 2010):
   each demand pays for the step from one radius to the next unless a post lies within the first.
   HiGHS solves it, or tells by how much it may be better.
"""

from __future__ import annotations

import time

import numpy as np

from dispatch.errors import PlanningError
from dispatch.kernels.median import best_exchange, savings, served_times, two_nearest
from dispatch.siting.problem import WORST_S, SitingProblem
from dispatch.siting.program import Program
from dispatch.siting.siting import SAME, Siting, first_post

LIMIT_S = 60.0
ROUNDS = 1_500
"""Steps of the subgradient method at most."""
PATIENCE = 25
"""Steps without a better bound after which steps become half as long."""
LEAST_STEP = 1e-4
EXCHANGE_EVERY = 20
"""Rounds from whose opened sets exchanges start, beside those with a better bound."""
BOUNDING_TIME = 0.5
"""Share of the time that may be spent before the integer program."""


def p_median(
    problem: SitingProblem,
    more: int,
    *,
    worst_s: float = WORST_S,
    limit_s: float = LIMIT_S,
) -> Siting:
    """The posts that exist and `more` new ones with the least sum of weight times seconds.

    Slower than `worst_s`, and unreachable, counts as `worst_s`. With capacities, no post serves
    more weight than that; a demand may be shared between posts, and everybody is served.
    """
    started_s = time.perf_counter()
    more = problem.check_more(more)
    if not 0.0 < worst_s < np.inf:
        raise PlanningError(f"worst_s is more than 0 seconds, not {worst_s}.")
    if problem.capacity is not None:
        return _with_capacities(problem, more, worst_s, started_s, limit_s)
    cost = np.ascontiguousarray(np.minimum(problem.time_s, worst_s) * problem.weight)
    search = _Search(cost, problem.existing, more, started_s, limit_s)
    search.bound_and_exchange()
    if not search.proven:
        search.solve_rest()
    units = np.zeros(len(problem), dtype=np.int64)
    units[search.best] = 1
    return Siting(
        problem=problem,
        model="p-median",
        units=units,
        value=search.value,
        bound=min(search.bound, search.value),
        proven=search.proven,
        seconds=time.perf_counter() - started_s,
        post_of=first_post(problem, np.flatnonzero(units)),
    )


class _Search:
    """One answer in the making."""

    def __init__(
        self, cost: np.ndarray, existing: np.ndarray, more: int, started_s: float, limit_s: float
    ) -> None:
        self._cost = cost
        self._kept = np.flatnonzero(existing)
        self._free = np.flatnonzero(~existing)
        self._more = more
        self._until_s = started_s + limit_s
        self._bounding_until_s = started_s + BOUNDING_TIME * limit_s
        self._open = existing.copy()
        """bool[candidate]: in every choice that is better than the best known."""
        self._shut = np.zeros(len(existing), dtype=bool)
        """bool[candidate]: in none of them."""
        self.best = self._kept
        self.value = np.inf
        self.bound = -np.inf
        self._tried: set[bytes] = set()
        self._exchange(self._greedy())

    @property
    def proven(self) -> bool:
        return self.value - self.bound <= SAME * abs(self.value)

    def bound_and_exchange(self) -> None:
        cost, more = self._cost, self._more
        posts, demands = cost.shape
        saved, times = np.empty(posts), np.empty(demands, dtype=np.int64)
        # The prices that an optimal choice would have lie between the two nearest of a good one.
        _, first, second = self._served(self.best)
        price = np.where(np.isfinite(second), (first + second) / 2.0, first * 1.5)
        step, stale = 1.0, 0
        for count in range(ROUNDS):
            savings(cost, price, saved)
            free = self._free[~self._shut[self._free]]
            order = free[np.argsort(saved[free], kind="stable")]
            opened = np.concatenate([self._kept, order[:more]])
            value = float(price.sum() + saved[opened].sum())
            better = value > self.bound
            self._fix(value, saved, order)
            if better:
                stale = 0 if value > self.bound + 1e-5 * abs(self.bound) else stale + 1
                self.bound = value
            else:
                stale += 1
            if better or count % EXCHANGE_EVERY == 0:
                self._exchange(opened)
            if stale > PATIENCE:
                step, stale = step / 2.0, 0
            if self.proven or step < LEAST_STEP or time.perf_counter() > self._bounding_until_s:
                break
            served_times(cost, price, opened, times)
            slope = 1.0 - times
            square = float(slope @ slope)
            if square == 0.0:
                self.bound = max(self.bound, value)
                break
            price += step * (1.01 * self.value - value) / square * slope
            np.maximum(price, 0.0, out=price)

    def _fix(self, value: float, saved: np.ndarray, order: np.ndarray) -> None:
        """Step 2: what a candidate's being open, or not, would do to the bound."""
        more, room = self._more, self.value - value
        if not np.isfinite(room) or more == 0:
            self._shut[order] |= more == 0
            return
        slack = SAME * abs(self.value)
        chosen, others = order[:more], order[more:]
        if len(chosen):
            self._shut[others[saved[others] - saved[chosen[-1]] > room + slack]] = True
        if len(others):
            self._open[chosen[saved[others[0]] - saved[chosen] > room + slack]] = True

    def solve_rest(self) -> None:
        """Step 3."""
        cost = self._cost
        kept = np.flatnonzero(self._open)
        free = np.flatnonzero(~self._open & ~self._shut)
        more = self._more - int(self._open[self._free].sum())
        if len(free) <= more:
            # All that is left fits: it is the only choice that could be better.
            self._take(np.concatenate([kept, free]))
            self.bound = self.value
            return
        ceiling = cost[kept].min(axis=0) if len(kept) else np.full(cost.shape[1], np.inf)
        program = Program()
        posts = program.variables(np.zeros(len(free)), whole=True)
        program.rows(1, [(np.zeros(len(free), int), posts, 1.0)], upper=float(more))
        if not len(kept):
            program.rows(1, [(np.zeros(len(free), int), posts, 1.0)], lower=1.0)
        fixed = self._add_radii(program, posts, cost[free], ceiling)
        solved = program.solve(self._until_s)
        if solved.x is not None:
            self._take(np.concatenate([kept, free[solved.x[posts] > 0.5]]))
        if solved.proven:
            self.bound = self.value
        else:
            self.bound = max(self.bound, min(solved.bound + fixed, self.value))

    def _add_radii(self, program, posts, cost, ceiling) -> float:
        """Adds what each demand pays beyond its cheapest; returns the sum of the cheapest.

        # RULE 1: radii of a demand are the costs of the candidates left, below its ceiling, which
                  is the cost of what is open anyway, or of the dearest candidate.
        # RULE 2: beyond[k] = 1 where no post lies within radius k: beyond[k] + the posts that lie
                  at radius k >= beyond[k - 1], and what comes before the first is 1.
        # RULE 3: demands with the same order of posts over the same steps are one.
        """
        top = np.minimum(ceiling, cost.max(axis=0))
        steps: dict[tuple[bytes, bytes], np.ndarray] = {}
        base = 0.0
        for demand in range(cost.shape[1]):
            below = np.flatnonzero(cost[:, demand] < top[demand])
            if not len(below):
                base += float(top[demand])
                continue
            order = below[np.argsort(cost[below, demand], kind="stable")]
            here = cost[order, demand]
            level = np.concatenate([[0], np.cumsum(np.diff(here) > 0)])
            radii = np.append(here[np.flatnonzero(np.diff(level, prepend=-1))], top[demand])
            base += float(radii[0])
            # Posts of one radius are a set: their order among each other does not matter.
            order = order[np.lexsort((order, level))]
            key = order.astype(np.int32).tobytes(), level.astype(np.int32).tobytes()
            rise = np.diff(radii)
            steps[key] = steps[key] + rise if key in steps else rise
        if not steps:
            return base
        rises = list(steps.values())
        count = np.array([len(rise) for rise in rises])
        first = np.cumsum(count) - count
        beyond = program.variables(np.concatenate(rises))
        own = np.arange(len(beyond))
        starts = np.zeros(len(beyond), dtype=bool)
        starts[first] = True
        follows = own[~starts]
        row, post = [], []
        for (order, level), begin in zip(steps, first, strict=True):
            row.append(begin + np.frombuffer(level, dtype=np.int32))
            post.append(np.frombuffer(order, dtype=np.int32))
        entries = [
            (own, beyond, 1.0),
            (follows, beyond[follows - 1], -1.0),
            (np.concatenate(row), posts[np.concatenate(post)], 1.0),
        ]
        program.rows(len(beyond), entries, lower=np.where(starts, 1.0, 0.0))
        return base

    def _greedy(self) -> np.ndarray:
        """The kept ones, and one after another whichever brings most."""
        cost, chosen = self._cost, list(self._kept)
        now = cost[self._kept].min(axis=0) if chosen else cost.max(axis=0)
        saved = np.empty(len(cost))
        for _ in range(self._more):
            savings(cost, now, saved)
            saved[chosen] = np.inf
            chosen.append(int(saved.argmin()))
            now = np.minimum(now, cost[chosen[-1]])
        return np.array(chosen, dtype=np.int64)

    def _exchange(self, chosen: np.ndarray) -> None:
        """Exchanges posts of a set until no exchange makes it better."""
        cost = self._cost
        chosen = chosen.astype(np.int64).copy()
        fixed = np.isin(chosen, self._kept)
        while (key := np.sort(chosen).tobytes()) not in self._tried:
            self._tried.add(key)
            nearest, first, second = self._served(chosen)
            is_chosen = np.zeros(len(cost), dtype=bool)
            is_chosen[chosen] = True
            gain, opened, closed = best_exchange(
                cost, chosen, fixed, nearest, first, second, is_chosen
            )
            total = float(first.sum())
            if gain <= SAME * total or time.perf_counter() > self._bounding_until_s:
                break
            chosen[closed] = opened
        self._take(chosen)

    def _served(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        demands = self._cost.shape[1]
        nearest = np.empty(demands, dtype=np.int64)
        first, second = np.empty(demands), np.empty(demands)
        two_nearest(self._cost, chosen, nearest, first, second)
        return nearest, first, second

    def _take(self, chosen: np.ndarray) -> None:
        value = float(self._cost[chosen].min(axis=0).sum())
        if value < self.value:
            self.value, self.best = value, np.sort(chosen)


def _with_capacities(
    problem: SitingProblem, more: int, worst_s: float, started_s: float, limit_s: float
) -> Siting:
    """Every demand is shared out among posts that have room, as one program."""
    posts_count, demands = problem.time_s.shape
    cost = np.minimum(problem.time_s, worst_s) * problem.weight
    program = Program()
    posts = program.variables(np.zeros(posts_count), lower=problem.existing, whole=True)
    free = np.flatnonzero(~problem.existing)
    program.rows(1, [(np.zeros(len(free), int), posts[free], 1.0)], upper=float(more))
    post, demand = (index.ravel() for index in np.indices(cost.shape))
    share = program.variables(cost.ravel())
    row = np.arange(len(share))
    program.rows(demands, [(demand, share, 1.0)], lower=1.0, upper=1.0)
    program.rows(len(share), [(row, share, 1.0), (row, posts[post], -1.0)], upper=0.0)
    own = np.arange(posts_count)
    entries = [(post, share, problem.weight[demand]), (own, posts, -problem.capacity)]
    program.rows(posts_count, entries, upper=0.0)
    solved = program.solve(started_s + limit_s)
    if solved.x is None:
        if solved.proven:
            raise PlanningError(
                f"No {more} more posts have room for everybody; raise capacities, or allow more "
                "posts."
            )
        raise PlanningError("Nothing was found within the time limit; raise limit_s.")
    units = np.rint(solved.x[posts]).astype(np.int64)
    shares = solved.x[share].reshape(cost.shape)
    return Siting(
        problem=problem,
        model="p-median",
        units=units,
        value=solved.value,
        bound=solved.bound,
        proven=solved.proven,
        seconds=time.perf_counter() - started_s,
        post_of=np.where(shares.max(axis=0) > SAME, shares.argmax(axis=0), -1),
        note="Demands shared between posts are told with the one that serves most of them.",
    )
