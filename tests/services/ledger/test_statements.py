"""Statements mean the same on both stores."""

from __future__ import annotations

import threading

from sqlalchemy import insert, select, text, update

from services.ledger.statements import insert_into, lock_rows
from services.ledger.tables import assignments, branches, incidents
from tests.services.ledger import rows


def test_a_taken_responder_is_skipped_and_not_an_error(ledger):
    """ON CONFLICT on the partial index: nothing is inserted, and the row count tells."""
    first, second = rows.incident(), rows.incident()

    def offer(connection, incident, **values):
        statement = insert_into(connection, assignments).values(
            rows.assignment(incident["incident_id"], "officer-7", **values)
        )
        return connection.execute(
            statement.on_conflict_do_nothing(
                index_elements=["jurisdiction", "responder_id"], index_where=text("live")
            )
        ).rowcount

    with ledger.write() as connection:
        connection.execute(insert(incidents), [first, second])
        assert offer(connection, first) == 1
        assert offer(connection, second) == 0
        assert offer(connection, second, live=False) == 1
        connection.execute(update(assignments).values(live=False))
        assert offer(connection, second) == 1


def test_a_row_is_put_in_place_of_another(ledger):
    """ON CONFLICT DO UPDATE with what was to be inserted, many rows at once."""
    before = {"jurisdiction": "500101", "name": "old", "lon": 1.0, "lat": 1.0, "changed_at_s": 0.0}
    with ledger.write() as connection:
        statement = insert_into(connection, branches)
        statement = statement.on_conflict_do_update(
            index_elements=["jurisdiction", "branch_id"], set_={"name": statement.excluded.name}
        )
        connection.execute(statement, [before | {"branch_id": name} for name in "ab"])
        connection.execute(statement, [before | {"branch_id": "b", "name": "new"}])
        names = connection.execute(select(branches.c.branch_id, branches.c.name)).all()
    assert sorted(map(tuple, names)) == [("a", "old"), ("b", "new")]


def test_locked_rows_can_be_passed_over(postgres_ledger):
    """Whoever fires deadlines takes what nobody else has at hand."""
    first, second = rows.incident(), rows.incident()
    ledger = postgres_ledger
    ledger.transact(lambda connection: connection.execute(insert(incidents), [first, second]))
    wanted = select(incidents.c.incident_id)
    with ledger.write() as holding, ledger.write() as other:
        mine = wanted.where(incidents.c.incident_id == first["incident_id"])
        assert holding.scalars(lock_rows(mine)).all() == [first["incident_id"]]
        free = other.scalars(lock_rows(wanted, skip_locked=True)).all()
        assert free == [second["incident_id"]]


def test_a_locked_incident_can_still_be_referred_to(postgres_ledger):
    """Inserting what belongs to an incident does not wait for whoever works on it."""
    ledger, row, done = postgres_ledger, rows.incident(), threading.Event()
    ledger.transact(lambda connection: connection.execute(insert(incidents).values(row)))

    def refer():
        ledger.transact(
            lambda connection: connection.execute(
                insert(assignments).values(rows.assignment(row["incident_id"], "a"))
            )
        )
        done.set()

    with ledger.write() as holding:
        holding.execute(lock_rows(select(incidents)))
        thread = threading.Thread(target=refer)
        thread.start()
        assert done.wait(4.0)  # LOCK_WAIT_MS would end it after 5 s
    thread.join()
