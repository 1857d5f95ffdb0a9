"""Messages on their way to peers: written, taken for sending, settled, forgotten.

What taking and settling a message means is said in ``services.sending.attempts``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from services.ids import new_id
from services.ledger.database import Ledger
from services.ledger.statements import lock_rows
from services.ledger.tables import peer_inbox, peer_outbox, peers
from services.peers.envelope import written
from services.peers.registry import Peer, known
from services.sending.attempts import (
    LEASE_S,
    Attempt,
    Booked,
    Booking,
    Message,
    Outcome,
    State,
)
from services.sending.pacing import Patience, next_try_at_s

NOTE = "peer messages"
"""What is noted in a transaction that makes messages due."""
PATIENCE = Patience(given_up_after_s=6 * 3600.0, first_wait_s=0.5, most_wait_s=20.0)
"""A subject drives on while a message waits, and the longest horizon is six hours."""
KEPT_S = 7 * 24 * 3600.0
"""How long messages are remembered: longer than anybody sends one again."""


def tell(
    ledger: Ledger,
    connection: Connection,
    peer: Peer,
    kind: str,
    subject: str,
    number: int,
    data: Any,
    now_s: float,
) -> str:
    """Write a message to a peer, due at once; its id. See :class:`services.peers.envelope.Envelope`
    for the other parameters."""
    message_id = new_id()
    body = written(message_id, peer.centre, peer.peer_centre, kind, subject, number, data, now_s)
    connection.execute(
        insert(peer_outbox).values(
            message_id=message_id,
            peer_id=peer.peer_id,
            body=body,
            state=State.PENDING.value,
            attempts=0,
            first_due_at_s=now_s,
            next_at_s=now_s,
        )
    )
    ledger.after_commit(connection, NOTE)
    return message_id


def book(ledger: Ledger, booking: Booking) -> Booked:
    """Note the outcomes and take what is due, in one transaction. Nothing is written, and nobody
    held up, where there is neither."""
    if not booking.outcomes and not booking.forget:
        with ledger.read() as connection:
            due = _due_peers(connection, ledger.time_s(connection))
        if not any(booking.room_for(peer_id) for peer_id in due):
            return Booked([], [])

    def work(connection: Connection) -> Booked:
        now_s = ledger.time_s(connection)
        states = [_settle(connection, outcome, now_s) for outcome in booking.outcomes]
        if booking.forget:
            _forget_old(connection, now_s)
        by_id = {peer.peer_id: peer for peer in known(connection)}
        messages: list[Message] = []
        for peer_id in _due_peers(connection, now_s):
            count = min(booking.room_for(peer_id), booking.free - len(messages))
            if count > 0:
                busy = booking.under_way.get(peer_id, ())
                messages += _take(connection, by_id[peer_id], count, now_s, busy)
        return Booked(messages, states)

    return ledger.transact(work)


def _due_peers(connection: Connection, now_s: float) -> list[str]:
    due = exists().where(peer_outbox.c.peer_id == peers.c.peer_id, peer_outbox.c.next_at_s <= now_s)
    return list(
        connection.scalars(select(peers.c.peer_id).where(peers.c.removed_at_s.is_(None), due))
    )


def _take(
    connection: Connection, peer: Peer, count: int, now_s: float, without: Iterable[int | str]
) -> list[Message]:
    """Due messages to a peer, the oldest first; from now on they are the caller's."""
    chosen = (
        select(peer_outbox)
        .where(peer_outbox.c.peer_id == peer.peer_id, peer_outbox.c.next_at_s <= now_s)
        .order_by(peer_outbox.c.first_due_at_s, peer_outbox.c.message_id)
        .limit(count)
    )
    busy = list(without)
    if busy:
        chosen = chosen.where(peer_outbox.c.message_id.not_in(busy))
    rows = connection.execute(lock_rows(chosen, skip_locked=True)).all()
    if rows:
        connection.execute(
            update(peer_outbox)
            .where(peer_outbox.c.message_id == bindparam("taken"))
            .values(attempts=bindparam("number"), next_at_s=now_s + LEASE_S),
            [{"taken": row.message_id, "number": row.attempts + 1} for row in rows],
        )
    return [
        Message(
            Attempt(peer.peer_id, row.message_id, row.attempts + 1, row.first_due_at_s),
            peer.endpoint,
            peer.secret_texts(now_s),
            row.message_id,
            row.body,
        )
        for row in rows
    ]


def _settle(connection: Connection, outcome: Outcome, now_s: float) -> State | None:
    """The state that an attempt leaves its message in; None where it no longer counts."""
    attempt, reply = outcome.attempt, outcome.reply
    values: dict[str, Any] = {
        "last_status": reply.status,
        "last_problem": outcome.problem,
        "next_at_s": None,
    }
    if reply.problem is None:
        state = State.DELIVERED
        values["delivered_at_s"] = now_s
    else:
        again_at_s = None
        if not reply.refused:
            again_at_s = next_try_at_s(PATIENCE, attempt.first_due_at_s, now_s, reply.retry_after_s)
        state = State.GAVE_UP if again_at_s is None else State.PENDING
        values["next_at_s"] = again_at_s
    done = connection.execute(
        update(peer_outbox)
        .where(
            peer_outbox.c.message_id == attempt.item,
            peer_outbox.c.attempts == attempt.number,
            peer_outbox.c.next_at_s.is_not(None),
        )
        .values(state=state.value, **values)
    )
    return state if done.rowcount else None


def _forget_old(connection: Connection, now_s: float) -> None:
    before_s = now_s - KEPT_S
    connection.execute(
        delete(peer_outbox).where(
            peer_outbox.c.first_due_at_s < before_s, peer_outbox.c.next_at_s.is_(None)
        )
    )
    connection.execute(delete(peer_inbox).where(peer_inbox.c.received_at_s < before_s))
