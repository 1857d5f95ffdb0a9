"""Writes events in the transaction of the change that they describe.

A chain belongs to whoever holds its head: an incident, an interception or a webhook has the number
of its events and the hash of the last one in its own row, and its writers have that row locked. So
the chains of two incidents never wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, insert

from services.events.hashing import GENESIS, event_sha256
from services.ids import new_id
from services.ledger.database import Ledger
from services.ledger.tables import events, unsealed

__all__ = ["APPENDED", "GENESIS", "NewEvent", "append"]

APPENDED = "events"
"""Noted for after the commit: there is something to seal."""

_encoder = msgspec.json.Encoder(order="sorted")
_ADD, _ADD_UNSEALED = insert(events), insert(unsealed)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened and is to be written."""

    type: str
    """Past tense, such as ``assignment.accepted``."""
    jurisdiction: str
    """Who may read it: whoever holds this jurisdiction."""
    at_s: float
    """When, in UTC seconds since 1970."""
    data: dict[str, Any]
    """What there is to say; anything that JSON can hold."""


def append(
    ledger: Ledger,
    connection: Connection,
    chain_id: str,
    count: int,
    head_sha256: bytes,
    new: Sequence[NewEvent],
) -> tuple[int, bytes]:
    """New length of the chain and hash of its last event, to be kept in the row of its owner.

    ``count`` and ``head_sha256`` are what that row holds, which must be locked: 0 and
    ``GENESIS`` for a new chain. Once the transaction is committed the events are sealed,
    and readers see them.
    """
    linked = link(chain_id, count, head_sha256, new)
    write(ledger, connection, linked.rows)
    return linked.count, linked.head_sha256


@dataclass(frozen=True, slots=True)
class Linked:
    """Events as links of a chain, not written yet."""

    rows: list[dict[str, Any]]
    count: int
    """New length of the chain."""
    head_sha256: bytes


def link(chain_id: str, count: int, head_sha256: bytes, new: Sequence[NewEvent]) -> Linked:
    """The next links of a chain; nothing is written. See :func:`append`."""
    rows = []
    for event in new:
        count += 1
        event_id, at_s = new_id(), float(event.at_s)
        data = _encoder.encode(event.data).decode()
        previous_sha256, head_sha256 = (
            head_sha256,
            event_sha256(
                head_sha256, event_id, chain_id, count, event.type, event.jurisdiction, at_s, data
            ),
        )
        rows.append(
            {
                "event_id": event_id,
                "chain_id": chain_id,
                "chain_number": count,
                "type": event.type,
                "jurisdiction": event.jurisdiction,
                "at_s": at_s,
                "data": data,
                "previous_sha256": previous_sha256,
                "sha256": head_sha256,
            }
        )
    return Linked(rows, count, head_sha256)


def write(ledger: Ledger, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write links, of one chain or of several at once."""
    if rows:
        connection.execute(_ADD, rows)
        connection.execute(_ADD_UNSEALED, [{"event_id": row["event_id"]} for row in rows])
        ledger.after_commit(connection, APPENDED)
