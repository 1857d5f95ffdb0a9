"""Centres that tell each other things: two ledgers, or one; and what each has heard."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
from anyio.from_thread import start_blocking_portal
from sqlalchemy import Connection, select

from services.ledger.database import Ledger
from services.ledger.tables import peer_inbox, peer_outbox
from services.peers import outbox, registry
from services.peers.envelope import Envelope, written
from services.peers.reception import Kind, Reception, Signed
from services.peers.registry import Peer
from services.peers.sender import peer_sender
from services.sending.posting import make_client
from services.sending.signing import signed_headers
from services.workers import Workers

CASE = "019a7b2c-0000-7cc3-9b1e-0f5a2c6d7e8f"
GREETED = "test.greeted"


class Greeting(msgspec.Struct, forbid_unknown_fields=True):
    """What the centres of these tests tell each other."""

    words: str


class Centre:
    """A centre with a ledger, alone in it or not."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.heard: list[tuple[str, int, str]] = []
        """Who said something, the number of the message, and the words."""
        self.reception = Reception(ledger, {GREETED: Kind(Greeting, self._hear)})

    def _hear(
        self, connection: Connection, peer: Peer, envelope: Envelope, data: Greeting, now_s: float
    ) -> None:
        self.heard.append((peer.peer_centre, envelope.number, data.words))

    def add(
        self, centre: str, peer: str, url: str | None = None, secret: str | None = None
    ) -> Peer:
        return self.ledger.transact(
            lambda connection: registry.add(
                connection, centre, peer, url, secret, self.ledger.time_s(connection)
            )
        )

    def tell(self, peer: Peer, number: int = 1, words: str = "早上好") -> str:
        """Id of a message that is on its way."""
        return self.ledger.transact(
            lambda connection: outbox.tell(
                self.ledger, connection, peer, GREETED, CASE, number, Greeting(words),
                self.ledger.time_s(connection),
            )
        )  # fmt: skip

    def sent(self, message_id: str):
        """The row of a message."""
        with self.ledger.read() as connection:
            return connection.execute(
                select(peer_outbox).where(peer_outbox.c.message_id == message_id)
            ).one()

    def wait_until(self, message_id: str, state: str, attempts: int = 1, timeout_s: float = 20.0):
        """The row of a message once it is in this state and was tried so often."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            row = self.sent(message_id)
            settled = state != "pending" or row.last_problem is not None
            if row.state == state and row.attempts >= attempts and settled:
                return row
            assert time.monotonic() < deadline_s, row
            time.sleep(0.02)

    def remembered(self) -> list[bytes]:
        with self.ledger.read() as connection:
            return [bytes(one) for one in connection.scalars(select(peer_inbox.c.body_sha256))]


def signed(
    secret: str,
    sender: str = "wanzhou",
    recipient: str = "kaizhou",
    message_id: str = "019a7b2c-53f1-7cc3-9b1e-0f5a2c6d7e8f",
    kind: str = GREETED,
    number: int = 1,
    data: object = None,
    off_s: float = 0.0,
    body: str | None = None,
) -> Signed:
    """A message as a peer's service would sign it, or as somebody would forge it."""
    if body is None:
        body = written(
            message_id, sender, recipient, kind, CASE, number, data or Greeting("早上好"), 1.8e9
        )
    headers = signed_headers(message_id, body, [secret], time.time() + off_s)
    return Signed(
        message_id, headers["webhook-timestamp"], headers["webhook-signature"], body.encode()
    )


def headers_of(one: Signed) -> Mapping[str, str]:
    return {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": one.message_id,
        "webhook-timestamp": one.timestamp,
        "webhook-signature": one.signature,
    }


@contextmanager
def sending(centre: Centre) -> Iterator[None]:
    """A sender that runs while the block does, as in a process of its own."""
    with start_blocking_portal() as portal:
        pool = Workers("peers", 2, 16)

        async def start() -> asyncio.Task[None]:
            client = make_client()
            sender = peer_sender(centre.ledger, pool, client, centre.reception)

            async def run() -> None:
                async with client:
                    await sender.run()

            return asyncio.create_task(run())

        async def stop(task: asyncio.Task[None]) -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        task = portal.call(start)
        try:
            yield
        finally:
            portal.call(stop, task)
            pool.close()


def sha256(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
