"""Who could stand where, and which scenarios that would catch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.kernels.columns import fill_columns, last_passings, mark_dominated


@dataclass(frozen=True, slots=True, eq=False)
class Passings:
    """When each scenario passes which place.

    A place may come more than once in a scenario. Times are seconds since the sighting.
    """

    first: np.ndarray
    """int64[scenario + 1] into place."""
    place: np.ndarray
    """int32[], in order of time within a scenario."""
    time_s: np.ndarray
    """float64[]."""

    def __len__(self) -> int:
        return len(self.first) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Who could stand where, and which scenarios that would catch. Immutable.

    In the order of place, then of ready, then of unit. At one place whoever is ready sooner catches
    all that whoever is ready later catches.
    """

    unit: np.ndarray
    """int32[column]."""
    place: np.ndarray
    """int32[column], a checkpoint."""
    ready_s: np.ndarray
    """float64[column]: set up, safety margin included."""
    margin_s: np.ndarray
    """float64[column]: earliest arrival of the subject less ready_s; may be negative."""
    first: np.ndarray
    """int64[column + 1] into scenario."""
    scenario: np.ndarray
    """int32[]: scenarios caught, rising within a column; a column catches at least one."""
    weight: np.ndarray
    """float64[scenario], not negative."""
    units_needed: np.ndarray
    """int32[place], at least 1: so many must stand there, and it is held from the last of them."""

    def __post_init__(self) -> None:
        place, ready_s = self.place, self.ready_s
        later = (place[1:] > place[:-1]) | (
            (place[1:] == place[:-1])
            & (
                (ready_s[1:] > ready_s[:-1])
                | ((ready_s[1:] == ready_s[:-1]) & (self.unit[1:] > self.unit[:-1]))
            )
        )
        if not later.all():
            raise ValueError("Columns are in the order of place, then of ready, then of unit.")
        if len(self.weight) and not (np.isfinite(self.weight).all() and self.weight.min() >= 0):
            raise ValueError("Weights are finite and not negative.")
        if len(self.units_needed) and self.units_needed.min() < 1:
            raise ValueError("A place needs at least one unit.")

    def __len__(self) -> int:
        return len(self.unit)

    def caught_by(self, column: int) -> np.ndarray:
        """int32[]: the scenarios of a column, rising."""
        return self.scenario[self.first[column] : self.first[column + 1]]

    def column_of(self, unit: int, place: int) -> int:
        """The column of a unit at a place; -1 where that would catch nothing."""
        begin, end = np.searchsorted(self.place, [place, place + 1])
        found = np.flatnonzero(self.unit[begin:end] == unit)
        return int(begin + found[0]) if len(found) else -1

    def take(self, kept: np.ndarray) -> Columns:
        """The columns that are true in bool[column]."""
        count = np.diff(self.first)
        first = np.concatenate([[0], np.cumsum(count[kept])])
        return Columns(
            self.unit[kept],
            self.place[kept],
            self.ready_s[kept],
            self.margin_s[kept],
            first,
            self.scenario[np.repeat(kept, count)],
            self.weight,
            self.units_needed,
        )


def columns_of(
    passings: Passings,
    ready_s: np.ndarray,
    earliest_s: np.ndarray,
    units_needed: np.ndarray,
    weight: np.ndarray,
) -> Columns:
    """Every unit at every place where that would catch something.

    ready_s       float64[unit, place], seconds since the sighting at which the unit is set up
                  there, safety margin included; inf where it cannot be.
    earliest_s    float64[place]: the subject is there no sooner.
    units_needed  int32[place], at least 1.
    weight        float64[scenario].

    A unit catches a scenario at a place when it is ready no later than the scenario passes; where
    that passes more than once, no later than the last time.
    """
    ready_s = np.ascontiguousarray(ready_s, dtype=np.float64)
    earliest_s = np.asarray(earliest_s, dtype=np.float64)
    weight = np.asarray(weight, dtype=np.float64)
    if ready_s.ndim != 2 or ready_s.shape[1] != len(earliest_s):
        raise ValueError(f"ready_s has a row for each unit and {len(earliest_s)} places in it.")
    if len(units_needed) != len(earliest_s) or len(weight) != len(passings):
        raise ValueError("Each place needs a number of units, and each scenario a weight.")
    if np.isnan(ready_s).any():
        raise ValueError("A unit that cannot be at a place is ready at inf, not at NaN.")
    if len(passings.place) and not (
        passings.place.min() >= 0 and passings.place.max() < len(earliest_s)
    ):
        raise ValueError(f"Places are 0 to {len(earliest_s) - 1}.")
    by_place = last_passings(
        np.asarray(passings.first, dtype=np.int64),
        np.asarray(passings.place, dtype=np.int32),
        np.asarray(passings.time_s, dtype=np.float64),
        len(earliest_s),
    )
    unit, place, ready, first, scenario = fill_columns(*by_place, ready_s)
    return Columns(
        unit,
        place,
        ready,
        earliest_s[place] - ready,
        first,
        scenario,
        weight,
        np.asarray(units_needed, dtype=np.int32),
    )


def undominated(columns: Columns, always: np.ndarray | None = None) -> np.ndarray:
    """bool[column]: false where the same unit does better elsewhere, whatever the others do.

    A column is dominated by another one of its unit that catches at least the same scenarios, with
    no smaller margin, at a place that needs one unit. Whatever plan has the unit at the first place
    can have it at the second: what was caught at the first place with its help is caught at the
    second by itself; whoever else stands at the first place catches there what they caught without
    it; the least margin of those sent is no smaller; and as many are sent. So the best plan by
    (share, least margin, fewest units) among the columns left is the best among all. The place left
    may need any number of units; the place taken must need one, or else it catches nothing alone.

    `always` (bool[column]) are kept whatever dominates them, as those of units that stand already.
    """
    kept = np.ones(len(columns), dtype=bool)
    mark_dominated(
        columns.unit,
        columns.place,
        columns.margin_s,
        columns.first,
        columns.scenario,
        columns.units_needed == 1,
        len(columns.weight),
        kept,
    )
    return kept if always is None else kept | always
