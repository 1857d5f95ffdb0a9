"""Which webhooks an event must go to: noted in the transaction that gives the event its place."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from services.events.cloud_events import PlacedEvent
from services.ledger.database import Ledger
from services.ledger.tables import deliveries
from services.sending.attempts import State
from services.webhooks import registry
from services.webhooks.deliveries import NOTE


class FanOut:
    """Notes deliveries. Safe to share between threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __call__(self, connection: Connection, placed: Sequence[PlacedEvent]) -> None:
        """Note the deliveries of events that were just placed; they are due at once."""
        webhooks = [webhook for webhook in registry.known(connection) if webhook.active]
        if not webhooks:
            return
        now_s = self._ledger.time_s(connection)
        rows = [
            {
                "webhook_id": webhook.webhook_id,
                "position": event.position,
                "state": State.PENDING.value,
                "attempts": 0,
                "first_due_at_s": now_s,
                "next_at_s": now_s,
            }
            for event in placed
            for webhook in webhooks
            if webhook.wants(event.type, event.jurisdiction)
        ]
        if rows:
            connection.execute(insert(deliveries), rows)
            self._ledger.after_commit(connection, NOTE)
