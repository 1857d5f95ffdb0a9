"""Trips as a planner brings them: fixes of tracked vehicles, or the two ends of drives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geodata.coordinates import distance_m
from geodata.errors import RequestError

TIME_ZONE = "Asia/Shanghai"
"""Of times that do not name theirs."""
LONGEST_GAP_S = 300.0
"""A track without a fix for longer is two trips: who knows what happened between."""
STANDS_M = 50.0
"""Fixes that stay this near to the first or the last one are the waiting before and after a
drive; half of the error of a bad fix."""
SHORTEST_S, LONGEST_S = 60.0, 14_400.0
"""A drive of less than a minute says more about the clock than about the road; one of more than
four hours had a rest in it."""

ENDS = (
    "origin_lon",
    "origin_lat",
    "destination_lon",
    "destination_lat",
    "departed_at",
    "arrived_at",
)
FIXES = ("trip", "lon", "lat", "time")
ALSO_CALLED = {
    "trackid": "trip",
    "track_id": "trip",
    "trip_id": "trip",
    "longitude": "lon",
    "latitude": "lat",
    "timestamp": "time",
    "fixed_at": "time",
}


@dataclass(frozen=True, slots=True, eq=False)
class Trip:
    """One drive from one place to another."""

    name: str
    mode: str
    lon: np.ndarray
    """float64[fix], degrees WGS-84; the first where it began, the last where it ended."""
    lat: np.ndarray
    at_s: np.ndarray
    """float64[fix], UTC seconds since 1970, rising."""
    hour: int
    """Local hour of the day in which it began."""
    tracked: bool
    """Fixes all along; else only the two ends are known."""

    @property
    def duration_s(self) -> float:
        return float(self.at_s[-1] - self.at_s[0])


@dataclass(slots=True)
class LeftOut:
    """Trips that could not be used, by reason."""

    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        self.names.setdefault(reason, []).append(name)

    @property
    def count(self) -> int:
        return sum(map(len, self.names.values()))


def read_trips(
    frame: pd.DataFrame, left_out: LeftOut, *, mode: str = "police", zone: str = TIME_ZONE
) -> list[Trip]:
    """The trips of a table that can be used; the others go to ``left_out`` with the reason.

    Either one row per trip (:data:`ENDS`, and ``trip`` if there is one) or one row per fix
    (:data:`FIXES`; what :data:`ALSO_CALLED` has is understood). A column ``mode`` says how each
    travelled, else all by ``mode``. Times are ISO 8601 or UTC seconds since 1970; without an offset
    they are in ``zone``. A track falls into pieces where it has no fix for five minutes, and the
    standing before and after the drive is cut off. Raises RequestError, which names the columns,
    where the table is neither.
    """
    lower = {str(name): str(name).strip().lower() for name in frame.columns}
    table = frame.rename(columns={old: ALSO_CALLED.get(new, new) for old, new in lower.items()})
    if table.columns.duplicated().any():
        twice = table.columns[table.columns.duplicated()][0]
        raise RequestError(f"the trips have two columns {twice!r}; leave one out")
    if set(ENDS) <= set(table.columns):
        drawn = _of_ends(table, zone)
    elif set(FIXES) <= set(table.columns):
        drawn = _of_fixes(table, zone)
    else:
        raise RequestError(
            f"trips have the columns {', '.join(ENDS)}, or, as fixes of tracks, "
            f"{', '.join(FIXES)}; these have {', '.join(map(str, frame.columns)) or 'none'}"
        )
    trips = []
    for name, rows, lon, lat, at_s, tracked in drawn:
        said = mode if "mode" not in table else table["mode"].iloc[rows[0]]
        if reason := _wrong(lon, lat, at_s):
            left_out.add(reason, name)
            continue
        began = pd.Timestamp(at_s[0], unit="s", tz="UTC").tz_convert(zone)
        trips.append(Trip(name, str(said), lon, lat, at_s, began.hour, tracked))
    return trips


_Drawn = tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray, bool]


def _of_ends(table: pd.DataFrame, zone: str) -> Iterator[_Drawn]:
    numbers = {name: _numbers(table, name) for name in ENDS[:4]}
    departed_s, arrived_s = (_seconds(table, name, zone) for name in ENDS[4:])
    names = table.get("trip", table.index)
    for row, name in enumerate(names):
        yield (
            str(name),
            np.array([row]),
            np.array([numbers["origin_lon"][row], numbers["destination_lon"][row]]),
            np.array([numbers["origin_lat"][row], numbers["destination_lat"][row]]),
            np.array([departed_s[row], arrived_s[row]]),
            False,
        )


def _of_fixes(table: pd.DataFrame, zone: str) -> Iterator[_Drawn]:
    lon, lat = _numbers(table, "lon"), _numbers(table, "lat")
    at_s = _seconds(table, "time", zone)
    for name, rows in table.groupby("trip", sort=True).indices.items():
        rows = rows[np.argsort(at_s[rows], kind="stable")]
        known = np.isfinite(lon[rows]) & np.isfinite(lat[rows]) & np.isfinite(at_s[rows])
        if not known.any():
            yield str(name), rows, lon[rows], lat[rows], at_s[rows], True
            continue
        rows = rows[known]
        breaks = np.flatnonzero(np.diff(at_s[rows]) > LONGEST_GAP_S) + 1
        pieces = np.split(rows, breaks)
        for number, piece in enumerate(pieces, start=1):
            piece = piece[np.append(np.diff(at_s[piece]) > 0, True)]
            drive = piece[_moving(lon[piece], lat[piece])]
            whole = str(name) if len(pieces) == 1 else f"{name} part {number}"
            yield whole, drive, lon[drive], lat[drive], at_s[drive], True


def _moving(lon: np.ndarray, lat: np.ndarray) -> slice:
    """Without the standing at either end, but for one fix of each."""
    if not _on_earth(lon, lat):
        return slice(None)
    left = np.flatnonzero(distance_m(lon, lat, lon[0], lat[0]) > STANDS_M)
    there = np.flatnonzero(distance_m(lon, lat, lon[-1], lat[-1]) > STANDS_M)
    if not len(left):
        return slice(0, 1)
    return slice(max(int(left[0]) - 1, 0), int(there[-1]) + 2)


def _on_earth(lon: np.ndarray, lat: np.ndarray) -> bool:
    return bool((np.abs(lon) <= 180.0).all() and (np.abs(lat) <= 90.0).all())


def _wrong(lon: np.ndarray, lat: np.ndarray, at_s: np.ndarray) -> str:
    """Why a trip cannot be used; "" where it can."""
    if not np.isfinite(at_s).all():
        return "a time is missing or no time"
    if not (np.isfinite(lon).all() and np.isfinite(lat).all() and _on_earth(lon, lat)):
        return "a coordinate is missing or not in WGS-84 degrees"
    if len(at_s) < 2:
        return "it does not move"
    duration_s = at_s[-1] - at_s[0]
    if duration_s <= 0:
        return "it ends before it begins"
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        return f"it takes less than {SHORTEST_S:.0f} s or more than {LONGEST_S / 3600:.0f} h"
    return ""


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    """float64[row], NaN for what is no number."""
    numbers = pd.to_numeric(table[name], errors="coerce")
    return numbers.to_numpy(np.float64, na_value=np.nan)


def _seconds(table: pd.DataFrame, name: str, zone: str) -> np.ndarray:
    """float64[row]: UTC seconds since 1970, NaN for what is no time."""
    column = table[name]
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    try:
        moments = pd.to_datetime(column, errors="coerce", format="ISO8601")
        if not pd.api.types.is_datetime64_any_dtype(moments):
            raise ValueError
    except ValueError:
        raise RequestError(
            f"the times in {name!r} have different offsets; give all in UTC, or none with an offset"
        ) from None
    if moments.dt.tz is None:
        moments = moments.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    since = moments.dt.tz_convert("UTC") - pd.Timestamp(0, tz="UTC")
    return since.dt.total_seconds().to_numpy(np.float64)


def modes_of(trips: list[Trip]) -> Mapping[str, list[Trip]]:
    """The trips by how they travelled."""
    by_mode: dict[str, list[Trip]] = {}
    for trip in trips:
        by_mode.setdefault(trip.mode, []).append(trip)
    return by_mode
