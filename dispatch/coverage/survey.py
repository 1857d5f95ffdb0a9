"""How soon the first responder of each kind is at every door: one search a kind and mode."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import geopandas
import numpy as np
import pandas as pd

from dispatch.coverage.doors import DEFAULT_RESOLUTION, Doors
from dispatch.coverage.people import People
from dispatch.errors import PlanningError
from dispatch.frames import CRS
from dispatch.interception.units import Roads
from dispatch.kernels.cell_times import cell_times, cell_winners, take_sooner
from dispatch.responders import KINDS, kinds_named
from geodata.cells import name_of
from geodata.changes import RoadChanges
from geodata.network import UNREACHABLE_MS
from geodata.search import Field, field

LEAST_SHARE = 0.5
"""A cell counts as reached when at least half of what weighs in it is."""

SEARCHES_AT_ONCE = 2
"""Searches run without the GIL; each takes the memory of a few arrays as long as the map."""


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """One kind in one mode: everybody's search at once, and what it says at the doors."""

    kind: str
    mode: str
    rows: np.ndarray
    """int64[source]: rows of the people."""
    field: Field
    """From the people; its winners are indices of `rows`."""
    time_ms: np.ndarray
    """int32[door]: turn-out and drive; ``UNREACHABLE_MS`` where no way leads."""
    winner: np.ndarray
    """int32[door]: row of the people, -1 where nobody comes."""


@dataclass(frozen=True, eq=False)
class Survey:
    """Times of the first responder everywhere. Immutable; see :func:`survey`."""

    roads: Roads
    people: People
    doors: Doors
    searches: tuple[Search, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that were looked at, in the order of `KINDS`."""
        return tuple(dict.fromkeys(search.kind for search in self.searches))

    def at_doors(self, kinds: Collection[str] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(int32[door] time in ms, int32[door] row of who is first) over some kinds; None: all."""
        meant = self.kinds if kinds is None else kinds_named(kinds)
        best_ms = np.full(len(self.doors), UNREACHABLE_MS, dtype=np.int32)
        winner = np.full(len(self.doors), -1, dtype=np.int32)
        for search in self.searches:
            if search.kind in meant:
                take_sooner(search.time_ms, search.winner, best_ms, winner)
        return best_ms, winner

    def in_cells(self, time_ms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(float64[cell] mean time in seconds, float64[cell] share reached) of times at doors."""
        mean_s, share = np.empty(len(self.doors.cells)), np.empty(len(self.doors.cells))
        cell_times(self.doors.first_door, self.doors.weight, time_ms, LEAST_SHARE, mean_s, share)
        return mean_s, share

    @cached_property
    def cells(self) -> geopandas.GeoDataFrame:
        """One row for each H3 cell with a door; see :func:`response_times`."""
        doors = self.doors
        table: dict[str, object] = {
            "cell": cell_names(doors),
            doors.weight_name: doors.cell_weight,
        }
        ids = np.array([*self.people.responder_id, None], dtype=object)
        for kind in self.kinds:
            time_ms, winner = self.at_doors([kind])
            table[f"{kind}_s"], _ = self.in_cells(time_ms)
            table[f"{kind}_first"] = ids[self._first(winner)]
        time_ms, winner = self.at_doors()
        table["any_s"], table["reached"] = self.in_cells(time_ms)
        first = self._first(winner)
        table["any_first"] = ids[first]
        table["any_kind"] = np.array([*self.people.kind, None], dtype=object)[first]
        frame = pd.DataFrame(table)
        return geopandas.GeoDataFrame(frame, geometry=doors.shapes(), crs=CRS)

    def _first(self, winner: np.ndarray) -> np.ndarray:
        most = np.empty(len(self.doors.cells), dtype=np.int32)
        cell_winners(self.doors.first_door, self.doors.weight, winner, most)
        return most


def survey(
    roads: Roads,
    people: People | geopandas.GeoDataFrame,
    *,
    kinds: Collection[str] | None = None,
    doors: Doors | None = None,
    resolution: int = DEFAULT_RESOLUTION,
    changes: RoadChanges | None = None,
) -> Survey:
    """Times of the first responder everywhere, kept so that further questions can be asked.

    people   a :class:`People`, or a frame that :meth:`People.of_frame` reads.
    kinds    only these; None: every kind there is among the people.
    doors    where victims may be and what each place weighs; None: :meth:`Doors.along_roads`.
    changes  closures and speeds beside those in force.

    One search from all the people of a kind and mode together.
    """
    people = People.of(roads, people)
    meant = tuple(KINDS) if kinds is None else kinds_named(kinds)
    doors = Doors.along_roads(roads, resolution) if doors is None else doors
    groups = [
        (kind, mode, rows)
        for kind, mode, rows in people.groups()
        if kind in meant and mode in roads.network.modes
    ]
    if not groups:
        raise PlanningError(
            f"Nobody of the kinds {', '.join(meant)} is near a road of this map; "
            f"there are: {', '.join(sorted(set(people.kind))) or 'none'}."
        )
    for mode in {mode for _, mode, _ in groups}:
        doors.positions(mode)  # before the threads: each mode is laid out once

    def search(group: tuple[str, str, np.ndarray]) -> Search:
        kind, mode, rows = group
        reached = field(
            roads.metric(mode),
            people.road.take(rows),
            offset_ms=people.delay_ms[rows],
            changes=changes,
        )
        time_ms, winner = reached.at(doors.positions(mode))
        row = np.append(rows, -1).astype(np.int32)[winner]
        return Search(kind, mode, rows, reached, time_ms, row)

    with ThreadPoolExecutor(max_workers=SEARCHES_AT_ONCE) as pool:
        return Survey(roads, people, doors, tuple(pool.map(search, groups)))


def response_times(
    roads: Roads,
    people: People | geopandas.GeoDataFrame,
    *,
    kinds: Collection[str] | None = None,
    doors: Doors | None = None,
    resolution: int = DEFAULT_RESOLUTION,
    changes: RoadChanges | None = None,
) -> geopandas.GeoDataFrame:
    """The response-time surface: one row for each H3 cell in which somebody can live.

    Columns: ``cell``; what it weighs (``road_m``, or the planner's column); for each kind
    ``KIND_s``, seconds from being told to arriving of the first responder of that kind, the
    weighted mean over the doors of the cell, inf where less than half of it is reached; and
    ``KIND_first``, who is first at most of it; ``any_s``, ``any_first`` and ``any_kind`` of all
    kinds together, door by door; ``reached``, the share of the cell that anybody reaches; the
    hexagon. Parameters are those of :func:`survey`.
    """
    return survey(
        roads, people, kinds=kinds, doors=doors, resolution=resolution, changes=changes
    ).cells


def cell_names(doors: Doors) -> list[str]:
    """Hexadecimal names of the doors' cells."""
    return [name_of(cell) for cell in doors.cells.tolist()]


def time_column(cells: geopandas.GeoDataFrame, kinds: Collection[str] | None) -> np.ndarray:
    """float64[cell]: seconds of the first of some kinds, of the columns of a surface; a kind of
    which there is nobody never comes."""
    names = ["any_s"] if kinds is None else [f"{kind}_s" for kind in kinds_named(kinds)]
    found = [cells[name].to_numpy(np.float64) for name in names if name in cells.columns]
    if not found:
        raise PlanningError(
            f"The surface has none of the columns {', '.join(names)}; make it with response_times "
            "of people of these kinds."
        )
    time_s = np.minimum.reduce(found)
    if np.isnan(time_s).any():
        raise PlanningError(
            f"{int(np.isnan(time_s).sum())} cells have no time in {', '.join(names)}; a cell that "
            "nobody reaches has inf: fill them with frame.fillna(numpy.inf), or leave them out."
        )
    return time_s
