"""A real HTTP server on this machine that receives webhooks and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict:
        return msgspec.json.decode(self.body)

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    def verify(self, secret: str) -> dict:
        """The event, if the receiver's library believes it; it raises if not."""
        return Webhook(secret).verify(self.body, self.headers)


class Talk(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        behaviour = self.server.note(Received(self.path, headers, body))
        with suppress(OSError):  # the sender may hang up first
            behaviour(self)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        return


Behaviour = Callable[[Talk], None]


class Receiver(ThreadingHTTPServer):
    """What came in, and how to answer the next requests."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Talk)
        self.received: list[Received] = []
        self.behaviours: list[Behaviour] = []
        """For the next requests, in order; then ``usual``."""
        self.usual: Behaviour = answers(204)
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/events"

    def note(self, request: Received) -> Behaviour:
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
            return self.behaviours.pop(0) if self.behaviours else self.usual

    def wait_for(self, count: int, timeout_s: float = 20.0) -> list[Received]:
        """All requests, as soon as there are so many."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received) >= count, timeout_s):
                raise AssertionError(f"only {len(self.received)} of {count} requests came")
            return list(self.received)

    def handle_error(self, *_: object) -> None:
        return


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    """A receiver that runs while the block does."""
    server = Receiver(port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="receiver")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer so; an underscore in the name of a header is a hyphen."""

    def behave(talk: Talk) -> None:
        talk.send_response(status)
        for name, value in headers.items():
            talk.send_header(name.replace("_", "-"), value)
        talk.send_header("Content-Length", str(len(body)))
        talk.end_headers()
        talk.wfile.write(body)

    return behave


@dataclass
class Waits:
    """Answer only when told to."""

    status: int = 204
    go_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, talk: Talk) -> None:
        self.go_on.wait(30.0)
        answers(self.status)(talk)


def hangs_up(talk: Talk) -> None:
    """Close the connection without an answer."""
    talk.close_connection = True


def never_ends(talk: Talk) -> None:
    """Say yes, and go on talking for ever."""
    talk.send_response(200)
    talk.send_header("Content-Length", str(10**12))
    talk.end_headers()
    talk.close_connection = True
    while True:
        talk.wfile.write(b"thank you " * 10_000)
