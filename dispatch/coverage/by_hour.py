"""Response times by hour of the week, from archived positions."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import geopandas
import numpy as np
import pandas as pd

from dispatch.coverage.doors import DEFAULT_RESOLUTION, Doors
from dispatch.coverage.people import People, are_available
from dispatch.coverage.survey import cell_names, survey
from dispatch.errors import PlanningError
from dispatch.frames import CRS, TIME_ZONE, in_degrees, moments_of, zone_named
from dispatch.interception.units import Roads
from dispatch.question import PassedOverReason
from dispatch.responders import KIND_NAMES, kinds_named

TIME_COLUMNS = ("decided_at", "fixed_at", "at", "time")
"""Where a frame says when; the first of these that it has."""

AWAY = tuple(
    cause.value
    for cause in (PassedOverReason.BUSY, PassedOverReason.ALREADY_SENT, PassedOverReason.OLD_FIX)
)
"""Causes for which an export says that somebody was passed over, of those who could not have gone
to anybody: they had somebody to see to, or nobody knew where they were."""

HOURS_A_WEEK = 168


def response_times_by_hour(
    roads: Roads,
    positions: geopandas.GeoDataFrame,
    *,
    time: str | None = None,
    timezone: str = TIME_ZONE,
    hours: Iterable[int] | None = None,
    kinds: Collection[str] | None = None,
    doors: Doors | None = None,
    resolution: int = DEFAULT_RESOLUTION,
) -> geopandas.GeoDataFrame:
    """The response-time surface of each hour of the week, 0 for Monday from midnight to one.

    positions  a frame as :meth:`People.of_frame` reads it, with a column of times (`time`): the
               ``positions`` of an export, or any archive. Of who is named in it
               (``responder`` ...), the last position within an hour counts; who was not available
               there (``status``), or passed over for one of :data:`AWAY` (``cause``), covers
               nothing in that hour. Rows without a point are left out.
    timezone   in which the hours are meant; times say their own zone.
    hours      only these hours of the week.

    Each hour of each day with a position is a surface of its own; those of the same hour of the
    week are averaged. A cell that nobody reached in one of them is inf, and so are all cells for a
    kind of which nobody was there. Columns: ``hour``, ``cell``, the weight, ``KIND_s`` for each
    kind, ``any_s``, ``surfaces`` averaged; the hexagon. Positions at decisions are of those who
    were considered: where alerts are few, few positions are known, and times come out too long.
    """
    frame = in_degrees(positions, "positions")
    frame = frame[~frame.geometry.isna()].reset_index(drop=True)
    if not len(frame):
        raise PlanningError("None of the positions has a point; give at least one that has.")
    local = _local(frame, time, timezone)
    hour_of = (local.dt.day_of_week * 24 + local.dt.hour).to_numpy()
    wanted = _checked_hours(hours)
    free = _are_free(frame)
    people = People.of_frame(roads, frame.drop(columns="status", errors="ignore"), what="positions")
    asked = people.kind if kinds is None else kinds_named(kinds)
    meant = [kind for kind in KIND_NAMES if kind in asked]
    counted = free & people.road.found & np.isin(people.kind, meant)
    if not counted.any():
        raise PlanningError(
            f"Nobody of the kinds {', '.join(meant)} was free and near a road at any time; there "
            f"are: {', '.join(dict.fromkeys(people.kind))}."
        )
    doors = Doors.along_roads(roads, resolution) if doors is None else doors
    surfaces: dict[int, list[dict[str, np.ndarray]]] = {}
    for rows in _hours_of(local, people):
        hour = int(hour_of[rows[0]])
        if hour in wanted:
            there = people.take(rows[counted[rows]])
            surfaces.setdefault(hour, []).append(_surface(roads, there, meant, doors))
    if not surfaces:
        raise PlanningError("No position falls into the hours that were asked for.")
    names, shapes = cell_names(doors), doors.shapes()
    # In an hour without anybody of a kind, nobody of that kind comes.
    never_s = np.full(len(names), np.inf)
    columns = [*(f"{kind}_s" for kind in meant), "any_s"]
    parts = []
    for hour in sorted(surfaces):
        own = surfaces[hour]
        table = {"hour": hour, "cell": names, doors.weight_name: doors.cell_weight}
        for name in columns:
            table[name] = sum(one.get(name, never_s) for one in own) / len(own)
        table["surfaces"] = len(own)
        parts.append(geopandas.GeoDataFrame(pd.DataFrame(table), geometry=shapes, crs=CRS))
    return pd.concat(parts, ignore_index=True)


def _surface(
    roads: Roads, people: People, kinds: Collection[str], doors: Doors
) -> dict[str, np.ndarray]:
    """float64[cell] seconds by column; none of a kind of which there is nobody."""
    if not len(people):
        return {}
    surveyed = survey(roads, people, kinds=kinds, doors=doors)
    found = {
        f"{kind}_s": surveyed.in_cells(surveyed.at_doors([kind])[0])[0] for kind in surveyed.kinds
    }
    return found | {"any_s": surveyed.in_cells(surveyed.at_doors()[0])[0]}


def _hours_of(local: pd.Series, people: People) -> list[np.ndarray]:
    """int64[] of each hour of each day: of everybody who is named, the row of the last position."""
    moments = pd.DataFrame(
        {
            "began": local.dt.tz_localize(None).dt.floor("h"),
            "at": local,
            "who": people.responder_id,
        }
    )
    last = moments.sort_values("at", kind="stable").drop_duplicates(["began", "who"], keep="last")
    return [rows.index.to_numpy() for _, rows in last.groupby("began")]


def _are_free(frame: pd.DataFrame) -> np.ndarray:
    """bool[row]: who could have been sent."""
    free = are_available(frame, "positions")
    return free & ~frame["cause"].isin(AWAY).to_numpy() if "cause" in frame.columns else free


def _local(frame: pd.DataFrame, time: str | None, timezone: str) -> pd.Series:
    """datetime64[row]: when, on the clocks of the zone."""
    if time is None:
        time = next((name for name in TIME_COLUMNS if name in frame.columns), None)
    if time is None:
        raise PlanningError(
            "The frame of positions has no column of times; name it with time=... "
            f"(looked for: {', '.join(TIME_COLUMNS)})."
        )
    return moments_of(frame, time, "positions").dt.tz_convert(zone_named(timezone))


def _checked_hours(hours: Iterable[int] | None) -> set[int]:
    wanted = set(range(HOURS_A_WEEK)) if hours is None else {int(hour) for hour in hours}
    if not wanted or min(wanted) < 0 or max(wanted) >= HOURS_A_WEEK:
        raise PlanningError("Hours of the week are 0 (Monday, midnight to one) to 167.")
    return wanted
