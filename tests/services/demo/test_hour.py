"""The demonstration's hour: alerts in, units out, and a record that holds together."""

from __future__ import annotations

import httpx
import numpy as np
import pytest

from services import time_source
from services.demo.fleet import JURISDICTION, Fleet
from services.demo.hour import SPEED, run_hour
from services.demo.schedule import ALERTS_AN_HOUR, QUIET_AT_THE_END_S, hour_of_alerts
from services.events.verify import verify
from services.keys import make_key
from services.ledger.database import Ledger
from services.redis_server import EmbeddedRedis
from tests.services.live_server import live_server
from tests.services.town import TOWN, save_town

SHORT_HOUR_S = QUIET_AT_THE_END_S + 300.0


@pytest.fixture(scope="module")
def redis_url():
    with EmbeddedRedis() as server:
        yield server.url


def test_what_happens_in_an_hour_is_told_in_order_and_about_few_dozen_victims():
    """Every victim has a place in the end, and a second source speaks after the first."""
    places = np.array([[108.4, 30.8], [108.41, 30.81]])
    steps = hour_of_alerts(places, np.random.default_rng(3))
    assert [step.at_s for step in steps] == sorted(step.at_s for step in steps)
    alerts = [step for step in steps if step.what == "alert"]
    by_victim: dict[str, list] = {}
    for step in steps:
        by_victim.setdefault(step.victim_ref, []).append(step)
    assert len(by_victim) == ALERTS_AN_HOUR < len(alerts)
    for told in by_victim.values():
        assert told[0].what == "alert"
        assert any("place" in step.body for step in told)
    again = hour_of_alerts(places, np.random.default_rng(3))
    assert again == steps, "the same seed tells the same hour"


def test_an_hour_is_played_and_every_victim_is_seen_to(tmp_path, redis_url):
    """All alerts at once in a small town: victims are met, nobody is sent twice, and the record is
    whole. How many are met depends on how many of the machine's seconds an hour gets."""
    map_folder, data_dir = save_town(tmp_path / "map"), tmp_path / "data"
    settings = {"clock_speed": SPEED, "requests_per_s": 0, "redis_region": "hour"}
    events: list[dict] = []
    with (
        time_source.time_to_ourselves(),
        live_server(map_folder, data_dir, redis_url, **settings) as address,
    ):
        url = f"sqlite:///{data_dir / 'forestall.sqlite3'}"
        ledger = Ledger(url)
        key = make_key(ledger, "demo", jurisdictions=(JURISDICTION,)).text
        headers = {"Authorization": f"Bearer {key}"}
        network = TOWN.network
        places = np.array([TOWN.lon_lat(letter) for letter in "ABCDEFUVWXYZ"])
        with httpx.Client(base_url=address, headers=headers, timeout=30.0) as client:
            hour = run_hour(
                client,
                network,
                Fleet(network, 7),
                places,
                7,
                lambda event, seconds: events.append(event),
                lambda share: None,
                SHORT_HOUR_S,
            )
            figures = client.get("/v1/figures", params={"jurisdiction": JURISDICTION}).json()
        assert verify(ledger).holds
        ledger.close()
    assert hour.alerts >= ALERTS_AN_HOUR
    assert figures["total"]["incidents"] == ALERTS_AN_HOUR
    assert hour.by_type["assignment.arrived"] > 0
    assert hour.by_type["assignment.reported"] > 0
    live: dict[str, str] = {}
    for event in events:
        assignment = event["data"].get("assignment")
        if assignment is None:
            continue
        who, which = assignment["responder_id"], assignment["id"]
        if assignment["state"] in ("offered", "accepted", "en_route", "on_scene"):
            assert live.setdefault(who, which) == which, f"{who} was sent to two victims"
        elif live.get(who) == which:
            del live[who]
