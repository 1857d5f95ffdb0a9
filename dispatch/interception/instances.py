"""Published fugitive-interception instances: drives through a city, and when units can be where.

The form is that of the instances published with van Droffelaar et al., Applied Network Science
2025, 10.1007/s41109-024-00689-1::

    {"city": "...", "units": 3,
     "routes": [[[place, time], ...], ...],
     "unit_arrival": [{place: time, ...}, ...]}

A route is caught when a unit stands at one of its places no later than the route gets there; each
unit takes one place; the more routes are caught the better. All times have one unit, here seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dispatch.errors import InterceptionError
from dispatch.interception.columns import Columns, Passings, columns_of

MOST_TIME = 1e12
"""Larger numbers than this, with or without an end, are no times."""

_FIELDS = {"city", "units", "routes", "unit_arrival"}


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Routes and units of one city."""

    city: str
    place_names: list[str]
    """Name of each place that a route passes or a unit can get to."""
    passings: Passings
    """Of each route."""
    arrival_s: np.ndarray
    """float64[unit, place]; inf where a unit cannot get to."""

    @property
    def units(self) -> int:
        return len(self.arrival_s)

    def columns(self) -> Columns:
        """Every route counts the same, and every place needs one unit. The margin is before the
        first route that passes."""
        earliest_s = np.full(len(self.place_names), np.inf)
        np.minimum.at(earliest_s, self.passings.place, self.passings.time_s)
        return columns_of(
            self.passings,
            self.arrival_s,
            earliest_s,
            np.ones(len(self.place_names), dtype=np.int32),
            np.ones(len(self.passings)),
        )


def read_instance(document: object) -> Instance:
    """The instance in a parsed JSON document. Raises InterceptionError for anything else."""
    if not isinstance(document, dict):
        raise InterceptionError("An instance is a JSON object with routes and unit_arrival.")
    unknown = sorted(str(name) for name in document.keys() - _FIELDS)
    if unknown:
        raise InterceptionError(
            f"An instance has no field {unknown[0]!r}; it has: {', '.join(sorted(_FIELDS))}."
        )
    city = document.get("city", "")
    if not isinstance(city, str):
        raise InterceptionError("The city of an instance is its name.")
    routes, arrivals = document.get("routes"), document.get("unit_arrival")
    if not isinstance(routes, list) or not routes:
        raise InterceptionError(
            "routes is a list of routes, at least one, each [[place, time], …]."
        )
    if not isinstance(arrivals, list) or not all(isinstance(one, dict) for one in arrivals):
        raise InterceptionError("unit_arrival is a list with {place: time} for each unit.")
    units = document.get("units", len(arrivals))
    if type(units) is not int or units != len(arrivals):
        raise InterceptionError(
            f"units is {units!r}, but unit_arrival has {len(arrivals)}: give one of each unit."
        )
    place_of: dict[str, int] = {}
    passings = _read_routes(routes, place_of)
    rows = [_read_arrivals(number, one, place_of) for number, one in enumerate(arrivals)]
    arrival_s = np.full((len(rows), len(place_of)), np.inf)
    for row, (places, times_s) in zip(arrival_s, rows, strict=True):
        row[places] = times_s
    return Instance(city, list(place_of), passings, arrival_s)


def _read_routes(routes: list, place_of: dict[str, int]) -> Passings:
    first, places, times_s = [0], [], []
    for number, route in enumerate(routes):
        if not isinstance(route, list) or not route:
            raise InterceptionError(f"Route {number} is not a list of [place, time], at least one.")
        before_s = -math.inf
        for passing in route:
            if not isinstance(passing, list) or len(passing) != 2 or not _is_place(passing[0]):
                raise InterceptionError(
                    f"Route {number} has {passing!r:.60} in it, which is not [place, time]."
                )
            time_s = passing[1]
            if not _is_time(time_s) or time_s < before_s:
                raise InterceptionError(
                    f"Route {number} passes a place at {time_s!r:.60}; times are numbers that do "
                    "not fall."
                )
            places.append(place_of.setdefault(str(passing[0]), len(place_of)))
            times_s.append(time_s)
            before_s = time_s
        first.append(len(places))
    return Passings(
        np.array(first, dtype=np.int64), np.array(places, dtype=np.int32), np.array(times_s, float)
    )


def _read_arrivals(number: int, arrivals: dict, place_of: dict[str, int]):
    """(places, times in s) of one unit."""
    for place, time_s in arrivals.items():
        if not _is_time(time_s):
            raise InterceptionError(
                f"Unit {number} gets to {place!r:.60} at {time_s!r:.60}; a time is a number, and a "
                "place out of reach is left out."
            )
    places = [place_of.setdefault(str(place), len(place_of)) for place in arrivals]
    return np.array(places, dtype=np.int64), np.array(list(arrivals.values()), dtype=float)


def _is_place(value: object) -> bool:
    return type(value) is int or (isinstance(value, str) and value != "")


def _is_time(value: object) -> bool:
    """Not bool, which is an int to Python, nor NaN, nor beyond all journeys."""
    return type(value) in (int, float) and abs(value) < MOST_TIME
