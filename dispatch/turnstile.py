"""A lock that many readers share and one writer holds alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """Readers together, or one writer alone; a waiting writer goes before new readers.

    A thread that reads may read again inside; it may not write inside, for it would wait for
    itself.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.Lock())
        self._readers = 0
        self._writers_waiting = 0
        self._mine = threading.local()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Nothing is written until the block ends."""
        depth = getattr(self._mine, "depth", 0)
        if depth == 0:
            with self._condition:
                while self._writers_waiting:
                    self._condition.wait()
                self._readers += 1
        self._mine.depth = depth + 1
        try:
            yield
        finally:
            self._mine.depth = depth
            if depth == 0:
                with self._condition:
                    self._readers -= 1
                    if not self._readers:
                        self._condition.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nothing is read or written by others until the block ends."""
        self.refuse_reader()
        with self._condition:
            self._writers_waiting += 1
            try:
                while self._readers:
                    self._condition.wait()
                # the lock stays held while writing, so nobody else gets in
                yield
            finally:
                self._writers_waiting -= 1
                self._condition.notify_all()

    def refuse_reader(self) -> None:
        """Raises RuntimeError in a thread that is inside `reading`."""
        if getattr(self._mine, "depth", 0):
            raise RuntimeError("a thread that reads must leave the block before it writes")
