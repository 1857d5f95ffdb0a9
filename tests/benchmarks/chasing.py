"""Sighting in to plan out, over HTTP on a real socket of this machine."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from services.demo.server import running_service
from services.keys import make_key
from services.ledger.database import open_ledger
from tests.benchmarks.report import Row, in_words, median, percentile_99
from tests.benchmarks.worlds import World, generated_world, places

NODES = 250_000
UNITS = 300
CHASES = 20
SIGHTINGS = 5
"""Of each chase, after the first one."""
REPORT_EVERY_S = 20.0
BETWEEN_S = 0.5
"""Between the plan of one sighting and the next sighting."""
MEDIAN_MS, P99_MS = 500.0, 2_000.0


def measure_chasing() -> list[Row]:
    """One row: many chases on a generated country, one after another."""
    world = generated_world(NODES)
    with tempfile.TemporaryDirectory(prefix="forestall-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.sqlite3'}"
        key = make_key(open_ledger(url), "bench", jurisdictions=("500101",)).text
        more = {"database_url": url, "requests_per_s": 0}
        with running_service(world.folder, Path(folder), 0, **more) as address:
            times_ms, shares = _chase(world, Dispatcher(address, key))
    typical_ms, worst_ms = median(times_ms), percentile_99(times_ms)
    return [
        Row(
            f"{world.name}: sighting in to plan out over HTTP, {UNITS} units, 500 drives, 90 min, "
            f"{len(times_ms)} sightings",
            f"median {in_words(typical_ms)}, p99 {in_words(worst_ms)}, "
            f"median share caught {median(shares):.0%}",
            must="median ≤ 500 ms, p99 ≤ 2 s",
            reached=typical_ms <= MEDIAN_MS and worst_ms <= P99_MS,
        )
    ]


class Dispatcher:
    """One kept-alive connection with a key."""

    def __init__(self, address: str, key: str) -> None:
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        host = address.removeprefix("http://")
        self._connection = http.client.HTTPConnection(host, timeout=60)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
        return json.loads(content)


def _chase(world: World, dispatcher: Dispatcher) -> tuple[list[float], list[float]]:
    """(milliseconds from each sighting to its plan, share that each plan catches)."""
    network, _ = world.open()
    units = places(network, UNITS, seed=4, mode="police").tolist()
    seen_at = places(network, CHASES * (SIGHTINGS + 1), seed=3).tolist()
    times_ms, shares, reported_s = [], [], -REPORT_EVERY_S
    for chase in range(CHASES):
        lon, lat = seen_at.pop()
        body = {"description": f"bus {chase}", "sighting": {"lon": lon, "lat": lat}}
        opened = dispatcher.ask("POST", "/v1/interceptions", body)
        path = f"/v1/interceptions/{opened['interception']['id']}"
        dispatcher.ask("GET", f"{path}/plan")
        for _ in range(SIGHTINGS):
            if time.monotonic() > reported_s + REPORT_EVERY_S:
                reported_s = time.monotonic()
                dispatcher.ask("POST", "/v1/positions", {"positions": reports(units)})
            lon, lat = seen_at.pop()
            started = time.perf_counter()
            dispatcher.ask("POST", f"{path}/sightings", {"lon": lon, "lat": lat})
            plan = dispatcher.ask("GET", f"{path}/plan")
            times_ms.append(1_000 * (time.perf_counter() - started))
            if plan["outdated"] and not plan["no_plan_because"]:
                raise RuntimeError(f"plan {plan['number']} came, which is not the last one")
            shares.append(plan["share"])
            time.sleep(BETWEEN_S)
        dispatcher.ask("DELETE", path)
    return times_ms, shares


def reports(units: list[list[float]]) -> list[dict[str, Any]]:
    now_s = time.time()
    return [
        {"id": f"officer{number}", "kind": "officer", "lon": lon, "lat": lat, "fixed_at": now_s}
        for number, (lon, lat) in enumerate(units)
    ]
