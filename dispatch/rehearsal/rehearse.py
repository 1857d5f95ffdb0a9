"""Rules side by side over the same days: one row for each alert and rule."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from dispatch.errors import RehearsalError
from dispatch.frames import CRS
from dispatch.rehearsal.day import Day, Outcome
from dispatch.rehearsal.rules import ClosestByRoad, Rule
from dispatch.rehearsal.scenario import Scenario

COLUMNS = {
    "rule": str,
    "day": "int64",
    "alert": object,
    "at_s": "float64",
    "tier": str,
    "first_face_s": "float64",
    "enforcement_s": "float64",
    "community_s": "float64",
    "wanted": bool,
    "late": bool,
    "offers": "int64",
    "refusals": "int64",
    "visits": "int64",
    "dissuaded": bool,
    "intercepted": "boolean",
}
"""Of a result, beside ``geometry``. Times are seconds after the alert, NaN for what never came;
``alert`` is the alert's name in the planner's frame; ``intercepted`` is missing where the money
never set out in a car."""


def rehearse(scenario: Scenario, rules: Sequence[Rule] = (ClosestByRoad(),)) -> gpd.GeoDataFrame:
    """What becomes of every alert under every rule; the columns are :data:`COLUMNS`, WGS-84.

    The same scenario and rules give the same frame, to the last digit.
    """
    names = [rule.name for rule in rules]
    if not names or len(set(names)) < len(names):
        raise RehearsalError(
            "Give at least one rule, each with a name of its own: "
            "Batched(window_s=60, name='batched 60 s')."
        )
    rows = [
        _row(scenario, rule.name, day, outcome)
        for rule in rules
        for day in sorted(scenario.days)
        for outcome in Day(scenario, day, rule).play()
    ]
    calls = [row.pop("call") for row in rows]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {name: kind for name, kind in COLUMNS.items() if kind is not object}
    )
    points = gpd.points_from_xy([one.lon for one in calls], [one.lat for one in calls])
    return gpd.GeoDataFrame(frame, geometry=points, crs=CRS)


def _row(scenario: Scenario, rule: str, day: int, outcome: Outcome) -> dict[str, object]:
    call = outcome.call
    return {
        "rule": rule,
        "day": day,
        "alert": scenario.alerts.index[call.row],
        "at_s": call.at_s,
        "tier": call.tier.word,
        "first_face_s": outcome.first_face_s,
        "enforcement_s": outcome.enforcement_s,
        "community_s": outcome.community_s,
        "wanted": outcome.wanted,
        "late": outcome.late,
        "offers": outcome.offers,
        "refusals": outcome.refusals,
        "visits": outcome.visits,
        "dissuaded": outcome.dissuaded,
        "intercepted": pd.NA if outcome.caught is None else outcome.caught,
        "call": call,
    }
