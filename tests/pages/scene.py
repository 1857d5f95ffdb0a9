"""An evening in Wanzhou on the sketch: who is on the road, and what has been reported so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from geodata.network import RoadNetwork
from geodata.sketch.areas import sketch_areas
from services.demo.fleet import JURISDICTION, Fleet

WAIT_LIMIT_S = 30.0
SHOWN_LEVELS = ("district", "station")
CENTRE = JURISDICTION
DESK = (108.3895, 30.8080)
"""The middle of town, west of the river."""

CASES: tuple[dict[str, Any], ...] = (
    {
        "victim_ref": "预警-1012-0417",
        "tier": "critical",
        "source": "city",
        "place": {"lon": 108.3925, "lat": 30.8105},
        "address_text": "建材市场 3 栋 12 号",
        "amount_yuan": 50_000,
        "money_state": "transferring",
        "fraud_type": "冒充客服",
    },
    {
        "victim_ref": "预警-1012-0418",
        "tier": "high",
        "source": "bank",
        "place": {"lon": 108.3815, "lat": 30.8165},
        "address_text": "北滨路银行柜台",
        "amount_yuan": 136_000,
        "money_state": "in_account",
        "fraud_type": "冒充公检法",
    },
    {
        "victim_ref": "预警-1012-0415",
        "tier": "medium",
        "source": "district",
        "place": {"lon": 108.4125, "lat": 30.8040},
        "address_text": "陈家坝安置房 7 单元",
        "amount_yuan": 8_000,
        "fraud_type": "刷单返利",
    },
    {
        "victim_ref": "预警-1012-0411",
        "tier": "low",
        "source": "grid_worker",
        "place": {"lon": 108.3865, "lat": 30.7975},
        "address_text": "桂花街 21 号",
        "fraud_type": "虚假投资",
    },
    {
        "victim_ref": "预警-1012-0419",
        "tier": "high",
        "source": "city",
        "place": {"lon": 108.3790, "lat": 30.8035},
        "address_text": "王牌路 88 号门面",
        "amount_yuan": 230_000,
        "money_state": "cash_withdrawn",
        "fraud_type": "虚假投资",
    },
)
CLOSURE = {
    "reason": "塌方",
    "area": {"type": "LineString", "coordinates": [[108.4060, 30.8262], [108.4075, 30.8242]]},
    "jurisdiction": CENTRE,
}

ROAD_TO_KAIZHOU = (108.36, 31.00)
COACH = {
    "jurisdiction": CENTRE,
    "description": "蓝色大巴，万州至开州，车上有受害人携现金",
    "sighting": {"lon": 108.348, "lat": 30.864, "heading_deg": 20, "source": "万州收费站"},
    "destinations": [{"lon": 108.39, "lat": 31.16, "name": "开州"}],
}
"""As in STORIES 5."""


class Scene:
    """Puts the evening on a service, through its API alone."""

    def __init__(self, client: httpx.Client, network: RoadNetwork, seed: int = 7) -> None:
        self._client = client
        self.fleet = Fleet(network, seed)

    def set_up(self) -> dict[str, str]:
        """Everybody on the road, every case reported, some of them answered: the incidents' ids by
        the victims' references."""
        areas = sketch_areas()
        areas["features"] = [
            one for one in areas["features"] if one["properties"]["level"] in SHOWN_LEVELS
        ]
        self._ask("PUT", "/v1/jurisdictions", json=areas)
        self.report()
        self._ask("PUT", "/v1/closures/slide-1", json=CLOSURE)
        ids = {}
        for case in CASES:
            answer = self._ask("POST", "/v1/alerts", json={**case, "jurisdiction": CENTRE})
            ids[case["victim_ref"]] = answer["incident"]["id"]
        for case, steps in zip(CASES, (("accept", "depart"), ("accept",), ()), strict=False):
            self._answer(ids[case["victim_ref"]], steps)
        path = f"/v1/incidents/{ids[CASES[0]['victim_ref']]}"
        body = {"channel": "call", "outcome": "unreachable", "note": "占线"}
        self._ask("POST", f"{path}/contacts", json=body)
        return ids

    def seek_coach(self) -> str:
        """A coach on its way to Kaizhou is to be stopped, and the plan is carried out; the
        interception's id."""
        sought = self._ask("POST", "/v1/interceptions", json=COACH)["interception"]
        path = f"/v1/interceptions/{sought['id']}"
        plan = self._ask("GET", f"{path}/plan?areas=false&routes=false")
        self._ask("POST", f"{path}/commit", json={"plan": plan["number"]})
        return sought["id"]

    def report(self) -> None:
        """Everybody tells where they are now."""
        for body in self.fleet.batches():
            headers = {"Content-Type": "application/json"}
            self._ask("POST", "/v1/positions", content=body, headers=headers)

    def move(self, seconds: float) -> None:
        """Everybody goes on, and tells it."""
        self.fleet.step(seconds)
        self.report()

    def _answer(self, incident_id: str, steps: tuple[str, ...]) -> None:
        path = f"/v1/incidents/{incident_id}"
        sent = wait_for(lambda: self._ask("GET", path)["assignments"])
        for step in steps:
            self._ask("POST", f"/v1/assignments/{sent[0]['id']}/{step}")

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self._client.request(method, path, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None


def wait_for(look: Callable[[], Any]) -> Any:
    """What is looked for, as soon as it is there."""
    deadline_s = time.monotonic() + WAIT_LIMIT_S
    while not (found := look()):
        assert time.monotonic() < deadline_s, "it did not come"
        time.sleep(0.05)
    return found
