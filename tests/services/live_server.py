"""The service behind a real socket, for clients that bring their own HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.app import create_app
from services.http.server import Server
from services.settings import Settings

START_LIMIT_S = 180.0
"""A first start compiles the search kernels."""


@contextmanager
def live_server(
    map_folder: Path, data_dir: Path, redis_url: str | None, **settings
) -> Iterator[str]:
    """Address of a service on a free port of this machine; it stops when the block ends."""
    made = Settings(
        _env_file=None, map=map_folder, data_dir=data_dir, redis_url=redis_url, **settings
    )
    server = Server(create_app(made), made, host="127.0.0.1", port=0, log_level="warning")
    thread = threading.Thread(target=server.run, name="live-server")
    thread.start()
    try:
        deadline_s = time.monotonic() + START_LIMIT_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline_s:
                raise RuntimeError("the service did not start")
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
