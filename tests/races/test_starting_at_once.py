"""Processes that start at the same moment find one ledger, made once."""

from __future__ import annotations

import random

from sqlalchemy import select

from services.incidents.desk import Desk
from services.ledger.database import Ledger
from services.ledger.shared_secrets import SharedSecrets
from services.ledger.tables import revisions
from tests.races.field import PROCESSES, race


def ask_for_a_secret(desk: Desk, chance: random.Random) -> bytes:
    """What this process is told, and a mark that it was there."""
    desk.ledger.transact(lambda connection: desk.ledger.raise_revision(connection, "keys"))
    return SharedSecrets(desk.ledger)("field tokens")


def test_eight_processes_start_on_an_empty_database(empty_url):
    """One of them makes the tables; all of them work with them, and share their secrets."""
    outcome = race(empty_url, ask_for_a_secret)
    assert len(outcome.said) == PROCESSES
    assert len(set(outcome.said)) == 1
    ledger = Ledger(empty_url)
    with ledger.read() as connection:
        marks = connection.scalar(select(revisions.c.revision).where(revisions.c.subject == "keys"))
    ledger.close()
    assert marks == PROCESSES
