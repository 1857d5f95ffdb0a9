"""Bodies that are too big, too slow or too deep, over a real socket."""

from __future__ import annotations

import json
import socket
import time

import httpx
import pytest

from services.keys import make_key
from tests.services.live_server import live_server
from tests.services.town import another_process, position

LIMIT_BYTES = 64 * 1024
TIMEOUT_S = 1.0


@pytest.fixture(scope="module")
def office_on_a_port(tmp_path_factory, map_folder, redis_url):
    """(host, port, headers) of a service with small limits."""
    data_dir = tmp_path_factory.mktemp("data")
    with live_server(
        map_folder,
        data_dir,
        redis_url,
        redis_region="hostile",
        body_limit_bytes=LIMIT_BYTES,
        body_timeout_s=TIMEOUT_S,
    ) as url:
        address = httpx.URL(url)
        ledger = another_process(data_dir)
        key = make_key(ledger, "test", jurisdictions=["wanzhou"])
        ledger.close()
        yield address.host, address.port, {"Authorization": f"Bearer {key.text}"}


def exchange(host, port, *parts, pause_s=0.0) -> bytes:
    """What the server answers to some raw bytes, until it closes or says nothing more."""
    with socket.create_connection((host, port), timeout=10) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause_s)
        except OSError:
            pass  # the server hung up on us, as it should
        connection.settimeout(5)
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
                if b"\r\n\r\n" in answer and b"connection: close" not in answer.lower():
                    break
        except OSError:
            pass
        return answer


def head(headers, *more: str) -> bytes:
    lines = [
        "POST /v1/positions HTTP/1.1",
        "Host: office",
        "Content-Type: application/json",
        *(f"{name}: {value}" for name, value in headers.items()),
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def still_works(host, port, headers) -> None:
    answer = httpx.post(
        f"http://{host}:{port}/v1/positions",
        json={"positions": [position("r-1", "B")]},
        headers=headers,
    )
    assert answer.json()["accepted"] == 1


def test_an_announced_giant_is_refused_unread(office_on_a_port):
    """A hundred gigabytes by Content-Length: 413 before the first byte."""
    host, port, headers = office_on_a_port
    answer = exchange(host, port, head(headers, f"Content-Length: {10**11}"))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"/problems/body-too-large" in answer
    still_works(host, port, headers)


def test_a_giant_in_chunks_is_cut_off(office_on_a_port):
    """Chunked bodies have no length to announce; they are counted as they come."""
    host, port, headers = office_on_a_port
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    answer = exchange(host, port, head(headers, "Transfer-Encoding: chunked"), *[chunk] * 100)
    assert answer.startswith(b"HTTP/1.1 413")
    still_works(host, port, headers)


def test_a_body_that_drips_is_given_up(office_on_a_port):
    """A few bytes now and then hold no connection longer than the limit."""
    host, port, headers = office_on_a_port
    begun = time.monotonic()
    drip = [b"1\r\n[\r\n"] * 60
    answer = exchange(host, port, head(headers, "Transfer-Encoding: chunked"), *drip, pause_s=0.05)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"/problems/body-too-slow" in answer
    assert time.monotonic() - begun < 8
    still_works(host, port, headers)


def test_a_body_of_exactly_the_limit_is_read(office_on_a_port):
    """The limit is the longest body that is accepted, in one piece and in chunks."""
    host, port, headers = office_on_a_port
    body = json.dumps({"positions": [position("r-2", "C")]}).encode()
    for extra, status in ((0, 200), (1, 413)):
        padded = body + b" " * (LIMIT_BYTES - len(body) + extra)
        for content in (padded, iter([padded[:1000], padded[1000:]])):
            try:
                answer = httpx.post(
                    f"http://{host}:{port}/v1/positions",
                    content=content,
                    headers=headers | {"Content-Type": "application/json"},
                )
            except httpx.HTTPError:
                assert status == 413, "hanging up on a body in full flow is an answer too"
                continue
            assert answer.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b'{"positions":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"positions":[{"id":' + b'{"a":' * 10_000,
        b"\x00" * 1000,
        b"\xf0\x28\x8c\x28",
        b'{"positions": [], "positions": []}',
        b'"' + b"\\ud800" * 100 + b'"',
        b"9" * 60_000,
    ],
)
def test_strange_bodies_are_answered_with_a_problem(office_on_a_port, body):
    """Deep, broken and odd JSON on every endpoint that reads one."""
    host, port, headers = office_on_a_port
    for method, path in (
        ("POST", "/v1/positions"),
        ("POST", "/v1/recommendations"),
        ("PUT", "/v1/closures/x"),
        ("PUT", "/v1/responders/x"),
        ("POST", "/osmand"),
    ):
        for kind in ("application/json", "application/msgpack"):
            answer = httpx.request(
                method,
                f"http://{host}:{port}{path}",
                content=body,
                headers=headers | {"Content-Type": kind},
            )
            assert answer.status_code in (200, 400, 401, 415, 422), (path, kind, answer.text)
            if answer.status_code != 200:
                assert answer.headers["content-type"] == "application/problem+json"
    still_works(host, port, headers)


def test_secrets_never_reach_the_log(office_on_a_port, caplog):
    """Not the key, not the device's secret, not the ids of people in addresses."""
    host, port, headers = office_on_a_port
    with caplog.at_level("DEBUG"):
        httpx.get(f"http://{host}:{port}/v1/responders/zhang-san", headers=headers)
        httpx.get(f"http://{host}:{port}/osmand?id=dev_123_secret&lat=1&lon=2")
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    for secret in ("zhang-san", "dev_123_secret", headers["Authorization"]):
        assert not any(secret in line for line in ours)
