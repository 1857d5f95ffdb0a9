"""How long roads seem to take to somebody who likes some of them and misjudges all of them."""

import numpy as np
from numba import njit

from geodata.network import UNREACHABLE_MS

PATTERN_BITS = 14
_SHIFT = np.uint64(64 - PATTERN_BITS)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio in 64 bits: Fibonacci hashing (Knuth, TAOCP 3, 6.4)."""
_UNREACHABLE_MS = int(UNREACHABLE_MS)
_LONGEST_MS = float(UNREACHABLE_MS // 8)


@njit(cache=True, nogil=True)
def misjudge(
    arcs,
    travel_time_ms,
    arc_base,
    edge_class,
    edge_flags,
    edge_way_id,
    of_class,
    toll,
    toll_factor,
    of_way,
    of_edge,
    salt,
    seeming_ms,
):
    """Sets int32[arc] `seeming_ms` for the `arcs` that can be driven.

    The time is multiplied by the liking for the class (float64[class] `of_class`), by `toll_factor`
    on edges with the flag `toll`, and by one of the patterns `of_way` and `of_edge`
    (float64[2**PATTERN_BITS]), which the way's and the edge's id with `salt` choose.
    """
    for i in range(len(arcs)):
        arc = arcs[i]
        if travel_time_ms[arc] >= _UNREACHABLE_MS:
            continue
        edge = arc_base[arc] >> 1
        liking = of_class[edge_class[edge]]
        if edge_flags[edge] & toll:
            liking *= toll_factor
        way_pattern = ((np.uint64(edge_way_id[edge]) ^ salt) * _SPREAD) >> _SHIFT
        edge_pattern = ((np.uint64(edge) ^ salt) * _SPREAD) >> _SHIFT
        time_ms = travel_time_ms[arc] * liking
        time_ms = time_ms * of_way[way_pattern] * of_edge[edge_pattern]
        seeming_ms[arc] = np.int32(min(max(time_ms, 1.0), _LONGEST_MS))
