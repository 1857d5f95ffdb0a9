"""Small pools of threads with a limited queue.

Nothing that computes, reads a file or waits for a disk runs on the event loop: it runs here. A
full queue refuses at once instead of making everybody wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from services.errors import ProblemError

P = ParamSpec("P")
R = TypeVar("R")

RETRY_AFTER_S = 1


class Workers:
    """One pool. Use it from the event loop only."""

    def __init__(self, name: str, threads: int, waiting_limit: int) -> None:
        self.name = name
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"forestall-{name}")
        self._waiting_limit = waiting_limit + threads
        self._under_way = 0

    @property
    def under_way(self) -> int:
        """Calls that are running or waiting."""
        return self._under_way

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function returns, run in one of the threads.

        Raises ProblemError ``overloaded`` when too many calls are waiting already.
        """
        if self._under_way >= self._waiting_limit:
            raise ProblemError("overloaded", f"Too many requests wait for the {self.name} threads.")
        self._under_way += 1
        try:
            future = self._pool.submit(function, *args, **kwargs)
        except RuntimeError:  # the pool is shut
            self._under_way -= 1
            raise ProblemError("not-ready", "The service is stopping.") from None
        # Counted down when the work is done, not when the caller stops waiting for it.
        waiter = asyncio.wrap_future(future)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _tell(loop, self._finished))
        return await waiter

    def close(self) -> None:
        """Wait for what is running, forget what is waiting."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _finished(self) -> None:
        self._under_way -= 1


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:  # the loop is closed: nobody counts any more
        return
