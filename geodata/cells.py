"""H3 cells as uint64 numbers: of points, of other cells, of the map.

The bits of a cell's number are, from the top: 1 reserved, 4 of mode (1 for a cell), 3 reserved,
4 of resolution, 7 of base cell, then fifteen digits of 3 bits each, coarsest first; digits finer
than the resolution are 7 (H3 core library, "H3 index representations"). So ancestors are bit
operations, and among cells of one resolution the descendants of any cell are one range of numbers.

A cell and its descendants do not cover quite the same ground: a child sticks out of its parent a
little. "In a cell" therefore means, for nodes and edges of the map, that the node's own cell of
resolution 15 is a descendant.
"""

from __future__ import annotations

from itertools import repeat

import h3.api.basic_int as h3
import numpy as np

from geodata.coordinates import check_lon_lat
from geodata.errors import RequestError
from geodata.network import RoadNetwork

FINEST_RESOLUTION = 15
NODE_RESOLUTION = 15
"""Resolution of `RoadNetwork.node_cell`: cells about 1 m wide."""

_RESOLUTION_SHIFT = 52
_RESOLUTION_BITS = 0xF << _RESOLUTION_SHIFT
_DIGIT_BITS = 3
_UNUSED_DIGIT = 7


def cells_of(lon: np.ndarray, lat: np.ndarray, resolution: int) -> np.ndarray:
    """The cell of this resolution that each WGS-84 point, in degrees, lies in, as uint64[point].

    About two million points a second.
    """
    resolution = _checked_resolution(resolution)
    lon, lat = check_lon_lat(lon, lat)
    lon, lat = np.atleast_1d(lon), np.atleast_1d(lat)
    cells = map(h3.latlng_to_cell, lat.tolist(), lon.tolist(), repeat(resolution))
    return np.fromiter(cells, dtype=np.uint64, count=len(lon))


def centres_of(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of the cells' centres in degrees, float64[cell] each."""
    lat_lon = np.array([h3.cell_to_latlng(int(cell)) for cell in cells]).reshape(-1, 2)
    return lat_lon[:, 1], lat_lon[:, 0]


def resolution_of(cell: int) -> int:
    """Resolution of a cell, 0 (continent) to 15 (about a metre)."""
    return (int(cell) & _RESOLUTION_BITS) >> _RESOLUTION_SHIFT


def ancestors_of(cells: np.ndarray, resolution: int) -> np.ndarray:
    """The ancestor of each cell at a resolution not finer than its own, as uint64[cell]."""
    resolution = _checked_resolution(resolution)
    cells = np.asarray(cells, dtype=np.uint64)
    own = (cells & np.uint64(_RESOLUTION_BITS)) >> np.uint64(_RESOLUTION_SHIFT)
    if (own < resolution).any():
        raise RequestError(f"a cell coarser than resolution {resolution} has no ancestor there")
    unused = (1 << _DIGIT_BITS * (FINEST_RESOLUTION - resolution)) - 1
    kept = cells & np.uint64(~_RESOLUTION_BITS & (2**64 - 1))
    return kept | np.uint64(resolution << _RESOLUTION_SHIFT) | np.uint64(unused)


def range_of(cell: int, resolution: int) -> tuple[int, int]:
    """Least and greatest number that a descendant of the cell at a finer resolution can have."""
    cell, own = int(cell), resolution_of(cell)
    if not own <= _checked_resolution(resolution):
        raise RequestError(f"a cell of resolution {own} has no descendants at {resolution}")
    digits = _DIGIT_BITS * (resolution - own)
    shift = _DIGIT_BITS * (FINEST_RESOLUTION - resolution)
    greatest = (cell & ~_RESOLUTION_BITS) | (resolution << _RESOLUTION_SHIFT)
    return greatest & ~(((1 << digits) - 1) << shift), greatest


def neighbours_of(cell: int, rings: int = 1) -> np.ndarray:
    """The cell itself and those up to `rings` steps away, as uint64[cell]."""
    return np.array(h3.grid_disk(int(cell), rings), dtype=np.uint64)


def cell_named(text: str) -> int:
    """The cell with this hexadecimal name; RequestError when there is none."""
    try:
        cell = h3.str_to_int(text)
        if h3.is_valid_cell(cell) and h3.int_to_str(cell) == text.lower():
            return cell
    except (ValueError, OverflowError):  # not hexadecimal, or too long for a number
        pass
    raise RequestError(f"{text[:40]!r} is not an H3 cell; one looks like 89411a4b1b7ffff")


def name_of(cell: int) -> str:
    """The hexadecimal name of a cell, as H3 writes it in JSON."""
    return h3.int_to_str(int(cell))


def nodes_in_cell(network: RoadNetwork, cell: int) -> slice:
    """The nodes in a cell of any resolution: one slice, because nodes are stored in cell order."""
    least, greatest = range_of(cell, NODE_RESOLUTION)
    first = np.searchsorted(network.node_cell, np.uint64(least), side="left")
    last = np.searchsorted(network.node_cell, np.uint64(greatest), side="right")
    return slice(int(first), int(last))


def arcs_in_cell(network: RoadNetwork, cell: int) -> np.ndarray:
    """The arcs (shadow arcs left out) that leave or reach a node in the cell, int32[], rising."""
    nodes = nodes_in_cell(network, cell)
    base = slice(0, 2 * network.edge_count)
    tail, head = network.arc_tail[base], network.arc_head[base]
    touches = ((tail >= nodes.start) & (tail < nodes.stop)) | (
        (head >= nodes.start) & (head < nodes.stop)
    )
    return np.flatnonzero(touches).astype(np.int32)


def edges_in_cell(network: RoadNetwork, cell: int) -> np.ndarray:
    """The edges with at least one end node in the cell, int32[], rising."""
    return arcs_in_cell(network, cell)[::2] >> 1


def _checked_resolution(resolution: int) -> int:
    if not 0 <= resolution <= FINEST_RESOLUTION:
        raise RequestError(f"H3 resolutions are 0 to {FINEST_RESOLUTION}, not {resolution}")
    return int(resolution)
