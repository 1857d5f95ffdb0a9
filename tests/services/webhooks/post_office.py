"""A ledger in which things happen, and senders of webhooks that run on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from anyio.from_thread import start_blocking_portal

from services import time_source
from services.events.append import GENESIS, NewEvent, append
from services.events.sealing import Sealer
from services.ids import new_id
from services.jurisdictions import EVERYTHING, Jurisdictions
from services.ledger.database import Ledger
from services.metrics import Metrics
from services.sending.attempts import LEASE_S, State
from services.sending.posting import make_client
from services.sending.sender import Sender
from services.webhooks import deliveries, registry
from services.webhooks.deliveries import Delivery
from services.webhooks.fan_out import FanOut
from services.webhooks.registry import Webhook
from services.webhooks.sender import webhook_sender
from services.workers import Workers

ALL = Jurisdictions([EVERYTHING])


class PostOffice:
    """What tests do with a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._sealer = Sealer(ledger, FanOut(ledger))

    def webhook(
        self, url: str, jurisdiction: str = "wanzhou", types: tuple[str, ...] = ()
    ) -> Webhook:
        return self.ledger.transact(
            lambda connection: registry.create(
                connection, jurisdiction, url, types, self.ledger.time_s(connection)
            )
        )

    def find(self, webhook: Webhook) -> Webhook:
        """The webhook as it is now."""
        with self.ledger.read() as connection:
            return registry.find(connection, webhook.webhook_id, ALL)

    def happen(self, *types: str, jurisdiction: str = "wanzhou") -> None:
        """Let things happen, each to an incident of its own, and seal them."""

        def work(connection) -> None:
            for type_ in types:
                event = NewEvent(type_, jurisdiction, 1_790_000_000.0, {"note": "二次干预"})
                append(self.ledger, connection, new_id(), 0, GENESIS, [event])

        self.ledger.transact(work)
        self._sealer.seal()

    def seal(self) -> int:
        return self._sealer.seal()

    def deliveries(self, webhook: Webhook, state: State | None = None) -> list[Delivery]:
        """Of a webhook, the oldest event first."""
        with self.ledger.read() as connection:
            return deliveries.listed(connection, webhook.webhook_id, state, limit=10_000)[::-1]

    def wait_until(
        self, webhook: Webhook, *states: State, timeout_s: float = 20.0
    ) -> list[Delivery]:
        """The deliveries, as soon as their states are these."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            found = self.deliveries(webhook)
            if [one.state for one in found] == list(states):
                return found
            assert time.monotonic() < deadline_s, found
            time.sleep(0.02)

    def wait_for_attempts(self, webhook: Webhook, count: int, timeout_s: float = 20.0) -> Delivery:
        """The only delivery, when the outcome of so many attempts is noted."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            (found,) = self.deliveries(webhook)
            noted = found.last_problem is not None or found.state is State.DELIVERED
            if found.attempts == count and noted and not self._leased(found):
                return found
            assert time.monotonic() < deadline_s, found
            time.sleep(0.02)

    def _leased(self, delivery: Delivery) -> bool:
        """Whether somebody may still be trying: the next try is a whole lease away."""
        with self.ledger.read() as connection:
            now_s = self.ledger.time_s(connection)
        left_s = 0.0 if delivery.next_at_s is None else delivery.next_at_s - now_s
        return LEASE_S - 15.0 < left_s <= LEASE_S


@contextmanager
def sending(ledger: Ledger, metrics: Metrics | None = None, **more) -> Iterator[Sender]:
    """A sender that runs while the block does, as in a process of its own."""
    with start_blocking_portal() as portal:
        pool = Workers("webhooks", 1, 16)

        async def start() -> tuple[Sender, asyncio.Task[None]]:
            client = make_client()
            sender = webhook_sender(ledger, metrics or Metrics(), pool, client, **more)

            async def run() -> None:
                async with client:
                    await sender.run()

            return sender, asyncio.create_task(run())

        async def stop(task: asyncio.Task[None]) -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        sender, task = portal.call(start)
        try:
            yield sender
        finally:
            portal.call(stop, task)
            pool.close()


def later(seconds: float) -> None:
    """Let time go by; the test must have time to itself."""
    time_source.move_on(seconds)
