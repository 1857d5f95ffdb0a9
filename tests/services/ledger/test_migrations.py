"""The steps make the tables of the code, from whatever state a database is in."""

from __future__ import annotations

import threading

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from services.errors import LedgerError
from services.keys import make_device, make_key
from services.ledger import migrations
from services.ledger.database import Ledger
from services.ledger.stores import make_engine, parse
from services.ledger.tables import METADATA, TABLES, api_keys, closures
from services.registry import Registration, Registry, register

INCIDENT = """INSERT INTO incidents (incident_id, centre, jurisdiction, victim_ref, state, is_open,
tier, answer_tier, opened_at_s, version, document, event_count, head_sha256)
VALUES ('i', 'c', 'c', 'v', 'responding', true, 3, 3, 1.0, 1, '{}', 0, '')"""
ASSIGNMENT = """INSERT INTO assignments (assignment_id, incident_id, jurisdiction, responder_id,
kind, purpose, state, live, offered_at_s, document)
VALUES ('a', 'i', 'c', 'officer', 'officer', 'visit', 'on_scene', true, 1.0, '{}')"""
EVIDENCE = """INSERT INTO evidence (evidence_id, incident_id, assignment_id, received_at_s,
media_type, size_bytes, sha256, location) VALUES ('e', 'i', 'a', 1.0, 'video/mp4', 1, '', 'here')"""
MADE_WITHOUT_STEPS = ("revisions", "api_keys", "devices", "responders", "closures")


def table_names(url: str) -> set[str]:
    engine = create_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def make_as_before_there_were_steps(url: str) -> None:
    """A database as the earlier version made it, with a row."""
    engine = create_engine(url)
    with engine.begin() as connection:
        METADATA.create_all(connection, [METADATA.tables[name] for name in MADE_WITHOUT_STEPS])
        connection.execute(
            insert(closures).values(
                jurisdiction="500101", closure_id="flood", document={}, changed_at_s=1.0
            )
        )
    engine.dispose()


def differences(url: str) -> list:
    """What an author of a step would have to write to get from the database to the code."""
    engine = create_engine(url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
    engine.dispose()
    return found


def test_the_steps_make_what_the_code_describes(empty_url):
    """Tables, columns, types, keys and indexes; a change to tables.py needs a step."""
    Ledger(empty_url).close()
    assert differences(empty_url) == []
    assert table_names(empty_url) == set(TABLES) | {migrations.VERSION_TABLE}


def test_a_difference_would_be_noticed(empty_url):
    """A column that only the database has, and an index that only the code has."""
    ledger = Ledger(empty_url)
    with ledger.write() as connection:
        connection.execute(text("ALTER TABLE branches ADD COLUMN colour VARCHAR(8)"))
        connection.execute(text("DROP INDEX open_incidents"))
    ledger.close()
    kinds = {found[0] for found in differences(empty_url)}
    assert kinds == {"remove_column", "add_index"}


def test_a_database_from_before_there_were_steps_is_taken_over(empty_url):
    """What was in it is in it afterwards, and it has the new tables."""
    make_as_before_there_were_steps(empty_url)
    ledger = Ledger(empty_url)
    with ledger.read() as connection:
        assert connection.scalar(select(closures.c.closure_id)) == "flood"
    make_key(ledger, "dispatch")
    make_device(ledger, "officer-7", "500101")
    register(ledger, [Registration("500101", "officer-7", "officer", "police", ())])
    assert len(Registry().updated(ledger)) == 1
    ledger.close()
    assert differences(empty_url) == []


def test_assignments_and_their_evidence_survive_the_step_that_makes_their_table_anew(empty_url):
    """A ledger of the version before interceptions, with a visit and its proof: up, down, up."""
    engine = make_engine(parse(empty_url))  # as the service connects: references are checked
    config = migrations._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(text(INCIDENT))
        connection.execute(text(ASSIGNMENT))
        connection.execute(text(EVIDENCE))
    for step in ("head", "0003", "head"):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            (command.downgrade if step == "0003" else command.upgrade)(config, step)
            assert connection.scalar(text("SELECT incident_id FROM assignments")) == "i"
            assert connection.scalar(text("SELECT assignment_id FROM evidence")) == "a"
    engine.dispose()
    ledger = Ledger(empty_url)
    assert differences(empty_url) == []
    again = text(ASSIGNMENT.replace("'a'", "'b'"))
    with pytest.raises(IntegrityError), ledger.write() as connection:
        connection.execute(again)
    ledger.close()


def test_the_steps_can_be_undone(empty_url):
    """Back to before the first one, and up again."""
    Ledger(empty_url).close()
    engine = create_engine(empty_url)
    config = migrations._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    assert table_names(empty_url) == {migrations.VERSION_TABLE}
    Ledger(empty_url).close()
    assert differences(empty_url) == []


def test_a_database_of_a_newer_version_is_refused(ledger_url):
    """In one sentence that says which version, and nothing is changed."""
    ledger = Ledger(ledger_url)
    with ledger.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ledger.close()
    with pytest.raises(LedgerError, match="newer version of Forestall") as told:
        Ledger(ledger_url)
    assert "\n" not in str(told.value)
    assert "'9999'" in str(told.value)
    assert "Start that version" in str(told.value)


def test_a_database_that_lost_its_version_is_refused(ledger_url):
    """Guessing which steps were done could destroy something."""
    ledger = Ledger(ledger_url)
    with ledger.write() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    ledger.close()
    with pytest.raises(LedgerError, match="Restore a complete copy"):
        Ledger(ledger_url)


def test_a_step_that_fails_leaves_nothing(empty_url):
    """All steps are one transaction, on SQLite too: the next start begins from the same state."""
    make_as_before_there_were_steps(empty_url)
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE stream (something_else INTEGER)"))
    engine.dispose()
    before = table_names(empty_url)
    with pytest.raises(LedgerError, match="stream"):
        Ledger(empty_url)
    assert table_names(empty_url) == before


def test_eight_that_start_at_once_on_an_empty_database_all_start(empty_url):
    """One makes the tables, the others wait for it; threads here, processes in tests/races."""
    together, problems = threading.Barrier(8), []

    def start():
        try:
            together.wait(10)
            ledger = Ledger(empty_url)
            make_key(ledger, "key of one process")
            ledger.close()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    ledger = Ledger(empty_url)
    with ledger.read() as connection:
        assert len(connection.execute(select(api_keys)).all()) == 8
    assert ledger.revisions()["keys"] == 8
    ledger.close()


def test_opening_what_is_up_to_date_waits_for_nobody(ledger_url):
    """A process can start while another one is in the middle of a transaction."""
    first = Ledger(ledger_url)
    with first.write() as connection:
        first.raise_revision(connection, "keys")
        second = Ledger(ledger_url)
        assert second.revisions()["keys"] == 0
        second.close()
    first.close()
