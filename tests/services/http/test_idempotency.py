"""A request that is sent again has one effect, whatever comes between."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Request
from sqlalchemy import select, update

from services.app import create_app
from services.errors import LedgerError, ProblemError
from services.http.access import Caller, needs
from services.http.commands import Answer, command
from services.idempotency import HOLD_S, Hold, Stored, fingerprint, hold, sweep
from services.ledger.database import Ledger
from services.ledger.tables import idempotency
from services.service import service_of
from services.settings import Settings
from tests.services.asgi_client import asgi_client
from tests.services.town import Office, position

KEY = "Idempotency-Key"
router = APIRouter()
_Anyone = Annotated[Caller, Depends(needs("dispatch"))]


@router.post("/test/count")
async def count(request: Request, caller: _Anyone):
    """An effect that shows how often it happened: the new value of a counter in the ledger."""
    service = service_of(request)
    body = await request.body()

    def work(connection, now_s):
        value = service.ledger.raise_revision(connection, "test")
        if body == b"refuse":
            raise ProblemError("invalid-value", "Refused after the effect.")
        if body == b"break":
            raise RuntimeError("broke after the effect")
        return Answer({"count": value}, 201, {"Location": f"/test/{value}"})

    return await command(request, caller, work)


@router.post("/test/follow")
async def follow(request: Request, caller: _Anyone):
    """Counts twice: in the command, and in what follows it, which then fails."""
    service = service_of(request)

    def raised(connection, now_s=0.0):
        return Answer({"count": service.ledger.raise_revision(connection, "test")})

    async def after(answer):
        await service.writing.run(service.ledger.transact, raised)
        raise RuntimeError("what follows is broken")

    return await command(request, caller, raised, after)


@pytest.fixture
def counting_office(map_folder, tmp_path, redis_url, store):
    """A service with an effect that can be counted, once on each store."""
    settings = Settings(
        _env_file=None,
        map=map_folder,
        data_dir=tmp_path,
        redis_url=redis_url,
        redis_region=f"idempotency-{tmp_path.name}",
        database_url=store,
    )
    app = create_app(settings)
    app.include_router(router)
    with asgi_client(app) as client:
        yield Office(client, app.state.service, settings)


def effects(running: Office) -> int:
    return running.service.ledger.revisions().get("test", 0)


def send(running: Office, headers, key: str, body: str = "x", path: str = "/test/count"):
    return running.client.post(path, content=body, headers=headers | {KEY: key})


def test_fifty_copies_at_once_have_one_effect(counting_office):
    """One does the work; the others are told that it is under way, or get its answer."""
    headers = counting_office.key("wanzhou") | {KEY: "the same"}
    client = counting_office.client

    async def all_at_once():
        return await asyncio.gather(
            *(client._client.post("/test/count", content="x", headers=headers) for _ in range(50))
        )

    answers = client.portal.call(all_at_once)
    assert effects(counting_office) == 1, {answer.text for answer in answers}
    given = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.content for answer in given} == {b'{"count":1}'}
    assert [answer.headers.get("idempotency-replayed") for answer in given].count(None) == 1
    later = client.post("/test/count", content="x", headers=headers)
    assert (later.status_code, later.content) == (201, b'{"count":1}')
    assert later.headers["idempotency-replayed"] == "true"
    assert later.headers["location"] == "/test/1"
    assert later.headers["content-type"] == "application/json"
    assert effects(counting_office) == 1


def test_without_a_key_every_request_counts(counting_office):
    """Nobody is protected who did not ask for it."""
    headers = counting_office.key("wanzhou")
    answers = [counting_office.client.post("/test/count", headers=headers) for _ in range(3)]
    assert [answer.json()["count"] for answer in answers] == [1, 2, 3]
    assert not any(KEY in answer.headers for answer in answers)


def test_the_key_belongs_to_one_request_of_one_caller(counting_office):
    """Another body, path, query or type is refused; another caller has keys of their own."""
    ours = counting_office.key("wanzhou")
    assert send(counting_office, ours, "k-1").status_code == 201
    for changed in (
        send(counting_office, ours, "k-1", body="y"),
        send(counting_office, ours, "k-1", path="/test/count?a=1"),
        send(counting_office, ours, "k-1", path="/test/follow"),
        send(counting_office, ours | {"Content-Type": "text/plain"}, "k-1"),
    ):
        assert changed.status_code == 422
        assert changed.json()["type"] == "/problems/idempotency-key-reused"
    theirs = send(counting_office, counting_office.key("kaizhou"), "k-1", body="y")
    assert (theirs.status_code, theirs.json()) == (201, {"count": 2})


@pytest.mark.parametrize(("body", "status"), [("refuse", 422), ("break", 500)])
def test_what_failed_may_be_tried_again(counting_office, body, status):
    """A failure undoes the effect and frees the key, even for another body."""
    headers = counting_office.key("wanzhou")
    for _ in range(2):
        failed = send(counting_office, headers, "k-1", body)
        assert (failed.status_code, effects(counting_office)) == (status, 0)
        assert "idempotency-replayed" not in failed.headers
    assert send(counting_office, headers, "k-1", "x").json() == {"count": 1}


def test_what_follows_a_command_happens_once_and_cannot_fail_it(counting_office):
    """It runs after the commit, is not repeated for a copy, and its failure is not the caller's."""
    headers = counting_office.key("wanzhou")
    first = send(counting_office, headers, "k-1", path="/test/follow")
    assert (first.status_code, first.json(), effects(counting_office)) == (200, {"count": 1}, 2)
    again = send(counting_office, headers, "k-1", path="/test/follow")
    assert (again.content, effects(counting_office)) == (first.content, 2)


def test_a_key_is_free_again_soon_after_the_store_came_back(counting_office, monkeypatch):
    """The work failed because the store was away, and so did letting go of the key; a copy need
    not wait until the hold lapses."""
    headers = counting_office.key("wanzhou")
    transact = Ledger.transact
    away = ["command.<locals>.run", "Hold.release", "Hold.release"]

    def failing(ledger, work):
        if work.__qualname__ in away:
            away.remove(work.__qualname__)
            raise LedgerError("The database does not answer.")
        return transact(ledger, work)

    monkeypatch.setattr(Ledger, "transact", failing)
    assert send(counting_office, headers, "k-1").status_code == 503
    busy = send(counting_office, headers, "k-1")
    assert (busy.status_code, "retry-after" in busy.headers) in ((409, True), (503, True))
    deadline_s = time.monotonic() + HOLD_S / 2
    while (answer := send(counting_office, headers, "k-1")).status_code != 201:
        assert time.monotonic() < deadline_s, answer.text
        time.sleep(0.05)
    assert effects(counting_office) == 1
    assert away == []


def test_every_request_that_does_something_takes_a_key(counting_office):
    """PUT and DELETE may be repeated as they are; a question does nothing; a phone knows no keys,
    and its position may come twice; a peer's message has an id; an upload that is announced twice
    expires, and its parts say where they begin; who logs in twice has two sessions."""
    uploads = "/v1/assignments/{assignment_id}/uploads"
    repeatable = {
        "/v1/recommendations",
        "/osmand",
        "/v1/peers/messages",
        "/v1/session",
        uploads,
        uploads + "/{upload_id}",
    }
    for path, methods in counting_office.client.get("/openapi.json").json()["paths"].items():
        for method in {"post", "patch"} & methods.keys():
            names = {one["name"] for one in methods[method].get("parameters", [])}
            assert (KEY in names) == (path not in repeatable), (method, path)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "键".encode(), b"\x7f"])
def test_a_key_is_one_printable_text(counting_office, key):
    """Of 1 to 255 ASCII characters; blanks inside are fine."""
    headers = counting_office.key("wanzhou")
    answer = counting_office.client.post("/test/count", headers=headers | {KEY: key})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-value")
    assert effects(counting_office) == 0
    fine = send(counting_office, headers, "x" * 200 + " ~!")
    assert fine.status_code == 201


def test_two_keys_in_one_request_are_refused(counting_office):
    """It would not be clear which one counts."""
    headers = [*counting_office.key("wanzhou").items(), (KEY, "a"), (KEY, "b")]
    assert counting_office.client.post("/test/count", headers=headers).status_code == 422


def test_positions_take_a_key_too(counting_office):
    """The same batch with the same key: the same answer, although time has passed."""
    headers = counting_office.key("wanzhou") | {KEY: "batch-1"}
    body = {"positions": [position("r-1", "B")]}
    first = counting_office.client.post("/v1/positions", json=body, headers=headers)
    again = counting_office.client.post("/v1/positions", json=body, headers=headers)
    assert (
        (again.status_code, again.content)
        == (first.status_code, first.content)
        == (
            200,
            first.content,
        )
    )
    assert again.headers["idempotency-replayed"] == "true"
    other = counting_office.client.post("/v1/positions", json={"positions": []}, headers=headers)
    assert other.json()["type"] == "/problems/idempotency-key-reused"


# ------------------------------------------------------------------------------ on the store itself

SENT = fingerprint(b"POST", b"/x", b"{}")


@pytest.fixture
def ledger(store):
    ledger = Ledger(store)
    yield ledger
    ledger.close()


def held(ledger: Ledger, at_s: float, sha256: bytes = SENT) -> Hold | Stored:
    return ledger.transact(lambda connection: hold(connection, "key", "k-1", sha256, at_s))


def test_a_process_that_died_is_replaced_when_its_hold_has_lapsed(ledger):
    """Not a moment before; and if it was only slow, its effect is undone when it comes back."""
    slow = held(ledger, 1_000.0)
    with pytest.raises(ProblemError, match="at work"):
        held(ledger, 1_000.0 + HOLD_S - 0.1)
    second = held(ledger, 1_000.0 + HOLD_S)
    assert isinstance(second, Hold)

    def effect(connection, holder):
        ledger.raise_revision(connection, "test")
        holder.complete(connection, Stored(201, {}, b"done"))

    with pytest.raises(ProblemError, match="taken over"):
        ledger.transact(lambda connection: effect(connection, slow))
    ledger.transact(slow.release)  # it owns nothing any more
    ledger.transact(lambda connection: effect(connection, second))
    with pytest.raises(ProblemError, match="taken over"):
        ledger.transact(lambda connection: effect(connection, slow))
    assert ledger.revisions()["test"] == 1
    assert held(ledger, 9_999.0) == Stored(201, {}, b"done")


def test_a_lapsed_hold_goes_to_one_of_many(ledger, store):
    """Sixteen copies in two processes find it at the same moment."""
    held(ledger, 0.0)
    other = Ledger(store)
    gate, taken, refused = threading.Barrier(16), [], []

    def try_it(mine: Ledger) -> None:
        gate.wait()
        try:
            taken.append(held(mine, HOLD_S))
        except ProblemError as error:
            refused.append(error.name)

    threads = [threading.Thread(target=try_it, args=((ledger, other)[n % 2],)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert len(taken) == 1
    assert refused == ["request-in-flight"] * 15


def test_answers_are_kept_for_a_day_at_least_and_not_for_ever(ledger):
    """What is younger, or still at work, stays."""
    day_s = Settings.model_fields["idempotency_kept_s"].metadata[0].ge
    assert day_s >= 86_400
    done = held(ledger, 1_000.0)
    ledger.transact(lambda connection: done.complete(connection, Stored(200, {}, b"x")))
    assert ledger.transact(lambda connection: sweep(connection, day_s, 1_000.0 + day_s)) == 0
    assert isinstance(held(ledger, 2_000.0), Stored)
    assert ledger.transact(lambda connection: sweep(connection, day_s, 1_000.1 + day_s)) == 1
    at_work = held(ledger, 1_000.0)
    assert isinstance(at_work, Hold)
    late_s = 1_000.0 + HOLD_S

    def keep_working(connection):
        connection.execute(update(idempotency).values(held_until_s=late_s + day_s))

    ledger.transact(keep_working)
    assert ledger.transact(lambda connection: sweep(connection, day_s, late_s + day_s)) == 0
    assert ledger.transact(lambda connection: sweep(connection, day_s, late_s + day_s + 1)) == 1
    with ledger.read() as connection:
        assert connection.execute(select(idempotency)).all() == []


def test_the_fingerprint_keeps_the_parts_apart():
    """Moving a byte from the path to the body makes another request."""
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")
    assert fingerprint(b"a", b"b") == fingerprint(b"a", b"b")
