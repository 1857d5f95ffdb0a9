"""Whoever changes an incident, an alert, an assignment or a file of evidence by hand is found out.

The rows that are tampered with: an incident that an officer has settled, with two files of proof,
one of which was judged, and a neighbour who declined; and a second one, just opened.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    LargeBinary,
    Table,
    Text,
    cast,
    delete,
    insert,
    select,
    update,
)

from dispatch.incidents import evidence as proof
from dispatch.incidents.words import VisitOutcome
from services.events.checks import rows
from services.events.sealing import Sealer
from services.events.verify import verify
from services.evidence import records
from services.ids import new_id
from services.incidents.desk import ITSELF
from services.incidents.views import AssignmentView, IncidentView
from services.ledger.tables import alerts, assignments, evidence, incidents
from services.time_source import now_s
from tests.services.events.test_verify import let_everything_pass
from tests.services.incidents.room import Room, room_on

NAMES = {
    incidents: "incident",
    alerts: "alert",
    assignments: "assignment",
    evidence: "evidence",
}
HIDDEN = {
    incidents: {"event_count", "head_sha256"},  # the chain's own, checked with it
    alerts: set(),
    assignments: {"interception_id"},  # the database refuses two things that one is for
    evidence: set(),
}
SPELT_OTHERWISE = {
    "id", "incident_id", "jurisdiction", "district", "station", "village", "grid", "acknowledge_by",
    "evidence", "offered_eta_s", "distance_m", "places",
}  # fmt: skip
"""Members of the views with no member of the document of their name and form."""


def sends_proof(room: Room, assignment, film: int) -> str:
    """A file arrives, as the endpoint enters it."""
    evidence_id = new_id()

    def act(connection):
        def receive(case, one, policy, at_s):
            received = proof.receive(
                case, one, evidence_id, f"{film:064x}", 9_000, "video/mp4", policy, at_s
            )
            records.add(connection, case.incident.incident_id, received)

        room.desk.act_on_assignment(connection, assignment.assignment_id, ITSELF, receive, now_s())

    room.ledger.transact(act)
    return evidence_id


def judges(room: Room, incident_id: str, evidence_id: str) -> None:
    def act(connection):
        room.desk.act(
            connection,
            incident_id,
            ITSELF,
            lambda case, policy, at_s: proof.judge(case, evidence_id, True, "", policy, at_s),
            now_s(),
        )
        records.judge(connection, evidence_id, True)

    room.ledger.transact(act)


@pytest.fixture
def room(ledger_url):
    """The incidents above, sealed."""
    with room_on(ledger_url) as room:
        room.stands("MJ-1", "officer", "B")
        room.stands("WG-1", "grid_worker", "C")
        incident_id = room.opened("A", amount_yuan=50_000.0)
        room.staffs(incident_id)
        room.step(room.sent(incident_id, "WG-1"), "decline", "ill")
        officer = room.sent(incident_id, "MJ-1")
        room.step(officer, "accept")
        room.reports(officer, VisitOutcome.DISSUADED)
        first = sends_proof(room, officer, 1)
        sends_proof(room, officer, 2)
        judges(room, incident_id, first)
        room.opened("D")
        Sealer(room.ledger).seal()
        assert verify(room.ledger).holds
        yield room


def found_after(room: Room, *statements):
    """What is found after somebody with bad intent was at work."""
    with room.ledger.write() as connection:
        let_everything_pass(connection)
        for statement in statements:
            connection.execute(statement)
    return verify(room.ledger).flaws


def key_of(table: Table):
    (key,) = table.primary_key.columns
    return key


def raw(table: Table):
    """Every column as it is stored, the document as text."""
    return select(
        *(cast(one, Text).label(one.name) if isinstance(one.type, JSON) else one for one in table.c)
    ).order_by(key_of(table))


def rows_of(room: Room, table: Table) -> list[dict[str, Any]]:
    with room.ledger.read() as connection:
        return [dict(row._mapping) for row in connection.execute(raw(table))]


def other(value: Any, column) -> Any:
    """Another value of the column's kind."""
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, LargeBinary):
        return bytes([value[0] ^ 1]) + bytes(value[1:])
    if isinstance(value, str):
        return value[:-1] + ("x" if value[-1:] != "x" else "y")
    return 7 if value is None else value + 1


def test_no_value_of_a_row_can_be_changed_unnoticed(room):
    """Every column of every row, one at a time; the row is named, and put back the record holds."""
    tried = 0
    for table, what in NAMES.items():
        key = key_of(table)
        for row in rows_of(room, table):
            for column in table.c:
                if column.name in HIDDEN[table] or isinstance(column.type, JSON):
                    continue
                before = row[column.name]
                changed = other(before, column)
                now = changed if column is key else row[key.name]
                change = update(table).where(key == row[key.name]).values({column.name: changed})
                flaws = found_after(room, change)
                assert flaws, (what, column.name)
                if column is not key and column.name != "incident_id":
                    assert flaws[0].kind == "changed"
                    assert f"{what} {row[key.name]} " in flaws[0].sentence, (what, column.name)
                back = update(table).where(key == now).values({column.name: before})
                assert not found_after(room, back), (what, column.name)
                tried += 1
    assert tried == 2 * 11 + 2 * 5 + 2 * 10 + 2 * 9


def test_no_shown_member_of_a_document_can_be_changed_unnoticed(room):
    """The document is what is read; every member that is shown is as the last event tells."""
    tried = 0
    for table, view in ((incidents, IncidentView), (assignments, AssignmentView)):
        key = key_of(table)
        for row in rows_of(room, table):
            document = json.loads(row["document"])
            for name in view.__struct_fields__:
                stored = name
                if name not in document and f"{name}_s" in document:
                    stored = f"{name}_s"
                if name in SPELT_OTHERWISE or stored not in document:
                    assert name in SPELT_OTHERWISE, name
                    continue
                value = document[stored]
                changed = document | {stored: _another(value, stored)}
                change = update(table).where(key == row[key.name]).values(document=changed)
                flaws = found_after(room, change)
                assert [one.kind for one in flaws] == ["changed"], (table.name, name)
                assert f"{NAMES[table]} {row[key.name]} " in flaws[0].sentence
                tried += 1
            for broken in ({}, {"tier": "x"}, [1]):
                change = update(table).where(key == row[key.name]).values(document=broken)
                assert "its document" in found_after(room, change)[0].sentence
            back = update(table).where(key == row[key.name]).values(document=document)
            assert not found_after(room, back)
    assert tried > 80


def test_what_an_alert_said_cannot_be_changed_unnoticed(room):
    """Figures count alerts by tier and source; what the event of its coming tells is compared."""
    said = {
        "source": "bank",
        "tier": 1,
        "amount_yuan": 1.0,
        "money_state": "handed_over",
        "note": "never mind",
        "branch_id": "b-1",
        "places": [],
    }
    for row in rows_of(room, alerts):
        this, document = alerts.c.alert_id == row["alert_id"], json.loads(row["document"])
        for name, value in said.items():
            assert document[name] != value
            change = update(alerts).where(this).values(document=document | {name: value})
            flaws = found_after(room, change)
            assert {one.kind for one in flaws} == {"changed"}, name
            assert f"alert {row['alert_id']} " in flaws[0].sentence
        broken = update(alerts).where(this).values(document=[1])
        assert "its document" in found_after(room, broken)[0].sentence
        assert not found_after(room, update(alerts).where(this).values(document=document))


def _another(value: Any, name: str) -> Any:
    words = {"state": "released", "role": "community", "purpose": "follow_up", "source": "bank"}
    words |= {"outcome": "refused", "money_state": "in_vehicle", "closing_reason": "other"}
    if name in ("tier", "answer_tier"):
        return 1 if value != 1 else 2
    if name == "state" and value not in ("offered", "declined", "reported"):
        return "locating"
    if name in words:
        return words[name] if value != words[name] else None
    if name == "findings":
        return [*value, "slipped in"]
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "x"
    if value is None:
        return "x" if name == "replaces" else True if name == "evidence_in_time" else 7.0
    return value + 1


def test_no_row_can_be_removed_unnoticed(room):
    """It is named; put back, the record holds."""
    for table, what in NAMES.items():
        key = key_of(table)
        for row in rows_of(room, table):
            flaws = found_after(room, delete(table).where(key == row[key.name]))
            assert flaws[0].kind == "missing"
            assert row[key.name] in flaws[0].sentence
            if "document" in row:
                row["document"] = json.loads(row["document"])
            assert not found_after(room, insert(table).values(row)), what


def test_no_row_can_be_slipped_in_unnoticed(room):
    """A copy with another id, of an incident that there is or of one that there is not."""
    for table, what in NAMES.items():
        key = key_of(table)
        for row in rows_of(room, table):
            copy = row | {key.name: new_id()}
            if "document" in row:
                copy["document"] = json.loads(row["document"])
            copy |= {"live": False} if table is assignments else {}
            if table is incidents:
                copy |= {"event_count": 0, "head_sha256": bytes(32), "is_open": False}
            strays = [copy] if table is incidents else [copy, copy | {"incident_id": new_id()}]
            for stray in strays:
                flaws = found_after(room, insert(table).values(stray))
                assert [one.kind for one in flaws] == ["surplus"]
                assert f"{what} {copy[key.name]} " in flaws[0].sentence
                assert not found_after(room, delete(table).where(key == copy[key.name]))


def test_a_value_of_another_type_is_named_too(room):
    """SQLite takes anything; PostgreSQL refuses."""
    if room.ledger.dialect != "sqlite":
        pytest.skip("the server refuses values of another type")
    for table, values in (
        (incidents, {"tier": "urgent", "is_open": 2, "opened_at_s": "then"}),
        (assignments, {"live": 7, "state": 5.5}),
        (evidence, {"size_bytes": "much", "sha256": "0", "convincing": 2, "received_at_s": b"x"}),
    ):
        first = rows_of(room, table)[0]
        key = key_of(table)
        for name, value in values.items():
            change = f"UPDATE {table.name} SET {name} = ? WHERE {key.name} = ?"
            with room.ledger.write() as connection:
                let_everything_pass(connection)
                connection.exec_driver_sql(change, (value, first[key.name]))
            (flaw,) = verify(room.ledger).flaws
            assert first[key.name] in flaw.sentence, (table.name, name)
            with room.ledger.write() as connection:
                before = first[name]
                before = int(before) if isinstance(before, bool) else before
                connection.exec_driver_sql(change, (before, first[key.name]))
            assert verify(room.ledger).holds


def test_what_is_not_shown_disturbs_nobody(room):
    """A deadline that is set anew, or a note of who was asked, is no change that anybody is told
    of: the version stays, and the record holds."""
    incident_id = room.opened("E")
    before = room.case(incident_id).incident.version

    def quietly(case, policy, at_s):
        case.incident.more_community += 1

    room.act(incident_id, quietly)
    after = room.case(incident_id).incident
    assert (after.version, after.more_community) == (before, 1)
    assert verify(room.ledger).holds


def test_incidents_are_gone_through_some_at_a_time(room, monkeypatch):
    """What is in memory together does not grow with the record, and no flaw hides behind the end
    of a part."""
    monkeypatch.setattr(rows, "INCIDENTS_AT_ONCE", 2)
    for leg in "BCDEF":
        room.opened(leg)
    asked = []
    told = rows._told
    monkeypatch.setattr(
        rows, "_told", lambda connection, ids: asked.append(len(ids)) or told(connection, ids)
    )
    assert verify(room.ledger).holds
    assert asked == [2, 2, 2, 1]
    for row in rows_of(room, incidents):
        change = update(incidents).where(incidents.c.incident_id == row["incident_id"])
        flaws = found_after(room, change.values(tier=row["tier"] - 1))
        assert row["incident_id"] in flaws[0].sentence
        found_after(room, change.values(tier=row["tier"]))
