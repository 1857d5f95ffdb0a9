"""Redis is flushed and killed while alerts come in: nothing that counts is in it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import select

from services.keys import make_key
from services.ledger.database import Ledger
from services.ledger.tables import alerts, assignments
from services.redis_server import find_redis_server
from tests.races.field import doubles
from tests.races.killable import (
    OFFICERS,
    Callers,
    Killable,
    on_its_own,
    put_officers_on_the_road,
    wait_until,
)
from tests.services.town import at

ALERTS_BETWEEN = 12


class LoseableRedis:
    """A Redis at a socket that stays the same, and keeps nothing when it dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "redis.sock"
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._path}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(str(find_redis_server()), "--port", "0", "--save", ""),
                *("--unixsocket", str(self._path)),
            ],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        while not self._answers():
            assert self._process.poll() is None, "it did not start"
            time.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@pytest.fixture
def loseable() -> Iterator[LoseableRedis]:
    folder = Path(tempfile.mkdtemp(prefix="redis-", dir="/tmp"))  # the address must be short
    server = LoseableRedis(folder)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder)


@pytest.fixture
def two(map_folder, ledger_url, tmp_path, loseable) -> Iterator[tuple[Killable, Killable]]:
    """Two processes that share a ledger and a Redis."""
    ends = (map_folder, ledger_url, tmp_path, loseable.url)
    with on_its_own(*ends) as one, on_its_own(*ends) as other:
        one.start()
        other.start()
        yield one, other


def test_while_redis_is_flushed_killed_and_back_alerts_are_answered(two, ledger_url, loseable):
    """Two processes take alerts and send officers all the time. No alert is turned away or lost,
    nobody is sent twice though each process sees only its own positions for a while, who should go
    is answered without Redis, and afterwards both know everybody again."""
    one, other = two
    ledger = Ledger(ledger_url)
    headers = {"Authorization": f"Bearer {make_key(ledger, 'callers').text}"}
    put_officers_on_the_road(one.url, headers)
    wait_until(lambda: known_officers(other, headers) == OFFICERS, other)
    with Callers(one, headers) as callers, Callers(other, headers) as others:

        def both_go_on() -> None:
            callers.wait_for_more(ALERTS_BETWEEN)
            others.wait_for_more(ALERTS_BETWEEN)

        both_go_on()
        loseable.flush()
        both_go_on()
        loseable.kill()
        for service in two:
            wait_until(lambda service=service: state_of(service) == "degraded", service)
            put_officers_on_the_road(service.url, headers)
            assert known_officers(service, headers) == OFFICERS
        both_go_on()
        loseable.start()
        for service in two:
            wait_until(lambda service=service: state_of(service) == "ready", service)
        both_go_on()
    assert callers.problems == others.problems == []
    assert not callers.turned_away + others.turned_away
    for service in two:
        assert known_officers(service, headers) == OFFICERS
        service.kill()  # they would go on sending officers while they are counted
    assert doubles(ledger) == []
    with ledger.read() as connection:
        kept = set(connection.scalars(select(alerts.c.alert_id)))
        assert connection.scalar(select(assignments.c.assignment_id).limit(1))
    ledger.close()
    assert {*callers.answered.values(), *others.answered.values()} <= kept


def state_of(service: Killable) -> str:
    return httpx.get(f"{service.url}/readyz", timeout=30.0).json()["status"]


def known_officers(service: Killable, headers: dict[str, str]) -> int:
    """How many officers a process knows, as it says when it is asked for more than there are."""
    body = {"place": at("B-C"), "wants": [{"kinds": ["officer"], "count": OFFICERS + 1}]}
    answer = httpx.post(
        f"{service.url}/v1/recommendations", json=body, headers=headers, timeout=30.0
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["wants"][0]["shortfall"]["counts"]["known"]
