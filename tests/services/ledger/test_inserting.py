"""An insert tells whether it inserted."""

from __future__ import annotations

from services.ledger.database import Ledger
from services.ledger.statements import insert_into
from services.ledger.tables import secrets


def test_an_insert_that_may_do_nothing_counts_what_it_wrote(ledger_url):
    """One row at first, none the second time, on both stores."""
    ledger = Ledger(ledger_url)
    row = {"name": "a", "value": b"x", "created_at_s": 1.0}
    with ledger.write() as connection:
        statement = insert_into(connection, secrets).values(row).on_conflict_do_nothing()
        counts = [connection.execute(statement).rowcount for _ in range(2)]
    ledger.close()
    assert counts == [1, 0]
