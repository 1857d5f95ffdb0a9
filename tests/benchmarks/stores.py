"""The databases that the benchmark keeps ledgers in: durable ones, as in earnest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres_server import NOT_INSTALLED, PostgresServer, find_programs

STORES = ("SQLite", "PostgreSQL")


@contextmanager
def new_store(name: str) -> Iterator[str | None]:
    """URL of an empty database of this store; None, with a word, where it is not installed."""
    if name == "SQLite":
        with tempfile.TemporaryDirectory(prefix="forestall-bench-") as folder:
            yield f"sqlite:///{Path(folder) / 'ledger.sqlite3'}"
        return
    programs = find_programs()
    if programs is None:
        print(NOT_INSTALLED)
        yield None
        return
    with PostgresServer(programs, durable=True) as server:
        yield server.url(server.create_database())
