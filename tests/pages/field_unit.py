"""An officer on the sketch who was sent to a victim, and their phone."""

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


class Unit:
    """An officer's assignment as the centre sees it; each is another officer and victim."""

    def __init__(self, centre: Centre, **alert: Any) -> None:
        self.centre = centre
        number = next(_numbers)
        self.reports_position(f"MJ-{number}")
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
        self.incident = self.do("POST", "/v1/alerts", body)["incident"]["id"]
        self.order = self._offered()
        self.path = f"/v1/assignments/{self.order}"
        self.link = self.do("GET", self.path)["link"]

    def do(self, method: str, path: str, body: dict | None = None) -> Any:
        answer = self.centre.client.request(method, path, json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        return answer.json()

    def reports_position(self, responder_id: str) -> None:
        fix = {
            "id": responder_id,
            "kind": "officer",
            "lon": STATION[0],
            "lat": STATION[1],
            "fixed_at": time.time(),
            "jurisdiction": CENTRE,
        }
        assert self.do("POST", "/v1/positions", {"positions": [fix]})["accepted"] == 1

    def state(self) -> str:
        return self.do("GET", self.path)["assignment"]["state"]

    def comes_to(self, state: str) -> None:
        """Wait until the centre sees the assignment in a state."""
        deadline_s = time.monotonic() + WAIT_S
        while (seen := self.state()) != state:
            assert time.monotonic() < deadline_s, f"{seen}, not {state}"
            time.sleep(0.05)

    def evidence(self) -> list[dict]:
        return self.do("GET", f"/v1/incidents/{self.incident}")["incident"]["evidence"]

    def way(self) -> list[tuple[float, float]]:
        """The route's line, from where the officer is to the victim."""
        route = self.do("GET", self.path)["route"]
        return [(lon, lat) for lon, lat in route["geometry"]["coordinates"]]

    def _offered(self) -> str:
        deadline_s = time.monotonic() + WAIT_S
        path = f"/v1/incidents/{self.incident}"
        while not (sent := self.do("GET", path)["assignments"]):
            assert time.monotonic() < deadline_s, "nobody was offered it"
            time.sleep(0.05)
        return sent[0]["id"]


@contextmanager
def phone(
    browser: Browser, unit: Unit, locale: str = "zh-CN", **options: Any
) -> Iterator[tuple[Visit, Page]]:
    """The unit's phone at the station with the page open; see `visiting` for what must be so."""
    where = {"longitude": STATION[0], "latitude": STATION[1], "accuracy": 8}
    chosen = {**PHONE, "locale": locale, "geolocation": where, **options}
    with visiting(browser, unit.centre.address, **chosen) as visit:
        yield visit, visit.open(unit.link)


def moves_to(visit: Visit, lon: float, lat: float) -> None:
    """The phone is somewhere else."""
    visit.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 8})
