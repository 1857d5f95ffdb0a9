"""The integer programs behind the best coverage.

Solved by HiGHS through :func:`scipy.optimize.milp`: SciPy is there anyway, its wheel carries HiGHS,
and the solver runs without the GIL. What highspy would add, a first solution to start from, is not
missed: a greedy choice is kept outside the solver, and the bound is what takes the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from dispatch.interception.columns import Columns
from dispatch.kernels.covering import count_levels

WEIGHT_SPREAD = 1e6
"""Weights are scaled so that the least counts 1, for HiGHS stops at an absolute gap of 1e-6; but
none counts more than this, for it takes what differs by 1e-6 for equal."""
LOW_COST = 0.2
"""A cost is low when it is within this share of itself from the least."""
WHOLE = 1e-9
"""Weights that differ from whole numbers by less are whole."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What a program ended with."""

    chosen: np.ndarray | None
    """bool[column]; None where nothing was found."""
    bound: float
    """No choice is better: of the share at most, of the units at least so much."""
    proven: bool
    """The choice is the best; or there is none, where nothing was found."""


class CoverageProgram:
    """Columns as rows and variables.

    x[column] = 1 where the unit is sent there. A *level* of a place is a set of its soonest columns
    that all catch the same scenarios: y[level] = 1 where the place is held by some of them. With
    one unit needed, y[level] <= y[level above] + the x in between; with k needed,
    k y[level] <= the x of the level and all above. A scenario is caught when one of its levels is
    held. So there are as many entries as columns and as scenarios at places, and not as many as
    scenarios in columns. Scenarios with the same levels are one, with their weights added.
    """

    def __init__(
        self, columns: Columns, standing: np.ndarray, most_units: int | None = None
    ) -> None:
        """`standing` is bool[column]: chosen whatever happens, and not counted as sent."""
        self._standing = standing
        self._most_units = most_units
        self._columns = columns
        places = len(columns.units_needed)
        self._place_first = np.searchsorted(columns.place, np.arange(places + 1))
        scenario, place, depth, nested = count_levels(
            self._place_first,
            columns.first,
            columns.scenario,
            columns.units_needed,
            len(columns.weight),
        )
        if not nested:
            raise ValueError("Whoever is ready sooner at a place catches at least as much there.")
        self._group_scenarios(scenario, place, depth)
        self._lay_out_levels()

    def _group_scenarios(self, scenario, place, depth) -> None:
        """Levels, and scenarios with the same levels as one."""
        deepest = int(depth.max(initial=0)) + 1
        key, level = np.unique(place.astype(np.int64) * deepest + depth, return_inverse=True)
        self._level_place = (key // deepest).astype(np.int64)
        self._level_depth = key % deepest
        order = np.lexsort((level, scenario))
        scenario, level = scenario[order], level[order].astype(np.int32)
        ends = np.flatnonzero(np.diff(scenario, append=-1)) + 1
        weight_of: dict[bytes, float] = {}
        begin = 0
        for end, of in zip(ends.tolist(), scenario[ends - 1].tolist(), strict=True):
            weight = float(self._columns.weight[of])
            if weight > 0.0:
                levels = level[begin:end].tobytes()
                weight_of[levels] = weight_of.get(levels, 0.0) + weight
            begin = end
        self._group_levels = [np.frombuffer(levels, dtype=np.int32) for levels in weight_of]
        self._group_weight = np.array(list(weight_of.values()))

    def _lay_out_levels(self) -> None:
        """Rows that tie the levels to the columns: entries as (row, variable, value)."""
        columns = self._columns
        x_count, level_count = len(columns), len(self._level_place)
        needed = columns.units_needed[self._level_place]
        # Column -> the first level that it belongs to.
        deepest = int(self._level_depth.max(initial=0)) + 1
        depth = np.arange(x_count) - self._place_first[columns.place] + 1
        level_key = self._level_place * deepest + self._level_depth
        level = np.searchsorted(
            level_key, columns.place.astype(np.int64) * deepest + np.minimum(depth, deepest)
        )
        useful = (level < level_count) & (depth < deepest)
        useful[useful] = self._level_place[level[useful]] == columns.place[useful]
        column, level = np.flatnonzero(useful), level[useful]
        own = np.arange(level_count)
        follows = np.flatnonzero(self._level_place[1:] == self._level_place[:-1]) + 1
        several = np.flatnonzero(needed > 1)
        held = x_count + own
        # Where several are needed, how many are sent is another variable beside "held".
        sent = held.copy()
        sent[several] = x_count + level_count + np.arange(len(several))
        self._held = held
        self._variables = x_count + level_count + len(several)
        self._whole = np.zeros(self._variables)
        self._whole[:x_count] = 1
        self._whole[held[several]] = 1
        self._upper = np.ones(self._variables)
        self._upper[sent[several]] = np.inf
        extra = level_count + np.arange(len(several))
        units, unit_row = np.unique(columns.unit, return_inverse=True)
        unit_base = level_count + len(several)
        row = [own, follows, level, extra, extra, unit_base + unit_row]
        variable = [sent, sent[follows - 1], column, held[several], sent[several]]
        variable.append(np.arange(x_count))
        value = [np.ones(level_count), -np.ones(len(follows)), -np.ones(len(column))]
        value += [needed[several].astype(float), -np.ones(len(several)), np.ones(x_count)]
        self._row_upper = np.zeros(unit_base + len(units))
        self._row_upper[unit_base:] = 1.0
        if self._most_units is not None:
            free = np.flatnonzero(~self._standing)
            row.append(np.full(len(free), len(self._row_upper)))
            variable.append(free)
            value.append(np.ones(len(free)))
            self._row_upper = np.append(self._row_upper, float(self._most_units))
        self._entries = (row, variable, value)

    def most_share(self, limit_s: float) -> Solved:
        """The columns that catch the most; the bound is in the weight's own unit."""
        scale = self._scale()
        return self._solve(limit_s, with_groups=True, scale=scale)

    def fewest_units(self, weight: float | None, limit_s: float) -> Solved:
        """The fewest columns that catch at least so much; None: all that can be caught."""
        return self._solve(limit_s, with_groups=weight is not None, at_least=weight)

    def at_low_cost(self, weight: float | None, cost: np.ndarray, limit_s: float) -> Solved:
        """Columns that catch at least so much (None: all that can be caught) for little of
        float64[column] `cost`, the standing ones for nothing; proven where there are none."""
        return self._solve(
            limit_s, with_groups=weight is not None, at_least=weight, cost=cost, gap=LOW_COST
        )

    def _scale(self) -> float:
        weight = self._group_weight
        if not len(weight):
            return 1.0
        return (
            max(1.0 / weight.min(), 1e-300)
            if weight.max() <= WEIGHT_SPREAD * weight.min()
            else (WEIGHT_SPREAD / weight.max())
        )

    def _solve(
        self,
        limit_s: float,
        *,
        with_groups: bool,
        scale: float | None = None,
        at_least: float | None = None,
        cost: np.ndarray | float = 1.0,
        gap: float = 0.0,
    ) -> Solved:
        groups = len(self._group_levels)
        size = np.array([len(levels) for levels in self._group_levels], dtype=np.int64)
        of_group = np.repeat(np.arange(groups), size)
        levels = np.concatenate([*self._group_levels, np.empty(0, np.int32)]).astype(np.int64)
        rows = len(self._row_upper)
        row, variable, value = (list(part) for part in self._entries)
        variables = self._variables
        upper_of_rows = [self._row_upper]
        # A scenario is caught by its levels: caught <= their sum, or 1 <= their sum.
        row.append(rows + of_group)
        variable.append(self._held[levels])
        value.append(-np.ones(len(levels)))
        if with_groups:
            row.append(rows + np.arange(groups))
            variable.append(variables + np.arange(groups))
            value.append(np.ones(groups))
            upper_of_rows.append(np.zeros(groups))
            variables += groups
        else:
            upper_of_rows.append(-np.ones(groups))
        rows += groups
        objective = np.zeros(variables)
        if scale is not None:
            objective[self._variables :] = -scale * self._group_weight
        else:
            objective[: len(self._columns)] = np.where(self._standing, 0.0, cost)
        if at_least is not None:
            scaled = self._group_weight * self._scale()
            target = at_least * self._scale()
            whole = np.abs(scaled - np.rint(scaled)).max(initial=0.0) < WHOLE * WEIGHT_SPREAD
            slack = 0.5 if whole else 1e-6 * max(1.0, target)
            row.append(np.full(groups, rows))
            variable.append(self._variables + np.arange(groups))
            value.append(-scaled)
            upper_of_rows.append(np.array([slack - target]))
            rows += 1
        matrix = csr_array(
            (np.concatenate(value), (np.concatenate(row), np.concatenate(variable))),
            shape=(rows, variables),
        )
        more = variables - self._variables
        lower = np.zeros(variables)
        lower[: len(self._columns)] = self._standing
        answer = milp(
            objective,
            integrality=np.concatenate([self._whole, np.zeros(more)]),
            bounds=Bounds(lower, np.concatenate([self._upper, np.ones(more)])),
            constraints=LinearConstraint(matrix, ub=np.concatenate(upper_of_rows)),
            options={"time_limit": max(limit_s, 0.01), "mip_rel_gap": gap},
        )
        bound = answer.mip_dual_bound
        if scale is not None:
            bound = float("inf") if bound is None else -bound / scale
        elif bound is None:
            bound = 0.0
        if answer.x is None:
            return Solved(None, bound, answer.status == 2)
        return Solved(answer.x[: len(self._columns)] > 0.5, bound, answer.status == 0)
