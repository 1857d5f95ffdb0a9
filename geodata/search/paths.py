"""The fastest drive from one position to another, searched from both ends."""

from __future__ import annotations

from geodata.changes import RoadChanges
from geodata.errors import NoRouteError, OutOfNetworkError
from geodata.kernels.both_ends import path_between
from geodata.kernels.search import anchor_turn_count
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS
from geodata.road_path import RoadPath
from geodata.search.anchors import Anchors, Positions, check_single, open_zones
from geodata.search.scratch import borrowed_scratch


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
    roads = metric.roads
    seeds = anchor_turn_count(roads.first_in, roads.arc_next_copy, end.edge)
    with (
        metric.times_with(changes) as weight_ms,
        borrowed_scratch(metric.network) as ahead,
        borrowed_scratch(metric.network) as back,
    ):
        for scratch in (ahead, back):
            scratch.make_room(heap_entries=metric.network.turn_count + seeds)
        label_ms, arcs = path_between(
            (roads.first_out, roads.out_arc, roads.out_cost),
            (roads.first_in, roads.in_arc, roads.in_cost),
            weight_ms,
            roads.zone,
            open_zones(metric, end.edge),
            roads.arc_base,
            roads.arc_next_copy,
            start.edge[0],
            start.fraction[0],
            end.edge[0],
            end.fraction[0],
            ahead.next_floor(),
            ahead.label,
            ahead.next_arc,
            ahead.heap,
            back.next_floor(),
            back.label,
            back.next_arc,
            back.heap,
        )
    if not len(arcs):
        raise NoRouteError(f"No way that mode {metric.mode} may use leads from the start there.")
    start_fraction, end_fraction = float(start.fraction[0]), float(end.fraction[0])
    return RoadPath(
        arcs=arcs,
        start_fraction=1.0 - start_fraction if arcs[0] & 1 else start_fraction,
        end_fraction=1.0 - end_fraction if arcs[-1] & 1 else end_fraction,
        duration_ms=int(label_ms % NO_THROUGH_MS),
    )
