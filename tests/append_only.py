"""Lifts what keeps the append-only tables from being changed, as somebody with bad intent would."""

from __future__ import annotations

from sqlalchemy import Connection, text

APPEND_ONLY = ("events", "stream", "seals")


def lift_append_only(connection: Connection) -> None:
    """From now on the database lets events, stream and seals be changed and deleted."""
    if connection.dialect.name == "postgresql":
        for table in APPEND_ONLY:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    found = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
    for name in found:
        connection.execute(text(f"DROP TRIGGER {name}"))
