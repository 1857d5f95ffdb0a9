"""The units at the places where they catch the largest share of the scenarios."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dispatch.interception.columns import Columns, undominated
from dispatch.interception.coverage_program import CoverageProgram
from dispatch.kernels.covering import caught_by, choose_greedily, soonest_of_places

SAME_SHARE = 1e-9
"""Shares that differ by less are equal: the order in which weights are added up matters as much."""

MANY_COLUMNS = 3_000
"""With more than this, the soonest units of each place are tried first."""

SHORTLIST = 6
"""So many of them."""

SHORTLIST_TIME = 0.4
"""Share of the time that may be spent on them."""

COST_OF_LEAST_MARGIN = 100.0
"""What a unit with the least margin costs beside one with the largest, which costs 1, when a plan
with a large least margin is looked for: found by trying, exact whatever it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Who stands where, and what that catches."""

    place_of_unit: dict[int, int]
    """Units sent and units that stood already. Whoever is not in it is not needed."""
    share: float
    """0..1: weight of the scenarios caught, of all weight; 0 where nothing weighs anything."""
    bound: float
    """No plan has a larger share."""
    gap: float
    """bound - share; 0 where `proven`."""
    proven: bool
    """No plan catches more."""
    ties_proven: bool
    """And none that catches as much has a larger least margin, or the same with fewer units."""
    caught: np.ndarray
    """bool[scenario]."""
    margin_s: float
    """The smallest margin of the units sent; inf where none is."""
    seconds: float
    """What it took."""


def best_coverage(
    columns: Columns,
    *,
    standing: Mapping[int, int] | None = None,
    limit_s: float = 2.0,
    ties_limit_s: float = math.inf,
    most_units: int | None = None,
) -> Coverage:
    """The plan with the largest share caught; of those the one whose smallest margin is largest;
    of those the one with the fewest units.

    standing      unit -> place: units that stay where they are. They are part of the plan, and are
                  counted neither as sent nor in its margin.
    limit_s       after so long the best plan found so far is returned, with its bound.
    ties_limit_s  once the largest share is proven, so much of that time is left for ties.
    most_units    no more are sent.

    A place that needs several units is held from the last of the first so many that are sent there.
    Exact: the three aims are solved one after another, each with those before it held, by integer
    programming over the columns that matter (see :func:`undominated`). Why leaving out all but the
    soonest `n` columns of a place is exact when at most `n` are sent: when a later one is sent to
    the place, one of the soonest `n` is sent nowhere, and in its stead catches as much, with no
    smaller margin.
    """
    return _Choosing(columns, dict(standing or {}), limit_s, ties_limit_s, most_units).best()


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Columns chosen, and what they are worth."""

    chosen: np.ndarray  # bool[column]
    weight: float
    margin_s: float
    sent: int


class _Choosing:
    """One answer in the making."""

    def __init__(
        self,
        columns: Columns,
        standing: dict[int, int],
        limit_s: float,
        ties_limit_s: float,
        most_units: int | None,
    ) -> None:
        self._started_s = time.perf_counter()
        self._until_s = self._started_s + limit_s
        self._ties_limit_s = ties_limit_s
        self._columns = columns
        self._place_of_standing = standing
        for unit, place in standing.items():
            if unit < 0 or not 0 <= place < len(columns.units_needed):
                raise ValueError(
                    f"Unit {unit} stands at {place}; places are 0 to "
                    f"{len(columns.units_needed) - 1}."
                )
        if most_units is not None and most_units < 0:
            raise ValueError("At least 0 units can be sent.")
        units = max([int(columns.unit.max(initial=-1)), *standing]) + 1
        place_of = np.full(units, -1, dtype=np.int64)
        place_of[list(standing)] = list(standing.values())
        stands_at = place_of[columns.unit]
        self._standing = stands_at == columns.place
        self._usable = undominated(columns) & (stands_at < 0)
        free = len(np.unique(columns.unit[self._usable]))
        self._most = free if most_units is None else min(most_units, free)
        self._limited = self._most < free
        self._place_first = np.searchsorted(
            columns.place, np.arange(len(columns.units_needed) + 1)
        ).astype(np.int64)
        self._total = float(columns.weight.sum())
        self._same = SAME_SHARE * self._total
        self._kept = self._soonest(self._usable, self._most) if self._limited else self._usable

    def best(self) -> Coverage:
        ceiling = self._ceiling(self._kept)
        best = self._greedy(self._kept)
        bound = ceiling
        if best.weight < bound - self._same:
            best, bound = self._most_share(best, bound)
        proven = best.weight >= bound - self._same
        ties_proven = False
        if proven:
            self._until_s = min(self._until_s, time.perf_counter() + self._ties_limit_s)
            best, ties_proven = self._break_ties(best, best.weight >= ceiling - self._same)
        return self._answer(best, bound, proven, ties_proven)

    # ------------------------------------------------------------------ the largest share

    def _most_share(self, best: _Plan, bound: float) -> tuple[_Plan, float]:
        """The plan that catches the most, and the proven bound."""
        if np.count_nonzero(self._kept) > MANY_COLUMNS:
            few = self._soonest(self._kept, SHORTLIST)
            solved = self._program(few).most_share(SHORTLIST_TIME * self._left_s())
            best = self._better(best, solved.chosen, few)
            if best.weight >= bound - self._same:
                return best, bound
        if self._left_s() > 0.0:
            solved = self._program(self._kept).most_share(self._left_s())
            best = self._better(best, solved.chosen, self._kept)
            # What HiGHS proves holds up to its own tolerance.
            bound = best.weight if solved.proven else max(best.weight, min(bound, solved.bound))
        return best, bound

    def _better(self, best: _Plan, solution: np.ndarray | None, among: np.ndarray) -> _Plan:
        if solution is None:
            return best
        found = self._pruned(self._spread(solution, among))
        return found if found.weight > best.weight + self._same else best

    # ------------------------------------------------------------------ margin, then units

    def _break_ties(self, best: _Plan, everything: bool) -> tuple[_Plan, bool]:
        """Of the plans that catch as much: the largest least margin, then the fewest units.

        With a least margin demanded, only columns of at least that margin are left, and whether
        they can still catch as much is asked of a greedy choice first, then of HiGHS, which is told
        to prefer large margins. It is asked for the largest margin with which the columns could do
        it at all if each could be chosen; then, again and again, for a little more than the best
        margin found: a "no" proves that to be the largest.
        """
        target = best.weight
        nobody = self._pruned(self._standing.copy())
        if nobody.weight >= target - self._same:
            return nobody, True
        margins_s = np.unique(self._columns.margin_s[self._kept])
        low = int(np.searchsorted(margins_s, best.margin_s, side="right")) - 1
        high = self._highest_possible(margins_s, low, target)
        asked = high
        while low < high:
            allowed = self._kept & (self._columns.margin_s >= margins_s[asked])
            found = self._greedy(allowed)
            if found.weight < target - self._same:
                cost = self._cost_of_margins(margins_s[low : high + 1])
                found, sure = self._catching(allowed, target, everything, cost)
                if found is None and not sure:
                    return best, False
            if found is None:
                high = asked - 1
            else:
                best = found
                low = max(asked, int(np.searchsorted(margins_s, best.margin_s)))
            asked = low + 1
        if best.sent <= 1:
            return best, True
        allowed = self._kept & (self._columns.margin_s >= margins_s[low])
        fewest, proven = self._catching(self._soonest(allowed, best.sent), target, everything)
        if fewest is None:
            return best, False
        return (fewest if fewest.sent < best.sent else best), proven

    def _cost_of_margins(self, margins_s: np.ndarray) -> np.ndarray:
        """float64[column]: what a column costs when large margins are preferred; `margins_s` are
        those between which the largest least margin lies, rising."""
        rank = np.searchsorted(margins_s, self._columns.margin_s) / max(len(margins_s) - 1, 1)
        return 1.0 + COST_OF_LEAST_MARGIN * np.square(1.0 - np.minimum(rank, 1.0))

    def _highest_possible(self, margins_s: np.ndarray, low: int, target: float) -> int:
        """The last margin from which on the columns could catch as much, each for itself."""
        high = len(margins_s) - 1
        while low < high:
            middle = (low + high + 1) // 2
            allowed = self._kept & (self._columns.margin_s >= margins_s[middle])
            if self._ceiling(allowed) >= target - self._same:
                low = middle
            else:
                high = middle - 1
        return high

    def _catching(
        self,
        allowed: np.ndarray,
        target: float,
        everything: bool,
        cost: np.ndarray | None = None,
    ) -> tuple[_Plan | None, bool]:
        """A plan that catches as much, with the fewest units or, where float64[column] `cost` is
        given, at a low cost; None where there is none, or none was found. And whether that is
        proven."""
        left_s = self._left_s()
        if left_s <= 0.0:
            return None, False
        among = allowed | self._standing
        program, weight = self._program(among), None if everything else target
        if cost is None:
            solved = program.fewest_units(weight, left_s)
        else:
            solved = program.at_low_cost(weight, cost[among], left_s)
        if solved.chosen is None:
            return None, solved.proven
        found = self._pruned(self._spread(solved.chosen, among))
        if found.weight < target - self._same:
            return None, False  # within the tolerance of HiGHS, but not within ours
        return found, solved.proven

    # ------------------------------------------------------------------ parts

    def _left_s(self) -> float:
        return self._until_s - time.perf_counter()

    def _program(self, among: np.ndarray) -> CoverageProgram:
        among = among | self._standing
        return CoverageProgram(
            self._columns.take(among),
            self._standing[among],
            self._most if self._limited else None,
        )

    def _spread(self, solution: np.ndarray, among: np.ndarray) -> np.ndarray:
        chosen = np.zeros(len(self._columns), dtype=bool)
        chosen[np.flatnonzero(among | self._standing)] = solution
        return chosen

    def _soonest(self, allowed: np.ndarray, count: int) -> np.ndarray:
        kept = np.zeros(len(allowed), dtype=bool)
        soonest_of_places(
            self._place_first, self._columns.units_needed, allowed, self._standing, count, kept
        )
        return kept & allowed

    def _ceiling(self, allowed: np.ndarray) -> float:
        """What is caught when every column is chosen that may be."""
        return self._weight(allowed | self._standing)

    def _greedy(self, allowed: np.ndarray) -> _Plan:
        columns = self._columns
        chosen = self._standing.copy()
        choose_greedily(
            columns.unit,
            columns.place,
            self._place_first,
            columns.margin_s,
            columns.first,
            columns.scenario,
            columns.weight,
            columns.units_needed,
            allowed,
            self._most,
            chosen,
        )
        return self._pruned(chosen)

    def _pruned(self, chosen: np.ndarray) -> _Plan:
        """The plan without units that add nothing; those with the smallest margin go first."""
        weight = self._weight(chosen)
        sent = np.flatnonzero(chosen & ~self._standing)
        for column in sent[np.argsort(self._columns.margin_s[sent], kind="stable")].tolist():
            chosen[column] = False
            if self._weight(chosen) < weight - self._same:
                chosen[column] = True
        margins_s = self._columns.margin_s[chosen & ~self._standing]
        weight = self._weight(chosen)
        return _Plan(chosen, weight, float(margins_s.min(initial=np.inf)), len(margins_s))

    def _weight(self, chosen: np.ndarray) -> float:
        return float(self._columns.weight[self._caught(chosen)].sum())

    def _caught(self, chosen: np.ndarray) -> np.ndarray:
        columns = self._columns
        caught = np.zeros(len(columns.weight), dtype=bool)
        caught_by(
            chosen, columns.place, columns.first, columns.scenario, columns.units_needed, caught
        )
        return caught

    def _answer(self, best: _Plan, bound: float, proven: bool, ties_proven: bool) -> Coverage:
        chosen = np.flatnonzero(best.chosen)
        place_of_unit = dict(self._place_of_standing)
        place_of_unit |= dict(
            zip(
                self._columns.unit[chosen].tolist(),
                self._columns.place[chosen].tolist(),
                strict=True,
            )
        )
        total = self._total or 1.0
        share = best.weight / total
        bound = share if proven else bound / total
        return Coverage(
            place_of_unit=place_of_unit,
            share=share,
            bound=bound,
            gap=bound - share,
            proven=bool(proven),
            ties_proven=bool(ties_proven),
            caught=self._caught(best.chosen),
            margin_s=best.margin_s,
            seconds=time.perf_counter() - self._started_s,
        )
