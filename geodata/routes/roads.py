"""What routes read of a network: its arrays as the kernels want them, and its words."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from geodata.kernels.assembly import arcs_by_node
from geodata.metric import read_only
from geodata.network import ModeLayer, RoadNetwork
from geodata.routes.road_signs import RoadSigns


@dataclass(frozen=True, slots=True, eq=False)
class RouteRoads:
    """Made once for a network and shared by all threads; keeps no reference to the network."""

    signs: RoadSigns
    first_out: np.ndarray  # int32[node + 1] into out_arcs
    out_arcs: np.ndarray  # int32[base arc], by the node they leave, whatever mode may use them
    arc_tail: np.ndarray
    arc_head: np.ndarray
    arc_base: np.ndarray
    arc_next_copy: np.ndarray
    start_bearing_deg: np.ndarray
    end_bearing_deg: np.ndarray
    edge_class: np.ndarray
    edge_flags: np.ndarray
    edge_name: np.ndarray
    edge_ref: np.ndarray
    edge_destination: np.ndarray
    edge_length_m: np.ndarray
    edge_first_point: np.ndarray
    point_lon_e7: np.ndarray
    point_lat_e7: np.ndarray
    node_flags: np.ndarray
    first_turn: np.ndarray  # int32[arc + 1] into turn_to
    turn_to: np.ndarray  # int32[turn]
    layers: dict[str, tuple[np.ndarray, np.ndarray]]
    """By mode: int32[arc] travel time of the open map in ms, uint8[arc] manner."""

    @classmethod
    def of(cls, network: RoadNetwork) -> RouteRoads:
        """The one of this network; made at the first call, kept with the map."""
        roads = _route_roads.get(network)
        if roads is None:
            with _route_roads_lock:
                roads = _route_roads.get(network)
                if roads is None:
                    roads = _route_roads[network] = cls._made_for(network)
        return roads

    @classmethod
    def _made_for(cls, network: RoadNetwork) -> RouteRoads:
        arc_tail = read_only(network.arc_tail, np.int32)
        first_out, out_arcs = arcs_by_node(arc_tail[: 2 * network.edge_count], network.node_count)
        return cls(
            signs=RoadSigns(network),
            first_out=read_only(first_out, np.int32),
            out_arcs=read_only(out_arcs, np.int32),
            arc_tail=arc_tail,
            arc_head=read_only(network.arc_head, np.int32),
            arc_base=read_only(network.arc_base, np.int32),
            arc_next_copy=read_only(network.arc_next_copy, np.int32),
            start_bearing_deg=read_only(network.arc_start_bearing_deg, np.int16),
            end_bearing_deg=read_only(network.arc_end_bearing_deg, np.int16),
            edge_class=read_only(network.edge_class, np.uint8),
            edge_flags=read_only(network.edge_flags, np.uint16),
            edge_name=read_only(network.edge_name, np.int32),
            edge_ref=read_only(network.edge_ref, np.int32),
            edge_destination=read_only(network.edge_destination, np.int32),
            edge_length_m=read_only(network.edge_length_m, np.float32),
            edge_first_point=read_only(network.edge_first_point, np.int64),
            point_lon_e7=read_only(network.point_lon_e7, np.int32),
            point_lat_e7=read_only(network.point_lat_e7, np.int32),
            node_flags=read_only(network.node_flags, np.uint16),
            first_turn=read_only(network.first_turn, np.int32),
            turn_to=read_only(network.turn_to, np.int32),
            layers={mode: _layer(layer) for mode, layer in network.modes.items()},
        )


def _layer(layer: ModeLayer) -> tuple[np.ndarray, np.ndarray]:
    return read_only(layer.travel_time_ms, np.int32), read_only(layer.manner, np.uint8)


_route_roads: WeakKeyDictionary[RoadNetwork, RouteRoads] = WeakKeyDictionary()
_route_roads_lock = threading.Lock()
