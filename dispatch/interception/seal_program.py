"""The integer program behind a seal: who stands where, so that every way out known is cut.

Solved by HiGHS, for the reasons given in :mod:`dispatch.interception.coverage_program`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from dispatch.interception.escape import EscapePath

SHORTLIST = 8
"""So many of the soonest units of each place are looked at first."""

WHOLE = 1e-6
"""Weights that differ from whole numbers by less are whole."""


@dataclass(frozen=True, slots=True)
class Posting:
    """Who stands where, and which exits are given up."""

    place_of_unit: dict[int, int]
    given_up: frozenset[int]
    weight: float
    """Of the exits given up: no plan has less, where `proven`."""
    bound: int
    """Without giving up more, no fewer units are enough; exact where `proven`."""
    proven: bool


class SealProgram:
    """Ways out collected so far, and the least that cuts them all.

    x[unit, place] = 1 where a unit is sent; y[exit] = 1 where an exit is given up. A way out is cut
    at one of its places when as many units as are needed there are ready no later than it passes:
    where one is enough, by any of those x; where k are, by a variable h with k h <= their sum.
    """

    def __init__(
        self, ready_s: np.ndarray, units_needed: np.ndarray, exit_weight: np.ndarray
    ) -> None:
        self._needed = units_needed
        self._weight = exit_weight
        self._units = ready_s.shape[0]
        able = np.isfinite(ready_s)
        order = np.argsort(ready_s, axis=0, kind="stable")
        self._unit_of = [order[: np.count_nonzero(able[:, p]), p] for p in range(ready_s.shape[1])]
        self._ready_s = [ready_s[self._unit_of[p], p] for p in range(ready_s.shape[1])]
        self._few = SHORTLIST
        self._cuts: dict[tuple[int, bytes, bytes], EscapePath] = {}

    @property
    def cuts(self) -> int:
        return len(self._cuts)

    def held_from_s(self, place_of_unit: dict[int, int]) -> np.ndarray:
        """float64[place]: from when each place is held; inf where it is not."""
        held_s = np.full(len(self._needed), np.inf)
        there: dict[int, list[float]] = {}
        for unit, place in place_of_unit.items():
            own = np.flatnonzero(self._unit_of[place] == unit)
            there.setdefault(place, []).append(float(self._ready_s[place][own[0]]))
        for place, ready_s in there.items():
            needed = int(self._needed[place])
            if len(ready_s) >= needed:
                held_s[place] = sorted(ready_s)[needed - 1]
        return held_s

    def soonest_s(self) -> np.ndarray:
        """float64[place]: from when it is held if all who are needed go there, and nowhere else."""
        return np.array(
            [
                ready_s[needed - 1] if len(ready_s) >= needed else np.inf
                for ready_s, needed in zip(self._ready_s, self._needed.tolist(), strict=True)
            ]
        ).reshape(len(self._needed))

    def add(self, path: EscapePath) -> bool:
        """Whether the way out was new."""
        place, time_s = last_passings_of(path)
        key = (path.exit, place.tobytes(), time_s.tobytes())
        if key in self._cuts:
            return False
        self._cuts[key] = path
        return True

    def solve(
        self,
        limit_s: float,
        latest_s: np.ndarray | None = None,
        given_up: frozenset[int] = frozenset(),
    ) -> Posting | None:
        """The least weight of exits given up, then the fewest units; None where time was too short.

        latest_s  float64[place]: whoever is ready there later does not count; None: nobody is late.
        given_up  exits that need not be closed.

        At first only the soonest few units of each place are looked at. If no exit is given up and
        no more units are sent than that, nothing better is left out: if a plan with so many units
        sends a later one somewhere, one of the soonest is free to go in its stead.
        """
        until_s = time.perf_counter() + limit_s
        while True:
            few = min(self._few, self._units)
            found = self._solve(few, until_s - time.perf_counter(), latest_s, given_up)
            if found is None or few == self._units:
                return found
            if found.proven and not found.given_up and found.bound <= few:
                return found
            # What was not enough for these ways out will not be for more of them.
            self._few = 4 * few
            if time.perf_counter() > until_s:
                return replace(found, bound=min(found.bound, few + 1), proven=False)

    def _solve(
        self, few: int, limit_s: float, latest_s: np.ndarray | None, given_up: frozenset[int]
    ) -> Posting | None:
        cuts = [
            (path.exit, *last_passings_of(path))
            for path in self._cuts.values()
            if path.exit not in given_up
        ]
        columns = _Columns(
            [
                units[: max(few, needed)]
                for units, needed in zip(self._unit_of, self._needed.tolist(), strict=True)
            ]
        )
        row, variable, value = [], [], []
        lower: list[float] = []

        def entries(of_row: int, variables: np.ndarray, worth: float) -> None:
            row.append(np.full(len(variables), of_row))
            variable.append(variables)
            value.append(np.full(len(variables), worth))

        exits = sorted({exit for exit, _, _ in cuts})
        give_up = {exit: columns.other() for exit in exits}
        held: dict[tuple[int, int], int] = {}
        for exit, places, times_s in cuts:
            of_row = len(lower)
            lower.append(1.0)
            entries(of_row, np.array([give_up[exit]]), 1.0)
            if latest_s is not None:
                times_s = np.minimum(times_s, latest_s[places])
            for place, time_s in zip(places.tolist(), times_s.tolist(), strict=True):
                needed = int(self._needed[place])
                depth = int(np.searchsorted(self._ready_s[place], time_s, side="right"))
                depth = min(depth, max(few, needed))
                if depth < needed:
                    continue
                if needed == 1:
                    entries(of_row, columns.of(place, depth), 1.0)
                    continue
                if (place, depth) not in held:
                    held[place, depth] = columns.other()
                entries(of_row, np.array([held[place, depth]]), 1.0)
        for (place, depth), variable_of in held.items():
            of_row = len(lower)
            lower.append(0.0)
            entries(of_row, columns.of(place, depth), 1.0)
            entries(of_row, np.array([variable_of]), -float(self._needed[place]))
        sent, unit, place = columns.sent()
        busy, of_unit = np.unique(unit, return_inverse=True)
        row.append(len(lower) + of_unit)
        variable.append(sent)
        value.append(-np.ones(len(sent)))
        lower += [-1.0] * len(busy)
        if not cuts:
            return Posting({}, frozenset(), 0.0, 0, True)
        matrix = csr_array(
            (np.concatenate(value), (np.concatenate(row), np.concatenate(variable))),
            shape=(len(lower), columns.count),
        )
        weight = np.zeros(columns.count)
        weight[[give_up[exit] for exit in exits]] = self._weight[exits]
        one_each = np.zeros(columns.count)
        one_each[sent] = 1.0
        x, bound, proven = _in_turn(weight, one_each, self._units, matrix, np.array(lower), limit_s)
        if x is None:
            return None
        chosen = x[sent] > 0.5
        left = frozenset(exit for exit in exits if x[give_up[exit]] > 0.5)
        return Posting(
            dict(zip(unit[chosen].tolist(), place[chosen].tolist(), strict=True)),
            left,
            float(self._weight[sorted(left)].sum()),
            int(np.count_nonzero(chosen)) if proven else bound,
            proven,
        )


class _Columns:
    """Numbers of the variables: units at the places that ways out need, and others."""

    def __init__(self, unit_of: list[np.ndarray]) -> None:
        self._unit_of = unit_of
        self._base: dict[int, tuple[int, int]] = {}
        self.count = 0

    def of(self, place: int, depth: int) -> np.ndarray:
        """Variables of the soonest so many units at a place."""
        if place not in self._base:
            self._base[place] = (self.count, len(self._unit_of[place]))
            self.count += len(self._unit_of[place])
        return self._base[place][0] + np.arange(depth)

    def other(self) -> int:
        self.count += 1
        return self.count - 1

    def sent(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(variable, unit, place) of all units at places."""
        parts = [
            (base + np.arange(size), self._unit_of[place], np.full(size, place))
            for place, (base, size) in self._base.items()
        ]
        if not parts:
            nothing = np.empty(0, dtype=np.int64)
            return nothing, nothing, nothing
        variable, unit, place = zip(*parts, strict=True)
        return np.concatenate(variable), np.concatenate(unit), np.concatenate(place)


def last_passings_of(path: EscapePath) -> tuple[np.ndarray, np.ndarray]:
    """(int32[] places, rising, float64[] the last time at which the way passes each)."""
    place, which = np.unique(path.places, return_inverse=True)
    time_s = np.full(len(place), -np.inf)
    np.maximum.at(time_s, which, path.time_s)
    return place, time_s


def _in_turn(
    weight: np.ndarray,
    one_each: np.ndarray,
    units: int,
    matrix: csr_array,
    lower: np.ndarray,
    limit_s: float,
) -> tuple[np.ndarray | None, int, bool]:
    """(solution, fewest units proven, proven): the least weight, then the fewest ones.

    Whole multiples of the least weight are put into one program, in which the least weight counts
    more than all units; others are solved one after the other.
    """
    least = weight[weight > 0].min(initial=np.inf)
    scaled = weight / least if np.isfinite(least) else weight
    if np.abs(scaled - np.rint(scaled)).max(initial=0.0) < WHOLE and scaled.max() < 1_000:
        step = units + 1.0
        answer = _milp(np.rint(scaled) * step + one_each, matrix, lower, limit_s)
        if answer.x is None:
            return None, 0, False
        if answer.status == 0:
            return answer.x, 0, True
        bound = answer.mip_dual_bound or 0.0
        given_up = float(np.rint(scaled) @ np.rint(answer.x)) * step
        return answer.x, max(0, int(np.ceil(bound - given_up - WHOLE))), False
    first = _milp(scaled, matrix, lower, limit_s / 2)
    if first.x is None:
        return None, 0, False
    both = vstack([matrix, csr_array(-scaled[None, :])], format="csr")
    slack = WHOLE * max(1.0, float(scaled.max()))
    target = float(scaled @ np.rint(first.x)) + slack
    answer = _milp(one_each, both, np.append(lower, -target), limit_s / 2)
    if answer.x is None:
        return first.x, 0, False
    proven = first.status == 0 and answer.status == 0
    return answer.x, max(0, int(np.ceil((answer.mip_dual_bound or 0.0) - WHOLE))), proven


def _milp(cost: np.ndarray, matrix: csr_array, lower: np.ndarray, limit_s: float):
    return milp(
        cost,
        integrality=np.ones(len(cost)),
        bounds=Bounds(0.0, 1.0),
        constraints=LinearConstraint(matrix, lb=lower),
        options={"time_limit": max(limit_s, 0.01), "mip_rel_gap": 0.0},
    )
