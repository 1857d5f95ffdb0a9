"""Draws days of alerts from how many are expected, by cell and hour."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import pandas as pd

from dispatch.errors import RehearsalError
from dispatch.frames import CRS
from dispatch.kernels.walking import places_on_arcs
from dispatch.rehearsal.frames import numbers_of
from dispatch.rehearsal.scenario import MOST_DAYS
from geodata.cells import cells_of
from geodata.network import UNREACHABLE_MS, RoadNetwork

HOUR_S = 3_600.0
STEP_M = 40.0
"""Roads are given to cells in steps of about this length."""
WHAT = "demand"


def draw_alerts(
    demand: pd.DataFrame, network: RoadNetwork, mode: str, *, days: int, seed: int
) -> gpd.GeoDataFrame:
    """Alerts of some days, with ``day``, ``at_s``, ``cell`` and a point on a road; WGS-84.

    ``demand`` has ``cell`` (H3, numbers or words), ``hour`` (0 to 23), ``alerts`` (expected in that
    hour of a day) and whatever else is to be told of each alert, such as ``tier``. Counts are
    Poisson's, times uniform within the hour, places uniform over the length of the roads of
    ``mode`` in the cell. Raises RehearsalError.
    """
    if not len(demand):
        raise RehearsalError("The frame of demand is empty; give at least one row.")
    if not 1 <= days <= MOST_DAYS:
        raise RehearsalError(f"Alerts are drawn for 1 to {MOST_DAYS} days, not {days}.")
    expected = numbers_of(demand, "alerts", WHAT, 0.0, 1e6)
    hour = numbers_of(demand, "hour", WHAT, 0, 23)
    cells = _cells(demand)
    roads = _Roads.of(network, mode, h3.get_resolution(int(cells[0])))
    rng = np.random.default_rng(seed)
    counts = rng.poisson(expected[None, :], (days, len(demand)))
    day, row = np.indices(counts.shape)
    day, row = (np.repeat(one.ravel(), counts.ravel()) for one in (day, row))
    lon, lat = np.empty(len(row)), np.empty(len(row))
    for cell in np.unique(cells).tolist():
        mine = np.flatnonzero(cells[row] == cell)
        lon[mine], lat[mine] = roads.points_in(cell, len(mine), rng)
    drawn = demand.drop(columns=["hour", "alerts"]).iloc[row].reset_index(drop=True)
    drawn.insert(0, "day", day)
    drawn.insert(1, "at_s", (hour[row] + rng.random(len(row))) * HOUR_S)
    frame = gpd.GeoDataFrame(drawn, geometry=gpd.points_from_xy(lon, lat), crs=CRS)
    return frame.sort_values(["day", "at_s"], ignore_index=True)


def _cells(demand: pd.DataFrame) -> np.ndarray:
    """uint64[row]: valid cells of one resolution."""
    if "cell" not in demand:
        raise RehearsalError("The demand has no column 'cell'; add one of H3 cells.")
    cells = []
    for row, cell in zip(demand.index, demand["cell"], strict=True):
        try:
            number = int(cell, 16) if isinstance(cell, str) else int(cell)
            valid = h3.is_valid_cell(number)
        except (TypeError, ValueError, OverflowError):
            valid = False
        if not valid:
            raise RehearsalError(f"Row {row!r} of the demand has no H3 cell but {cell!r}.")
        cells.append(number)
    if len({h3.get_resolution(cell) for cell in cells}) > 1:
        raise RehearsalError(
            "The cells of the demand are of several resolutions; bring them to one resolution, "
            "the coarsest, with h3.cell_to_parent."
        )
    return np.array(cells, dtype=np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class _Roads:
    """The roads of a mode in steps, and the cell that the middle of each lies in."""

    network: RoadNetwork
    mode: str
    edge: np.ndarray  # int64[step]
    number: np.ndarray  # int64[step], of the edge's steps
    steps: np.ndarray  # int64[step], into how many the edge is cut
    cell: np.ndarray  # uint64[step]

    @classmethod
    def of(cls, network: RoadNetwork, mode: str, resolution: int) -> _Roads:
        if mode not in network.modes:
            raise RehearsalError(
                f"The map has no mode {mode!r}; it has {', '.join(network.modes)}."
            )
        times = network.modes[mode].travel_time_ms[: 2 * network.edge_count].reshape(-1, 2)
        usable = np.flatnonzero((times < UNREACHABLE_MS).any(axis=1))
        count = np.maximum(1, np.rint(network.edge_length_m[usable] / STEP_M)).astype(np.int64)
        edge, steps = np.repeat(usable, count), np.repeat(count, count)
        number = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        lon, lat = _places(network, edge, (number + 0.5) / steps)
        return cls(network, mode, edge, number, steps, cells_of(lon, lat, resolution))

    def points_in(
        self, cell: int, count: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Longitude and latitude of points uniform over the length of the roads in a cell."""
        here = np.flatnonzero(self.cell == np.uint64(cell))
        if not len(here):
            raise RehearsalError(
                f"No road for {self.mode} lies in cell {h3.int_to_str(cell)}; leave it out of the "
                "demand, or use coarser cells."
            )
        length_m = self.network.edge_length_m[self.edge[here]] / self.steps[here]
        step = rng.choice(here, count, p=length_m / length_m.sum())
        share = (self.number[step] + rng.random(count)) / self.steps[step]
        return _places(self.network, self.edge[step], share)


def _places(
    network: RoadNetwork, edge: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = np.empty(len(edge)), np.empty(len(edge))
    places_on_arcs(
        2 * edge,
        share,
        network.edge_first_point,
        network.point_lon_e7,
        network.point_lat_e7,
        lon,
        lat,
    )
    return lon, lat
