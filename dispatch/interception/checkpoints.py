"""Where a car can be stopped (拦截点): toll gates, ramps, motorway junctions, service areas,
bridges, tunnel mouths, and any junction that a unit can hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from dispatch.errors import InterceptionError
from dispatch.responders import KINDS, Authority
from geodata.network import E7, NodeFlag, PlaceKind, RoadClass, RoadNetwork

METRES_PER_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6,371 km."""
ONE_GATE_M = 120.0
"""Booths nearer to each other than this are one toll gate: the lanes of a plaza and its two
directions."""
SERVICE_AREA_M = 400.0
"""The motorway's own junctions within this of a service area are its ways in and out."""


class CheckpointKind(StrEnum):
    """What makes a place fit for stopping a car. The first one counts where there are several."""

    TOLL_GATE = "toll_gate"
    RAMP = "ramp"
    SERVICE_AREA = "service_area"
    MOTORWAY_JUNCTION = "motorway_junction"
    TUNNEL_MOUTH = "tunnel_mouth"
    BRIDGE = "bridge"
    JUNCTION = "junction"


STOPPING_KINDS = frozenset(
    kind.name for kind in KINDS.values() if kind.authority & Authority.STOP_VEHICLE
)
"""Kinds of responder that may stop vehicles."""


@dataclass(frozen=True, slots=True)
class CheckpointRule:
    """What it takes to hold a place of one kind."""

    set_up_s: float
    """From arriving to being ready."""
    units_needed: int = 1
    held_by: frozenset[str] = STOPPING_KINDS
    """Kinds of responder that may hold it."""
    staff_set_up_s: float | None = None
    """Its own staff closes it so long after a call; None where it has none."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.set_up_s <= 3_600.0:
            raise InterceptionError("Setting up a checkpoint takes 0 to 3,600 seconds.")
        if not 1 <= self.units_needed <= 20:
            raise InterceptionError("A checkpoint needs 1 to 20 units.")
        if self.staff_set_up_s is not None and not 0.0 <= self.staff_set_up_s <= 3_600.0:
            raise InterceptionError("A checkpoint's own staff takes 0 to 3,600 seconds.")
        if not self.held_by <= STOPPING_KINDS:
            raise InterceptionError(
                f"Only these may stop vehicles: {', '.join(sorted(STOPPING_KINDS))}."
            )


# Choices of ours, to be replaced by a centre's own experience: at a gate the cars stop anyway; on
# a carriageway cones and lights come first, and one unit cannot hold it safely.
RULES: Mapping[CheckpointKind, CheckpointRule] = MappingProxyType(
    {
        CheckpointKind.TOLL_GATE: CheckpointRule(60.0, staff_set_up_s=180.0),
        CheckpointKind.RAMP: CheckpointRule(60.0),
        CheckpointKind.SERVICE_AREA: CheckpointRule(120.0, units_needed=2),
        CheckpointKind.MOTORWAY_JUNCTION: CheckpointRule(120.0, units_needed=2),
        CheckpointKind.TUNNEL_MOUTH: CheckpointRule(90.0),
        CheckpointKind.BRIDGE: CheckpointRule(60.0),
        CheckpointKind.JUNCTION: CheckpointRule(60.0),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoints:
    """Places where the subject can be stopped, by index. No node belongs to two of them."""

    id: list[str]
    """The same for the same map data: the kind and an OpenStreetMap node."""
    kind: list[CheckpointKind]
    name: list[str]
    lon: np.ndarray
    lat: np.ndarray
    """float64[place], degrees WGS-84."""
    first_node: np.ndarray
    """int64[place + 1] into node."""
    node: np.ndarray
    """int32[]: holding the place stops whoever drives over one of these."""
    rules: Mapping[CheckpointKind, CheckpointRule]

    def __len__(self) -> int:
        return len(self.id)

    def nodes(self, index: int) -> np.ndarray:
        """int32[]: the nodes of one place."""
        return self.node[self.first_node[index] : self.first_node[index + 1]]

    def rule(self, index: int) -> CheckpointRule:
        return self.rules[self.kind[index]]

    def place_of_node(self, network: RoadNetwork) -> np.ndarray:
        """int32[node]: the place that it belongs to, -1 where it is none."""
        place = np.full(network.node_count, -1, dtype=np.int32)
        place[self.node] = np.repeat(np.arange(len(self)), np.diff(self.first_node))
        return place

    def take(self, index: np.ndarray) -> Checkpoints:
        """Some of them, in this order."""
        nodes = [self.nodes(i) for i in index.tolist()]
        count = np.array([len(of_one) for of_one in nodes], dtype=np.int64)
        return Checkpoints(
            [self.id[i] for i in index.tolist()],
            [self.kind[i] for i in index.tolist()],
            [self.name[i] for i in index.tolist()],
            self.lon[index],
            self.lat[index],
            np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
            np.concatenate([*nodes, np.empty(0, np.int32)]).astype(np.int32),
            self.rules,
        )


def find_checkpoints(
    network: RoadNetwork,
    *,
    kinds: Collection[CheckpointKind] = tuple(CheckpointKind),
    rules: Mapping[CheckpointKind, CheckpointRule] = RULES,
) -> Checkpoints:
    """All places of these kinds on the map. Takes as long as a look at every arc: keep it."""
    group = np.full(network.node_count, -1, dtype=np.int64)
    kind_of_group: list[CheckpointKind] = []
    name_of_group: list[str] = []
    for kind in CheckpointKind:
        if kind not in kinds:
            continue
        for nodes, name in _FINDERS[kind](network):
            free = nodes[group[nodes] < 0]
            if len(free):
                group[free] = len(kind_of_group)
                kind_of_group.append(kind)
                name_of_group.append(name)
    node = np.flatnonzero(group >= 0)
    node = node[np.argsort(group[node], kind="stable")].astype(np.int32)
    first = np.searchsorted(group[node], np.arange(len(kind_of_group) + 1)).astype(np.int64)
    lead = node[first[:-1]]
    road_names = _road_names(network, lead)
    return Checkpoints(
        [
            f"{kind}-{osm_id}"
            for kind, osm_id in zip(kind_of_group, network.node_osm_id[lead].tolist(), strict=True)
        ],
        kind_of_group,
        [own or road for own, road in zip(name_of_group, road_names, strict=True)],
        network.node_lon_e7[lead] / E7,
        network.node_lat_e7[lead] / E7,
        first,
        node,
        rules,
    )


def _toll_gates(network: RoadNetwork):
    names = {
        int(network.place_node[place]): _place_name(network, place)
        for place in _places(network, PlaceKind.TOLL_BOOTH).tolist()
    }
    booths = np.flatnonzero(network.node_flags & np.uint16(NodeFlag.TOLL_BOOTH) != 0)
    if not len(booths):
        return
    at = _metres(network, network.node_lon_e7[booths], network.node_lat_e7[booths])
    pairs = cKDTree(at).query_pairs(ONE_GATE_M, output_type="ndarray")
    near = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(booths), len(booths)))
    count, gate = connected_components(near, directed=False)
    for index in range(count):
        members = booths[gate == index]
        name = next(filter(None, (names.get(node) for node in members.tolist())), "")
        yield members, name


def _motorway_junctions(network: RoadNetwork):
    for place in _places(network, PlaceKind.MOTORWAY_JUNCTION).tolist():
        yield network.place_node[place : place + 1].astype(np.int64), _place_name(network, place)


def _tunnel_mouths(network: RoadNetwork):
    return _single(network, PlaceKind.TUNNEL_MOUTH)


def _bridges(network: RoadNetwork):
    return _single(network, PlaceKind.BRIDGE_END)


def _single(network: RoadNetwork, kind: PlaceKind):
    """Ends of tunnels and bridges on roads that lead somewhere."""
    biggest = _biggest_class(network)
    for place in _places(network, kind).tolist():
        node = int(network.place_node[place])
        if biggest[node] <= RoadClass.UNCLASSIFIED:
            yield np.array([node]), _place_name(network, place)


def _ramps(network: RoadNetwork):
    """Where a motorway's ramp meets the other roads."""
    base = slice(0, 2 * network.edge_count)
    of_arc = np.repeat(network.edge_class, 2)
    on_ramp = np.zeros(network.node_count, dtype=bool)
    on_ramp[network.arc_head[base][of_arc == RoadClass.MOTORWAY_LINK]] = True
    on_ramp[network.arc_tail[base][of_arc == RoadClass.MOTORWAY_LINK]] = True
    other = (of_arc != RoadClass.MOTORWAY_LINK) & (of_arc <= RoadClass.RESIDENTIAL)
    elsewhere = np.zeros(network.node_count, dtype=bool)
    elsewhere[network.arc_tail[base][other & (of_arc != RoadClass.MOTORWAY)]] = True
    motorway = np.zeros(network.node_count, dtype=bool)
    motorway[network.arc_tail[base][of_arc == RoadClass.MOTORWAY]] = True
    for node in np.flatnonzero(on_ramp & elsewhere & ~motorway).tolist():
        yield np.array([node]), ""


def _service_areas(network: RoadNetwork):
    """Where a motorway lets cars off to a service area: the motorway's junctions beside it."""
    places = np.concatenate(
        [_places(network, kind, False) for kind in (PlaceKind.SERVICE_AREA, PlaceKind.REST_AREA)]
    )
    if not len(places):
        return
    base = slice(0, 2 * network.edge_count)
    of_arc = np.repeat(network.edge_class, 2)
    motorway = np.zeros(network.node_count, dtype=bool)
    motorway[network.arc_tail[base][of_arc == RoadClass.MOTORWAY]] = True
    off = np.zeros(network.node_count, dtype=bool)
    off[network.arc_tail[base][of_arc != RoadClass.MOTORWAY]] = True
    node = np.flatnonzero(motorway & off)
    if not len(node):
        return
    tree = cKDTree(_metres(network, network.node_lon_e7[node], network.node_lat_e7[node]))
    at = _metres(network, network.place_lon_e7[places], network.place_lat_e7[places])
    for place, near in zip(places.tolist(), tree.query_ball_point(at, SERVICE_AREA_M), strict=True):
        if near:
            yield node[sorted(near)], _place_name(network, place)


def _junctions(network: RoadNetwork):
    """Where streets meet; not on motorways, which are held at their ramps."""
    through = (network.edge_class <= RoadClass.RESIDENTIAL) & (
        network.edge_class > RoadClass.MOTORWAY_LINK
    )
    edges = np.flatnonzero(through)
    ends = np.concatenate([network.arc_tail[2 * edges], network.arc_head[2 * edges]])
    degree = np.bincount(ends, minlength=network.node_count)
    for node in np.flatnonzero(degree >= 3).tolist():
        yield np.array([node]), ""


_FINDERS = {
    CheckpointKind.TOLL_GATE: _toll_gates,
    CheckpointKind.RAMP: _ramps,
    CheckpointKind.SERVICE_AREA: _service_areas,
    CheckpointKind.MOTORWAY_JUNCTION: _motorway_junctions,
    CheckpointKind.TUNNEL_MOUTH: _tunnel_mouths,
    CheckpointKind.BRIDGE: _bridges,
    CheckpointKind.JUNCTION: _junctions,
}


def _places(network: RoadNetwork, kind: PlaceKind, on_road: bool = True) -> np.ndarray:
    of_kind = network.place_kind == kind
    return np.flatnonzero(of_kind & (network.place_node >= 0) if on_road else of_kind)


def _metres(network: RoadNetwork, lon_e7: np.ndarray, lat_e7: np.ndarray) -> np.ndarray:
    """float64[point, 2]: good for the distances within a plaza, anywhere but at the poles."""
    east = lon_e7 / E7 * np.cos(np.radians(lat_e7 / E7)) * METRES_PER_DEGREE
    return np.column_stack([east, lat_e7 / E7 * METRES_PER_DEGREE])


def _biggest_class(network: RoadNetwork) -> np.ndarray:
    """uint8[node]: class of the biggest road at each node."""
    biggest = np.full(network.node_count, RoadClass.OTHER, dtype=np.uint8)
    edges = 2 * np.arange(network.edge_count)
    for ends in (network.arc_tail[edges], network.arc_head[edges]):
        np.minimum.at(biggest, ends, network.edge_class)
    return biggest


def _place_name(network: RoadNetwork, place: int) -> str:
    words = (network.text(network.place_name[place]), network.text(network.place_ref[place]))
    return " ".join(word for word in words if word)


def _road_names(network: RoadNetwork, nodes: np.ndarray) -> list[str]:
    """Names of the roads that meet at each node."""
    tail = network.arc_tail[: 2 * network.edge_count]
    arcs = np.argsort(tail, kind="stable")
    first = np.searchsorted(tail[arcs], nodes)
    last = np.searchsorted(tail[arcs], nodes, side="right")
    names = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        text = network.edge_name[arcs[begin:end] >> 1]
        names.append(
            " / ".join(network.text(one) for one in dict.fromkeys(text[text > 0].tolist()))
        )
    return names
