"""Deadlines whose processes are killed: how late they fire."""

from __future__ import annotations

from services.ledger.database import open_ledger
from tests.benchmarks.report import Row, in_words, median, percentile_99
from tests.benchmarks.stores import STORES, new_store
from tests.services.incidents.killed_clocks import DEADLINES, late_s, let_expire

MOST_LATE_MS = 1_000.0


def measure_deadlines() -> list[Row]:
    rows = []
    for name in STORES:
        with new_store(name) as url:
            if url is None:
                continue
            ledger = open_ledger(url)
            kills = let_expire(ledger, url)
            late_ms = [1_000.0 * seconds for seconds in late_s(ledger)]
            ledger.close()
        p99_ms = percentile_99(late_ms)
        rows.append(
            Row(
                f"{len(late_ms):,} of {DEADLINES:,} deadlines fired, {kills} times a process was "
                f"killed, {name}",
                f"{in_words(median(late_ms))} late, p99 {in_words(p99_ms)}",
                must=f"p99 ≤ {in_words(MOST_LATE_MS)}",
                reached=p99_ms <= MOST_LATE_MS and len(late_ms) == DEADLINES,
            )
        )
    return rows
