"""The alert of the demonstration: where the victim is, and what the service answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from geodata.coordinates import distance_m
from geodata.network import RoadNetwork
from geodata.snapping import Snapper
from services.demo.fleet import Fleet
from services.demo.server import DemoError

SHOPKEEPER = (108.4063, 30.7985)
"""A shop on the east bank in Chenjiaba on the sketch: most of the city lies across the river."""
PLACES_TRIED = 40
"""On other maps this many street corners are tried for one where the line misleads."""

WANTS = (("officer",), ("auxiliary",), ("grid_worker",), ("rider",))


@dataclass(frozen=True, slots=True)
class Alert:
    """One high-tier alert."""

    lon: float
    lat: float
    how_chosen: str


def ask(client: httpx.Client, lon: float, lat: float, route: bool, language: str) -> dict[str, Any]:
    """The service's recommendation for a victim at this place."""
    body: dict[str, Any] = {
        "place": {"lon": lon, "lat": lat},
        "wants": [{"kinds": list(kinds), "count": 2} for kinds in WANTS],
        "language": language,
    }
    if route:
        body["route"] = {"of": "best", "overview": "full", "geometries": "geojson"}
    answer = client.post("/v1/recommendations", json=body)
    if answer.status_code != 200:
        raise DemoError(f"The service refused the question: {answer.text[:300]}")
    return answer.json()


def choose_place(
    client: httpx.Client, network: RoadNetwork, fleet: Fleet, seed: int, is_sketch: bool
) -> Alert:
    """On the sketch the shop by the river; elsewhere the corner where the line misleads most."""
    if is_sketch:
        return Alert(*SHOPKEEPER, "a shop in Chenjiaba, by the river")
    rng = np.random.default_rng(seed)
    lon, lat = _middle_of(fleet)
    away_m = distance_m(network.node_lon_e7 / 1e7, network.node_lat_e7 / 1e7, lon, lat)
    central = np.argsort(away_m)[: max(1, network.node_count // 2)]
    nodes = rng.choice(central, size=min(PLACES_TRIED, len(central)), replace=False)
    where = np.stack([network.node_lon_e7[nodes], network.node_lat_e7[nodes]], axis=1) / 1e7
    positions = Snapper(network).snap(where[:, 0], where[:, 1], "car", limit_m=60.0)
    corners = [tuple(place) for place in where[positions.found].tolist()] or [(lon, lat)]
    best = max(corners, key=lambda place: _misled_s(ask(client, *place, False, "en")))
    return Alert(*best, f"of {len(corners)} corners, the one where the line misleads most")


def _middle_of(fleet: Fleet) -> tuple[float, float]:
    places = [(lon, lat) for _, lon, lat in fleet.places()]
    lon = np.concatenate([lon for lon, _ in places])
    lat = np.concatenate([lat for _, lat in places])
    return float(np.median(lon)), float(np.median(lat))


def _misled_s(answer: dict[str, Any]) -> float:
    """Seconds that the nearest officer by line would have been later, at most."""
    police = answer["wants"][0]
    if not police["chosen"]:
        return -1.0
    best = police["chosen"][0]
    nearer = [
        who["eta_s"] - best["eta_s"]
        for who in police["passed_over"]
        if who["eta_s"] is not None and who["line_m"] < best["line_m"]
    ]
    return max(nearer, default=0.0)
