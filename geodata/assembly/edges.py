"""Ways cut into edges at their junctions, and the junctions numbered in H3 order."""

from __future__ import annotations

from dataclasses import dataclass

import h3.api.numpy_int as h3
import numpy as np

from geodata.errors import MapFileError
from geodata.kernels.assembly import arc_bearings_deg, edge_lengths_m
from geodata.network import E7, NodeFlag
from geodata.osm.raw_roads import RawRoads

NODE_RESOLUTION = 15
"""H3 resolution that nodes are ordered by: cells of 0.5 m, the finest there is."""

CUTTING_FLAGS = int(
    NodeFlag.SIGNALS | NodeFlag.STOP | NodeFlag.GIVE_WAY | NodeFlag.BARRIER | NodeFlag.TOLL_BOOTH
)
"""What makes a point in the middle of a way a node of its own even if no mode is slowed by it."""

INT32_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class CutRoads:
    """Edges and nodes of the network to be; names as in :class:`geodata.network.RoadNetwork`."""

    raw_of_node: np.ndarray  # int64[node], index of the raw node
    node_of_raw: np.ndarray  # int32[raw node], -1 where the point is no junction
    node_cell: np.ndarray  # uint64[node]
    edge_way: np.ndarray  # int64[edge], raw way it was cut from
    edge_place_in_way: np.ndarray  # int64[edge], rising along its way
    edge_first_point: np.ndarray  # int64[edge + 1]
    point_lon_e7: np.ndarray  # int32[point]
    point_lat_e7: np.ndarray  # int32[point]
    point_osm_id: np.ndarray  # int64[point]
    arc_tail: np.ndarray  # int32[arc]
    arc_head: np.ndarray  # int32[arc]
    edge_length_m: np.ndarray  # float32[edge]
    arc_start_bearing_deg: np.ndarray  # int16[arc]
    arc_end_bearing_deg: np.ndarray  # int16[arc]


def cut_ways(raw: RawRoads) -> CutRoads:
    """Edges between junctions, nodes in H3 order, edges in the order of their lower node.

    A point is a junction where a way ends, where ways meet or one way meets itself, where a turn
    rule has its via point, where a place stands, and where something stops or slows some mode.
    """
    first_node, way_node = raw.way_first_node, raw.way_node
    if len(way_node) == 0:
        raise MapFileError("The map holds no road that any mode may use.")

    way_of_point = np.repeat(np.arange(raw.way_count), np.diff(first_node))
    cut_at = np.flatnonzero(_is_junction(raw)[way_node])
    same_way = way_of_point[cut_at[:-1]] == way_of_point[cut_at[1:]]
    start, stop = cut_at[:-1][same_way], cut_at[1:][same_way]
    point_count = int((stop - start + 1).sum())
    if max(2 * len(start), point_count) > INT32_LIMIT:
        raise MapFileError(
            f"The map has {len(start):,} edges and {point_count:,} points; 32-bit ids hold "
            f"{INT32_LIMIT // 2:,} edges. Cut the extract into smaller regions."
        )

    raw_of_node, node_cell = _in_cell_order(raw, np.unique(way_node[cut_at]))
    node_of_raw = np.full(raw.node_count, -1, np.int32)
    node_of_raw[raw_of_node] = np.arange(len(raw_of_node), dtype=np.int32)

    tail, head = node_of_raw[way_node[start]], node_of_raw[way_node[stop]]
    order = np.lexsort((start, np.maximum(tail, head), np.minimum(tail, head)))
    start, stop, tail, head = start[order], stop[order], tail[order], head[order]

    edge_first_point = np.concatenate(([0], np.cumsum(stop - start + 1))).astype(np.int64)
    offset_in_way = np.arange(point_count) - np.repeat(
        edge_first_point[:-1] - start, np.diff(edge_first_point)
    )
    raw_of_point = way_node[offset_in_way]
    point_lon_e7 = raw.node_lon_e7[raw_of_point].astype(np.int32)
    point_lat_e7 = raw.node_lat_e7[raw_of_point].astype(np.int32)

    start_bearing_deg, end_bearing_deg = arc_bearings_deg(
        edge_first_point, point_lon_e7, point_lat_e7
    )
    return CutRoads(
        raw_of_node=raw_of_node,
        node_of_raw=node_of_raw,
        node_cell=node_cell,
        edge_way=way_of_point[start],
        edge_place_in_way=start,
        edge_first_point=edge_first_point,
        point_lon_e7=point_lon_e7,
        point_lat_e7=point_lat_e7,
        point_osm_id=raw.node_osm_id[raw_of_point].astype(np.int64),
        arc_tail=np.column_stack((tail, head)).ravel(),
        arc_head=np.column_stack((head, tail)).ravel(),
        edge_length_m=edge_lengths_m(edge_first_point, point_lon_e7, point_lat_e7),
        arc_start_bearing_deg=start_bearing_deg,
        arc_end_bearing_deg=end_bearing_deg,
    )


def _is_junction(raw: RawRoads) -> np.ndarray:
    """bool[raw node]: the points at which ways are cut."""
    junction = np.bincount(raw.way_node, minlength=raw.node_count) >= 2
    junction[raw.way_node[raw.way_first_node[:-1]]] = True
    junction[raw.way_node[raw.way_first_node[1:] - 1]] = True
    junction |= (raw.node_flags & CUTTING_FLAGS) != 0
    for blocked in raw.node_blocked.values():
        junction |= blocked
    for delay_s in raw.node_delay_s.values():
        junction |= delay_s > 0
    junction[raw.place_node[raw.place_node >= 0]] = True
    via_ids = [rule.via_node for rule in raw.restrictions if rule.via_node is not None]
    if via_ids:
        junction |= np.isin(raw.node_osm_id, np.asarray(via_ids, np.int64))
    return junction


def _in_cell_order(raw: RawRoads, raw_nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The raw nodes in the order of their H3 cells (then of their OSM ids), and those cells."""
    lat_deg = raw.node_lat_e7[raw_nodes] / E7
    lon_deg = raw.node_lon_e7[raw_nodes] / E7
    if np.abs(lat_deg).max() > 90 or np.abs(lon_deg).max() > 180:
        raise MapFileError("A point lies outside -180..180 degrees east or -90..90 degrees north.")
    to_cell = h3.latlng_to_cell
    cell = np.fromiter(
        (
            to_cell(lat, lon, NODE_RESOLUTION)
            for lat, lon in zip(lat_deg.tolist(), lon_deg.tolist(), strict=True)
        ),
        dtype=np.uint64,
        count=len(raw_nodes),
    )
    order = np.lexsort((raw.node_osm_id[raw_nodes], cell))
    return raw_nodes[order].astype(np.int64), cell[order]
