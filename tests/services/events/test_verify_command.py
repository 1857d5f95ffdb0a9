"""``forestall ledger verify``: what a person at a terminal sees."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from services.cli import app
from services.errors import LedgerError
from services.events.sealing import Sealer
from services.ledger.database import Ledger
from services.ledger.tables import events
from tests.append_only import lift_append_only
from tests.services.events.record import happen, open_incident, something


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("FORESTALL_DATA_DIR", str(tmp_path))
    ledger = Ledger(f"sqlite:///{tmp_path / 'forestall.sqlite3'}")
    open_incident(ledger, "one")
    happen(ledger, "one", something(), something())
    yield ledger
    ledger.close()


def run(*arguments: str):
    return CliRunner().invoke(app, ["ledger", "verify", *arguments])


def test_a_record_that_holds_is_said_to_hold(ledger):
    """With its size, and the seal that is to be noted."""
    done = run()
    assert done.exit_code == 0
    assert "events: 2, chains: 1, seals: 0" in done.output
    Sealer(ledger).seal()
    done = run()
    assert "The record holds" in done.output
    seal = done.output.split("The last seal is ")[1].split(":")[0]
    assert seal == "1"
    noted = done.output.split("The last seal is ")[1].split(": note")[0]
    assert run("--noted", noted).exit_code == 0


def test_a_record_that_does_not_hold_ends_with_one_sentence_and_code_1(ledger):
    """The first row that is not as it was written is named."""
    Sealer(ledger).seal()
    with ledger.write() as connection:
        lift_append_only(connection)
        connection.execute(update(events).where(events.c.chain_number == 2).values(data="[]"))
    done = run()
    assert done.exit_code == 1
    assert "event 2 of one is changed" in " ".join(done.output.split())
    assert "The record holds" not in done.output


def test_a_seal_that_was_not_copied_right_is_told(ledger):
    """What cannot be a seal is refused in one sentence."""
    refused = run("--noted", "1:abc")
    assert isinstance(refused.exception, LedgerError)
    assert "NUMBER:HASH" in str(refused.exception)


def test_a_folder_without_a_record_holds_nothing_that_could_hold(tmp_path, monkeypatch):
    """Whoever verifies in the wrong folder must not be told that all is well, nor leave an empty
    record behind; the same goes for an export."""
    monkeypatch.setenv("FORESTALL_DATA_DIR", str(tmp_path / "elsewhere"))
    for words in (["ledger", "verify"], ["export", "-o", str(tmp_path / "files")]):
        refused = CliRunner().invoke(app, words)
        assert isinstance(refused.exception, LedgerError)
        assert "There is no ledger at" in str(refused.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_holds_no_record(empty_url, monkeypatch):
    """Also on a server."""
    monkeypatch.setenv("FORESTALL_DATABASE_URL", empty_url)
    assert "There is no ledger at" in str(run().exception)
    Ledger(empty_url).close()
    assert "events: 0" in run().output
