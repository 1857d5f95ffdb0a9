"""A room behind the desk of interceptions for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.services.incidents.room import room_on
from tests.services.interceptions.chase_room import ChaseRoom


@pytest.fixture
def chase(ledger_url):
    with room_on(ledger_url) as room:
        yield ChaseRoom(room)
