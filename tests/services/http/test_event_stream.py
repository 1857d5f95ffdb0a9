"""What happens reaches whoever may know it, once, in order, as long as they listen."""

from __future__ import annotations

import random
import re
import socket
import threading
from contextlib import ExitStack

import httpx
import pytest

from services.http import event_stream, events
from services.http.access import PAGE_HEADER
from services.keys import make_key, revoke_key
from services.ledger.database import Ledger, now_s
from services.page_sessions import COOKIE, LIMIT_S
from tests.services.event_listener import listening
from tests.services.events.record import happen, open_incident, something
from tests.services.live_server import live_server


class Live:
    """A running service, and its ledger as another process on the same machine has it open.

    That process writes events and never seals them: the service has to find them.
    """

    def __init__(self, ledger_url: str, *where, **settings) -> None:
        self._stack = ExitStack()
        self.url = self._stack.enter_context(
            live_server(*where, database_url=ledger_url, **settings)
        )
        self.ledger = Ledger(ledger_url)
        self._stack.callback(self.ledger.close)

    def key(self, *jurisdictions: str, scopes=("dispatch",)) -> dict[str, str]:
        """Headers with a new key."""
        made = make_key(self.ledger, "test", scopes, jurisdictions or ("*",))
        return {"Authorization": f"Bearer {made.text}"}

    def stop(self) -> None:
        self._stack.close()


@pytest.fixture
def start(map_folder, tmp_path, redis_url, ledger_url):
    """Starts a service; it stops with the test, if not before."""
    started = []

    def starting(**settings) -> Live:
        live = Live(ledger_url, map_folder, tmp_path / "data", redis_url, **settings)
        started.append(live)
        return live

    yield starting
    for live in started:
        live.stop()


@pytest.fixture
def live(start):
    return start()


def test_what_happens_is_told_as_it_happens(live):
    """CloudEvents 1.0, each with the position as its id, through proxies that would hold it."""
    open_incident(live.ledger, "one")
    with listening(live.url, live.key()) as listener:
        assert listener.status == 200
        assert listener.headers["content-type"] == "text/event-stream"
        assert "no-store" in listener.headers["cache-control"]
        assert listener.headers["x-accel-buffering"] == "no"
        listener.wait(lambda it: it.comments)
        assert listener.retry_ms == event_stream.RETRY_MS
        happen(live.ledger, "one", something("incident.opened", words="特危\n\r\x85\u2028\u2029"))
        happen(live.ledger, "one", something("contact.reported", at_s=1_700_000_001.25))
        listener.count(2)
    first, second = listener.events
    assert listener.positions == [1, 2]
    assert listener.last_id == "2"
    assert listener.types == ["forestall.incident.opened.v1", "forestall.contact.reported.v1"]
    assert first["data"] == {"words": "特危\n\r\x85\u2028\u2029"}
    assert second == {
        "specversion": "1.0",
        "id": second["id"],
        "source": "/centres/500101",
        "type": "forestall.contact.reported.v1",
        "subject": "one",
        "time": "2023-11-14T22:13:21.250000Z",
        "datacontenttype": "application/json",
        "jurisdiction": "500101/longbao",
        "position": "2",
        "chainnumber": 2,
        "data": {},
    }
    assert re.fullmatch(r"[0-9a-f-]{36}", second["id"])
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in second), "CloudEvents' names"


def test_after_every_break_it_goes_on_where_it_was(live):
    """A writer that never stops and a reader whose connection breaks at any moment: all in all
    each event comes once, in order."""
    open_incident(live.ledger, "one")
    total, most_at_once = 150, 12

    def write():
        for number in range(total):
            happen(live.ledger, "one", something(number=number))

    writer = threading.Thread(target=write)
    writer.start()
    chance, last_id, found, connections = random.Random(3), "0", [], 0
    while len(found) < total:
        connections += 1
        assert connections < 500
        with listening(live.url, live.key(), last_id) as listener:
            breaks_after = min(chance.randint(0, most_at_once), total - len(found))
            listener.wait(lambda it, wanted=breaks_after: len(it.events) >= wanted)
        found += listener.events
        last_id = listener.last_id or last_id
    writer.join()
    assert [event["data"]["number"] for event in found] == list(range(total))
    assert [int(event["position"]) for event in found] == list(range(1, total + 1))


def test_nobody_is_told_what_another_centre_s_incident_is_about(live):
    """Each key is told what its jurisdictions hold, live and from the past; the comments between
    tell how far it has come, and nothing else."""
    keys = {"500101": live.key("500101"), "500154": live.key("500154")}
    with (
        listening(live.url, keys["500101"], after=0) as ours,
        listening(live.url, keys["500154"], after=0) as theirs,
        listening(live.url, live.key("500101/longbao"), after=0) as station,
    ):
        for name in ("500101/longbao", "500154/wenquan", "500101/baiyan", "5001011/x"):
            open_incident(live.ledger, name, name)
        for number in range(3):
            for name in ("500101/longbao", "500154/wenquan", "500101/baiyan", "5001011/x"):
                happen(live.ledger, name, something(jurisdiction=name, number=number))
        ours.count(6)
        theirs.count(3)
        station.count(3)
    for headers, live_one in zip(keys.values(), (ours, theirs), strict=True):
        with listening(live.url, headers, after=0) as later:
            later.count(len(live_one.events))
        assert later.events == live_one.events
    assert {event["jurisdiction"] for event in ours.events} == {"500101/longbao", "500101/baiyan"}
    assert {event["jurisdiction"] for event in theirs.events} == {"500154/wenquan"}
    assert {event["jurisdiction"] for event in station.events} == {"500101/longbao"}
    assert {event["source"] for event in theirs.events} == {"/centres/500154"}


def test_a_stream_may_be_of_some_types_or_of_one_incident(live):
    """Both ways of writing a type; the heartbeat's id spares what was passed over."""
    for name in ("one", "two"):
        open_incident(live.ledger, name)
    with (
        listening(live.url, live.key(), types="incident.closed,visit.ordered") as closed,
        listening(live.url, live.key(), types="forestall.incident.closed.v1", after=0) as long,
        listening(live.url, live.key(), incident="two", after=0) as two,
    ):
        closed.wait(lambda it: it.comments)
        for name in ("one", "two", "one"):
            happen(live.ledger, name, something("contact.reported"), something("incident.closed"))
        for listener, count in ((closed, 3), (long, 3), (two, 2)):
            listener.count(count)
    assert closed.positions == long.positions
    assert {event["type"] for event in closed.events} == {"forestall.incident.closed.v1"}
    assert {event["subject"] for event in two.events} == {"two"}


def test_whoever_has_nothing_to_hear_hears_that_it_still_goes_on(live, monkeypatch):
    """Comments now and then, with the position up to which there was nothing."""
    monkeypatch.setattr(event_stream, "HEARTBEAT_EVERY_S", 0.05)
    open_incident(live.ledger, "one")
    with listening(live.url, live.key("500154")) as listener:
        listener.wait(lambda it: len(it.comments) >= 3)
        happen(live.ledger, "one", something(), something())
        listener.wait(lambda it: it.last_id == "2")
    assert listener.events == []


def test_a_key_that_is_revoked_is_told_no_more(live):
    """Its streams end by themselves; what happens after the revocation is not sent."""
    made = make_key(live.ledger, "soon gone", ["dispatch"], ["*"])
    headers = {"Authorization": f"Bearer {made.text}"}
    open_incident(live.ledger, "one")
    with listening(live.url, headers) as listener, listening(live.url, live.key()) as other:
        other.wait(lambda it: it.comments)
        happen(live.ledger, "one", something())
        listener.count(1)
        revoke_key(live.ledger, made.id)
        happen(live.ledger, "one", something())
        listener.wait(lambda it: it.ended)
        other.count(2)
    assert listener.positions == [1]
    with listening(live.url, headers) as refused:
        assert refused.status == 401


def test_a_session_is_told_no_more_after_its_day(live, monkeypatch):
    """Its stream ends although the key lives on: who sits at the page logs in once a day."""
    key = live.key()["Authorization"].removeprefix("Bearer ")
    cookies = httpx.post(f"{live.url}/v1/session", json={"key": key}).cookies
    page = {"Cookie": f"{COOKIE}={cookies[COOKIE]}", PAGE_HEADER: "1"}
    open_incident(live.ledger, "one")
    with listening(live.url, page) as listener:
        happen(live.ledger, "one", something())
        listener.count(1)
        monkeypatch.setattr(events, "now_s", lambda: now_s() + LIMIT_S)
        happen(live.ledger, "one", something())
        listener.wait(lambda it: it.ended)
    assert listener.positions == [1]


def test_a_service_that_stops_ends_its_streams(start, caplog):
    """It does not wait for readers who would never leave; they know that it is over."""
    live = start()
    with listening(live.url, live.key()) as one, listening(live.url, live.key()) as another:
        for listener in (one, another):
            listener.wait(lambda it: it.comments)
        live.stop()
        for listener in (one, another):
            listener.wait(lambda it: it.ended)
    assert "graceful shutdown exceeded" not in caplog.text, "somebody had to be cut off"


def test_a_client_that_does_not_read_is_cut_off_and_holds_up_nobody(start):
    """Others are told all the while; the connection ends, and so does its place in the count."""
    live = start(write_timeout_s=3.0)  # the other one may have to wait for a processor
    open_incident(live.ledger, "one")
    headers, metrics = live.key(), live.key(scopes=["admin"])

    def open_streams() -> float:
        text = httpx.get(f"{live.url}/metrics", headers=metrics).text
        return float(re.search(r"^forestall_event_streams (\S+)$", text, re.MULTILINE)[1])

    host, _, port = live.url.removeprefix("http://").partition(":")
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    silent.connect((host, int(port)))
    silent.sendall(
        f"GET /v1/events HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n"
        f"Authorization: {headers['Authorization']}\r\n\r\n".encode()
    )
    with listening(live.url, headers) as reader:
        reader.wait(lambda it: it.comments and open_streams() == 2)
        for _ in range(10):  # more than the sockets between them hold
            happen(live.ledger, "one", *[something(text="x" * 20_000)] * 60)
        reader.count(600)
        reader.wait(lambda it: open_streams() == 1)
        happen(live.ledger, "one", something())
        reader.count(601)
    assert reader.positions == list(range(1, 602))
    silent.close()


def test_a_key_has_so_many_streams_and_no_more(start):
    """A program that forgets to close its streams holds up itself; a closed one makes room."""
    live = start(event_streams_per_key=2)
    headers = live.key()
    with listening(live.url, headers) as first, listening(live.url, live.key()) as other:
        with listening(live.url, headers) as second:
            for listener in (first, second, other):
                listener.wait(lambda it: it.comments)
            with listening(live.url, headers) as third:
                third.wait(lambda it: it.ended)
                assert third.status == 429
                assert "/problems/too-many-requests" in third.problem
                assert third.headers["retry-after"]

        def has_room() -> bool:
            with listening(live.url, headers) as again:
                return again.status == 200

        first.wait(lambda it: has_room())
