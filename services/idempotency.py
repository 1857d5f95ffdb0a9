"""Requests that carry an ``Idempotency-Key`` have one effect, however often they are sent.

A key is *held* before the work begins, in a small transaction of its own, so that a copy that comes
meanwhile knows of it. The answer is stored in the transaction of the effect, guarded by the holder:
both are committed, or neither. A holder that died is replaced when its hold has lapsed; should it
come back after all, its guard fails and its effect is undone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.sql import ColumnElement

from services.errors import ProblemError
from services.ids import new_id
from services.ledger.statements import insert_into, lock_rows
from services.ledger.tables import idempotency

HOLD_S = 30.0
"""How long a request may work before a copy of it takes over. Far longer than any transaction is
given: what lapses is the hold of a process that died."""
SWEEP_LIMIT_ROWS = 5_000
"""Rows that one sweep deletes, so that it holds no write lock for long."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it was given."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to do the work of one key."""

    caller_id: str
    key: str
    holder: str

    @property
    def _mine(self) -> ColumnElement[bool]:
        return (
            (idempotency.c.caller_id == self.caller_id)
            & (idempotency.c.idempotency_key == self.key)
            & (idempotency.c.holder == self.holder)
            & idempotency.c.status.is_(None)
        )

    def complete(self, connection: Connection, answer: Stored) -> None:
        """Store the answer, in the transaction of the effect.

        Raises ProblemError when another copy has taken over: the effect must not be committed.
        """
        done = connection.execute(
            update(idempotency)
            .where(self._mine)
            .values(status=answer.status, headers=answer.headers, body=answer.body)
        )
        if done.rowcount != 1:
            raise ProblemError("request-in-flight", "Another copy of this request has taken over.")

    def release(self, connection: Connection) -> None:
        """Let go of the key: nothing was done, and the next copy may try."""
        connection.execute(delete(idempotency).where(self._mine))


def fingerprint(*parts: bytes) -> bytes:
    """SHA-256 over the parts of a request: the same for copies, another for anything else."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def hold(
    connection: Connection, caller_id: str, key: str, request_sha256: bytes, at_s: float
) -> Hold | Stored:
    """The right to do the work, or the answer of the copy that did it.

    Raises ProblemError while another copy is at work, or when the key came with another
    request.
    """
    holder = new_id()
    made = insert_into(connection, idempotency).values(
        caller_id=caller_id,
        idempotency_key=key,
        request_sha256=request_sha256,
        holder=holder,
        held_until_s=at_s + HOLD_S,
        created_at_s=at_s,
    )
    is_new = made.on_conflict_do_nothing().returning(idempotency.c.holder)
    if connection.execute(is_new).first() is not None:
        return Hold(caller_id, key, holder)
    this = (idempotency.c.caller_id == caller_id) & (idempotency.c.idempotency_key == key)
    row = connection.execute(lock_rows(select(idempotency).where(this))).one_or_none()
    if row is None:  # its holder let go between our two looks
        raise ProblemError("request-in-flight", "Another copy of this request has just ended.")
    if bytes(row.request_sha256) != request_sha256:
        raise ProblemError(
            "idempotency-key-reused",
            "This Idempotency-Key came with another request: use a new one for every request.",
        )
    if row.status is not None:
        return Stored(row.status, dict(row.headers), bytes(row.body))
    if row.held_until_s > at_s:
        raise ProblemError("request-in-flight", "Another copy of this request is at work.")
    connection.execute(
        update(idempotency).where(this).values(holder=holder, held_until_s=at_s + HOLD_S)
    )
    return Hold(caller_id, key, holder)


def sweep(connection: Connection, kept_s: float, at_s: float) -> int:
    """How many stored answers were deleted because they are older than ``kept_s``."""
    old = (
        select(idempotency.c.caller_id, idempotency.c.idempotency_key)
        .where(
            idempotency.c.created_at_s < at_s - kept_s,
            or_(idempotency.c.status.is_not(None), idempotency.c.held_until_s < at_s),
        )
        .order_by(idempotency.c.created_at_s)
        .limit(SWEEP_LIMIT_ROWS)
    )
    count = 0
    for row in connection.execute(old).all():
        done = connection.execute(
            delete(idempotency).where(
                idempotency.c.caller_id == row.caller_id,
                idempotency.c.idempotency_key == row.idempotency_key,
            )
        )
        count += done.rowcount
    return count
