"""Speeds learned from trips of a driver whose true speeds are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geodata.errors import RequestError
from geodata.modes import MODES
from geodata.trips.learning import NOT_ITS_TIME, learn
from geodata.trips.records import LeftOut, read_trips
from tests.geodata.trips.driven import Driver, country

POLICE = MODES["police"]
SLOWER = {"primary": 1.4, "residential": 1.6, "tertiary": 1.25}


def learned(table: pd.DataFrame, left_out: LeftOut | None = None, **how):
    left_out = left_out or LeftOut()
    trips = read_trips(table, left_out)
    return learn(country(), trips, POLICE, left_out, **how)


@pytest.fixture(scope="module")
def driver() -> Driver:
    return Driver(country(), SLOWER, junctions=1.3)


def test_the_speeds_of_a_driver_are_found_from_the_ends_of_drives(driver):
    """No error in the clock: every kind of road that was driven enough is found, and trips that
    the fit has not seen are expected to within a few hundredths."""
    found = learned(driver.trips(240, seed=1))
    for kind, slower in SLOWER.items():
        assert found.calibration.slower(POLICE, kind) == pytest.approx(slower, rel=0.1)
    assert found.after.trips == 60
    assert found.after.median_share < 0.03
    assert found.after.mean_error_s < found.before.mean_error_s / 5
    assert abs(found.after.bias) < 0.02
    assert found.before.bias < -0.2
    assert found.better


def test_the_speeds_of_a_driver_are_found_from_noisy_tracks(driver):
    """A fix every ten seconds, eight metres off."""
    found = learned(driver.fixes(60, seed=2, error_m=8.0))
    for kind in ("primary", "residential"):
        assert found.calibration.slower(POLICE, kind) == pytest.approx(SLOWER[kind], rel=0.12)
    assert found.after.mean_error_s < found.before.mean_error_s / 4


def test_a_driver_as_the_map_thinks_changes_nothing():
    """Only the clocks are inexact: the factors stay where they are."""
    found = learned(Driver(country(), {}).trips(160, seed=4, noise=0.05))
    for kind in ("primary", "residential"):
        assert found.calibration.slower(POLICE, kind) == pytest.approx(1.0, abs=0.06)


def test_trips_with_a_stop_in_them_are_not_learned_from(driver):
    """One in ten had a coffee on the way: the same factors are found without them."""
    table = driver.trips(200, seed=5)
    stopped = np.arange(0, 200, 10)
    arrived = pd.to_datetime(table["arrived_at"]) + pd.to_timedelta(
        np.isin(np.arange(200), stopped) * 400.0, unit="s"
    )
    found = learned(table.assign(arrived_at=arrived.map(lambda one: one.isoformat())))
    names = {f"trip {k}" for k in stopped.tolist()}
    assert len(names & set(found.outliers)) >= 10
    assert found.calibration.slower(POLICE, "primary") == pytest.approx(1.4, rel=0.1)


def test_a_rush_hour_shows_by_the_hour(driver):
    """All that begins at 17:00 takes a third longer: the map cannot say so, the report does."""
    table = driver.trips(240, seed=6)
    departed, arrived = (pd.to_datetime(table[c]) for c in ("departed_at", "arrived_at"))
    rush = departed.dt.tz_convert("Asia/Shanghai").dt.hour == 17
    arrived = arrived.where(~rush, departed + (arrived - departed) * 1.3)
    found = learned(table.assign(arrived_at=arrived.map(lambda one: one.isoformat())))
    hours = found.by_hour.set_index("hour")
    assert hours["trips"].sum() == 240
    assert hours["after"].idxmax() == 17
    others = hours["after"].drop(17).mean()
    assert hours.at[17, "after"] / others == pytest.approx(1.3, rel=0.05)


def test_the_seed_decides_who_judges(driver):
    table = driver.trips(80, seed=7, noise=0.1)
    one, same, other = (learned(table, seed=seed) for seed in (1, 1, 2))
    assert one.calibration.factors == same.calibration.factors
    assert one.after == same.after
    assert one.after != other.after
    assert one.trained + len(one.outliers) + one.after.trips == 80


def test_a_drive_that_was_another_one_is_left_out(driver):
    """Half an hour of road in two minutes, and a minute's in three hours."""
    table = driver.trips(60, seed=8)
    departed = pd.to_datetime(table["departed_at"])
    arrived = pd.to_datetime(table["arrived_at"])
    arrived[3] = departed[3] + pd.Timedelta(hours=3)
    left_out = LeftOut()
    learned(table.assign(arrived_at=arrived.map(lambda one: one.isoformat())), left_out)
    assert left_out.names == {NOT_ITS_TIME: ["trip 3"]}


def test_too_few_trips_are_refused_with_their_number(driver):
    with pytest.raises(RequestError, match=r"at least 40 trips of police .* of 12 there are 12"):
        learned(driver.trips(12, seed=9))
    away = driver.trips(50, seed=9).assign(origin_lon=13.4, origin_lat=52.5)
    left_out = LeftOut()
    with pytest.raises(RequestError, match="of 50 there are 0"):
        learned(away, left_out)
    assert left_out.count == 50


@pytest.mark.parametrize(
    ("how", "says"), [({"held_out": 0.9}, "0.05 to 0.5"), ({"seed": -1}, "seed")]
)
def test_what_makes_no_sense_is_said(driver, how, says):
    with pytest.raises(RequestError, match=says):
        learned(driver.trips(2, seed=1), **how)


def test_a_mode_that_is_calibrated_already_goes_on_from_there():
    """The map was compiled with a factor; what is learned is a factor of the table again."""
    already = POLICE.with_factors({"primary": 0.8})
    table = Driver(country(), {"primary": 1.25}).trips(120, seed=10)
    left_out = LeftOut()
    found = learn(country(), read_trips(table, left_out), replace(already), left_out)
    assert found.mode.factors["primary"] == pytest.approx(0.8 / 1.25, rel=0.06)
