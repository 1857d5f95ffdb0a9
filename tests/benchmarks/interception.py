"""Stopping a moving subject: published instances, to the proven optimum."""

from __future__ import annotations

import json
import time

from dispatch.interception.coverage import Coverage, best_coverage
from dispatch.interception.instances import read_instance
from tests.benchmarks.report import Row, in_words, median
from tests.benchmarks.worlds import DATA

PUBLISHED = {"winterswijk": (750, 745), "manhattan": (914, 867)}
"""Routes caught of 1,000 by the published evolutionary optimiser, best and mean of 10 runs of
100,000 evaluations each (van Droffelaar et al., Applied Network Science 2025)."""

OPTIMUM = {"winterswijk": 750, "manhattan": 934}
ROUNDS = 5
LIMIT_S = 2.0


def measure_instances() -> list[Row]:
    """Rows for the published instances; none where they are not on this machine."""
    return [row for city in PUBLISHED if (row := _instance(city)) is not None]


def _instance(city: str) -> Row | None:
    file = DATA / f"interception/fip_{city}.json"
    if not file.is_file():
        print(f"No instance at {file}: set FORESTALL_DATA to solve it.")
        return None
    document = json.loads(file.read_text(encoding="utf-8"))
    _solve(document)  # compiles the kernels where they were not
    times_ms = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = _solve(document)
        times_ms.append(1_000 * (time.perf_counter() - started))
    caught = int(found.caught.sum())
    best, mean = PUBLISHED[city]
    return Row(
        f"{city}: most of {len(found.caught):,} escape routes caught, columns included",
        f"{caught} {'proven' if found.proven else f'of at most {found.bound:.1%}'} "
        f"in {in_words(median(times_ms))}",
        beside=f"published: best {best}, mean {mean}",
        must=f"{OPTIMUM[city]} proven within {LIMIT_S:.0f} s",
        reached=found.proven and caught == OPTIMUM[city] and max(times_ms) <= 1_000 * LIMIT_S,
    )


def _solve(document: dict) -> Coverage:
    return best_coverage(read_instance(document).columns(), limit_s=LIMIT_S)
