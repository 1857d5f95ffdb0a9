"""Gaps: cells where nobody can be in time, ranked by what it costs, and grouped into places."""

from __future__ import annotations

import geopandas
import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dispatch.coverage.naming import areas_of, name_spots
from dispatch.coverage.survey import time_column
from dispatch.coverage.targets import Target, target_of
from dispatch.errors import PlanningError
from dispatch.frames import CRS, cells_in, in_degrees, numbers_of, points_of
from dispatch.interception.units import Roads
from geodata.cells import ancestors_of, cells_of, centres_of, resolution_of

WEIGHTS = ("road_m", "points")
"""Columns that a surface weighs by when nothing else is said; the first of these that it has."""

PLACE_RINGS = 1
"""Cells that touch belong to one place; with more rings, those that are so many steps apart ..."""
PLACE_COARSER = 2
"""... as long as they lie in one area, or without areas in one cell so many resolutions coarser:
at resolution 9 some 5 km², which is a place that one name fits."""


def weigh_cells(
    cells: geopandas.GeoDataFrame,
    points: geopandas.GeoDataFrame,
    column: str | None = None,
    name: str = "alerts",
) -> geopandas.GeoDataFrame:
    """The cells with one more column: how many of the points lie in each, or the sum of a column of
    theirs. Points outside all the cells add nothing."""
    own = cells_in(cells)
    lon, lat = points_of(points, "points that weigh")
    weight = (
        np.ones(len(lon)) if column is None else numbers_of(points, column, "points that weigh")
    )
    of_point = cells_of(lon, lat, resolution_of(int(own[0])))
    order = np.argsort(own)
    place = np.minimum(np.searchsorted(own[order], of_point), len(own) - 1)
    inside = own[order][place] == of_point
    summed = np.bincount(order[place[inside]], weights=weight[inside], minlength=len(own))
    return cells.assign(**{name: summed})


def find_gaps(
    cells: geopandas.GeoDataFrame,
    target: Target | float | str,
    *,
    kinds: tuple[str, ...] | None = None,
    weight: str | None = None,
) -> geopandas.GeoDataFrame:
    """The cells of a surface that are slower than a target, the costliest first.

    target  seconds, a tier's word (what the policy promises of it), or a :class:`Target`.
    weight  a column: ``road_m``, ``alerts`` from :func:`weigh_cells`, any of the planner's.

    Columns: ``cell``, the weight, ``time_s``, ``over_s`` beyond the target, ``burden``: the weight
    times the minutes beyond it, where slower than the target's `worst_s` counts as that; the
    hexagon. Cells that weigh nothing are left out. The index is the rank, from 0.
    """
    cells_in(cells)
    cells = in_degrees(cells, "cells")
    target = target_of(target, kinds)
    weight = _weight_column(cells, weight)
    weighs = numbers_of(cells, weight, "cells")
    time_s = time_column(cells, target.kinds)
    late = (time_s > target.target_s) & (weighs > 0)
    counted_s = np.minimum(time_s[late], target.worst_s)
    if np.isinf(counted_s).any():
        # Without a worst, what nobody reaches counts as the slowest that is reached.
        reached_s = counted_s[np.isfinite(counted_s)]
        counted_s = np.minimum(counted_s, reached_s.max(initial=2.0 * target.target_s))
    table = pd.DataFrame(
        {
            "cell": cells["cell"].to_numpy()[late],
            weight: weighs[late],
            "time_s": time_s[late],
            "over_s": time_s[late] - target.target_s,
            "burden": weighs[late] * (counted_s - target.target_s) / 60.0,
        }
    )
    gaps = geopandas.GeoDataFrame(table, geometry=cells.geometry.to_numpy()[late], crs=CRS)
    gaps = gaps.sort_values(["burden", "cell"], ascending=[False, True], ignore_index=True)
    gaps.attrs = {"weight": weight, "target_s": target.target_s, "of_weight": float(weighs.sum())}
    return gaps


def group_gaps(
    gaps: geopandas.GeoDataFrame,
    roads: Roads,
    areas: geopandas.GeoDataFrame | None = None,
    *,
    level: str | None = None,
    rings: int = PLACE_RINGS,
) -> geopandas.GeoDataFrame:
    """Gaps that touch, as places with a name, the costliest first.

    areas  jurisdictions with a column ``name`` (and ``level``: only those of `level`, else of the
           finest there is); a place lies in one of them.
    rings  so many steps apart, cells still belong together: 1 where all roads weigh, 3 or 4 where
           only past alerts do, which leave holes.

    Columns: ``place``, ``cells``, the weight, ``share`` of all weight, ``time_s`` (weighted mean of
    what is reached), ``worst_s``, ``burden``; the union of the hexagons.
    """
    weight = gaps.attrs.get("weight")
    if weight is None or weight not in gaps.columns:
        raise PlanningError("Give group_gaps what find_gaps gave, as it was.")
    columns = ["place", "cells", weight, "share", "time_s", "worst_s", "burden"]
    if not len(gaps):
        empty = pd.DataFrame(columns=columns)
        return geopandas.GeoDataFrame(empty, geometry=[], crs=CRS)
    own = cells_in(gaps, "gaps")
    lon, lat = centres_of(own)
    area = None if areas is None else areas_of(lon, lat, areas, level)
    place = _places(own, area, rings)
    rows, shapes = [], []
    for number in range(place.max() + 1):
        members = np.flatnonzero(place == number)
        part = gaps.iloc[members]
        weighs, time_s = part[weight].to_numpy(), part["time_s"].to_numpy()
        reached = np.isfinite(time_s)
        rows.append(
            {
                "cells": len(members),
                weight: weighs.sum(),
                "share": weighs.sum() / gaps.attrs["of_weight"],
                "time_s": (
                    np.average(time_s[reached], weights=weighs[reached])
                    if reached.any()
                    else np.inf
                ),
                "worst_s": time_s.max(),
                "burden": part["burden"].sum(),
            }
        )
        shapes.append(part.geometry.union_all())
    members_of = [np.flatnonzero(place == number) for number in range(place.max() + 1)]
    names = name_spots(roads, [own[members] for members in members_of])
    if area is not None:
        outer = [area[members[0]] for members in members_of]
        names = [f"{of}，{name}" if of else name for of, name in zip(outer, names, strict=True)]
    table = pd.DataFrame(rows).assign(place=names)[columns]
    places = geopandas.GeoDataFrame(table, geometry=shapes, crs=CRS)
    return places.sort_values(["burden", "place"], ascending=[False, True], ignore_index=True)


def _places(cells: np.ndarray, area: list[str] | None, rings: int) -> np.ndarray:
    """int64[cell]: which place each belongs to, 0, 1, 2 ... in the order of first members."""
    if area is None:
        resolution = max(resolution_of(int(cells[0])) - PLACE_COARSER, 0)
        _, ground = np.unique(ancestors_of(cells, resolution), return_inverse=True)
    else:
        _, ground = np.unique(np.array(area, dtype=str), return_inverse=True)
    row_of = {cell: row for row, cell in enumerate(cells.tolist())}
    pairs = [
        (row, row_of[other])
        for cell, row in row_of.items()
        for other in h3.grid_disk(cell, rings)
        if other in row_of and ground[row_of[other]] == ground[row]
    ]
    first, second = np.array(pairs).T
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(len(cells),) * 2)
    _, label = connected_components(graph, directed=False)
    _, seen, place = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(seen))[place]


def _weight_column(cells: geopandas.GeoDataFrame, weight: str | None) -> str:
    if weight is not None:
        return weight
    for known in WEIGHTS:
        if known in cells.columns:
            return known
    raise PlanningError(
        f"Say which column of the cells is their weight; they have {', '.join(cells.columns)}."
    )
