"""Request to a neighbour's offers: two services on this machine, each with its own ledger."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import select

from services.demo.server import running_service
from services.keys import make_key
from services.ledger.database import Ledger, open_ledger
from services.ledger.tables import events
from services.peers import registry
from tests.benchmarks.chasing import Dispatcher, reports
from tests.benchmarks.report import Row, in_words, median, percentile_99
from tests.benchmarks.worlds import generated_world, places

NODES = 250_000
UNITS = 300
"""Of each centre."""
CHASES = 12
MOST_MS = 1_000.0
ANSWERED_WITHIN_S = 30.0
LEAD, NEIGHBOUR = "500101", "500154"


def measure_federation() -> list[Row]:
    """One row: sightings of the lead, each answered with offers of a neighbour on the same map."""
    world = generated_world(NODES)
    network, _ = world.open()
    secret = None
    with tempfile.TemporaryDirectory(prefix="forestall-bench-") as name, ExitStack() as stack:
        sides = {}
        for code in (LEAD, NEIGHBOUR):
            folder = Path(name) / code
            folder.mkdir()
            url = f"sqlite:///{folder / 'ledger.sqlite3'}"
            ledger = open_ledger(url)
            stack.callback(ledger.close)
            key = make_key(ledger, "bench", jurisdictions=(code,)).text
            more = {"database_url": url, "requests_per_s": 0}
            address = stack.enter_context(running_service(world.folder, folder, 0, **more))
            sides[code] = (ledger, address, Dispatcher(address, key))
        for ours, theirs in ((LEAD, NEIGHBOUR), (NEIGHBOUR, LEAD)):
            ledger, address = sides[ours][0], sides[theirs][1]
            made = ledger.transact(
                lambda connection, ours=ours, theirs=theirs, address=address, secret=secret: (
                    registry.add(connection, ours, theirs, address, secret, time.time())
                )
            )
            secret = made.secrets[0].text
        seen_at = places(network, CHASES, seed=6).tolist()
        for number, (lon, lat) in enumerate(seen_at):
            for code, (_, _, dispatcher) in sides.items():
                seed = 4 if code == LEAD else 5
                units = places(network, UNITS, seed=seed, mode="police").tolist()
                dispatcher.ask("POST", "/v1/positions", {"positions": reports(units)})
            _chase(sides[LEAD][2], number, lon, lat)
        times_ms = _times_ms(sides[LEAD][0])
    typical_ms, worst_ms = median(times_ms), percentile_99(times_ms)
    return [
        Row(
            f"{world.name}: request to a neighbour's offers, two services, {UNITS} units each, "
            f"{len(times_ms)} requests",
            f"median {in_words(typical_ms)}, p99 {in_words(worst_ms)}",
            must="≤ 1 s",
            reached=len(times_ms) >= CHASES and worst_ms <= MOST_MS,
        )
    ]


def _chase(dispatcher: Dispatcher, number: int, lon: float, lat: float) -> None:
    """Open, wait for the neighbour's answer and the plan made with it, stand down."""
    body = {"description": f"bus {number}", "sighting": {"lon": lon, "lat": lat}}
    opened = dispatcher.ask("POST", "/v1/interceptions", body)
    path = f"/v1/interceptions/{opened['interception']['id']}"
    give_up_at_s = time.monotonic() + ANSWERED_WITHIN_S
    while True:
        now = dispatcher.ask("GET", path)["interception"]
        asked = now["centres"]
        if asked and all(one["awaited_until"] is None for one in asked):
            break
        if time.monotonic() > give_up_at_s:
            raise RuntimeError("the neighbour did not answer")
        time.sleep(0.05)
    dispatcher.ask("GET", f"{path}/plan")
    dispatcher.ask("DELETE", path)


def _times_ms(ledger: Ledger) -> list[float]:
    """From each request's event in the lead's ledger to that of its answer."""
    asked: dict[tuple[str, int], float] = {}
    times_ms = []
    with ledger.read() as connection:
        rows = connection.execute(
            select(events.c.chain_id, events.c.at_s, events.c.data)
            .where(events.c.type.in_(["interception.told", "interception.heard"]))
            .order_by(events.c.at_s)
        ).all()
    for row in rows:
        said = json.loads(row.data)
        mark = (row.chain_id, said["content"].get("round", 0))
        if said["message"] == "interception.requested":
            asked[mark] = row.at_s
        elif said["message"] == "interception.offered":
            times_ms.append(1_000 * (row.at_s - asked[mark]))
    return times_ms
