"""A ledger whose indexes do not guarantee what they should is not opened."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import IntegrityError

from services.errors import LedgerError
from services.ledger.database import Ledger
from services.ledger.tables import assignments, incidents
from tests.services.ledger import rows

RESPONDER = "one_live_assignment_per_responder"
VICTIM = "one_open_incident_per_victim"

WRONG = {
    "missing": (RESPONDER, "", "is missing"),
    "not unique": (
        RESPONDER,
        f"CREATE INDEX {RESPONDER} ON assignments (jurisdiction, responder_id) WHERE live",
        "is not unique",
    ),
    "another column": (
        RESPONDER,
        f"CREATE UNIQUE INDEX {RESPONDER} ON assignments (jurisdiction, assignment_id) WHERE live",
        r"is on \(jurisdiction, assignment_id\) instead of \(jurisdiction, responder_id\)",
    ),
    "one column more": (
        RESPONDER,
        f"CREATE UNIQUE INDEX {RESPONDER} ON assignments (jurisdiction, responder_id, incident_id)"
        " WHERE live",
        "instead of",
    ),
    "an expression": (
        RESPONDER,
        f"CREATE UNIQUE INDEX {RESPONDER} ON assignments (jurisdiction, lower(responder_id))"
        " WHERE live",
        "instead of",
    ),
    "no condition": (
        RESPONDER,
        f"CREATE UNIQUE INDEX {RESPONDER} ON assignments (jurisdiction, responder_id)",
        "holds for all rows instead of rows with 'live'",
    ),
    "another condition": (
        VICTIM,
        f"CREATE UNIQUE INDEX {VICTIM} ON incidents (centre, victim_ref)"
        " WHERE is_open AND tier > 2",
        "holds for rows with 'is_open and tier > 2' instead of rows with 'is_open'",
    ),
    "another table": (
        RESPONDER,
        f"CREATE UNIQUE INDEX {RESPONDER} ON branches (jurisdiction, branch_id)",
        "is on the table branches instead of assignments",
    ),
}


def run(url: str, *statements: str) -> None:
    """The statements, as an administrator types them."""
    ledger = Ledger(url)
    with ledger.write() as connection:
        for statement in statements:
            connection.execute(text(statement))
    ledger.close()


@pytest.mark.parametrize("what", WRONG)
def test_an_index_that_guarantees_nothing_is_named_with_the_remedy(ledger_url, what):
    """What is wrong, what could happen, and the statements that help: they really do."""
    name, instead, complaint = WRONG[what]
    run(ledger_url, f"DROP INDEX {name}", *([instead] if instead else []))
    with pytest.raises(LedgerError, match=complaint) as told:
        Ledger(ledger_url)
    message = str(told.value)
    assert name in message
    danger = "two open incidents" if name == VICTIM else "sent to two incidents at once"
    assert danger in message
    assert "\n" not in message
    remedy = message.split("run: ")[1].split("; ")
    assert len(remedy) == (2 if instead else 1)
    _without_looking(ledger_url, remedy)
    Ledger(ledger_url).close()


def test_an_index_that_does_not_compare_letter_by_letter(sqlite_url):
    """Two responders whose ids differ in case only are two."""
    run(
        sqlite_url,
        f"DROP INDEX {RESPONDER}",
        f"CREATE UNIQUE INDEX {RESPONDER} ON assignments "
        "(jurisdiction, responder_id COLLATE NOCASE) WHERE live",
    )
    with pytest.raises(LedgerError, match="letter by letter"):
        Ledger(sqlite_url)


def test_an_index_with_a_collation_for_which_different_ids_are_equal(empty_postgres_url):
    """The same on PostgreSQL, which has such collations since version 12."""
    run(
        empty_postgres_url,
        "CREATE COLLATION caseless (provider=icu, locale='und-u-ks-level2', deterministic=false)",
        f"DROP INDEX {RESPONDER}",
        f"CREATE UNIQUE INDEX {RESPONDER} ON assignments "
        "(jurisdiction, responder_id COLLATE caseless) WHERE live",
    )
    with pytest.raises(LedgerError, match="does not compare letter by letter"):
        Ledger(empty_postgres_url)


def test_an_index_that_was_never_finished(empty_postgres_url):
    """PostgreSQL leaves one behind when CREATE INDEX CONCURRENTLY fails; it guarantees nothing."""
    run(
        empty_postgres_url,
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{RESPONDER}'::regclass",
    )
    with pytest.raises(LedgerError, match="never finished"):
        Ledger(empty_postgres_url)


def test_the_same_index_written_in_other_words_is_good(ledger_url):
    """Spaces, quotes and brackets make no difference."""
    run(
        ledger_url,
        f"DROP INDEX {RESPONDER}",
        f'CREATE UNIQUE INDEX "{RESPONDER}"\n ON "assignments" ("jurisdiction",  "responder_id")\n'
        ' WHERE\n ("live")',
    )
    Ledger(ledger_url).close()


def _without_looking(url: str, statements: list[str]) -> None:
    """Run statements on a database that the ledger refuses to open."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("above", ["500101", "500101/longbao", "500102"])
def test_an_id_is_somebody_s_within_their_jurisdiction(ledger_url, above):
    """Namesakes of nested jurisdictions are two people; nobody is sent twice all the same."""
    ledger = Ledger(ledger_url)
    incident = rows.incident()
    below = rows.assignment(incident["incident_id"], "7", jurisdiction="500101/longbao/grid-2")
    with ledger.write() as connection:
        connection.execute(insert(incidents).values(incident))
        connection.execute(insert(assignments).values(below))
        other = rows.assignment(incident["incident_id"], "7", jurisdiction=above)
        connection.execute(insert(assignments).values(other))
    with pytest.raises(IntegrityError), ledger.write() as connection:
        connection.execute(insert(assignments).values(below | {"assignment_id": "another"}))
    ledger.close()
