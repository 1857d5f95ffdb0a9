"""What is kept beside an incident: alerts as they came in, attempts to reach, decisions."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection

from dispatch.incidents.case import Alert
from services.ids import new_id
from services.ledger.tables import alerts, contacts, decisions


def add_alert(connection: Connection, incident_id: str, alert: Alert) -> None:
    """Keep an alert as it came in."""
    row = alert_row(incident_id, alert, msgspec.to_builtins(alert))
    connection.execute(alerts.insert().values(row))


def alert_row(incident_id: str, alert: Alert, document: dict[str, Any]) -> dict[str, Any]:
    """The row of an alert."""
    return {
        "alert_id": alert.alert_id,
        "incident_id": incident_id,
        "source": alert.source.value,
        "tier": int(alert.tier),
        "received_at_s": alert.received_at_s,
        "document": document,
    }


def add_contact(
    connection: Connection, incident_id: str, channel: str, outcome: str, at_s: float, note: str
) -> str:
    """Keep an attempt to reach the victim; its id."""
    contact_id = new_id()
    connection.execute(
        contacts.insert().values(
            contact_id=contact_id,
            incident_id=incident_id,
            channel=channel,
            outcome=outcome,
            at_s=at_s,
            document={"note": note},
        )
    )
    return contact_id


def add_decision(
    connection: Connection, incident_id: str, at_s: float, document: dict[str, Any]
) -> None:
    """Keep who was offered, who was passed over, and where they were."""
    connection.execute(
        decisions.insert().values(
            decision_id=new_id(), incident_id=incident_id, decided_at_s=at_s, document=document
        )
    )
