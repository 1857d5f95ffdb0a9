"""A checkpoint of another centre's map, found on ours.

Two maps of the same extract call a place the same; two that were made on different days, or by
different people, may not. Then the nearest one of the same kind counts, and after that the nearest
of any kind, for what one map calls a ramp may be a junction on the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from dispatch.interception.checkpoints import METRES_PER_DEGREE, Checkpoints
from dispatch.interceptions.messages import PlaceAsked

SAME_ID_M = 500.0
"""A place of the same id that is farther off is another one."""
SAME_KIND_M = 150.0
"""A plaza may be drawn at either end."""
ANY_KIND_M = 60.0
"""The next junction is farther away than this."""


def matched(places: Checkpoints, asked: Sequence[PlaceAsked]) -> np.ndarray:
    """int64[of asked]: index into places, -1 where our map has none. No place is taken twice."""
    found = np.full(len(asked), -1, dtype=np.int64)
    if not len(places) or not asked:
        return found
    at = _metres(places.lon, places.lat, asked[0].lat)
    wanted = _metres(
        np.array([one.lon for one in asked]), np.array([one.lat for one in asked]), asked[0].lat
    )
    index_of = {name: index for index, name in enumerate(places.id)}
    taken: set[int] = set()

    def take(place: int, index: int) -> None:
        found[place] = index
        taken.add(index)

    for place, one in enumerate(asked):
        index = index_of.get(one.checkpoint_id)
        if index is not None and np.hypot(*(at[index] - wanted[place])) <= SAME_ID_M:
            take(place, index)
    tree = cKDTree(at)
    for limit_m, same_kind in ((SAME_KIND_M, True), (ANY_KIND_M, False)):
        for place in np.flatnonzero(found < 0).tolist():
            near = np.array(tree.query_ball_point(wanted[place], limit_m), dtype=np.int64)
            near = near[np.argsort(np.hypot(*(at[near] - wanted[place]).T), kind="stable")]
            for index in near.tolist():
                fits = not same_kind or places.kind[index].value == asked[place].kind
                if fits and index not in taken:
                    take(place, index)
                    break
    return found


def _metres(lon: np.ndarray, lat: np.ndarray, around_lat: float) -> np.ndarray:
    """float64[point, 2], good for distances within a county."""
    east = lon * np.cos(np.radians(around_lat)) * METRES_PER_DEGREE
    return np.column_stack([east, lat * METRES_PER_DEGREE])
