"""The sender's transactions: note what came of attempts, take what is due, write the messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from services.events.cloud_events import COLUMNS, placed_event
from services.ledger.database import Ledger
from services.ledger.tables import events, stream
from services.sending.attempts import Attempt, Booked, Booking, Message, Outcome, State
from services.webhooks import deliveries, reports
from services.webhooks.registry import known


def book(ledger: Ledger, booking: Booking) -> Booked:
    """Note the outcomes and take what is due, in one transaction. Nothing is written, and nobody
    held up, where there is neither."""
    if not booking.outcomes and not booking.forget:
        with ledger.read() as connection:
            due = deliveries.due_webhooks(connection, ledger.time_s(connection))
        if not any(booking.room_for(webhook_id) for webhook_id in due):
            return Booked([], [])

    def work(connection: Connection) -> Booked:
        now_s = ledger.time_s(connection)
        states = _settle(ledger, connection, booking.outcomes, now_s)
        if booking.forget:
            deliveries.forget_old(connection, now_s)
        return Booked(_messages(connection, _take(connection, booking, now_s), now_s), states)

    return ledger.transact(work)


def _settle(
    ledger: Ledger, connection: Connection, outcomes: Sequence[Outcome], now_s: float
) -> list[State | None]:
    """The state that each outcome leaves its delivery in."""
    states = [deliveries.settle(connection, outcome, now_s) for outcome in outcomes]
    gone: dict[str, Outcome] = {}
    given_up: dict[str, list[int]] = defaultdict(list)
    for outcome, state in zip(outcomes, states, strict=True):
        if outcome.reply.gone and state is not None:
            gone[outcome.attempt.receiver] = outcome
        if state is State.GAVE_UP:
            given_up[outcome.attempt.receiver].append(outcome.attempt.item)
    for webhook_id in sorted(gone.keys() | given_up.keys()):  # rows are locked in one order
        if webhook_id in gone:
            reports.disabled(ledger, connection, webhook_id, gone[webhook_id], now_s)
        if webhook_id in given_up:
            reports.gave_up(ledger, connection, webhook_id, given_up[webhook_id], now_s)
    return states


def _take(connection: Connection, booking: Booking, now_s: float) -> list[Attempt]:
    """Due deliveries, as many as there is room for."""
    attempts: list[Attempt] = []
    for webhook_id in deliveries.due_webhooks(connection, now_s):
        count = min(booking.room_for(webhook_id), booking.free - len(attempts))
        if count > 0:
            busy = booking.under_way.get(webhook_id, ())
            attempts += deliveries.take(connection, webhook_id, count, now_s, busy)
    return attempts


def _messages(connection: Connection, attempts: Sequence[Attempt], now_s: float) -> list[Message]:
    """What is to be sent for the attempts."""
    if not attempts:
        return []
    webhooks = {webhook.webhook_id: webhook for webhook in known(connection)}
    rows = connection.execute(
        select(*COLUMNS)
        .join(events, events.c.event_id == stream.c.event_id)
        .where(stream.c.position.in_({attempt.item for attempt in attempts}))
    )
    placed = {row.position: placed_event(row) for row in rows}
    return [
        Message(
            attempt,
            webhooks[attempt.receiver].url,
            tuple(webhooks[attempt.receiver].secret_texts(now_s)),
            placed[attempt.item].event_id,
            placed[attempt.item].cloud_event.decode(),
        )
        for attempt in attempts
    ]
