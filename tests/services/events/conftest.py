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
def another(ledger_url, ledger):
    """The same ledger, as another process has it open."""
    ledger = Ledger(ledger_url)
    yield ledger
    ledger.close()
