"""Where the subject may be going: destinations, roads out of an area, or far away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from dispatch.errors import InterceptionError
from dispatch.interception.reach import Reach
from geodata.edge_boxes import edges_meeting
from geodata.network import E7, UNREACHABLE_MS, RoadClass, RoadNetwork
from geodata.snapping import Snapper

CLASS_WEIGHT = np.full(len(RoadClass), 0.1)
"""How likely a road is taken out of an area, by its class: a choice of ours. Long journeys begin on
big roads, and a field track out of a county is possible and rare."""
CLASS_WEIGHT[RoadClass.MOTORWAY : RoadClass.TRUNK_LINK + 1] = 8.0
CLASS_WEIGHT[RoadClass.PRIMARY : RoadClass.PRIMARY_LINK + 1] = 4.0
CLASS_WEIGHT[RoadClass.SECONDARY : RoadClass.SECONDARY_LINK + 1] = 2.0
CLASS_WEIGHT[RoadClass.TERTIARY : RoadClass.TERTIARY_LINK + 1] = 1.0
CLASS_WEIGHT[RoadClass.UNCLASSIFIED] = 0.5

SECTORS = 36
"""Compass sectors in each of which the farthest big road is an exit where no area is given."""


@dataclass(frozen=True, slots=True, eq=False)
class Exits:
    """Where the subject gets away to."""

    name: list[str]
    weight: np.ndarray
    """float64[exit], adding up to 1."""
    first_arc: np.ndarray
    """int64[exit + 1] into arc."""
    arc: np.ndarray
    """int32[]: whoever begins to drive one of these has got there."""
    lon: np.ndarray
    lat: np.ndarray
    """float64[exit], degrees WGS-84."""

    def __len__(self) -> int:
        return len(self.name)

    def arcs(self, index: int) -> np.ndarray:
        """int32[]: the arcs of one exit."""
        return self.arc[self.first_arc[index] : self.first_arc[index + 1]]


def find_exits(snapper: Snapper, reach: Reach) -> Exits:
    """The exits that can be reached within the horizon.

    Raises InterceptionError where there is none.
    """
    subject = reach.subject
    if subject.destinations:
        exits = _destinations(snapper, reach)
        missing = "None of the destinations can be reached within the horizon."
    elif subject.area is not None:
        exits = _out_of(subject.area, reach)
        missing = "No road leads out of the area within the horizon."
    else:
        exits = _far_away(reach)
        missing = "The subject cannot get anywhere within the horizon."
    if not len(exits):
        raise InterceptionError(missing)
    return exits


def _destinations(snapper: Snapper, reach: Reach) -> Exits:
    said = reach.subject.destinations
    places = snapper.snap(
        [one.lon for one in said], [one.lat for one in said], reach.metric.mode, at_door=True
    )
    soonest_s = reach.earliest_s(reach.field.at(places)[0])
    names, weights, arcs = [], [], []
    for index, one in enumerate(said):
        if not soonest_s[index] <= reach.subject.horizon_s:
            continue
        both = 2 * places.edge[index] + np.arange(2, dtype=np.int32)
        names.append(one.name or _named(reach.metric.network, int(both[0])))
        weights.append(one.weight)
        arcs.append(both[reach.metric.travel_time_ms[both] < UNREACHABLE_MS])
    return _exits(reach.metric.network, names, weights, arcs)


def _out_of(area: shapely.Geometry, reach: Reach) -> Exits:
    network = reach.metric.network
    crossing = edges_meeting(network, shapely.boundary(area))
    arcs = np.concatenate([2 * crossing, 2 * crossing + 1]).astype(np.int32)
    ends = np.concatenate([network.arc_tail[arcs], network.arc_head[arcs]])
    inside = shapely.contains_xy(
        area, network.node_lon_e7[ends] / E7, network.node_lat_e7[ends] / E7
    )
    leaves, stays = inside[: len(arcs)], inside[len(arcs) :]
    earliest_s = reach.earliest_s(reach.field.arc_label_ms[arcs])
    arcs = arcs[leaves & ~stays & (earliest_s <= reach.subject.horizon_s)]
    weight = CLASS_WEIGHT[network.edge_class[arcs >> 1]]
    return _exits(network, [_named(network, arc) for arc in arcs.tolist()], weight, arcs[:, None])


def _far_away(reach: Reach) -> Exits:
    network, sighting = reach.metric.network, reach.subject.sighting
    earliest_s = reach.node_earliest_s[network.arc_head[: 2 * network.edge_count]]
    usable = reach.metric.travel_time_ms[: 2 * network.edge_count] < UNREACHABLE_MS
    arcs = np.flatnonzero(usable & (earliest_s <= reach.subject.horizon_s)).astype(np.int32)
    big = network.edge_class[arcs >> 1] <= RoadClass.TERTIARY_LINK
    arcs = arcs[big] if big.any() else arcs
    head = network.arc_head[arcs]
    east = (network.node_lon_e7[head] / E7 - sighting.lon) * np.cos(np.radians(sighting.lat))
    north = network.node_lat_e7[head] / E7 - sighting.lat
    sector = ((np.arctan2(east, north) / (2 * np.pi) * SECTORS) % SECTORS).astype(np.int64)
    order = np.lexsort((-np.hypot(east, north), sector))
    first = np.unique(sector[order], return_index=True)[1]
    arcs = arcs[order[first]]
    names = [_named(network, arc) for arc in arcs.tolist()]
    weight = CLASS_WEIGHT[network.edge_class[arcs >> 1]]
    return _exits(network, names, weight, arcs[:, None])


def _exits(network: RoadNetwork, names, weights, arcs) -> Exits:
    count = np.array([len(of_one) for of_one in arcs], dtype=np.int64)
    arc = np.concatenate([*arcs, np.empty(0, np.int32)]).astype(np.int32)
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    weight = np.asarray(weights, dtype=np.float64)
    node = network.arc_tail[arc[first[:-1]]]
    return Exits(
        list(names),
        weight / weight.sum() if len(weight) else weight,
        first,
        arc,
        network.node_lon_e7[node] / E7,
        network.node_lat_e7[node] / E7,
    )


def _named(network: RoadNetwork, arc: int) -> str:
    edge = arc >> 1
    ref, name = network.text(network.edge_ref[edge]), network.text(network.edge_name[edge])
    return " ".join(word for word in (ref, name) if word)
