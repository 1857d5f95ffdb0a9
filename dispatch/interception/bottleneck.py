"""Covering a given list of exits, so that the last of them is covered as early as possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

NOBODY_IN_TIME = "nobody_in_time"
TOO_FEW_UNITS = "too_few_units"


@dataclass(frozen=True, slots=True)
class Uncovered:
    """An exit that nobody covers, and why."""

    exit: int
    reason: Literal["nobody_in_time", "too_few_units"]
    """"nobody_in_time": no unit can be there at all."""
    exits: tuple[int, ...]
    """Exits, this one among them, that together have only `units`: one fewer than they need."""
    units: tuple[int, ...]
    """All who can be at one of `exits`; empty where nobody can be at this one."""


@dataclass(frozen=True, slots=True)
class Cover:
    """Who covers which exit. The best there is: see :func:`cover_exits`."""

    unit_of_exit: dict[int, int]
    uncovered: tuple[Uncovered, ...]
    latest_s: float
    """When the last exit is covered; -inf where none is."""
    total_s: float
    """Sum of the arrivals."""
    bound_s: float
    """No cover of as many exits is complete sooner: equal to `latest_s`."""
    gap_s: float = 0.0
    """latest_s - bound_s: always 0, as the answer is never cut short."""
    proven: bool = True


def cover_exits(arrival_s: np.ndarray) -> Cover:
    """As many exits as possible, each by a unit of its own; of such covers the one whose latest
    arrival is earliest; of those the one with the least sum of arrivals.

    `arrival_s` is float64[unit, exit], inf where a unit cannot be.

    Three classical problems one after another, each solved exactly in polynomial time: a maximum
    matching (Hopcroft and Karp, SIAM Journal on Computing 2, 1973); the earliest time within which
    a matching of that size exists, by halving (the bottleneck assignment problem, Burkard,
    Dell'Amico and Martello, Assignment Problems, section 6.2); and a cheapest assignment among the
    arrivals that are no later. The proof of the first is Hall's: for each exit left open there is a
    set of exits with too few units for all of them.
    """
    arrival_s = np.asarray(arrival_s, dtype=np.float64)
    if arrival_s.ndim != 2 or np.isnan(arrival_s).any() or np.isneginf(arrival_s).any():
        raise ValueError("arrival_s is a table of units by exits; inf is where a unit cannot be.")
    possible = np.isfinite(arrival_s)
    size = int(np.count_nonzero(_matching(possible) >= 0))
    if size == 0:
        nobody = _uncovered(possible, {})
        return Cover({}, nobody, -np.inf, 0.0, -np.inf)
    times_s = np.unique(arrival_s[possible])
    low, high = 0, len(times_s) - 1
    while low < high:
        middle = (low + high) // 2
        if np.count_nonzero(_matching(arrival_s <= times_s[middle]) >= 0) == size:
            high = middle
        else:
            low = middle + 1
    latest_s = float(times_s[low])
    unit_of_exit = _cheapest(arrival_s, arrival_s <= latest_s)
    chosen_s = [float(arrival_s[unit, exit]) for exit, unit in unit_of_exit.items()]
    return Cover(
        unit_of_exit,
        _uncovered(possible, unit_of_exit),
        max(chosen_s),
        sum(chosen_s),
        latest_s,
    )


def _matching(possible: np.ndarray) -> np.ndarray:
    """int32[exit]: its unit in a matching of as many as possible, -1 where it has none."""
    return maximum_bipartite_matching(csr_array(possible), perm_type="row")


def _cheapest(arrival_s: np.ndarray, allowed: np.ndarray) -> dict[int, int]:
    """exit -> unit: as many allowed pairs as possible, with the least sum."""
    since_s = arrival_s[allowed] - arrival_s[allowed].min()
    # One pair that is not allowed costs more than any number of those that are.
    forbidden_s = (since_s.max() + 1.0) * (min(arrival_s.shape) + 1)
    cost_s = np.full(arrival_s.shape, forbidden_s)
    cost_s[allowed] = since_s
    unit, exit = linear_sum_assignment(cost_s)
    kept = allowed[unit, exit]
    return dict(sorted(zip(exit[kept].tolist(), unit[kept].tolist(), strict=True)))


def _uncovered(possible: np.ndarray, unit_of_exit: dict[int, int]) -> tuple[Uncovered, ...]:
    """The exits left, each with the exits and units that prove it cannot be covered as well."""
    exit_of_unit = {unit: exit for exit, unit in unit_of_exit.items()}
    found = []
    for open_exit in range(possible.shape[1]):
        if open_exit in unit_of_exit:
            continue
        # Exits that could be left open in its stead: all their units are taken by one another.
        exits, units, waiting = {open_exit}, set(), [open_exit]
        while waiting:
            for unit in np.flatnonzero(possible[:, waiting.pop()]).tolist():
                if unit not in units:
                    units.add(unit)
                    exits.add(exit_of_unit[unit])
                    waiting.append(exit_of_unit[unit])
        reason = TOO_FEW_UNITS if units else NOBODY_IN_TIME
        found.append(Uncovered(open_exit, reason, tuple(sorted(exits)), tuple(sorted(units))))
    return tuple(found)
