"""Checks every seal, and that the places under it are as it was sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Row, select

from services.events.checks.flaws import Flaw, all_rows
from services.events.hashing import GENESIS, seal_sha256
from services.events.sealing import in_order
from services.ledger.tables import events, seals, stream

SEAL_EVENTS_LIMIT = 100_000
"""More than any seal was ever made of: a ``last_position`` so far off is not believed."""


def flaws_of_stream(connection: Connection) -> Iterator[Flaw]:
    places = _Places(connection)
    previous_sha256, last_position, number = GENESIS, 0, 0
    coming = all_rows(connection, select(seals).order_by(seals.c.seal_number))
    seal = next(coming, None)
    while seal is not None:
        following = next(coming, None)
        number += 1
        if seal.seal_number != number:
            yield Flaw(
                "missing" if seal.seal_number > number else "surplus",
                "seals", f"seal {min(number, seal.seal_number)}",
                f"The seal {number} is missing." if seal.seal_number > number
                else f"The seal {seal.seal_number} is one too many.",
            )  # fmt: skip
        yield from _flaws_of_seal(seal, following, places, last_position, previous_sha256)
        previous_sha256, last_position = seal.sha256, seal.last_position
        seal = following
    if (row := places.peek()) is not None:
        missing = row.seal_number == number + 1
        yield Flaw(
            "missing" if missing else "surplus",
            "seals" if missing else "stream",
            f"seal {number + 1}" if missing else f"position {row.position}",
            f"The seal {number + 1} is missing." if missing
            else f"The position {row.position} of the stream is under no seal.",
        )  # fmt: skip


def _flaws_of_seal(
    seal: Row, following: Row | None, places: _Places, after: int, previous_sha256: bytes
) -> Iterator[Flaw]:
    """What is wrong with one seal and the places under it, if anything."""
    name = f"seal {seal.seal_number}"
    believable = (
        isinstance(seal.last_position, int) and 0 < seal.last_position - after <= SEAL_EVENTS_LIMIT
    )
    until = seal.last_position if believable else None
    under = places.under(until, seal.seal_number)
    for expected, row in enumerate(under, after + 1):
        if row.position != expected:
            yield Flaw(
                "missing" if row.position > expected else "surplus", "stream",
                f"position {min(expected, row.position)}",
                f"The position {expected} of the stream is missing." if row.position > expected
                else f"The position {row.position} of the stream is one too many.",
            )  # fmt: skip
        if row.sha256 is None:
            yield Flaw(
                "missing", "events", f"event {row.event_id}",
                f"The event {row.event_id} is missing, which has position {row.position} of the "
                "stream.",
            )  # fmt: skip

    def holds(
        rows: list[Row] = under,
        previous: bytes = seal.previous_sha256,
        last: int = seal.last_position,
    ) -> bool:
        return seal.sha256 == _seal_hash(seal, rows, previous, last)

    if not holds():
        yield _why_broken(seal, following, under, places, after, previous_sha256, holds)
    if seal.previous_sha256 != previous_sha256:
        yield Flaw(
            "changed", "seals", f"seal {seal.seal_number - 1}",
            f"The seals {seal.seal_number - 1} and {seal.seal_number} do not belong together: one "
            "of them was written anew.",
        )  # fmt: skip
    for row in under:
        if row.seal_number != seal.seal_number:
            yield Flaw(
                "changed", "stream", f"position {row.position}",
                f"The position {row.position} of the stream is changed: it is under the {name}.",
            )  # fmt: skip


def _why_broken(
    seal: Row,
    following: Row | None,
    under: list[Row],
    places: _Places,
    after: int,
    previous_sha256: bytes,
    holds: Callable[..., bool],
) -> Flaw:
    """What is wrong with a seal that does not match its hash."""
    name = f"seal {seal.seal_number}"

    def changed(what: str) -> Flaw:
        return Flaw("changed", "seals", name, f"The {name} is changed: {what}.")

    if holds(previous=previous_sha256):
        return changed("its previous_sha256 is not the hash of the seal before")
    last_position = after + len(under)
    if under and last_position != seal.last_position:
        if holds(last=last_position):
            return changed(f"its last_position should be {last_position}")
        if (row := places.peek()) is None or row.seal_number != seal.seal_number:
            missing = last_position + 1
            return Flaw(
                "missing", "stream", f"position {missing}",
                f"The position {missing} of the stream is missing.",
            )  # fmt: skip
    own = [row for row in under if row.seal_number == seal.seal_number]
    own += places.also_under(seal.seal_number)
    if own and own[-1].position != seal.last_position and holds(own, last=own[-1].position):
        return changed(f"its last_position should be {own[-1].position}")
    if following is not None and following.previous_sha256 == _seal_hash(
        seal, under, seal.previous_sha256, seal.last_position
    ):
        return changed("its sha256 is not what the seal after it is linked to")
    by_chain = sorted(under, key=lambda row: (row.chain_id, row.chain_number))
    for row, right in zip(under, in_order(by_chain), strict=True):
        if row.event_id != right.event_id:
            return Flaw(
                "reordered", "stream", f"position {row.position}",
                f"The position {row.position} of the stream has the event {row.event_id}, where "
                f"{right.event_id} belongs.",
            )  # fmt: skip
    return changed(
        "its time, or an event at one of its positions "
        f"{after + 1} to {last_position}, is not as it was sealed"
    )


class _Places:
    """Rows of the stream in order of their positions, with what their events say."""

    def __init__(self, connection: Connection) -> None:
        self._rows = all_rows(
            connection,
            select(
                *stream.c, events.c.sha256, events.c.chain_id, events.c.chain_number, events.c.at_s
            )
            .outerjoin(events, events.c.event_id == stream.c.event_id)
            .order_by(stream.c.position),
        )
        self._next: Row | None = next(self._rows, None)

    def peek(self) -> Row | None:
        return self._next

    def under(self, last_position: int | None, seal_number: int) -> list[Row]:
        """The rows up to a position; where it is not known, those of a seal."""
        if last_position is None:
            return self.also_under(seal_number)
        return self._while(lambda row: row.position <= last_position)

    def also_under(self, seal_number: int) -> list[Row]:
        """The next rows that say they are under a seal."""
        return self._while(lambda row: row.seal_number == seal_number)

    def _while(self, takes: Callable[[Row], bool]) -> list[Row]:
        taken: list[Row] = []
        while self._next is not None and takes(self._next) and len(taken) < SEAL_EVENTS_LIMIT:
            taken.append(self._next)
            self._next = next(self._rows, None)
        return taken


def flaw_of_noted(connection: Connection, number: int, digest: str) -> Flaw | None:
    """What is wrong with a seal whose number and hash (hexadecimal) were noted, if anything."""
    sha256 = connection.scalar(select(seals.c.sha256).where(seals.c.seal_number == number))
    name = f"seal {number}"
    if sha256 is None:
        return Flaw(
            "missing", "seals", name,
            f"The {name} was noted and is missing: the end of the record was cut off.",
        )  # fmt: skip
    if sha256.hex() != digest.lower():
        return Flaw(
            "changed", "seals", name,
            f"The {name} is not the one that was noted: the record was written anew.",
        )  # fmt: skip
    return None


def seal_vouches(connection: Connection, chain_id: str, number: int) -> bool:
    """Whether an event is under a seal that matches its hash."""
    place = (
        select(stream.c.seal_number)
        .join(events, events.c.event_id == stream.c.event_id)
        .where(events.c.chain_id == chain_id, events.c.chain_number == number)
    )
    seal = connection.execute(select(seals).where(seals.c.seal_number.in_(place))).one_or_none()
    if seal is None:
        return False
    rows = connection.execute(
        select(stream.c.position, events.c.sha256)
        .join(events, events.c.event_id == stream.c.event_id)
        .where(stream.c.seal_number == seal.seal_number)
        .order_by(stream.c.position)
    ).all()
    return _seal_hash(seal, list(rows), seal.previous_sha256, seal.last_position) == seal.sha256


def _seal_hash(seal: Row, rows: list[Row], previous_sha256: bytes, last: int) -> bytes | None:
    try:
        return seal_sha256(
            previous_sha256, seal.seal_number, seal.sealed_at_s, last,
            ((row.position, row.sha256) for row in rows),
        )  # fmt: skip
    except Exception:
        return None
