"""The second part of ``forestall demo``: an hour of a district's alerts at 60 times the speed."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np

from geodata.coordinates import distance_m
from geodata.network import E7, RoadNetwork
from geodata.sketch.areas import sketch_areas
from services import time_source
from services.areas.geojson import read_collection
from services.areas.loading import load_areas
from services.cli.screen import err, out, progress_bar
from services.demo.alert import STAGE_OF_THE_SKETCH
from services.demo.fleet import JURISDICTION, Fleet
from services.demo.hour import SPEED, Hour, run_hour
from services.demo.print_figures import print_figures
from services.demo.print_hour import HourPrinter
from services.demo.server import running_service
from services.keys import make_key
from services.ledger.database import open_ledger
from services.settings import Settings

VICTIMS_WITHIN_M = 6_000.0
"""Of the middle of the sketch's city: where most of a district's people live."""


def show_hour(
    map_folder: Path, data_dir: Path, network: RoadNetwork, is_sketch: bool, seed: int
) -> None:
    """Play the hour on a service of its own, whose clock runs fast, and print the figures.

    What an earlier hour left in the folder is removed first.
    """
    shutil.rmtree(data_dir, ignore_errors=True)
    ledger = open_ledger(Settings(data_dir=data_dir).ledger_url)
    if is_sketch:
        collection = json.dumps(sketch_areas()).encode()
        load_areas(ledger, read_collection(collection, "the sketch's areas"))
    key = make_key(ledger, "demo", jurisdictions=(JURISDICTION,)).text
    ledger.close()
    out.rule(f"An hour of alerts in a minute 一小时 ({SPEED:.0f}×)")
    origin_s = time.time()
    settings = {
        "clock_speed": SPEED,
        "clock_origin_s": origin_s,
        "requests_per_s": 0,
    }
    with (
        err.status("Starting a second service, whose clock runs fast"),
        running_service(map_folder, data_dir, 0, **settings) as address,
        httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60.0
        ) as client,
        time_source.time_to_ourselves(),
    ):
        time_source.run_at(SPEED, origin_s)
        hour = _play(client, network, is_sketch, seed)
        began_at = datetime.fromtimestamp(hour.began_at_s, UTC).isoformat()
        wanted = {"jurisdiction": JURISDICTION, "from": began_at}
        figures, contributions = (
            client.get(path, params=wanted).raise_for_status().json()
            for path in ("/v1/figures", "/v1/figures/contributions")
        )
    print_figures(out, figures, contributions, hour)


def _play(client: httpx.Client, network: RoadNetwork, is_sketch: bool, seed: int) -> Hour:
    fleet = Fleet(network, seed)
    places = _where_people_live(network, fleet, is_sketch)
    printer = HourPrinter(out)
    with progress_bar() as progress:
        return run_hour(
            client,
            network,
            fleet,
            places,
            seed,
            printer.tell,
            lambda share: progress("the hour", share),
        )


def _where_people_live(network: RoadNetwork, fleet: Fleet, is_sketch: bool) -> np.ndarray:
    """float64[place, 2]: longitude and latitude of junctions in town, where doors are near."""
    lon, lat = network.node_lon_e7 / E7, network.node_lat_e7 / E7
    if is_sketch:
        middle = STAGE_OF_THE_SKETCH
        away_m = distance_m(lon, lat, *middle)
        near = away_m <= VICTIMS_WITHIN_M
        return np.stack([lon[near], lat[near]], axis=1)
    places = [np.stack([x, y], axis=1) for _, x, y in fleet.places()]
    return np.concatenate(places)
