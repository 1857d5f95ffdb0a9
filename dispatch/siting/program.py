"""Integer programs, solved by HiGHS through :func:`scipy.optimize.milp`, with bound and gap."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

LEAST_TIME_S = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What a program ended with."""

    x: np.ndarray | None
    """float64[variable]; None where nothing was found."""
    value: float
    """Of `x`; the worst there is where nothing was found."""
    bound: float
    """No solution is better."""
    proven: bool
    """`x` is the best; or there is no solution, where nothing was found."""


class Program:
    """Variables and rows, gathered block by block. Every variable has a cost to be minimised."""

    def __init__(self) -> None:
        self._cost: list[np.ndarray] = []
        self._lower: list[np.ndarray] = []
        self._upper: list[np.ndarray] = []
        self._whole: list[np.ndarray] = []
        self._entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._row_lower: list[np.ndarray] = []
        self._row_upper: list[np.ndarray] = []
        self._variables = 0
        self._rows = 0

    def variables(self, cost, *, lower=0.0, upper=1.0, whole: bool = False) -> np.ndarray:
        """int64[]: new variables, one for each cost."""
        cost = np.asarray(cost, dtype=np.float64)
        self._cost.append(cost)
        self._lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), cost.shape))
        self._upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), cost.shape))
        self._whole.append(np.full(len(cost), int(whole)))
        self._variables += len(cost)
        return np.arange(self._variables - len(cost), self._variables)

    def rows(self, count: int, entries, *, lower=-np.inf, upper=np.inf) -> None:
        """New rows; `entries` are (row from 0, variable, value) as arrays, several of them."""
        for row, variable, value in entries:
            row = np.asarray(row, dtype=np.int64)
            self._entries.append(
                (
                    row + self._rows,
                    np.broadcast_to(np.asarray(variable, dtype=np.int64), row.shape),
                    np.broadcast_to(np.asarray(value, dtype=np.float64), row.shape),
                )
            )
        self._row_lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), (count,)))
        self._row_upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), (count,)))
        self._rows += count

    def solve(self, until_s: float) -> Solved:
        """The best until this moment of :func:`time.perf_counter`."""
        row, variable, value = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        matrix = coo_array((value, (row, variable)), shape=(self._rows, self._variables)).tocsr()
        answer = milp(
            np.concatenate(self._cost),
            integrality=np.concatenate(self._whole),
            bounds=Bounds(np.concatenate(self._lower), np.concatenate(self._upper)),
            constraints=LinearConstraint(
                matrix, np.concatenate(self._row_lower), np.concatenate(self._row_upper)
            ),
            options={
                "time_limit": max(until_s - time.perf_counter(), LEAST_TIME_S),
                "mip_rel_gap": 0.0,
            },
        )
        bound = answer.mip_dual_bound
        bound = -np.inf if bound is None else float(bound)
        if answer.x is None:
            return Solved(None, np.inf, bound, answer.status == 2)
        return Solved(answer.x, float(answer.fun), bound, answer.status == 0)
