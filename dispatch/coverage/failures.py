"""Single points of failure: what one closed bridge, one tunnel or one unit off duty costs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import shapely

from dispatch.coverage.search_tree import NOBODY, SearchTree
from dispatch.coverage.structures import Structure, find_structures
from dispatch.coverage.survey import LEAST_SHARE, Survey, cell_names
from dispatch.coverage.targets import Target, target_of
from dispatch.errors import PlanningError
from dispatch.frames import CRS
from dispatch.kernels.cell_times import means_of_cells
from geodata.network import UNREACHABLE_MS

WHATS = ("unit", "bridge", "tunnel")


@dataclass(frozen=True, slots=True, eq=False)
class WeakPoints:
    """What the coverage hangs on."""

    ranked: geopandas.GeoDataFrame
    """A row for each thing without which some cell is pushed over the target, the worst first:
    ``what`` (unit, bridge, tunnel or a structure's own word), ``name``, ``kind`` of a unit,
    ``cells`` pushed over and what they weigh, ``most_s`` and ``mean_s`` by which those that are
    still reached get slower (inf where none is), ``cut_off`` cells that nobody reaches any more,
    ``edges`` closed; the point or the line."""
    cells: geopandas.GeoDataFrame
    """A row for each cell that each of them pushes over: ``point`` (index in `ranked`), ``cell``,
    its weight, ``before_s``, ``after_s``; the hexagon."""
    tried: int
    """So many what-ifs were computed."""


def weak_points(
    survey: Survey,
    target: Target | float | str,
    *,
    kinds: Collection[str] | None = None,
    whats: Sequence[str] = WHATS,
    structures: Sequence[Structure] = (),
) -> WeakPoints:
    """The units, bridges and tunnels of which one alone, gone, pushes cells over the target.

    target      seconds, a tier's word, or a :class:`Target`.
    kinds       who counts; None: whom the target names.
    structures  further roads to close, each as one; see :func:`structure_of`.

    Each of them is taken away alone and everybody else stays where they are. What a way did not
    lead over cannot get worse: only the part of each search that hangs below the thing is searched
    again, which over all units together is as much work as the surface itself.
    """
    target = target_of(target, kinds)
    return _Trial(survey, target, whats, structures).run()


class _Trial:
    def __init__(
        self,
        survey: Survey,
        target: Target,
        whats: Sequence[str],
        structures: Sequence[Structure],
    ) -> None:
        self._survey = survey
        self._target_s = target.target_s
        self._whats = checked_words(whats)
        self._structures = list(structures)
        meant = target.kinds_among(survey.kinds)
        searches = [search for search in survey.searches if search.kind in meant]
        self._times_ms = np.stack([search.time_ms for search in searches])
        self._trees = [
            SearchTree(search, survey.doors, row)
            for search, row in zip(searches, self._times_ms, strict=True)
        ]
        self._before_s, _ = survey.in_cells(self._times_ms.min(axis=0))
        doors = survey.doors
        self._cell_of_door = np.repeat(
            np.arange(len(doors.cells), dtype=np.int64), np.diff(doors.first_door)
        )
        self._rows: list[dict[str, object]] = []
        self._shapes: list[shapely.Geometry] = []
        self._cells: list[np.ndarray] = []
        self._after_s: list[np.ndarray] = []

    def run(self) -> WeakPoints:
        tried = 0
        people = self._survey.people
        if "unit" in self._whats:
            for tree in self._trees:
                for place, row in enumerate(tree.search.rows.tolist()):
                    tried += 1
                    over = self._without([(tree, place, None)])
                    point = shapely.Point(people.lon[row], people.lat[row])
                    self._note("unit", people.responder_id[row], people.kind[row], over, point)
        roads = [s for s in self._known_structures() if s.what in self._whats] + self._structures
        for structure in roads:
            tried += 1
            over = self._without([(tree, NOBODY, structure.edges) for tree in self._trees])
            self._note(structure.what, structure.name, None, over, structure.line, structure.edges)
        return self._ranked(tried)

    def _known_structures(self) -> list[Structure]:
        if not {"bridge", "tunnel"} & set(self._whats):
            return []
        network = self._survey.roads.network
        used = np.zeros(network.edge_count, dtype=bool)
        for tree in self._trees:
            times = tree.search.field.metric.travel_time_ms[: 2 * network.edge_count]
            used |= (times < UNREACHABLE_MS).reshape(-1, 2).any(axis=1)
        return find_structures(network, used)

    def _without(self, questions) -> tuple[np.ndarray, np.ndarray]:
        """(cells pushed over the target, their times in seconds then)."""
        changed = [tree.without(removed, edges).copy() for tree, removed, edges in questions]
        cells = np.unique(self._cell_of_door[np.concatenate(changed)])
        after_s = np.empty(len(cells))
        doors = self._survey.doors
        means_of_cells(cells, doors.first_door, doors.weight, self._times_ms, LEAST_SHARE, after_s)
        for tree, _, _ in questions:
            tree.restore()
        over = (self._before_s[cells] <= self._target_s) & (after_s > self._target_s)
        return cells[over], after_s[over]

    def _note(self, what, name, kind, over, shape, edges=None) -> None:
        cells, after_s = over
        if not len(cells):
            return
        slower_s = after_s - self._before_s[cells]
        reached = np.isfinite(slower_s)
        weight = self._survey.doors.cell_weight[cells]
        self._rows.append(
            {
                "what": what,
                "name": name,
                "kind": kind,
                "cells": len(cells),
                self._survey.doors.weight_name: weight.sum(),
                "most_s": slower_s[reached].max() if reached.any() else np.inf,
                "mean_s": (
                    np.average(slower_s[reached], weights=weight[reached])
                    if reached.any()
                    else np.inf
                ),
                "cut_off": int((~reached).sum()),
                "edges": [] if edges is None else edges.tolist(),
            }
        )
        self._shapes.append(shape)
        self._cells.append(cells)
        self._after_s.append(after_s)

    def _ranked(self, tried: int) -> WeakPoints:
        doors = self._survey.doors
        weight = doors.weight_name
        columns = ["what", "name", "kind", "cells", weight, "most_s", "mean_s", "cut_off", "edges"]
        ranked = geopandas.GeoDataFrame(
            pd.DataFrame(self._rows, columns=columns), geometry=self._shapes, crs=CRS
        )
        order = ranked.sort_values([weight, "cells", "name"], ascending=[False, False, True]).index
        ranked = ranked.loc[order].reset_index(drop=True)
        cells = np.concatenate([self._cells[k] for k in order] or [np.empty(0, dtype=np.int64)])
        after_s = np.concatenate([self._after_s[k] for k in order] or [np.empty(0)])
        point = np.repeat(np.arange(len(order)), [len(self._cells[k]) for k in order])
        names = cell_names(doors)
        table = {
            "point": point.astype(np.int64),
            "cell": [names[cell] for cell in cells.tolist()],
            weight: doors.cell_weight[cells],
            "before_s": self._before_s[cells],
            "after_s": after_s,
        }
        shapes = doors.shapes()[cells]
        return WeakPoints(
            ranked, geopandas.GeoDataFrame(pd.DataFrame(table), geometry=shapes, crs=CRS), tried
        )


def checked_words(whats: Sequence[str]) -> tuple[str, ...]:
    """What may fail, each word known."""
    for what in whats:
        if what not in WHATS:
            raise PlanningError(f"What can fail is one of {', '.join(WHATS)}, not {what!r}.")
    return tuple(whats)
