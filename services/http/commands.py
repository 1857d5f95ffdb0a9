"""Runs what a request commands: once, however often the request is sent.

An endpoint that changes something hands its work to :func:`command`. Where its effect is a
transaction of the ledger, the answer to an ``Idempotency-Key`` is stored in the same transaction.
:func:`once` is for effects outside the ledger that are harmless to repeat.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import Response

from services.errors import LedgerError, ProblemError
from services.http.access import Caller
from services.idempotency import HOLD_S, Hold, Stored, fingerprint, hold
from services.service import Service, service_of

log = logging.getLogger("forestall")

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
"""Header of an answer that was given before."""
KEY_LIMIT_CHARACTERS = 255
JSON_MEDIA_TYPE = "application/json"

RELEASE_EVERY_S = 0.5

_encoder = msgspec.json.Encoder()
_letting_go: set[asyncio.Task[None]] = set()  # the event loop itself holds tasks only weakly


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered: anything that msgspec can encode; None is an empty body."""

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def stored(self) -> Stored:
        """The answer as bytes, to be sent and to be sent again."""
        headers = dict(self.headers)
        if self.content is None:
            return Stored(self.status, headers, b"")
        headers.setdefault("Content-Type", JSON_MEDIA_TYPE)
        return Stored(self.status, headers, _encoder.encode(self.content))


Work = Callable[[Connection, float], Answer]
After = Callable[[Answer], Awaitable[None]]


async def command(
    request: Request,
    caller: Caller,
    work: Work,
    after: After | None = None,
    *,
    body_sha256: bytes | None = None,
) -> Response:
    """The response of ``work``, run in one transaction of the ledger.

    With an ``Idempotency-Key`` the work is done once: a copy of the request gets the stored answer
    and the header ``Idempotency-Replayed: true``. Work that raises, or answers 400 or more, leaves
    the key free for another try.

    Parameters
    ----------
    work : called with the connection and the time, in a thread that may write. It may be called
        again from the beginning after a deadlock.
    after : awaited once the work is committed, before the caller is answered; not for replayed
        answers. What it raises is logged: the command has succeeded.
    body_sha256 : hash of a body that the endpoint has streamed away itself.
    """
    service = service_of(request)
    key = _key_of(request)
    held: Hold | None = None
    if key is not None:
        taken = await _hold(request, caller, key, body_sha256)
        if isinstance(taken, Stored):
            return _replayed(taken)
        held = taken
    done: list[Answer] = []

    def run(connection: Connection) -> Stored:
        answer = work(connection, service.ledger.time_s(connection))
        stored = answer.stored()
        if held is not None:
            if answer.status < 400:
                held.complete(connection, stored)
            else:
                held.release(connection)
        done[:] = [answer]
        return stored

    try:
        stored = await service.writing.run(service.ledger.transact, run)
    except BaseException:
        if held is not None:
            await _let_go(service, held)
        raise
    if after is not None:
        try:
            await after(done[0])
        except Exception:
            log.exception("what follows a command failed; the command itself is done")
    return _response(stored)


async def once(
    request: Request, caller: Caller, act: Callable[[], Awaitable[Response]]
) -> Response:
    """The response of ``act``, whose effect lies outside the ledger and may be repeated safely.

    Without an ``Idempotency-Key`` it costs nothing. With one, copies get the same answer; only if
    the process dies between the effect and the storing of its answer is the act run again.
    """
    key = _key_of(request)
    if key is None:
        return await act()
    taken = await _hold(request, caller, key, None)
    if isinstance(taken, Stored):
        return _replayed(taken)
    service = service_of(request)
    try:
        response = await act()
        stored = Stored(response.status_code, _own_headers(response), bytes(response.body))
        if stored.status >= 400:
            await _let_go(service, taken)
        else:
            await service.writing.run(
                service.ledger.transact, lambda connection: taken.complete(connection, stored)
            )
    except BaseException:
        await _let_go(service, taken)
        raise
    return response


async def _hold(
    request: Request, caller: Caller, key: str, body_sha256: bytes | None
) -> Hold | Stored:
    service = service_of(request)
    body = body_sha256 if body_sha256 is not None else await request.body()
    sha256 = fingerprint(
        request.method.encode(),
        request.scope.get("raw_path") or request.scope["path"].encode(),
        request.scope["query_string"],
        request.headers.get("content-type", "").encode(),
        body,
    )
    return await service.writing.run(
        service.ledger.transact,
        lambda connection: hold(
            connection, caller.caller_id, key, sha256, service.ledger.time_s(connection)
        ),
    )


async def _let_go(service: Service, held: Hold) -> None:
    """Free the key. Where the ledger does not answer, the caller is not kept waiting for that: it
    is tried again until it succeeds, or until the hold lapses by itself."""
    if not await _released(service, held):
        task = asyncio.create_task(_let_go_later(service, held))
        _letting_go.add(task)
        task.add_done_callback(_letting_go.discard)


async def _let_go_later(service: Service, held: Hold) -> None:
    for _ in range(round(HOLD_S / RELEASE_EVERY_S)):
        await asyncio.sleep(RELEASE_EVERY_S)
        if await _released(service, held):
            return


async def _released(service: Service, held: Hold) -> bool:
    try:
        await service.writing.run(service.ledger.transact, held.release)
    except (LedgerError, ProblemError) as error:
        log.warning("an Idempotency-Key is still held: %s", error)
        return False
    return True


def _key_of(request: Request) -> str | None:
    sent = request.headers.getlist(HEADER)
    if not sent:
        return None
    key = sent[0]
    if len(sent) > 1 or not 0 < len(key) <= KEY_LIMIT_CHARACTERS or not _printable(key):
        raise ProblemError(
            "invalid-value",
            f"'{HEADER}' is one text of 1 to {KEY_LIMIT_CHARACTERS} printable ASCII characters.",
        )
    return key


def _printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _own_headers(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "content-length"}


def _response(stored: Stored) -> Response:
    return Response(stored.body or None, stored.status, headers=dict(stored.headers))


def _replayed(stored: Stored) -> Response:
    response = _response(stored)
    response.headers[REPLAYED] = "true"
    return response
