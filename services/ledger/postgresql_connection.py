"""A connection to PostgreSQL that does not wait for ever.

The server's own limits (``statement_timeout`` and the like) are of no use when the server itself
stands still: frozen, swapped out, or waiting for a disk that does not answer. libpq would then wait
as long as the network stays up. Here the client gives up, and the connection is thrown away.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

ANSWER_LIMIT_S = 10.0
"""How long the server may leave a statement without any answer."""


class PostgresqlConnection(psycopg.Connection):
    """A connection that closes itself when the server does not answer in time."""

    answer_limit_s: float | None = ANSWER_LIMIT_S
    """None: wait as long as it takes, for statements that go through whole tables."""

    def wait(self, gen: Generator, *args: Any, **kwargs: Any) -> Any:
        """What the generator returns; psycopg drives every exchange with the server by this."""
        if self.answer_limit_s is not None:
            gen = self._in_time(gen, self.answer_limit_s)
        return super().wait(gen, *args, **kwargs)

    def _in_time(self, gen: Generator, limit_s: float) -> Generator:
        give_up_at_s = time.monotonic() + limit_s
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                # Nothing is ready when psycopg only looks up from waiting, every tenth of a second.
                if not ready and time.monotonic() > give_up_at_s:
                    self.close()
                    raise psycopg.OperationalError(f"the server has not answered for {limit_s:g} s")
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value
