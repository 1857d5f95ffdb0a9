"""Keeps events moving while the service runs: committed, sealed, read, told.

A transaction of this process that wrote events is sealed at once; what another process left behind
when it died is found within ``SEAL_EVERY_S``. The stream is read at once when this process sealed
something, else every ``READ_EVERY_S``, so that a reader here sees another process's event within
about a tenth of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from services.errors import LedgerError
from services.events.append import APPENDED
from services.events.log import EventLog
from services.events.reading import Page, Wanted, read_after
from services.events.sealing import SEALED, Sealer
from services.ledger.database import Ledger
from services.metrics import Metrics
from services.workers import Workers

log = logging.getLogger("forestall")

SEAL_EVERY_S = 0.1
SEAL_PAUSE_S = 0.015
"""Pause after a sealing: under load several transactions share one, since each is a transaction of
its own that the writers wait for."""
READ_EVERY_S = 0.05
LOOK_EVERY_S = 1.0
PAUSE_FOR_EACH_STREAM_S = 0.000_1
LONGEST_PAUSE_S = 0.1
"""Pause after clients were told, by how many they are: telling one takes about half as long, so
that a thousand of them get more at once, and the process has time for something else."""
TROUBLE_PAUSE_S = 0.5
"""Pause while the database does not answer."""


class EventFlow:
    """The two tasks around an :class:`EventLog`, and those who wait for it.

    Use it from the event loop only. ``look`` takes over what else has changed in the ledger and
    gives the keys that hold now. It is awaited between reading new events and telling them, so
    that nobody is told what happened after their key was revoked, and every ``LOOK_EVERY_S``, so
    that such a key's streams end although nothing happens.
    """

    def __init__(
        self,
        ledger: Ledger,
        sealer: Sealer,
        events: EventLog,
        workers: Workers,
        replaying: Workers,
        metrics: Metrics,
        look: Callable[[], Awaitable[object]],
    ) -> None:
        self.events = events
        self.replaying = replaying
        """Threads that read old events, so that a crowd of late readers holds up no new ones."""
        self.metrics = metrics
        self.streams: Counter[str] = Counter()
        """Open streams by caller."""
        self.ended = asyncio.Event()
        """Set when streams are to end, since the service stops."""
        self._ledger = ledger
        self._sealer = sealer
        self._workers = workers
        self._look = look
        self._sealable = asyncio.Event()
        self._readable = asyncio.Event()
        self._told_position = events.position
        self._told = asyncio.Event()

    @property
    def told_position(self) -> int:
        """Position up to which clients may be told."""
        return self._told_position

    def end(self) -> None:
        """Let all streams end; new ones are refused."""
        self.ended.set()
        self._wake()

    @contextlib.contextmanager
    def listening(self, caller_id: str) -> Iterator[None]:
        """A stream of this caller is open within the block."""
        self.streams[caller_id] += 1
        self.metrics.event_streams.inc()
        try:
            yield
        finally:
            self.metrics.event_streams.dec()
            self.streams[caller_id] -= 1
            if not self.streams[caller_id]:
                del self.streams[caller_id]

    async def newer(self, position: int, timeout_s: float) -> None:
        """Wait for something to tell after a position, for a change of keys, for the end, or for
        some time, whatever comes first."""
        told = self._told
        if self._told_position > position or self.ended.is_set():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await told.wait()

    async def page(self, position: int, wanted: Wanted, limit: int) -> Page:
        """The next events after a position: from memory, or older ones from the ledger."""
        page = self.events.after(position, wanted, limit, self._told_position)
        if page is None:
            page = await self.replaying.run(
                read_after, self._ledger, position, wanted, limit, self._told_position
            )
        return page

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[EventFlow]:
        """Both tasks run within the block."""
        loop = asyncio.get_running_loop()
        stops = [
            self._ledger.listen(name, _from_any_thread(loop, nudge))
            for name, nudge in ((APPENDED, self._sealable), (SEALED, self._readable))
        ]
        tasks = [
            asyncio.create_task(self._keep_sealing()),
            asyncio.create_task(self._keep_reading()),
        ]
        try:
            yield self
        finally:
            self.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for stop in stops:
                stop()

    async def _keep_sealing(self) -> None:
        trouble = _Trouble("events cannot be sealed")
        while True:
            await _nudged(self._sealable, SEAL_EVERY_S)
            async with trouble:
                placed = await self._workers.run(self._sealer.seal)
                if placed:
                    self.metrics.events_sealed.inc(placed)
                    await asyncio.sleep(SEAL_PAUSE_S)

    async def _keep_reading(self) -> None:
        trouble = _Trouble("events cannot be read")
        clock = asyncio.get_running_loop().time
        keys, looked_s = None, clock()
        while True:
            await _nudged(self._readable, READ_EVERY_S)
            async with trouble:
                await self._workers.run(self.events.refresh)
                position = self.events.position
                if position > self._told_position or clock() >= looked_s + LOOK_EVERY_S:
                    before, keys = keys, await self._look()
                    looked_s = clock()
                    if position > self._told_position or keys is not before:
                        self._told_position = position
                        self._wake()
                        pause_s = self.streams.total() * PAUSE_FOR_EACH_STREAM_S
                        await asyncio.sleep(min(pause_s, LONGEST_PAUSE_S))

    def _wake(self) -> None:
        self._told.set()
        self._told = asyncio.Event()


class _Trouble:
    """Says once that something fails, and once that it works again; the task goes on."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._now = False

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, kind, error, traceback) -> bool:
        if error is None:
            if self._now:
                log.warning("%s: works again", self._what)
            self._now = False
            return False
        if not isinstance(error, Exception):
            return False  # cancelled
        if not self._now:
            known = isinstance(error, LedgerError)
            log.error("%s: %s", self._what, error, exc_info=None if known else error)
        self._now = True
        await asyncio.sleep(TROUBLE_PAUSE_S)
        return True


async def _nudged(nudge: asyncio.Event, timeout_s: float) -> None:
    # Not asyncio.wait_for: before Python 3.12 it may swallow a cancellation that comes at the same
    # moment as the nudge (python/cpython#86296), and the service would never stop.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await nudge.wait()
    nudge.clear()


def _from_any_thread(loop: asyncio.AbstractEventLoop, nudge: asyncio.Event) -> Callable[[], None]:
    def call() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(nudge.set)

    return call
