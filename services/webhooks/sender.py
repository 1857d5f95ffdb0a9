"""The task of every process that sends events to webhooks when they are due.

Several processes share the work without knowing of each other: whoever takes a delivery has it for
the length of a lease. What is due is looked for after every note of it and every second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Sequence

import httpx

from services.errors import ServiceError
from services.ledger.database import Ledger
from services.metrics import Metrics
from services.webhooks.booking import Booking, book
from services.webhooks.deliveries import NOTE, Attempt, Outcome, State
from services.webhooks.pacing import Pace
from services.webhooks.posting import Message, post
from services.workers import Workers

log = logging.getLogger("forestall")

LOOK_EVERY_S = 1.0
FORGET_EVERY_S = 3600.0
MOST_UNDER_WAY = 128
"""Requests of one process at a time."""
STOPPING_WITHIN_S = 2.0
"""How long requests under way may go on when the process stops; later ones are sent again by
whoever takes them when their lease ends."""


class Sender:
    """Sends what is due. Its methods are called on the event loop."""

    def __init__(
        self,
        ledger: Ledger,
        metrics: Metrics,
        pool: Workers,
        client: httpx.AsyncClient,
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._pool = pool
        self._client = client
        self._allowed_hosts = tuple(allowed_hosts)
        self._awake = asyncio.Event()
        self._paces: dict[str, Pace] = defaultdict(Pace)
        self._under_way: dict[asyncio.Task[None], Attempt] = {}
        self._outcomes: list[Outcome] = []
        self._forget_at_s = 0.0

    async def run(self) -> None:
        """Send until cancelled; then wait a moment for what is under way, and note its outcome."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(self._awake.set)
            except RuntimeError:  # the loop is closed: nothing is sent any more
                return

        stop_listening = self._ledger.listen(NOTE, wake)
        try:
            while True:
                self._awake.clear()
                try:
                    await self._turn()
                except ServiceError as error:  # the store is away; it may be back in a second
                    log.warning("Webhooks wait: %s", error)
                    await asyncio.sleep(LOOK_EVERY_S)
                except Exception:  # the next time may do better; the task must not end
                    log.exception("webhooks could not be sent")
                    await asyncio.sleep(LOOK_EVERY_S)
                await self._rest()
        finally:
            stop_listening()
            await self._stop()

    async def _rest(self) -> None:
        """Until something is noted, an answer is in, or a second is over."""
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _turn(self) -> None:
        """Note the outcomes, take what is due and begin to send it."""
        outcomes, self._outcomes = self._outcomes, []
        at_s = time.monotonic()
        under_way = defaultdict(list)
        for attempt in self._under_way.values():
            under_way[attempt.webhook_id].append(attempt.position)
        booking = Booking(
            outcomes,
            MOST_UNDER_WAY - len(self._under_way),
            {webhook_id: pace.room(at_s) for webhook_id, pace in self._paces.items()},
            under_way,
            at_s >= self._forget_at_s,
        )
        try:
            booked = await self._pool.run(book, self._ledger, booking)
        except BaseException:
            self._outcomes = outcomes + self._outcomes
            raise
        self._count(booked.states)
        if booking.forget:
            self._forget_at_s = at_s + FORGET_EVERY_S
        for message in booked.messages:
            self._begin(message)

    def _begin(self, message: Message) -> None:
        attempt = message.attempt
        self._paces[attempt.webhook_id].under_way += 1
        task = asyncio.create_task(self._send(message))
        self._under_way[task] = attempt
        task.add_done_callback(self._under_way.pop)

    async def _send(self, message: Message) -> None:
        pace = self._paces[message.attempt.webhook_id]
        try:
            outcome = await post(self._client, message, self._allowed_hosts)
        finally:
            pace.under_way -= 1
        if outcome.problem is None:
            pace.succeeded()
        else:
            pace.failed(time.monotonic(), outcome.retry_after_s)
        self._outcomes.append(outcome)
        self._awake.set()

    async def _stop(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOPPING_WITHIN_S)
        left = list(self._under_way)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if self._outcomes:
            try:
                booked = await self._pool.run(book, self._ledger, Booking(self._outcomes))
            except ServiceError as error:
                log.warning("Some events will be sent to webhooks once more: %s", error)
            else:
                self._count(booked.states)

    def _count(self, states: Sequence[State | None]) -> None:
        for state in states:
            word = "failed" if state in (None, State.PENDING) else state.value
            self._metrics.webhook_attempts.labels(word).inc()
