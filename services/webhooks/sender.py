"""The sender of events to webhooks."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from services.ledger.database import Ledger
from services.metrics import Metrics
from services.sending.attempts import Message, Reply
from services.sending.posting import post
from services.sending.sender import Sender
from services.webhooks.booking import book
from services.webhooks.deliveries import NOTE
from services.workers import Workers


def webhook_sender(
    ledger: Ledger,
    metrics: Metrics,
    pool: Workers,
    client: httpx.AsyncClient,
    allowed_hosts: Sequence[str] = (),
) -> Sender:
    """Sends events that are due, and counts what came of it."""

    async def send(message: Message) -> Reply:
        return await post(client, message, allowed_hosts)

    def count(word: str) -> None:
        metrics.webhook_attempts.labels(word).inc()

    return Sender(ledger, pool, "webhooks", NOTE, book, send, count)
