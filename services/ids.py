"""Ids of what the ledger holds: UUID version 7 (RFC 9562), so that newer rows have larger ids.

The 74 bits after the milliseconds are a counter of 42 bits and 32 random ones (RFC 9562, section
6.2, method 1). The counter begins at a random number in every millisecond and rises within it: ids
of one process are strictly increasing, and nobody can tell the next one from the last.
"""

from __future__ import annotations

import os
import re
import threading
import time
import uuid

COUNTER_BITS = 42
_COUNTER_END = 1 << COUNTER_BITS
_START_BELOW = _COUNTER_END >> 1  # half of the range is left to count up in one millisecond
_TAIL_BITS = 32
_FORM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RAND_A_SHIFT = 30  # the upper 12 bits of the counter stand before the variant, 30 after it


class IdSource:
    """Makes strictly increasing ids. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = -1
        self._counter = 0

    def new_id(self, at_ms: int | None = None) -> str:
        """A new UUID version 7 as text; larger than every one before it, if the clock stood too."""
        now_ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        with self._lock:
            if now_ms > self._last_ms:
                self._last_ms = now_ms
                self._counter = int.from_bytes(os.urandom(6)) % _START_BELOW
            else:  # the same millisecond, or a clock that was set back
                self._counter += 1
                if self._counter == _COUNTER_END:
                    self._last_ms += 1
                    self._counter = 0
            ms, counter = self._last_ms, self._counter
        value = (ms & 0xFFFF_FFFF_FFFF) << 80
        value |= 0x7 << 76
        value |= (counter >> _RAND_A_SHIFT) << 64
        value |= 0b10 << 62
        value |= (counter & ((1 << _RAND_A_SHIFT) - 1)) << _TAIL_BITS
        value |= int.from_bytes(os.urandom(4))
        return str(uuid.UUID(int=value))


_source = IdSource()


def new_id() -> str:
    """A new id, larger than all that this process has made before."""
    return _source.new_id()


def is_id(text: str) -> bool:
    """Whether the text has the form of an id; what has not is the id of nothing."""
    return _FORM.fullmatch(text) is not None


def _begin_anew() -> None:
    """In a forked child, which must not go on counting where its parent does."""
    global _source
    _source = IdSource()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
