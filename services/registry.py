"""Registered responders: who they are, without where they are.

A dispatch system registers a responder once (``PUT /v1/responders/{id}``); from then on a position
needs nothing but the id. A position that carries ``kind`` itself needs no registration. What a
position says counts before what was registered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from services.ledger.database import Ledger, now_s
from services.ledger.statements import insert_into
from services.ledger.tables import responders


@dataclass(frozen=True, slots=True)
class Registration:
    """Who a responder is."""

    jurisdiction: str
    responder_id: str
    kind: str
    mode: str
    capabilities: tuple[str, ...]


class Registry:
    """The registrations as one process knows them. Immutable; replaced when they change."""

    def __init__(
        self,
        known: Mapping[tuple[str, str], Registration] | None = None,
        revision: int = 0,
    ) -> None:
        self._known = dict(known or {})
        self._jurisdictions = sorted({jurisdiction for jurisdiction, _ in self._known})
        self.revision = revision

    def __len__(self) -> int:
        return len(self._known)

    def get(self, jurisdiction: str, responder_id: str) -> Registration | None:
        return self._known.get((jurisdiction, responder_id))

    def with_id(self, responder_id: str) -> list[Registration]:
        """Everybody registered with this id, one in each jurisdiction at most."""
        return [
            self._known[name, responder_id]
            for name in self._jurisdictions
            if (name, responder_id) in self._known
        ]

    def updated(self, ledger: Ledger) -> Registry:
        """The registry as the ledger has it now; only what changed since is read."""
        with ledger.read() as connection:
            rows = connection.execute(
                select(responders).where(responders.c.revision > self.revision)
            ).all()
        if not rows:
            return self
        known = dict(self._known)
        for row in rows:
            if row.removed:
                known.pop((row.jurisdiction, row.responder_id), None)
            else:
                known[(row.jurisdiction, row.responder_id)] = Registration(
                    row.jurisdiction, row.responder_id, row.kind, row.mode, tuple(row.capabilities)
                )
        return Registry(known, max(row.revision for row in rows))


def register(ledger: Ledger, registrations: Iterable[Registration]) -> None:
    """Remember the responders; one that is known already is replaced. All or none."""
    _write(ledger, registrations, removed=False)


def unregister(ledger: Ledger, registration: Registration) -> None:
    """Forget who the responder is."""
    _write(ledger, [registration], removed=True)


def _write(ledger: Ledger, registrations: Iterable[Registration], removed: bool) -> None:
    rows = [
        {
            "jurisdiction": registration.jurisdiction,
            "responder_id": registration.responder_id,
            "kind": registration.kind,
            "mode": registration.mode,
            "capabilities": [] if removed else list(registration.capabilities),
            "removed": removed,
            "changed_at_s": now_s(),
        }
        for registration in registrations
    ]
    if not rows:
        return
    with ledger.write() as connection:
        revision = ledger.raise_revision(connection, "responders")
        statement = insert_into(connection, responders)
        statement = statement.on_conflict_do_update(
            index_elements=["jurisdiction", "responder_id"],
            set_={
                name: statement.excluded[name]
                for name in ("kind", "mode", "capabilities", "removed", "revision", "changed_at_s")
            },
        )
        connection.execute(statement, [row | {"revision": revision} for row in rows])
