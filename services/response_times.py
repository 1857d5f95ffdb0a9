"""How soon somebody can be in each H3 cell now, from the live picture.

Not :func:`dispatch.coverage.survey.survey`: that searches the whole map once for each kind and
asks at every door, for planners, which took 26 ms where this takes 4 (2,000 people on the sketch).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import h3.api.basic_int as h3
import numpy as np

from dispatch.live_picture import LivePicture
from dispatch.responders import MODE_NAMES, Status
from dispatch.sight import Held, kind_bits
from geodata.cells import ancestors_of, centres_of
from geodata.network import UNREACHABLE_MS, RoadNetwork
from geodata.positions import NO_EDGE, RoadPositions
from geodata.search import field
from services.engine import RoadsNow

_OUTLINES_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """Cells that somebody can reach, in the order of their numbers."""

    cell: np.ndarray  # uint64[cell]
    time_s: np.ndarray  # float64[cell], mean over the cell's junctions that are reached


def response_times(
    picture: LivePicture,
    roads: RoadsNow,
    held: Held,
    kinds: Collection[str] | None,
    resolution: int,
    within_s: float,
    now_s: float,
    engaged: Mapping[tuple[str, str], Status],
) -> ResponseTimes:
    """The time until the first free responder of these kinds can be in each cell, turning out and
    doubt about old fixes included. A cell of which less than half can be reached is left out."""
    with picture.reading():
        mustered = picture.muster(held, now_s)
        slots = np.flatnonzero(mustered.eligible & np.uint32(kind_bits(kinds)))
        roster = picture.roster(slots, now_s)
        delay_ms = mustered.delay_ms[slots]
    keys = zip(roster.jurisdiction, roster.responder_id, strict=True)
    free = np.fromiter((key not in engaged for key in keys), bool, len(roster))
    free &= roster.edge != NO_EDGE
    network, limit_ms = roads.network, int(within_s * 1000)
    soonest_ms = np.full(network.node_count, UNREACHABLE_MS, np.int32)
    for code in np.unique(roster.mode[free]).tolist():
        metric = roads.metrics.get(MODE_NAMES[code])
        those = np.flatnonzero(free & (roster.mode == code))
        if metric is None:
            continue
        found = field(
            metric,
            RoadPositions.on_edges(roster.edge[those], roster.fraction[those]),
            limit_ms=limit_ms,
            offset_ms=delay_ms[those],
        )
        np.minimum(soonest_ms, found.node_time_ms, out=soonest_ms)
    return _by_cell(network, soonest_ms, resolution)


def inside(cells: np.ndarray, bounds: tuple[float, float, float, float]) -> np.ndarray:
    """bool[cell]: whether the cell's centre lies in a box of west, south, east, north."""
    west, south, east, north = bounds
    lon, lat = centres_of(cells)
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


@lru_cache(_OUTLINES_KEPT)
def outline_of(cell: int) -> list[list[float]]:
    """The closed ring of a cell as GeoJSON has it: longitude and latitude of its corners."""
    ring = [[round(lon, 6), round(lat, 6)] for lat, lon in h3.cell_to_boundary(cell)]
    return [*ring, ring[0]]


def _by_cell(network: RoadNetwork, time_ms: np.ndarray, resolution: int) -> ResponseTimes:
    cells = ancestors_of(network.node_cell, resolution)
    first = np.flatnonzero(np.concatenate([[True], cells[1:] != cells[:-1]]))
    reached = time_ms < UNREACHABLE_MS
    count = np.diff(np.append(first, len(cells)))
    reached_count = np.add.reduceat(reached.astype(np.int64), first)
    total_ms = np.add.reduceat(np.where(reached, time_ms, 0).astype(np.int64), first)
    shown = np.flatnonzero(2 * reached_count >= np.maximum(count, 1))
    shown = shown[reached_count[shown] > 0]
    return ResponseTimes(cells[first[shown]], total_ms[shown] / reached_count[shown] / 1000)
