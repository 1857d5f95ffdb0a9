"""Weeks of alerts, and alerts counted by week."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dispatch.frames import TIME_ZONE, moments_of, zone_named

UNKNOWN = ""
"""Kind of fraud of alerts that do not say which."""


def weeks_of(alerts: pd.DataFrame, time: str = "opened_at", timezone: str = TIME_ZONE) -> pd.Series:
    """datetime64[alert]: the Monday of each alert's week, in local time without a zone.

    Raises PlanningError for a column that holds no times, or times that do not say their zone.
    """
    moments = moments_of(alerts, time, "alerts").dt.tz_convert(zone_named(timezone))
    local = moments.dt.tz_localize(None).dt.normalize()
    return local - pd.to_timedelta(local.dt.day_of_week, unit="D")


def fraud_types_of(alerts: pd.DataFrame, fraud_type: str = "fraud_type") -> pd.Series:
    """str[alert]: kinds of fraud as the alerts tell them; UNKNOWN where they do not."""
    if fraud_type not in alerts.columns:
        return pd.Series(UNKNOWN, index=alerts.index, dtype="string")
    return alerts[fraud_type].astype("string").fillna(UNKNOWN).str.strip()


def weekly_counts(
    place: np.ndarray, places: int, week: pd.Series, weeks: pd.DatetimeIndex
) -> np.ndarray:
    """int64[place, week]: alerts of each place in each of these weeks; others are left out.

    ``place`` is int64[alert], -1 for alerts of no place.
    """
    at = weeks.get_indexer(pd.DatetimeIndex(week))
    kept = (at >= 0) & (place >= 0)
    counts = np.zeros((places, len(weeks)), dtype=np.int64)
    np.add.at(counts, (place[kept], at[kept]), 1)
    return counts
