"""How long it takes from each of many places to each cell of a surface."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dispatch.coverage.doors import Doors
from dispatch.coverage.survey import LEAST_SHARE, SEARCHES_AT_ONCE
from dispatch.interception.units import Roads
from dispatch.kernels.cell_times import cell_times
from geodata.changes import RoadChanges
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.search import field


def times_to_cells(
    roads: Roads,
    places: RoadPositions,
    mode: str,
    doors: Doors,
    *,
    delay_ms: np.ndarray | None = None,
    also: RoadPositions | None = None,
    changes: RoadChanges | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(float64[place, cell], float64[place, also]) seconds by road, with the delay of each place.

    Times of cells are those of a surface: the weighted mean over the doors, inf where less than
    half is reached. `also` are further road positions of the mode, whose times have no delay. One
    search for each place, two at a time.
    """
    metric, at = roads.metric(mode), doors.positions(mode)
    to_cells = np.full((len(places), len(doors.cells)), np.inf)
    to_also = np.full((len(places), 0 if also is None else len(also)), np.inf)

    def search(place: int) -> None:
        if places.edge[place] < 0:
            return
        reached = field(metric, places.take([place]), changes=changes)
        time_ms, _ = reached.at(at)
        share = np.empty(len(doors.cells))
        cell_times(doors.first_door, doors.weight, time_ms, LEAST_SHARE, to_cells[place], share)
        if delay_ms is not None:
            to_cells[place] += delay_ms[place] / 1_000.0
        if also is not None:
            also_ms, _ = reached.at(also)
            to_also[place] = np.where(also_ms < UNREACHABLE_MS, also_ms / 1_000.0, np.inf)

    with ThreadPoolExecutor(max_workers=SEARCHES_AT_ONCE) as pool:
        list(pool.map(search, range(len(places))))
    return to_cells, to_also
