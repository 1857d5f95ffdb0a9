"""Whoever changes an interception, a unit's order or a plan by hand is found out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, LargeBinary, Text, cast, delete, select, update

from dispatch.interceptions import ending
from services.events.sealing import Sealer
from services.events.verify import verify
from services.ledger.tables import assignments, interception_plans, interceptions
from tests.services.events.test_verify import let_everything_pass
from tests.services.incidents.room import CENTRE

TABLES = (interceptions, assignments, interception_plans)
UNTOLD = {"event_count", "head_sha256", "incident_id"}
"""The chain's own, checked with it; and what the database refuses to have changed."""


@pytest.fixture
def written(chase):
    """Two cases: one that ended at the bridge, one that goes on."""
    chase.room.stands("MJ-1", "officer", "Y")
    first = chase.opens()
    chase.plans(first)
    chase.commits(first)
    post = chase.post(first, "MJ-1")
    for step in ("accept", "depart", "man"):
        chase.step(post, step)
    chase.act(first, ending.catch, post.checkpoint_id, "stopped")
    chase.room.picture.remove([(CENTRE, "MJ-1")])
    chase.room.stands("MJ-2", "officer", "Y")
    second = chase.opens()
    chase.plans(second)
    chase.commits(second)
    Sealer(chase.ledger).seal()
    assert verify(chase.ledger).holds
    return chase


def rows_of(chase, table) -> list[dict[str, Any]]:
    columns = [
        cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column
        for column in table.c
    ]
    with chase.ledger.read() as connection:
        return [dict(row._mapping) for row in connection.execute(select(*columns))]


def tampered(chase, statement) -> list[str]:
    """What is found after a statement that nobody should have run."""
    with chase.ledger.write() as connection:
        let_everything_pass(connection)
        connection.execute(statement)
    return [flaw.sentence for flaw in verify(chase.ledger).flaws]


def other(value: Any, column) -> Any:
    """Another value of the column's kind."""
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, LargeBinary):
        return bytes([value[0] ^ 1]) + bytes(value[1:])
    if isinstance(value, str):
        return value[:-1] + ("x" if value[-1:] != "x" else "y")
    return 7 if value is None else value + 1


def test_no_value_of_a_row_can_be_changed_unnoticed(written):
    """Every column of every row, one at a time; put back, the record holds."""
    tried = 0
    for table in TABLES:
        keys = list(table.primary_key.columns)
        for row in rows_of(written, table):
            for column in table.c:
                if column.name in UNTOLD or isinstance(column.type, JSON) or column in keys:
                    continue
                if column.foreign_keys:
                    continue
                here = [key == row[key.name] for key in keys]
                changed = other(row[column.name], column)
                found = tampered(written, update(table).where(*here).values({column.name: changed}))
                assert found, (table.name, column.name)
                back = update(table).where(*here).values({column.name: row[column.name]})
                assert not tampered(written, back), (table.name, column.name)
                tried += 1
    assert tried > 30


CHANGES = [
    (interceptions, lambda said: said["sought"].update(description="红色大巴")),
    (interceptions, lambda said: said["posts"][0].update(share=0.5)),
    (interceptions, lambda said: said["posts"].pop()),
    (interceptions, lambda said: said.update(ending_note="nothing happened")),
    (assignments, lambda said: said.update(checkpoint_id="toll_gate-1")),
    (interception_plans, lambda said: said.update(share=0.25)),
    (interception_plans, lambda said: said["posts"].pop()),
    (interception_plans, lambda said: said.clear()),
]
"""A table, and what somebody writes into the document of its first row."""


def test_no_document_can_be_changed_unnoticed(written):
    """What is read is what the events tell; put back, the record holds."""
    for table, change in CHANGES:
        row = rows_of(written, table)[0]
        here = [key == row[key.name] for key in table.primary_key.columns]
        before, said = json.loads(row["document"]), json.loads(row["document"])
        change(said)
        found = tampered(written, update(table).where(*here).values(document=said))
        assert len(found) == 1, (table.name, said)
        assert "is changed" in found[0]
        assert not tampered(written, update(table).where(*here).values(document=before))


def test_a_plan_and_an_order_that_are_taken_away_are_missed(written):
    """The plans first, then the orders, which are looked at before them."""
    (sentence,) = tampered(written, delete(interception_plans))
    assert "plan 1 of" in sentence
    assert "missing" in sentence
    (sentence,) = tampered(written, delete(assignments))
    assert "assignment" in sentence
    assert "missing" in sentence
