"""From times at doors to times of cells. Doors stand in the order of their cells."""

import numpy as np
from numba import njit

from geodata.network import UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)


@njit(cache=True, nogil=True)
def take_sooner(time_ms, winner, best_ms, best_winner):
    """Lowers `best_ms` (int32[door]) to `time_ms` where that is sooner; the winner follows."""
    for door in range(len(time_ms)):
        if time_ms[door] < best_ms[door]:
            best_ms[door] = time_ms[door]
            best_winner[door] = winner[door]


@njit(cache=True, nogil=True)
def cell_times(first_door, weight, time_ms, least_share, mean_s, reached_share):
    """Fills, for each cell, the weighted mean time in seconds over the doors that are reached, inf
    where less than `least_share` of the weight is, and the share of the weight that is reached."""
    for cell in range(len(mean_s)):
        mean_s[cell], reached_share[cell] = mean_of_cell(
            first_door[cell], first_door[cell + 1], weight, time_ms, least_share
        )


@njit(cache=True, nogil=True)
def mean_of_cell(begin, end, weight, time_ms, least_share):
    """(weighted mean in seconds of some doors, or inf; share of their weight that is reached)."""
    total = 0.0
    reached = 0.0
    spent = 0.0
    for door in range(begin, end):
        total += weight[door]
        if time_ms[door] < _UNREACHABLE_MS:
            reached += weight[door]
            spent += weight[door] * time_ms[door]
    if reached <= 0.0 or reached < least_share * total:
        return np.inf, reached / total
    return spent / reached / 1_000.0, reached / total


@njit(cache=True, nogil=True)
def cell_winners(first_door, weight, winner, most):
    """Fills `most` (int32[cell]): the winner of the doors that weigh most together; of equals the
    one of the first door; -1 where no door is won."""
    for cell in range(len(most)):
        most[cell] = -1
        best = 0.0
        for door in range(first_door[cell], first_door[cell + 1]):
            who = winner[door]
            if who < 0 or who == most[cell]:
                continue
            seen = False
            for earlier in range(first_door[cell], door):
                if winner[earlier] == who:
                    seen = True
                    break
            if seen:
                continue
            weighs = 0.0
            for other in range(door, first_door[cell + 1]):
                if winner[other] == who:
                    weighs += weight[other]
            if weighs > best:
                best = weighs
                most[cell] = who


@njit(cache=True, nogil=True)
def share_within(first_door, weight, time_ms, limit_ms, share):
    """Fills `share` (float64[cell]): weight of the doors reached within a limit, of all weight."""
    for cell in range(len(share)):
        total = 0.0
        within = 0.0
        for door in range(first_door[cell], first_door[cell + 1]):
            total += weight[door]
            if time_ms[door] <= limit_ms:
                within += weight[door]
        share[cell] = within / total


@njit(cache=True, nogil=True)
def means_of_cells(cells, first_door, weight, times_ms, least_share, mean_s):
    """Fills `mean_s` (float64[i]) for some cells (int64[i]) from the soonest of several searches'
    times (int32[search, door]), as :func:`cell_times` does from one."""
    for i in range(len(cells)):
        total = 0.0
        reached = 0.0
        spent = 0.0
        for door in range(first_door[cells[i]], first_door[cells[i] + 1]):
            best = np.int64(_UNREACHABLE_MS)
            for search in range(len(times_ms)):
                best = min(best, np.int64(times_ms[search, door]))
            total += weight[door]
            if best < _UNREACHABLE_MS:
                reached += weight[door]
                spent += weight[door] * best
        if reached <= 0.0 or reached < least_share * total:
            mean_s[i] = np.inf
        else:
            mean_s[i] = spent / reached / 1_000.0
