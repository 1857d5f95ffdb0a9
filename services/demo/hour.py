"""An hour of a district's alerts in a minute: alerts in, units out, every minute on the record."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

from geodata.network import RoadNetwork
from geodata.snapping import Snapper
from services.demo.fleet import Fleet
from services.demo.schedule import Step, hour_of_alerts
from services.demo.server import DemoError
from services.demo.units import Units
from services.time_source import now_s

HOUR_S = 3600.0
SPEED = 60.0
REPORT_EVERY_S = 30.0
"""How often everybody sends a position; those who are sent somewhere do it at every look."""
LOOK_EVERY_S = 0.02
"""Pause between two looks at what is due, in seconds of the machine: about one of the hour's."""
EVENTS_AT_A_TIME = 1000


@dataclass(slots=True)
class Hour:
    """What happened in the hour, as far as it is told while it runs."""

    began_at_s: float
    alerts: int = 0
    events: int = 0
    by_type: dict[str, int] = field(default_factory=dict)
    refused_steps: int = 0
    """Answers of units that came too late."""


def run_hour(
    client: httpx.Client,
    network: RoadNetwork,
    fleet: Fleet,
    places: np.ndarray,
    seed: int,
    tell: Callable[[dict[str, Any], float], None],
    progress: Callable[[float], None],
    length_s: float = HOUR_S,
) -> Hour:
    """Play the hour against a service whose clock runs at the same speed as ours.

    ``places`` is float64[place, 2] of where victims may live; ``tell`` gets every event with the
    seconds since the beginning; ``progress`` the share of the hour that is over. Raises DemoError
    when the service does not answer as it should.
    """
    rng = np.random.default_rng(seed)
    units = Units(client, fleet, Snapper(network), rng)
    steps = deque(hour_of_alerts(places, rng, length_s))
    incident_of: dict[str, str] = {}
    hour = Hour(now_s())
    stream = _Stream(client)
    moved_at_s = reported_at_s = hour.began_at_s
    try:
        _send_everybody(client, fleet)
        while (at_s := now_s()) < hour.began_at_s + length_s:
            fleet.step(at_s - moved_at_s)
            units.move(at_s)
            moved_at_s = at_s
            if at_s - reported_at_s >= REPORT_EVERY_S:
                _send_everybody(client, fleet)
                reported_at_s = at_s
            elif (batch := fleet.batch_of_sent()) is not None:
                _send(client, batch)
            while steps and hour.began_at_s + steps[0].at_s <= at_s:
                hour.alerts += _take(client, steps.popleft(), incident_of)
            for event in stream.next():
                hour.events += 1
                type_ = event["type"].removeprefix("forestall.").removesuffix(".v1")
                hour.by_type[type_] = hour.by_type.get(type_, 0) + 1
                units.hear(event, at_s)
                tell(event, at_s - hour.began_at_s)
            units.act(at_s)
            progress((at_s - hour.began_at_s) / length_s)
            time.sleep(LOOK_EVERY_S)
    except httpx.HTTPStatusError as error:
        answer = error.response
        raise DemoError(
            f"The service refused {answer.request.method} {answer.request.url.path}: "
            f"{answer.text[:300]}"
        ) from None
    hour.refused_steps = units.refused_steps
    return hour


class _Stream:
    """The service's events from now on, a page at a time."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._after = 0

    def next(self) -> list[dict[str, Any]]:
        answer = self._client.get(
            "/v1/events",
            params={"wait": "false", "after": self._after, "limit": EVENTS_AT_A_TIME},
        )
        answer.raise_for_status()
        page = answer.json()
        self._after = page["next"]
        return page["events"]


def _take(client: httpx.Client, step: Step, incident_of: dict[str, str]) -> int:
    """Do one thing of the outside world; 1 if it was an alert."""
    if step.what == "place":
        incident_id = incident_of[step.victim_ref]
        client.post(f"/v1/incidents/{incident_id}/place", json=step.body).raise_for_status()
        return 0
    answer = client.post("/v1/alerts", json=step.body)
    answer.raise_for_status()
    incident_of[step.victim_ref] = answer.json()["incident"]["id"]
    return 1


def _send_everybody(client: httpx.Client, fleet: Fleet) -> None:
    for batch in fleet.batches():
        _send(client, batch)


def _send(client: httpx.Client, batch: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    client.post("/v1/positions", content=batch, headers=headers).raise_for_status()
