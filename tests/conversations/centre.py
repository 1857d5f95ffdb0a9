"""A fraud centre as its own systems see it: every word of a conversation goes over HTTP.

Time is moved on with :meth:`Centre.later`: phones keep reporting meanwhile, and what falls due
falls due. Nothing is reached into but the clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.time_source import move_on, now_s
from tests.services.town import Office, at

PATIENCE_S = 15.0
"""How long a centre waits for what should happen at once, in real seconds."""
LOOK_AGAIN_S = 0.02
PHONES_REPORT_EVERY_S = 30.0


@dataclass
class Unit:
    """Somebody on the road, and their phone."""

    centre: Centre
    id: str
    kind: str
    place: dict[str, float]
    more: dict[str, Any] = field(default_factory=dict)

    def drives_to(self, leg: str, share: float = 0.0, takes_s: float = 60.0) -> None:
        """They are there after some time, and their phone, silent on the way, says so."""
        self.centre.units.remove(self)
        self.centre.later(takes_s)
        self.centre.units.append(self)
        self.place = at(leg, share)
        self.report_position()

    def report_position(self) -> None:
        position = {
            "id": self.id,
            "kind": self.kind,
            "fixed_at": now_s(),
            **self.place,
            **self.more,
        }
        self.centre.post("/v1/positions", {"positions": [position]})

    def step(self, assignment: dict, name: str, status: int = 200, **body: Any) -> dict:
        """Accept, decline, depart, arrive or report."""
        assert assignment["responder_id"] == self.id
        return self.centre.post(f"/v1/assignments/{assignment['id']}/{name}", body, status)

    def goes(self, assignment: dict) -> None:
        """They say yes and set out."""
        self.step(assignment, "accept")
        self.step(assignment, "depart")

    def becomes_free(self) -> None:
        """Waits until the service knows that nothing keeps them: it hears that from its own events,
        some milliseconds after the step that ended it."""
        deadline_s = time.monotonic() + PATIENCE_S
        while (doing := self.centre.get(f"/v1/responders/{self.id}")["status"]) != "available":
            assert time.monotonic() < deadline_s, doing
            time.sleep(LOOK_AGAIN_S)

    def shows(self, assignment: dict, film: bytes = b"the body camera's film", status=201) -> dict:
        """They send what their body camera saw."""
        answer = self.centre.request(
            "POST",
            f"/v1/assignments/{assignment['id']}/evidence",
            content=film,
            headers={"Content-Type": "video/mp4"},
        )
        assert answer.status_code == status, answer.text
        return answer.json()


class Centre:
    """One centre with a key of its own."""

    def __init__(self, office: Office, jurisdiction: str) -> None:
        self.office = office
        self.jurisdiction = jurisdiction
        self.headers = office.key(jurisdiction)
        self.units: list[Unit] = []
        self.seen: list[dict[str, Any]] = []
        self._after = 0
        self._heard = 0

    def request(self, method: str, path: str, headers=None, **more: Any) -> httpx.Response:
        return self.office.client.request(
            method, path, headers=self.headers | (headers or {}), **more
        )

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.request("GET", path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: dict, status: int | tuple[int, ...] = (200, 201, 202)) -> Any:
        answer = self.request("POST", path, json=body)
        allowed = status if isinstance(status, tuple) else (status,)
        assert answer.status_code in allowed, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def unit(self, id_: str, kind: str, leg: str, share: float = 0.0, **more: Any) -> Unit:
        """Somebody comes on duty at a place."""
        unit = Unit(self, id_, kind, at(leg, share), more)
        self.units.append(unit)
        unit.report_position()
        return unit

    def alert(self, leg: str | None = None, share: float = 0.0, **body: Any) -> dict:
        """An alert comes in; what the service answers."""
        body = {"source": "city", "tier": "high", "victim_ref": "victim-1", **body}
        if leg is not None:
            body["place"] = at(leg, share)
        return self.post("/v1/alerts", body)

    def incident(self, incident_id: str) -> dict:
        return self.get(f"/v1/incidents/{incident_id}")

    def later(self, seconds: float) -> None:
        """So much time passes; phones report, and what is due happens."""
        end_s = now_s() + seconds
        while (left_s := end_s - now_s()) > 0:
            move_on(min(left_s, PHONES_REPORT_EVERY_S))
            for unit in self.units:
                unit.report_position()

    def skip(self, seconds: float) -> None:
        """A long time passes at once, and then everybody's phone reports."""
        move_on(seconds)
        for unit in self.units:
            unit.report_position()

    def events(self) -> list[dict[str, Any]]:
        """Everything that happened so far, oldest first."""
        while True:
            page = self.get(f"/v1/events?wait=false&after={self._after}&limit=1000")
            self._after = page["next"]
            self.seen += page["events"]
            if not page["events"]:
                return self.seen

    def hears(self, type_: str, **expected: Any) -> dict[str, Any]:
        """The data of the next event of this type; waits for it, and fails when it never comes.

        Events are heard once, in their order: what came before the one that is waited for is past.
        """
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            events = self.events()
            for number in range(self._heard, len(events)):
                event = events[number]
                if _word(event) == type_ and _fits(event["data"], expected):
                    self._heard = number + 1
                    return event["data"]
            if time.monotonic() > deadline_s:
                said = ", ".join(_word(event) for event in events[self._heard :])
                raise AssertionError(f"{type_} {expected} was never heard; there was: {said}")
            time.sleep(LOOK_AGAIN_S)

    def is_offered(self, *units: Unit) -> list[dict[str, Any]]:
        """The next offers, which go to these units, in whatever order."""
        left = {unit.id: unit for unit in units}
        found: dict[str, dict] = {}
        while left:
            assignment = self.hears("assignment.offered")["assignment"]
            who = assignment["responder_id"]
            assert who in left, f"{who} was offered, not one of {sorted(left)}"
            del left[who]
            found[who] = assignment
        return [found[unit.id] for unit in units]

    def types(self) -> list[str]:
        """Types of all that happened so far."""
        return [_word(event) for event in self.events()]


def _word(event: dict[str, Any]) -> str:
    return event["type"].removeprefix("forestall.").removesuffix(".v1")


def _fits(data: dict[str, Any], expected: dict[str, Any]) -> bool:
    for name, value in expected.items():
        at_name: Any = data
        for part in name.split("__"):
            at_name = at_name.get(part) if isinstance(at_name, dict) else None
        if at_name != value:
            return False
    return True
