"""A room behind the desk for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.services.incidents.room import room_on


@pytest.fixture
def room(ledger_url):
    with room_on(ledger_url) as made:
        yield made
