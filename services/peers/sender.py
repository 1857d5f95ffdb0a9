"""The sender of messages to peers: over HTTP, or to another centre in the same ledger."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import httpx

from services.errors import LedgerError, ProblemError
from services.ledger.database import Ledger
from services.peers.outbox import NOTE, book
from services.peers.reception import Reception
from services.problems import PROBLEMS
from services.sending.attempts import Message, Reply
from services.sending.posting import post
from services.sending.sender import Sender
from services.workers import Workers

log = logging.getLogger("forestall")

TIMEOUT_S = 5.0
"""A peer that is slower is asked again, while the subject drives on."""


def peer_sender(
    ledger: Ledger,
    pool: Workers,
    client: httpx.AsyncClient,
    reception: Reception,
    allowed_hosts: Sequence[str] = (),
) -> Sender:
    """Sends messages that are due."""

    def hand_over(message: Message) -> Reply:
        try:
            reception.take_local(message)
        except ProblemError as error:
            return Reply(PROBLEMS[error.name].status, error.detail, refused=True)
        except LedgerError as error:
            return Reply(problem=str(error))
        except Exception as error:  # as a peer that answers 500: tried again
            log.exception("a message to a centre of this ledger was not taken")
            return Reply(problem=f"The service failed: {type(error).__name__}.")
        return Reply(202)

    async def send(message: Message) -> Reply:
        if message.url is None:
            return await pool.run(hand_over, message)
        return await post(client, message, allowed_hosts, TIMEOUT_S, with_detail=True)

    return Sender(ledger, pool, "messages to peers", NOTE, book, send)
