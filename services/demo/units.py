"""The units of the demonstration: they hear offers, answer, drive the way they were given, report.

Everything goes over the service's HTTP API, as a gateway to real phones would do it.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import shapely

from geodata.snapping import Snapper
from services.demo.fleet import Fleet
from services.demo.people import (
    AT_THE_DOOR_S,
    CONTACT_TAKES_S,
    CONTACTS,
    DRIVES_AT,
    EVIDENCE_AFTER_S,
    EVIDENCE_SENT,
    KEPT_IF_DISSUADED,
    OUTCOMES,
    TALK_S,
    around,
    manner_of,
    one_of,
)

EVIDENCE = b"body camera of the demonstration: "
OVER = ("declined", "expired", "released", "reported")


@dataclass(slots=True)
class Drive:
    """One unit on its way."""

    responder_id: str
    line: shapely.LineString
    left_at_s: float
    takes_s: float

    def place(self, now_s: float) -> tuple[float, float]:
        """Longitude and latitude at a time."""
        share = min(1.0, max(0.0, (now_s - self.left_at_s) / self.takes_s))
        point = self.line.interpolate(share, normalized=True)
        return point.x, point.y


class Units:
    """Everybody in the field, and the victims who are called. Not shared between threads."""

    def __init__(
        self, client: httpx.Client, fleet: Fleet, snapper: Snapper, rng: np.random.Generator
    ) -> None:
        self._client = client
        self._fleet = fleet
        self._snapper = snapper
        self._rng = rng
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = itertools.count()
        self._drives: dict[str, Drive] = {}
        self._ended: set[str] = set()
        self.refused_steps = 0
        """Steps that came too late: somebody else had ended the assignment meanwhile."""

    def hear(self, event: dict[str, Any], now_s: float) -> None:
        """Take an event of the service's stream to heart."""
        type_ = event["type"].removeprefix("forestall.").removesuffix(".v1")
        data = event["data"]
        if type_ == "assignment.offered":
            self._offered(data["assignment"], data["incident"], now_s)
        elif type_ == "contact.requested":
            self._asked_to_call(data["channel"], data["incident"]["id"], now_s)
        elif type_.startswith("assignment.") and data["assignment"]["state"] in OVER:
            self._over(data["assignment"])

    def act(self, now_s: float) -> None:
        """Do what is due."""
        while self._due and self._due[0][0] <= now_s:
            _, _, action = heapq.heappop(self._due)
            action(now_s)

    def move(self, now_s: float) -> None:
        """Put those who drive to where they are now."""
        for drive in self._drives.values():
            self._fleet.put(drive.responder_id, *drive.place(now_s))

    # ------------------------------------------------------------------------------------- inside

    def _later(self, at_s: float, action: Callable[[float], None]) -> None:
        heapq.heappush(self._due, (at_s, next(self._numbers), action))

    def _step(self, assignment_id: str, step: str, body: dict[str, Any] | None = None) -> bool:
        """Whether the service took the step; not when the assignment has ended meanwhile."""
        if assignment_id in self._ended:
            return False
        answer = self._client.post(f"/v1/assignments/{assignment_id}/{step}", json=body or {})
        if answer.status_code == 409:
            self.refused_steps += 1
            return False
        answer.raise_for_status()
        return True

    def _offered(self, assignment: dict, incident: dict, now_s: float) -> None:
        assignment_id, responder_id = assignment["id"], assignment["responder_id"]
        manner = manner_of(assignment["kind"])
        chance = self._rng.random()
        answers_at_s = now_s + around(manner.answers_after_s, self._rng)
        if chance < manner.accepts:
            self._later(answers_at_s, lambda at_s: self._accept(assignment, incident, at_s))
        elif chance < manner.accepts + manner.declines:
            reason = {"reason": "busy with a delivery"}
            self._later(answers_at_s, lambda _: self._step(assignment_id, "decline", reason))
        self._fleet.stand(responder_id)

    def _accept(self, assignment: dict, incident: dict, now_s: float) -> None:
        if not self._step(assignment["id"], "accept"):
            return
        answer = self._client.get(f"/v1/assignments/{assignment['id']}")
        answer.raise_for_status()
        route = answer.json()["route"]
        self._step(assignment["id"], "depart")
        takes_s = AT_THE_DOOR_S
        if route is not None:
            takes_s += route["duration"] * self._rng.uniform(*DRIVES_AT)
            line = shapely.LineString(route["geometry"]["coordinates"])
            drive = Drive(assignment["responder_id"], line, now_s, takes_s)
            self._drives[assignment["id"]] = drive
        self._later(now_s + takes_s, lambda at_s: self._arrive(assignment, incident, at_s))

    def _arrive(self, assignment: dict, incident: dict, now_s: float) -> None:
        self.move(now_s)
        self._drives.pop(assignment["id"], None)
        if self._step(assignment["id"], "arrive"):
            ends_at_s = now_s + around(TALK_S, self._rng)
            self._later(ends_at_s, lambda at_s: self._report(assignment, incident, at_s))

    def _report(self, assignment: dict, incident: dict, now_s: float) -> None:
        outcome = one_of(OUTCOMES, self._rng)
        body: dict[str, Any] = {"outcome": outcome}
        if outcome == "dissuaded" and incident["amount_yuan"] is not None:
            body["amount_kept_yuan"] = round(incident["amount_yuan"] * KEPT_IF_DISSUADED, 2)
        if not self._step(assignment["id"], "report", body):
            return
        if assignment["role"] == "enforcement" and self._rng.random() < EVIDENCE_SENT:
            sent_at_s = now_s + around(EVIDENCE_AFTER_S, self._rng)
            self._later(sent_at_s, lambda _: self._send_evidence(assignment["id"]))

    def _send_evidence(self, assignment_id: str) -> None:
        self._client.post(
            f"/v1/assignments/{assignment_id}/evidence",
            content=EVIDENCE + assignment_id.encode(),
            headers={"Content-Type": "video/mp4"},
        ).raise_for_status()

    def _asked_to_call(self, channel: str, incident_id: str, now_s: float) -> None:
        if channel == "message":
            return  # nobody knows whether a message was read
        body = {"channel": channel, "outcome": one_of(CONTACTS, self._rng)}
        self._later(
            now_s + around(CONTACT_TAKES_S, self._rng), lambda _: self._called(incident_id, body)
        )

    def _called(self, incident_id: str, body: dict[str, str]) -> None:
        answer = self._client.post(f"/v1/incidents/{incident_id}/contacts", json=body)
        if answer.status_code != 409:  # closed meanwhile
            answer.raise_for_status()

    def _over(self, assignment: dict) -> None:
        self._ended.add(assignment["id"])
        self._drives.pop(assignment["id"], None)
        self._fleet.go_on(assignment["responder_id"], self._snapper)
