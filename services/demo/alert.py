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

STAGE_OF_THE_SKETCH = (108.4010, 30.8050)
"""Where the river divides the city on the sketch."""
STAGE_RADIUS_M = 3_000.0
CORNERS_TRIED = 60
"""So many street corners are tried for one where the line misleads: that is what is to be shown."""

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


def whereabouts(client: httpx.Client, answer: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of everybody whom an answer names."""
    places = {}
    for want in answer["wants"]:
        for who in [*want["chosen"], *want["passed_over"]]:
            found = client.get(f"/v1/responders/{who['id']}")
            if found.status_code == 200 and (position := found.json()["position"]):
                places[who["id"]] = (position["lon"], position["lat"])
    return places


def choose_place(
    client: httpx.Client, network: RoadNetwork, fleet: Fleet, seed: int, is_sketch: bool
) -> Alert:
    """The corner in the middle of things where the nearest by line is the worst choice."""
    rng = np.random.default_rng(seed)
    middle = STAGE_OF_THE_SKETCH if is_sketch else _middle_of(fleet)
    away_m = distance_m(network.node_lon_e7 / 1e7, network.node_lat_e7 / 1e7, *middle)
    stage = np.flatnonzero(away_m <= max(STAGE_RADIUS_M, float(np.partition(away_m, 1)[1])))
    nodes = rng.choice(stage, size=min(CORNERS_TRIED, len(stage)), replace=False)
    where = np.stack([network.node_lon_e7[nodes], network.node_lat_e7[nodes]], axis=1) / 1e7
    near = Snapper(network).snap(where[:, 0], where[:, 1], "car", limit_m=60.0, at_door=True)
    corners = [tuple(place) for place in where[near.found].tolist()] or [middle]
    best = max(corners, key=lambda place: _misled_s(ask(client, *place, False, "en")))
    return Alert(*best, f"of {len(corners)} corners, the one where the line misleads most")


def _middle_of(fleet: Fleet) -> tuple[float, float]:
    places = [(lon, lat) for _, lon, lat in fleet.places()]
    lon = np.concatenate([lon for lon, _ in places])
    lat = np.concatenate([lat for _, lat in places])
    return float(np.median(lon)), float(np.median(lat))


def _misled_s(answer: dict[str, Any]) -> tuple[float, float]:
    """Seconds by which those nearer by line would be later: of the police, and of everybody."""
    late_s = []
    for want in answer["wants"]:
        first = want["chosen"][0] if want["chosen"] else None
        late_s.append(
            max(
                (
                    who["eta_s"] - first["eta_s"]
                    for who in want["passed_over"]
                    if first and who["eta_s"] is not None and who["line_m"] < first["line_m"]
                ),
                default=0.0,
            )
        )
    return late_s[0], sum(late_s)
