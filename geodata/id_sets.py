"""Sets of ids as rising arrays."""

from __future__ import annotations

import numpy as np


def sorted_once(ids: np.ndarray) -> np.ndarray:
    """The ids rising, each once. (``np.unique`` hashes, which takes far longer on many ids.)

    Ids that are so already come back as they are, not copied.
    """
    if len(ids) < 2 or (ids[1:] > ids[:-1]).all():
        return ids
    ids = np.sort(ids)
    is_new = np.ones(len(ids), bool)
    is_new[1:] = ids[1:] != ids[:-1]
    return ids[is_new]


def united(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The ids of two rising arrays, rising, each once; no copy where one is empty."""
    if not len(one):
        return other
    return one if not len(other) else sorted_once(np.concatenate((one, other)))
