"""Secrets that all processes of an installation share, made at the first use."""

from __future__ import annotations

import secrets
import threading

from sqlalchemy import select

from services.ledger.database import Ledger, now_s
from services.ledger.statements import insert_into
from services.ledger.tables import secrets as table

SECRET_BYTES = 32


class SharedSecrets:
    """Secrets by name. Safe to share between threads; the first call for a name asks the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._known: dict[str, bytes] = {}

    def __call__(self, name: str) -> bytes:
        """The 32 random bytes of this name: the same in every process, today and tomorrow."""
        with self._lock:
            found = self._known.get(name)
            if found is None:
                found = self._known[name] = self._ledger.transact(
                    lambda connection: _found_or_made(connection, name)
                )
            return found


def _found_or_made(connection, name: str) -> bytes:
    wanted = select(table.c.value).where(table.c.name == name)
    found = connection.scalar(wanted)
    if found is None:
        made = {"name": name, "value": secrets.token_bytes(SECRET_BYTES), "created_at_s": now_s()}
        # Two processes at their first start: one of the two is kept, and both read that one.
        connection.execute(insert_into(connection, table).values(made).on_conflict_do_nothing())
        found = connection.scalar(wanted)
    return bytes(found)
