"""How often one caller may ask, so that a program that runs wild slows down nobody but itself.

Each process counts by itself: no request waits to be counted elsewhere, and the count survives a
Redis that is away. With several processes a caller may do so much in each.
"""

from __future__ import annotations

import math
from datetime import timedelta

from throttled import MemoryStore, RateLimiterType, Throttled
from throttled.rate_limiter import per_duration

from services.errors import ProblemError

BURST_S = 10
"""So many seconds' share may be taken at once, as dispatch comes in bursts; then it flows evenly
(the generic cell rate algorithm of ITU-T I.371)."""
CALLERS_KEPT = 20_000
"""Callers counted at once; beyond that, whoever has not asked for the longest time is forgotten."""
LINK_PREFIX = "fld:"
DEVICE_PREFIX = "dev:"
_UNITS = (LINK_PREFIX, DEVICE_PREFIX)


class RateLimits:
    """The counts of one process. Any thread may use it."""

    def __init__(self, requests_per_s: float, unit_requests_per_s: float) -> None:
        """Limits of a key, or of an address without one, and of one unit; 0 is no limit."""
        self._keys = _limiter(requests_per_s)
        self._units = _limiter(unit_requests_per_s)

    def count(self, caller_id: str) -> None:
        """Count one request. Raises ProblemError when the caller has had their share."""
        limiter = self._units if caller_id.startswith(_UNITS) else self._keys
        if limiter is None:
            return
        counted = limiter.limit(caller_id)
        if counted.limited:
            wait_s = math.ceil(counted.state.retry_after) or 1
            raise ProblemError(
                "too-many-requests",
                f"More than {counted.state.limit} requests at once, or within {BURST_S} s; ask "
                f"again in {wait_s} s.",
                retry_after_s=wait_s,
            )


def _limiter(requests_per_s: float) -> Throttled | None:
    if requests_per_s <= 0:
        return None
    share = max(1, round(requests_per_s * BURST_S))
    return Throttled(
        using=RateLimiterType.GCRA.value,
        quota=per_duration(timedelta(seconds=BURST_S), share, burst=share),
        store=MemoryStore(options={"MAX_SIZE": CALLERS_KEPT}),
    )
