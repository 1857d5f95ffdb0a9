"""``forestall demo``: the story on one screen."""

from __future__ import annotations

import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx
import typer

from geodata.maps.store import open_network
from geodata.network import RoadNetwork
from geodata.sketch import write_sketch
from services.cli.demo_hour import show_hour
from services.cli.demo_interception import show_interception
from services.cli.maps import OneWayTrunk, import_options
from services.cli.screen import err, out, progress_bar
from services.demo.alert import ask, choose_place, whereabouts
from services.demo.fleet import JURISDICTION, Fleet
from services.demo.picture import draw_answer
from services.demo.print_answer import print_recommendation
from services.demo.server import DemoError, running_service
from services.keys import make_key
from services.ledger.database import open_ledger
from services.map_folder import compiled
from services.settings import Settings

MOVE_EVERY_S = 5.0
"""How often everybody reports: what riders' apps and car terminals do."""


class Story(StrEnum):
    """What is shown."""

    ALERTS = "alerts"
    INTERCEPTION = "interception"


def demo(
    story: Annotated[
        Story, typer.Argument(help="alerts: who goes to a victim; interception: stopping a coach.")
    ] = Story.ALERTS,
    map: Annotated[
        Path | None, typer.Option("--map", help="OSM file or map folder; none: the sketch.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the first answer.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free one.")] = 8080,
    seed: Annotated[int, typer.Option(help="Another number, another fleet.")] = 7,
    picture: Annotated[
        Path | None, typer.Option(help="Write the answer as a picture to this PNG file.")
    ] = None,
    one_way_trunk: OneWayTrunk = False,
) -> None:
    """Serve a map with 2,300 moving responders: one alert and who goes, then an hour of a
    district's alerts in a minute, and its figures. Or, as 'interception': two centres' services
    that stop a coach on the expressway between them."""
    if story is Story.INTERCEPTION and map is not None:
        raise DemoError("The story of the coach is told on the sketch: leave out --map.")
    data_dir = Settings().data_dir / "demo"
    with progress_bar() as progress:
        if map is None:
            # Always anew: one that an interrupted demo left half done would be no map.
            sketch = data_dir / "sketch.osm.pbf"
            progress("drawing the sketch", 0.0)
            write_sketch(sketch)
            progress("drawing the sketch", 1.0)
        options = import_options(one_way_trunk)
        folder = compiled(map or sketch, data_dir, options, progress, Settings().calibration)
    network = open_network(folder)
    if story is Story.INTERCEPTION:
        show_interception(folder, data_dir / "interception", network, once)
        return
    key = make_key(
        open_ledger(Settings(data_dir=data_dir).ledger_url), "demo", jurisdictions=(JURISDICTION,)
    ).text
    with (
        err.status("Starting the service; the first time on a machine this takes a minute"),
        running_service(folder, data_dir, 0 if once else port) as address,
    ):
        _run(address, key, network, map is None, seed, picture)
        show_hour(folder, data_dir / "hour", network, map is None, seed)
        _tell_addresses(address, key, network)
        if not once:
            _keep_moving(address, key, network, seed)


def _run(
    address: str,
    key: str,
    network: RoadNetwork,
    is_sketch: bool,
    seed: int,
    picture: Path | None,
) -> None:
    fleet = Fleet(network, seed)
    with httpx.Client(base_url=address, headers=_headers(key), timeout=60.0) as client:
        _report(client, fleet)
        alert = choose_place(client, network, fleet, seed, is_sketch)
        _tell_alert(network, fleet, alert)
        chinese = ask(client, alert.lon, alert.lat, True, "zh")
        english = ask(client, alert.lon, alert.lat, True, "en")
        print_recommendation(out, chinese, english)
        if picture is not None:
            draw_answer(network, alert, english, whereabouts(client, english), picture)


def _keep_moving(address: str, key: str, network: RoadNetwork, seed: int) -> None:
    fleet = Fleet(network, seed)
    out.print(f"\n{len(fleet):,} responders keep moving. Ctrl-C ends the demonstration.")
    pause = threading.Event()
    with httpx.Client(base_url=address, headers=_headers(key), timeout=60.0) as client:
        while not pause.wait(MOVE_EVERY_S):
            fleet.step(MOVE_EVERY_S)
            _report(client, fleet)


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _report(client: httpx.Client, fleet: Fleet) -> None:
    for body in fleet.batches():
        answer = client.post(
            "/v1/positions", content=body, headers={"Content-Type": "application/json"}
        )
        if answer.status_code != 200:
            raise DemoError(f"The service refused positions: {answer.text[:300]}")


def _tell_alert(network: RoadNetwork, fleet: Fleet, alert) -> None:
    out.rule("Forestall 以快打快")
    out.print(f"Map: {network.title}", markup=False)
    out.print(f"     {network.attribution}", markup=False)
    out.print(f"On the road: {len(fleet):,} responders (riders, police, grid workers), all moving")
    out.print(
        f"Alert 高危预警: a victim at {alert.lon:.5f}, {alert.lat:.5f} ({alert.how_chosen})\n",
        markup=False,
        soft_wrap=True,
    )


def _tell_addresses(address: str, key: str, network: RoadNetwork) -> None:
    out.print(f"\nCommand page       {address}/console", markup=False, soft_wrap=True)
    out.print(f"API described at   {address}/docs", markup=False, soft_wrap=True)
    out.print(f"OpenAPI document   {address}/openapi.json", markup=False, soft_wrap=True)
    out.print(f"key of this demo   {key}", markup=False, soft_wrap=True)
    out.print(f"map data           {network.attribution}", markup=False, soft_wrap=True)
