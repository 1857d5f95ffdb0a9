"""A month to look back on: made-up alerts, played through the real decisions, kept in a real ledger
and exported as ``forestall export`` does.

The same district and seed give the same month. A planner puts the files of their own export in its
place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import h3
import numpy as np
import pandas as pd

from dispatch.incidents.case import Area, Assignment, Case
from dispatch.incidents.staffing import Selection
from dispatch.incidents.words import AssignmentState
from dispatch.question import Recommendation
from dispatch.rehearsal.day import MIDNIGHT_S, Day
from dispatch.rehearsal.fleet import Fleet
from dispatch.rehearsal.roads import RehearsalRoads
from dispatch.rehearsal.rules import ClosestByRoad, Rule
from dispatch.rehearsal.scenario import CENTRE, DAY_S, Habits, Scenario
from services.demo.district import CRS, District
from services.demo.schedule import FRAUDS
from services.incidents import records, store
from services.incidents.decisions import decision, keys_passed_over
from services.jurisdictions import EVERYTHING, Jurisdictions
from services.ledger.database import Ledger
from services.review.export import TABLES, pseudonyms
from services.review.rows import Scope
from services.review.wording import CHINA_TIME

DAYS = 28
ALERTS_A_DAY = 10
"""Those of a district for which somebody is to go (STORIES 3, 4)."""
FIRST_DAY = "2026-10-05"
"""A Monday."""
HOURS = np.array([1, 1, 1, 1, 1, 1, 2, 3, 5, 8, 9, 8, 6, 6, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2], float)
"""Alerts by hour of the day, in proportion: people are called while they are awake."""
WAVES = 2
"""Villages that a call centre works through in the second half of the month."""
WAVE_ALERTS = 12
HOME_RESOLUTION = 7
"""On a map without areas the H3 cell stands for the village."""


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """The three tables of an export, and what they were played from."""

    incidents: geopandas.GeoDataFrame
    assignments: geopandas.GeoDataFrame
    positions: geopandas.GeoDataFrame
    """As ``forestall export`` writes them: :mod:`services.review.export`."""
    scenario: Scenario
    """The same days, to be rehearsed by other rules."""


def play_month(
    district: District,
    *,
    seed: int,
    days: int = DAYS,
    alerts_a_day: int = ALERTS_A_DAY,
    first_day: str = FIRST_DAY,
    rule: Rule | None = None,
) -> Month:
    """A month of a district under a rule of dispatch, closest by road unless another is named."""
    alerts = _alerts(district, days, alerts_a_day, seed)
    scenario = Scenario.of(
        RehearsalRoads(district.network, district.roads.snapper),
        alerts,
        district.people,
        habits=Habits(),
        seed=seed,
    )
    played = _Played(district, alerts)
    for day in sorted(scenario.days):
        one = Day(scenario, day, rule or ClosestByRoad(), played)
        one.play()
        played.cases += one.cases
    midnight = pd.Timestamp(first_day, tz=CHINA_TIME)
    tables = played.exported()
    for table in tables.values():
        since = midnight.timestamp() - MIDNIGHT_S + DAY_S * table["incident_id"].map(played.day_of)
        later = pd.to_timedelta(since, unit="s").dt.round("ms")
        for name in table.columns[table.dtypes.astype(str).str.startswith("datetime64")]:
            table[name] = table[name] + later
    return Month(**tables, scenario=scenario)


class _Played:
    """Keeps what was decided and what became of it, and writes it to a ledger."""

    def __init__(self, district: District, alerts: geopandas.GeoDataFrame) -> None:
        self._network = district.network
        self._alerts = alerts
        self.cases: list[tuple[Any, Case]] = []
        self.day_of: dict[str, int] = {}
        self._decisions: list[tuple[str, float, dict[str, Any]]] = []

    def decided(
        self,
        case: Case,
        selections: Sequence[Selection],
        offered: Sequence[Assignment],
        found: Recommendation,
        fleet: Fleet,
        now_s: float,
    ) -> None:
        whereabouts = fleet.picture.named(keys_passed_over(found), now_s)
        document = decision(selections, offered, found, whereabouts, self._network)
        self._decisions.append((case.incident.incident_id, now_s, document))

    def exported(self) -> dict[str, geopandas.GeoDataFrame]:
        """The tables of the export, by name."""
        with tempfile.TemporaryDirectory(prefix="forestall-month-") as folder:
            ledger = Ledger(f"sqlite:///{Path(folder) / 'month.sqlite3'}")
            try:
                ledger.transact(lambda connection: self._write(connection, ledger))
                scope = Scope(Jurisdictions([EVERYTHING]), 0.0, MIDNIGHT_S + 10 * DAY_S)
                with ledger.snapshot() as connection:
                    return {
                        name: make(connection, scope, pseudonyms(b"a made-up month"))
                        for name, make in TABLES.items()
                    }
            finally:
                ledger.close()

    def _write(self, connection: Any, ledger: Ledger) -> None:
        for call, case in self.cases:
            said = self._alerts.iloc[call.row]
            incident = case.incident
            self.day_of[incident.incident_id] = int(said["day"])
            incident.area = Area(CENTRE, station=said["station"], village=said["village"])
            incident.fraud_type = said["fraud_type"]
            for assignment in case.assignments.values():
                if assignment.live:  # the day ended before they did
                    assignment.state = AssignmentState.RELEASED
            store.insert(connection, ledger, case, incident.opened_at_s)
        for incident_id, at_s, document in self._decisions:
            records.add_decision(connection, incident_id, at_s, document)


def _alerts(district: District, days: int, alerts_a_day: int, seed: int) -> geopandas.GeoDataFrame:
    """Alerts of the month with ``day``, ``at_s``, ``tier``, ``fraud_type``, ``station`` and
    ``village``; in two villages a wave comes in the second half."""
    rng = np.random.default_rng(seed)
    base = _with_homes(district)
    usual = base.iloc[rng.integers(len(base), size=days * alerts_a_day)].assign(
        day=np.repeat(np.arange(days), alerts_a_day),
        fraud_type=rng.choice(FRAUDS, days * alerts_a_day),
    )
    counts = base["village"].value_counts()
    known = sorted(counts[counts >= 4].index) or sorted(counts.index)
    hit = rng.choice(known, size=min(WAVES, len(known)), replace=False)
    waves = []
    for number, village in enumerate(hit):
        there = base[base["village"] == village]
        wave = there.iloc[rng.integers(len(there), size=WAVE_ALERTS)]
        came = rng.integers(days // 2, days, size=WAVE_ALERTS)
        waves.append(wave.assign(day=came, fraud_type=FRAUDS[number], tier="high"))
    alerts = pd.concat([usual, *waves], ignore_index=True)
    hour = rng.choice(24, size=len(alerts), p=HOURS / HOURS.sum())
    alerts["at_s"] = (hour + rng.random(len(alerts))) * 3_600.0
    return alerts.sort_values(["day", "at_s"], ignore_index=True)


def _with_homes(district: District) -> geopandas.GeoDataFrame:
    """The district's alerts with the station and village that each lies in."""
    alerts = district.alerts[["tier", "geometry"]].copy()
    if district.areas is None:
        cells = [h3.latlng_to_cell(point.y, point.x, HOME_RESOLUTION) for point in alerts.geometry]
        return alerts.assign(station="", village=cells)
    for level in ("station", "village"):
        areas = district.areas[district.areas["level"] == level][["name", "geometry"]]
        inside = geopandas.sjoin(alerts[["geometry"]], areas, how="left", predicate="within")
        name = inside[~inside.index.duplicated()]["name"]
        alerts[level] = name.fillna("")
    # several towns have a village of the same name
    alerts["village"] = [
        village if village.startswith(town) else f"{town}{village}"
        for town, village in zip(
            alerts["station"].str.removesuffix("派出所"), alerts["village"], strict=True
        )
    ]
    return geopandas.GeoDataFrame(alerts, geometry="geometry", crs=CRS)
