"""Bridges and tunnels as one thinks of them: both carriageways, all their pieces.

# RULE 1: pieces that touch are one structure.
# RULE 2: so are pieces of one name within CARRIAGEWAYS_M of each other.
# RULE 3: pieces without a name are, when they run side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.edge_boxes import edge_lines
from geodata.network import EdgeFlag, RoadNetwork

CARRIAGEWAYS_M = 60.0
"""Two carriageways of a wide bridge are less apart, two bridges of one name usually more."""
SIDE_BY_SIDE_DEG = 15.0
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """One bridge or tunnel."""

    what: str
    """``bridge`` or ``tunnel``."""
    name: str
    """Its own or its road's; empty where the map has none."""
    edges: np.ndarray
    """int64[]."""
    length_m: float
    line: shapely.Geometry
    """WGS-84."""


def find_structures(network: RoadNetwork, edges: np.ndarray | None = None) -> list[Structure]:
    """Bridges and tunnels of the map; of `edges` only (bool[edge]), where they are given."""
    found: list[Structure] = []
    for what, flag in (("bridge", EdgeFlag.BRIDGE), ("tunnel", EdgeFlag.TUNNEL)):
        flagged = (network.edge_flags & flag) != 0
        if edges is not None:
            flagged &= edges
        found += _join(network, what, np.flatnonzero(flagged))
    return found


def structure_of(network: RoadNetwork, what: str, edges: np.ndarray, name: str = "") -> Structure:
    """Some edges as one structure."""
    edges = np.asarray(edges, dtype=np.int64)
    name = name or road_name(network, edges)
    lines = edge_lines(network, edges)
    length_m = float(network.edge_length_m[edges].sum())
    return Structure(what, name, edges, length_m, shapely.union_all(lines))


def road_name(network: RoadNetwork, edges: np.ndarray) -> str:
    """The name, or else the number, that most metres of these edges have; empty where none has."""
    for texts in (network.edge_name, network.edge_ref):
        named = edges[texts[edges] > 0]
        if len(named):
            which, place = np.unique(texts[named], return_inverse=True)
            metres = np.bincount(place, weights=network.edge_length_m[named])
            return network.text(int(which[metres.argmax()]))
    return ""


def _join(network: RoadNetwork, what: str, edges: np.ndarray) -> list[Structure]:
    if not len(edges):
        return []
    lines = edge_lines(network, edges)
    ends = np.stack([network.arc_tail[2 * edges], network.arc_head[2 * edges]])
    _, node = np.unique(ends, return_inverse=True)
    node = node.reshape(2, -1)
    row = np.arange(len(edges))
    # RULE 1: edges and nodes are vertices of one graph.
    pairs = [np.concatenate([row, row]), len(edges) + np.concatenate([node[0], node[1]])]
    shrunk = _in_metres(lines)
    tree = shapely.STRtree(shrunk)
    first, second = tree.query(shrunk, predicate="dwithin", distance=CARRIAGEWAYS_M)
    name = network.edge_name[edges]
    bearing = network.arc_start_bearing_deg[2 * edges].astype(np.float64)
    apart_deg = np.abs((bearing[first] - bearing[second] + 90.0) % 180.0 - 90.0)
    same_name = (name[first] == name[second]) & (name[first] > 0)  # RULE 2
    nameless = (name[first] == 0) & (name[second] == 0)
    joined = same_name | (nameless & (apart_deg <= SIDE_BY_SIDE_DEG))  # RULE 3
    pairs[0] = np.concatenate([pairs[0], first[joined]])
    pairs[1] = np.concatenate([pairs[1], second[joined]])
    size = len(edges) + int(node.max()) + 1
    graph = coo_array((np.ones(len(pairs[0]), dtype=np.int8), tuple(pairs)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    label = label[: len(edges)]
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [structure_of(network, what, edges[part]) for part in parts]


def _in_metres(lines: np.ndarray) -> np.ndarray:
    """The lines in a plane of metres that is true at their middle latitude."""
    bounds = shapely.total_bounds(lines)
    narrowing = np.cos(np.radians((bounds[1] + bounds[3]) / 2.0))
    return shapely.transform(lines, lambda xy: xy * METRES_PER_DEGREE * [narrowing, 1.0])
