"""Two centres as two processes: each is killed at each step; letters come twice, late, or forged.

Between the services stands a line that nobody should trust. Afterwards no unit has been sent twice,
the lead counts on nobody who does not know of it, and nobody waits whom the lead has forgotten.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from dispatch.interceptions.case import Interception
from dispatch.interceptions.words import Holder, PostState
from services.events.verify import verify
from services.ids import new_id
from services.interceptions.store import to_interception
from services.keys import make_key
from services.ledger.database import Ledger
from services.ledger.tables import interceptions
from services.peers import registry
from services.redis_server import EmbeddedRedis
from tests.races.field import doubles
from tests.races.killable import Killable, on_its_own
from tests.services.town import at

NORTH, SOUTH = "northbank", "southbank"
WITHIN_S = 240.0
LOOK_AGAIN_S = 0.1
DELAY_S = 0.3
PREFIX, SUFFIX = "forestall.interception.", ".v1"


@dataclass(frozen=True)
class Letter:
    """A message as it went over the line."""

    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return json.loads(self.body)["type"].removeprefix(PREFIX).removesuffix(SUFFIX)


class Line(ThreadingHTTPServer):
    """What one service takes for the other one."""

    daemon_threads = True

    def __init__(self, to: Killable, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.to = to
        self.letters: list[Letter] = []
        self.kills: dict[str, str] = {}
        """When the service at the other end is killed, once each: as a kind of letter comes,
        "before" it is taken in or "after" that, and before anybody is answered."""
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.dying = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def carry(self, letter: Letter) -> httpx.Response | None:
        """The answer; None: the line broke."""
        with self.lock:
            self.letters.append(letter)
            when = self.kills.pop(letter.kind, None)
            delay_s = self.chance.uniform(0.0, DELAY_S)
        if when == "before":
            self._kill()
            return None
        time.sleep(delay_s)  # later ones overtake it
        answer = self.post(letter)
        if when == "after":
            self._kill()
            return None
        self.post(letter)  # and once more
        return answer

    def _kill(self) -> None:
        with self.dying:
            self.to.kill()
            self.to.start()

    def post(self, letter: Letter) -> httpx.Response | None:
        with suppress(httpx.TransportError):
            return httpx.post(
                f"{self.to.url}/v1/peers/messages",
                content=letter.body,
                headers=letter.headers,
                timeout=10.0,
            )
        return None

    def handle_error(self, *_: object) -> None:
        return


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Line

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kept = ("webhook-id", "webhook-timestamp", "webhook-signature", "content-type")
        letter = Letter({name: self.headers[name] for name in kept}, body)
        answer = self.server.carry(letter)
        self.close_connection = answer is None
        if answer is not None:
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        return


@dataclass
class Side:
    """One centre: its process, its ledger, and whoever calls it."""

    code: str
    service: Killable
    ledger: Ledger
    headers: dict[str, str]
    line: Line
    ending: threading.Event = field(default_factory=threading.Event)

    def ask(self, method: str, path: str, body: dict | None = None) -> httpx.Response:
        """An answer, however often the service dies meanwhile."""
        headers = (
            {**self.headers, "Idempotency-Key": new_id()} if method == "POST" else self.headers
        )
        give_up_at_s = time.monotonic() + WITHIN_S
        while True:
            with suppress(httpx.TransportError):
                answer = httpx.request(
                    method, self.service.url + path, json=body, headers=headers, timeout=20.0
                )
                busy = "/request-in-flight" in answer.text
                if answer.status_code != 503 and not busy:
                    return answer
            assert time.monotonic() < give_up_at_s, self.service.story()
            time.sleep(LOOK_AGAIN_S)

    def cases(self) -> list[Interception]:
        """Every interception as it is in the ledger."""
        with self.ledger.read() as connection:
            documents = connection.scalars(select(interceptions.c.document)).all()
        return [to_interception(document) for document in documents]

    def report(self) -> None:
        """The phones of two officers at the bridge, until the end."""
        while not self.ending.wait(1.0):
            fixes = [
                {
                    "id": name,
                    "kind": "officer",
                    "mode": "police",
                    "fixed_at": time.time(),
                    **at(leg),
                }
                for name, leg in (("S-1", "Y"), ("S-2", "X"))
            ]
            with suppress(httpx.TransportError):
                httpx.post(
                    f"{self.service.url}/v1/positions",
                    json={"positions": fixes},
                    headers=self.headers,
                    timeout=5.0,
                )


@contextmanager
def two_sides(map_folder: Path, tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    """Two services that are peers over lines nobody should trust."""
    with ExitStack() as stack:
        sides = []
        for seed, code in enumerate((NORTH, SOUTH)):
            folder = tmp_path / code
            folder.mkdir()
            url = f"sqlite:///{folder / 'forestall.sqlite3'}"
            redis_server = stack.enter_context(EmbeddedRedis())
            service = stack.enter_context(on_its_own(map_folder, url, folder, redis_server.url))
            ledger = Ledger(url)
            stack.callback(ledger.close)
            key = make_key(ledger, "room", jurisdictions=(code,)).text
            line = Line(service, seed)
            threading.Thread(target=line.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(line.server_close)
            stack.callback(line.shutdown)
            sides.append(Side(code, service, ledger, {"Authorization": f"Bearer {key}"}, line))
        secret = None
        for ours, theirs in (sides, sides[::-1]):
            made = ours.ledger.transact(
                lambda connection, ours=ours, theirs=theirs, secret=secret: registry.add(
                    connection, ours.code, theirs.code, theirs.line.url, secret, time.time()
                )
            )
            secret = made.secrets[0].text
        starting = [threading.Thread(target=side.service.start) for side in sides]
        for thread in starting:
            thread.start()
        for thread in starting:
            thread.join()
        north, south = sides
        phones = threading.Thread(target=south.report, daemon=True)
        phones.start()
        try:
            yield north, south
        finally:
            south.ending.set()
            phones.join()


def held(side: Side, holder: Holder) -> set[str]:
    """Offers that a side counts on, or has somebody sent for."""
    return {
        post.offer_id
        for case in side.cases()
        for post in case.live_posts()
        if post.holder is holder and post.offer_id and post.state is not PostState.ASKED
    }


def until(look, what: str):
    give_up_at_s = time.monotonic() + WITHIN_S
    while not (found := look()):
        assert time.monotonic() < give_up_at_s, what
        time.sleep(LOOK_AGAIN_S)
    return found


def commit_what_there_is(north: Side, path: str) -> bool:
    """Look at the plan, and carry it out while it is the last one; whether anybody of the other
    centre has confirmed by now."""
    if held(north, Holder.NEIGHBOUR):
        return True
    now = north.ask("GET", path).json()["interception"]
    asked = any(post["state"] == "asked" for one in now["checkpoints"] for post in one["posts"])
    if now["offers"] and not now["plan_wanted"] and not asked:
        north.ask("POST", f"{path}/commit", {"plan": now["plan_number"]})
    elif not now["offers"] and not any(one["awaited_until"] for one in now["centres"]):
        north.ask("POST", f"{path}/sightings", at("A") | {"heading_deg": 90})
        time.sleep(1.0)
    return False


@pytest.fixture
def sides(map_folder, tmp_path):
    with two_sides(map_folder, tmp_path) as both:
        yield both


def test_killed_at_each_step_nobody_is_sent_twice_and_nobody_is_forgotten(sides):
    """The neighbour dies as it is asked, as it is committed to and as it ends, the lead as it hears
    the offers and the yes; every letter comes twice, and later ones overtake it."""
    north, south = sides
    south.line.kills = {"requested": "after", "committed": "after", "ended": "before"}
    north.line.kills = {"offered": "before", "confirmed": "after"}
    opened = north.ask(
        "POST",
        "/v1/interceptions",
        {
            "description": "蓝色大巴",
            "sighting": at("A") | {"heading_deg": 90},
            "destinations": [at("U")],
            "slowest": 0.2,
            "fastest": 0.2,
            "settings": {"relay": False, "safety_s": 0, "seal": False},
        },
    )
    assert opened.status_code == 201, opened.text
    path = f"/v1/interceptions/{opened.json()['interception']['id']}"
    until(lambda: commit_what_there_is(north, path), "nobody has confirmed")
    until(
        lambda: held(north, Holder.NEIGHBOUR) == held(south, Holder.UNIT),
        "the two centres do not agree",
    )
    assert doubles(south.ledger) == []
    confirmed = {
        json.loads(one.body)["data"]["offer_id"]
        for one in north.line.letters
        if one.kind == "confirmed"
    }
    assert held(north, Holder.NEIGHBOUR) <= confirmed

    # A unit arrives; the other room knows it.
    (case,) = south.cases()
    post = next(one for one in case.live_posts() if one.offer_id)
    for step in ("accept", "depart", "arrive"):
        south.ask("POST", f"/v1/assignments/{post.post_id}/{step}")
    until(
        lambda: any(
            one.offer_id == post.offer_id and one.state is PostState.MANNED
            for known in north.cases()
            for one in known.posts
        ),
        "the lead does not know who is there",
    )

    # What went over the line is sent again, and changed: nothing comes of it.
    before = [side.cases() for side in sides]
    for side in sides:
        for letter in list(side.line.letters):
            assert side.line.post(letter).status_code in (202, 409)
            forged = Letter(letter.headers, letter.body.replace(b'"number":', b'"number": '))
            assert side.line.post(forged).status_code == 403
    assert [side.cases() for side in sides] == before

    north.ask("DELETE", path)
    until(lambda: not any(case.is_open for side in sides for case in side.cases()), "still open")
    assert held(south, Holder.UNIT) == set()
    assert south.line.kills == north.line.kills == {}, "somebody did not die"
    for side in sides:
        assert doubles(side.ledger) == []
        assert not [flaw.sentence for flaw in verify(side.ledger).flaws]
