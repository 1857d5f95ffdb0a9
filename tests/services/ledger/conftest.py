"""A ledger of each test's own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from services.ledger.database import Ledger


@pytest.fixture
def ledger(ledger_url):
    ledger = Ledger(ledger_url)
    yield ledger
    ledger.close()


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, sqlite_url):
    """A database without any table, once on each store."""
    if request.param == "sqlite":
        return sqlite_url
    return request.getfixturevalue("empty_postgres_url")
