"""Bounds the size of every request body and the time it may take to arrive."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.errors import ProblemError

_STATE = "body_bounds"


@dataclass(slots=True)
class Bounds:
    """What one body is held to."""

    limit_bytes: int
    timeout_s: float


def allow_longer_body(request: Request, limit_bytes: int, timeout_s: float) -> None:
    """Hold the body of this request to other bounds: for an endpoint that streams it away.

    To be called before the body is read.
    """
    bounds: Bounds = request.scope["state"][_STATE]
    bounds.limit_bytes, bounds.timeout_s = limit_bytes, timeout_s


class BodyLimit:
    """ASGI middleware: a body that is announced too long is not read, one that grows too long or
    drips is cut off. An endpoint that looks at no body is not concerned.

    What is still on its way when the answer is given is passed over (``connections`` bounds the
    time), except for a body that is too long: after that the connection is closed."""

    def __init__(self, app: ASGIApp, limit_bytes: int, timeout_s: float) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bounds = Bounds(self._limit_bytes, self._timeout_s)
        scope.setdefault("state", {})[_STATE] = bounds
        announced_bytes, has_body = _announced(scope)
        deadline: float | None = None
        received_bytes = 0
        complete = not has_body

        async def bounded() -> Message:
            nonlocal deadline, received_bytes, complete
            if complete:
                return await receive()
            if announced_bytes > bounds.limit_bytes:
                raise _too_large(bounds)
            if deadline is None:
                deadline = asyncio.get_running_loop().time() + bounds.timeout_s
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise ProblemError(
                    "body-too-slow",
                    f"The body did not arrive within {bounds.timeout_s:g} s.",
                ) from None
            if message["type"] == "http.request":
                received_bytes += len(message.get("body", b""))
                if received_bytes > bounds.limit_bytes:
                    raise _too_large(bounds)
                complete = not message.get("more_body", False)
            return message

        async def closing(message: Message) -> None:
            unread = not complete and announced_bytes > bounds.limit_bytes
            if unread and message["type"] == "http.response.start":
                headers = [pair for pair in message["headers"] if pair[0] != b"connection"]
                message["headers"] = [*headers, (b"connection", b"close")]
            await send(message)

        await self._app(scope, bounded, closing)


def _too_large(bounds: Bounds) -> ProblemError:
    return ProblemError("body-too-large", f"The body may have {bounds.limit_bytes} bytes at most.")


def _announced(scope: Scope) -> tuple[int, bool]:
    """The length that a body is said to have, 0 where none is said; and whether there is one."""
    length, chunked = 0, False
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            length = int(value[:18])
        elif name == b"transfer-encoding":
            chunked = True
    return length, chunked or length > 0
