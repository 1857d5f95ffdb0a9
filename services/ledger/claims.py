"""Taking a responder: the one way in which anybody is sent anywhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from services.ledger.statements import insert_into
from services.ledger.tables import assignments


def claim(connection: Connection, row: dict[str, Any]) -> bool:
    """Write a new assignment's row; False where its responder has another live one, of an incident
    or of an interception.

    That nobody is taken twice is the index's doing, ``one_live_assignment_per_responder``. The same
    id in another jurisdiction, above or below this one too, is somebody else.
    """
    if connection.dialect.name == "postgresql":
        # Two transactions that each hold whom the other one wants would wait for each other. Who
        # is being taken this very moment counts as taken, so that nobody waits for a claim.
        name = func.hashtextextended(f"claim {row['jurisdiction']} {row['responder_id']}", 0)
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(name))):
            return False
    done = connection.execute(
        insert_into(connection, assignments).values(row).on_conflict_do_nothing()
    )
    return bool(done.rowcount)
