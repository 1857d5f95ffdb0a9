"""The two stores that a ledger can be kept in, and how each is connected to.

SQLite keeps a write-ahead log with ``synchronous=FULL``: an acknowledged write is on disk. Writers
take the write lock when they begin, so that a transaction never fails half-way because another one
was faster. PostgreSQL (15 or newer) is spoken to with psycopg 3.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from services.errors import LedgerError
from services.ledger.postgresql_connection import PostgresqlConnection

Dialect = Literal["sqlite", "postgresql"]

LOCK_WAIT_MS = 5_000
"""How long a transaction waits for another one that holds what it wants."""
PATIENT_LOCK_WAIT_MS = 60_000
"""The same for those that may take long, such as a process that finds another one migrating."""
STATEMENT_LIMIT_MS = 8_000
"""How long one statement may run on PostgreSQL before the server ends it; a little less than the
client waits for a server that does not answer at all."""
IDLE_LIMIT_MS = 60_000
"""How long a transaction may do nothing on PostgreSQL before the server ends it: a process that
stopped half-way must not hold an incident for ever."""
TURN_LOOK_S = (0.001, 0.003)
"""Shortest and longest pause before a SQLite file that another process writes is tried again."""
CONNECT_LIMIT_S = 3
"""How long a PostgreSQL server may take to answer a new connection; libpq's least is 2."""
UNACKNOWLEDGED_LIMIT_MS = 4_000
"""How long sent bytes may stay unacknowledged before a PostgreSQL server counts as gone."""
CONNECTIONS_KEPT = 8
CONNECTIONS_MORE = 24
CONNECTION_WAIT_S = 5.0
OLDEST_POSTGRESQL = 15
OLDEST_SQLITE = (3, 35)  # RETURNING
READS = "forestall_reads"
"""Execution option of connections that only read."""
PATIENCE_MS = "forestall_patience_ms"
"""Execution option of connections that wait longer or shorter for SQLite's write lock."""

REMEDY = "Write sqlite:///FILE or postgresql://USER@HOST/DATABASE."

_UNLIMITED = {
    "statement_timeout": 0,
    "idle_in_transaction_session_timeout": 0,
    "lock_timeout": PATIENT_LOCK_WAIT_MS,
}
_REPEATABLE_SQLSTATES = {"40001", "40P01"}  # serialization failure, deadlock


def parse(url: str) -> URL:
    """The URL with its driver spelled out. Raises LedgerError when no ledger can be kept there."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise LedgerError(f"The setting database_url is no address of a database. {REMEDY}") from (
            None
        )
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    elif parsed.drivername == "sqlite":
        parsed = parsed.set(drivername="sqlite+pysqlite")
    if parsed.drivername not in ("postgresql+psycopg", "sqlite+pysqlite"):
        raise LedgerError(
            f"The ledger cannot be kept in {parsed.drivername!r}: only in SQLite, or in "
            f"PostgreSQL with psycopg. {REMEDY}"
        )
    if parsed.drivername == "sqlite+pysqlite":
        if parsed.database in (None, "", ":memory:") or parsed.database.startswith("file:"):
            raise LedgerError("The ledger needs a file: a SQLite URL must name one by its path.")
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise LedgerError(
                f"This Python brings SQLite {sqlite3.sqlite_version}; the ledger needs "
                f"{'.'.join(map(str, OLDEST_SQLITE))} or newer."
            )
    return parsed


def shown(url: URL | str) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "in the setting database_url"


def make_engine(url: URL) -> Engine:
    """An engine for a URL that ``parse`` returned; nothing is connected to yet."""
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database))
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)  # SQLite gives its log the same rights
        engine = create_engine(
            url,
            pool_size=CONNECTIONS_KEPT,
            max_overflow=CONNECTIONS_MORE,
            pool_timeout=CONNECTION_WAIT_S,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        pool_size=CONNECTIONS_KEPT,
        max_overflow=CONNECTIONS_MORE,
        pool_timeout=CONNECTION_WAIT_S,
        pool_pre_ping=True,
        connect_args=_postgresql_arguments(url),
    )
    event.listen(engine, "do_connect", _connect_postgresql)
    return engine


def has_tables(url: URL) -> bool:
    """Whether a ledger was ever opened at a URL that ``parse`` returned; nothing is made there."""
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database))
        return file.is_file() and file.stat().st_size > 0
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return inspect(connection).has_table("events")
    finally:
        engine.dispose()


def check_version(connection: Connection) -> None:
    """Raises LedgerError when the server is older than what the ledger is tested with."""
    if connection.dialect.name != "postgresql":
        return
    version = connection.dialect.server_version_info or (0,)
    if version[0] < OLDEST_POSTGRESQL:
        raise LedgerError(
            f"The server is PostgreSQL {version[0]}; the ledger needs {OLDEST_POSTGRESQL} or newer."
        )


@contextmanager
def without_limits(connection: Connection) -> Iterator[None]:
    """Within the block statements on PostgreSQL may take as long as they need, and wait longer for
    whoever holds what they want. The block must begin within a transaction and end before it."""
    if connection.dialect.name != "postgresql":
        yield
        return
    for name, limit in _UNLIMITED.items():
        connection.exec_driver_sql(f"SET LOCAL {name} = {limit}")
    driver = connection.connection.driver_connection
    before_s, driver.answer_limit_s = driver.answer_limit_s, None
    try:
        yield
    finally:
        driver.answer_limit_s = before_s


def reason(error: BaseException) -> str:
    """What went wrong, on one line, without the statement and its values."""
    original = getattr(error, "orig", None) or error
    said = getattr(getattr(original, "diag", None), "message_primary", None) or str(original)
    return " ".join(said.split()) or type(original).__name__


def worth_repeating(error: BaseException | None) -> bool:
    """Whether a transaction failed only because of others at the same time: nothing of it was
    done, and it may well succeed when it is run again."""
    if not isinstance(error, DBAPIError):
        return False
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return _busy(original)
    return getattr(original, "sqlstate", None) in _REPEATABLE_SQLSTATES


def _postgresql_arguments(url: URL) -> dict[str, object]:
    """What is asked of every connection, unless the URL says otherwise."""
    options = {
        "lock_timeout": LOCK_WAIT_MS,
        "statement_timeout": STATEMENT_LIMIT_MS,
        "idle_in_transaction_session_timeout": IDLE_LIMIT_MS,
    }
    arguments: dict[str, object] = {
        "application_name": "forestall",
        "connect_timeout": CONNECT_LIMIT_S,
        "tcp_user_timeout": UNACKNOWLEDGED_LIMIT_MS,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
    }
    said = {name: value for name, value in arguments.items() if name not in url.query}
    if "options" in url.query:  # both: what the URL says comes last and counts
        said["options"] = f"{arguments['options']} {url.query['options']}"
    return said


def _connect_postgresql(
    dialect: object, record: object, arguments: tuple[str, ...], named: dict[str, object]
) -> PostgresqlConnection:
    return PostgresqlConnection.connect(*arguments, **named)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says
    connection.execute(f"PRAGMA busy_timeout={LOCK_WAIT_MS}")
    _write_ahead(connection)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # so that REPLACE cannot take away what may not be deleted
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Has the file keep a write-ahead log. While several processes ask for that at once on a new
    file, SQLite turns all but one away without waiting."""
    give_up_at_s = time.monotonic() + LOCK_WAIT_MS / 1000
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            if not _busy(error) or time.monotonic() > give_up_at_s:
                raise
            time.sleep(random.uniform(*TURN_LOOK_S))
    if mode != "wal":
        raise LedgerError(
            "SQLite cannot keep a write-ahead log there: put the data folder on a local disk, or "
            "use PostgreSQL."
        )


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(READS) == "snapshot":
        connection.exec_driver_sql("BEGIN")
    elif READS not in options:
        _begin_writing(connection, options.get(PATIENCE_MS, LOCK_WAIT_MS))


def _begin_writing(connection: Connection, patience_ms: int) -> None:
    """Take SQLite's write lock, waiting for the writers of other processes.

    SQLite itself looks less and less often, ten times a second in the end. Of eight processes that
    wrote all the time one waited like that for more than 5 s, while the others took turns. Looking
    at a steady pace, each of them has the same chance at every turn.
    """
    driver = connection.connection.driver_connection
    give_up_at_s = time.monotonic() + patience_ms / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < give_up_at_s:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if not _busy(error):
                    break
            time.sleep(random.uniform(*TURN_LOOK_S))
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, with the error told as usual
    finally:
        driver.execute(f"PRAGMA busy_timeout={LOCK_WAIT_MS}")


def _busy(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_BUSY
