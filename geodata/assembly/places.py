"""Places of the map, and those that only the network shows: tunnel mouths, bridge ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.assembly.edges import CutRoads
from geodata.network import EdgeFlag, PlaceKind, RoadClass
from geodata.osm.raw_roads import RawRoads

DRIVEN_CLASSES = int(RoadClass.SERVICE)
"""Tunnel mouths and bridge ends are places where a car can be waited for: roads up to this class,
not footbridges and underpasses."""


@dataclass(frozen=True, slots=True)
class Places:
    """The ``place_*`` arrays of :class:`geodata.network.RoadNetwork`."""

    kind: np.ndarray
    lon_e7: np.ndarray
    lat_e7: np.ndarray
    name: np.ndarray
    ref: np.ndarray
    node: np.ndarray
    osm_id: np.ndarray


def find_places(raw: RawRoads, cut: CutRoads) -> Places:
    """The places read from the file, on their nodes, then tunnel mouths and bridge ends."""
    on_road = raw.place_node >= 0
    node = np.full(len(raw.place_kind), -1, np.int32)
    node[on_road] = cut.node_of_raw[raw.place_node[on_road]]
    kinds, lons, lats = [raw.place_kind], [raw.place_lon_e7], [raw.place_lat_e7]
    names, refs, nodes, ids = [raw.place_name], [raw.place_ref], [node], [raw.place_osm_id]
    for flag, kind in (
        (EdgeFlag.TUNNEL, PlaceKind.TUNNEL_MOUTH),
        (EdgeFlag.BRIDGE, PlaceKind.BRIDGE_END),
    ):
        at_node, edge = _ends(raw, cut, int(flag))
        raw_node = cut.raw_of_node[at_node]
        kinds.append(np.full(len(at_node), int(kind)))
        lons.append(raw.node_lon_e7[raw_node])
        lats.append(raw.node_lat_e7[raw_node])
        names.append(raw.way_name[cut.edge_way[edge]])
        refs.append(raw.way_ref[cut.edge_way[edge]])
        nodes.append(at_node)
        ids.append(raw.node_osm_id[raw_node])
    return Places(
        kind=np.concatenate(kinds).astype(np.uint8),
        lon_e7=np.concatenate(lons).astype(np.int32),
        lat_e7=np.concatenate(lats).astype(np.int32),
        name=np.concatenate(names).astype(np.int32),
        ref=np.concatenate(refs).astype(np.int32),
        node=np.concatenate(nodes).astype(np.int32),
        osm_id=np.concatenate(ids).astype(np.int64),
    )


def _ends(raw: RawRoads, cut: CutRoads, flag: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes where a road with the flag meets one without, and one edge with the flag at each."""
    driven = np.flatnonzero(raw.way_class[cut.edge_way] <= DRIVEN_CLASSES)
    flagged = (raw.way_flags[cut.edge_way[driven]] & flag) != 0
    ends = np.concatenate((cut.arc_tail[2 * driven], cut.arc_head[2 * driven]))
    end_flagged = np.concatenate((flagged, flagged))
    end_edge = np.concatenate((driven, driven))
    has_open = np.zeros(len(cut.raw_of_node), np.bool_)
    has_open[ends[~end_flagged]] = True
    meeting = end_flagged & has_open[ends]
    node, first = np.unique(ends[meeting], return_index=True)
    return node, end_edge[meeting][first]
