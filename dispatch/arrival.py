"""Who arrives first at a victim whose place is known, or only roughly known.

A *spot* is one road position where the victim may be, with its share of the likelihood. With one
spot the ranking is one exact search. With several, responders are ranked by their mean arrival
over all spots, which is also exact: everybody's time to every spot is searched up to a limit that
doubles until nobody beyond it can be among the best (the threshold argument of Fagin, Lotem and
Naor, J. Comput. Syst. Sci. 66, 2003, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.spots import Spots
from geodata.changes import RoadChanges
from geodata.metric import Metric
from geodata.road_path import RoadPath
from geodata.search.nearest import Nearest, nearest_occupants
from geodata.search.occupants import Occupants

FIRST_LIMIT_MS = 120_000
"""First limit of the search over several spots: two minutes reach the next streets."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """The best of one mode, soonest first."""

    slot: np.ndarray
    """int32[found]."""
    eta_ms: np.ndarray
    """int64[found]: mean over the spots, turn-out and other delays included."""
    last_ms: np.ndarray
    """int64[found]: the same at the spot where they are last."""
    paths: list[RoadPath]
    """The drive of each to the likeliest spot."""

    def take(self, rows: np.ndarray) -> Arrivals:
        """Some of them, in this order."""
        return Arrivals(
            self.slot[rows],
            self.eta_ms[rows],
            self.last_ms[rows],
            [self.paths[row] for row in rows],
        )


def soonest(
    metric: Metric,
    spots: Spots,
    occupants: Occupants,
    k: int,
    eligible: np.ndarray,
    any_of: int,
    delay_ms: np.ndarray,
    limit_ms: int,
    changes: RoadChanges | None,
) -> Arrivals:
    """The at most ``k`` occupants who arrive soonest, and at every spot within ``limit_ms``.

    ``eligible`` uint32[slot] holds bits of which ``any_of`` must have one; ``delay_ms``
    int32[slot] is added to everybody's drive.
    """

    def search(spot: int, many: int, until_ms: int) -> Nearest:
        return nearest_occupants(
            metric,
            spots.positions.take(slice(spot, spot + 1)),
            occupants,
            many,
            limit_ms=until_ms,
            any_of=any_of,
            eligible=eligible,
            delay_ms=delay_ms,
            changes=changes,
        )

    if len(spots.positions) == 1:
        found = search(0, k, limit_ms)
        paths = [found.path_of(i) for i in range(len(found))]
        return Arrivals(found.slot, found.eta_ms, found.eta_ms, paths)
    return _soonest_on_average(spots, occupants, k, limit_ms, search)


def _soonest_on_average(spots: Spots, occupants: Occupants, k: int, limit_ms: int, search):
    everybody = max(occupants.capacity, 1)
    reach_ms = min(FIRST_LIMIT_MS, limit_ms)
    while True:
        mean_ms = np.zeros(everybody)
        last_ms = np.zeros(everybody, dtype=np.int64)
        reached_by = np.zeros(everybody, dtype=np.int64)
        found_by_spot = []
        for spot in range(len(spots.share)):
            found = search(spot, everybody, reach_ms)
            found_by_spot.append(found)
            mean_ms[found.slot] += spots.share[spot] * found.eta_ms
            last_ms[found.slot] = np.maximum(last_ms[found.slot], found.eta_ms)
            reached_by[found.slot] += 1
        whole = np.flatnonzero(reached_by == len(spots.share))
        order = whole[np.lexsort((whole, mean_ms[whole]))]
        # Somebody not reached from every spot needs more than the limit from at least one of
        # them, and at least what was found from the others.
        partly = np.flatnonzero((reached_by > 0) & (reached_by < len(spots.share)))
        bound_ms = np.inf
        if len(partly):
            least = mean_ms[partly].copy()
            for spot, found in enumerate(found_by_spot):
                missed = np.ones(everybody, dtype=bool)
                missed[found.slot] = False
                least += spots.share[spot] * reach_ms * missed[partly]
            bound_ms = least.min()
        bound_ms = min(bound_ms, float(reach_ms))  # whoever no spot has reached
        done = len(order) >= k and mean_ms[order[k - 1]] <= bound_ms
        if done or reach_ms >= limit_ms:
            break
        reach_ms = min(2 * reach_ms, limit_ms)
    best = order[:k]
    ranking = found_by_spot[spots.likeliest]
    place_of = {int(slot): place for place, slot in enumerate(ranking.slot)}
    return Arrivals(
        best.astype(np.int32),
        np.rint(mean_ms[best]).astype(np.int64),
        last_ms[best],
        [ranking.path_of(place_of[int(slot)]) for slot in best],
    )
