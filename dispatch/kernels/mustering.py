"""Who may be considered, and how much is added to their drive."""

from __future__ import annotations

import numpy as np
from numba import njit

FRESH = 0
STALE = 1
LOST = 2


@njit(cache=True, nogil=True)
def _freshness(age_s, stale_after_s, lost_after_s):
    if age_s < stale_after_s:
        return FRESH
    return STALE if age_s < lost_after_s else LOST


@njit(cache=True, nogil=True)
def freshness(kind, fixed_at_s, now_s, stale_after_s, lost_after_s):
    """uint8[i]: what each fix is worth; the limits are by kind."""
    worth = np.empty(kind.shape[0], np.uint8)
    for i in range(kind.shape[0]):
        worth[i] = _freshness(now_s - fixed_at_s[i], stale_after_s[kind[i]], lost_after_s[kind[i]])
    return worth


@njit(cache=True, nogil=True)
def muster(
    live, kind, status, jurisdiction, capability, fixed_at_s,
    now_s, held, able, wanted_status, with_lost, stale_after_s, lost_after_s, turn_out_s,
    doubt_share, longest_delay_ms, eligible, delay_ms,
):  # fmt: skip
    """Writes for every slot the bit of its kind, 0 for who may not be considered, and its delay.

    `held[jurisdiction]`, `able[capability set]` and `wanted_status[status]` must all be true. The
    delay is the kind's turn-out plus a share of the time by which the fix is older than fresh.
    """
    for slot in range(live.shape[0]):
        eligible[slot] = 0
        delay_ms[slot] = 0
        if (
            not live[slot]
            or not held[jurisdiction[slot]]
            or not able[capability[slot]]
            or not wanted_status[status[slot]]
        ):
            continue
        of_kind = kind[slot]
        age_s = now_s - fixed_at_s[slot]
        if not with_lost and age_s >= lost_after_s[of_kind]:
            continue
        eligible[slot] = np.uint32(1) << of_kind
        doubt_s = max(age_s - stale_after_s[of_kind], 0.0) * doubt_share
        whole_ms = (turn_out_s[of_kind] + doubt_s) * 1000.0
        delay_ms[slot] = np.int32(min(whole_ms + 0.5, longest_delay_ms))


@njit(cache=True, nogil=True)
def tally(
    live, kind, status, jurisdiction, fixed_at_s, edge,
    now_s, held, stale_after_s, lost_after_s, counts,
):  # fmt: skip
    """Adds everybody held to counts[kind, status, freshness, 1 on a road, 0 on none]."""
    for slot in range(live.shape[0]):
        if live[slot] and held[jurisdiction[slot]]:
            of_kind = kind[slot]
            worth = _freshness(
                now_s - fixed_at_s[slot], stale_after_s[of_kind], lost_after_s[of_kind]
            )
            counts[of_kind, status[slot], worth, 1 if edge[slot] >= 0 else 0] += 1
