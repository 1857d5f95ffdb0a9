"""How much faster than real time a day is rehearsed."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np

from dispatch.crowd import Crowd
from dispatch.rehearsal.rehearse import rehearse
from dispatch.rehearsal.roads import RehearsalRoads
from dispatch.rehearsal.rules import ClosestByRoad
from dispatch.rehearsal.scenario import DAY_S, Scenario
from tests.benchmarks.report import Row
from tests.benchmarks.worlds import World

OFFICERS, NEIGHBOURS, RIDERS = 100, 100, 100
ALERTS = 500
TIERS = {"critical": 0.1, "high": 0.3, "medium": 0.4, "low": 0.2}
AT_LEAST = 2_000
SEED = 5


def measure(world: World) -> list[Row]:
    scenario = a_city_day(world)
    rehearse(Scenario.of(scenario.roads, scenario.alerts.iloc[:3], _people(scenario.roads)))
    started, on_cpu = time.perf_counter(), time.process_time()
    result = rehearse(scenario, [ClosestByRoad()])
    took_s, cpu_s = time.perf_counter() - started, time.process_time() - on_cpu
    faster = DAY_S / took_s
    return [
        Row(
            f"{world.name}: a day rehearsed, {OFFICERS + NEIGHBOURS + RIDERS} responders, "
            f"{ALERTS} alerts, the default tier policy",
            f"{took_s:.1f} s ({cpu_s:.1f} s of one core), {faster:,.0f}× real time; "
            f"{result['offers'].sum():,} offers",
            must=f"≥ {AT_LEAST:,}× real time",
            reached=faster >= AT_LEAST,
        )
    ]


def a_city_day(world: World) -> Scenario:
    """One day of alerts where people live, at any time."""
    network, snapper = world.open()
    roads = RehearsalRoads(network, snapper)
    rng = np.random.default_rng(SEED)
    lon, lat = Crowd(roads.metrics["foot"], ALERTS, rng, in_town=True).places()
    alerts = gpd.GeoDataFrame(
        {
            "at_s": rng.uniform(0.0, DAY_S, ALERTS),
            "tier": rng.choice(list(TIERS), ALERTS, p=list(TIERS.values())),
        },
        geometry=gpd.points_from_xy(lon, lat, crs=4326),
    )
    return Scenario.of(roads, alerts, _people(roads), seed=SEED)


def _people(roads: RehearsalRoads) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(SEED + 1)
    kinds = {
        "officer": ("police", OFFICERS),
        "grid_worker": ("foot", NEIGHBOURS),
        "rider": ("ebike", RIDERS),
    }
    lon, lat = np.concatenate(
        [
            Crowd(roads.metrics[mode], count, rng, in_town=True).places()
            for mode, count in kinds.values()
        ],
        axis=1,
    )
    kind = [kind for kind, (_, count) in kinds.items() for _ in range(count)]
    return gpd.GeoDataFrame(
        {"responder_id": [f"{one} {number}" for number, one in enumerate(kind)], "kind": kind},
        geometry=gpd.points_from_xy(lon, lat, crs=4326),
    )
