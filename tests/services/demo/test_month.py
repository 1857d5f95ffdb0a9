"""A month that was made up: through real decisions into the form of an export."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest

from geodata.network import E7
from services.demo.district import CRS, District
from services.demo.month import WAVE_ALERTS, WAVES, Month, play_month
from services.review.export import ASSIGNMENT_TYPES, INCIDENT_TYPES, POSITION_TYPES
from tests.geodata.trips.driven import country

DAYS, A_DAY = 3, 6


@pytest.fixture(scope="module")
def district() -> District:
    """Officers, riders and grid workers at the corners of a small generated country."""
    ground = country()
    network = ground.network

    def at(count: int, seed: int):
        nodes = np.random.default_rng(seed).integers(network.node_count, size=count)
        return geopandas.points_from_xy(
            network.node_lon_e7[nodes] / E7, network.node_lat_e7[nodes] / E7
        )

    kinds = ["officer"] * 6 + ["rider"] * 20 + ["grid_worker"] * 20
    people = geopandas.GeoDataFrame(
        {"kind": kinds, "responder_id": [f"{kind} {k}" for k, kind in enumerate(kinds)]},
        geometry=at(len(kinds), 1),
        crs=CRS,
    )
    tiers = np.random.default_rng(2).choice(["critical", "high", "medium"], 40)
    alerts = geopandas.GeoDataFrame({"tier": tiers}, geometry=at(40, 3), crs=CRS)
    return District(ground, None, people[people.kind == "officer"], people, alerts, "made up")


@pytest.fixture(scope="module")
def month(district) -> Month:
    return play_month(district, seed=5, days=DAYS, alerts_a_day=A_DAY)


def test_its_tables_are_those_of_an_export(month):
    """Column by column, and every row belongs to an incident."""
    for table, types in (
        (month.incidents, INCIDENT_TYPES),
        (month.assignments, ASSIGNMENT_TYPES),
        (month.positions, POSITION_TYPES),
    ):
        assert [*types, "geometry"] == list(table.columns)
        assert table.crs.to_epsg() == 4326
        assert set(table.incident_id) <= set(month.incidents.incident_id)
        assert len(table)
    assert len(month.incidents) == DAYS * A_DAY + WAVES * WAVE_ALERTS
    assert month.assignments.assignment_id.is_unique
    assert set(month.positions.considered) <= {"offered", "spare", "passed_over"}


def test_days_follow_each_other_by_the_clock_in_china(month):
    """From the first midnight on; nobody arrives before the alert."""
    local = month.incidents.opened_at.dt.tz_convert("Asia/Shanghai")
    days = local.dt.tz_localize(None).dt.floor("D")
    assert sorted(days.unique()) == list(pd.date_range("2026-10-05", periods=DAYS))
    there = month.incidents.first_face_at.notna()
    assert there.any()
    assert (month.incidents.first_face_at > month.incidents.opened_at)[there].all()
    asked = month.assignments.merge(month.incidents[["incident_id", "opened_at"]], on="incident_id")
    assert (asked.offered_at >= asked.opened_at).all()
    decided = month.positions.merge(
        month.assignments[["assignment_id", "offered_at"]], on="assignment_id"
    )
    assert len(decided) == len(month.assignments)
    assert (decided.decided_at == decided.offered_at).all()


def test_the_same_seed_gives_the_same_month(district, month):
    """Also the scenario, so that other rules can be rehearsed on the same days."""
    again = play_month(district, seed=5, days=DAYS, alerts_a_day=A_DAY)
    assert again.incidents.equals(month.incidents)
    assert again.assignments.equals(month.assignments)
    other = play_month(district, seed=6, days=DAYS, alerts_a_day=A_DAY)
    assert not other.incidents.geometry.equals(month.incidents.geometry)
    assert len(month.scenario.days) == DAYS
