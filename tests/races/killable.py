"""A service as a process that can be killed, and callers who do not mind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from services.ids import new_id
from tests.services.town import at

CALLERS = 4
START_WITHIN_S = 600.0
"""The first start on a machine compiles all kernels: two minutes and more on a busy one."""
ANSWER_WITHIN_S = 120.0
"""Far longer than a start that compiles nothing: whoever waits so long was forgotten."""
SEND_AGAIN_S = 0.1
STORY_CHARACTERS = 20_000
STORY_WITHIN_S = 3.0
OFFICERS = 6
PROJECT = Path(__file__).parents[2]


@dataclass
class Killable:
    """The service as a process of its own, on a port that stays the same."""

    environment: dict[str, str]
    port: int
    log: Path
    process: subprocess.Popen | None = None
    client: httpx.Client = field(default_factory=httpx.Client)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, dies_after_alerts: int = 0) -> None:
        """Start it; it kills itself after so many alerts, between commit and reply. 0: never."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.races.dying_service", str(dies_after_alerts)),
                    *("serve", "--port", str(self.port)),
                ],
                env=os.environ | self.environment,
                cwd=PROJECT,
                stdout=log,
                stderr=log,
            )
        give_up_at_s = time.monotonic() + START_WITHIN_S
        while not self._ready():
            assert self.process.poll() is None, self.story()
            assert time.monotonic() < give_up_at_s, self.story()
            time.sleep(0.1)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def story(self) -> str:
        """The end of its log, and what its threads are doing now or how it ended."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(STORY_WITHIN_S)
        said = self.log.read_text(errors="replace")[-STORY_CHARACTERS:]
        return f"{said}\nends with: {self.process.returncode}"

    def wait_until_dead(self) -> None:
        assert self.process is not None
        assert self.process.wait(ANSWER_WITHIN_S) == -signal.SIGKILL

    def _ready(self) -> bool:
        try:
            return self.client.get(f"{self.url}/readyz", timeout=5.0).status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class Callers:
    """Threads that raise alerts, each again and again until it is answered."""

    service: Killable
    headers: dict[str, str]
    answered: dict[str, str] = field(default_factory=dict)
    """Id of the alert by the victim's reference, as it was answered."""
    repeated: int = 0
    """Requests that had to be sent more than once."""
    turned_away: Counter[str] = field(default_factory=Counter)
    """How often requests were put off, by status or by what broke."""
    problems: list[str] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Callers:
        self._threads = [threading.Thread(target=self._call, args=(n,)) for n in range(CALLERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count: int) -> None:
        wanted, give_up_at_s = len(self.answered) + count, time.monotonic() + ANSWER_WITHIN_S
        while len(self.answered) < wanted:
            assert not self.problems, self.problems
            assert time.monotonic() < give_up_at_s, f"{self.turned_away}\n{self.service.story()}"
            time.sleep(0.01)

    def _call(self, number: int) -> None:
        with httpx.Client(timeout=30.0, headers=self.headers) as client:
            while not self._ending.is_set():
                victim_ref = new_id()
                body = {"source": "city", "tier": "high", "victim_ref": victim_ref}
                body |= {"place": at("B-C", 0.1 * number), "jurisdiction": "wanzhou"}
                self.answered[victim_ref] = self._until_answered(client, body)

    def _until_answered(self, client: httpx.Client, body: dict) -> str:
        headers = {"Idempotency-Key": body["victim_ref"]}
        give_up_at_s = time.monotonic() + ANSWER_WITHIN_S
        for tries in range(10**6):
            try:
                answer = client.post(f"{self.service.url}/v1/alerts", json=body, headers=headers)
            except httpx.TransportError as error:  # nobody knows whether it was done
                self.turned_away[type(error).__name__] += 1
            else:
                if answer.status_code == 201:
                    self.repeated += tries > 0
                    return answer.json()["alert_id"]
                self.turned_away[str(answer.status_code)] += 1
                if answer.status_code not in (409, 503):
                    self.problems.append(f"{answer.status_code}: {answer.text}")
                    return "refused"
            if time.monotonic() > give_up_at_s:
                self.problems.append("no answer")
                return "unanswered"
            time.sleep(SEND_AGAIN_S)
        raise AssertionError("the time is over before the tries are")


@contextmanager
def on_its_own(
    map_folder: Path, database_url: str, folder: Path, redis_url: str
) -> Iterator[Killable]:
    """A service on the small town, not started yet, with a Redis that outlives it."""
    settings = {
        "MAP": str(map_folder),
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "REQUESTS_PER_S": "0",
    }
    environment = {f"FORESTALL_{name}": value for name, value in settings.items()}
    port = _free_port()
    service = Killable(environment, port, folder / f"log-{port}")
    try:
        yield service
    finally:
        if service.process is not None:
            service.kill()


def wait_until(is_so: Callable[[], object], service: Killable) -> None:
    """Fails, with the service's story, when it does not become so."""
    give_up_at_s = time.monotonic() + ANSWER_WITHIN_S
    while not is_so():
        assert time.monotonic() < give_up_at_s, service.story()
        time.sleep(0.02)


def put_officers_on_the_road(url: str, headers: dict[str, str]) -> None:
    positions = [
        {"id": f"officer-{n}", "kind": "officer", "fixed_at": time.time(), **at("A-B", 0.1 * n)}
        for n in range(OFFICERS)
    ]
    body = {"positions": positions, "jurisdiction": "wanzhou"}
    answer = httpx.post(f"{url}/v1/positions", json=body, headers=headers, timeout=30.0)
    assert answer.status_code == 200, answer.text


def _free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
