"""Connections that send nothing, drip, or take no answer do not hold a place for ever.

uvicorn closes a connection that is idle between two requests; it waits without end for the first
byte of the first request, for the rest of a request's head, for a body that nobody reads any more,
and for a client that does not read. :class:`GuardedProtocol` bounds each of these. The time for a
body that is being read is bounded in ``body_limit``.

===================================  ==========================  ================================
the client owes us                   for                         then
===================================  ==========================  ================================
its first byte                       ``header_timeout_s``        closed
the rest of a request's head         ``header_timeout_s``        408, closed
the rest of a body after the answer  ``header_timeout_s``        closed
the next request                     ``idle_timeout_s``          closed
taking what we send                  ``write_timeout_s``         cut off
===================================  ==========================  ================================
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections import Counter, deque
from enum import Enum
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.errors import ProblemError
from services.http.answers import problem_answer
from services.settings import Settings

try:
    import fcntl
    import resource
    import termios
except ImportError:  # Windows
    fcntl = resource = termios = None  # type: ignore[assignment]

HEAD_LIMIT_BYTES = 64 * 1024
"""Longest head of a request, beyond its first piece; longer than any URL that is served."""


LEAST_READ_BYTES = 16 * 1024
"""Who takes so much within ``write_timeout_s`` is slow; who takes less is not reading."""
OPEN_FILES = 65_536
"""More connections than one process can serve, and no reason to ask for more."""


class Part(Enum):
    """Which part of a request the next byte belongs to."""

    NONE = "none"  # the one before is whole
    HEAD = "head"
    BODY = "body"


class Doorkeeper:
    """Counts the connections of each address, for one server."""

    def __init__(self, settings: Settings) -> None:
        self.header_timeout_s = settings.header_timeout_s
        self.idle_timeout_s = settings.idle_timeout_s
        self.write_timeout_s = settings.write_timeout_s
        self._limit = settings.connections_per_address
        self._counts: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Whether one more connection of an address is welcome; it is counted either way."""
        self._counts[address] += 1
        return not self._limit or self._counts[address] <= self._limit

    def leave(self, address: str) -> None:
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]


class GuardedProtocol(HttpToolsProtocol):
    """One connection."""

    doorkeeper: Doorkeeper
    """Of the server; set by :func:`guarded`."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._part = Part.NONE
        self._head_bytes = 0
        self._requests_begun = 0
        self._address: str | None = None
        self._unanswered: deque[RequestResponseCycle] = deque()
        self._reading_timer: asyncio.TimerHandle | None = None
        self._writing_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect(self.doorkeeper.header_timeout_s)
        if self.client:  # none for a unix socket
            self._address = self.client[0]
            if not self.doorkeeper.enter(self._address):
                self._refuse(
                    ProblemError("overloaded", "Too many connections come from this address.")
                )

    def connection_lost(self, exc: Exception | None) -> None:
        self._reading_timer = _cancelled(self._reading_timer)
        self._writing_timer = _cancelled(self._writing_timer)
        if self._address is not None:
            self.doorkeeper.leave(self._address)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        for cycle in self._unanswered:  # uvicorn tells only the last one
            cycle.disconnected = True
            cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before = self._requests_begun
        if self._part is Part.NONE:
            self._begin_head()
        super().data_received(data)
        if self._part is Part.HEAD and self._requests_begun == before:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT_BYTES:
                self._refuse(
                    ProblemError(
                        "head-too-large",
                        f"The head of a request may have {HEAD_LIMIT_BYTES} bytes at most.",
                    )
                )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._requests_begun += 1
        self._head_bytes = 0
        if self._part is not Part.HEAD:
            self._begin_head()

    def on_headers_complete(self) -> None:
        self._part = Part.BODY
        self._reading_timer = _cancelled(self._reading_timer)
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self._unanswered.append(self.cycle)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._part = Part.NONE
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        while self._unanswered and self._unanswered[0].response_complete:
            self._unanswered.popleft()
        self._unset_keepalive_if_required()  # _watch knows more cases
        if self.transport.is_closing():
            self._cut_off_later()
        else:
            self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cut_off_later()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._writing_timer = _cancelled(self._writing_timer)

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self._cut_off_later()

    def send_400_response(self, msg: str) -> None:
        self._refuse(ProblemError("malformed-request", msg))

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: an upgrade is an offer, and passing it over is a complete answer."""

    def _begin_head(self) -> None:
        self._part = Part.HEAD
        self._expect(self.doorkeeper.header_timeout_s)

    def _watch(self) -> None:
        """Bound the time for what the client owes us now; nothing while we owe an answer."""
        answered = self.cycle is None or self.cycle.response_complete
        if self._part is Part.HEAD:
            return  # its time runs since its first byte
        if not answered:
            self._reading_timer = _cancelled(self._reading_timer)
        elif self._part is Part.BODY:
            self._expect(self.doorkeeper.header_timeout_s)
        else:
            self._expect(self.doorkeeper.idle_timeout_s)

    def _expect(self, within_s: float) -> None:
        _cancelled(self._reading_timer)
        self._reading_timer = self.loop.call_later(within_s, self._too_late)

    def _too_late(self) -> None:
        self._reading_timer = None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is we who do not read
            self._expect(self.doorkeeper.header_timeout_s)
        elif self._part is Part.HEAD:
            self._refuse(
                ProblemError(
                    "head-too-slow",
                    "The head of the request did not arrive within "
                    f"{self.doorkeeper.header_timeout_s:g} s.",
                )
            )
        else:
            self._close()

    def _refuse(self, error: ProblemError) -> None:
        """Answer with a problem, unless another answer is being written, and close."""
        if self.cycle is None or self.cycle.response_complete:
            answer = problem_answer(error, {"Connection": "close"})
            status = HTTPStatus(answer.status_code)
            lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode())]
            lines += [name + b": " + value for name, value in answer.raw_headers]
            self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + bytes(answer.body))
        self._close()

    def _close(self) -> None:
        self.transport.close()
        self._cut_off_later()

    def _cut_off_later(self) -> None:
        """A connection is only closed when all is written, and a client may never read it."""
        if self._writing_timer is None:
            self._writing_timer = self.loop.call_later(
                self.doorkeeper.write_timeout_s,
                self._cut_off_unless_read,
                self._untaken_bytes(),
            )

    def _cut_off_unless_read(self, before_bytes: int) -> None:
        self._writing_timer = None
        if before_bytes - self._untaken_bytes() >= LEAST_READ_BYTES:
            self._cut_off_later()
            return
        # Without lingering, so that the kernel does not keep for it what it will not take.
        connection = self.transport.get_extra_info("socket")
        if connection is not None and connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _untaken_bytes(self) -> int:
        """What was written and has not arrived at the client: here, and where it can be known,
        in the kernel, which takes megabytes before it lets us wait."""
        ours = self.transport.get_write_buffer_size()
        connection = self.transport.get_extra_info("socket")
        if connection is None or fcntl is None:
            return ours
        try:
            told = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:
            return ours
        return ours + int.from_bytes(told, sys.byteorder)


def guarded(protocol: type[GuardedProtocol], settings: Settings) -> type[GuardedProtocol]:
    """The protocol for one server with these settings."""
    return type(protocol.__name__, (protocol,), {"doorkeeper": Doorkeeper(settings)})


def allow_many_connections() -> None:
    """Let this process have as many files and connections open as the machine lets it have.

    The customary limit of 1,024 is for programs that misuse ``select``; an event stream for each
    screen, and a service would refuse the next caller.
    """
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _cancelled(timer: asyncio.TimerHandle | None) -> None:
    """None, in place of a timer that is no longer wanted."""
    if timer is not None:
        timer.cancel()
