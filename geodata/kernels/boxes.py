"""Bounding boxes of edges, and of blocks of neighbouring edges."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def box_blocks(first_point, lon_e7, lat_e7, block_size, boxes):
    """Fills int32[block, 4] (west, south, east, north) with the box of each block of edges."""
    edge_count = len(first_point) - 1
    for block in range(len(boxes)):
        first = first_point[block * block_size]
        last = first_point[min(edge_count, (block + 1) * block_size)]
        west, south = np.int32(2**31 - 1), np.int32(2**31 - 1)
        east, north = np.int32(-(2**31)), np.int32(-(2**31))
        for point in range(first, last):
            west = min(west, lon_e7[point])
            east = max(east, lon_e7[point])
            south = min(south, lat_e7[point])
            north = max(north, lat_e7[point])
        boxes[block, 0] = west
        boxes[block, 1] = south
        boxes[block, 2] = east
        boxes[block, 3] = north


@njit(cache=True, nogil=True)
def edges_in_box(first_point, lon_e7, lat_e7, block_size, boxes, west, south, east, north, found):
    """Writes the edges whose own box meets a box into `found`; returns how many there are."""
    edge_count = len(first_point) - 1
    count = 0
    for block in range(len(boxes)):
        if (
            boxes[block, 0] > east
            or boxes[block, 2] < west
            or boxes[block, 1] > north
            or boxes[block, 3] < south
        ):
            continue
        for edge in range(block * block_size, min(edge_count, (block + 1) * block_size)):
            edge_west, edge_south = np.int64(2**31), np.int64(2**31)
            edge_east, edge_north = np.int64(-(2**31)), np.int64(-(2**31))
            for point in range(first_point[edge], first_point[edge + 1]):
                edge_west = min(edge_west, lon_e7[point])
                edge_east = max(edge_east, lon_e7[point])
                edge_south = min(edge_south, lat_e7[point])
                edge_north = max(edge_north, lat_e7[point])
            if (
                edge_west <= east
                and edge_east >= west
                and edge_south <= north
                and edge_north >= south
            ):
                found[count] = edge
                count += 1
    return count
