"""Connections that send nothing, drip, or take no answer end by themselves, over real sockets."""

from __future__ import annotations

import json
import re
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import httpx
import pytest

from services.http.connections import HEAD_LIMIT_BYTES, OPEN_FILES, Doorkeeper
from services.settings import Settings
from tests.services.live_server import live_server

SHORT_S = 0.6
READING_S = 1.5
LONG_S = 15.0
"""Far longer than any of the limits here: who waits so long was forgotten."""
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: office\r\n\r\n"
LAST_REQUEST = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
LONG_ANSWER = REQUEST.replace(b"healthz", b"openapi.json")


@pytest.fixture(scope="module")
def guarded_office(tmp_path_factory, map_folder, redis_url):
    """Host and port of a service with little patience."""
    with live_server(
        map_folder,
        tmp_path_factory.mktemp("data"),
        redis_url,
        redis_region="guarded",
        header_timeout_s=SHORT_S,
        idle_timeout_s=SHORT_S,
        write_timeout_s=READING_S,
        body_timeout_s=SHORT_S,
        connections_per_address=20,
    ) as url:
        address = httpx.URL(url)
        yield address.host, address.port


def read_to_end(connection: socket.socket) -> bytes:
    """All that still comes until the other side closes; fails when it never does."""
    connection.settimeout(LONG_S)
    answer = b""
    try:
        while chunk := connection.recv(65536):
            answer += chunk
    except ConnectionError:
        pass  # cut off is closed too
    return answer


def read_answer(connection: socket.socket) -> bytes:
    """One answer with its body."""
    connection.settimeout(LONG_S)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536) or pytest.fail("closed instead of an answer")
    head, _, body = answer.partition(b"\r\n\r\n")
    (length,) = re.findall(rb"content-length: (\d+)", head.lower())
    while len(body) < int(length):
        body += connection.recv(65536) or pytest.fail("closed within an answer")
    return head + b"\r\n\r\n" + body


def drip(connection: socket.socket, data: bytes, pause_s: float = 0.05) -> None:
    """Send byte by byte, each well within every limit, until it is all sent or refused."""
    try:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause_s)
    except OSError:
        pass


def problem_in(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    return json.loads(body)["type"]


def test_a_connection_that_says_nothing_is_closed(guarded_office):
    """Without a byte: there is nothing to answer."""
    with socket.create_connection(guarded_office) as connection:
        assert read_to_end(connection) == b""


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: office\r\n" + b"X-A: b\r\n" * 100,
        b"\r\n" * 200,
        b"GET /" + b"a" * 400,
    ],
)
def test_a_head_that_drips_is_answered_408(guarded_office, head):
    """However steadily the bytes come, the whole head has one time limit."""
    with socket.create_connection(guarded_office) as connection:
        drip(connection, head)
        answer = read_to_end(connection)
    # What was sent after the answer may have made the other side forget it.
    assert answer == b"" or problem_in(answer) == "/problems/head-too-slow"


def test_half_a_head_and_then_nothing_is_answered_408(guarded_office):
    """Who is still listening is told why."""
    with socket.create_connection(guarded_office) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: of")
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert problem_in(answer) == "/problems/head-too-slow"


def test_the_second_request_has_the_same_limit_as_the_first(guarded_office):
    """A kept connection that drips its next request ends as well."""
    with socket.create_connection(guarded_office) as connection:
        connection.sendall(REQUEST)
        assert read_answer(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /hea")
        answer = read_to_end(connection)
    assert problem_in(answer) == "/problems/head-too-slow"


def test_an_idle_connection_is_closed_without_a_word(guarded_office):
    """Between two requests there is nothing to answer."""
    with socket.create_connection(guarded_office) as connection:
        connection.sendall(REQUEST)
        assert read_answer(connection).startswith(b"HTTP/1.1 200 ")
        assert read_to_end(connection) == b""


def test_many_requests_on_one_connection_are_fine(guarded_office):
    """Alone, pipelined and in pieces: the limits hold for each, not for the connection."""
    with socket.create_connection(guarded_office) as connection:
        connection.settimeout(LONG_S)
        pieces = (REQUEST, REQUEST * 5, REQUEST[:20], REQUEST[20:] + REQUEST[:7], REQUEST[7:])
        for piece in pieces * 4:  # all in all far longer than a head may take, each far shorter
            connection.sendall(piece)
            time.sleep(SHORT_S / 10)
        connection.sendall(LAST_REQUEST)
        answer = read_to_end(connection)
    assert answer.count(b"HTTP/1.1 200 OK") == 8 * 4 + 1


def test_a_body_that_goes_on_after_the_answer_holds_no_place(guarded_office):
    """The caller was refused at the head, keeps the connection and drips a body nobody reads."""
    with socket.create_connection(guarded_office) as connection:
        connection.sendall(
            b"POST /v1/positions HTTP/1.1\r\nHost: office\r\nContent-Length: 2000\r\n\r\n"
        )
        assert read_answer(connection).startswith(b"HTTP/1.1 401 ")
        drip(connection, b"x" * 400)
        read_to_end(connection)


def test_who_takes_no_answer_is_cut_off(guarded_office):
    """More answers than the machine itself can hold for later, and none of them is read."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(guarded_office)
        connection.sendall(LONG_ANSWER * 200)
        poller = select.poll()
        poller.register(connection, 0)  # tells only when the other side has cut it off
        ((_, event),) = poller.poll(LONG_S * 1000)
    assert event & (select.POLLERR | select.POLLHUP)


def test_a_slow_reader_that_does_read_gets_all(guarded_office):
    """Who takes a little at a time is given as long as it takes."""
    asked = 30
    answers = b""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        connection.connect(guarded_office)
        connection.settimeout(LONG_S)
        connection.sendall(LONG_ANSWER * asked + LAST_REQUEST)
        while chunk := connection.recv(32 * 1024):
            answers += chunk
            time.sleep(0.01)
    assert answers.count(b"HTTP/1.1 200 OK") == asked + 1
    assert answers.endswith(b'{"status":"ok"}')


def test_a_head_without_end_is_refused(guarded_office):
    """Fast, but for ever: 431 as soon as it is longer than any request."""
    with socket.create_connection(guarded_office) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        sent, line, refused = 0, b"X-Filler: " + b"x" * 1000 + b"\r\n", False
        deadline_s = time.monotonic() + LONG_S
        try:
            while time.monotonic() < deadline_s:
                sent += connection.send(line)
                time.sleep(0.0005)  # so that it does not come in one piece
        except OSError:
            refused = True
        answer = read_to_end(connection)
    assert refused, "the server went on listening"
    assert sent > HEAD_LIMIT_BYTES
    assert answer == b"" or problem_in(answer) == "/problems/head-too-large"


def test_what_is_no_http_is_a_problem_too(guarded_office):
    """And the connection is closed."""
    with socket.create_connection(guarded_office) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 nonsense\r\n\r\n")
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert problem_in(answer) == "/problems/malformed-request"


def test_one_address_has_so_many_connections_and_gets_them_back(guarded_office):
    """The one too many is told so; when others are closed there is room again."""
    address = guarded_office
    with ExitStack() as stack:
        # None of them asks anything, so that none is served and closed before the last one comes:
        # those that are let in are closed without a word when their time is over.
        open_ = [stack.enter_context(socket.create_connection(address)) for _ in range(30)]
        refused = [answer for answer in map(read_to_end, open_) if answer]
        assert 10 <= len(refused) <= 20
        assert all(answer.startswith(b"HTTP/1.1 503 ") for answer in refused)
    assert httpx.get(f"http://{address[0]}:{address[1]}/healthz").status_code == 200


def test_hundreds_of_dripping_connections_hold_nobody_up(guarded_office):
    """They are all gone soon, and the service answers others meanwhile."""
    address = guarded_office
    with ExitStack() as stack:
        for _ in range(300):
            connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(b"GET /hea")
        deadline_s = time.monotonic() + LONG_S
        while time.monotonic() < deadline_s:
            try:
                answer = httpx.get(f"http://{address[0]}:{address[1]}/healthz", timeout=LONG_S)
            except httpx.TransportError:
                continue
            if answer.status_code == 200:
                return
    pytest.fail("the service was held up")


def test_a_served_process_may_have_many_connections_open():
    """As many as the machine allows, and never fewer than before."""
    limits = "import resource; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    script = (
        "import resource; from services.http.connections import allow_many_connections\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE,"
        " (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\n"
        f"allow_many_connections(); {limits}"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    soft, hard = (int(number) for number in told.stdout.split())
    assert soft == (OPEN_FILES if hard == -1 else min(hard, OPEN_FILES))


def test_leaving_forgets_the_address():
    """No address stays in memory once its connections are closed."""
    keeper = Doorkeeper(Settings(_env_file=None, connections_per_address=1))
    assert keeper.enter("a")
    assert not keeper.enter("a")
    assert keeper.enter("b")
    for address in "aab":
        keeper.leave(address)
    assert not keeper._counts
    assert keeper.enter("a")
    unlimited = Doorkeeper(Settings(_env_file=None, connections_per_address=0))
    assert all(unlimited.enter("a") for _ in range(5_000))
