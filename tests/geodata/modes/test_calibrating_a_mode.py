"""A centre's own drives become the factors of its police table."""

import numpy as np
import pytest

from geodata.errors import RequestError
from geodata.modes import MODES, judge_way
from geodata.modes.calibration import Drive, calibrated_modes, fit_factors, read_calibration

POLICE = MODES["police"]


def drives(slowness, junctions, count=60, seed=5):
    """Drives over three kinds of road in a town where each is that much slower than the table."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        driving_s = {kind: float(random.uniform(20, 400)) for kind in slowness}
        junctions_s = float(random.uniform(5, 90))
        observed_s = sum(driving_s[kind] * slowness[kind] for kind in slowness)
        observed_s += junctions_s * junctions + float(random.normal(0, 2))
        made.append(Drive(driving_s, junctions_s, observed_s))
    return made


def test_the_factors_of_a_slower_town_are_found():
    """Primary roads take a quarter longer, streets half: the factors fall by as much."""
    town = drives({"primary": 1.25, "secondary": 1.0, "residential": 1.5}, junctions=1.2)
    found = fit_factors(POLICE, town)
    assert found.factors["primary"] == pytest.approx(POLICE.factors["primary"] / 1.25, rel=0.04)
    assert found.factors["secondary"] == pytest.approx(POLICE.factors["secondary"], rel=0.04)
    assert found.factors["residential"] == pytest.approx(
        POLICE.factors["residential"] / 1.5, rel=0.04
    )
    assert found.junction_factor == pytest.approx(1.2, rel=0.1)
    assert found.error_after_s < found.error_before_s / 5


def test_the_calibrated_mode_drives_at_the_factors_found():
    """From drives to seconds on the road."""
    town = drives({"primary": 2.0, "residential": 1.0}, junctions=1.0)
    slower = fit_factors(POLICE, town).applied_to(POLICE)
    road = {"highway": "primary"}
    before, after = (judge_way(road, mode).forward_kph for mode in (POLICE, slower))
    assert after == pytest.approx(before / 2, rel=0.05)


def test_one_drive_moves_the_factors_of_its_roads_only():
    """What was not driven keeps its factor."""
    found = fit_factors(POLICE, [Drive({"tertiary": 100.0}, 10.0, 130.0)])
    assert set(found.factors) == {"tertiary"}
    assert found.factors["tertiary"] < POLICE.factors["tertiary"]


def test_a_ferry_is_taken_as_it_is():
    """Its timetable is not the driver's; its time is set aside before the fit."""
    found = fit_factors(POLICE, [Drive({"primary": 100.0, "canal": 600.0}, 0.0, 700.0)])
    assert found.factors["primary"] == pytest.approx(POLICE.factors["primary"])


def test_a_fit_stays_within_reason():
    """A drive with a long stop in it does not make the road forty times as slow."""
    found = fit_factors(POLICE, [Drive({"primary": 10.0}, 0.0, 4000.0)])
    assert found.factors["primary"] >= POLICE.factors["primary"] / 4.001


@pytest.mark.parametrize("wrong", [[], [Drive({"primary": 10.0}, 0.0, 0.0)]])
def test_a_fit_needs_drives_that_took_time(wrong):
    """The message says so."""
    with pytest.raises(RequestError, match="drive"):
        fit_factors(POLICE, wrong)


def test_a_file_of_settings_calibrates_the_modes(tmp_path):
    """One table for each mode; the others stay as they are."""
    file = tmp_path / "centre.toml"
    file.write_text("[police]\nturn_factor = 0.5\n[police.factors]\nprimary = 1.5\n")
    modes = read_calibration(file, MODES)
    assert modes["police"].factors["primary"] == 1.5
    assert modes["police"].turns.left_s == pytest.approx(POLICE.turns.left_s / 2)
    assert modes["car"] is MODES["car"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tram]\n", "tram"),
        ("[police]\nspeed = 2\n", "'speed'"),
        ("[police.factors]\ncanal = 1.0\n", "canal"),
        ("[police.factors]\nprimary = true\n", "number"),
        ("[police.factors]\nprimary = 'fast'\n", "number"),
        ("[police]\nfactors = 2\n", "table"),
        ("police = 2\n", "table"),
        ("[police", "not TOML"),
    ],
)
def test_a_wrong_file_of_settings_says_what_is_wrong(tmp_path, text, words):
    """One sentence with the remedy."""
    file = tmp_path / "centre.toml"
    file.write_text(text)
    with pytest.raises(RequestError, match=words):
        read_calibration(file, MODES)


def test_a_missing_file_of_settings_says_so(tmp_path):
    """The path is in the message."""
    with pytest.raises(RequestError, match=r"none\.toml"):
        read_calibration(tmp_path / "none.toml", MODES)


def test_settings_without_a_mode_change_nothing():
    """An empty file is the tables as they are."""
    assert calibrated_modes(MODES, {}) == dict(MODES)
