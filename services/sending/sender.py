"""The task of every process that sends rows of one kind when they are due.

Several processes share the work without knowing of each other: whoever takes a row has it for the
length of a lease. What is due is looked for after every note of it and every second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from services.errors import ServiceError
from services.ledger.database import Ledger
from services.sending.attempts import Attempt, Booked, Booking, Message, Outcome, Reply, State
from services.sending.pacing import Pace
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
        pool: Workers,
        what: str,
        note: str,
        book: Callable[[Ledger, Booking], Booked],
        send: Callable[[Message], Awaitable[Reply]],
        count: Callable[[str], None] = lambda word: None,
    ) -> None:
        """
        Parameters
        ----------
        what : is sent, for the log.
        note : what is noted in a transaction that makes something due.
        book : notes outcomes and takes what is due, in one transaction.
        send : sends a message once, and raises nothing.
        count : is told what came of each attempt: delivered, failed or gave_up.
        """
        self._ledger = ledger
        self._pool = pool
        self._what = what
        self._note = note
        self._book = book
        self._post = send
        self._tally = count
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

        stop_listening = self._ledger.listen(self._note, wake)
        try:
            while True:
                self._awake.clear()
                try:
                    await self._turn()
                except ServiceError as error:  # the store is away; it may be back in a second
                    log.warning("%s wait: %s", self._what.capitalize(), error)
                    await asyncio.sleep(LOOK_EVERY_S)
                except Exception:  # the next time may do better; the task must not end
                    log.exception("%s could not be sent", self._what)
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
            under_way[attempt.receiver].append(attempt.item)
        booking = Booking(
            outcomes,
            MOST_UNDER_WAY - len(self._under_way),
            {receiver: pace.room(at_s) for receiver, pace in self._paces.items()},
            under_way,
            at_s >= self._forget_at_s,
        )
        try:
            booked = await self._pool.run(self._book, self._ledger, booking)
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
        self._paces[attempt.receiver].under_way += 1
        task = asyncio.create_task(self._send(message))
        self._under_way[task] = attempt
        task.add_done_callback(self._under_way.pop)

    async def _send(self, message: Message) -> None:
        pace = self._paces[message.attempt.receiver]
        try:
            reply = await self._post(message)
        finally:
            pace.under_way -= 1
        if reply.problem is None:
            pace.succeeded()
        else:
            pace.failed(time.monotonic(), reply.retry_after_s)
        self._outcomes.append(Outcome(message.attempt, reply))
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
                booked = await self._pool.run(self._book, self._ledger, Booking(self._outcomes))
            except ServiceError as error:
                log.warning("Some %s will be sent once more: %s", self._what, error)
            else:
                self._count(booked.states)

    def _count(self, states: Sequence[State | None]) -> None:
        for state in states:
            self._tally("failed" if state in (None, State.PENDING) else state.value)
