"""Gives events their place in the stream.

PostgreSQL lets transactions be seen in another order than they took their ids or times in, so a
reader that follows either misses what comes late. Readers follow positions instead, and positions
are given here, after the commit, by one sealer at a time: an event that can be seen at that moment
gets the next one, any other will get a later one.

Every event is written together with a row in ``unsealed``. A sealer moves a batch of them into
``stream`` and writes one row in ``seals`` about it, all in one transaction: should the process die,
nothing has happened, and any other sealer finds the same rows. Of one chain earlier events always
come first, because a chain's writers wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from sqlalchemy import Connection, delete, func, insert, select

from services.errors import LedgerError
from services.events.cloud_events import PlacedEvent
from services.events.hashing import GENESIS, seal_sha256
from services.ledger.database import Ledger
from services.ledger.tables import events, seals, stream, unsealed

SEALED = "stream"
"""Noted for after the commit: there is something to read."""

BATCH_LIMIT = 1_000
"""Most events under one seal."""

IDLE_LIMIT_MS = 4_000
"""How long a sealer on PostgreSQL may keep the others waiting without doing anything: one whose
process is frozen or whose machine is cut off is ended by the server. Less than others wait for the
lock (``services.ledger.stores.LOCK_WAIT_MS``)."""

_ONE_SEALER = 0x666F_7265_7374_616C
"""Number of the lock that sealers on PostgreSQL take, in this database; "forestal" in ASCII."""

FanOut = Callable[[Connection, Sequence[PlacedEvent]], None]
"""Called with the events that a transaction places, in their order, within it."""

R = TypeVar("R")


class Sealer:
    """Moves what is unsealed into the stream. Safe in any number of processes and threads."""

    def __init__(self, ledger: Ledger, fan_out: FanOut | None = None) -> None:
        self._ledger = ledger
        self._fan_out = fan_out

    def seal(self) -> int:
        """How many events were given a place; all that were committed when it was called have one
        now."""
        placed = 0
        if self._nothing_waits():
            return placed
        while True:
            batch = self._ledger.transact(self._seal_batch)
            placed += batch
            if batch < BATCH_LIMIT:
                return placed

    def _nothing_waits(self) -> bool:
        with self._ledger.read() as connection:
            return connection.scalar(select(unsealed.c.event_id).limit(1)) is None

    def _seal_batch(self, connection: Connection) -> int:
        self._be_the_only_one(connection)
        # By chain: of each chain the batch has the first of those that wait.
        waiting = connection.execute(
            select(*events.c)
            .join(unsealed, unsealed.c.event_id == events.c.event_id)
            .order_by(events.c.chain_id, events.c.chain_number)
            .limit(BATCH_LIMIT)
        ).all()
        if not waiting:
            return 0
        last = connection.execute(
            select(seals).order_by(seals.c.seal_number.desc()).limit(1)
        ).one_or_none()
        seal_number = 1 if last is None else last.seal_number + 1
        first = 1 if last is None else last.last_position + 1
        rows = list(enumerate(in_order(waiting), first))
        last_position = rows[-1][0]
        previous_sha256 = GENESIS if last is None else bytes(last.sha256)
        sealed_at_s = float(self._ledger.time_s(connection))
        connection.execute(
            insert(seals).values(
                seal_number=seal_number,
                sealed_at_s=sealed_at_s,
                last_position=last_position,
                previous_sha256=previous_sha256,
                sha256=seal_sha256(
                    previous_sha256,
                    seal_number,
                    sealed_at_s,
                    last_position,
                    ((position, bytes(row.sha256)) for position, row in rows),
                ),
            )
        )
        connection.execute(
            insert(stream),
            [
                {"position": position, "event_id": row.event_id, "seal_number": seal_number}
                for position, row in rows
            ],
        )
        gone = connection.execute(
            delete(unsealed).where(unsealed.c.event_id.in_([row.event_id for row in waiting]))
        )
        if gone.rowcount != len(waiting):
            raise LedgerError("Events were sealed by two at once; this batch is not.")
        if self._fan_out is not None:
            self._fan_out(connection, [_placed(position, row) for position, row in rows])
        self._ledger.after_commit(connection, SEALED)
        return len(rows)

    def _be_the_only_one(self, connection: Connection) -> None:
        """Wait until no other sealer is at work; on SQLite every writer is the only one."""
        if self._ledger.dialect == "postgresql":
            # The lock is freed after the commit can be seen, so that the next sealer sees all of
            # it. However large the tables and old their statistics: few events wait, so they are
            # looked up one by one.
            connection.execute(
                select(
                    func.pg_advisory_xact_lock(_ONE_SEALER),
                    func.set_config(
                        "idle_in_transaction_session_timeout", str(IDLE_LIMIT_MS), True
                    ),
                    func.set_config("enable_hashjoin", "off", True),
                    func.set_config("enable_mergejoin", "off", True),
                )
            )


def in_order(rows: Iterable[R]) -> list[R]:
    """Rows of events, sorted by chain and number, in the order of the stream: by time, but never
    before an earlier event of the same chain."""
    keyed = []
    for _, chain in groupby(rows, attrgetter("chain_id")):
        latest_s = float("-inf")
        for row in chain:
            latest_s = max(latest_s, row.at_s)
            keyed.append(((latest_s, row.chain_id, row.chain_number), row))
    keyed.sort(key=lambda pair: pair[0])
    return [row for _, row in keyed]


def _placed(position: int, row) -> PlacedEvent:
    return PlacedEvent(
        position,
        row.event_id,
        row.chain_id,
        row.chain_number,
        row.type,
        row.jurisdiction,
        row.at_s,
        row.data,
    )
