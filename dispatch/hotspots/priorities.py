"""Which villages and estates come first next week, and why (扫楼: from door to door)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dispatch.errors import PlanningError
from dispatch.frames import TIME_ZONE
from dispatch.hotspots.weeks import (
    UNKNOWN,
    fraud_types_of,
    weekly_counts,
    weeks_of,
)

WEEKS = 12
"""Looked back at."""
HALF_LIFE_WEEKS = 3.0
"""A choice of ours: a call centre works through an area within weeks, then moves on."""
RECENT_WEEKS = 4
"""What the reasons tell of, beside as many weeks before."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Alerts by place and week, as they were known at the end of the last of these weeks."""

    place: pd.Index
    counts: np.ndarray
    """int64[place, week]."""
    exposure: np.ndarray
    """float64[place]: population, or 1 for each; adds up to the number of places."""


def priorities(
    alerts: pd.DataFrame,
    *,
    place: str = "village",
    time: str = "opened_at",
    timezone: str = TIME_ZONE,
    week: pd.Timestamp | str | None = None,
    weeks: int = WEEKS,
    count: int = 10,
    population: pd.Series | None = None,
) -> pd.DataFrame:
    """The places in which most alerts are expected in a week, with the reason; most first.

    alerts        one row each; ``place`` is the column with the village or estate (alerts without
                  one are left out), ``time`` when they came, ``fraud_type`` if there is one.
    week          the Monday of the week that is planned; None: the one after the last alert. Alerts
                  of that week and later are not looked at.
    weeks         looked back at.
    count         of places wanted.
    population    by place: places are then compared by alerts per head. Its index also names places
                  that had no alert; without it only places with one are known.

    Columns: ``place``, ``expected`` (alerts in the week), ``usual`` (mean of all places),
    ``recent`` and ``before`` (alerts of the last four weeks and of the four before),
    ``fraud_type`` (the commonest of the recent ones) and ``of_type`` (their number), ``reason`` and
    ``reason_zh``.

    What is expected is each place's own mean, recent weeks counting more (half as much every three
    weeks), drawn towards the mean of all places the more the less is known about it: the
    posterior mean of a Poisson rate under a gamma prior fitted to all places by moments (Marshall,
    Applied Statistics 40, 1991). One bad week of a hamlet is no reason by itself. Raises
    PlanningError.
    """
    if count < 1:
        raise PlanningError("The number of places wanted is at least 1.")
    monday = weeks_of(alerts, time, timezone)
    planned = _planned(monday, week)
    named = _places_of(alerts, place, population)
    known = _known(named, monday, planned, weeks, population)
    expected, usual = _expected(known)
    order = np.lexsort((known.place.to_numpy(dtype=str), -expected))[:count]
    recent, before = _last(known.counts, 0), _last(known.counts, RECENT_WEEKS)
    since = planned - pd.Timedelta(weeks=RECENT_WEEKS)
    lately = (monday >= since) & (monday < planned)
    types = fraud_types_of(alerts)
    rows = []
    for k in order.tolist():
        name = known.place[k]
        told = types[lately & (named == name) & (types != UNKNOWN)].value_counts()
        told = told.sort_index().sort_values(ascending=False, kind="stable")
        common, of_type = (told.index[0], int(told.iloc[0])) if len(told) else (UNKNOWN, 0)
        row = {
            "place": name,
            "expected": float(expected[k]),
            "usual": usual,
            "recent": int(recent[k]),
            "before": int(before[k]),
            "fraud_type": common,
            "of_type": of_type,
        }
        rows.append(row | {"reason": _reason(row), "reason_zh": _reason_zh(row)})
    return pd.DataFrame(rows)


def foresight(
    alerts: pd.DataFrame,
    *,
    place: str = "village",
    time: str = "opened_at",
    timezone: str = TIME_ZONE,
    weeks: int = WEEKS,
    count: int = 10,
    population: pd.Series | None = None,
) -> pd.DataFrame:
    """How much the priorities would have been worth: one row per past week that could be planned.

    Columns: ``week`` (its Monday), ``alerts``, ``share`` of them that came from the places that
    :func:`priorities` would have named the week before, ``best`` (the share of as many places,
    chosen by who knows the week), and ``by_chance``. The parameters are those of `priorities`.
    Raises PlanningError.
    """
    monday = weeks_of(alerts, time, timezone)
    named = _places_of(alerts, place, population)
    rows = []
    for planned in pd.DatetimeIndex(sorted(monday.unique()))[1:]:
        known = _known(named, monday, planned, weeks, population)
        came = named[(monday == planned) & named.notna()]
        if not len(came):
            continue
        expected, _ = _expected(known)
        order = np.lexsort((known.place.to_numpy(dtype=str), -expected))[:count]
        rows.append(
            {
                "week": planned,
                "alerts": len(came),
                "share": float(came.isin(known.place[order]).mean()),
                "best": float(came.value_counts().iloc[:count].sum() / len(came)),
                "by_chance": min(count / len(known.place), 1.0),
            }
        )
    if not rows:
        raise PlanningError("Looking back needs alerts of at least two weeks.")
    return pd.DataFrame(rows)


def _planned(monday: pd.Series, week: pd.Timestamp | str | None) -> pd.Timestamp:
    if not len(monday):
        raise PlanningError("The frame of alerts is empty; give at least one row.")
    if week is None:
        return monday.max() + pd.Timedelta(weeks=1)
    try:
        planned = pd.Timestamp(week)
    except ValueError:
        raise PlanningError(f"{week!r} is no date; a week is named by its Monday.") from None
    if planned.tz is not None or planned != planned.normalize() or planned.weekday() != 0:
        raise PlanningError(f"{week} is no Monday; a week is named by its Monday, without a time.")
    return planned


def _places_of(alerts: pd.DataFrame, place: str, population: pd.Series | None) -> pd.Series:
    if place not in alerts.columns:
        there = ", ".join(str(name) for name in alerts.columns)
        raise PlanningError(f"The frame of alerts has no column {place!r}; it has {there}.")
    named = alerts[place].astype("string")
    if population is not None:
        numbers = pd.to_numeric(population, errors="coerce")
        if population.index.has_duplicates or not (numbers > 0).all():
            raise PlanningError("The population has one number above 0 for each place.")
        unknown = set(named.dropna()) - set(population.index)
        if unknown:
            raise PlanningError(
                f"The population lacks {len(unknown)} places, one of them {sorted(unknown)[0]!r}."
            )
    if named.isna().all() and population is None:
        raise PlanningError(f"No alert has a place in {place!r}; choose another column.")
    return named


def _known(
    named: pd.Series,
    monday: pd.Series,
    planned: pd.Timestamp,
    weeks: int,
    population: pd.Series | None,
) -> _Known:
    if not 1 <= weeks <= 520:
        raise PlanningError("Looking back takes 1 to 520 weeks.")
    earlier = monday < planned
    if population is None:
        places = pd.Index(sorted(named[earlier].dropna().unique()), dtype="string")
        exposure = np.ones(len(places))
    else:
        places = pd.Index(population.index, dtype="string")
        exposure = population.to_numpy(np.float64) / population.mean()
    if not len(places):
        raise PlanningError(f"No alert with a place came before {planned.date()}.")
    first = max(planned - pd.Timedelta(weeks=weeks), monday.min())
    span = pd.date_range(first, planned - pd.Timedelta(weeks=1), freq="7D")
    counts = weekly_counts(places.get_indexer(named), len(places), monday, span)
    return _Known(places, counts, exposure)


def _expected(known: _Known) -> tuple[np.ndarray, float]:
    """(float64[place] alerts of the next week, the mean of all places)."""
    ages = np.arange(known.counts.shape[1])[::-1]
    weight = 0.5 ** (ages / HALF_LIFE_WEEKS)
    alerts = known.counts @ weight
    time = weight.sum() * known.exposure
    mean = alerts.sum() / time.sum()
    rate = alerts / time
    # What rates differ by, less what counting alone makes them differ by. Weighted counts are not
    # quite Poisson's: their variance is less by this ratio.
    ratio = (weight**2).sum() / weight.sum()
    spread = float(np.average((rate - mean) ** 2, weights=time))
    between = max(spread - ratio * mean / time.mean(), 0.0)
    trust = between / (between + ratio * mean / time) if mean > 0.0 else np.zeros(len(rate))
    return (mean + trust * (rate - mean)) * known.exposure, float(mean)


def _last(counts: np.ndarray, skipped: int) -> np.ndarray:
    """int64[place]: alerts of four weeks, the last ones but so many."""
    end = counts.shape[1] - skipped
    return counts[:, max(end - RECENT_WEEKS, 0) : max(end, 0)].sum(axis=1)


def _reason(row: dict) -> str:
    of_type = f", {row['of_type']} of them {row['fraud_type']}" if row["of_type"] else ""
    return (
        f"{row['recent']} alerts in {RECENT_WEEKS} weeks{of_type}; {row['before']} in the "
        f"{RECENT_WEEKS} before. {row['expected']:.1f} expected next week, "
        f"{row['usual']:.1f} in a usual place."
    )


def _reason_zh(row: dict) -> str:
    of_type = f"（其中{row['fraud_type']}{row['of_type']}起）" if row["of_type"] else ""
    return (
        f"近{RECENT_WEEKS}周{row['recent']}起{of_type}，此前{RECENT_WEEKS}周{row['before']}起；"
        f"下周预计{row['expected']:.1f}起，一般为{row['usual']:.1f}起。"
    )
