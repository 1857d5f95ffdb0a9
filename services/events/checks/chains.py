"""Checks every event, that the chains are whole, and that every event has its place."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Row, exists, select

from services.events.checks.flaws import Flaw, all_rows, event_name
from services.events.checks.seals import seal_vouches
from services.events.hashing import GENESIS, event_sha256
from services.ledger.tables import (
    events,
    incidents,
    interceptions,
    stream,
    unsealed,
    webhooks,
)

OWNERS = {
    incidents: "incident_id",
    interceptions: "interception_id",
    webhooks: "webhook_id",
}
"""Tables whose rows know how long their chain is, and their keys."""


def flaws_of_chains(connection: Connection) -> Iterator[Flaw]:
    rows = all_rows(
        connection,
        select(
            *events.c,
            stream.c.position,
            unsealed.c.event_id.label("waiting"),
            *(
                column
                for owners in OWNERS
                for column in (
                    owners.c.event_count.label(f"{owners.name}_count"),
                    owners.c.head_sha256.label(f"{owners.name}_head"),
                )
            ),
        )
        .outerjoin(stream, stream.c.event_id == events.c.event_id)
        .outerjoin(unsealed, unsealed.c.event_id == events.c.event_id)
        .outerjoin(incidents, incidents.c.incident_id == events.c.chain_id)
        .outerjoin(interceptions, interceptions.c.interception_id == events.c.chain_id)
        .outerjoin(webhooks, webhooks.c.webhook_id == events.c.chain_id)
        .order_by(events.c.chain_id, events.c.chain_number),
    )
    chain: _Chain | None = None
    for row in rows:
        if chain is None or row.chain_id != chain.chain_id:
            if chain is not None:
                yield from chain.flaws_at_end(connection)
            chain = _Chain(row)
        yield from chain.flaws_of(row, connection)
    if chain is not None:
        yield from chain.flaws_at_end(connection)
    for owners, key in OWNERS.items():
        yield from _flaws_of_owners(connection, owners, key)
    yield from _flaws_of_unsealed(connection)


class _Chain:
    """One chain on the way through it."""

    def __init__(self, first: Row) -> None:
        self.chain_id = first.chain_id
        self._owner, self._count, self._head = _owner_of(first)
        self._number = 0
        self._sha256 = GENESIS
        self._position = 0
        self._waiting = False

    def flaws_of(self, row: Row, connection: Connection) -> Iterator[Flaw]:
        """What is wrong with the next event, if anything."""
        number = self._number + 1
        name = event_name(self.chain_id, number)
        if self._count is None:
            yield Flaw(
                "missing", "incidents", f"incident {self.chain_id}",
                f"The incident, interception or webhook {self.chain_id} is missing, but its events "
                "are there.",
            )  # fmt: skip
        if row.chain_number != number and not _original_number(row):
            yield Flaw(
                "changed", "events", f"event {row.event_id}",
                f"The event {row.event_id} of {self.chain_id} is changed.",
            )  # fmt: skip
        if row.chain_number != number:
            if isinstance(row.chain_number, int) and row.chain_number < number:
                yield _surplus_event(self.chain_id, row)
            yield Flaw("missing", "events", name, f"The {name} is missing.")
        if _hash_of(row, number) != row.sha256:
            yield self._changed_or_moved(row, name)
        if row.previous_sha256 != self._sha256:
            yield self._not_after(row, number, connection)
        if number > self._count:
            yield _surplus_event(self.chain_id, row)
        yield from self._flaws_of_place(row, name)
        self._number, self._sha256 = number, row.sha256
        self._position = row.position or self._position
        self._waiting = row.position is None

    def flaws_at_end(self, connection: Connection) -> Iterator[Flaw]:
        """What is wrong with the end of the chain, if anything."""
        if self._count > self._number:
            name = event_name(self.chain_id, self._number + 1)
            yield Flaw(
                "missing", "events", name,
                f"The {name} is missing, at the end of its chain: the row in {self._owner} counts "
                f"{self._count}.",
            )  # fmt: skip
        if self._head != self._sha256:
            name = event_name(self.chain_id, self._number)
            if seal_vouches(connection, self.chain_id, self._number):
                yield Flaw(
                    "changed", self._owner, self.chain_id,
                    f"The row {self.chain_id} of {self._owner} is changed: its head_sha256 is not "
                    "the hash of its last event, which is sealed.",
                )  # fmt: skip
            yield Flaw(
                "changed", "events", name,
                f"The {name} is changed: it was written anew, since {self._owner} knows another "
                "one as the last.",
            )  # fmt: skip

    def _changed_or_moved(self, row: Row, name: str) -> Flaw:
        if (original := _original_number(row)) is not None:
            return Flaw(
                "reordered", "events", name,
                f"The {name} is not the one that belongs there: it was number {original}.",
            )  # fmt: skip
        return Flaw(
            "changed", "events", name, f"The {name} is changed: it does not match its hash."
        )

    def _not_after(self, row: Row, number: int, connection: Connection) -> Flaw:
        """The event is whole, and so is the one before, but they do not belong together."""
        changed = number
        if number > 1 and not seal_vouches(connection, self.chain_id, number - 1):
            changed = number - 1
        name = event_name(self.chain_id, changed)
        return Flaw(
            "changed", "events", name,
            f"The {name} is changed: it was written anew, since the event "
            f"{'after' if changed < number else 'before'} it is linked to another one.",
        )  # fmt: skip

    def _flaws_of_place(self, row: Row, name: str) -> Iterator[Flaw]:
        if row.position is None and row.waiting is None:
            yield Flaw(
                "missing", "stream", name,
                f"The {name} has no place in the stream, and does not wait for one.",
            )  # fmt: skip
        if row.position is None:
            return
        if row.waiting is not None:
            yield Flaw(
                "surplus", "unsealed", name,
                f"The {name} waits to be sealed, but is sealed: its row in unsealed was slipped "
                "in.",
            )  # fmt: skip
        if self._waiting:
            before = event_name(self.chain_id, self._number)
            yield Flaw(
                "missing", "stream", before,
                f"The {before} has no place in the stream, but the one after it has.",
            )  # fmt: skip
        if row.position <= self._position:
            yield Flaw(
                "reordered", "stream", f"position {row.position}",
                f"The {name} stands at position {row.position} of the stream, before the one that "
                "came before it.",
            )  # fmt: skip


def _owner_of(row: Row) -> tuple[str, int | None, bytes | None]:
    """Table of whoever owns an event's chain, how many events it counts, and the last one's hash;
    None where there is no owner."""
    for owners in OWNERS:
        if (count := row._mapping[f"{owners.name}_count"]) is not None:
            return owners.name, count, row._mapping[f"{owners.name}_head"]
    return webhooks.name, None, None


def _flaws_of_owners(connection: Connection, owners, key: str) -> Iterator[Flaw]:
    """Chains of which nothing is left."""
    owner_id = owners.c[key]
    without = (
        select(owner_id)
        .where(
            (owners.c.event_count != 0) | (owners.c.head_sha256 != GENESIS),
            ~exists().where(events.c.chain_id == owner_id),
        )
        .order_by(owner_id)
    )
    for chain_id in all_rows(connection, without):
        name = event_name(chain_id[0], 1)
        yield Flaw("missing", "events", name, f"The {name} is missing, and all after it.")


def _flaws_of_unsealed(connection: Connection) -> Iterator[Flaw]:
    lost = (
        select(unsealed.c.event_id)
        .outerjoin(events, events.c.event_id == unsealed.c.event_id)
        .where(events.c.event_id.is_(None))
    )
    for row in all_rows(connection, lost):
        yield Flaw(
            "missing", "events", f"event {row.event_id}",
            f"The event {row.event_id} waits to be sealed, but is missing.",
        )  # fmt: skip


def _hash_of(row: Row, number: object) -> bytes | None:
    """Hash of an event as it stands, with this number; None where a column cannot be hashed."""
    try:
        return event_sha256(
            row.previous_sha256, row.event_id, row.chain_id, number, row.type, row.jurisdiction,
            row.at_s, row.data,
        )  # fmt: skip
    except Exception:  # whatever somebody wrote there, it is no event's
        return None


def _original_number(row: Row) -> int | None:
    """The number with which the event matches its hash; None where there is none."""
    _, count, _ = _owner_of(row)
    most = max(count or 0, 1)
    for number in range(1, most + 1):
        if _hash_of(row, number) == row.sha256:
            return number
    return None


def _surplus_event(chain_id: str, row: Row) -> Flaw:
    name = event_name(chain_id, row.chain_number)
    return Flaw("surplus", "events", name, f"The {name} is one too many.")
