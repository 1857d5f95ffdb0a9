"""Which fixes are believed."""

from __future__ import annotations

import numpy as np
from numba import njit

EARTH_RADIUS_M = 6_371_008.8

# codes of dispatch.fixes.Verdict; a test holds the two together
ACCEPTED = 0
DUPLICATE = 1
OUT_OF_ORDER = 2
TOO_OLD = 3
FUTURE = 4
JUMP = 5
COARSE = 6
INVALID = 7
VERDICTS = 8


@njit(cache=True, nogil=True)
def sphere_m(lon_a, lat_a, lon_b, lat_b):
    """Metres along the sphere between two points in degrees."""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half = (
        np.sin((phi_b - phi_a) / 2) ** 2
        + np.cos(phi_a) * np.cos(phi_b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(min(half, 1.0)))


@njit(cache=True, nogil=True)
def _can_have_come(
    from_lon, from_lat, from_s, from_accuracy_m, lon, lat, fixed_at_s, accuracy_m,
    top_speed_mps, clock_step_s, accuracy_share,
):  # fmt: skip
    """Whether the mode can have gone from one fix to a later one."""
    within_m = top_speed_mps * (fixed_at_s - from_s + clock_step_s)
    within_m += accuracy_share * (from_accuracy_m + accuracy_m)
    return sphere_m(from_lon, from_lat, lon, lat) <= within_m


@njit(cache=True, nogil=True)
def judge(
    who, lon, lat, fixed_at_s, accuracy_m, top_speed_mps, lost_after_s, tells_status, tells_able,
    now_s, future_s, coarse_m, unknown_accuracy_m, clock_step_s, accuracy_share, believe_after,
    known_top_mps, known, last_lon, last_lat, last_s, last_accuracy_m,
    doubt_count, doubt_lon, doubt_lat, doubt_s, doubt_accuracy_m,
    verdict, believed_fix, telling_fix, status_fix, able_fix, refused,
):  # fmt: skip
    """Judges fixes by the rules of dispatch.intake, in order.

    Each against its responder's last believed fix, which moves along.
    `who[fix]` is the responder's place in the columns of the second group, which are changed.
    `doubt_*` is the latest of the fixes that jumped to the same neighbourhood one after another,
    and their number; when it reaches `believe_after`, they are right and the old fix was wrong.
    Writes the verdict of each fix; per responder the last fix believed, the last one that tells who
    they are, the last of those that tells their status, and the last that tells what they are able
    to do (each stays as it is where there is none); and adds to `refused[responder, verdict]`.
    """
    for fix in range(who.shape[0]):
        r = who[fix]
        at_s = fixed_at_s[fix]
        good_place = abs(lon[fix]) <= 180.0 and abs(lat[fix]) <= 90.0  # false for NaN
        # a device that claims no radius, or none at all, is taken for an ordinary phone
        radius_m = accuracy_m[fix]
        if not radius_m >= 0.0:
            radius_m = unknown_accuracy_m
        # whoever has just got out of the car may have driven most of the way
        top_mps = top_speed_mps[fix]
        if known[r]:
            top_mps = max(top_mps, known_top_mps[r])
        if not good_place or not abs(at_s) < np.inf:  # RULE 1
            verdict[fix] = INVALID
        elif at_s > now_s + future_s:  # RULE 2
            verdict[fix] = FUTURE
        elif at_s <= now_s - lost_after_s[fix]:  # RULE 3
            verdict[fix] = TOO_OLD
        elif known[r] and at_s < last_s[r]:  # RULE 4
            verdict[fix] = OUT_OF_ORDER
        elif known[r] and at_s == last_s[r]:
            verdict[fix] = DUPLICATE
        elif radius_m > coarse_m:  # RULE 5
            verdict[fix] = COARSE
        elif known[r] and not _can_have_come(  # RULE 6
            last_lon[r], last_lat[r], last_s[r], last_accuracy_m[r],
            lon[fix], lat[fix], at_s, radius_m, top_mps, clock_step_s, accuracy_share,
        ):  # fmt: skip
            verdict[fix] = JUMP
        else:
            verdict[fix] = ACCEPTED

        if verdict[fix] == JUMP:
            if doubt_count[r] > 0 and at_s <= doubt_s[r]:
                pass  # the same doubt told again, or late: no new evidence
            else:
                if doubt_count[r] > 0 and _can_have_come(
                    doubt_lon[r], doubt_lat[r], doubt_s[r], doubt_accuracy_m[r],
                    lon[fix], lat[fix], at_s, radius_m, top_mps, clock_step_s, accuracy_share,
                ):  # fmt: skip
                    doubt_count[r] += 1
                else:
                    doubt_count[r] = 1
                doubt_lon[r], doubt_lat[r] = lon[fix], lat[fix]
                doubt_s[r], doubt_accuracy_m[r] = at_s, radius_m
                if doubt_count[r] >= believe_after:
                    verdict[fix] = ACCEPTED

        if verdict[fix] == ACCEPTED:
            known[r] = True
            last_lon[r], last_lat[r] = lon[fix], lat[fix]
            last_s[r], last_accuracy_m[r] = at_s, radius_m
            doubt_count[r] = 0
            believed_fix[r] = fix
        else:
            refused[r, verdict[fix]] += 1
        told = verdict[fix] == DUPLICATE or verdict[fix] == JUMP or verdict[fix] == COARSE
        if verdict[fix] == ACCEPTED or (known[r] and told):
            telling_fix[r] = fix
            known_top_mps[r] = top_speed_mps[fix]
            if tells_status[fix]:
                status_fix[r] = fix
            if tells_able[fix]:
                able_fix[r] = fix
