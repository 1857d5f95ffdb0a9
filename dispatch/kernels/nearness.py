"""Who is in a cell, and who is nearest in a straight line."""

from __future__ import annotations

import numpy as np
from numba import njit

from dispatch.kernels.judging import sphere_m


@njit(cache=True, nogil=True)
def slots_in_buckets(buckets, first, following, slot_cell, least, greatest):
    """The slots in these buckets whose cell is in the range, int32[]."""
    count = 0
    for bucket in buckets:
        slot = first[bucket]
        while slot >= 0:
            if least <= slot_cell[slot] <= greatest:
                count += 1
            slot = following[slot]
    found = np.empty(count, np.int32)
    at = 0
    for bucket in buckets:
        slot = first[bucket]
        while slot >= 0:
            if least <= slot_cell[slot] <= greatest:
                found[at] = slot
                at += 1
            slot = following[slot]
    return found


@njit(cache=True, nogil=True)
def nearest_in_buckets(
    lon, lat, within_m, first, following, centre_lon, centre_lat, reach_m,
    slot_lon, slot_lat, eligible, any_of, found, away_m,
):  # fmt: skip
    """Fills the nearest slots, by distance and then number; how many.

    Buckets are opened by the least distance their people can be at, until that is too far.
    """
    least_m = np.empty(first.shape[0])
    for bucket in range(first.shape[0]):
        least_m[bucket] = np.inf
        if first[bucket] >= 0:
            least_m[bucket] = (
                sphere_m(lon, lat, centre_lon[bucket], centre_lat[bucket]) - reach_m[bucket]
            )
    capacity = found.shape[0]
    count = 0
    bound_m = within_m
    for bucket in np.argsort(least_m):
        if first[bucket] < 0 or least_m[bucket] > bound_m or capacity == 0:
            break
        slot = first[bucket]
        while slot >= 0:
            if eligible[slot] & any_of:
                away = sphere_m(lon, lat, slot_lon[slot], slot_lat[slot])
                full = count == capacity
                if away <= bound_m and not (
                    full
                    and (
                        away > away_m[count - 1]
                        or (away == away_m[count - 1] and slot > found[count - 1])
                    )
                ):
                    at = count - 1 if full else count
                    count = at + 1
                    while at > 0 and (
                        away_m[at - 1] > away or (away_m[at - 1] == away and found[at - 1] > slot)
                    ):
                        away_m[at], found[at] = away_m[at - 1], found[at - 1]
                        at -= 1
                    away_m[at], found[at] = away, slot
                    if count == capacity:
                        bound_m = min(bound_m, away_m[count - 1])
            slot = following[slot]
    return count
