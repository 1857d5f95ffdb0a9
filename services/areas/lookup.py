"""The areas as one process knows them, and which of them a place lies in.

Areas are polygons with the path of a jurisdiction: ``wanzhou/gaosuntang/grid-7`` is a grid of the
station ``wanzhou/gaosuntang``. A place belongs to the deepest area that covers it, the border
included; where several are as deep (on a common border, or where two overlap), to the one whose
path sorts first. So every place has one answer, the same in every process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from sqlalchemy import select

from dispatch.incidents.case import Area
from dispatch.question import CandidatePlace
from services.areas.levels import Level
from services.ledger.database import Ledger
from services.ledger.tables import jurisdictions


@dataclass(frozen=True, slots=True)
class LoadedArea:
    """One area as it was loaded."""

    jurisdiction: str
    """Its path."""
    name: str
    level: Level
    code: str | None
    """GB/T 2260 or finer, where there is one."""
    geometry: shapely.Polygon | shapely.MultiPolygon
    """Degrees, WGS-84."""

    @property
    def parent(self) -> str | None:
        """Path of the area that contains it; None for a whole centre's."""
        return self.jurisdiction.rpartition("/")[0] or None

    @property
    def depth(self) -> int:
        return self.jurisdiction.count("/") + 1


class Areas:
    """All loaded areas. Immutable; any number of threads may ask."""

    def __init__(self, loaded: Iterable[LoadedArea] = ()) -> None:
        # Deepest first, and then by path: the first that covers a place is the answer.
        self._loaded = sorted(loaded, key=lambda area: (-area.depth, area.jurisdiction))
        self._by_path = {area.jurisdiction: area for area in self._loaded}
        self._geometries = np.array([area.geometry for area in self._loaded], dtype=object)
        self._tree = shapely.STRtree(self._geometries)
        _complete(self._geometries)
        self._answers = [self._area(area) for area in self._loaded]

    @classmethod
    def load(cls, ledger: Ledger) -> Areas:
        """The areas as the ledger has them now."""
        with ledger.read() as connection:
            rows = connection.execute(select(jurisdictions)).all()
        geometries = shapely.from_geojson([row.geometry for row in rows])
        return cls(
            LoadedArea(row.jurisdiction, row.name, Level(row.level), row.code, geometry)
            for row, geometry in zip(rows, geometries, strict=True)
        )

    def __len__(self) -> int:
        return len(self._loaded)

    def __iter__(self) -> Iterator[LoadedArea]:
        """Every area, in order of paths: each after those that contain it."""
        return iter(self._in_order)

    @cached_property
    def _in_order(self) -> list[LoadedArea]:
        return sorted(self._loaded, key=lambda area: area.jurisdiction.split("/"))

    def get(self, jurisdiction: str) -> LoadedArea | None:
        return self._by_path.get(jurisdiction)

    def named(self, jurisdiction: str) -> Area:
        """What is known of a jurisdiction by its path, whether an area of it was loaded or not."""
        found: dict[str, str] = {}
        path = jurisdiction
        while path:
            area = self._by_path.get(path)
            if area is not None and area.level is not Level.CITY:
                found.setdefault(area.level.value, path)
            path = path.rpartition("/")[0]
        return Area(jurisdiction, **found)

    def at(self, lon: float, lat: float) -> Area | None:
        """The deepest area at a point in degrees WGS-84; None where no area is."""
        index = self._index_at(lon, lat)
        return None if index < 0 else self._answers[index]

    def all_at(self, lon: float, lat: float) -> list[LoadedArea]:
        """Every area that covers a point, each after those that contain it."""
        near = self._tree.query(shapely.Point(lon, lat))
        inside = near[shapely.intersects_xy(self._geometries[near], lon, lat)]
        found = [self._loaded[index] for index in inside]
        return sorted(found, key=lambda area: area.jurisdiction.split("/"))

    def at_all(self, lons: np.ndarray, lats: np.ndarray) -> list[Area | None]:
        """The deepest area at each of many points."""
        points = shapely.points(lons, lats)
        asked, found = self._tree.query(points, predicate="intersects")
        deepest = np.full(len(points), len(self._loaded))
        np.minimum.at(deepest, asked, found)
        answers = [*self._answers, None]
        return [answers[index] for index in deepest]

    def of(self, places: Sequence[CandidatePlace]) -> Area | None:
        """The likeliest area of somebody who is at one of several weighted places.

        Level by level the area that most of the weight lies in, as long as that is more than what
        lies in none of the areas below: two half-likely readings of an address in one district
        outweigh a likelier single one in the next.
        """
        if len(places) == 1:
            return self.at(places[0].lon, places[0].lat)
        weights: dict[str, float] = {}
        staying: dict[str, float] = {}
        for place in places:
            index = self._index_at(place.lon, place.lat)
            if index < 0:
                continue
            path = self._loaded[index].jurisdiction
            staying[path] = staying.get(path, 0.0) + place.weight
            while path:
                weights[path] = weights.get(path, 0.0) + place.weight
                path = path.rpartition("/")[0]
        chosen = ""
        while True:
            below = {path: weights[path] for path in weights if path.rpartition("/")[0] == chosen}
            if not below:
                break
            heaviest = min(below, key=lambda path: (-below[path], path))
            if below[heaviest] <= staying.get(chosen, 0.0):
                break
            chosen = heaviest
        return self.named(chosen) if chosen else None

    def _index_at(self, lon: float, lat: float) -> int:
        """Place of the answer in the order of answers, -1 where no area is."""
        near = self._tree.query(shapely.Point(lon, lat))
        if not len(near):
            return -1
        inside = near[shapely.intersects_xy(self._geometries[near], lon, lat)]
        return int(inside.min()) if len(inside) else -1

    def _area(self, loaded: LoadedArea) -> Area:
        return self.named(loaded.jurisdiction)


def _complete(geometries: np.ndarray) -> None:
    """Prepares polygons so that any number of threads may ask them.

    GEOS builds the index of a prepared polygon only when a second point within its bounds is asked
    about, and threads that come to that at the same time crash the process. So each is asked here.
    """
    shapely.prepare(geometries)
    west, south, east, north = shapely.bounds(geometries).T
    for share in (0.5, 0.25, 0.75):
        lon, lat = west + share * (east - west), south + share * (north - south)
        shapely.intersects_xy(geometries, lon, lat)
