"""Auckland's ambulances: rules of dispatch rehearsed on a published service's own roads and times.

Stations, vehicles, hospitals, roads with lights-and-sirens times and the number of calls are those
of JEMSS's Auckland (Ridler, Mason and Raith, European Journal of Operational Research 298, 2022;
Apache-2.0). Not in that data, and so this project's choice: where calls come from (its raster of
people is not published with it, so by the length and density of streets), and how long the crew is
with the patient and at the hospital. Every call is driven to with lights and sirens, and ends at
the nearest hospital or where it began.
"""

from __future__ import annotations

import time
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from dispatch.crowd import Crowd
from dispatch.incidents.policy import Policy
from dispatch.rehearsal.coverage_aware import CoverageAware
from dispatch.rehearsal.offline import offline_bound, share_of_gap_closed
from dispatch.rehearsal.rehearse import rehearse
from dispatch.rehearsal.roads import RehearsalRoads
from dispatch.rehearsal.rules import Batched, ClosestByLine, ClosestByRoad
from dispatch.rehearsal.scenario import DAY_S, Habits, Scenario
from dispatch.rehearsal.summary import summarise
from geodata.assembly import assemble
from geodata.cells import cells_of
from geodata.coordinates import distance_m
from geodata.modes import MODES
from geodata.modes.mode import TurnCosts
from geodata.network import E7, RoadClass, RoadNetwork
from geodata.osm.raw_roads import RawRoads
from geodata.search import many_to_many
from tests.benchmarks.report import Row
from tests.benchmarks.worlds import DATA

FOLDER = DATA / "ems/auckland"
SEED = 2017
CALLS_A_DAY = 280.0
WITHIN_S = 480.0
"""Eight minutes: what ambulance services promise in towns."""
ON_SCENE_S, AT_HOSPITAL_S = 900.0, 900.0
TAKEN = 0.6
"""Of patients, the share that is driven to a hospital, at ordinary speed."""
ORDINARY = 47.0 / 33.0
"""Ordinary driving takes so much longer, as the data has it off the roads."""
POLICY = Policy.parse(
    "[staffing]\nfar_officer_s = 86400\n"
    + "\n".join(
        f"[{tier}]\nofficers = 1\ncommunity = 0\nreach_s = 86400\nvisit_within_s = {WITHIN_S}"
        "\nintelligence = true"
        for tier in ("critical", "high", "medium", "low")
    )
)
"""One crew to every call, whatever its priority."""
HABITS = Habits(answer_s=0.0, convinced=1.0, reached=1.0, reached_s=0.0, patience_s=DAY_S)


def measure(days: int = 5) -> list[Row]:
    if not FOLDER.is_dir():
        print(f"No ambulance data at {FOLDER}: set FORESTALL_DATA to rehearse Auckland.")
        return []
    scenario, demand, busy = auckland(days)
    rules = [
        ClosestByRoad(),
        ClosestByLine(),
        Batched(window_s=30.0),
        CoverageAware.of(scenario, demand, within_s=WITHIN_S, busy=busy),
    ]
    started = time.perf_counter()
    result = rehearse(scenario, rules)
    took_s = time.perf_counter() - started
    summary, bound = summarise(result), offline_bound(scenario)
    closed = share_of_gap_closed(summary, bound, "mean_s")
    closed_late = share_of_gap_closed(summary, bound, "late")
    rows = [
        Row(
            f"Auckland, {rule}: to the patient",
            f"mean {one.mean_s:.0f} s ({one.mean_s_low:.0f}–{one.mean_s_high:.0f}), median "
            f"{one.median_s:.0f} s, 90 % within {one.p90_s:.0f} s; late {one.late:.1%}",
            f"{one.mean_s_change:+.1f} s ({one.mean_s_change_low:+.1f} to "
            f"{one.mean_s_change_high:+.1f}), late {100 * one.late_change:+.1f} points "
            f"({100 * one.late_change_low:+.1f} to {100 * one.late_change_high:+.1f})",
            f"{closed[rule]:.0%} / {closed_late[rule]:.0%} of the gap",
        )
        for rule, one in summary.iterrows()
    ]
    rows.append(
        Row(
            "Auckland, offline: no rule that keeps crews at their stations can go below",
            f"mean {bound['mean_s'].mean():.0f} s; late {bound['late'].mean():.1%}",
            f"{days} days, {len(scenario.alerts):,} calls, {len(scenario.members)} crews, "
            f"busy {busy:.0%}",
            f"{days * len(rules) * DAY_S / took_s:,.0f}× real time",
        )
    )
    return rows


def auckland(
    days: int, calls_a_day: float = CALLS_A_DAY
) -> tuple[Scenario, gpd.GeoDataFrame, float]:
    """The service for some days, where its calls come from, and the share of time that its crews
    are busy with patients."""
    network = read_roads(FOLDER / "roads.zip")
    roads = RehearsalRoads(network)
    metric = roads.metrics["police"]
    stations = _table(FOLDER / "stations_1.csv").set_index("index")
    vehicles = _table(FOLDER / "ambulances_1.csv")
    at = stations.loc[vehicles["stationIndex"]]
    responders = gpd.GeoDataFrame(
        {
            "responder_id": [f"ambulance {number}" for number in vehicles["index"]],
            "kind": "officer",
            "accepts": 1.0,
        },
        geometry=gpd.points_from_xy(at["x"].astype(float), at["y"].astype(float), crs=4326),
    )
    rng = np.random.default_rng(SEED)
    counts = rng.poisson(calls_a_day, days)
    lon, lat = Crowd(metric, int(counts.sum()), rng, in_town=True).places()
    hospitals = _table(FOLDER / "hospitals_1.csv")
    wards_lon, wards_lat = hospitals["x"].to_numpy(float), hospitals["y"].to_numpy(float)
    snap = roads.snapper.snap
    to_ward_s = (
        many_to_many(
            metric, snap(lon, lat, "police", at_door=True), snap(wards_lon, wards_lat, "police")
        )
        / 1000.0
        * ORDINARY
    )
    ward = to_ward_s.argmin(axis=1)
    taken = rng.random(len(lon)) < TAKEN
    on_scene_s = rng.gamma(4.0, ON_SCENE_S / 4.0, len(lon))
    at_hospital_s = to_ward_s.min(axis=1) + rng.gamma(4.0, AT_HOSPITAL_S / 4.0, len(lon))
    alerts = gpd.GeoDataFrame(
        {
            "day": np.repeat(np.arange(days), counts),
            "at_s": rng.uniform(0.0, DAY_S, len(lon)),
            "visit_s": on_scene_s + np.where(taken, at_hospital_s, 0.0),
            "free_lon": np.where(taken, wards_lon[ward], np.nan),
            "free_lat": np.where(taken, wards_lat[ward], np.nan),
        },
        geometry=gpd.points_from_xy(lon, lat, crs=4326),
    )
    scenario = Scenario.of(roads, alerts, responders, policy=POLICY, habits=HABITS, seed=SEED)
    busy = float(alerts["visit_s"].sum()) / (days * DAY_S * len(responders))
    return scenario, where_calls_come_from(metric), busy


def where_calls_come_from(metric) -> gpd.GeoDataFrame:
    """Calls that were never made, gathered into cells: what a planner would know beforehand."""
    lon, lat = Crowd(metric, 20_000, np.random.default_rng(SEED + 1), in_town=True).places()
    frame = pd.DataFrame({"cell": cells_of(lon, lat, 8), "lon": lon, "lat": lat})
    cells = frame.groupby("cell").agg(
        lon=("lon", "mean"), lat=("lat", "mean"), weight=("lon", "size")
    )
    points = gpd.points_from_xy(cells["lon"], cells["lat"], crs=4326)
    return gpd.GeoDataFrame(cells[["weight"]], geometry=points)


def read_roads(path: Path) -> RoadNetwork:
    """The network of JEMSS's nodes and arcs; the one mode is ``police``, its times those with
    lights and sirens, without turn costs, for theirs has none."""
    with zipfile.ZipFile(path) as archive:
        nodes = _table(BytesIO(archive.read("nodes.csv"))).astype(float)
        arcs = _table(BytesIO(archive.read("arcs.csv"))).astype(float)
    lon_e7 = np.rint(nodes["x"].to_numpy() * E7).astype(np.int32)
    lat_e7 = np.rint(nodes["y"].to_numpy() * E7).astype(np.int32)
    ends = arcs[["fromNode", "toNode"]].to_numpy().astype(np.int64) - 1
    frame = pd.DataFrame(
        {"low": ends.min(axis=1), "high": ends.max(axis=1), "time_s": arcs["mode_1"] * DAY_S}
    )
    frame["forward"] = ends[:, 0] < ends[:, 1]
    time_s = frame.groupby(["low", "high", "forward"])["time_s"].min().unstack("forward")
    low, high = (time_s.index.get_level_values(name).to_numpy() for name in ("low", "high"))
    time_s = time_s.reindex(columns=[True, False])
    length_m = distance_m(lon_e7[low] / E7, lat_e7[low] / E7, lon_e7[high] / E7, lat_e7[high] / E7)
    kph = np.nan_to_num(3.6 * np.maximum(length_m, 0.1)[:, None] / time_s.to_numpy())
    ways, count = len(low), len(lon_e7)
    no_ids, no_text = np.zeros(ways, np.int32), np.empty(0, np.int32)
    one = "police"
    raw = RawRoads(
        node_osm_id=np.arange(1, count + 1, dtype=np.int64),
        node_lon_e7=lon_e7,
        node_lat_e7=lat_e7,
        node_flags=np.zeros(count, np.uint16),
        node_blocked={one: np.zeros(count, np.bool_)},
        node_delay_s={one: np.zeros(count, np.float32)},
        way_osm_id=np.arange(1, ways + 1, dtype=np.int64),
        way_first_node=np.arange(0, 2 * ways + 1, 2, dtype=np.int64),
        way_node=np.column_stack([low, high]).ravel().astype(np.int32),
        way_class=np.full(ways, int(RoadClass.RESIDENTIAL), np.uint8),
        way_flags=np.zeros(ways, np.uint16),
        way_name=no_ids,
        way_ref=no_ids,
        way_destination=no_ids,
        way_forward_kph={one: kph[:, 0].astype(np.float32)},
        way_backward_kph={one: kph[:, 1].astype(np.float32)},
        way_forward_manner={one: np.zeros(ways, np.uint8)},
        way_backward_manner={one: np.zeros(ways, np.uint8)},
        way_no_through={one: np.zeros(ways, np.bool_)},
        restrictions=[],
        place_kind=np.empty(0, np.uint8),
        place_lon_e7=no_text,
        place_lat_e7=no_text,
        place_name=no_text,
        place_ref=no_text,
        place_node=no_text,
        place_osm_id=np.empty(0, np.int64),
        texts=[""],
        title="Auckland",
        attribution="JEMSS.jl (Apache-2.0); © OpenStreetMap contributors (ODbL)",
    )
    return assemble(raw, [replace(MODES[one], turns=TurnCosts(0, 0, 0, 0, 0, 0))])


def _table(source) -> pd.DataFrame:
    """The last of the tables in a file of JEMSS: a name, a header, rows."""
    lines = pd.read_csv(source, header=None, dtype=str, names=range(12))
    header = int(np.flatnonzero((lines[0] == "index").to_numpy())[-1])
    table = lines.iloc[header + 1 :].dropna(how="all")
    table.columns = lines.iloc[header].tolist()
    return table.loc[:, table.columns.notna()]
