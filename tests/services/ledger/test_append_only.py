"""What happened cannot be changed by mistake."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from services.ledger.database import Ledger
from services.ledger.tables import TABLES
from tests.append_only import APPEND_ONLY, lift_append_only
from tests.services.ledger import rows


def with_history(ledger: Ledger) -> Ledger:
    """The ledger with one event, in the stream and sealed."""
    event = rows.event()
    seal = {"seal_number": 1, "sealed_at_s": 1.0, "last_position": 1}
    seal |= {"previous_sha256": bytes(32), "sha256": bytes(32)}
    with ledger.write() as connection:
        connection.execute(insert(TABLES["events"]).values(event))
        connection.execute(insert(TABLES["seals"]).values(seal))
        connection.execute(
            insert(TABLES["stream"]).values(position=1, event_id=event["event_id"], seal_number=1)
        )
    return ledger


@pytest.fixture
def history(ledger):
    return with_history(ledger)


@pytest.mark.parametrize("name", APPEND_ONLY)
@pytest.mark.parametrize("column", [0, -1])
def test_no_row_can_be_changed(history, name, column):
    """Not even to what it is already; the message names the table."""
    table = TABLES[name]
    changed = list(table.c)[column]
    with pytest.raises(IntegrityError, match=f"{name} is append-only"):
        history.transact(lambda c: c.execute(update(table).values({changed.name: changed})))


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_no_row_can_be_deleted(history, name):
    """Nor all of them."""
    with pytest.raises(IntegrityError, match=f"{name} is append-only"):
        history.transact(lambda connection: connection.execute(delete(TABLES[name])))


def test_no_table_can_be_emptied_at_once(postgres_ledger):
    """PostgreSQL's TRUNCATE passes row triggers by; CASCADE would take the stream along."""
    with pytest.raises(IntegrityError, match="append-only"):
        postgres_ledger.transact(lambda c: c.execute(text("TRUNCATE events CASCADE")))


def test_no_row_can_be_replaced(sqlite_url):
    """SQLite's REPLACE deletes without a DELETE."""
    history = with_history(Ledger(sqlite_url))
    replace = "REPLACE INTO seals SELECT seal_number, 9.0, 9, sha256, sha256 FROM seals"
    with pytest.raises(IntegrityError, match="append-only"):
        history.transact(lambda connection: connection.execute(text(replace)))
    history.close()


def test_the_tests_of_tampering_have_something_to_tamper_with(history):
    """Once the triggers are lifted, rows can be changed: the guard is against mistakes only."""

    def tamper(connection):
        lift_append_only(connection)
        return connection.execute(update(TABLES["events"]).values(data="{}")).rowcount

    assert history.transact(tamper) == 1


def test_everything_else_can_be_changed(history):
    """The triggers are on three tables only."""
    with history.write() as connection:
        for name, table in TABLES.items():
            if name not in APPEND_ONLY:
                connection.execute(delete(table).where(text("1 = 0")))
