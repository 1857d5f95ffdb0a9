"""Incidents under load: alerts in to offers out, replacing a refusal, commands a second."""

from __future__ import annotations

import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from dispatch.incidents import contacts, visits
from dispatch.incidents.case import Alert, Area
from dispatch.incidents.policy import Policies, default_policy
from dispatch.incidents.words import AssignmentState, Channel, ContactOutcome, Source, Tier
from dispatch.question import CandidatePlace
from services.demo.server import running_service
from services.ids import new_id
from services.incidents import store
from services.incidents.desk import ITSELF, Desk
from services.incidents.engaged import Engaged
from services.incidents.staffer import Staffer
from services.keys import make_key
from services.ledger.database import Ledger, now_s, open_ledger
from tests.benchmarks.over_http import Caller, Traffic
from tests.benchmarks.report import Row, in_words, median, percentile_99
from tests.benchmarks.stores import STORES, new_store
from tests.benchmarks.worlds import Roads, World, crowded_picture, places

ALERTS_A_SECOND = 20
POSITIONS_A_SECOND = 5_000
LOAD_S = 20
SENDERS = 8
ARRIVAL_LIMIT_S = 20.0
"""How long after the load is waited for the last offers."""

OPEN_INCIDENTS = 1_000
RESPONDERS = 20_000
REFUSALS = 200

WRITERS = 4
WRITING_S = 4.0


def measure(world: World) -> list[Row]:
    rows = []
    for name in STORES:
        with new_store(name) as url:
            if url is not None:
                rows.append(_alert_to_offer(world, name, url))
        with new_store(name) as url:
            if url is not None:
                rows += _at_the_desk(world, name, url)
    return rows


# ------------------------------------------------------------------------------ over real sockets


def _alert_to_offer(world: World, name: str, url: str) -> Row:
    """Alerts at a steady rate beside positions; an offer counts when the stream has told it."""
    key = make_key(open_ledger(url), "bench", jurisdictions=("500101",)).text
    with tempfile.TemporaryDirectory(prefix="forestall-bench-") as folder:
        more = {"database_url": url, "requests_per_s": 0}
        with running_service(world.folder, Path(folder), 0, **more) as address:
            traffic = Traffic(world, seed=6)
            caller = Caller(address, key)
            for body in traffic.round(time.time(), msgspec.json.encode):
                caller.post("/v1/positions", body)
            sent_at: dict[str, float] = {}
            offered_at: dict[str, float] = {}
            errors: list[str] = []
            stream = threading.Thread(
                target=_listen, args=(address, key, offered_at), name="stream", daemon=True
            )
            stream.start()
            _load(world, address, key, traffic, sent_at, errors)
            end_s = time.perf_counter() + ARRIVAL_LIMIT_S
            while len(offered_at) < len(sent_at) and time.perf_counter() < end_s:
                time.sleep(0.05)
    latencies_ms = [
        1000 * (offered_at[one] - at) for one, at in sent_at.items() if one in offered_at
    ]
    missing = len(sent_at) - len(latencies_ms)
    p99_ms = percentile_99(latencies_ms) if latencies_ms else float("inf")
    return Row(
        f"{world.name}, {name}: alert in to offer out of the stream, {ALERTS_A_SECOND}/s beside "
        f"{POSITIONS_A_SECOND:,} positions/s",
        f"median {in_words(median(latencies_ms or [0]))}, p99 {in_words(p99_ms)}, "
        f"{missing} missing, {len(errors)} errors",
        must="p99 ≤ 300 ms",
        reached=p99_ms <= 300 and not missing and not errors,
    )


def _load(world, address, key, traffic: Traffic, sent_at: dict[str, float], errors) -> None:
    network, _ = world.open()
    count = ALERTS_A_SECOND * LOAD_S
    victims = places(network, count, seed=9, mode="foot").tolist()
    start_s = time.perf_counter() + 0.5

    def alerts(first: int) -> None:
        caller = Alerter(address, key)
        for number in range(first, count, SENDERS):
            lon, lat = victims[number]
            body = {
                "source": "city",
                "tier": "high",
                "victim_ref": f"v{number}",
                "place": {"lon": lon, "lat": lat},
            }
            at_s = start_s + number / ALERTS_A_SECOND
            time.sleep(max(0.0, at_s - time.perf_counter()))
            sent_at[f"v{number}"] = time.perf_counter()
            try:
                caller.alert(json.dumps(body).encode(), f"bench-{number}")
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                errors.append(str(error))
                caller = Alerter(address, key)

    def positions() -> None:
        caller = Caller(address, key)
        batches: list[bytes] = []
        for k in range(LOAD_S * POSITIONS_A_SECOND // 1_000):
            if not batches:
                batches = traffic.round(time.time(), msgspec.json.encode)
            at_s = start_s + k * 1_000 / POSITIONS_A_SECOND
            time.sleep(max(0.0, at_s - time.perf_counter()))
            try:
                caller.post("/v1/positions", batches.pop())
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                errors.append(str(error))
                caller = Caller(address, key)

    threads = [threading.Thread(target=alerts, args=(first,)) for first in range(SENDERS)]
    threads.append(threading.Thread(target=positions))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Alerter(Caller):
    """One kept-alive connection that sends alerts, each with an Idempotency-Key."""

    def alert(self, body: bytes, idempotency_key: str) -> None:
        headers = self._headers | {
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key,
        }
        self._connection.request("POST", "/v1/alerts", body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201, 202):
            raise RuntimeError(f"/v1/alerts: {answer.status} {content[:200]!r}")


def _listen(address: str, key: str, offered_at: dict[str, float]) -> None:
    """Follow the stream of events and note when the first offer of each victim comes out."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=120)
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    connection.request("GET", "/v1/events?types=assignment.offered", headers=headers)
    answer = connection.getresponse()
    try:
        for line in answer:
            if line.startswith(b"data:"):
                event = json.loads(line[5:])
                victim_ref = event["data"]["incident"]["victim_ref"]
                offered_at.setdefault(victim_ref, time.perf_counter())
    except (OSError, ValueError, http.client.HTTPException):
        return  # the service has stopped


# ------------------------------------------------------------------------------------- in process


def _at_the_desk(world: World, name: str, url: str) -> Iterator[Row]:
    network, snapper = world.open()
    roads = Roads(network, snapper)
    picture = crowded_picture(network, roads, RESPONDERS, 2, now_s())
    ledger = Ledger(url)
    engaged = Engaged(ledger)
    desk = Desk(ledger, Policies(default_policy()))
    staffer = Staffer(desk, picture, lambda: roads, engaged)
    victims = places(network, OPEN_INCIDENTS, seed=9, mode="foot").tolist()
    incident_ids = [_open(desk, number, *place) for number, place in enumerate(victims)]
    for incident_id in incident_ids:
        staffer.staff(incident_id)
    yield _re_rank(world, name, desk, staffer, incident_ids)
    yield _writes(world, name, desk, incident_ids)
    ledger.close()


def _open(desk: Desk, number: int, lon: float, lat: float) -> str:
    alert = Alert(
        alert_id=new_id(),
        source=Source.CITY,
        tier=Tier.HIGH,
        victim_ref=f"v{number}",
        received_at_s=now_s(),
        places=(CandidatePlace(lon, lat, 30.0),),
    )
    raised = desk.ledger.transact(
        lambda connection: desk.raise_alert(connection, alert, Area("x"), now_s())
    )
    return raised.case.incident.incident_id


def _re_rank(world: World, name: str, desk: Desk, staffer: Staffer, incident_ids: list[str]) -> Row:
    rng = np.random.default_rng(5)
    times_ms = []
    for incident_id in rng.choice(incident_ids, REFUSALS, replace=False).tolist():
        if not _decline(desk, incident_id):
            continue
        started = time.perf_counter()
        offered = staffer.staff(incident_id)
        if offered:
            times_ms.append(1000 * (time.perf_counter() - started))
    return Row(
        f"{world.name}, {name}: the next best after a refusal, committed, {OPEN_INCIDENTS:,} open "
        f"incidents, {RESPONDERS:,} responders",
        f"median {in_words(median(times_ms))}, p99 {in_words(percentile_99(times_ms))}",
        must="≤ 20 ms",
        reached=median(times_ms) <= 20,
    )


def _decline(desk: Desk, incident_id: str) -> bool:
    """Whether somebody was there to decline."""
    with desk.ledger.read() as connection:
        case = store.look_at(connection, incident_id)
    assert case is not None
    offered = [one for one in case.assignments.values() if one.state is AssignmentState.OFFERED]
    if not offered:
        return False
    desk.ledger.transact(
        lambda connection: desk.act_on_assignment(
            connection,
            offered[0].assignment_id,
            ITSELF,
            lambda case, one, policy, at_s: visits.decline(case, one, "busy", policy, at_s),
            now_s(),
        )
    )
    return True


def _writes(world: World, name: str, desk: Desk, incident_ids: list[str]) -> Row:
    """Commands a second, each of them a transaction that is on the disk when it returns."""
    end_s = time.perf_counter() + WRITING_S
    counts = [0] * WRITERS

    def write(writer: int) -> None:
        rng = np.random.default_rng(writer)
        while time.perf_counter() < end_s:
            incident_id = incident_ids[int(rng.integers(len(incident_ids)))]
            desk.ledger.transact(
                lambda connection, one=incident_id: desk.act(
                    connection, one, ITSELF, _unreachable, now_s()
                )
            )
            counts[writer] += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Row(
        f"{world.name}, {name}: commands committed, {WRITERS} threads of one process",
        f"{sum(counts) / WRITING_S:,.0f}/s",
    )


def _unreachable(case, policy, at_s: float) -> None:
    contacts.report(case, Channel.CALL, ContactOutcome.UNREACHABLE, "", at_s, policy, at_s)
