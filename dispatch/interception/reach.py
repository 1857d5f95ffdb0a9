"""Where the subject can be by now: earliest arrival everywhere, from the last sighting on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import h3
import numpy as np
import shapely

from dispatch.errors import InterceptionError
from dispatch.interception.subject import Sighting, Subject
from geodata.cells import ancestors_of, name_of
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.search import Field, field
from geodata.snapping import Snapper

ROADS_OF_A_SIGHTING = 16
"""Roads tried around a sighting; a camera sees one, a telephone mast a few."""
LEAST_RADIUS_M = 20.0
"""The other carriageway is as likely when a sighting does not say which it was."""
HEADING_TOLERANCE_DEG = 60.0
"""A heading may come from two fixes of a phone, or from "towards Kaizhou"."""

CELL_RESOLUTIONS = (9, 8, 7, 6, 5)
MOST_CELLS = 3_000
"""The finest resolution that needs no more cells than this draws an area."""


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Where on the roads the subject was seen."""

    positions: RoadPositions
    arc: np.ndarray
    """int32[way]: ways of driving on from there that agree with the heading; base arcs."""
    position: np.ndarray
    """int32[way]: index of the position that each way starts at."""
    heading_fits: bool
    """False where a heading was given and no road near has it: any is taken then."""


def find_starts(snapper: Snapper, metric: Metric, sighting: Sighting) -> Starts:
    """The roads that the sighting can be about. Raises InterceptionError where there is none."""
    near = snapper.snap_candidates(
        sighting.lon,
        sighting.lat,
        metric.mode,
        radius_m=max(sighting.radius_m, LEAST_RADIUS_M),
        count=ROADS_OF_A_SIGHTING,
    )
    if not len(near):
        near = snapper.snap([sighting.lon], [sighting.lat], metric.mode)
        near = near.take(near.found)
    if not len(near):
        raise InterceptionError(
            "No road that the subject can use is near the sighting: check its coordinates and crs."
        )
    arc = np.concatenate([2 * near.edge, 2 * near.edge + 1]).astype(np.int32)
    position = np.tile(np.arange(len(near), dtype=np.int32), 2)
    usable = metric.travel_time_ms[arc] < UNREACHABLE_MS
    fits = usable
    heading_fits = True
    if sighting.heading_deg is not None:
        network = metric.network
        share = np.where(arc & 1, 1.0 - near.fraction[position], near.fraction[position])
        bearing = np.where(
            share < 0.5, network.arc_start_bearing_deg[arc], network.arc_end_bearing_deg[arc]
        )
        off_deg = np.abs((bearing - sighting.heading_deg + 180.0) % 360.0 - 180.0)
        fits = usable & (off_deg <= HEADING_TOLERANCE_DEG)
        heading_fits = bool(fits.any())
        if not heading_fits:
            fits = usable
    if not fits.any():
        raise InterceptionError("All roads near the sighting are closed to the subject.")
    kept, place = np.unique(position[fits], return_inverse=True)
    return Starts(near.take(kept), arc[fits], place.astype(np.int32), heading_fits)


@dataclass(frozen=True, eq=False)
class Reach:
    """How soon the subject can be where, at their fastest. Immutable."""

    subject: Subject
    metric: Metric
    """The subject's, with what is closed to them."""
    starts: Starts
    field: Field
    """Of the map's own times; see :meth:`earliest_s`."""

    @cached_property
    def node_earliest_s(self) -> np.ndarray:
        """float64[node]: seconds after the sighting; inf beyond the horizon. Turning round at once
        is thought possible whatever the heading was, for nothing may be claimed that it breaks."""
        return self.earliest_s(self.field.node_time_ms)

    @cached_property
    def arcs(self) -> np.ndarray:
        """int32[]: the arcs that can be begun within the horizon, rising, shadow arcs included."""
        labels = self.field.arc_label_ms < UNREACHABLE_MS
        of_starts = 2 * self.starts.positions.edge[:, None] + np.arange(2)
        labels[of_starts.ravel()] = True
        return np.flatnonzero(labels).astype(np.int32)

    def earliest_s(self, time_ms: np.ndarray) -> np.ndarray:
        """Seconds after the sighting for times of the field."""
        seconds = time_ms / (1_000.0 * self.subject.fastest) - self.subject.sighting.time_error_s
        return np.where(time_ms < UNREACHABLE_MS, seconds, np.inf)

    @cached_property
    def cells(self) -> tuple[np.ndarray, np.ndarray]:
        """(uint64[cell] H3 cells that hold a junction that can be reached within the horizon,
        float64[cell] earliest arrival in seconds), soonest first."""
        reached = np.flatnonzero(np.isfinite(self.node_earliest_s))
        soonest_s = self.node_earliest_s[reached]
        fine = self.metric.network.node_cell[reached]
        for resolution in CELL_RESOLUTIONS:
            cell, place = np.unique(ancestors_of(fine, resolution), return_inverse=True)
            if len(cell) <= MOST_CELLS:
                break
        earliest_s = np.full(len(cell), np.inf)
        np.minimum.at(earliest_s, place, soonest_s)
        order = np.argsort(earliest_s, kind="stable")
        return cell[order], np.maximum(earliest_s[order], 0.0)

    def area_at(self, after_s: float) -> shapely.Geometry:
        """Where they can be so long after the sighting: the union of cells, WGS-84."""
        cell, earliest_s = self.cells
        within = [name_of(one) for one in cell[earliest_s <= after_s].tolist()]
        if not within:
            return shapely.MultiPolygon()
        return shapely.geometry.shape(h3.cells_to_geo(within))


def find_reach(snapper: Snapper, metric: Metric, subject: Subject) -> Reach:
    """How soon the subject can be where. Raises InterceptionError where no road is near."""
    if subject.changes:
        metric = metric.with_changes(subject.changes)
    starts = find_starts(snapper, metric, subject.sighting)
    until_s = (subject.horizon_s + subject.sighting.time_error_s) * subject.fastest
    reached = field(metric, starts.positions, limit_ms=int(until_s * 1_000))
    return Reach(subject, metric, starts, reached)
