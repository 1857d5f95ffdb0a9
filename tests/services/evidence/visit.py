"""One officer on a visit, and everything they may do with evidence."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from services.ledger.tables import events, evidence
from tests.conversations.centre import Centre

FILM = "执法记录仪".encode() * 40_000
MP4 = {"Content-Type": "video/mp4"}


class Visit:
    """The officer has accepted; the film is theirs to send."""

    def __init__(self, centre: Centre, folder: Path) -> None:
        self.centre = centre
        self.folder = folder
        """Where the evidence is stored."""
        self.officer = centre.unit("MJ-1", "officer", "A")
        self.other = centre.unit("MJ-2", "officer", "E")
        self.opened = centre.alert("B", tier="high")
        self.order = centre.hears("assignment.offered", assignment__responder_id=self.officer.id)[
            "assignment"
        ]
        self.officer.step(self.order, "accept")

    @property
    def client(self):
        return self.centre.office.client

    @property
    def service(self):
        return self.centre.office.service

    @property
    def path(self) -> str:
        return f"/v1/assignments/{self.order['id']}/evidence"

    def reports(self, outcome: str = "dissuaded") -> None:
        """They go there and say how it went."""
        self.officer.step(self.order, "depart")
        self.officer.step(self.order, "arrive")
        self.officer.step(self.order, "report", outcome=outcome)

    def link(self) -> dict[str, str]:
        """Headers with the unit's own token."""
        file = self.centre.get(f"/v1/assignments/{self.order['id']}")
        return {"Authorization": f"Bearer {file['token']}"}

    def send(self, film: Any = FILM, headers: dict | None = None, **more: Any) -> httpx.Response:
        """What the service answers to a film, sent with the centre's key."""
        chosen = MP4 | (headers or {})
        return self.centre.request("POST", self.path, chosen, content=film, **more)

    def refused(self, status: int, name: str, *arguments: Any, **more: Any) -> str:
        """The sentence of a refusal; nothing is left of what was sent."""
        before = self.files()
        answer = self.send(*arguments, **more)
        assert answer.status_code == status, answer.text
        assert answer.json()["type"] == f"/problems/{name}"
        assert self.files() == before
        return answer.json()["detail"]

    def files(self) -> list[str]:
        """Every file of the store, below its root."""
        return sorted(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
        )

    def rows(self) -> list:
        with self.service.ledger.read() as connection:
            return list(connection.execute(select(evidence).order_by(evidence.c.evidence_id)))

    def count(self, type_: str) -> int:
        """Events of a type that were written."""
        with self.service.ledger.read() as connection:
            return len(connection.execute(select(events).where(events.c.type == type_)).all())


def digest_of(film: bytes) -> str:
    """As the header spells it."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(film).digest()).decode()}:"


def hex_of(film: bytes) -> str:
    return hashlib.sha256(film).hexdigest()
