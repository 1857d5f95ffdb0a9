"""What a spot is called."""

import numpy as np
import pandas as pd

from dispatch.coverage.naming import areas_of, name_points, name_spots
from geodata.cells import cells_of
from tests.dispatch.coverage.river_town import river_town
from tests.dispatch.coverage.test_gaps import banks
from tests.dispatch.interception.ground import ground

TOWN = river_town()


def spot(town, leg, share):
    lon, lat = town.town.lon_lat(leg, share)
    return cells_of(np.array([lon]), np.array([lat]), 11)


def test_a_spot_is_called_by_the_road_that_most_of_it_lies_on():
    """Whichever bank."""
    assert name_spots(TOWN, [spot(TOWN, "E-F", 0.2), spot(TOWN, "A-B", 0.5)]) == ["南街", "滨江路"]


def test_a_nameless_spot_is_told_from_the_nearest_name():
    """How far, and which way."""
    town = ground(
        "A---B-----------------------------------------------------------C",
        ["A-B name=老街", "B-C"],
    )
    (name,) = name_spots(town, [spot(town, "B-C", 0.98)])
    assert name == "1.2 km E of 老街"


def test_where_nothing_has_a_name_coordinates_are_told():
    """Latitude first, as people say it."""
    town = ground("A---B", ["A-B"])
    lon, lat = town.town.lon_lat("A-B", 0.5)
    assert name_points(town, np.array([lon]), np.array([lat])) == [f"{lat:.4f}, {lon:.4f}"]


def test_the_smallest_area_names_a_point_and_outside_there_is_none():
    """Areas may be nested."""
    lon, lat = TOWN.town.lon_lat("A-B", 0.5)
    areas = banks()
    wide = (
        areas.iloc[:1]
        .assign(name="district")
        .set_geometry([areas.geometry.union_all().envelope], crs=areas.crs)
    )
    nested = pd.concat([areas, wide], ignore_index=True)
    assert areas_of(np.array([lon, 0.0]), np.array([lat, 0.0]), nested) == ["北岸村", ""]
