"""Transactions: all or nothing, begun again where that helps, and told about afterwards."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from services import time_source
from services.errors import LedgerError
from services.ledger.database import TRIES, Ledger
from services.ledger.statements import lock_rows
from services.ledger.tables import incidents, revisions
from tests.services.ledger import rows


def open_incidents(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return connection.scalar(select(func.count()).select_from(incidents))


def test_the_ledger_says_which_store_it_is_kept_in(ledger, ledger_url):
    """The word that SQLAlchemy uses too."""
    assert ledger.dialect == ledger_url.split(":")[0].split("+")[0]


def test_what_fails_half_way_has_not_happened(ledger):
    """An error in the block undoes what was done before it, and comes out as it is."""

    def fail(connection):
        connection.execute(insert(incidents).values(rows.incident()))
        raise ValueError("thought better of it")

    with pytest.raises(ValueError, match="better"):
        ledger.transact(fail)
    assert open_incidents(ledger) == 0


def test_what_was_done_twice_is_told_as_it_is(ledger):
    """A broken constraint is the caller's to decide about; it is not a database that is away."""
    row = rows.incident()

    def open_twice(connection):
        connection.execute(insert(incidents).values(row))
        connection.execute(insert(incidents).values(rows.incident(victim_ref=row["victim_ref"])))

    with pytest.raises(IntegrityError):
        ledger.transact(open_twice)
    assert open_incidents(ledger) == 0


def test_a_statement_that_makes_no_sense_is_told_in_one_line(ledger):
    """Without the statement, its values and addresses of web pages."""
    with pytest.raises(LedgerError) as told, ledger.read() as connection:
        connection.execute(text("SELECT secret FROM nowhere"))
    assert "nowhere" in str(told.value)
    assert "\n" not in str(told.value)
    assert "SELECT" not in str(told.value)
    assert "http" not in str(told.value)


def test_a_listener_is_called_once_and_only_after_the_commit(ledger):
    """It sees what was written; the name may be noted as often as one likes."""
    seen = []
    ledger.listen("events", lambda: seen.append(open_incidents(ledger)))
    ledger.listen("other", lambda: seen.append("never"))

    def work(connection):
        connection.execute(insert(incidents).values(rows.incident()))
        ledger.after_commit(connection, "events")
        ledger.after_commit(connection, "events")
        assert seen == []

    ledger.transact(work)
    assert seen == [1]


def test_a_listener_hears_nothing_of_what_was_undone(ledger):
    """Not of an error in the block."""
    heard = []
    ledger.listen("events", lambda: heard.append(1))

    def fail(connection):
        ledger.after_commit(connection, "events")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        ledger.transact(fail)
    assert heard == []


def test_a_listener_that_fails_spoils_nothing(ledger, caplog):
    """The transaction is done, the next listener is called, and the log says what was wrong."""
    heard = []

    def fail():
        raise RuntimeError("broken listener")

    ledger.listen("events", fail)
    stop = ledger.listen("events", lambda: heard.append(1))
    ledger.transact(lambda connection: ledger.after_commit(connection, "events"))
    assert heard == [1]
    assert "broken listener" in caplog.text
    stop()
    stop()
    ledger.transact(lambda connection: ledger.after_commit(connection, "events"))
    assert heard == [1]


def test_nothing_can_be_noted_where_nothing_is_committed(ledger):
    """A mistake in the program is told to its author."""
    with ledger.read() as connection, pytest.raises(ValueError, match="only reads"):
        ledger.after_commit(connection, "events")


def test_a_snapshot_sees_one_moment(ledger):
    """What is written meanwhile is not in it; a plain read sees it, and no writer waits."""
    with ledger.snapshot() as connection:
        count = select(func.count()).select_from(incidents)
        assert connection.scalar(count) == 0
        ledger.transact(lambda writing: writing.execute(insert(incidents).values(rows.incident())))
        assert connection.scalar(count) == 0
        assert open_incidents(ledger) == 1
    with ledger.snapshot() as connection:
        assert connection.scalar(count) == 1


def test_a_snapshot_can_be_streamed(ledger):
    """A thousand rows come in parts, through a cursor of the server's on PostgreSQL."""
    ledger.transact(
        lambda connection: connection.execute(
            insert(incidents), [rows.incident() for _ in range(1_000)]
        )
    )
    with ledger.snapshot() as connection:
        streamed = connection.execution_options(yield_per=100).execute(select(incidents))
        assert sum(1 for _ in streamed) == 1_000


def test_the_time_is_the_same_for_all_processes(ledger):
    """The server's on PostgreSQL; either way as a rehearsal tells it."""
    with time_source.time_to_ourselves():
        time_source.move_on(86_400.0)
        with ledger.read() as connection:
            told_s = ledger.time_s(connection)
        assert abs(told_s - (time.time() + 86_400.0)) < 60.0


def test_a_new_subject_has_a_revision_from_its_first_change_on(ledger):
    """Raising what was never raised before makes it."""
    assert "weather" not in ledger.revisions()
    assert ledger.transact(lambda connection: ledger.raise_revision(connection, "weather")) == 1
    assert ledger.transact(lambda connection: ledger.raise_revision(connection, "weather")) == 2
    assert ledger.revisions()["weather"] == 2


def test_two_that_lock_each_other_out_both_get_through(postgres_ledger):
    """PostgreSQL ends one of two transactions that wait for each other; it is run again."""
    ledger = postgres_ledger
    first, second = rows.incident(), rows.incident()
    ledger.transact(lambda connection: connection.execute(insert(incidents), [first, second]))
    both_hold_one = threading.Barrier(2)
    runs, problems = [], []

    def work_on(*order: str):
        def work(connection):
            runs.append(order)
            for number, incident_id in enumerate(order):
                connection.execute(
                    lock_rows(select(incidents).where(incidents.c.incident_id == incident_id))
                )
                if number == 0 and len(runs) <= 2:
                    both_hold_one.wait(10)
            connection.execute(update(incidents).values(version=incidents.c.version + 1))

        try:
            ledger.transact(work)
        except Exception as problem:
            problems.append(problem)

    ids = (first["incident_id"], second["incident_id"])
    threads = [threading.Thread(target=work_on, args=order) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(runs) == 3
    with ledger.read() as connection:
        assert connection.scalars(select(incidents.c.version)).all() == [3, 3]


def test_what_cannot_be_serialized_is_tried_again_a_few_times(postgres_ledger):
    """After the last try the caller is told; each try begins from nothing."""
    ledger = postgres_ledger
    tries = []

    def never_works(connection):
        tries.append(connection.scalar(select(func.count()).select_from(incidents)))
        connection.execute(insert(incidents).values(rows.incident()))
        connection.execute(
            text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
        )

    with pytest.raises(LedgerError, match="again"):
        ledger.transact(never_works)
    assert tries == [0] * TRIES


def test_a_busy_file_is_tried_again(sqlite_url, monkeypatch):
    """Another process holds the file for longer than SQLite waits, but not for ever."""
    monkeypatch.setattr("services.ledger.stores.LOCK_WAIT_MS", 50)
    ledger, other = Ledger(sqlite_url), Ledger(sqlite_url)
    begun, waited = threading.Event(), []

    def hold(connection):
        ledger.raise_revision(connection, "held")
        begun.set()
        time.sleep(0.2)

    holder = threading.Thread(target=ledger.transact, args=(hold,))
    holder.start()
    begun.wait(5)
    with pytest.raises(LedgerError, match="locked"), other.write():
        pass  # 50 ms are not enough
    other.transact(lambda connection: waited.append(other.raise_revision(connection, "held")))
    holder.join()
    assert waited == [2]
    ledger.close()
    other.close()


def test_writers_of_one_process_take_turns(sqlite_url):
    """Forty writers at once on SQLite: nobody is turned away, nothing is lost."""
    ledger = Ledger(sqlite_url)

    def write():
        for _ in range(5):
            ledger.transact(lambda connection: ledger.raise_revision(connection, "count"))

    threads = [threading.Thread(target=write) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.revisions()["count"] == 200
    ledger.close()


def test_a_transaction_within_a_transaction_ends_in_a_sentence(sqlite_url, monkeypatch):
    """On SQLite the inner one would wait for the outer one for ever."""
    monkeypatch.setattr("services.ledger.database.LOCK_WAIT_MS", 50)
    ledger = Ledger(sqlite_url)
    with pytest.raises(LedgerError, match="busy"), ledger.write(), ledger.write():
        pass
    with ledger.write() as connection:  # and the turn was given back
        connection.execute(select(revisions))
    ledger.close()
