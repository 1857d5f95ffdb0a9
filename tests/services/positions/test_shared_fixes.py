"""Two processes share one Redis, and Redis comes and goes."""

from __future__ import annotations

import time

import msgspec
import pytest
import redis

from services.positions.codec import field_of
from services.redis_server import EmbeddedRedis
from tests.services.town import office, position


def wait_until(condition, within_s: float = 8.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def sees(running, headers, responder_id) -> bool:
    answer = running.client.get(f"/v1/responders/{responder_id}", headers=headers)
    return answer.status_code == 200 and answer.json()["position"] is not None


def readiness(running) -> str:
    return running.client.get("/readyz").json()["status"]


@pytest.fixture
def own_redis():
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def two_processes(map_folder, tmp_path, redis_url, request):
    """Two services on one ledger and one Redis; (first, second, headers)."""
    region = request.node.name[:60].replace("[", "_").replace("]", "_")
    more = {"redis_region": region}
    with (
        office(map_folder, tmp_path, redis_url, **more) as first,
        office(map_folder, tmp_path, redis_url, **more) as second,
    ):
        yield first, second, first.key("wanzhou")


def test_what_one_process_accepts_every_process_sees(two_processes):
    """A position sent to one is in the other's picture, with everything that is known."""
    first, second, headers = two_processes
    first.push(headers, position("r-1", "B", status="busy", capabilities=["first_aid"]))
    assert wait_until(lambda: sees(second, headers, "r-1"))
    seen = second.client.get("/v1/responders/r-1", headers=headers).json()
    assert (seen["status"], seen["capabilities"]) == ("busy", ["first_aid"])
    second.push(headers, position("r-1", "C", status=None))

    def moved():
        there = first.client.get("/v1/responders/r-1", headers=headers).json()
        return there["position"]["lon"] == pytest.approx(position("x", "C")["lon"], abs=1e-6)

    assert wait_until(moved)
    assert first.client.get("/v1/responders/r-1", headers=headers).json()["status"] == "busy"


def test_who_is_forgotten_in_one_process_is_forgotten_in_all(two_processes):
    """Deleting reaches the other pictures and Redis itself."""
    first, second, headers = two_processes
    first.push(headers, position("r-1", "B"))
    assert wait_until(lambda: sees(second, headers, "r-1"))
    assert second.client.delete("/v1/responders/r-1", headers=headers).status_code == 204
    assert wait_until(lambda: not sees(first, headers, "r-1"))


def test_a_process_that_starts_knows_everybody_at_once(map_folder, tmp_path, redis_url):
    """The last fixes are taken over before the first request, status and capabilities too."""
    more = {"redis_region": "late-start"}
    with office(map_folder, tmp_path, redis_url, **more) as first:
        headers = first.key("wanzhou")
        first.push(headers, position("r-1", "B", status="on_scene", capabilities=["boat"]))
        first.push(headers, position("r-1", "C", status=None), position("r-2", "D"))
        with office(map_folder, tmp_path, redis_url, **more) as second:
            assert sees(second, headers, "r-2")
            seen = second.client.get("/v1/responders/r-1", headers=headers).json()
            assert (seen["status"], seen["capabilities"]) == ("on_scene", ["boat"])


def test_a_flushed_redis_is_filled_again_from_the_pictures(two_processes, redis_url):
    """FLUSHALL loses nothing: the running processes write their pictures back."""
    first, second, headers = two_processes
    first.push(headers, position("r-1", "B"))
    assert wait_until(lambda: sees(second, headers, "r-1"))
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    keys = first.settings.redis_keys
    assert wait_until(lambda: client.hexists(keys.fixes, field_of("wanzhou", "r-1")))
    second.push(headers, position("r-2", "C"))
    assert wait_until(lambda: sees(first, headers, "r-2"))
    assert sees(first, headers, "r-1")
    client.close()


def test_without_redis_positions_are_accepted_and_shared_later(map_folder, tmp_path):
    """Degraded, and readyz says so; when Redis comes, everybody learns what was missed."""
    server = EmbeddedRedis()
    server.start()
    socket_url = server.url
    with office(map_folder, tmp_path / "a", socket_url) as first:
        headers = first.key("wanzhou")
        first.push(headers, position("r-0", "A"))
        assert readiness(first) == "ready"
        folder = socket_url.removeprefix("unix://").rsplit("/", 1)[0]
        server.stop()
        answer = first.push(headers, position("r-1", "B"), position("r-2", "C"))
        assert answer == {"accepted": 2, "quarantined": [], "rejected": [], "shared": False}
        assert readiness(first) == "degraded"
        assert first.client.get("/readyz").json()["unshared_fixes"] >= 2
        assert sees(first, headers, "r-1")
        assert first.push(headers, position("r-1", "B", 0.1))["accepted"] == 1
        with _redis_at(folder) as client:
            assert wait_until(lambda: readiness(first) == "ready")
            keys = first.settings.redis_keys
            fields = {name.decode() for name in client.hkeys(keys.fixes)}
            assert fields == {field_of("wanzhou", name) for name in ("r-0", "r-1", "r-2")}
            assert first.push(headers, position("r-3", "D"))["shared"] is True


def _redis_at(folder: str):
    """Another Redis at the same socket, as after a restart without its data."""
    import contextlib
    import os
    import shutil
    import subprocess

    from services.redis_server import find_redis_server

    @contextlib.contextmanager
    def run():
        os.makedirs(folder, mode=0o700, exist_ok=True)
        path = f"{folder}/redis.sock"
        process = subprocess.Popen(
            [str(find_redis_server()), "--port", "0", "--unixsocket", path, "--save", ""],
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        client = redis.Redis(unix_socket_path=path)
        try:
            assert wait_until(lambda: os.path.exists(path) and client.ping())
            yield client
        finally:
            client.close()
            process.terminate()
            process.wait()
            shutil.rmtree(folder)

    return run()


def test_an_embedded_redis_that_dies_is_replaced(map_folder, tmp_path):
    """Nobody has to do anything: a new one is started and filled."""
    with office(map_folder, tmp_path, None) as running:
        headers = running.key("wanzhou")
        running.push(headers, position("r-1", "B"))
        embedded = running.service.shared._embedded
        client = redis.Redis.from_url(embedded.url)
        pid = client.info("server")["process_id"]
        client.close()
        import os
        import signal

        os.kill(pid, signal.SIGKILL)
        assert running.push(headers, position("r-2", "C"))["accepted"] == 1
        assert wait_until(lambda: readiness(running) == "ready" and embedded.alive)
        client = redis.Redis.from_url(embedded.url)
        assert wait_until(lambda: client.hlen(running.settings.redis_keys.fixes) == 2)
        client.close()


def test_a_redis_that_was_never_there_does_not_keep_the_service_from_starting(map_folder, tmp_path):
    """It starts degraded and answers."""
    with office(map_folder, tmp_path, "unix:///nonexistent/redis.sock") as running:
        assert readiness(running) == "degraded"
        headers = running.key("wanzhou")
        assert running.push(headers, position("r-1", "B"))["shared"] is False
        assert sees(running, headers, "r-1")


def test_a_batch_reaches_redis_whole_or_not_at_all(town_office, redis_url):
    """Hash and stream are one transaction: never one without the other."""
    headers = town_office.key("wanzhou")
    keys = town_office.settings.redis_keys
    client = redis.Redis.from_url(redis_url)
    client.set(keys.batches, "in the way")  # XADD will fail, and HSET with it
    answer = town_office.push(headers, position("r-1", "B"), position("r-2", "C"))
    assert answer["accepted"] == 2
    client.delete(keys.batches)
    assert wait_until(lambda: client.hlen(keys.fixes) == 2)
    assert wait_until(lambda: readiness(town_office) == "ready")
    assert client.xlen(keys.batches) >= 1
    client.close()


def test_old_positions_are_deleted_everywhere(map_folder, tmp_path, redis_url):
    """From the picture, from the hash and from the stream, without anybody asking."""
    client = redis.Redis.from_url(redis_url)
    with office(
        map_folder, tmp_path, redis_url, redis_region="short-memory", positions_kept_s=3.0
    ) as running:
        headers = running.key("wanzhou")
        running.push(headers, position("r-1", "B"))
        keys = running.settings.redis_keys
        assert client.hlen(keys.fixes) == 1
        client.delete(keys.sweep)
        assert wait_until(lambda: not sees(running, headers, "r-1"), 12)
        client.delete(keys.sweep)
        assert wait_until(lambda: client.hlen(keys.fixes) == 0)
        assert wait_until(lambda: client.xlen(keys.batches) == 0)
    client.close()


def test_what_cannot_be_read_in_redis_is_passed_over(town_office, redis_url):
    """Rubbish in the hash and the stream stops nobody."""
    headers = town_office.key("wanzhou")
    keys = town_office.settings.redis_keys
    client = redis.Redis.from_url(redis_url)
    client.hset(
        keys.fixes, mapping={"wanzhou:x": b"\xc1", "wanzhou:y": msgspec.msgpack.encode([9])}
    )
    client.xadd(keys.batches, {"batch": b"rubbish"})
    client.xadd(keys.batches, {"something": "else"})
    assert town_office.push(headers, position("r-1", "B"))["shared"] is True
    time.sleep(0.2)
    assert readiness(town_office) == "ready"
    client.close()


def test_an_ancient_redis_is_refused_with_the_version_it_needs(monkeypatch, map_folder, tmp_path):
    """Redis 5 would fail later in odd ways; it is said at once."""
    monkeypatch.setattr("services.positions.shared_fixes.OLDEST_REDIS", (99, 0))
    with office(map_folder, tmp_path, None) as running:
        assert readiness(running) == "degraded"
        assert "too old" in running.service.shared.problem
