"""Strongly connected parts: from where one can get to where, and back."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def connected_parts(
    usable: np.ndarray,
    arc_base: np.ndarray,
    arc_length_m: np.ndarray,
    turn_from: np.ndarray,
    turn_to: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Part of each arc (int32[arc], -1 where not usable) and metres of road in each part.

    Part 0 is the longest, then by falling length; equals are ordered by their lowest arc. The turns
    given are those that the mode may make. Whoever has reached a shadow arc stands on the road it
    copies and may set out from there anew, so a shadow leads to its base.
    """
    arc_count = len(arc_base)
    shadows = np.flatnonzero(arc_base != np.arange(arc_count))
    rows = np.concatenate((turn_from, shadows))
    columns = np.concatenate((turn_to, arc_base[shadows]))
    links = coo_array(
        (np.ones(len(rows), np.bool_), (rows, columns)), shape=(arc_count, arc_count)
    ).tocsr()
    label_count, label = connected_components(links, directed=True, connection="strong")
    counted = usable & (arc_base == np.arange(arc_count))
    label_length_m = np.bincount(
        label[counted], weights=arc_length_m[counted], minlength=label_count
    )
    labels_used, lowest_arc = np.unique(label[usable], return_index=True)
    order = np.lexsort((lowest_arc, -label_length_m[labels_used]))
    part_of_label = np.full(label_count, -1, np.int32)
    part_of_label[labels_used[order]] = np.arange(len(labels_used), dtype=np.int32)
    part = np.where(usable, part_of_label[label], np.int32(-1)).astype(np.int32)
    return part, label_length_m[labels_used[order]]
