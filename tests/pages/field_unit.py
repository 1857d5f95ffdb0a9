"""Officers on the sketch who were sent somewhere, and their phones."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.pages.browsers import Visit, visiting
from tests.pages.conftest import CENTRE, Centre

STATION = (108.391, 30.809)
"""Where the officer is when the alert comes."""
HOME = (108.405, 30.807)
"""Where the victim is."""
ROADSIDE = (108.38, 31.13)
"""Near the old road to Kaizhou."""
ADDRESS = "建材市场 3 栋 12 号"
WAIT_S = 30.0
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)
_numbers = itertools.count(1)

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "user_agent": ANDROID,
    "permissions": ["geolocation"],
}


class Order:
    """An assignment as the centre sees it."""

    def __init__(self, centre: Centre, order: str) -> None:
        self.centre = centre
        self.order = order
        self.path = f"/v1/assignments/{order}"
        self.link = self.do("GET", self.path)["link"]

    def do(self, method: str, path: str, body: dict | None = None) -> Any:
        return done(self.centre, method, path, body)

    def state(self) -> str:
        return self.do("GET", self.path)["assignment"]["state"]

    def comes_to(self, state: str) -> None:
        """Wait until the centre sees the assignment in a state."""
        deadline_s = time.monotonic() + WAIT_S
        while (seen := self.state()) != state:
            assert time.monotonic() < deadline_s, f"{seen}, not {state}"
            time.sleep(0.05)

    def way(self) -> list[tuple[float, float]]:
        """The route's line, from where the officer is to where they are sent."""
        route = self.do("GET", self.path)["route"]
        return [(lon, lat) for lon, lat in route["geometry"]["coordinates"]]


class Unit(Order):
    """An officer who is sent to a victim; each is another officer and another victim."""

    def __init__(self, centre: Centre, **alert: Any) -> None:
        number = next(_numbers)
        on_duty(centre, f"MJ-{number}", *STATION)
        body = {
            "source": "city",
            "tier": "high",
            "victim_ref": f"victim-{number}",
            "place": {"lon": HOME[0], "lat": HOME[1]},
            "address_text": ADDRESS,
            "amount_yuan": 50_000,
            "money_state": "in_account",
            "fraud_type": "冒充客服",
            **alert,
        }
        self.incident = done(centre, "POST", "/v1/alerts", body)["incident"]["id"]
        deadline_s = time.monotonic() + WAIT_S
        path = f"/v1/incidents/{self.incident}"
        while not (sent := done(centre, "GET", path)["assignments"]):
            assert time.monotonic() < deadline_s, "nobody was offered it"
            time.sleep(0.05)
        super().__init__(centre, sent[0]["id"])

    def evidence(self) -> list[dict]:
        return self.do("GET", f"/v1/incidents/{self.incident}")["incident"]["evidence"]


class Watch(Order):
    """An officer who is sent to a junction on the way of a coach to Kaizhou."""

    def __init__(self, centre: Centre) -> None:
        on_duty(centre, f"KZ-{next(_numbers)}", *ROADSIDE)
        body = {
            "description": "蓝色大巴",
            "sighting": {"lon": 108.348, "lat": 30.864, "heading_deg": 20, "source": "camera"},
            "destinations": [{"lon": 108.39, "lat": 31.16, "name": "开州"}],
        }
        opened = done(centre, "POST", "/v1/interceptions", body)["interception"]
        self.interception = f"/v1/interceptions/{opened['id']}"
        plan = done(centre, "GET", f"{self.interception}/plan")
        committed = done(centre, "POST", f"{self.interception}/commit", {"plan": plan["number"]})[
            "interception"
        ]
        posts = [post for one in committed["checkpoints"] for post in one["posts"]]
        super().__init__(centre, next(one["id"] for one in posts if one["holder"] == "unit"))


def on_duty(centre: Centre, responder_id: str, lon: float, lat: float) -> None:
    """An officer is somewhere, just now."""
    fix = {"id": responder_id, "kind": "officer", "lon": lon, "lat": lat, "jurisdiction": CENTRE}
    body = {"positions": [{**fix, "fixed_at": time.time()}]}
    assert done(centre, "POST", "/v1/positions", body)["accepted"] == 1


def done(centre: Centre, method: str, path: str, body: dict | None = None) -> Any:
    """What the service answers to the centre."""
    answer = centre.client.request(method, path, json=body)
    assert answer.status_code in (200, 201), f"{path}: {answer.text}"
    return answer.json()


@contextmanager
def phone(
    browser: Browser, unit: Order, locale: str = "zh-CN", **options: Any
) -> Iterator[tuple[Visit, Page]]:
    """The unit's phone at the station with the page open; see `visiting` for what must be so."""
    where = {"longitude": STATION[0], "latitude": STATION[1], "accuracy": 8}
    chosen = {**PHONE, "locale": locale, "geolocation": where, **options}
    with visiting(browser, unit.centre.address, **chosen) as visit:
        yield visit, visit.open(unit.link)


def moves_to(visit: Visit, lon: float, lat: float) -> None:
    """The phone is somewhere else."""
    visit.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 8})
