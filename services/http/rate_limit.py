"""How often one caller may ask, so that a program that runs wild slows down nobody but itself.

Counted in each process by itself: no request waits for another machine to be counted, and the
count survives a Redis that is away. With several processes a caller may do so much in each.
"""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from services.errors import ProblemError

WINDOW_S = 10
"""Short bursts are evened out over this time: dispatch comes in bursts."""
UNIT_PREFIX = "fld:"


class RateLimits:
    """The counts of one process. Use it from the event loop only."""

    def __init__(self, requests_per_s: float, unit_requests_per_s: float) -> None:
        """Limits of a key, or an address without one, and of a unit's link; 0 is no limit."""
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._item = _item(requests_per_s)
        self._unit_item = _item(unit_requests_per_s)

    async def count(self, caller_id: str) -> None:
        """Count one request. Raises ProblemError when the caller has had their share."""
        item = self._unit_item if caller_id.startswith(UNIT_PREFIX) else self._item
        if item is None or await self._limiter.hit(item, caller_id):
            return
        window = await self._limiter.get_window_stats(item, caller_id)
        wait_s = min(max(1, math.ceil(window.reset_time - time.time())), 2 * WINDOW_S)
        raise ProblemError(
            "too-many-requests",
            f"More than {item.amount} requests within {WINDOW_S} s; ask again in {wait_s} s.",
            retry_after_s=wait_s,
        )


def _item(requests_per_s: float) -> RateLimitItemPerSecond | None:
    if requests_per_s <= 0:
        return None
    return RateLimitItemPerSecond(max(1, round(requests_per_s * WINDOW_S)), WINDOW_S)
