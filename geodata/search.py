"""Who is nearest by road, how far everything is, and the way: plain exact searches.

All of them take a :class:`~geodata.metric.Metric` (what a mode costs right now) and, where a
request has closures of its own, its :class:`~geodata.changes.RoadChanges`. All may run in any
number of threads at once.
"""

from __future__ import annotations

import numpy as np

from geodata.anchors import Anchors, Positions, check_single, limited_ms, open_zones
from geodata.changes import RoadChanges
from geodata.errors import NoRouteError, OutOfNetworkError
from geodata.fields import Field, Stretches, field
from geodata.metric import Metric
from geodata.nearest import Nearest, listed, nearest_occupants, run_nearest
from geodata.road_path import RoadPath
from geodata.scratch import borrowed_scratch
from geodata.tables import many_to_many, one_to_many

__all__ = [
    "Field",
    "Nearest",
    "Positions",
    "RoadPath",
    "Stretches",
    "field",
    "many_to_many",
    "nearest_occupants",
    "one_to_many",
    "shortest_path",
]


def shortest_path(
    metric: Metric,
    origin: Positions,
    destination: Positions,
    *,
    changes: RoadChanges | None = None,
) -> RoadPath:
    """The fastest drive from one position to another.

    Raises OutOfNetworkError when a position is on no road, NoRouteError when no way leads there.
    """
    check_single(origin)
    check_single(destination)
    start, end = Anchors.of(metric, origin, None), Anchors.of(metric, destination, None)
    for anchors, which in ((start, "start"), (end, "destination")):
        if anchors.edge[0] < 0:
            raise OutOfNetworkError(f"The {which} is on no road.")
    with (
        metric.times_with(changes) as weight_ms,
        borrowed_scratch(metric.network) as scratch,
        listed(scratch, metric, start, np.zeros(1, dtype=np.int64)) as sought,
    ):
        zones = open_zones(metric, end.edge)
        found = run_nearest(
            metric, weight_ms, scratch, True, end, zones, sought, 1, limited_ms(None)
        )
    if not len(found):
        raise NoRouteError(f"No way that {metric.mode} may use leads from the start there.")
    return found.path_of(0)
