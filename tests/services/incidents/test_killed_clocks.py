"""Two thousand deadlines, and processes that are killed at random while they fire them."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import select

from services.events.verify import verify
from services.ledger.tables import assignments, deadlines, events
from tests.services.incidents.killed_clocks import DEADLINES, IS_OFFER, late_s, let_expire

LEAST_KILLS = 2
"""Ten on a machine at leisure; where processes start slowly there is less to kill."""


def test_each_fires_once_whoever_is_killed(room, ledger_url):
    """Offers that nobody answers expire: each one once, with its event, and none too soon, while
    one of the processes is killed every second. How late they are is for `make bench`."""
    assert let_expire(room.ledger, ledger_url) >= LEAST_KILLS
    _each_once(room)
    assert min(late_s(room.ledger)) >= 0.0
    assert verify(room.ledger).flaws == ()


def _each_once(room) -> None:
    with room.ledger.read() as connection:
        expired = connection.scalars(
            select(events.c.data).where(events.c.type == "assignment.expired")
        ).all()
        states = connection.scalars(select(assignments.c.state)).all()
        fired = connection.execute(
            select(deadlines.c.pending, deadlines.c.fired_at_s, deadlines.c.cancelled_at_s).where(
                IS_OFFER
            )
        ).all()
    times = Counter(json.loads(data)["assignment"]["id"] for data in expired)
    assert len(times) == DEADLINES
    assert set(times.values()) == {1}, "an effect came twice"
    assert set(states) == {"expired"}
    assert len(fired) == DEADLINES
    assert all(not row.pending and row.fired_at_s for row in fired)
    assert not any(row.cancelled_at_s for row in fired)
