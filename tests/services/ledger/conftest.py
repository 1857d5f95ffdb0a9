"""A ledger of each test's own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import socket

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


@pytest.fixture
def postgres_ledger(postgres_server, postgres_template):
    name = postgres_server.create_database(postgres_template)
    ledger = Ledger(postgres_server.url(name))
    yield ledger
    ledger.close()
    postgres_server.drop_database(name)


@pytest.fixture
def unused_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
