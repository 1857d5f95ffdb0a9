"""Whatever is wrong with a database, it is said in one sentence and soon."""

from __future__ import annotations

import socket
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from services.errors import LedgerError
from services.ledger import postgresql_connection, stores
from services.ledger.database import Ledger
from services.ledger.shared_secrets import SECRET_BYTES, SharedSecrets


def problem_with(url: str) -> str:
    with pytest.raises(LedgerError) as told:
        Ledger(url)
    message = str(told.value)
    assert "\n" not in message
    assert "sqlalche.me" not in message
    return message


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("nonsense", "no address of a database"),
        ("", "no address of a database"),
        ("mysql://root@localhost/x", "only in SQLite, or in PostgreSQL"),
        ("postgresql+asyncpg://localhost/x", "with psycopg"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:///file:x?mode=memory&uri=true", "needs a file"),
        ("sqlite:////proc/nowhere/ledger.sqlite3", "cannot be opened"),
        ("postgresql:///x?host=/nowhere", "cannot be opened"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(url, complaint):
    """The remedy is in the sentence."""
    assert complaint in problem_with(url)


def test_a_password_is_never_told(unused_port):
    """Not even when the server is not there."""
    message = problem_with(f"postgresql://forestall:letmein@127.0.0.1:{unused_port}/x")
    assert "letmein" not in message
    assert "127.0.0.1" in message
    assert "efused" in message


def test_a_plain_address_of_postgresql_is_spoken_to_with_psycopg_3(postgres_server):
    """postgresql:// and postgres:// as providers print them."""
    name = postgres_server.create_database()
    rest = postgres_server.url(name).partition("://")[2]
    for scheme in ("postgresql", "postgres"):
        ledger = Ledger(f"{scheme}://{rest}")
        assert ledger.dialect == "postgresql"
        ledger.close()


def test_a_server_that_is_too_old_is_refused(empty_postgres_url, monkeypatch):
    """With its version and the one that is needed; nothing is made in it."""
    monkeypatch.setattr(stores, "OLDEST_POSTGRESQL", 99)
    assert "the ledger needs 99 or newer" in problem_with(empty_postgres_url)


def test_a_database_that_does_not_exist_is_said(postgres_server):
    """The server's own words."""
    assert "does not exist" in problem_with(postgres_server.url("nowhere"))


def test_a_server_that_takes_connections_and_says_nothing_is_given_up(monkeypatch):
    """A listening socket with nobody behind it."""
    monkeypatch.setattr(stores, "CONNECT_LIMIT_S", 2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun_s = time.monotonic()
        problem_with(f"postgresql://forestall@127.0.0.1:{silent.getsockname()[1]}/x")
        assert time.monotonic() - begun_s < 30.0


def test_a_server_that_stands_still_is_given_up(postgres_server_alone, monkeypatch):
    """Statements under way and new ones end in a LedgerError; later all is well again."""
    monkeypatch.setattr(postgresql_connection.PostgresqlConnection, "answer_limit_s", 0.5)
    monkeypatch.setattr(stores, "CONNECT_LIMIT_S", 2)
    server = postgres_server_alone
    ledger = Ledger(server.url(server.create_database()))

    def work(connection):
        server.freeze()
        connection.execute(text("SELECT 1"))

    try:
        with pytest.raises(LedgerError, match="not answered for"):
            ledger.transact(work)
        with pytest.raises(LedgerError, match="does not answer"):
            ledger.revisions()
    finally:
        server.thaw()
    assert ledger.revisions()["keys"] == 0
    ledger.close()


def test_whoever_waits_too_long_for_a_row_is_told(postgres_ledger, monkeypatch):
    """The row stays with whoever holds it, and the other can come again."""
    begun, done = threading.Event(), threading.Event()

    def hold():
        with postgres_ledger.write() as connection:
            postgres_ledger.raise_revision(connection, "keys")
            begun.set()
            done.wait(30)

    def impatient(connection):
        connection.execute(text("SET LOCAL lock_timeout = 50"))
        postgres_ledger.raise_revision(connection, "keys")

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(10)
    try:
        with pytest.raises(LedgerError, match="lock timeout"):
            postgres_ledger.transact(impatient)
    finally:
        done.set()
        holder.join()
    assert postgres_ledger.revisions()["keys"] == 1


def test_limits_in_the_address_count(postgres_server, postgres_template):
    """An installation may set its own timeouts and name."""
    name = postgres_server.create_database(postgres_template)
    more = "&application_name=centre&options=-c%20statement_timeout%3D1234"
    ledger = Ledger(postgres_server.url(name) + more)
    with ledger.read() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "1234ms"
        assert connection.scalar(text("SHOW lock_timeout")) == "5s"
        assert connection.scalar(text("SHOW application_name")) == "centre"
    ledger.close()


def test_long_reads_have_no_limit(postgres_ledger):
    """A snapshot's statements may take longer than a request's; afterwards the limit is back."""
    with postgres_ledger.snapshot() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
    with postgres_ledger.write() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "8s"
        driver = connection.connection.driver_connection
        assert driver.answer_limit_s == postgresql_connection.ANSWER_LIMIT_S


def test_a_snapshot_on_postgresql_cannot_write(postgres_ledger):
    """A mistake in the program is told."""
    with pytest.raises(LedgerError, match="read-only"), postgres_ledger.snapshot() as connection:
        postgres_ledger.raise_revision(connection, "keys")


def test_the_folder_of_a_sqlite_file_is_made_for_this_user_only(tmp_path):
    """As the file itself."""
    file = tmp_path / "new" / "ledger.sqlite3"
    Ledger(f"sqlite:///{file}").close()
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600


def test_a_file_that_another_process_is_making_is_waited_for(tmp_path):
    """Before it has a write-ahead log, SQLite itself does not wait."""
    file = tmp_path / "ledger.sqlite3"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE half_made (x INTEGER)")
    finish = threading.Timer(0.2, other.execute, ["COMMIT"])
    finish.start()
    Ledger(f"sqlite:///{file}").close()
    finish.join()
    other.close()


def test_a_file_that_stays_locked_is_said(tmp_path, monkeypatch):
    """After the time that every lock is waited for."""
    monkeypatch.setattr(stores, "LOCK_WAIT_MS", 50)
    file = tmp_path / "ledger.sqlite3"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert "locked" in problem_with(f"sqlite:///{file}")
    other.close()


def test_a_secret_is_the_same_for_all_processes_and_for_ever(ledger_url):
    """Eight that ask at once at the first start are told the same 32 bytes."""
    ledgers = [Ledger(ledger_url) for _ in range(8)]
    together, told = threading.Barrier(8), []

    def ask(ledger):
        together.wait(10)
        told.append(SharedSecrets(ledger)("field tokens"))

    threads = [threading.Thread(target=ask, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 8
    assert len(set(told)) == 1
    assert len(told[0]) == SECRET_BYTES
    secrets = SharedSecrets(ledgers[0])
    assert secrets("something else") != told[0]
    assert secrets("field tokens") == secrets("field tokens") == told[0]
    for ledger in ledgers:
        ledger.close()
