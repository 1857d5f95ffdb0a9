"""A town on both banks of a river with one bridge: the world of the planners' tests."""

from __future__ import annotations

import geopandas
import numpy as np

from tests.dispatch.interception.ground import Ground, ground

# Streets are 20 m a column; at 10 km/h a column takes 7.2 s.
#
#   A---B---C---D      north bank: 滨江路
#       |
#       | 大桥         200 m over the river
#       |
#   E---F---G---H      south bank: 南街
SLOW = "maxspeed=10"


def river_town() -> Ground:
    return ground(
        """
        A---------B---------C---------D
                  |
                  |
                  |
                  |
                  |
        E---------F---------G---------H
        """,
        [
            f"A-B-C-D residential {SLOW} name=滨江路",
            f"B-F residential {SLOW} bridge=yes name=大桥",
            f"E-F-G-H residential {SLOW} name=南街",
        ],
    )


def people(town: Ground, *where: tuple, crs: str = "EPSG:4326") -> geopandas.GeoDataFrame:
    """A frame of people: ("officer", "A-B", 0.5), optionally with more columns in a mapping."""
    rows = [{"kind": kind, **(more[0] if more else {})} for kind, _, _, *more in where]
    lon, lat = zip(*(town.town.lon_lat(leg, share) for _, leg, share, *_ in where), strict=True)
    points = geopandas.points_from_xy(lon, lat, crs="EPSG:4326")
    return geopandas.GeoDataFrame(rows, geometry=points).to_crs(crs)


def points(town: Ground, *where: tuple[str, float], **columns) -> geopandas.GeoDataFrame:
    lon, lat = zip(*(town.town.lon_lat(leg, share) for leg, share in where), strict=True)
    return geopandas.GeoDataFrame(
        columns or {"number": np.arange(len(where))},
        geometry=geopandas.points_from_xy(lon, lat, crs="EPSG:4326"),
    )
