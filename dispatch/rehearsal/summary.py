"""Rules beside each other: what each reaches, how sure that is, and what tells them apart.

Days are independent of each other, so the means of the days are too, and have a confidence interval
by Student's t. Two rules that met the same days are compared day by day, which takes out what the
days have in common: the interval of the difference is far narrower than those of the two (common
random numbers; Law, Simulation Modeling and Analysis, 5th ed., sections 10.2 and 11.2).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from dispatch.errors import RehearsalError

MEASURES = ("mean_s", "late")


def summarise(
    result: pd.DataFrame, *, against: str | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """One row for each rule, in the order of the result; times are those to the first face.

    ``mean_s`` is the mean over days of the mean over the alerts that were answered in person,
    ``late`` that of the share that wanted it and did not get it in time; ``median_s`` and ``p90_s``
    are over all such alerts, ``missed`` is the share that never got it. ``mean_s_low`` to
    ``late_high`` are the ends of the confidence intervals, and ``mean_s_change`` and
    ``late_change`` with theirs the difference to the rule ``against`` (the first). One day alone
    has no interval: NaN. Raises RehearsalError.
    """
    if not len(result):
        raise RehearsalError("The result is empty; rehearse at least one day.")
    if not 0.0 < confidence < 1.0:
        raise RehearsalError(f"The confidence is above 0 and below 1, not {confidence!r}.")
    rules = list(dict.fromkeys(result["rule"]))
    against = rules[0] if against is None else against
    if against not in rules:
        raise RehearsalError(f"No rule {against!r} was rehearsed; there are {', '.join(rules)}.")
    by_day = {rule: _by_day(result[result["rule"] == rule]) for rule in rules}
    rows = []
    for rule in rules:
        mine = result[result["rule"] == rule]
        wanted = mine[mine["wanted"]]
        met_s = mine["first_face_s"].dropna()
        row = {
            "alerts": len(mine),
            "mean_s": by_day[rule]["mean_s"].mean(),
            "median_s": met_s.median(),
            "p90_s": met_s.quantile(0.9),
            "late": by_day[rule]["late"].mean(),
            "missed": wanted["first_face_s"].isna().mean(),
        }
        for measure in MEASURES:
            days = by_day[rule][measure]
            change = days - by_day[against][measure]
            row[f"{measure}_low"], row[f"{measure}_high"] = interval(days, confidence)
            row[f"{measure}_change"] = change.mean()
            low, high = interval(change, confidence)
            row[f"{measure}_change_low"], row[f"{measure}_change_high"] = low, high
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(rules, name="rule"))


def interval(days: pd.Series, confidence: float) -> tuple[float, float]:
    """Ends of the confidence interval of the mean over days; NaN for fewer than two."""
    days = days.dropna()
    if len(days) < 2:
        return np.nan, np.nan
    half = stats.t.ppf((1 + confidence) / 2, len(days) - 1) * stats.sem(days)
    return float(days.mean() - half), float(days.mean() + half)


def _by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """float64[day] mean time to the first face, and share of the wanted ones that were late."""
    wanted = rows[rows["wanted"]]
    return pd.DataFrame(
        {
            "mean_s": rows.groupby("day")["first_face_s"].mean(),
            "late": wanted.groupby("day")["late"].mean(),
        }
    )
