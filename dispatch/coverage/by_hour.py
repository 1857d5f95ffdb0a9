"""Response times by hour of the week, from archived positions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas
import numpy as np
import pandas as pd

from dispatch.coverage.doors import DEFAULT_RESOLUTION, Doors
from dispatch.coverage.people import ID_COLUMNS, People
from dispatch.coverage.survey import cell_names, survey
from dispatch.errors import PlanningError
from dispatch.frames import CRS, in_degrees
from dispatch.interception.units import Roads

TIME_COLUMNS = ("decided_at", "fixed_at", "at", "time")
"""Where a frame says when; the first of these that it has."""

HOURS_A_WEEK = 168


def response_times_by_hour(
    roads: Roads,
    positions: geopandas.GeoDataFrame,
    *,
    time: str | None = None,
    timezone: str = "Asia/Shanghai",
    hours: Iterable[int] | None = None,
    kinds: Collection[str] | None = None,
    doors: Doors | None = None,
    resolution: int = DEFAULT_RESOLUTION,
) -> geopandas.GeoDataFrame:
    """The response-time surface of each hour of the week, 0 for Monday from midnight to one.

    positions  a frame as :meth:`People.of_frame` reads it, with a column of times (`time`): the
               ``positions`` of an export, or any archive. Of who is named in it
               (``responder`` ...), the last position within an hour counts.
    timezone   in which the hours are meant; times without a zone are taken for UTC.
    hours      only these hours of the week.

    Each hour of each day is a surface of its own; those of the same hour of the week are averaged.
    A cell that nobody reached in one of them is inf. Columns: ``hour``, ``cell``, the weight,
    ``KIND_s`` for each kind, ``any_s``, ``surfaces`` averaged; the hexagon. Positions at decisions
    are of those who were considered: where alerts are few, few positions are known, and times come
    out too long.
    """
    frame = in_degrees(positions, "positions").reset_index(drop=True)
    local = _local(frame, time, timezone)
    hour_of = (local.dt.day_of_week * 24 + local.dt.hour).to_numpy()
    wanted = _checked_hours(hours)
    doors = Doors.along_roads(roads, resolution) if doors is None else doors
    began = local.dt.tz_localize(None).dt.floor("h").to_numpy()
    sums: dict[int, dict[str, np.ndarray]] = {}
    counts: dict[int, dict[str, int]] = {}
    order = np.argsort(local.to_numpy(), kind="stable")
    for start in np.unique(began):
        rows = order[began[order] == start]
        hour = int(hour_of[rows[0]])
        if hour not in wanted:
            continue
        people = People.of_frame(roads, _last_of_each(frame.iloc[rows]), what="positions")
        for name, seconds in _surface(roads, people, kinds, doors).items():
            own, tally = sums.setdefault(hour, {}), counts.setdefault(hour, {})
            own[name] = own.get(name, 0.0) + seconds
            tally[name] = tally.get(name, 0) + 1
    if not sums:
        raise PlanningError("No position falls into the hours that were asked for.")
    names, shapes = cell_names(doors), doors.shapes()
    parts = []
    for hour in sorted(sums):
        most = max(counts[hour].values())
        table = {"hour": hour, "cell": names, doors.weight_name: doors.cell_weight}
        for name, total in sums[hour].items():
            # In an hour without anybody of a kind, nobody of that kind comes.
            missing = counts[hour][name] < most
            table[name] = np.full(len(names), np.inf) if missing else total / most
        table["surfaces"] = most
        parts.append(geopandas.GeoDataFrame(pd.DataFrame(table), geometry=shapes, crs=CRS))
    return pd.concat(parts, ignore_index=True)


def _surface(
    roads: Roads, people: People, kinds: Collection[str] | None, doors: Doors
) -> dict[str, np.ndarray]:
    surveyed = survey(roads, people, kinds=kinds, doors=doors)
    found = {
        f"{kind}_s": surveyed.in_cells(surveyed.at_doors([kind])[0])[0] for kind in surveyed.kinds
    }
    return found | {"any_s": surveyed.in_cells(surveyed.at_doors()[0])[0]}


def _local(frame: pd.DataFrame, time: str | None, timezone: str) -> pd.Series:
    if time is None:
        time = next((name for name in TIME_COLUMNS if name in frame.columns), None)
    if time is None or time not in frame.columns:
        raise PlanningError(
            "The frame of positions has no column of times; name it with time=... "
            f"(looked for: {', '.join(TIME_COLUMNS)})."
        )
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise PlanningError(f"No time zone is called {timezone!r}; one is Asia/Shanghai.") from None
    try:
        moments = pd.to_datetime(frame[time], utc=True)
    except (TypeError, ValueError):
        raise PlanningError(
            f"The column {time!r} does not hold times; convert it with pandas.to_datetime."
        ) from None
    if moments.isna().any():
        raise PlanningError(
            f"{int(moments.isna().sum())} positions have no time in {time!r}; leave them out with "
            f"frame.dropna(subset=[{time!r}])."
        )
    return moments.dt.tz_convert(zone)


def _checked_hours(hours: Iterable[int] | None) -> set[int]:
    wanted = set(range(HOURS_A_WEEK)) if hours is None else {int(hour) for hour in hours}
    if not wanted or min(wanted) < 0 or max(wanted) >= HOURS_A_WEEK:
        raise PlanningError("Hours of the week are 0 (Monday, midnight to one) to 167.")
    return wanted


def _last_of_each(rows: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Of everybody who is named, the last row; the rows are in the order of time."""
    name = next((column for column in ID_COLUMNS if column in rows.columns), None)
    rows = rows[~rows.geometry.isna()]
    return rows if name is None else rows.drop_duplicates(name, keep="last")
