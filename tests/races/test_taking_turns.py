"""Processes that write all the time all get their turn."""

from __future__ import annotations

import random
import time

from services.incidents.desk import Desk
from services.ledger.database import Ledger
from services.ledger.stores import LOCK_WAIT_MS
from tests.races.field import PROCESSES, race

WRITES = 80


def write_all_the_time(desk: Desk, chance: random.Random) -> float:
    """Seconds that the longest of the transactions took."""
    longest_s = 0.0
    for _ in range(WRITES):
        begun_s = time.monotonic()
        desk.ledger.transact(lambda connection: desk.ledger.raise_revision(connection, "count"))
        longest_s = max(longest_s, time.monotonic() - begun_s)
    return longest_s


def test_nobody_waits_for_ever_where_eight_processes_write(ledger_url):
    """640 transactions on one row: each is done, and none comes near the limit of patience.

    On SQLite alone, which looks for its turn less and less often, one process of the eight waited
    for more than the limit of 5 s and failed.
    """
    outcome = race(ledger_url, write_all_the_time)
    assert max(outcome.said) < LOCK_WAIT_MS / 1000
    ledger = Ledger(ledger_url)
    assert ledger.revisions()["count"] == PROCESSES * WRITES
    ledger.close()
