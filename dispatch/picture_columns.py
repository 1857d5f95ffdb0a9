"""The columns of the live picture: one row, a slot, for each responder."""

from __future__ import annotations

import numpy as np

from dispatch.fixes import Verdict

_COLUMNS = {
    # name: (dtype, value of an empty slot)
    # what readers see
    "live": (np.bool_, False),  # there is a believed fix
    "kind": (np.uint8, 0),
    "mode": (np.uint8, 0),
    "status": (np.uint8, 0),
    "jurisdiction": (np.int32, 0),  # code
    "capability": (np.int32, 0),  # code of a set
    "lon": (np.float64, np.nan),  # degrees WGS-84, of the last believed fix
    "lat": (np.float64, np.nan),
    "fixed_at_s": (np.float64, -np.inf),
    "accuracy_m": (np.float32, np.nan),
    "cell": (np.uint64, 0),  # H3 resolution 9
    "edge": (np.int32, -1),  # where the fix meets the road, in the mode's network
    "fraction": (np.float64, 0.0),
    "road_distance_m": (np.float32, np.inf),
    # what only the writer sees
    "heard_at_s": (np.float64, -np.inf),  # when anything came in last, believed or not
    "doubt_count": (np.int32, 0),  # fixes in a row that jumped to one neighbourhood
    "doubt_lon": (np.float64, np.nan),
    "doubt_lat": (np.float64, np.nan),
    "doubt_s": (np.float64, -np.inf),
    "doubt_accuracy_m": (np.float32, np.nan),
}


class PictureColumns:
    """Arrays by slot, growing as needed. The owner keeps writers and readers apart."""

    live: np.ndarray
    kind: np.ndarray
    mode: np.ndarray
    status: np.ndarray
    jurisdiction: np.ndarray
    capability: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    fixed_at_s: np.ndarray
    accuracy_m: np.ndarray
    cell: np.ndarray
    edge: np.ndarray
    fraction: np.ndarray
    road_distance_m: np.ndarray
    heard_at_s: np.ndarray
    doubt_count: np.ndarray
    doubt_lon: np.ndarray
    doubt_lat: np.ndarray
    doubt_s: np.ndarray
    doubt_accuracy_m: np.ndarray

    def __init__(self) -> None:
        for name, (dtype, _) in _COLUMNS.items():
            setattr(self, name, np.empty(0, dtype=dtype))
        self.refused = np.zeros((0, len(Verdict)), dtype=np.uint32)
        """uint32[slot, verdict]: fixes that were not believed, for the writer to count in."""

    @property
    def capacity(self) -> int:
        """Slots there are, used or not."""
        return len(self.live)

    def reserve(self, capacity: int) -> None:
        """Makes room for slots below `capacity`."""
        more = capacity - self.capacity
        if more <= 0:
            return
        for name, (dtype, empty) in _COLUMNS.items():
            grown = np.append(getattr(self, name), np.full(more, empty, dtype=dtype))
            setattr(self, name, grown)
        self.refused = np.vstack((self.refused, np.zeros((more, len(Verdict)), dtype=np.uint32)))

    def clear(self, slots: np.ndarray) -> None:
        """Makes slots as good as new."""
        for name, (_, empty) in _COLUMNS.items():
            getattr(self, name)[slots] = empty
        self.refused[slots] = 0
