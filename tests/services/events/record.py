"""Incidents to which things happen, as their own transactions write them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from services.events.append import NewEvent, append
from services.ledger.database import Ledger
from services.ledger.statements import lock_rows
from services.ledger.tables import incidents
from tests.services.ledger.rows import incident

AT_S = 1_700_000_000.0


def open_incident(ledger: Ledger, incident_id: str, jurisdiction: str = "500101/longbao") -> None:
    """An incident to which nothing has happened yet."""
    with ledger.write() as connection:
        connection.execute(
            insert(incidents).values(
                **incident(
                    incident_id=incident_id,
                    jurisdiction=jurisdiction,
                    centre=jurisdiction.partition("/")[0],
                )
            )
        )


def happen_within(
    ledger: Ledger, connection: Connection, incident_id: str, new: Sequence[NewEvent]
) -> None:
    """Write events of an incident, in a transaction that goes on."""
    row = connection.execute(
        lock_rows(select(incidents).where(incidents.c.incident_id == incident_id))
    ).one()
    count, head = append(
        ledger, connection, incident_id, row.event_count, bytes(row.head_sha256), new
    )
    connection.execute(
        update(incidents)
        .where(incidents.c.incident_id == incident_id)
        .values(event_count=count, head_sha256=head)
    )


def happen(ledger: Ledger, incident_id: str, *new: NewEvent) -> None:
    """Write events of an incident, in one transaction."""
    ledger.transact(lambda connection: happen_within(ledger, connection, incident_id, new))


def something(
    type_: str = "contact.reported",
    jurisdiction: str = "500101/longbao",
    at_s: float = AT_S,
    **data,
) -> NewEvent:
    """Something that happened."""
    return NewEvent(type_, jurisdiction, at_s, data)
