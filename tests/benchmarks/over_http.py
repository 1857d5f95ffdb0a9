"""The running service under load, over real sockets on this machine."""

from __future__ import annotations

import http.client
import json
import queue
import tempfile
import threading
import time
from pathlib import Path

import msgspec
import numpy as np

from dispatch.crowd import Crowd
from geodata.metric import Metric
from services.demo.server import running_service
from services.keys import make_key
from services.ledger.database import open_ledger
from services.settings import Settings
from tests.benchmarks.report import Row, in_words, median, percentile_99
from tests.benchmarks.worlds import KINDS, World, places

RESPONDERS = 20_000
BATCH = 1_000
ROUNDS = 16
ROUND_S = 0.5
"""Time between two fixes of a responder, as far as their clocks say."""

QUESTIONS_A_SECOND = 50
POSITIONS_A_SECOND = 5_000
LOAD_S = 20
ASKERS = 16

JSON_TYPE, MSGPACK_TYPE = "application/json", "application/msgpack"


class Caller:
    """One kept-alive connection with a key."""

    def __init__(self, address: str, key: str) -> None:
        self._host = address.removeprefix("http://")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._connection = http.client.HTTPConnection(self._host, timeout=60)

    def post(self, path: str, body: bytes, content_type: str = JSON_TYPE) -> bytes:
        """The answer's body. Raises RuntimeError for any status but 200."""
        headers = self._headers | {"Content-Type": content_type}
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
        return content


class Traffic:
    """Bodies of position batches, made before the clock runs."""

    def __init__(self, world: World, seed: int) -> None:
        network, _ = world.open()
        rng = np.random.default_rng(seed)
        self._crowds = [
            (kind, Crowd(Metric.base(network, mode), RESPONDERS // len(KINDS), rng))
            for kind, mode in KINDS
        ]

    def round(self, fixed_at_s: float, encode) -> list[bytes]:
        """Everybody once, in batches."""
        positions = []
        for kind, crowd in self._crowds:
            crowd.step(ROUND_S)
            lon, lat = crowd.places()
            positions += [
                {"id": f"{kind}{k}", "kind": kind, "lon": x, "lat": y, "fixed_at": fixed_at_s}
                for k, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True))
            ]
        return [
            encode({"positions": positions[first : first + BATCH], "jurisdiction": "500101"})
            for first in range(0, len(positions), BATCH)
        ]


def measure(world: World) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="forestall-bench-") as folder:
        data_dir = Path(folder)
        key = make_key(open_ledger(Settings(data_dir=data_dir).ledger_url), "bench").text
        with running_service(world.folder, data_dir, 0) as address:
            traffic = Traffic(world, seed=6)
            rows = [
                _positions(world, address, key, traffic, msgspec.json.encode, JSON_TYPE, "JSON"),
                _positions(
                    world, address, key, traffic, msgspec.msgpack.encode, MSGPACK_TYPE, "msgpack"
                ),
            ]
            return [*rows, _questions_under_load(world, address, key, traffic)]


def _positions(world, address, key, traffic, encode, content_type, name) -> Row:
    caller = Caller(address, key)
    start_s = time.time()
    for body in traffic.round(start_s - ROUND_S, encode):  # newcomers are slower: not measured
        caller.post("/v1/positions", body, content_type)
    bodies = [body for k in range(ROUNDS) for body in traffic.round(start_s + k * ROUND_S, encode)]
    seconds = []
    for body in bodies:
        started = time.perf_counter()
        caller.post("/v1/positions", body, content_type)
        seconds.append(time.perf_counter() - started)
    rate = len(bodies) * BATCH / sum(seconds)
    return Row(
        f"{world.name}: positions over HTTP ({name}, batches of {BATCH:,}) into Redis and picture",
        f"{rate:,.0f}/s, p99 of a batch {in_words(1000 * percentile_99(seconds))}",
        must="≥ 50,000/s",
        reached=rate >= 50_000,
    )


def _questions_under_load(world: World, address: str, key: str, traffic: Traffic) -> Row:
    network, _ = world.open()
    victims = places(network, QUESTIONS_A_SECOND * LOAD_S, seed=7, mode="foot")
    questions = [
        json.dumps(
            {
                "place": {"lon": lon, "lat": lat},
                "wants": [{"kinds": [kind], "count": 5} for kind, _ in KINDS],
                "route": {"of": "best"},
            }
        ).encode()
        for lon, lat in victims.tolist()
    ]
    due: queue.Queue[tuple[float, bytes] | None] = queue.Queue()
    latencies_ms: list[float] = []
    errors: list[str] = []
    start_s = time.perf_counter() + 1.0

    def ask() -> None:
        caller = Caller(address, key)
        while (item := due.get()) is not None:
            at_s, body = item
            time.sleep(max(0.0, at_s - time.perf_counter()))
            try:
                caller.post("/v1/recommendations", body)
                latencies_ms.append((time.perf_counter() - at_s) * 1000)
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                errors.append(str(error))
                caller = Caller(address, key)

    def report() -> None:
        caller = Caller(address, key)
        batches: list[bytes] = []
        for k in range(LOAD_S * POSITIONS_A_SECOND // BATCH):
            if not batches:
                batches = traffic.round(time.time(), msgspec.json.encode)
            at_s = start_s + k * BATCH / POSITIONS_A_SECOND
            time.sleep(max(0.0, at_s - time.perf_counter()))
            try:
                caller.post("/v1/positions", batches.pop())
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                errors.append(str(error))
                caller = Caller(address, key)

    for k, body in enumerate(questions):
        due.put((start_s + k / QUESTIONS_A_SECOND, body))
    workers = [threading.Thread(target=ask) for _ in range(ASKERS)]
    for _ in workers:
        due.put(None)
    workers.append(threading.Thread(target=report))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    p99_ms = percentile_99(latencies_ms) if latencies_ms else float("inf")
    return Row(
        f"{world.name}: recommendations over HTTP, {QUESTIONS_A_SECOND}/s, "
        f"beside {POSITIONS_A_SECOND:,} positions/s",
        f"median {in_words(median(latencies_ms))}, p99 {in_words(p99_ms)}, {len(errors)} errors",
        must="p99 ≤ 50 ms, no errors",
        reached=p99_ms <= 50 and not errors,
    )
