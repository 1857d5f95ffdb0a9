"""Events on their way to webhooks: taken for sending, settled, listed, sent again.

A delivery is *due* at ``next_at_s``; what taking and settling it means is said in
``services.sending.attempts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    String,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from services.ledger.statements import insert_into, lock_rows
from services.ledger.tables import deliveries, events, seals, stream, webhooks
from services.sending.attempts import LEASE_S, Attempt, Outcome, State
from services.sending.pacing import Patience, next_try_at_s
from services.webhooks.registry import ABOUT_WEBHOOKS, Webhook

NOTE = "deliveries"
"""What is noted in a transaction that makes deliveries due."""
KEPT_S = 30 * 24 * 3600.0
"""How long what became of a delivery can be looked up."""
PATIENCE = Patience(given_up_after_s=3 * 24 * 3600.0, first_wait_s=5.0, most_wait_s=4 * 3600.0)
"""Tries after about 0, 5, 10, 20, 40 ... seconds, from 4 hours on every 4 hours, for three days."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook, as it is listed."""

    position: int
    event_id: str
    type: str
    state: State
    attempts: int
    first_due_at_s: float
    next_at_s: float | None
    last_status: int | None
    last_problem: str | None
    delivered_at_s: float | None


def due_webhooks(connection: Connection, now_s: float) -> list[str]:
    """Ids of the webhooks for which something is to be sent now."""
    due = exists().where(
        deliveries.c.webhook_id == webhooks.c.webhook_id, deliveries.c.next_at_s <= now_s
    )
    return list(
        connection.scalars(
            select(webhooks.c.webhook_id).where(
                webhooks.c.removed_at_s.is_(None), webhooks.c.disabled_at_s.is_(None), due
            )
        )
    )


def take(
    connection: Connection, webhook_id: str, count: int, now_s: float, without: Iterable[int] = ()
) -> list[Attempt]:
    """Due deliveries of a webhook, the longest due first; from now on they are the caller's.

    Parameters
    ----------
    count : at most so many.
    without : positions that the caller is sending already.
    """
    chosen = (
        select(deliveries.c.position, deliveries.c.attempts, deliveries.c.first_due_at_s)
        .where(deliveries.c.webhook_id == webhook_id, deliveries.c.next_at_s <= now_s)
        .order_by(deliveries.c.next_at_s, deliveries.c.position)
        .limit(count)
    )
    busy = list(without)
    if busy:
        chosen = chosen.where(deliveries.c.position.not_in(busy))
    taken = [
        Attempt(webhook_id, row.position, row.attempts + 1, row.first_due_at_s)
        for row in connection.execute(lock_rows(chosen, skip_locked=True))
    ]
    if taken:
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.webhook_id == webhook_id,
                deliveries.c.position == bindparam("taken_position"),
            )
            .values(attempts=bindparam("number"), next_at_s=now_s + LEASE_S),
            [{"taken_position": one.item, "number": one.number} for one in taken],
        )
    return taken


def settle(connection: Connection, outcome: Outcome, now_s: float) -> State | None:
    """The state that an attempt leaves its delivery in; None where it no longer counts."""
    attempt = outcome.attempt
    values = {
        "last_status": outcome.reply.status,
        "last_problem": outcome.problem,
        "next_at_s": None,
    }
    if outcome.problem is None:
        state = State.DELIVERED
        values["delivered_at_s"] = now_s
    else:
        again_at_s = next_try_at_s(
            PATIENCE, attempt.first_due_at_s, now_s, outcome.reply.retry_after_s
        )
        state = State.GAVE_UP if again_at_s is None else State.PENDING
        values["next_at_s"] = again_at_s
    done = connection.execute(
        update(deliveries)
        .where(
            deliveries.c.webhook_id == attempt.receiver,
            deliveries.c.position == attempt.item,
            deliveries.c.attempts == attempt.number,
            deliveries.c.next_at_s.is_not(None),
        )
        .values(state=state.value, **values)
    )
    return state if done.rowcount else None


def listed(
    connection: Connection,
    webhook_id: str,
    state: State | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Delivery]:
    """Deliveries of a webhook, the newest position first.

    Parameters
    ----------
    state : only those; None: all.
    before : only those with a smaller position; None: all.
    """
    chosen = (
        select(deliveries, events.c.event_id, events.c.type)
        .join(stream, stream.c.position == deliveries.c.position)
        .join(events, events.c.event_id == stream.c.event_id)
        .where(deliveries.c.webhook_id == webhook_id)
        .order_by(deliveries.c.position.desc())
        .limit(limit)
    )
    if state is not None:
        chosen = chosen.where(deliveries.c.state == state.value)
    if before is not None:
        chosen = chosen.where(deliveries.c.position < before)
    return [
        Delivery(
            position=row.position,
            event_id=row.event_id,
            type=row.type,
            state=State(row.state),
            attempts=row.attempts,
            first_due_at_s=row.first_due_at_s,
            next_at_s=row.next_at_s,
            last_status=row.last_status,
            last_problem=row.last_problem,
            delivered_at_s=row.delivered_at_s,
        )
        for row in connection.execute(chosen)
    ]


def counted(connection: Connection, webhook_ids: Sequence[str]) -> Mapping[str, dict[State, int]]:
    """How many deliveries of each webhook are pending and given up."""
    rows = connection.execute(
        select(deliveries.c.webhook_id, deliveries.c.state, func.count())
        .where(
            deliveries.c.webhook_id.in_(list(webhook_ids)),
            deliveries.c.state.in_([State.PENDING.value, State.GAVE_UP.value]),
        )
        .group_by(deliveries.c.webhook_id, deliveries.c.state)
    )
    counts: dict[str, dict[State, int]] = {one: {} for one in webhook_ids}
    for webhook_id, state, count in rows:
        counts[webhook_id][State(state)] = count
    return counts


def send_again(connection: Connection, webhook_id: str, position: int, now_s: float) -> bool:
    """Whether there was such a delivery; it is due at once, and has three days again."""
    done = connection.execute(
        update(deliveries)
        .where(deliveries.c.webhook_id == webhook_id, deliveries.c.position == position)
        .values(_anew(now_s))
    )
    return bool(done.rowcount)


def send_range(
    connection: Connection,
    webhook: Webhook,
    first_position: int,
    last_position: int | None,
    now_s: float,
) -> int:
    """How many events between two positions, ends included, are sent to a webhook (again).

    Events from before the webhook was made, and those whose deliveries are forgotten, are sent too.
    """
    wanted = (
        select(
            literal(webhook.webhook_id, String(36)),
            stream.c.position,
            literal(State.PENDING.value, String(16)),
            literal(0, Integer),
            literal(now_s, Float),
            literal(now_s, Float),
        )
        .join(events, events.c.event_id == stream.c.event_id)
        .where(stream.c.position >= first_position, _wanted_by(webhook))
    )
    if last_position is not None:
        wanted = wanted.where(stream.c.position <= last_position)
    names = ["webhook_id", "position", "state", "attempts", "first_due_at_s", "next_at_s"]
    statement = insert_into(connection, deliveries).from_select(names, wanted)
    done = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["webhook_id", "position"], set_=_anew(now_s)
        )
    )
    return done.rowcount


def forget_old(connection: Connection, now_s: float) -> int:
    """How many deliveries were forgotten: settled ones after 30 days, all of removed webhooks."""
    horizon = connection.scalar(
        select(func.max(seals.c.last_position)).where(seals.c.sealed_at_s < now_s - KEPT_S)
    )
    removed = select(webhooks.c.webhook_id).where(webhooks.c.removed_at_s.is_not(None))
    old = deliveries.c.webhook_id.in_(removed)
    if horizon is not None:
        old = or_(old, (deliveries.c.position <= horizon) & deliveries.c.next_at_s.is_(None))
    return connection.execute(delete(deliveries).where(old)).rowcount


def _anew(now_s: float) -> dict[str, object]:
    """What a delivery is that begins again. The attempts are not counted from the start, so that
    the outcome of one under way is not taken for that of a new one."""
    return {
        "state": State.PENDING.value,
        "first_due_at_s": now_s,
        "next_at_s": now_s,
        "delivered_at_s": None,
    }


def _wanted_by(webhook: Webhook) -> ColumnElement[bool]:
    """The condition on events that :meth:`Webhook.wants` states for one."""
    own = events.c.jurisdiction == webhook.jurisdiction
    condition = or_(own, _begins_with(events.c.jurisdiction, f"{webhook.jurisdiction}/"))
    condition &= ~_begins_with(events.c.type, ABOUT_WEBHOOKS)
    return condition & events.c.type.in_(webhook.types) if webhook.types else condition


def _begins_with(column: Column[str], text: str) -> ColumnElement[bool]:
    """Exactly so: LIKE takes small and capital letters for the same on SQLite."""
    return func.substr(column, 1, len(text)) == text
