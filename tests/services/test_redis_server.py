"""The service brings its own Redis, and never leaves one behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from services.errors import RedisServerError
from services.redis_server import EmbeddedRedis, find_redis_server


def wait_until(condition, within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_it_answers_on_a_private_socket_and_is_gone_after_stop():
    """Only this user may enter the folder, there is no port, and stop leaves nothing."""
    with EmbeddedRedis() as server:
        client = redis.Redis.from_url(server.url)
        folder = Path(server.url.removeprefix("unix://")).parent
        assert client.ping()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert client.config_get("port")["port"] == "0"
        assert client.config_get("save")["save"] == ""
        pid = client.info("server")["process_id"]
        client.close()
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()
    assert not server.alive


def test_it_ends_when_the_process_that_started_it_is_killed():
    """SIGKILL leaves no chance to clean up, and still neither server nor folder stays."""
    script = (
        "import time, redis\n"
        "from services.redis_server import EmbeddedRedis\n"
        "server = EmbeddedRedis(); server.start()\n"
        "pid = redis.Redis.from_url(server.url).info('server')['process_id']\n"
        "print(server.url, pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    url, pid = parent.stdout.readline().split()
    folder = Path(url.removeprefix("unix://")).parent
    assert folder.exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not folder.exists())
    assert wait_until(lambda: not Path(f"/proc/{pid}").exists())


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
def test_it_ends_when_its_keeper_is_killed_and_can_be_started_again():
    """The last line of defence, and the way back: a dead server is noticed and replaced."""
    server = EmbeddedRedis()
    server.start()
    try:
        client = redis.Redis.from_url(server.url)
        pid = client.info("server")["process_id"]
        client.close()
        os.kill(server._keeper.pid, signal.SIGKILL)
        assert wait_until(lambda: not server.alive)
        assert wait_until(lambda: not Path(f"/proc/{pid}").exists())
        server.start()
        client = redis.Redis.from_url(server.url)
        assert client.ping()
        client.close()
    finally:
        server.stop()


def test_a_server_that_will_not_start_is_said_in_one_sentence(tmp_path):
    """A broken binary ends in an error that names it, not in a hang."""
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(RedisServerError, match="did not start"):
        EmbeddedRedis(broken).start()


def test_a_server_on_the_path_is_preferred(tmp_path, monkeypatch):
    """An installed redis-server wins over valkey-server, and both over the wheel's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    bundled = find_redis_server()
    assert bundled.name == "redis-server"
    assert bundled.parent != tmp_path
    for name in ("valkey-server", "redis-server"):
        binary = tmp_path / name
        binary.write_text("#!/bin/sh\n")
        binary.chmod(0o755)
        assert find_redis_server() == binary
