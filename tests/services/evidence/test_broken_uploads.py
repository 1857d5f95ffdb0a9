"""Phones in tunnels and worse: uploads over real sockets that do not end well."""

from __future__ import annotations

import socket
import time
from contextlib import closing, contextmanager
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest

from services.keys import SCOPES, make_key
from services.ledger.database import Ledger
from services.time_source import time_to_ourselves
from tests.conversations.centre import Centre
from tests.services.evidence.visit import Visit
from tests.services.live_server import live_server

LIMIT_BYTES = 200_000


@pytest.fixture
def visit(map_folder, tmp_path, redis_url):
    """An officer who has said yes, and a server that takes little and waits for nobody."""
    data_dir = tmp_path / "data"
    with (
        time_to_ourselves(),
        live_server(
            map_folder,
            data_dir,
            redis_url,
            redis_region=f"uploads-{tmp_path.name}",
            evidence_limit_bytes=LIMIT_BYTES,
            evidence_uploads=1,
            body_timeout_s=1.0,
        ) as url,
        closing(Ledger(f"sqlite:///{data_dir / 'forestall.sqlite3'}")) as ledger,
        httpx.Client(base_url=url, timeout=30.0) as client,
    ):

        def key(*jurisdictions: str, scopes=tuple(SCOPES)) -> dict[str, str]:
            made = make_key(ledger, "test", scopes, jurisdictions)
            return {"Authorization": f"Bearer {made.text}"}

        service = SimpleNamespace(ledger=ledger)
        running = SimpleNamespace(client=client, service=service, key=key)
        yield Visit(Centre(running, "rivertown"), data_dir / "evidence")


@contextmanager
def begun(visit: Visit, *lines: str):
    """A connection on which a film was announced, and nothing of it sent."""
    address = urlsplit(str(visit.client.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=20.0) as connection:
        head = [
            f"POST {visit.path} HTTP/1.1",
            "Host: office",
            "Content-Type: video/mp4",
            *(f"{name}: {value}" for name, value in visit.centre.headers.items()),
            *lines,
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        yield connection


def wait_for(what, expected) -> None:
    deadline_s = time.monotonic() + 10.0
    while what() != expected:
        assert time.monotonic() < deadline_s, what()
        time.sleep(0.02)


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(4096).split(b" ", 2)[1])


def test_nothing_is_left_of_an_upload_whose_sender_hung_up(visit):
    """No file, no row; and the same film can be sent afterwards."""
    with begun(visit, "Content-Length: 150000") as connection:
        connection.sendall(b"x" * 100_000)
        wait_for(lambda: len(visit.files()), 1)
    wait_for(visit.files, [])
    assert visit.rows() == []
    assert visit.send(b"x" * 150_000).status_code == 201


def test_a_sender_that_falls_silent_is_answered_and_cleared_away(visit):
    """Within the time that any body has; the place is free again."""
    with begun(visit, "Content-Length: 150000") as connection:
        connection.sendall(b"x" * 100)
        assert status_of(connection) == 408
    wait_for(visit.files, [])
    assert visit.send(b"film").status_code == 201


def test_a_film_that_is_announced_too_long_is_not_read(visit):
    """It is refused before any of it is stored."""
    with begun(visit, f"Content-Length: {LIMIT_BYTES + 1}") as connection:
        assert status_of(connection) == 413
    wait_for(visit.files, [])


def test_a_film_that_grows_too_long_is_cut_off(visit):
    """One that does not say how long it is; exactly the limit is taken."""
    with begun(visit, "Transfer-Encoding: chunked") as connection:
        chunk = b"%x\r\n%b\r\n" % (50_000, b"x" * 50_000)
        for _ in range(5):
            connection.sendall(chunk)
        assert status_of(connection) == 413
    wait_for(visit.files, [])
    assert visit.rows() == []
    assert visit.send(b"x" * LIMIT_BYTES).status_code == 201


def test_films_may_be_longer_than_other_bodies(visit):
    """The limit of other bodies does not hold for them, nor theirs for others."""
    limit = 4 * 1024 * 1024
    long_alert = b'{"note": "' + b"x" * limit + b'"}'
    headers = {"Content-Type": "application/json"}
    refused = visit.centre.request("POST", "/v1/alerts", headers, content=long_alert)
    assert refused.status_code == 413


def test_more_uploads_than_there_are_places_are_refused_at_once(visit):
    """503 with a time to wait, while one is under way; taken when it is done."""
    with begun(visit, "Content-Length: 4") as connection:
        connection.sendall(b"fi")
        wait_for(lambda: len(visit.files()), 1)
        refused = visit.send(b"another")
        assert refused.status_code == 503
        assert "retry-after" in refused.headers
        connection.sendall(b"lm")
        assert status_of(connection) == 201
    assert visit.send(b"another").status_code == 201


def test_of_a_part_that_falls_silent_what_came_is_kept(visit):
    """The phone goes on where its signal was lost, and the film is whole."""
    film, tus = b"0123456789" * 12_000, {"Tus-Resumable": "1.0.0"}
    uploads = f"/v1/assignments/{visit.order['id']}/uploads"
    announced = {"Upload-Length": str(len(film)), **tus}
    location = visit.centre.request("POST", uploads, announced).headers["location"]
    address = urlsplit(str(visit.client.base_url))
    head = [
        f"PATCH {location} HTTP/1.1",
        "Host: office",
        "Content-Type: application/offset+octet-stream",
        "Upload-Offset: 0",
        f"Content-Length: {len(film)}",
        *(f"{name}: {value}" for name, value in (visit.centre.headers | tus).items()),
    ]
    with socket.create_connection((address.hostname, address.port), timeout=20.0) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + film[:50_000])
        assert status_of(connection) == 408, "nothing more came"
    come = visit.centre.request("HEAD", location, tus)
    assert come.headers["upload-offset"] == "50000"
    part = {
        "Upload-Offset": "50000",
        "Content-Type": "application/offset+octet-stream",
        **tus,
    }
    answer = visit.centre.request("PATCH", location, part, content=film[50_000:])
    assert answer.status_code == 204, answer.text
    assert visit.rows()[0].size_bytes == len(film)
