"""No-through zones: connected pieces of ground open only to those who have business there."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def no_through_zones(
    no_through: np.ndarray, arc_base: np.ndarray, turn_from: np.ndarray, turn_to: np.ndarray
) -> np.ndarray:
    """Zone of each arc: int32[arc], -1 on public ground, zones numbered by their lowest arc.

    ``no_through`` is bool[arc], true only where the mode may go at all; the turns given are those
    that the mode may make. Both directions of an edge, an arc and its shadows, and arcs joined by
    a turn in either direction lie in one zone.
    """
    arc_count = len(arc_base)
    zone = np.full(arc_count, -1, np.int32)
    inside = np.flatnonzero(no_through)
    if len(inside) == 0:
        return zone
    compact = np.full(arc_count, -1, np.int64)
    compact[inside] = np.arange(len(inside))
    within = no_through[turn_from] & no_through[turn_to]
    backward = arc_base[inside] ^ 1
    both_ways = no_through[backward]
    rows = np.concatenate((compact[turn_from[within]], compact[inside], compact[inside[both_ways]]))
    columns = np.concatenate(
        (compact[turn_to[within]], compact[arc_base[inside]], compact[backward[both_ways]])
    )
    links = coo_array(
        (np.ones(len(rows), np.bool_), (rows, columns)), shape=(len(inside), len(inside))
    ).tocsr()
    _, label = connected_components(links, directed=False)
    _, lowest, numbered = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(lowest), np.int32)
    rank[np.argsort(lowest)] = np.arange(len(lowest), dtype=np.int32)
    zone[inside] = rank[numbered]
    return zone


def enters_no_through(zone: np.ndarray, turn_from: np.ndarray, turn_to: np.ndarray) -> np.ndarray:
    """bool[turn]: the turn leads into a zone from public ground or from another zone."""
    return (zone[turn_to] >= 0) & (zone[turn_to] != zone[turn_from])
