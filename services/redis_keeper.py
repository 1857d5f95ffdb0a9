"""Runs a Redis server for as long as somebody holds the other end of standard input.

The service starts this file as a process of its own::

    python redis_keeper.py FOLDER SERVER ARGUMENT...

However the service ends, by ``SIGKILL`` too, the kernel closes its end of the pipe; the keeper then
stops the server and removes the folder. Should the keeper itself be killed, Linux ends the server
(``PR_SET_PDEATHSIG``); the keeper has one thread, which is what makes that signal reliable.
Only the standard library is imported, so that it starts at once.
"""

from __future__ import annotations

import ctypes
import select
import shutil
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
LOOK_EVERY_S = 0.5
STOP_WITHIN_S = 3.0


def _die_with_the_keeper() -> None:
    """Runs in the child before Redis; elsewhere than on Linux there is no such request."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def keep(folder: str, command: list[str]) -> int:
    """Exit status of the server; 0 when it was stopped because nobody holds the pipe any more."""
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, cwd=folder, preexec_fn=_die_with_the_keeper
    )
    try:
        while server.poll() is None:
            readable, _, _ = select.select([sys.stdin.buffer], [], [], LOOK_EVERY_S)
            if readable and not sys.stdin.buffer.read1(4096):
                return 0
        return server.returncode
    finally:
        if server.poll() is None:
            server.terminate()
            try:
                server.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    # A terminal sends Ctrl-C to everybody; the service decides when its Redis goes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.exit(keep(sys.argv[1], sys.argv[2:]))
