"""Runs every kernel once before the first caller comes.

Kernels are compiled on their first use on a machine (a minute) and loaded on their first use in a
process (a second or two). Nobody in a hurry should pay for that.
"""

from __future__ import annotations

import logging

import numpy as np
import shapely

from dispatch.errors import DispatchError
from dispatch.fixes import FixBatch
from dispatch.interception.plan import make_plan
from dispatch.interception.sealing import seal_off
from dispatch.interception.subject import Sighting, Subject
from dispatch.interception.units import Unit
from dispatch.live_picture import LivePicture
from dispatch.responders import KINDS
from geodata.cells import cells_of
from geodata.edge_boxes import edges_meeting
from geodata.errors import GeodataError
from geodata.network import E7, UNREACHABLE_MS
from geodata.search.paths import shortest_path
from services.engine import MapEngine
from services.errors import OsrmError
from services.jurisdictions import EVERYTHING, Jurisdictions
from services.ledger.database import now_s
from services.osrm.answers import answer as routing_answer
from services.osrm.query import parse_address
from services.recommendations import (
    PlaceBody,
    RecommendationBody,
    RouteBody,
    WantBody,
)
from services.recommendations import answer as recommendation
from services.settings import Settings

log = logging.getLogger("forestall")

AWAY_DEG = 0.001
"""From one place of a question to the next: a hundred metres."""
CELL_RESOLUTION = 8
"""Of the cell that is asked about: a neighbourhood."""


def warm_up(engine: MapEngine, settings: Settings) -> None:
    """Ask one question of each sort, of a picture of its own that is thrown away."""
    engine.prepare()
    _plan(engine)
    for mode in engine.network.modes:
        place = _somewhere(engine, mode)
        if place is None:
            continue
        try:
            _ask(engine, settings, mode, *place)
        except (GeodataError, OsrmError) as error:
            # An odd map may have no way there and back; the first caller then waits a little.
            log.info("warming up %s: %s", mode, error)


def _ask(engine: MapEngine, settings: Settings, mode: str, lon: float, lat: float) -> None:
    pair = f"{lon:.6f},{lat:.6f};{lon + AWAY_DEG:.6f},{lat:.6f}"
    for address, options in (
        ("route", b"steps=true&annotations=true&snapping=any"),
        ("route", b"steps=true&overview=full&geometries=geojson&language=zh"),
        ("table", b"annotations=duration,distance"),
    ):
        path = f"/{address}/v1/{mode}/{pair}".encode()
        routing_answer(parse_address(path, options), engine.now, settings)
    # Only some questions come to these: whether any way leads to the victim, and which roads an
    # area closes.
    here = engine.snapper.snap([lon], [lat], mode)
    shortest_path(engine.now.metrics[mode], here, here)
    edges_meeting(engine.network, shapely.box(lon, lat, lon + AWAY_DEG, lat + AWAY_DEG))
    kinds = [name for name, kind in KINDS.items() if kind.mode == mode]
    if not kinds:
        return
    at_s = now_s()
    picture = LivePicture(engine.network, engine.snapper)
    for moment_s in (at_s - 2.0, at_s - 1.0):
        batch = FixBatch.of(
            ["a", "b", "c"],
            [lon, lon + AWAY_DEG, lon + 2 * AWAY_DEG],
            [lat] * 3,
            moment_s,
            jurisdiction="warm",
            kind=kinds[0],
        )
        picture.apply(batch, at_s)
    recommendation(
        RecommendationBody(
            place=PlaceBody(lon=lon, lat=lat, accuracy_m=50.0),
            wants=[
                WantBody(kinds=[kinds[0]], count=2),
                WantBody(kinds=[kinds[0]], count=4),  # one is missing, and why is said
            ],
            route=RouteBody(),
        ),
        picture,
        engine.now,
        Jurisdictions([EVERYTHING]),
        at_s,
    )
    (cell,) = cells_of(np.array([lon]), np.array([lat]), CELL_RESOLUTION)
    picture.in_cell(int(cell), Jurisdictions([EVERYTHING]), at_s)


def _plan(engine: MapEngine) -> None:
    """Look for the map's checkpoints, and stop somebody who drives from its middle."""
    roads, at_s = engine.now, now_s()
    car, police = (
        _somewhere(engine, mode) if mode in roads.metrics else None for mode in ("car", "police")
    )
    if car is None or police is None:
        return
    here = roads.snapper.snap([police[0]], [police[1]], "police")
    unit = Unit(
        "warm", "officer", "police", *police, int(here.edge[0]), float(here.fraction[0]), 0.0
    )
    subject = Subject(sighting=Sighting(*car, at_s), horizon_s=600.0)
    try:
        make_plan(roads, subject, [unit], at_s)
        seal_off(roads, subject, [unit], at_s, limit_s=0.1)
    except DispatchError as error:
        log.info("warming up plans: %s", error)


def _somewhere(engine: MapEngine, mode: str) -> tuple[float, float] | None:
    """A node on the mode's largest part; None where the mode has no road."""
    network = engine.network
    layer = network.modes[mode]
    base = 2 * network.edge_count
    usable = (layer.travel_time_ms[:base] < UNREACHABLE_MS) & (layer.part[:base] == 0)
    arcs = np.flatnonzero(usable)
    if not len(arcs):
        return None
    node = int(network.arc_tail[arcs[len(arcs) // 2]])
    return float(network.node_lon_e7[node]) / E7, float(network.node_lat_e7[node]) / E7
