"""Bounds the size of every request body and the time it may take to arrive."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.errors import ProblemError
from services.http.answers import problem_answer


class BodyLimit:
    """ASGI middleware: a body that is announced too long is not read, one that grows too long or
    drips is cut off. The connection is closed after such an answer, since the rest of the body is
    still on its way."""

    def __init__(self, app: ASGIApp, limit_bytes: int, timeout_s: float) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = _announced_bytes(scope)
        if announced is not None and announced > self._limit_bytes:
            answer = problem_answer(self._too_large(), headers={"Connection": "close"})
            await answer(scope, receive, send)
            return
        deadline: float | None = None
        received_bytes = 0
        complete = False

        async def bounded() -> Message:
            nonlocal deadline, received_bytes, complete
            if complete:
                return await receive()
            now = asyncio.get_running_loop().time()
            if deadline is None:
                deadline = now + self._timeout_s
            try:
                message = await asyncio.wait_for(receive(), max(0.0, deadline - now))
            except TimeoutError:
                raise ProblemError(
                    "body-too-slow",
                    f"The body did not arrive within {self._timeout_s:g} s.",
                ) from None
            if message["type"] == "http.request":
                received_bytes += len(message.get("body", b""))
                if received_bytes > self._limit_bytes:
                    raise self._too_large()
                complete = not message.get("more_body", False)
            return message

        await self._app(scope, bounded, send)

    def _too_large(self) -> ProblemError:
        return ProblemError(
            "body-too-large", f"The body may have {self._limit_bytes} bytes at most."
        )


def _announced_bytes(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:18])
    return None
