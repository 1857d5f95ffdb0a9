"""An interception as the two rooms run it, and the road as it really is: the coach, the cars.

The rooms know what a camera tells them. Only the story knows which way the coach takes; it drives
by the map's own times, a little faster or slower.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from geodata.coordinates import distance_m
from services.demo.centres import Centre, Json, Patrol, waited_for
from services.demo.server import DemoError
from services.time_source import now_s

AT_THE_PLACE_M = 150.0
"""A car that comes so near to a checkpoint passes it: a plaza's lanes are drawn apart."""
DRIVE_ON_S = 0.4
"""Of the story's own time."""
TRIES = 6
"""A plan may change while it is being looked at: the next one is committed then."""

Place = tuple[float, float]


@dataclass
class Coach:
    """The subject's true way, which nobody in the rooms knows."""

    at_s: np.ndarray
    """float64[point]: when it is there."""
    lon: np.ndarray
    lat: np.ndarray

    @staticmethod
    def driving(centre: Centre, stops: list[Place], left_at_s: float, factor: float) -> Coach:
        """Over these places, at ``factor`` times the map's own speed."""
        named = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in stops)
        (route,) = centre.get(
            f"/route/v1/car/{named}",
            overview="full",
            geometries="geojson",
            annotations="duration",
        )["routes"]
        took_s = [part for leg in route["legs"] for part in leg["annotation"]["duration"]]
        lon, lat = np.array(route["geometry"]["coordinates"]).T
        at_s = left_at_s + np.concatenate([[0.0], np.cumsum(took_s)]) / factor
        return Coach(at_s[: len(lon)], lon[: len(at_s)], lat[: len(at_s)])

    def passes(self, lon: float, lat: float) -> float | None:
        """When it comes by a place; None: never."""
        near = distance_m(self.lon, self.lat, lon, lat) <= AT_THE_PLACE_M
        return float(self.at_s[near][0]) if near.any() else None


@dataclass
class Car:
    """A police car that was sent, and the way it drives."""

    centre: Centre
    responder_id: str
    order: str
    """Id of its assignment."""
    line: shapely.LineString
    left_at_s: float
    takes_s: float
    there: bool = False

    @property
    def there_at_s(self) -> float:
        return self.left_at_s + self.takes_s

    def drive(self, patrol: Patrol, at_s: float) -> bool:
        """Go on; whether it has just arrived."""
        if self.there:
            return False
        share = min(1.0, max(0.0, (at_s - self.left_at_s) / max(self.takes_s, 1.0)))
        point = self.line.interpolate(share, normalized=True)
        patrol.is_at(self.centre, self.responder_id, point.x, point.y)
        if share >= 1.0:
            self.there = True
            self.centre.post(f"/v1/assignments/{self.order}/arrive", {})
        return self.there


@dataclass(frozen=True)
class Meeting:
    """Where the coach will be stopped, as the road really is."""

    centre: Centre
    case: str
    checkpoint: Json
    who: str
    ready_at_s: float
    comes_at_s: float


@dataclass
class Chase:
    """One interception, led by one centre."""

    lead: Centre
    others: list[Centre]
    patrol: Patrol
    tell: Callable[[str], None]
    id: str = ""
    cars: dict[str, Car] = field(default_factory=dict)
    _after: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/v1/interceptions/{self.id}"

    def open(self, body: Json) -> None:
        """Begin; what is said in the others' streams before is not listened to."""
        for centre in (self.lead, *self.others):
            self._after[centre.code] = _end_of(centre)
        self.id = self.lead.post("/v1/interceptions", body)["interception"]["id"]

    def is_now(self) -> Json:
        return self.lead.get(self.path)["interception"]

    def plan(self, with_answers: bool = True) -> Json:
        """The plan that holds, once every centre that was asked has answered or is counted as
        silent, and whether the subject can be sealed in is known."""

        def look() -> Json | None:
            now = self.is_now()
            asked = [one["awaited_until"] for one in now["centres"]]
            if now["plan_wanted"] or (with_answers and (not asked or any(asked))):
                return None
            plan = self.lead.get(f"{self.path}/plan")
            return plan if plan["seal"] is not None or not plan["share"] else None

        return waited_for("A plan", look)

    def commit(self, plan: Json) -> Json:
        """Carry out the plan; the interception once every place that was asked for is confirmed."""
        for _ in range(TRIES):
            answer = self.lead.client.post(f"{self.path}/commit", json={"plan": plan["number"]})
            if answer.status_code not in (200, 409):
                raise DemoError(f"The plan was not committed: {answer.text[:300]}")
            now = waited_for("Every answer", self._all_answered)
            live = [one for one in posts_of(now) if one["state"] in _LIVE]
            if answer.status_code == 200 and len(live) >= len(checkpoints(plan)):
                self._send_cars()
                return now
            plan = self.plan()
        raise DemoError("The plan changed each time that it was to be carried out.")

    def play_until(self, stop: Callable[[float], bool]) -> None:
        """Let time go by and cars drive until something happens."""
        while not stop(now_s()):
            for car in self.cars.values():
                if car.drive(self.patrol, now_s()):
                    self.tell(f"{car.responder_id} of {car.centre.name} is in place")
            time.sleep(DRIVE_ON_S)

    def meeting(self, coach: Coach) -> Meeting | None:
        """Who is in the coach's way first and ready before it comes; None: it gets past all."""
        found = [
            one
            for centre in (self.lead, *self.others)
            for one in self._in_the_way(centre, coach)
            if one.ready_at_s <= one.comes_at_s
        ]
        return min(found, key=lambda one: one.comes_at_s, default=None)

    def caught(self, met: Meeting) -> None:
        """The room of whoever stands there says that the coach has stopped."""
        place = met.checkpoint["id"]
        met.centre.post(f"/v1/interceptions/{met.case}/checkpoints/{place}/caught", {})
        waited_for("The end", lambda: self.is_now()["state"] == "caught")
        for car in self.cars.values():
            self.patrol.is_at(car.centre, car.responder_id, *car.line.coords[0])

    def _in_the_way(self, centre: Centre, coach: Coach) -> Iterator[Meeting]:
        """Every place of a centre's own that the coach comes by."""
        for case in self._cases(centre):
            for one in case["checkpoints"]:
                comes_at_s = coach.passes(one["lon"], one["lat"])
                if comes_at_s is None:
                    continue
                for post in one["posts"]:
                    if post["state"] not in _LIVE or post["holder"] == "neighbour":
                        continue
                    ready_at_s = datetime.fromisoformat(post["ready_at"]).timestamp()
                    who = "the gate's own staff"
                    if post["holder"] == "unit":
                        who = post["responder_id"]
                        ready_at_s = self.cars[who].there_at_s
                    yield Meeting(centre, case["id"], one, who, ready_at_s, comes_at_s)

    def _cases(self, centre: Centre) -> Iterator[Json]:
        """A centre's side of the case."""
        for one in centre.get("/v1/interceptions", state="open")["interceptions"]:
            if self.id in (one["id"], one["lead_id"]):
                yield centre.get(f"/v1/interceptions/{one['id']}")["interception"]

    def _all_answered(self) -> Json | None:
        now = self.is_now()
        return None if any(one["state"] == "asked" for one in posts_of(now)) else now

    def _send_cars(self) -> None:
        """Whoever was ordered says yes and drives; whoever was let go stops."""
        for centre in (self.lead, *self.others):
            page = centre.get(
                "/v1/events", wait="false", after=self._after[centre.code], limit=1000
            )
            self._after[centre.code] = page["next"]
            for event in page["events"]:
                kind = event["type"].removeprefix("forestall.").removesuffix(".v1")
                order = event["data"].get("assignment")
                if order is None or not kind.startswith("checkpoint."):
                    continue
                who = order["responder_id"]
                if kind in ("checkpoint.ordered", "checkpoint.redirected"):
                    self.cars[who] = self._on_the_way(centre, order)
                elif kind in ("checkpoint.released", "checkpoint.withdrawn"):
                    self.cars.pop(who, None)

    def _on_the_way(self, centre: Centre, order: Json) -> Car:
        path = f"/v1/assignments/{order['id']}"
        for step in ("accept", "depart"):
            centre.post(f"{path}/{step}", {})
        told = centre.get(path)
        place, route = told["checkpoint"], told["route"]
        at = (place["lon"], place["lat"])
        line = shapely.LineString([at, at])  # it stands there already
        if route is not None:
            line = shapely.geometry.shape(route["geometry"])
        takes_s = 0.0 if route is None else route["duration"]
        return Car(centre, order["responder_id"], order["id"], line, now_s(), takes_s)


_LIVE = ("ordered", "accepted", "en_route", "manned")


def checkpoints(plan: Json) -> list[Json]:
    """The places of a plan, the first layer's before the second's."""
    found = [one for one in plan["features"] if one["properties"]["feature"] == "checkpoint"]
    return sorted(found, key=lambda one: (one["properties"]["layer"], -one["properties"]["share"]))


def posts_of(interception: Json) -> list[Json]:
    return [post for one in interception["checkpoints"] for post in one["posts"]]


def _end_of(centre: Centre) -> int:
    after = 0
    while True:
        page: dict[str, Any] = centre.get("/v1/events", wait="false", after=after, limit=1000)
        if not page["events"]:
            return after
        after = page["next"]
