"""A ``forestall serve`` of the demonstration's own, as a separate process."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from services.errors import ServiceError
from services.settings import ENVIRONMENT_PREFIX

START_LIMIT_S = 180.0
"""A first start compiles the search kernels, which takes a minute on a slow machine."""
STOP_LIMIT_S = 10.0
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class DemoError(ServiceError):
    """The demonstration cannot go on."""


@contextmanager
def running_service(
    map_folder: Path, data_dir: Path, port: int, **settings: object
) -> Iterator[str]:
    """Address of a service that is ready; it stops when the block ends, however it ends.

    ``settings`` are given to it by name, beside those of this process's environment.
    """
    port = port or _free_port()
    log = data_dir / "demo-service.log"
    data_dir.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        ENVIRONMENT_PREFIX + name.upper(): str(value)
        for name, value in {"data_dir": data_dir, **settings}.items()
    }
    command = [
        sys.executable, "-m", "services.cli", "serve",
        "--map", str(map_folder), "--port", str(port), "--public-routing",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches only us; we stop it in order
            preexec_fn=_end_with_parent,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(process, address, log)
        yield address
    finally:
        _stop(process)


def _end_with_parent() -> None:
    """In the child: be told to end when the demonstration is gone, even if it was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_ready(process: subprocess.Popen, address: str, log: Path) -> None:
    deadline_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            tail = log.read_text(errors="replace").strip().splitlines()[-3:]
            raise DemoError("The service ended while starting: " + " | ".join(tail))
        try:
            if httpx.get(f"{address}/readyz", timeout=2.0).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise DemoError(f"The service was not ready after {START_LIMIT_S:.0f} s; its log is {log}")


def _stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
