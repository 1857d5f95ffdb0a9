"""Opens the ledger and gives transactions on it.

SQLite is used with a write-ahead log and ``synchronous=FULL``: an acknowledged write is on disk.
Writers take the write lock when they begin, so that a transaction never fails half-way because
another one was faster.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from services.errors import LedgerError
from services.ledger.tables import METADATA, revisions

LOCK_WAIT_MS = 5_000
SUBJECTS = ("keys", "devices", "responders", "closures", "jurisdictions", "branches")
"""What processes keep in memory and must notice changes to."""

_READS = "forestall_reads"


class Ledger:
    """The database. Safe to share between threads; every method may touch the disk."""

    def __init__(self, url: str) -> None:
        """Open the database at a SQLAlchemy URL and make the tables that are missing."""
        try:
            parsed = make_url(url)
            self._file = None
            if parsed.get_backend_name() == "sqlite":
                if parsed.database in (None, "", ":memory:"):
                    raise LedgerError("The ledger needs a file: a SQLite URL must name one.")
                self._file = Path(parsed.database)
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._file.touch(mode=0o600)  # SQLite gives its log the same rights
            self._engine = create_engine(parsed)
            if self._file is not None:
                event.listen(self._engine, "connect", _prepare_sqlite)
                event.listen(self._engine, "begin", _begin_sqlite)
            with self.write() as connection:
                METADATA.create_all(connection)
                known = set(connection.scalars(select(revisions.c.subject)))
                for subject in SUBJECTS:
                    if subject not in known:
                        connection.execute(insert(revisions).values(subject=subject, revision=0))
        except (ArgumentError, SQLAlchemyError, OSError) as error:
            raise LedgerError(f"The database {_shown(url)} cannot be opened: {error}") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees what is committed; it holds no lock."""
        with self._translated(), self._engine.connect() as connection:
            yield connection.execution_options(**{_READS: True})

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it happens when the block ends, or nothing."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    def revisions(self) -> dict[str, int]:
        """Revision of each subject; one that differs from the last look has changed since."""
        with self.read() as connection:
            rows = connection.execute(select(revisions.c.subject, revisions.c.revision))
            return {row.subject: row.revision for row in rows}

    def raise_revision(self, connection: Connection, subject: str) -> int:
        """New revision of a subject, within the transaction that changes it."""
        connection.execute(
            update(revisions)
            .where(revisions.c.subject == subject)
            .values(revision=revisions.c.revision + 1)
        )
        return connection.execute(
            select(revisions.c.revision).where(revisions.c.subject == subject)
        ).scalar_one()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise LedgerError(f"The database does not answer: {error}") from error


def open_ledger(url: str) -> Ledger:
    """The ledger at a SQLAlchemy URL. Raises LedgerError in one sentence."""
    return Ledger(url)


def now_s() -> float:
    """Now, in UTC seconds since 1970."""
    return time.time()


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says
    for pragma in (
        f"busy_timeout={LOCK_WAIT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get(_READS):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _shown(url: str) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "in the setting database_url"
