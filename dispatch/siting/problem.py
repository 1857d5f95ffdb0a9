"""A siting problem: who lives where, where posts could be, and how long it takes between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral

import geopandas
import numpy as np
import pandas as pd
import shapely

from dispatch.coverage.doors import Doors, checked_resolution
from dispatch.coverage.survey import cell_names
from dispatch.errors import PlanningError
from dispatch.frames import CRS, in_degrees, numbers_of, points_of
from dispatch.interception.units import Roads
from dispatch.responders import kind_named
from dispatch.siting.drives import times_to_cells
from geodata.cells import cells_of

WORST_S = 3_600.0
"""Slower than an hour counts as an hour: nobody is sent so far (the tier policy's `reach_s`)."""

CANDIDATE_RESOLUTION = 8
"""One candidate in each H3 cell of some 0.7 km²."""


@dataclass(frozen=True, slots=True, eq=False)
class SitingProblem:
    """Times from every candidate to every demand. Immutable; models take it as it is."""

    time_s: np.ndarray
    """float64[candidate, demand]: turn-out and drive; inf where no way leads."""
    weight: np.ndarray
    """float64[demand], 0 or more."""
    existing: np.ndarray
    """bool[candidate]: posts there are, kept in every answer."""
    candidates: geopandas.GeoDataFrame
    """A row for each candidate, with ``name`` and ``existing``."""
    demand: geopandas.GeoDataFrame
    """A row for each demand, with ``cell`` and its weight."""
    capacity: np.ndarray | None = None
    """float64[candidate]: the weight that a post there can serve; None: as much as comes."""

    def __post_init__(self) -> None:
        rows, columns = self.time_s.shape
        if not rows or not columns:
            raise PlanningError("A siting problem needs at least one candidate and one demand.")
        if len(self.weight) != columns or len(self.existing) != rows:
            raise PlanningError("Times, weights and candidates of a siting problem do not match.")
        if np.isnan(self.time_s).any() or (self.time_s < 0).any():
            raise PlanningError("Times of a siting problem are 0 or more, and inf for no way.")
        if (self.weight < 0).any() or not np.isfinite(self.weight).all():
            raise PlanningError("Weights of a siting problem are finite and 0 or more.")
        if not (self.weight > 0).any():
            raise PlanningError("No demand of a siting problem weighs anything.")
        if self.capacity is not None and not (self.capacity >= 0).all():
            raise PlanningError("Capacities of a siting problem are 0 or more.")

    def __len__(self) -> int:
        return len(self.existing)

    def check_more(self, more: int) -> int:
        """The number of new posts, if there are so many candidates for them."""
        free = int((~self.existing).sum())
        if not isinstance(more, Integral) or not 0 <= more <= free:
            raise PlanningError(f"Between 0 and {free} more posts can be chosen, not {more!r}.")
        if not self.existing.any() and not more:
            raise PlanningError("There are no posts yet: choose at least one more.")
        return int(more)

    def without_capacity(self) -> SitingProblem:
        """The same, with posts that serve as much as comes."""
        return replace(self, capacity=None)

    @classmethod
    def of_times(
        cls,
        time_s: np.ndarray,
        weight: np.ndarray,
        *,
        existing: np.ndarray | None = None,
        capacity: np.ndarray | None = None,
    ) -> SitingProblem:
        """A problem from bare times, for instance of a table; places have numbers for names."""
        time_s = np.ascontiguousarray(time_s, dtype=np.float64)
        if time_s.ndim != 2:
            raise PlanningError("Times are a table: a row for each candidate, one demand a column.")
        rows, columns = time_s.shape
        weight = np.ascontiguousarray(weight, dtype=np.float64)
        if len(weight) != columns:
            raise PlanningError(f"{columns} demands need as many weights, not {len(weight)}.")
        there = np.zeros(rows, dtype=bool) if existing is None else np.asarray(existing, dtype=bool)
        nowhere = geopandas.GeoSeries([None] * rows, crs=CRS)
        names = {"name": [str(row) for row in range(rows)], "existing": there}
        demand = pd.DataFrame({"cell": [str(c) for c in range(columns)], "weight": weight})
        return cls(
            time_s,
            weight,
            there,
            geopandas.GeoDataFrame(pd.DataFrame(names), geometry=nowhere.to_numpy(), crs=CRS),
            geopandas.GeoDataFrame(demand, geometry=[None] * columns, crs=CRS),
            None if capacity is None else np.asarray(capacity, dtype=np.float64),
        )


def siting_problem(
    roads: Roads,
    candidates: geopandas.GeoDataFrame,
    doors: Doors,
    *,
    existing: geopandas.GeoDataFrame | None = None,
    kind: str = "officer",
    capacity: str | None = None,
) -> SitingProblem:
    """Everybody behind the doors, posts that exist, and candidates for more, on the road.

    candidates  points where a post could be; filter the frame first. Those that are near no road
                of the kind's mode are left out.
    doors       where victims may be: demand are its cells.
    existing    posts there are, kept.
    kind        who stands at the posts: their mode, and their turn-out.
    capacity    a column of candidates and existing posts: the weight each can serve.
    """
    who = kind_named(kind)
    frames = [(candidates, "candidates")] + ([] if existing is None else [(existing, "posts")])
    parts = []
    for frame, what in frames:
        lon, lat = points_of(frame, what)
        table = pd.DataFrame({"name": names_of(frame, lon, lat), "existing": what == "posts"})
        if capacity is not None:
            table["capacity"] = numbers_of(frame, capacity, what)
        points = shapely.points(lon, lat)
        parts.append(geopandas.GeoDataFrame(table, geometry=points, crs=CRS))
    places = pd.concat(parts, ignore_index=True)
    road = roads.snapper.snap(places.geometry.x, places.geometry.y, who.mode)
    if not road.found.any():
        raise PlanningError(
            f"No candidate is near a road that {who.mode} may use; is it the right map?"
        )
    lost = ~road.found & places["existing"].to_numpy()
    if lost.any():
        raise PlanningError(
            f"The post {places['name'][np.flatnonzero(lost)[0]]!r} is near no road that "
            f"{who.mode} may use; move its point to the road, or leave it out."
        )
    kept = np.flatnonzero(road.found)
    turn_out_ms = np.full(len(kept), round(1_000 * who.turn_out_s), dtype=np.int64)
    time_s, _ = times_to_cells(roads, road.take(kept), who.mode, doors, delay_ms=turn_out_ms)
    places = places.iloc[kept].reset_index(drop=True)
    demand = pd.DataFrame({"cell": cell_names(doors), doors.weight_name: doors.cell_weight})
    return SitingProblem(
        time_s,
        doors.cell_weight,
        places["existing"].to_numpy(dtype=bool),
        places,
        geopandas.GeoDataFrame(demand, geometry=doors.shapes(), crs=CRS),
        None if capacity is None else places["capacity"].to_numpy(np.float64),
    )


def candidate_posts(
    roads: Roads,
    *,
    resolution: int = CANDIDATE_RESOLUTION,
    within: geopandas.GeoDataFrame | None = None,
    keep: Callable[[geopandas.GeoDataFrame], np.ndarray] | None = None,
    most: int = 500,
) -> geopandas.GeoDataFrame:
    """Places where a post could be: in each H3 cell the door on most road, the busiest cells first.

    within  areas; only places in them.
    keep    says of a frame of candidates which to keep, as bool[row].
    most    at most so many.

    Columns: ``name`` (the cell's), ``road_m`` of the cell; the point.
    """
    resolution = checked_resolution(resolution)
    if most < 1:
        raise PlanningError(f"At least 1 candidate is wanted, not {most}.")
    doors = Doors.along_roads(roads, resolution)
    heaviest = _heaviest_door(doors)
    table = pd.DataFrame({"name": cell_names(doors), "road_m": doors.cell_weight})
    points = shapely.points(doors.lon[heaviest], doors.lat[heaviest])
    found = geopandas.GeoDataFrame(table, geometry=points, crs=CRS)
    if within is not None:
        ground = in_degrees(within, "areas").union_all()
        shapely.prepare(ground)
        found = found[shapely.intersects(ground, found.geometry.to_numpy())]
    if keep is not None:
        kept = np.asarray(keep(found), dtype=bool)
        if kept.shape != (len(found),):
            raise PlanningError(
                f"`keep` says of each of {len(found)} candidates whether to keep it; it answered "
                f"with the shape {kept.shape}."
            )
        found = found[kept]
    if not len(found):
        raise PlanningError("No candidate is left; widen `within`, or keep more.")
    found = found.sort_values(["road_m", "name"], ascending=[False, True]).head(most)
    return found.sort_values("name").reset_index(drop=True)


def _heaviest_door(doors: Doors) -> np.ndarray:
    """int64[cell]: in each cell the door in its busiest finer cell, so that posts stand where the
    streets are, and not on a lonely road in a corner."""
    own = np.repeat(np.arange(len(doors.cells)), np.diff(doors.first_door))
    finer = cells_of(doors.lon, doors.lat, doors.resolution + 1)
    ground, place = np.unique(finer, return_inverse=True)
    metres = np.bincount(place, weights=doors.weight, minlength=len(ground))[place]
    order = np.lexsort((-metres, own))
    first = np.searchsorted(own[order], np.arange(len(doors.cells)))
    return order[first]


def names_of(frame: geopandas.GeoDataFrame, lon: np.ndarray, lat: np.ndarray) -> list[str]:
    """What posts are called: their `name`, else latitude and longitude."""
    if "name" in frame.columns:
        return [str(name) for name in frame["name"]]
    return [f"{y:.4f}, {x:.4f}" for x, y in zip(lon, lat, strict=True)]
