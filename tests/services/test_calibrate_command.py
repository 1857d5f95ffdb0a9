"""``forestall calibrate``: from files of trips to a file that a map is compiled with."""

from __future__ import annotations

import tomllib

import geopandas
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from geodata.assembly import assemble
from geodata.errors import GeodataError, RequestError, UnknownModeError
from geodata.generated import generate_roads
from geodata.maps.compile import compile_network
from geodata.modes import MODES
from geodata.modes.calibration import calibrated_modes, read_calibration
from geodata.snapping import Snapper
from geodata.trips.learning import learn
from geodata.trips.records import LeftOut, read_trips
from services.cli.calibrate import NOTHING_BETTER, calibrate
from services.errors import LoadError
from tests.geodata.trips.driven import Driver, Ground, country

APP = typer.Typer()
APP.command()(calibrate)
SLOWER = {"primary": 1.4, "residential": 1.5}


@pytest.fixture(scope="module")
def country_map(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps") / "country"
    compile_network(country().network, folder)
    return folder


@pytest.fixture(scope="module")
def driver():
    return Driver(country(), SLOWER)


def run(*arguments, code=0) -> str:
    done = CliRunner().invoke(APP, [str(one) for one in arguments], env={"COLUMNS": "200"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def test_from_trips_to_a_map_that_expects_them(tmp_path, country_map, driver):
    """The file is read by the compiler, and the map that it makes expects other trips of the same
    driver as the report promised."""
    file, output = tmp_path / "trips.csv.gz", tmp_path / "new" / "centre.toml"
    driver.trips(160, seed=1).to_csv(file, index=False)
    told = run(file, "-o", output, "--map", country_map)
    assert "160 of 160 trips are used." in told
    assert f"--calibration {output}" in told
    modes = read_calibration(output, MODES)
    assert modes["police"].factors["primary"] == pytest.approx(1.25 / 1.4, rel=0.06)
    assert modes["car"] is MODES["car"]

    network = assemble(generate_roads(3_000, tuple(modes.values())), tuple(modes.values()))
    left_out = LeftOut()
    others = read_trips(driver.trips(60, seed=2), left_out)
    again = learn(Ground(network, Snapper(network)), others, modes["police"], left_out)
    assert again.before.median_share < 0.04


def test_what_was_calibrated_before_is_kept(tmp_path, driver):
    """Another mode, another number, and a kind of road that was not driven stay as they were."""
    before = tmp_path / "before.toml"
    before.write_text(
        "[foot.factors]\nfootway = 0.9\n[police]\nbus_lane_factor = 1.3\n"
        "[police.factors]\nmotorway = 1.1\nprimary = 1.0\n"
    )
    modes = tuple(read_calibration(before, MODES).values())
    folder = tmp_path / "map"
    compile_network(assemble(generate_roads(3_000, modes), modes), folder)
    file, output = tmp_path / "trips.parquet", tmp_path / "after.toml"
    driver.trips(120, seed=3).to_parquet(file)
    run(file, "-o", output, "--map", folder, "--calibration", before)
    written = tomllib.loads(output.read_text(encoding="utf-8"))
    assert written["foot"] == {"factors": {"footway": 0.9}}
    assert written["police"]["bus_lane_factor"] == 1.3
    assert written["police"]["factors"]["motorway"] == 1.1
    # these drivers are slower than the table by 1.4, whatever the map was compiled with
    assert written["police"]["factors"]["primary"] == pytest.approx(1.25 / 1.4, rel=0.06)
    assert calibrated_modes(MODES, written)


def test_drives_come_from_an_export_too(tmp_path, country_map, driver):
    """Assignments that departed and arrived, each to where its incident was."""
    trips = driver.trips(60, seed=4)
    times = {c: pd.to_datetime(trips[c], format="ISO8601") for c in ("departed_at", "arrived_at")}
    never = pd.Timestamp("NaT", tz="UTC")
    assignments = geopandas.GeoDataFrame(
        {
            "assignment_id": [f"a{k}" for k in range(60)] + ["declined"],
            "incident_id": [f"i{k}" for k in range(60)] + ["i0"],
            "mode": "police",
            **{c: [*values, never] for c, values in times.items()},
        },
        geometry=geopandas.points_from_xy([*trips["origin_lon"], 0.0], [*trips["origin_lat"], 0.0]),
        crs=4326,
    )
    incidents = geopandas.GeoDataFrame(
        {"incident_id": [f"i{k}" for k in range(60)][::-1]},
        geometry=geopandas.points_from_xy(
            trips["destination_lon"][::-1], trips["destination_lat"][::-1]
        ),
        crs=4326,
    )
    assignments.to_parquet(tmp_path / "assignments.parquet")
    with pytest.raises(LoadError, match=r"has no incidents\.parquet"):
        run(tmp_path, "-o", tmp_path / "centre.toml", "--map", country_map)
    incidents.to_parquet(tmp_path / "incidents.parquet")
    told = run(tmp_path, "-o", tmp_path / "centre.toml", "--map", country_map)
    assert "60 of 60 trips are used." in told
    modes = read_calibration(tmp_path / "centre.toml", MODES)
    assert modes["police"].factors["primary"] == pytest.approx(1.25 / 1.4, rel=0.08)


def test_a_map_that_expects_the_trips_already_is_left_alone(tmp_path, country_map):
    """Clocks that are off by a fifth teach nothing: no file, and an exit code that says so."""
    file, output = tmp_path / "trips.csv", tmp_path / "centre.toml"
    as_thought = Driver(country(), {})
    for seed in range(20):  # by chance a fit may gain a second
        as_thought.trips(48, seed=50 + seed, noise=0.25).to_csv(file, index=False)
        done = CliRunner().invoke(APP, [str(file), "-o", str(output), "--map", str(country_map)])
        if done.exit_code == NOTHING_BETTER:
            break
        output.unlink()
    assert done.exit_code == NOTHING_BETTER
    assert "not expected more closely than before" in done.stdout
    assert not output.exists()


def test_bad_files_are_refused_in_a_sentence(tmp_path, country_map, driver, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORESTALL_MAP", raising=False)
    good, output = tmp_path / "trips.csv", tmp_path / "centre.toml"
    driver.trips(3, seed=5).to_csv(good, index=False)
    empty, torn, other = (tmp_path / n for n in ("empty.csv", "torn.parquet", "trips.xlsx"))
    empty.write_text("")
    torn.write_bytes(b"PAR1 and no more")
    other.write_text("x")
    strange = tmp_path / "strange.csv"
    driver.trips(3, seed=5).assign(mode="horse").to_csv(strange, index=False)
    heads = tmp_path / "heads.csv"
    driver.trips(1, seed=5).iloc[:0].to_csv(heads, index=False)
    for file, error, says in (
        (tmp_path / "none.csv", LoadError, "none.csv cannot be read: No such file"),
        (empty, LoadError, "empty.csv is no table that can be read"),
        (torn, LoadError, "torn.parquet is no table that can be read"),
        (other, LoadError, r"must end in \.csv, \.csv\.gz, \.parquet"),
        (strange, UnknownModeError, "no mode 'horse'; the modes are police"),
        (heads, LoadError, "no trips in these files"),
        (good, RequestError, "at least 40 trips"),
    ):
        with pytest.raises((LoadError, GeodataError), match=says) as raised:
            run(file, "-o", output, "--map", country_map)
        assert isinstance(raised.value, error)
        assert not output.exists()
    with pytest.raises(LoadError, match="Say which map"):
        run(good, "-o", output)
    output.write_text("mine")
    with pytest.raises(LoadError, match="is there already"):
        run(good, "-o", output, "--map", country_map)
    assert output.read_text() == "mine"
