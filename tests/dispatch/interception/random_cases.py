"""Small random cases with many ties, for comparison with trying everything."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from dispatch.interception.columns import Columns, Passings, columns_of


@dataclass(frozen=True, eq=False)
class RandomCase:
    """Everything whole numbers of minutes, so that units are ready just as a scenario passes."""

    passings: Passings
    ready_s: np.ndarray
    earliest_s: np.ndarray
    units_needed: np.ndarray
    weight: np.ndarray

    @property
    def columns(self) -> Columns:
        return columns_of(
            self.passings, self.ready_s, self.earliest_s, self.units_needed, self.weight
        )


def passings_of(*scenarios: list[tuple[int, float]]) -> Passings:
    """Each scenario as (place, time in s) in order of time."""
    every = [passing for scenario in scenarios for passing in scenario]
    return Passings(
        np.cumsum([0, *map(len, scenarios)]).astype(np.int64),
        np.array([place for place, _ in every], np.int32),
        np.array([time_s for _, time_s in every], float),
    )


def random_case(seed: int) -> RandomCase:
    rng = np.random.default_rng(seed)
    units, places, scenarios = rng.integers((1, 1, 1), (5, 6, 10))
    drives = []
    for _ in range(scenarios):
        length = int(rng.integers(1, 6))
        times_s = np.cumsum(rng.integers(1, 4, length)) * 60.0
        drives.append(list(zip(rng.integers(0, places, length).tolist(), times_s, strict=True)))
    ready_s = rng.integers(0, 12, (units, places)) * 60.0
    ready_s[rng.random((units, places)) < 0.15] = np.inf
    weight = (
        np.full(scenarios, 1.0 / scenarios),
        rng.integers(0, 4, scenarios).astype(float),
        rng.random(scenarios),
    )[seed % 3]
    return RandomCase(
        passings_of(*drives),
        ready_s,
        rng.integers(0, 8, places) * 60.0,
        rng.choice([1, 1, 1, 2, 3], places).astype(np.int32),
        weight,
    )


def held_from_s(case: RandomCase, place_of_unit: dict[int, int]) -> np.ndarray:
    """float64[place]: when the last of those needed is ready; inf where too few are there."""
    held = np.full(len(case.units_needed), np.inf)
    for place, needed in enumerate(case.units_needed.tolist()):
        there = sorted(
            case.ready_s[unit, place] for unit, at in place_of_unit.items() if at == place
        )
        if len(there) >= needed:
            held[place] = there[needed - 1]
    return held


def caught_in(case: RandomCase, place_of_unit: dict[int, int]) -> list[bool]:
    """Of each scenario whether it passes a place that is held by then."""
    held = held_from_s(case, place_of_unit)
    first = case.passings.first
    return [
        any(
            held[case.passings.place[i]] <= case.passings.time_s[i]
            for i in range(first[scenario], first[scenario + 1])
        )
        for scenario in range(len(case.weight))
    ]


def best_by_trying(
    case: RandomCase, standing: dict[int, int], most_units: int | None
) -> tuple[float, float, int]:
    """(weight caught, smallest margin of those sent, how many are sent) of the best plan."""
    places = len(case.units_needed)
    free = [unit for unit in range(len(case.ready_s)) if unit not in standing]
    best = (-1.0, -np.inf, 0)
    for choice in product([None, *range(places)], repeat=len(free)):
        sent = {unit: at for unit, at in zip(free, choice, strict=True) if at is not None}
        if most_units is not None and len(sent) > most_units:
            continue
        caught = caught_in(case, standing | sent)
        weight = round(float(case.weight[caught].sum()), 9)
        margin_s = min(
            (case.earliest_s[p] - case.ready_s[u, p] for u, p in sent.items()), default=np.inf
        )
        best = max(best, (weight, margin_s, -len(sent)))
    return best[0], best[1], -best[2]
