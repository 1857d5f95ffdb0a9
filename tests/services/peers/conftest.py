"""Centres on each store, and senders that look again soon."""

from __future__ import annotations

import pytest

from services.ledger.database import Ledger
from services.sending import sender
from services.time_source import time_to_ourselves
from tests.services.peers.centres import Centre
from tests.services.webhooks.receiver import receiver


@pytest.fixture
def centre(ledger_url, monkeypatch):
    """On SQLite and on PostgreSQL. Time may be moved on, and senders notice it at once."""
    monkeypatch.setattr(sender, "LOOK_EVERY_S", 0.02)
    ledger = Ledger(ledger_url)
    with time_to_ourselves():
        yield Centre(ledger)
    ledger.close()


@pytest.fixture
def inbox():
    with receiver() as server:
        yield server
