"""Cells in which, with their neighbours, more alerts gather than chance would bring together."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
from esda import fdr
from esda.getisord import G_Local
from libpysal.graph import Graph
from scipy.stats import binom, norm

from dispatch.coverage.doors import hexagons
from dispatch.errors import PlanningError
from dispatch.frames import CRS, TIME_ZONE, cells_in, numbers_of, points_of
from dispatch.hotspots.weeks import fraud_types_of, weeks_of
from geodata.cells import cells_of, name_of, neighbours_of, resolution_of

FALSE_SHARE = 0.05
"""Of the cells called hot, the share that may be so by chance."""
LEAST_CELLS = 30
"""The normal approximation of Gi* wants about so many (Getis and Ord 1992)."""
COLUMNS = ("cell", "alerts", "expected", "nearby", "z", "p", "hot")
"""Of hot spots, beside the hexagon."""


def hot_spots(
    alerts: geopandas.GeoDataFrame,
    cells: geopandas.GeoDataFrame,
    *,
    weight: str | None = None,
    false_share: float = FALSE_SHARE,
) -> geopandas.GeoDataFrame:
    """One row per cell: its alerts, how they and its neighbours' differ from chance, and whether
    that makes it a hot spot; hottest first.

    alerts        points.
    cells         the area looked at: H3 cells in a column ``cell``, all of one resolution, such as
                  those of a response surface. Alerts outside of it are left out.
    weight        a column of ``cells``, such as the population: a cell is then hot when it has more
                  alerts than its share of the weight explains.
    false_share   of the cells called hot, the share that may be so by chance.

    Columns: ``cell``, ``alerts``, ``expected`` (the cell's share of all alerts), ``nearby`` (alerts
    of the cell and the cells that touch it), ``z``, ``p``, ``hot``; the hexagon.

    Two tests must agree, and p is the larger of theirs (an intersection-union test). Gi* (Ord and
    Getis, Geographical Analysis 27, 1995; ``z`` is its score) asks whether the neighbourhood stands
    out among all others of the map; with a weight, by its alerts above what is expected. The
    binomial tail asks whether as many alerts would fall there if each fell anywhere by the cells'
    shares: with few alerts the first alone calls every pair of them hot. Which p are small enough
    is decided with the false discovery rate (Benjamini and Hochberg 1995; for local statistics
    Caldas de Castro and Singer, Geographical Analysis 38, 2006). Raises PlanningError.
    """
    index = cells_in(cells)
    if len(index) < LEAST_CELLS:
        raise PlanningError(f"Hot spots need at least {LEAST_CELLS} cells; take smaller ones.")
    if not 0.0 < false_share < 1.0:
        raise PlanningError("The share of hot spots that may be false lies between 0 and 1.")
    places = places_in(alerts, index)
    if (places < 0).all():
        raise PlanningError("None of the alerts lies in one of the cells; is it the right area?")
    counts = np.bincount(places[places >= 0], minlength=len(index))
    share = np.full(len(index), 1.0 / len(index))
    if weight is not None:
        numbers = numbers_of(cells, weight, "cells")
        share = numbers / numbers.sum()
    return _judged(index, counts, share, false_share)


def hot_spots_by(
    alerts: geopandas.GeoDataFrame,
    cells: geopandas.GeoDataFrame,
    *,
    time: str = "opened_at",
    timezone: str = TIME_ZONE,
    weight: str | None = None,
    false_share: float = FALSE_SHARE,
    least_alerts: int = 20,
) -> geopandas.GeoDataFrame:
    """The hot spots of each week and each kind of fraud that had at least so many alerts.

    The columns of :func:`hot_spots` after ``week`` (its Monday) and ``fraud_type``; of each, only
    the cells that are hot. The false discovery rate holds within each. Raises PlanningError.
    """
    if least_alerts < 1:
        raise PlanningError("A week and a kind of fraud need at least 1 alert to be looked at.")
    found = [hot_spots(alerts, cells, weight=weight, false_share=false_share).iloc[:0]]
    alerts = alerts[places_in(alerts, cells_in(cells)) >= 0]
    groups = [weeks_of(alerts, time, timezone).rename("week"), fraud_types_of(alerts)]
    found[0] = found[0].assign(week=pd.Series(dtype="datetime64[ns]"), fraud_type="")
    for (week, fraud_type), some in alerts.groupby(groups, sort=True):
        if len(some) >= least_alerts:
            spots = hot_spots(some, cells, weight=weight, false_share=false_share)
            found.append(spots[spots["hot"]].assign(week=week, fraud_type=fraud_type))
    spots = pd.concat(found if len(found) == 1 else found[1:], ignore_index=True)
    return geopandas.GeoDataFrame(spots[["week", "fraud_type", *COLUMNS, "geometry"]], crs=CRS)


def places_in(alerts: geopandas.GeoDataFrame, index: np.ndarray) -> np.ndarray:
    """int64[alert]: the place of its cell among these H3 cells (uint64, of one resolution), -1 for
    an alert in none of them."""
    lon, lat = points_of(alerts, "alerts")
    order = np.argsort(index)
    inside = cells_of(lon, lat, resolution_of(int(index[0])))
    at = np.minimum(np.searchsorted(index[order], inside), len(index) - 1)
    return np.where(index[order][at] == inside, order[at], -1)


def touching(index: np.ndarray) -> Graph:
    """Which of these H3 cells touch; one that touches none is its own neighbour of weight 0."""
    place = {cell: k for k, cell in enumerate(index.tolist())}
    focal, neighbour, weight = [], [], []
    for k, cell in enumerate(index.tolist()):
        around = [place[one] for one in neighbours_of(cell).tolist() if one in place]
        around.remove(k)
        focal += [k] * max(len(around), 1)
        neighbour += around or [k]
        weight += [1.0] * len(around) or [0.0]
    return Graph.from_arrays(np.array(focal), np.array(neighbour), np.array(weight))


def _judged(
    index: np.ndarray, counts: np.ndarray, share: np.ndarray, false_share: float
) -> geopandas.GeoDataFrame:
    total = int(counts.sum())
    expected = total * share
    # Gi* divides by the sum of all, and does not change when every cell gets the same on top.
    above = counts - expected + total / len(index)
    z, p, nearby = np.zeros(len(index)), np.ones(len(index)), counts
    if np.ptp(above) > 0.0:  # else there is nothing to tell cells apart by
        local = G_Local(above, touching(index), transform="B", star=True, permutations=0)
        around = local.w.sparse
        z = np.asarray(local.Zs, dtype=np.float64)
        nearby = np.rint(around @ counts).astype(np.int64)
        by_chance = binom.sf(nearby - 1, total, np.minimum(around @ share, 1.0))
        p = np.maximum(norm.sf(z), by_chance)
    hot = (z > 0.0) & (p <= fdr(p, false_share))
    columns = ([name_of(cell) for cell in index.tolist()], counts, expected, nearby, z, p, hot)
    frame = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    spots = geopandas.GeoDataFrame(frame, geometry=hexagons(index), crs=CRS)
    return spots.sort_values(["p", "z", "cell"], ascending=[True, False, True], ignore_index=True)
