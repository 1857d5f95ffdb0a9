"""Opens the ledger and gives transactions on it."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar, cast

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from services import time_source
from services.errors import LedgerError
from services.ledger.guarantees import check_guarantees
from services.ledger.migrations import migrate
from services.ledger.statements import insert_into
from services.ledger.stores import (
    LOCK_WAIT_MS,
    READS,
    Dialect,
    check_version,
    has_tables,
    make_engine,
    parse,
    reason,
    shown,
    without_limits,
    worth_repeating,
)
from services.ledger.tables import revisions
from services.time_source import now_s

__all__ = ["Ledger", "now_s", "open_ledger", "open_written_ledger"]

log = logging.getLogger("forestall")

SUBJECTS = (
    "keys",
    "devices",
    "responders",
    "closures",
    "jurisdictions",
    "branches",
    "webhooks",
)
"""What processes keep in memory and must notice changes to."""

TRIES = 6
"""How often a transaction is run at most that fails only because of others at the same time."""
TRY_WITHIN_S = 4.0
"""After this long it is not begun again."""
FIRST_PAUSE_S = 0.01
"""Pause before the second try, doubled for each one after it; half of it is left to chance."""

_NOTES = "forestall_notes"

R = TypeVar("R")


class Ledger:
    """The database. Safe to share between threads; every method may touch the disk."""

    def __init__(self, url: str) -> None:
        """Open the database at a SQLAlchemy URL, and bring its tables up to date."""
        parsed = parse(url)
        self.dialect: Dialect = cast(Dialect, parsed.get_backend_name())
        self._listeners: dict[str, list[Callable[[], None]]] = defaultdict(list)
        # On SQLite writers of this process queue here, where waiting costs nothing; SQLite itself
        # would have them sleep and look again.
        self._turn = threading.Lock() if self.dialect == "sqlite" else None
        try:
            self._engine = make_engine(parsed)
            self._reading = self._engine
            if self.dialect == "postgresql":
                self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            self._open()
        except (SQLAlchemyError, OSError) as error:
            raise LedgerError(
                f"The database {shown(parsed)} cannot be opened: {reason(error)}"
            ) from error
        except LedgerError as error:
            raise LedgerError(f"The database {shown(parsed)} cannot be opened: {error}") from error

    def _open(self) -> None:
        try:
            with self._reading.connect() as connection:
                check_version(connection.execution_options(**{READS: "latest"}))
            migrate(self._engine)
            with self._reading.connect() as connection:
                check_guarantees(connection.execution_options(**{READS: "latest"}))
            if missing := set(SUBJECTS) - set(self.revisions()):
                with self.write() as connection:
                    connection.execute(
                        insert_into(connection, revisions).on_conflict_do_nothing(),
                        [{"subject": subject, "revision": 0} for subject in sorted(missing)],
                    )
        except BaseException:
            self._engine.dispose()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees what is committed; each statement sees the latest."""
        with self._translated(), self._reading.connect() as connection:
            yield connection.execution_options(**{READS: "latest"})

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose statements all see the same moment; it holds up no writer.

        For reading much: results can be streamed (``yield_per``), and a statement may take long.
        """
        with self._translated(), self._engine.connect() as connection:
            options: dict[str, object] = {READS: "snapshot"}
            if self.dialect == "postgresql":
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            connection = connection.execution_options(**options)
            with connection.begin(), without_limits(connection):
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it happens when the block ends, or nothing.

        Not to be nested. Commands use :meth:`transact`, which begins again where that helps.
        """
        notes: dict[str, None] = {}
        with self._translated(), self._my_turn(), self._engine.connect() as connection:
            connection = connection.execution_options(**{_NOTES: notes})
            with connection.begin():
                yield connection
        for name in notes:
            self._call_back(name)

    def transact(self, work: Callable[[Connection], R]) -> R:
        """What ``work`` returns, run in a transaction.

        Where it fails only because of others at the same time (a deadlock or a serialization
        failure on PostgreSQL, a busy file on SQLite) it is run again from the beginning, in a new
        transaction, so ``work`` must leave nothing behind but what it does on the connection.
        """
        pause_s = FIRST_PAUSE_S
        give_up_at_s = time.monotonic() + TRY_WITHIN_S
        for tries_left in reversed(range(TRIES)):
            try:
                with self.write() as connection:
                    return work(connection)
            except LedgerError as error:
                too_late = not tries_left or time.monotonic() > give_up_at_s
                if too_late or not worth_repeating(error.__cause__):
                    raise
            time.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s *= 2
        raise AssertionError("the last try either returns or raises")

    def time_s(self, connection: Connection) -> float:
        """Now, in UTC seconds since 1970, by the clock that all processes share: the server's on
        PostgreSQL, this machine's on SQLite."""
        if self.dialect == "sqlite":
            return now_s()
        moment = connection.scalar(select(func.extract("epoch", func.clock_timestamp())))
        return time_source.told_s(float(cast(float, moment)))

    def after_commit(self, connection: Connection, name: str) -> None:
        """Have the listeners of a name called once this transaction is committed; said several
        times in one transaction, they are called once."""
        notes = connection.get_execution_options().get(_NOTES)
        if notes is None:
            raise ValueError("Nothing is committed on a connection that only reads.")
        notes[name] = None

    def listen(self, name: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after each transaction of this process that noted the name.

        The callback runs in the thread that wrote, after the commit: it must be quick and safe to
        call from any thread. Returns a function that ends it.
        """
        self._listeners[name].append(callback)

        def stop() -> None:
            if callback in self._listeners[name]:
                self._listeners[name].remove(callback)

        return stop

    def revisions(self) -> dict[str, int]:
        """Revision of each subject; one that differs from the last look has changed since."""
        with self.read() as connection:
            rows = connection.execute(select(revisions.c.subject, revisions.c.revision))
            return {row.subject: row.revision for row in rows}

    def raise_revision(self, connection: Connection, subject: str) -> int:
        """New revision of a subject, within the transaction that changes it."""
        statement = (
            insert_into(connection, revisions)
            .values(subject=subject, revision=1)
            .on_conflict_do_update(
                index_elements=["subject"], set_={"revision": revisions.c.revision + 1}
            )
            .returning(revisions.c.revision)
        )
        return connection.execute(statement).scalar_one()

    def close(self) -> None:
        self._engine.dispose()

    def _call_back(self, name: str) -> None:
        for callback in tuple(self._listeners[name]):
            try:
                callback()
            except Exception:  # what is committed stays committed; the writer succeeded
                log.exception("a listener to %r failed", name)

    def _my_turn(self):
        return nullcontext() if self._turn is None else _held(self._turn)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise LedgerError(f"The database does not answer: {reason(error)}") from error


def open_ledger(url: str) -> Ledger:
    """The ledger at a SQLAlchemy URL. Raises LedgerError in one sentence."""
    return Ledger(url)


def open_written_ledger(url: str) -> Ledger:
    """The same for who only looks: LedgerError where there is no ledger yet, and none is made."""
    parsed = parse(url)
    try:
        there = has_tables(parsed)
    except (SQLAlchemyError, OSError) as error:
        raise LedgerError(
            f"The database {shown(parsed)} cannot be opened: {reason(error)}"
        ) from error
    if not there:
        raise LedgerError(
            f"There is no ledger at {shown(parsed)}: say where it is with the settings data_dir or "
            "database_url."
        )
    return open_ledger(url)


@contextmanager
def _held(turn: threading.Lock) -> Iterator[None]:
    if not turn.acquire(timeout=LOCK_WAIT_MS / 1000):
        raise LedgerError("The database is busy: other writers did not finish in time.")
    try:
        yield
    finally:
        turn.release()
