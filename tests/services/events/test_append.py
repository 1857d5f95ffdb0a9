"""Events are written with the change that they describe, as links of a chain."""

from __future__ import annotations

import hashlib
import json
import struct

import pytest
from sqlalchemy import select

from services.events.append import APPENDED
from services.ledger.tables import events, incidents, unsealed
from tests.services.events.record import AT_S, happen, happen_within, open_incident, something


def rows_of(ledger, incident_id):
    with ledger.read() as connection:
        return connection.execute(
            select(events).where(events.c.chain_id == incident_id).order_by(events.c.chain_number)
        ).all()


def hash_as_documented(row, previous: bytes) -> bytes:
    """The hash of an event, written down from the documentation alone."""
    values = [
        b"forestall event 1",
        previous,
        row.event_id.encode("utf-8"),
        row.chain_id.encode("utf-8"),
        struct.pack(">q", row.chain_number),
        row.type.encode("utf-8"),
        row.jurisdiction.encode("utf-8"),
        struct.pack(">d", row.at_s),
        row.data.encode("utf-8"),
    ]
    return hashlib.sha256(b"".join(struct.pack(">Q", len(one)) + one for one in values)).digest()


def test_each_event_s_hash_covers_its_columns_and_the_event_before(ledger):
    """Another program that knows only the documentation comes to the same hashes."""
    open_incident(ledger, "one")
    happen(ledger, "one", something(words="面对面劝阻"), something(at_s=AT_S + 0.123456))
    happen(ledger, "one", something("incident.closed", reason=None, kept=5e4))
    previous = bytes(32)
    for number, row in enumerate(rows_of(ledger, "one"), 1):
        assert row.chain_number == number
        assert bytes(row.previous_sha256) == previous
        previous = hash_as_documented(row, previous)
        assert bytes(row.sha256) == previous
    assert number == 3
    with ledger.read() as connection:
        owner = connection.execute(select(incidents)).one()
    assert (owner.event_count, bytes(owner.head_sha256)) == (3, previous)


def test_data_are_json_whose_members_are_in_one_order(ledger):
    """The same data are the same text, whoever wrote them."""
    open_incident(ledger, "one")
    happen(ledger, "one", something(b=1, a={"d": None, "c": "特危"}))
    happen(ledger, "one", something(a={"c": "特危", "d": None}, b=1))
    first, second = rows_of(ledger, "one")
    assert first.data == second.data
    assert json.loads(first.data) == {"a": {"c": "特危", "d": None}, "b": 1}


def test_what_is_not_committed_has_not_happened(ledger):
    """State and event are written together, or neither is; nobody is told of it."""
    told = []
    ledger.listen(APPENDED, lambda: told.append("told"))
    open_incident(ledger, "one")

    def lose_the_way(connection):
        happen_within(ledger, connection, "one", [something()])
        raise RuntimeError("the process loses its way")

    with pytest.raises(RuntimeError):
        ledger.transact(lose_the_way)
    assert rows_of(ledger, "one") == []
    with ledger.read() as connection:
        assert connection.execute(select(unsealed)).all() == []
        assert connection.scalar(select(incidents.c.event_count)) == 0
    assert told == []
    happen(ledger, "one", something(), something(), something())
    assert told == ["told"]


def test_nothing_new_changes_nothing(ledger):
    """An empty list of events leaves the chain as it is and wakes nobody."""
    told = []
    ledger.listen(APPENDED, lambda: told.append("told"))
    open_incident(ledger, "one")
    happen(ledger, "one")
    assert rows_of(ledger, "one") == []
    assert told == []
