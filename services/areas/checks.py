"""How well areas fit together: what lies outside its parent, overlaps a sibling, or is left over.

Surveyed borders never fit exactly, so small misfits are counted and not told one by one. Shapes are
cut in degrees, as lookups see them; only what is left is measured in square metres.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from geodata.coordinates import EARTH_RADIUS_M
from services.areas.lookup import LoadedArea

SLIVER_M2 = 100.0
"""A misfit smaller than this is a sliver of drawing, ten metres square, and only counted."""


class Misfit(StrEnum):
    """What does not fit."""

    REPAIRED = "repaired"
    OUTSIDE_PARENT = "outside_parent"
    OVERLAP = "overlap"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit."""

    misfit: Misfit
    jurisdiction: str
    """Whose area; of a gap, the area that has no part there."""
    area_m2: float
    share: float
    """Of the area's own ground, 0 to 1."""
    lon: float
    lat: float
    """A point in it, degrees WGS-84."""
    other: str | None = None
    """The area that it overlaps, or the parent that it leaves."""
    word: str = ""
    """What was repaired."""

    @property
    def sentence(self) -> str:
        """The finding for people."""
        where = f"at {self.lon:.5f},{self.lat:.5f}"
        ground = f"{self.area_m2:,.0f} m² ({self.share:.2%})"
        match self.misfit:
            case Misfit.REPAIRED:
                return f"{self.jurisdiction} was repaired: {self.word}"
            case Misfit.OUTSIDE_PARENT:
                return f"{self.jurisdiction} leaves {self.other} with {ground}, {where}"
            case Misfit.OVERLAP:
                return f"{self.jurisdiction} overlaps {self.other} by {ground}, {where}"
            case Misfit.GAP:
                return f"{self.jurisdiction} has no part for {ground}, {where}"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a set of areas fits together."""

    findings: tuple[Finding, ...]
    """The largest of each kind first."""
    slivers: int
    """Misfits too small to tell."""
    slivers_m2: float

    def of(self, misfit: Misfit) -> list[Finding]:
        return [finding for finding in self.findings if finding.misfit is misfit]


def area_m2(geometry: shapely.Geometry | np.ndarray) -> np.ndarray:
    """Square metres of ground of geometries in degrees."""
    # Lambert's cylindrical projection keeps areas.
    return shapely.area(
        shapely.transform(
            geometry,
            lambda lon_lat: np.column_stack(
                [
                    EARTH_RADIUS_M * np.radians(lon_lat[:, 0]),
                    EARTH_RADIUS_M * np.sin(np.radians(lon_lat[:, 1])),
                ]
            ),
        )
    )


def fit_of(areas: Iterable[LoadedArea], touched: Iterable[str]) -> Fit:
    """How the areas fit together wherever one of those touched by a change takes part."""
    by_path = {area.jurisdiction: area for area in areas}
    children: dict[str, list[LoadedArea]] = {}
    for area in by_path.values():
        children.setdefault(area.parent or "", []).append(area)
    groups = {path.rpartition("/")[0] for path in touched} | (set(touched) & set(children))
    findings: list[Finding] = []
    for parent in sorted(groups):
        siblings = sorted(children.get(parent, ()), key=lambda area: area.jurisdiction)
        findings += _overlaps(siblings)
        if parent in by_path and siblings:
            findings += _outside(by_path[parent], siblings)
            findings += _gaps(by_path[parent], siblings)
    told = [finding for finding in findings if finding.area_m2 >= SLIVER_M2]
    small = [finding for finding in findings if finding.area_m2 < SLIVER_M2]
    order = list(Misfit)
    told.sort(key=lambda one: (order.index(one.misfit), -one.area_m2, one.jurisdiction))
    return Fit(tuple(told), len(small), sum(finding.area_m2 for finding in small))


def _overlaps(siblings: Sequence[LoadedArea]) -> list[Finding]:
    shapes = np.array([area.geometry for area in siblings], dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    if not len(one):
        return []
    common = shapely.intersection(shapes[one], shapes[other])
    sizes_m2 = area_m2(common)
    own_m2 = area_m2(shapes[one])
    return [
        _finding(Misfit.OVERLAP, siblings[i], piece, size, own, siblings[j].jurisdiction)
        for i, j, piece, size, own in zip(one, other, common, sizes_m2, own_m2, strict=True)
        if size > 0.0
    ]


def _outside(parent: LoadedArea, children: Sequence[LoadedArea]) -> list[Finding]:
    shapes = np.array([area.geometry for area in children], dtype=object)
    beyond = shapely.difference(shapes, parent.geometry)
    sizes_m2, own_m2 = area_m2(beyond), area_m2(shapes)
    return [
        _finding(Misfit.OUTSIDE_PARENT, child, piece, size, own, parent.jurisdiction)
        for child, piece, size, own in zip(children, beyond, sizes_m2, own_m2, strict=True)
        if size > 0.0
    ]


def _gaps(parent: LoadedArea, children: Sequence[LoadedArea]) -> list[Finding]:
    covered = shapely.union_all([area.geometry for area in children])
    left = shapely.get_parts(shapely.difference(parent.geometry, covered))
    own_m2 = float(area_m2(parent.geometry))
    return [
        _finding(Misfit.GAP, parent, piece, size, own_m2, None)
        for piece, size in zip(left, area_m2(left), strict=True)
        if size > 0.0
    ]


def _finding(
    misfit: Misfit,
    area: LoadedArea,
    piece: shapely.Geometry,
    size_m2: float,
    own_m2: float,
    other: str | None,
) -> Finding:
    point = shapely.point_on_surface(piece)
    return Finding(
        misfit, area.jurisdiction, float(size_m2), float(size_m2 / own_m2), point.x, point.y, other
    )
