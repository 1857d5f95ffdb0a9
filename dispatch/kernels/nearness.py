"""Who is in a cell, and who is nearest in a straight line."""

from __future__ import annotations

import numpy as np
from numba import njit

from dispatch.kernels.judging import sphere_m

LEAST_M_PER_DEGREE = 111_000.0
"""A degree of latitude is 111,195 m on the sphere that distances are taken on; a little less, so
that rounding rules nobody out."""


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
    near = np.empty(first.shape[0], np.int64)
    least_m = np.empty(first.shape[0])
    in_reach = 0
    for bucket in range(first.shape[0]):
        if first[bucket] < 0:
            continue
        # North and south alone rule most buckets out, without a sine.
        if abs(lat - centre_lat[bucket]) * LEAST_M_PER_DEGREE - reach_m[bucket] > within_m:
            continue
        away = sphere_m(lon, lat, centre_lon[bucket], centre_lat[bucket]) - reach_m[bucket]
        if away <= within_m:
            near[in_reach] = bucket
            least_m[in_reach] = away
            in_reach += 1
    capacity = found.shape[0]
    count = 0
    bound_m = within_m
    for place in np.argsort(least_m[:in_reach]):
        if least_m[place] > bound_m or capacity == 0:
            break
        slot = first[near[place]]
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
