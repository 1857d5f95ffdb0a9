"""Which edges meet a geometry: blocks of neighbouring edges first, then single edges, then exactly.

Edges are numbered along the H3 order of their nodes, so a block of consecutive edges lies close
together and its box is small; no tree is needed.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.kernels.boxes import box_blocks, edges_in_box
from geodata.network import E7, RoadNetwork

_BLOCK_SIZE = 128
"""Edges in a block: small enough to skip most of a map, large enough to keep few boxes."""

_boxes_of: WeakKeyDictionary[RoadNetwork, np.ndarray] = WeakKeyDictionary()


def edges_meeting(network: RoadNetwork, geometry: BaseGeometry) -> np.ndarray:
    """int64[]: the edges, rising, of which any part lies in or on a geometry (WGS-84 degrees)."""
    if not network.edge_count:
        return np.empty(0, dtype=np.int64)
    edges = _edges_near(network, geometry)
    if not len(edges):
        return edges
    shapely.prepare(geometry)
    return edges[shapely.intersects(geometry, edge_lines(network, edges))]


def _edges_near(network: RoadNetwork, geometry: BaseGeometry) -> np.ndarray:
    """int64[]: the edges whose box meets the geometry's."""
    boxes = _boxes_of.get(network)
    points = (
        np.asarray(network.edge_first_point),
        np.asarray(network.point_lon_e7),
        np.asarray(network.point_lat_e7),
    )
    if boxes is None:
        boxes = np.empty((-(-network.edge_count // _BLOCK_SIZE), 4), dtype=np.int32)
        box_blocks(*points, _BLOCK_SIZE, boxes)
        _boxes_of[network] = boxes
    west, south, east, north = (float(side) * E7 for side in geometry.bounds)
    found = np.empty(network.edge_count, dtype=np.int64)
    count = edges_in_box(*points, _BLOCK_SIZE, boxes, west, south, east, north, found)
    return found[:count].copy()


def edge_lines(network: RoadNetwork, edges: np.ndarray) -> np.ndarray:
    """LineString of each edge, WGS-84 degrees."""
    first = np.asarray(network.edge_first_point)[edges]
    count = np.asarray(network.edge_first_point)[edges + 1] - first
    line = np.repeat(np.arange(len(edges)), count)
    # Point indices of all edges one after another: each edge's first point plus 0, 1, 2 ...
    within = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    point = np.repeat(first, count) + within
    degrees = np.column_stack([network.point_lon_e7[point], network.point_lat_e7[point]]) / E7
    return shapely.linestrings(degrees, indices=line)
