"""Whoever changes, removes, moves or slips in a row of the record is found out.

The record that is tampered with: the chains ``a``, ``b`` and ``c`` under three seals, whose
positions are 1–5, 6–8 and 9–10; the last event of ``c`` is not sealed yet::

    seal 1    1 a1   2 b1   3 a2   4 b2   5 c1
    seal 2    6 a3   7 b3   8 c2
    seal 3    9 c3  10 a4
    unsealed        c4
"""

from __future__ import annotations

import pytest
from sqlalchemy import LargeBinary, String, Table, delete, insert, select, text, update

from services.errors import LedgerError
from services.events.append import GENESIS
from services.events.hashing import event_sha256
from services.events.sealing import Sealer
from services.events.verify import verify
from services.ids import new_id
from services.ledger.database import Ledger
from services.ledger.tables import events, incidents, seals, stream, unsealed
from tests.append_only import lift_append_only
from tests.services.events.record import AT_S, happen, open_incident, something

BATCHES = (("a", "b", "a", "b", "c"), ("a", "b", "c"), ("c", "a"))
TABLES = (events, stream, seals, unsealed)


@pytest.fixture
def record(ledger):
    """The record above."""
    for name in "abc":
        open_incident(ledger, name)
    sealer, at_s = Sealer(ledger), AT_S
    for batch in BATCHES:
        for name in batch:
            at_s += 1
            happen(ledger, name, something(at_s=at_s, text=f"{name} at {at_s}"))
        sealer.seal()
    happen(ledger, "c", something(at_s=at_s + 1))
    report = verify(ledger)
    assert report.holds
    assert (report.event_count, report.chain_count, report.seal_count) == (11, 3, 3)
    return ledger


def found_after(ledger, *statements):
    """Every flaw that is found after some statements of somebody with bad intent."""
    with ledger.write() as connection:
        let_everything_pass(connection)
        for statement in statements:
            connection.execute(statement)
    return verify(ledger).flaws


def let_everything_pass(connection) -> None:
    """Let the rest of the transaction write what the ledger refuses."""
    lift_append_only(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    connection.connection.driver_connection.commit()  # the switch works outside of transactions
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def event_at(chain: str, number: int):
    return (events.c.chain_id == chain) & (events.c.chain_number == number)


def place(position: int):
    return stream.c.position == position


def sealed(number: int):
    return seals.c.seal_number == number


def id_of(ledger, chain: str, number: int) -> str:
    with ledger.read() as connection:
        return connection.scalar(select(events.c.event_id).where(event_at(chain, number)))


def other(value, column):
    """Another value of the column's kind."""
    if isinstance(column.type, LargeBinary):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(column.type, String):
        return value[:-1] + ("x" if value[-1:] != "x" else "y")
    return value + 1_000_000


def test_no_value_of_any_row_can_be_changed_unnoticed(record):
    """Every column of every row of the record, one at a time; put back, the record holds."""
    tried = 0
    for table in TABLES:
        with record.read() as connection:
            rows = connection.execute(select(table)).all()
        (key,) = table.primary_key.columns
        for row in rows:
            for column in table.c:
                before = getattr(row, column.name)
                changed = other(bytes(before) if isinstance(before, memoryview) else before, column)
                now = changed if column is key else getattr(row, key.name)
                change = update(table).where(key == getattr(row, key.name))
                found = found_after(record, change.values({column.name: changed}))
                assert found, (table.name, row, column.name)
                back = update(table).where(key == now)
                assert not found_after(record, back.values({column.name: before}))
                tried += 1
    assert tried == 11 * 9 + 10 * 3 + 3 * 5 + 1


def test_no_row_can_be_removed_unnoticed(record):
    """Every row of the record, one at a time; put back, the record holds."""
    for table in TABLES:
        with record.read() as connection:
            rows = connection.execute(select(table)).all()
        (key,) = table.primary_key.columns
        for row in rows:
            gone = delete(table).where(key == getattr(row, key.name))
            assert found_after(record, gone), (table.name, row)
            assert not found_after(record, insert(table).values(row._asdict()))


@pytest.mark.parametrize("column", ["type", "jurisdiction", "at_s", "data"])
def test_the_event_that_was_changed_is_named(record, column):
    """By its incident and its number, whatever was changed about it."""
    value = AT_S - 1 if column == "at_s" else "anything else"
    flaws = found_after(record, update(events).where(event_at("b", 2)).values({column: value}))
    assert (flaws[0].kind, flaws[0].table, flaws[0].row) == ("changed", "events", "event 2 of b")
    assert "event 2 of b is changed" in flaws[0].sentence


def test_an_event_written_anew_with_a_hash_that_fits_is_named(record):
    """The hash of the row itself is right; the event after it, or the seal, knows another."""
    for chain, number in (("b", 1), ("b", 2), ("b", 3)):
        with record.read() as connection:
            row = connection.execute(select(events).where(event_at(chain, number))).one()
        anew = event_sha256(
            bytes(row.previous_sha256), row.event_id, chain, number, row.type, row.jurisdiction,
            row.at_s, '{"text":"nothing happened"}',
        )  # fmt: skip
        change = update(events).where(event_at(chain, number))
        flaws = found_after(record, change.values(data='{"text":"nothing happened"}', sha256=anew))
        assert (flaws[0].kind, flaws[0].table) == ("changed", "events")
        assert flaws[0].row == f"event {number} of {chain}"
        back = {"data": row.data, "sha256": row.sha256}
        assert not found_after(record, change.values(**back))


def test_the_event_that_is_missing_is_named(record):
    """In the middle of a chain, at its end (cut off), and a whole chain."""

    def missing(*which):
        flaws = found_after(record, *which)
        assert (flaws[0].kind, flaws[0].table) == ("missing", "events")
        return flaws[0].row

    assert missing(delete(unsealed), delete(events).where(event_at("c", 4))) == "event 4 of c"
    assert missing(delete(events).where(event_at("b", 2))) == "event 2 of b"
    assert missing(delete(events).where(events.c.chain_id == "a")) == "event 2 of b"
    assert missing(delete(events).where(events.c.chain_id == "b")) == "event 4 of c"
    assert missing(delete(events)) == "event 1 of a"


def test_a_chain_that_is_cut_off_consistently_shows_in_the_stream(record):
    """The incident's row was made to fit; the seal still knows the event."""
    with record.read() as connection:
        third = connection.execute(select(events).where(event_at("a", 3))).one()
    cut = id_of(record, "a", 4)
    flaws = found_after(
        record,
        delete(events).where(event_at("a", 4)),
        update(incidents)
        .where(incidents.c.incident_id == "a")
        .values(event_count=3, head_sha256=third.sha256),
    )
    assert (flaws[0].kind, flaws[0].row) == ("missing", f"event {cut}")
    assert "position 10" in flaws[0].sentence


def test_the_owner_of_a_chain_that_was_changed_is_named(record):
    """A count too large or too small, another head, and no owner at all."""
    owner = update(incidents).where(incidents.c.incident_id == "b")

    def first(statement):
        flaw = found_after(record, statement)[0]
        return flaw.kind, flaw.table, flaw.row

    assert first(owner.values(event_count=4)) == ("missing", "events", "event 4 of b")
    assert first(owner.values(event_count=2)) == ("surplus", "events", "event 3 of b")
    assert first(owner.values(event_count=3, head_sha256=GENESIS)) == ("changed", "incidents", "b")
    gone = delete(incidents).where(incidents.c.incident_id == "b")
    assert first(gone) == ("missing", "incidents", "incident b")


def swapped(table: Table, column: str, one, another) -> list:
    """Statements that exchange a column's value of two rows, by what they say of each other."""
    (one_key, one_value), (another_key, another_value) = one, another
    aside = "aside" if isinstance(one_value, str) else -7
    set_ = update(table)
    return [
        set_.where(one_key).values({column: aside}),
        set_.where(another_key).values({column: one_value}),
        set_.where(table.c[column] == aside).values({column: another_value}),
    ]


def test_events_that_changed_places_are_named(record):
    """Within a chain by their numbers; within the stream, under one seal or under two."""

    def first(statements):
        flaw = found_after(record, *statements)[0]
        return flaw.kind, flaw.table, flaw.row

    numbers = swapped(events, "chain_number", (event_at("b", 1), 1), (event_at("b", 3), 3))
    assert first(numbers) == ("reordered", "events", "event 1 of b")
    assert not found_after(record, *numbers)  # once more: as it was

    def places(one, another):
        ids = {}
        with record.read() as connection:
            for position in (one, another):
                ids[position] = connection.scalar(select(stream.c.event_id).where(place(position)))
        return swapped(stream, "event_id", (place(one), ids[one]), (place(another), ids[another]))

    assert first(places(1, 3)) == ("reordered", "stream", "position 1")  # a1 and a2
    places_back = places(1, 3)
    assert not found_after(record, *places_back)
    assert first(places(4, 5)) == ("reordered", "stream", "position 4")  # b2 and c1
    assert not found_after(record, *places(4, 5))
    assert first(places(2, 8))[0] in ("reordered", "changed")  # under two seals
    assert not found_after(record, *places(2, 8))


def test_an_event_that_was_slipped_in_is_named(record):
    """At the end of a chain, with a hash that fits; and as a chain of its own."""
    with record.read() as connection:
        last = connection.execute(select(events).where(event_at("a", 4))).one()
    made = {
        "event_id": new_id(),
        "chain_id": "a",
        "chain_number": 5,
        "type": "incident.closed",
        "jurisdiction": "500101",
        "at_s": AT_S,
        "data": "{}",
    }
    made["sha256"] = event_sha256(
        bytes(last.sha256), made["event_id"], "a", 5, made["type"], "500101", AT_S, "{}"
    )
    flaws = found_after(record, insert(events).values(**made, previous_sha256=last.sha256))
    assert (flaws[0].kind, flaws[0].row) == ("surplus", "event 5 of a")
    assert "one too many" in flaws[0].sentence
    made |= {"chain_id": "zz", "chain_number": 1, "event_id": new_id()}
    flaws = found_after(
        record,
        delete(events).where(event_at("a", 5)),
        insert(events).values(**made, previous_sha256=GENESIS),
    )
    assert (flaws[0].kind, flaws[0].row) == ("missing", "incident zz")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sealed_at_s", AT_S),
        ("last_position", 7),
        ("last_position", 9),
        ("last_position", 10**12),
        ("last_position", 5),
        ("previous_sha256", GENESIS),
        ("sha256", GENESIS),
    ],
)
def test_the_seal_that_was_changed_is_named(record, column, value):
    """Whatever was changed about it."""
    flaws = found_after(record, update(seals).where(sealed(2)).values({column: value}))
    assert (flaws[0].kind, flaws[0].table, flaws[0].row) == ("changed", "seals", "seal 2")


def test_the_seal_or_place_that_is_missing_or_too_many_is_named(record):
    """In the middle and at the end."""

    def first(*statements):
        flaw = found_after(record, *statements)[0]
        return flaw.kind, flaw.table, flaw.row

    with record.read() as connection:
        second, third = connection.execute(
            select(seals).where(seals.c.seal_number > 1).order_by(seals.c.seal_number)
        )
        sixth = connection.execute(select(stream).where(place(6))).one()
        ninth = connection.execute(select(stream).where(place(9))).one()
        tenth = connection.execute(select(stream).where(place(10))).one()
    assert first(delete(seals).where(sealed(2))) == ("missing", "seals", "seal 2")
    back = insert(seals).values(second._asdict())
    assert first(back, delete(seals).where(sealed(3))) == ("missing", "seals", "seal 3")
    back = insert(seals).values(third._asdict())
    # a3 has no place any more, and what comes after it in its chain has one
    assert first(back, delete(stream).where(place(6))) == ("missing", "stream", "event 3 of a")
    back = insert(stream).values(sixth._asdict())
    cut_off = [delete(stream).where(stream.c.position > 8), delete(seals).where(sealed(3))]
    assert first(back, *cut_off) == ("missing", "stream", "event 4 of a")
    waits = [{"event_id": one.event_id} for one in (ninth, tenth)]
    # Cut off and made to look as if it had never been sealed: this is as if it had not.
    assert not found_after(record, insert(unsealed).values(waits))
    Sealer(record).seal()
    extra = {"position": 12, "event_id": new_id(), "seal_number": 3}
    assert first(insert(stream).values(**extra)) == ("surplus", "stream", "position 12")


def test_a_place_that_says_another_seal_is_named(record):
    """The rows of the stream are under the seals that were made of them."""
    flaws = found_after(record, update(stream).where(place(8)).values(seal_number=3))
    assert (flaws[0].kind, flaws[0].table, flaws[0].row) == ("changed", "stream", "position 8")


def test_what_was_slipped_in_among_those_that_wait_is_named(record):
    """A sealed event that is to be sealed again, and one that is not there."""
    flaws = found_after(record, insert(unsealed).values(event_id=id_of(record, "a", 1)))
    assert (flaws[0].kind, flaws[0].table, flaws[0].row) == ("surplus", "unsealed", "event 1 of a")
    lost = new_id()
    flaws = found_after(
        record,
        delete(unsealed).where(unsealed.c.event_id == id_of(record, "a", 1)),
        insert(unsealed).values(event_id=lost),
    )
    assert (flaws[0].kind, flaws[0].row) == ("missing", f"event {lost}")


def test_a_record_written_anew_shows_against_a_seal_that_was_noted(record):
    """Cut off or made again from the beginning, consistently: only the noted seal tells."""
    noted = verify(record).last_seal
    assert noted.startswith("3:")
    assert verify(record, noted).holds
    Sealer(record).seal()
    assert verify(record, noted).holds, "the record goes on"
    wrong = f"3:{'0' * 64}"
    assert [flaw.row for flaw in verify(record, wrong).flaws] == ["seal 3"]
    assert verify(record, f"9:{'0' * 64}").flaws[0].kind == "missing"
    for nonsense in ("", "3", "3:", "x:y", "0:" + "0" * 64, "3:" + "0" * 63):
        with pytest.raises(LedgerError, match="NUMBER:HASH"):
            verify(record, nonsense)


def test_values_that_no_program_of_ours_writes_are_named_too(tmp_path):
    """SQLite takes words for numbers and bytes that are no text."""
    for index, (statement, row) in enumerate(
        [
            ("UPDATE events SET chain_number = 'two' WHERE chain_number = 2", None),
            (
                "UPDATE events SET data = CAST(x'7bff7d' AS TEXT) WHERE chain_number = 2",
                "event 2 of a",
            ),
            ("UPDATE seals SET last_position = 'three'", "1"),
            ("UPDATE stream SET position = x'00' WHERE position = 2", None),
            ("UPDATE incidents SET event_count = 'many'", "a"),
        ]
    ):
        ledger = Ledger(f"sqlite:///{tmp_path / f'{index}.sqlite3'}")
        open_incident(ledger, "a")
        happen(ledger, "a", something(), something(), something())
        Sealer(ledger).seal()
        flaws = found_after(ledger, text(statement))
        assert flaws[0].kind == "changed"
        assert row is None or flaws[0].row == row
        with ledger.read() as connection:
            assert connection.execute(text("SELECT 'text'")).scalar() == "text"
        ledger.close()


def test_an_empty_record_holds(ledger):
    """Nothing has happened yet."""
    report = verify(ledger)
    assert report.holds
    assert (report.event_count, report.last_seal) == (0, None)
