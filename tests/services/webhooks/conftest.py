"""A post office on each store, a receiver, and senders that look again soon."""

from __future__ import annotations

import pytest

from services.ledger.database import Ledger
from services.sending import sender
from services.time_source import time_to_ourselves
from tests.services.webhooks.post_office import PostOffice
from tests.services.webhooks.receiver import receiver


@pytest.fixture
def post_office(ledger_url, monkeypatch):
    """On SQLite and on PostgreSQL. Time may be moved on, and senders notice it at once."""
    monkeypatch.setattr(sender, "LOOK_EVERY_S", 0.02)
    ledger = Ledger(ledger_url)
    with time_to_ourselves():
        yield PostOffice(ledger)
    ledger.close()


@pytest.fixture
def inbox():
    with receiver() as server:
        yield server
