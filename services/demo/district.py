"""A district to try planning on: a map, and made-up posts, people and alerts.

Everything that is made up comes from a seed: the same map and seed give the same district. A
planner puts their own frames in its place: the ones of `forestall export`, a list of posts, a
census.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd

from dispatch.crowd import Crowd
from dispatch.siting.problem import candidate_posts
from geodata.network import RoadNetwork
from geodata.sketch import sketch_areas, write_sketch
from services.cli.maps import import_options
from services.demo.schedule import TIERS
from services.engine import RoadsNow, open_engine
from services.map_folder import compiled
from services.settings import Settings

CRS = "EPSG:4326"
SEED = 7

STATIONS = 8
"""Police stations that send a car at night."""
RIDERS = 120
GRID_WORKERS = 160
ALERTS = 900
"""Visits of two months: a district of a large municipality sees hundreds of alerts a week, and
fifteen a day are for somebody to go (STORIES 3)."""
FAR_ALERTS = 0.25
"""Share of alerts that come from the country, where fewer people and fewer streets are."""
POST_RESOLUTION = 6
"""On a map without areas: one post in each H3 cell of some 36 km²."""


@dataclass(frozen=True, slots=True, eq=False)
class District:
    """What a planner looks at. Frames are in WGS-84."""

    roads: RoadsNow
    areas: geopandas.GeoDataFrame | None
    """``name``, ``level`` and ``jurisdiction`` of districts, stations, villages and grids; None on
    a map of one's own, until one gives some."""
    posts: geopandas.GeoDataFrame
    """``name``, ``kind``: where a car stands."""
    people: geopandas.GeoDataFrame
    """``responder_id``, ``kind``: one officer at each post, riders and grid workers on their
    ways."""
    alerts: geopandas.GeoDataFrame
    """``tier``: where victims were."""
    made_up: str
    """To be written below every figure."""

    @property
    def network(self) -> RoadNetwork:
        return self.roads.network


def open_district(
    map: Path | str | None = None,
    *,
    seed: int = SEED,
    areas: geopandas.GeoDataFrame | None = None,
    stations: int = STATIONS,
    one_way_trunk: bool = False,
    data_dir: Path | None = None,
) -> District:
    """A district on the sketch, or on a map file or folder. The first time a file is compiled."""
    data_dir = Settings().data_dir / "planning" if data_dir is None else data_dir
    if map is None:
        map = data_dir / "sketch.osm.pbf"
        if not map.is_file():
            data_dir.mkdir(parents=True, exist_ok=True)
            write_sketch(map)
        areas = _sketch_areas() if areas is None else areas
    folder = compiled(Path(map), data_dir, import_options(one_way_trunk))
    roads = open_engine(folder).now
    rng = np.random.default_rng(seed)
    posts = _posts(roads, areas, stations)
    return District(
        roads=roads,
        areas=areas,
        posts=posts,
        people=_people(roads, posts, rng),
        alerts=_alerts(roads, rng),
        made_up=f"posts, people and alerts are made up (seed {seed})",
    )


def _sketch_areas() -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame.from_features(sketch_areas()["features"], crs=CRS)


def _posts(
    roads: RoadsNow, areas: geopandas.GeoDataFrame | None, count: int
) -> geopandas.GeoDataFrame:
    """The stations with most road, each where its streets are."""
    if areas is None or "level" not in areas.columns:
        found = candidate_posts(roads, resolution=POST_RESOLUTION)
        order = np.argsort(np.argsort(-found["road_m"].to_numpy(), kind="stable"))
        found["name"] = [f"post {place + 1:02d}" for place in order.tolist()]
    else:
        found = candidate_posts(roads)
        stations = areas[areas["level"] == "station"][["name", "geometry"]]
        found = geopandas.sjoin(found.drop(columns="name"), stations, predicate="within")
        found = found.sort_values("road_m", ascending=False).drop_duplicates("name")
    found = found.sort_values(["road_m", "name"], ascending=[False, True]).head(count)
    return found[["name", "geometry"]].assign(kind="officer").reset_index(drop=True)


def _people(
    roads: RoadsNow, posts: geopandas.GeoDataFrame, rng: np.random.Generator
) -> geopandas.GeoDataFrame:
    parts = [posts[["kind", "geometry"]].assign(responder_id=posts["name"])]
    for kind, mode, count, prefix in (
        ("rider", "ebike", RIDERS, "QS"),
        ("grid_worker", "foot", GRID_WORKERS, "WG"),
    ):
        lon, lat = Crowd(roads.metric(mode), count, rng, in_town=True).places()
        names = [f"{prefix}{number:03d}" for number in range(1, count + 1)]
        table = pd.DataFrame({"kind": kind, "responder_id": names})
        points = geopandas.points_from_xy(lon, lat)
        parts.append(geopandas.GeoDataFrame(table, geometry=points, crs=CRS))
    return pd.concat(parts, ignore_index=True)


def _alerts(roads: RoadsNow, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    far = round(FAR_ALERTS * ALERTS)
    places = [
        Crowd(roads.metric("foot"), count, rng, in_town=in_town).places()
        for count, in_town in ((ALERTS - far, True), (far, False))
    ]
    lon, lat = (np.concatenate(part) for part in zip(*places, strict=True))
    tiers = rng.choice(list(TIERS), size=len(lon), p=list(TIERS.values()))
    points = geopandas.points_from_xy(lon, lat)
    return geopandas.GeoDataFrame({"tier": tiers}, geometry=points, crs=CRS)
