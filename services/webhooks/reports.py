"""Events about webhooks themselves, in a chain of each webhook's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from services.events.append import NewEvent, append
from services.ledger.database import Ledger
from services.ledger.statements import lock_rows
from services.ledger.tables import webhooks
from services.webhooks import registry
from services.webhooks.deliveries import Outcome

DISABLED = "webhook.disabled"
GAVE_UP = "webhook.gave_up"
MOST_POSITIONS = 100
"""Positions that one event names; the rest are listed as deliveries in the state ``gave_up``."""


def disabled(
    ledger: Ledger, connection: Connection, webhook_id: str, outcome: Outcome, now_s: float
) -> None:
    """The receiver wants nothing any more: nothing is sent there, and the centre is told."""
    if not registry.disable(connection, webhook_id, outcome.problem or "", now_s):
        return
    _tell(
        ledger,
        connection,
        webhook_id,
        DISABLED,
        {"status": outcome.reply.status, "position": outcome.attempt.item},
        now_s,
    )


def gave_up(
    ledger: Ledger,
    connection: Connection,
    webhook_id: str,
    positions: Sequence[int],
    now_s: float,
) -> None:
    """Events were tried for three days and are not sent any more: the centre is told which."""
    named = sorted(positions)
    _tell(
        ledger,
        connection,
        webhook_id,
        GAVE_UP,
        {"count": len(named), "positions": named[:MOST_POSITIONS]},
        now_s,
    )


def _tell(
    ledger: Ledger,
    connection: Connection,
    webhook_id: str,
    type_: str,
    data: dict[str, Any],
    now_s: float,
) -> None:
    row = connection.execute(
        lock_rows(select(webhooks).where(webhooks.c.webhook_id == webhook_id))
    ).one()
    if row.removed_at_s is not None:
        return  # nobody is left to be told
    event = NewEvent(type_, row.jurisdiction, now_s, {"webhook": webhook_id, **data})
    count, head_sha256 = append(
        ledger, connection, webhook_id, row.event_count, row.head_sha256, [event]
    )
    connection.execute(
        update(webhooks)
        .where(webhooks.c.webhook_id == webhook_id)
        .values(event_count=count, head_sha256=head_sha256)
    )
