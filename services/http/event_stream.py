"""Server-sent events to one client, until it goes, its key ends or the service stops.

What is to be sent is in memory once for all clients; a client only has its place in it. One that
reads slowly falls behind and is later served from the ledger; one that does not read at all is cut
off. So no client holds more than one chunk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from operator import attrgetter

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.errors import LedgerError, ProblemError
from services.events.cloud_events import PlacedEvent
from services.events.flow import EventFlow
from services.events.reading import Wanted

log = logging.getLogger("forestall")

EVENT_STREAM_MEDIA_TYPE = "text/event-stream"
HEARTBEAT_EVERY_S = 15.0
RETRY_MS = 2_000
"""How long a browser waits before it connects again."""
SEND_LIMIT_S = 60.0
"""Time within which a client must have taken what was sent last. Our server cuts it off earlier,
after the setting ``write_timeout_s``; another one may not."""
END_LIMIT_S = 1.0
"""The same for the end of the stream."""
PAGE_EVENTS = 100
CHUNK_BYTES = 64 * 1024
TROUBLE_PAUSE_S = 1.0
"""Pause before old events are asked for again, where the ledger did not answer."""
BESIDES_EVERY_S = 0.5
"""How often is looked for what a stream tells beside events."""


class EventStream(Response):
    """The answer that goes on."""

    media_type = EVENT_STREAM_MEDIA_TYPE

    def __init__(
        self,
        flow: EventFlow,
        wanted: Wanted,
        position: int,
        may_go_on: Callable[[], bool],
        opened: AbstractContextManager[None],
        frame_of: Callable[[PlacedEvent], bytes] = attrgetter("frame"),
        besides: Callable[[], bytes] | None = None,
    ) -> None:
        """Tell what comes after a position while ``may_go_on``, within the block ``opened``.

        ``frame_of`` says what is told of an event, empty for nothing; ``besides`` what else there
        is to tell since it was last asked.
        """
        super().__init__(
            headers={
                "Content-Type": EVENT_STREAM_MEDIA_TYPE,
                "Cache-Control": "no-store, no-transform",
                "X-Accel-Buffering": "no",  # nginx and its like pass it on as it comes
            }
        )
        del self.headers["content-length"]
        self._flow = flow
        self._wanted = wanted
        self._position = position
        self._may_go_on = may_go_on
        self._opened = opened
        self._frame_of = frame_of
        self._besides = besides

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._opened:
            if await self._until_the_end(receive, send):
                return
        with contextlib.suppress(TimeoutError, OSError):  # nobody reads it
            async with asyncio.timeout(END_LIMIT_S):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_the_end(self, receive: Receive, send: Send) -> bool:
        """Whether it was the client who ended it."""
        telling = asyncio.create_task(self._tell(send))
        gone = asyncio.create_task(_gone(receive))
        stopping = asyncio.create_task(self._flow.ended.wait())
        tasks = (telling, gone, stopping)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if _ended(gone):
            return True
        if _ended(telling) and (error := telling.exception()) and not _is_silence(error):
            raise error
        return False

    async def _tell(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        clock = asyncio.get_running_loop().time
        position, heartbeat_s = self._position, 0.0
        greeting = b"retry: %d\n" % RETRY_MS
        while not self._flow.ended.is_set():
            if clock() >= heartbeat_s:
                # Also tells how far this client has come, though nothing there was for it.
                await _send(send, b"%sid: %d\n: heartbeat\n\n" % (greeting, position))
                greeting, heartbeat_s = b"", clock() + HEARTBEAT_EVERY_S
            try:
                page = await self._flow.page(position, self._wanted, PAGE_EVENTS)
            except (LedgerError, ProblemError) as error:
                log.warning("old events cannot be read: %s", error)
                await asyncio.sleep(TROUBLE_PAUSE_S)
                continue
            if not self._may_go_on():
                return
            frames = [self._frame_of(event) for event in page.events]
            if self._besides is not None:
                frames.append(self._besides())
            for chunk in _chunks(frames):
                await _send(send, chunk)
                heartbeat_s = clock() + HEARTBEAT_EVERY_S
            position = page.position
            if page.more:
                await asyncio.sleep(0)  # others have their turn in between
            else:
                await self._flow.newer(position, self._pause_s(heartbeat_s - clock()))

    def _pause_s(self, until_heartbeat_s: float) -> float:
        """How long nothing need be looked at unless something happens."""
        pause_s = max(0.0, until_heartbeat_s)
        return pause_s if self._besides is None else min(pause_s, BESIDES_EVERY_S)


def _ended(task: asyncio.Task[None]) -> bool:
    """Whether the task came to its own end."""
    return task.done() and not task.cancelled()


def _is_silence(error: BaseException) -> bool:
    """Whether the client did not take what was sent."""
    return isinstance(error, TimeoutError | OSError)


async def _send(send: Send, body: bytes) -> None:
    async with asyncio.timeout(SEND_LIMIT_S):
        await send({"type": "http.response.body", "body": body, "more_body": True})


def _chunks(frames: list[bytes]) -> Iterator[bytes]:
    chunk: list[bytes] = []
    size_bytes = 0
    for frame in frames:
        chunk.append(frame)
        size_bytes += len(frame)
        if size_bytes >= CHUNK_BYTES:
            yield b"".join(chunk)
            chunk, size_bytes = [], 0
    if size_bytes:
        yield b"".join(chunk)


async def _gone(receive: Receive) -> None:
    """Returns when the client has closed the connection."""
    with contextlib.suppress(ProblemError):  # a body that drips is no use here
        while (await receive())["type"] != "http.disconnect":
            pass
