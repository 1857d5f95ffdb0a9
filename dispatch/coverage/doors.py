"""Where victims may be: doors, each in an H3 cell, with a weight, and on the roads of every mode.

Without anything better, a door stands at every stretch of road that one can live at, and weighs the
metres of that road. Where a planner knows where people live, each of those points is a door.

# RULE 1: nobody lives on a motorway or its ramps, on a bridge, in a tunnel or on a ferry.
# RULE 2: a door is where the mode's roads are nearest to it, as for a victim in a recommendation:
          an officer drives up to a footpath and walks. Small islands of road are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral
from weakref import WeakKeyDictionary

import geopandas
import h3.api.basic_int as h3
import numpy as np
import shapely

from dispatch.errors import PlanningError
from dispatch.frames import numbers_of, points_of
from dispatch.interception.units import Roads
from dispatch.kernels.walking import places_on_arcs
from geodata.cells import cells_of
from geodata.network import UNREACHABLE_MS, EdgeFlag, Manner, RoadClass, RoadNetwork
from geodata.positions import RoadPositions
from geodata.snapping import Snapper, small_parts

DEFAULT_RESOLUTION = 9
"""H3 cells of some 0.1 km²: a few blocks of a town."""

FINEST_DOORS = 11
"""Finer cells are narrower than a street with its houses."""

NOT_LIVED_AT = (RoadClass.MOTORWAY, RoadClass.MOTORWAY_LINK, RoadClass.FERRY)
DOORS_A_CELL_EDGE = 2
"""A road that crosses a cell has about so many doors for each length of the cell's edge."""


@dataclass(frozen=True, eq=False)
class Doors:
    """Doors in the order of their cells. Immutable; shared by threads."""

    resolution: int
    cells: np.ndarray
    """uint64[cell], rising: those with a door that weighs something."""
    first_door: np.ndarray
    """int64[cell + 1] into the doors."""
    lon: np.ndarray  # float64[door], degrees WGS-84
    lat: np.ndarray  # float64[door]
    weight: np.ndarray
    """float64[door], above 0: metres of road, or people."""
    weight_name: str
    """``road_m``, or the planner's column."""
    edge: np.ndarray | None
    """int32[door]: the road that a door was made from; None where doors are points."""
    _snapper: Snapper
    _fraction: np.ndarray | None
    _usable: dict[str, np.ndarray] = field(default_factory=dict)
    """bool[edge] by mode."""
    _positions: dict[str, RoadPositions] = field(default_factory=dict)
    _shapes: list[np.ndarray] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def cell_weight(self) -> np.ndarray:
        """float64[cell]."""
        return np.add.reduceat(self.weight, self.first_door[:-1])

    def positions(self, mode: str) -> RoadPositions:
        """RULE 2: where each door meets the roads of a mode; laid out at the first call."""
        if mode not in self._positions:
            self._positions[mode] = self._meet(mode)
        return self._positions[mode]

    def shapes(self) -> np.ndarray:
        """Polygon[cell], WGS-84; drawn at the first call."""
        if not self._shapes:
            self._shapes.append(hexagons(self.cells))
        return self._shapes[0]

    def _meet(self, mode: str) -> RoadPositions:
        if self.edge is None:
            return self._snapper.snap(self.lon, self.lat, mode, at_door=True)
        found = RoadPositions.on_edges(self.edge, self._fraction)
        away = np.flatnonzero(~self._usable[mode][self.edge])
        if len(away):
            found.put(away, self._snapper.snap(self.lon[away], self.lat[away], mode, at_door=True))
        return found

    @classmethod
    def along_roads(cls, roads: Roads, resolution: int = DEFAULT_RESOLUTION) -> Doors:
        """Doors along all roads of the map; laid out once for each map and resolution."""
        resolution = checked_resolution(resolution)
        known = _along_roads.setdefault(roads.network, {})
        if resolution not in known:
            known[resolution] = cls._lay_out(roads, resolution)
        return known[resolution]

    @classmethod
    def at_points(
        cls,
        roads: Roads,
        points: geopandas.GeoDataFrame,
        column: str | None = None,
        resolution: int = DEFAULT_RESOLUTION,
    ) -> Doors:
        """Doors at a planner's points: people, households, past alerts. `column` says what each
        weighs; None: each weighs 1. Cells without a point are not looked at."""
        lon, lat = points_of(points, "points that weigh")
        weight = (
            np.ones(len(lon)) if column is None else numbers_of(points, column, "points that weigh")
        )
        return cls._of(
            roads.snapper,
            checked_resolution(resolution),
            lon,
            lat,
            weight,
            column or "points",
        )

    @classmethod
    def _lay_out(cls, roads: Roads, resolution: int) -> Doors:
        network = roads.network
        usable = {mode: _usable_edges(network, mode) for mode in network.modes}
        lived_at = np.logical_or.reduce(list(usable.values()))
        lived_at &= ~np.isin(network.edge_class, NOT_LIVED_AT)  # RULE 1
        lived_at &= (network.edge_flags & (EdgeFlag.BRIDGE | EdgeFlag.TUNNEL)) == 0
        lived_at &= network.edge_length_m > 0
        edges = np.flatnonzero(lived_at)
        if not len(edges):
            raise PlanningError("This map has no road that anybody could live at.")
        length_m = network.edge_length_m[edges].astype(np.float64)
        spacing_m = h3.average_hexagon_edge_length(resolution, "m") / DOORS_A_CELL_EDGE
        pieces = np.ceil(length_m / spacing_m).astype(np.int64)
        edge = np.repeat(edges, pieces).astype(np.int32)
        place = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        fraction = (place + 0.5) / np.repeat(pieces, pieces)
        lon, lat = np.empty(len(edge)), np.empty(len(edge))
        places_on_arcs(
            2 * edge,
            fraction,
            network.edge_first_point,
            network.point_lon_e7,
            network.point_lat_e7,
            lon,
            lat,
        )
        weight = np.repeat(length_m / pieces, pieces)
        return cls._of(
            roads.snapper, resolution, lon, lat, weight, "road_m", edge, fraction, usable
        )

    @classmethod
    def _of(
        cls,
        snapper: Snapper,
        resolution: int,
        lon: np.ndarray,
        lat: np.ndarray,
        weight: np.ndarray,
        weight_name: str,
        edge: np.ndarray | None = None,
        fraction: np.ndarray | None = None,
        usable: dict[str, np.ndarray] | None = None,
    ) -> Doors:
        cell = cells_of(lon, lat, resolution)
        kept = np.flatnonzero(weight > 0)
        order = kept[np.argsort(cell[kept], kind="stable")]
        cells, first = np.unique(cell[order], return_index=True)
        return cls(
            resolution=resolution,
            cells=cells,
            first_door=np.append(first, len(order)).astype(np.int64),
            lon=lon[order],
            lat=lat[order],
            weight=weight[order],
            weight_name=weight_name,
            edge=None if edge is None else edge[order],
            _snapper=snapper,
            _fraction=None if fraction is None else fraction[order],
            _usable=usable or {},
        )


_along_roads: WeakKeyDictionary[RoadNetwork, dict[int, Doors]] = WeakKeyDictionary()


def checked_resolution(resolution: int) -> int:
    """The resolution itself, if surfaces can have it."""
    if not isinstance(resolution, Integral) or not 0 <= resolution <= FINEST_DOORS:
        raise PlanningError(
            f"A surface has H3 cells of resolution 0 to {FINEST_DOORS}, not {resolution!r}."
        )
    return int(resolution)


def hexagons(cells: Sequence[int] | np.ndarray) -> np.ndarray:
    """Polygon[cell] of H3 cells, WGS-84."""
    rings = [h3.cell_to_boundary(cell) for cell in np.asarray(cells).tolist()]
    counts = np.array([len(ring) for ring in rings], dtype=np.int64)
    if not len(counts):
        return np.empty(0, dtype=object)
    lat_lon = np.array([corner for ring in rings for corner in ring])
    row = np.repeat(np.arange(len(rings)), counts)
    return shapely.polygons(shapely.linearrings(lat_lon[:, ::-1], indices=row))


def _usable_edges(network: RoadNetwork, mode: str) -> np.ndarray:
    """bool[edge]: the mode may use it in a direction that belongs to no small island."""
    layer = network.modes[mode]
    base = slice(0, 2 * network.edge_count)
    usable = (layer.travel_time_ms[base] < UNREACHABLE_MS) & (layer.manner[base] != Manner.FERRY)
    large = np.append(~small_parts(layer), False)  # part -1 falls on the last entry
    return (usable & large[layer.part[base]]).reshape(-1, 2).any(axis=1)
