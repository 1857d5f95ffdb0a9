"""A client of server-sent events, as the browsers' EventSource reads them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

WAIT_S = 20.0
"""How long a test waits for what it expects; nothing is expected to take so long."""


@dataclass
class Listener:
    """What one connection was sent so far. A thread reads it; any thread may look."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    events: list[dict] = field(default_factory=list)
    """The data of each event: CloudEvents."""
    types: list[str] = field(default_factory=list)
    """What each event was called."""
    comments: list[str] = field(default_factory=list)
    last_id: str = ""
    """As a browser sends it when it connects again."""
    retry_ms: int | None = None
    ended: bool = False
    """Whether the server ended it."""
    problem: str = ""

    @property
    def positions(self) -> list[int]:
        return [int(event["position"]) for event in self.events]

    def wait(self, happened: Callable[[Listener], bool]) -> None:
        """Wait until something is so; AssertionError if it is not so in the end."""
        deadline_s = time.monotonic() + WAIT_S
        while not happened(self):
            assert time.monotonic() < deadline_s, (self, "did not come to what was expected")
            time.sleep(0.005)

    def count(self, events: int) -> None:
        """Wait until there are so many events."""
        self.wait(lambda self: len(self.events) >= events)

    def take(self, lines: Iterator[str]) -> None:
        """Read lines as HTML's section 9.2.6 says."""
        data: list[str] = []
        type_, last_id = "", self.last_id
        for line in lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                self.last_id = last_id
                if data:
                    self.types.append(type_)
                    self.events.append(json.loads("\n".join(data)))
                data, type_ = [], ""
            elif not name:
                self.comments.append(value)
            elif name == "data":
                data.append(value)
            elif name == "event":
                type_ = value
            elif name == "id":
                last_id = value
            elif name == "retry":
                self.retry_ms = int(value)


@contextmanager
def listening(
    url: str, headers: dict[str, str], last_id: str = "", path: str = "/v1/events", **query
) -> Iterator[Listener]:
    """A connection to a stream of events; it is closed when the block ends."""
    listener = Listener()
    sent = {**headers, "Accept": "text/event-stream"}
    if last_id:
        sent["Last-Event-ID"] = last_id
    client = httpx.Client(timeout=httpx.Timeout(WAIT_S, read=2 * WAIT_S))
    request = client.build_request("GET", f"{url}{path}", headers=sent, params=query)
    response = client.send(request, stream=True)
    listener.status = response.status_code
    listener.headers = dict(response.headers)

    def read() -> None:
        try:
            if listener.status == 200:
                listener.take(response.iter_lines())
            else:
                listener.problem = response.read().decode()
            listener.ended = True
        except (httpx.HTTPError, OSError) as error:
            listener.problem = str(error)  # closed from this side, or cut off

    thread = threading.Thread(target=read, name="listener", daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        _break(response)
        thread.join(WAIT_S)
        response.close()
        client.close()


def _break(response: httpx.Response) -> None:
    """Close the connection under the thread that reads it."""
    import socket

    stream = response.extensions["network_stream"]
    own: socket.socket | None = stream.get_extra_info("socket")
    if own is not None:
        try:
            own.shutdown(socket.SHUT_RDWR)
        except OSError:  # the other side was faster
            return
