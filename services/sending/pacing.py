"""How long to wait after a failure, and how many requests a receiver is sent at once."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long something is tried."""

    given_up_after_s: float
    """After its first try it is tried for so long."""
    first_wait_s: float
    most_wait_s: float


JITTER = 0.2
"""Share by which a wait is lengthened or shortened by chance, so that what failed together does not
come back together."""

MOST_AT_ONCE = 8
"""Requests of one process to one receiver."""
AT_ONCE_AT_FIRST = 4


def next_try_at_s(
    patience: Patience, first_due_at_s: float, now_s: float, retry_after_s: float = 0.0
) -> float | None:
    """When what has just failed is tried again; None: never.

    The wait is as long as the time since the first try, so that it doubles, up to the longest. The
    last try is at the very end.

    Parameters
    ----------
    retry_after_s : what the receiver asked for; it may lengthen the wait to the longest.
    """
    give_up_at_s = first_due_at_s + patience.given_up_after_s
    if now_s >= give_up_at_s:
        return None
    wait_s = min(max(patience.first_wait_s, now_s - first_due_at_s), patience.most_wait_s)
    wait_s *= random.uniform(1.0 - JITTER, 1.0 + JITTER)
    return min(now_s + max(wait_s, min(retry_after_s, patience.most_wait_s)), give_up_at_s)


class Pace:
    """How one process treats one receiver: gently after a failure, faster with each success.

    Used on the event loop only.
    """

    def __init__(self) -> None:
        self.under_way = 0
        """Requests that have not been answered."""
        self._allowed = AT_ONCE_AT_FIRST
        self._resting_until_s = 0.0

    def room(self, at_s: float) -> int:
        """How many more requests may be sent now, by the process's own clock."""
        return 0 if at_s < self._resting_until_s else max(0, self._allowed - self.under_way)

    def succeeded(self) -> None:
        self._allowed = min(self._allowed + 1, MOST_AT_ONCE)

    def failed(self, at_s: float, rest_s: float) -> None:
        """One at a time from now on, and none for a while where the receiver asked for that."""
        self._allowed = 1
        self._resting_until_s = max(self._resting_until_s, at_s + rest_s)
