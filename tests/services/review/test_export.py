"""Exports: what planners may have, readable by geopandas, and nothing personal in it."""

from __future__ import annotations

import io
import subprocess
import sys

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from dispatch.coverage.by_hour import response_times_by_hour
from dispatch.coverage.survey import response_times
from dispatch.incidents.case import Area
from dispatch.incidents.words import AssignmentState, ClosingReason, IncidentState, Tier
from dispatch.question import CandidatePlace
from geodata.coordinates import distance_m
from services.errors import ExportError
from services.incidents import records
from services.jurisdictions import Jurisdictions
from services.ledger.database import Ledger
from services.review.export import TABLES, pseudonyms
from services.review.export_files import write_export
from services.review.rows import Scope
from tests.conversations.centre import Centre
from tests.dispatch.coverage.river_town import river_town
from tests.services.review.cases import NOON_S, assignment, incident, random_past, write
from tests.services.review.slow_figures import counted

SECRET = pseudonyms(b"s" * 32)
HOME = (108.3765432, 30.8165432)
PERSONAL = (
    "victim-", "白岩路", "a neighbour told", "an account in another city", "daughter", "far",
    "r-0", "r-1", "r-2", "p-1", "g-9",
)  # fmt: skip
"""What must not be found in any cell of any table."""


@pytest.fixture
def ledger(ledger_url):
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


def exported(ledger, folder, held=("*",), to_s=NOON_S + 3_600, exact=False):
    scope = Scope(Jurisdictions(held), NOON_S, to_s)
    with ledger.snapshot() as connection:
        written = write_export(connection, scope, SECRET, folder, exact)
    tables = {name: geopandas.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    assert {file.stem: rows for file, rows in written.items()} == {
        name: len(table) for name, table in tables.items()
    }
    return tables


def decide(ledger, told, offered, **lost):
    """A decision with one offered and one passed over."""
    who = {"responder_id": "r-1", "jurisdiction": "w", "kind": "rider", "mode": "ebike"}
    document = {
        "offered": [
            who | {
                "assignment_id": offered.assignment_id, "role": "community", "eta_s": 60.0,
                "distance_m": 400.0, "line_m": 300.0, "chance": 0.3, "lon": 108.37, "lat": 30.81,
                "fix_age_s": 2.0,
            }
        ],
        "spare": [],
        "passed_over": [
            {
                "responder_id": "g-9", "jurisdiction": "w", "kind": "grid_worker", "line_m": 90.0,
                "eta_s": None, "distance_m": None, "cause": "across_bridge",
                "reason": {"zh": "x", "en": "the victim's daughter"}, "lon": None, "lat": None,
                "fix_age_s": None,
            } | lost
        ],
        "shortfalls": [],
    }  # fmt: skip
    ledger.transact(
        lambda connection: records.add_decision(connection, told.incident_id, NOON_S, document)
    )


def test_geopandas_opens_the_files_and_no_personal_word_is_in_them(ledger, tmp_path):
    """Victims' references, addresses, notes and responders' ids stay in the ledger."""
    past = random_past(seed=21, count=60)
    for told, sent, _ in past:
        write(ledger, told, *sent)
        if sent:
            decide(ledger, told, sent[0])
    tables = exported(ledger, tmp_path)
    assert all(len(table) > 20 for table in tables.values())
    for name, table in tables.items():
        assert table.crs == "EPSG:4326", name
        named = {"victim_ref", "address_text", "note", "closing_note", "findings", "responder_id"}
        assert not named & set(table.columns)
        words = {
            str(cell)
            for column in table.columns.drop("geometry")
            for cell in table[column].dropna().unique()
        }
        for word in PERSONAL:
            assert not any(word in one for one in words), (name, word)


def test_the_rows_are_those_of_the_ledger(ledger, tmp_path):
    """Every incident of the place and the time, and every assignment to one of these."""
    past = random_past(seed=22, count=80)
    for told, sent, _ in past:
        write(ledger, told, *sent)
    mine = counted(past, ("w/west",), NOON_S, NOON_S + 3_600)
    tables = exported(ledger, tmp_path, held=("w/west",))
    rows = tables["incidents"].set_index("incident_id")
    assert set(rows.index) == {told.incident_id for told, _, _ in mine}
    for told, sent, _ in mine:
        row = rows.loc[told.incident_id]
        assert row["tier"] == told.tier.word
        assert row["jurisdiction"] == told.area.jurisdiction
        assert row["opened_at"].timestamp() == told.opened_at_s
        for at, at_s in (
            ("first_face_at", told.first_face_at_s),
            ("closed_at", told.closed_at_s),
            ("placed_at", told.placed_at_s),
        ):
            assert (None if pd.isna(row[at]) else row[at].timestamp()) == at_s
        for name in ("evidence_in_time", "amount_kept_yuan", "closing_reason", "outcome"):
            value = getattr(told, name)
            assert (None if pd.isna(row[name]) else row[name]) == value, name
        assert (row["geometry"] is None) == (not told.places)
        own = tables["assignments"][tables["assignments"]["incident_id"] == told.incident_id]
        assert set(own["assignment_id"]) == {one.assignment_id for one in sent}
        assert sorted(own["responder"]) == sorted(SECRET(*one.key) for one in sent)
        assert sorted(own["distance_m"]) == sorted(one.distance_m for one in sent)


def test_points_are_the_middle_of_their_cell_unless_exact_ones_are_asked_for(ledger, tmp_path):
    """A block of houses and not a door; the likeliest of several places."""
    told = incident(
        area=Area("w/west/v/g", "w", "w/west", "w/west/v", "w/west/v/g"),
        places=(CandidatePlace(108.0, 30.0, weight=0.2), CandidatePlace(*HOME, 30.0, weight=0.8)),
    )
    write(ledger, told, assignment(lon=HOME[0], lat=HOME[1]))
    for exact in (False, True):
        tables = exported(ledger, tmp_path / str(exact), exact=exact)
        for name in ("incidents", "assignments"):
            (point,) = tables[name].geometry
            away_m = float(distance_m(*HOME, point.x, point.y))
            assert away_m < 1e-3 if exact else 1.0 < away_m < 100.0
        row = tables["incidents"].iloc[0]
        assert (row["place_count"], row["accuracy_m"]) == (2, 30.0)
        assert row["grid"] == "w/west/v/g"
        assert row["cell"] == tables["assignments"].iloc[0]["cell"]
        assert row["cell"].startswith("8a")


def test_everybody_considered_is_there_with_where_and_why(ledger, tmp_path):
    """Offered with their chance, passed over with the cause; a position that was not known is
    none."""
    told, sent = incident(), assignment(responder_id="r-1", jurisdiction="w", kind="rider")
    write(ledger, told, sent)
    decide(ledger, told, sent)
    table = exported(ledger, tmp_path)["positions"].set_index("considered")
    offered, lost = table.loc["offered"], table.loc["passed_over"]
    assert offered["assignment_id"] == sent.assignment_id
    assert (offered["eta_s"], offered["chance"]) == (60.0, 0.3)
    assert offered["geometry"] is not None
    assert (lost["cause"], lost["line_m"], lost["geometry"]) == ("across_bridge", 90.0, None)
    assert np.isnan(lost["eta_s"])
    assert offered["responder"] == SECRET("w", "r-1") != SECRET("w", "r-2")
    assert offered["responder"] != pseudonyms(b"t" * 32)("w", "r-1")


def test_the_positions_of_an_export_make_a_surface_of_the_hour(ledger, tmp_path):
    """As they are: the rider who was asked covers, the one who was busy and nearer does not, and
    who was nowhere is left out."""
    town = river_town()
    told, sent = incident(), assignment(responder_id="r-1", jurisdiction="w", kind="rider")
    write(ledger, told, sent)
    (near_lon, near_lat), (far_lon, far_lat) = town.town.lon_lat("A"), town.town.lon_lat("H")
    decide(ledger, told, sent, cause="busy", kind="rider", lon=near_lon, lat=near_lat)
    decide(ledger, told, sent, responder_id="nowhere")
    positions = exported(ledger, tmp_path, exact=True)["positions"]
    there = (positions.considered == "offered").to_numpy()
    positions.loc[there, "geometry"] = shapely.Point(far_lon, far_lat)
    found = response_times_by_hour(town, positions, resolution=10)
    rider = positions[there].iloc[[0]]
    alone = response_times(town, rider[["kind", "mode", "geometry"]], resolution=10)
    assert np.allclose(found.rider_s, alone.rider_s)
    assert found.surfaces.eq(1).all()


def test_an_export_of_nothing_has_the_same_columns(ledger, tmp_path):
    """A notebook that reads an empty day does not fail."""
    write(ledger, incident(), assignment())
    full = exported(ledger, tmp_path / "full")
    empty = exported(ledger, tmp_path / "empty", to_s=NOON_S)
    for name in TABLES:
        assert len(empty[name]) == 0
        assert dict(full[name].dtypes) == dict(empty[name].dtypes)


def test_joined_incidents_are_left_out(ledger, tmp_path):
    """As in the figures: a victim's case counts once."""
    write(
        ledger,
        incident(
            state=IncidentState.CLOSED, closing_reason=ClosingReason.JOINED, closed_at_s=NOON_S
        ),
        assignment(state=AssignmentState.RELEASED, ended_at_s=NOON_S),
    )
    tables = exported(ledger, tmp_path)
    assert [len(tables[name]) for name in TABLES] == [0, 0, 0]


def test_an_export_that_fails_leaves_the_earlier_one(ledger, tmp_path, monkeypatch):
    """All tables or none, and nothing half-written."""
    folder = tmp_path / "out"
    write(ledger, incident(tier=Tier.LOW, answer_tier=Tier.LOW))
    exported(ledger, folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    write(ledger, incident())

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(geopandas.GeoDataFrame, "to_parquet", full_disk)
    with pytest.raises(ExportError, match="No space left"):
        exported(ledger, folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def forestall(*arguments, url):
    return subprocess.run(
        [sys.executable, "-m", "services.cli", *arguments],
        env={"FORESTALL_DATABASE_URL": url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )


def test_the_command_line_exports_days_of_a_jurisdiction(ledger, ledger_url, tmp_path):
    """Days begin at midnight in China."""
    write(ledger, incident())
    write(ledger, incident(area=Area("k/s")))
    write(ledger, incident(opened_at_s=NOON_S - 12 * 3_600 - 1))
    done = forestall(
        "export", "-o", str(tmp_path), "--from", "2026-10-12", "--to", "2026-10-13",
        "--jurisdiction", "w", url=ledger_url,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "incidents.parquet  1 rows" in done.stdout
    table = geopandas.read_parquet(tmp_path / "incidents.parquet")
    assert list(table["jurisdiction"]) == ["w/west"]


@pytest.mark.parametrize(
    "more", [("--from", "yesterday"), ("--from", "2026-10-13", "--to", "2026-10-12")]
)
def test_a_time_that_makes_no_sense_ends_in_one_sentence(tmp_path, more):
    """Exit code 2."""
    url = f"sqlite:///{tmp_path / 'l.sqlite3'}"
    done = forestall("export", "-o", str(tmp_path / "out"), *more, url=url)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1


def test_planners_get_their_own_rows_over_http(store_office):
    """One centre's key, one centre's rows; dispatchers have no business here."""
    centre, other = Centre(store_office, "w"), Centre(store_office, "k")
    opened = centre.alert("B", tier="low")
    for name in TABLES:
        answer = centre.request("GET", f"/v1/export/{name}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/vnd.apache.parquet"
        table = geopandas.read_parquet(io.BytesIO(answer.content))
        if name == "incidents":
            assert list(table["incident_id"]) == [opened["incident"]["id"]]
            assert isinstance(table.geometry.iloc[0], shapely.Point)
        empty = geopandas.read_parquet(
            io.BytesIO(other.request("GET", f"/v1/export/{name}").content)
        )
        assert len(empty) == 0
    assert centre.request("GET", "/v1/export/victims").status_code == 404
    assert centre.request("GET", "/v1/export/incidents?exact=maybe").status_code == 422
    dispatcher = store_office.key("w", scopes=("dispatch",))
    assert centre.request("GET", "/v1/export/incidents", headers=dispatcher).status_code == 403
