"""What time it is for the service: the machine's time, or a rehearsal's.

A rehearsal runs an hour in a minute: with a speed of 60 every second of the machine counts as a
minute from the origin on. All processes of one rehearsal are given the same origin, so that they
agree on the time without asking each other. In earnest the speed is 1 and the time is the
machine's own.

There is one clock per process, because there is one time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class TimeSource:
    """How the machine's time is read."""

    speed: float = 1.0
    """Seconds told for each second that passes."""
    origin_s: float = 0.0
    """UTC seconds since 1970, by the machine, at which both times are the same."""
    ahead_s: float = 0.0
    """Seconds added to everything: how tests wait nine minutes."""

    def told_s(self, machine_s: float) -> float:
        """The time told for a time of the machine (or of the database), UTC seconds since 1970."""
        if self.speed == 1.0:
            return machine_s + self.ahead_s
        return self.origin_s + (machine_s - self.origin_s) * self.speed + self.ahead_s


_source = TimeSource()


def now_s() -> float:
    """Now, in UTC seconds since 1970."""
    return _source.told_s(time.time())


def told_s(machine_s: float) -> float:
    """What the service calls a time of the machine or of the database."""
    return _source.told_s(machine_s)


def run_at(speed: float, origin_s: float | None = None) -> None:
    """Let time run at this speed from an origin on; none: from now on."""
    global _source
    _source = TimeSource(speed, time.time() if origin_s is None else origin_s)


@contextmanager
def time_to_ourselves() -> Iterator[None]:
    """For the length of the block time may be moved on; afterwards it is what it was."""
    global _source
    before = _source
    try:
        yield
    finally:
        _source = before


def move_on(seconds: float) -> None:
    """Let it be later by so many seconds, at once."""
    global _source
    _source = replace(_source, ahead_s=_source.ahead_s + seconds)
