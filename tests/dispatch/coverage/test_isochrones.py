"""Isochrones follow the roads as far as they are reached, and cover nothing else."""

import geopandas
import pytest
import shapely

from dispatch.coverage.isochrones import isochrone_cells, isochrones
from dispatch.errors import PlanningError
from geodata.metric import Metric
from tests.dispatch.coverage.river_town import people, river_town
from tests.dispatch.interception.ground import ground

TOWN = river_town()


def speed_m_per_s(town, leg: str) -> float:
    arc = town.town.arc(leg)
    metric = Metric.base(town.network, "police")
    return float(town.network.edge_length_m[arc >> 1] / metric.travel_time_ms[arc] * 1_000.0)


def in_metres(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    return frame.to_crs(frame.estimate_utm_crs())


def test_a_street_is_followed_to_where_the_minute_ends():
    """Thirty seconds both ways from the middle of a long street, less a turn-out of fifteen."""
    long_street = ground("A-----------------------------------B", ["A-B maxspeed=10"])
    force = people(long_street, ("officer", "A-B", 0.5))
    (row,) = in_metres(isochrones(long_street, force, [0.5], shape="roads")).itertuples()
    expected_m = 2 * 15.0 * speed_m_per_s(long_street, "A-B")
    assert row.geometry.length == pytest.approx(expected_m, rel=4e-3)
    assert row.road_km == pytest.approx(expected_m / 1_000.0, rel=4e-3)


def test_a_one_way_street_is_followed_one_way_only():
    """Beside a road of equal speed in the other direction."""
    split = ground(
        """
        W----------X----------E
        """,
        ["W-X maxspeed=10", "X-E motorway oneway=yes"],
    )
    force = people(split, ("officer", "X-E", 0.9, {"turn_out_s": 0.0}))
    (row,) = isochrones(split, force, [0.2], shape="roads").itertuples()
    assert row.geometry.bounds[0] >= split.town.lon_lat("X-E", 0.89)[0]


def test_ground_is_beside_the_roads_that_are_reached_and_nowhere_else():
    """The middle of the river is not reached, though both banks are."""
    force = people(TOWN, ("officer", "B-F", 0.5))
    (row,) = isochrones(TOWN, force, [10.0], beside_road_m=20.0).itertuples()
    beside = shapely.Point(*TOWN.town.lon_lat("A-B", 0.4))
    assert row.geometry.covers(beside)
    lon_a, _ = TOWN.town.lon_lat("A")
    _, lat_mid = TOWN.town.lon_lat("B-F", 0.5)
    assert not row.geometry.covers(shapely.Point(lon_a, lat_mid))
    assert row.geometry.covers(shapely.Point(*TOWN.town.lon_lat("B-F", 0.5)))


def test_more_minutes_reach_everything_that_fewer_do():
    """And each kind has rows of its own."""
    force = people(TOWN, ("officer", "A-B", 0.5), ("rider", "G-H", 0.5))
    found = isochrones(TOWN, force, [0.7, 1.5, 8.0])
    assert found.kind.tolist() == ["officer"] * 3 + ["rider"] * 3
    for kind in ("officer", "rider"):
        near, farther, all_of_it = found[found.kind == kind].geometry
        # Round ends are drawn with few corners: hairs may stick out.
        assert near.difference(farther).area < 1e-3 * near.area
        assert farther.difference(all_of_it).area < 1e-3 * farther.area
        assert near.area < farther.area < all_of_it.area
    assert found.road_km.max() == pytest.approx(TOWN.network.edge_length_m.sum() / 1_000, rel=5e-3)


def test_small_holes_between_reached_roads_are_filled_and_large_ones_stay():
    """A block of houses belongs to the town; a lake does not."""
    ring = ground(
        """
        A---------------------B--C
        |                     |  |
        |                     |  |
        |                     E--D
        |                     |
        |                     |
        |                     |
        |                     |
        G---------------------F
        """,
        ["A-B-E-F-G-A maxspeed=50", "B-C-D-E maxspeed=50"],
    )
    force = people(ring, ("officer", "A-B", 0.5))
    (row,) = isochrones(ring, force, [10.0], beside_road_m=15.0).itertuples()
    assert len(row.geometry.interiors) == 1
    block = shapely.Point(ring.town.lon_lat("B-C", 0.5)[0], ring.town.lon_lat("B-E", 0.5)[1])
    assert row.geometry.covers(block)


def test_cells_of_an_isochrone_are_those_of_which_half_is_reached_in_time():
    """As the surface says of the same officer."""
    force = people(TOWN, ("officer", "A-B", 0.2))
    few = isochrone_cells(TOWN, force, 1.0, resolution=11)
    many = isochrone_cells(TOWN, force, 10.0, resolution=11)
    assert set(few.cell) < set(many.cell)
    assert (few.share >= 0.5).all()
    assert (few.time_s <= 60.0).all()


def test_minutes_and_widths_that_draw_nothing_are_refused():
    """With the range that does."""
    force = people(TOWN, ("officer", "A-B", 0.2))
    for minutes in ([], [0.0], [-5.0], [float("nan")]):
        with pytest.raises(PlanningError, match="more than 0 and at most 1440 minutes"):
            isochrones(TOWN, force, minutes)
    with pytest.raises(PlanningError, match="beside_road_m lies between 0 and 1000 m"):
        isochrones(TOWN, force, [5.0], beside_road_m=0.0)
    with pytest.raises(PlanningError, match="polygons or roads, not 'hull'"):
        isochrones(TOWN, force, [5.0], shape="hull")


def test_a_kind_in_two_modes_is_one_kind():
    """Officers by car and on foot: a road or a cell that both reach counts once, and what neither
    reaches half of alone they may reach together."""
    car, walker = ("officer", "A-B", 0.2), ("officer", "A-B", 0.2, {"mode": "foot"})
    both = people(TOWN, car, walker)
    alone = isochrones(TOWN, people(TOWN, car), [60.0])
    assert isochrones(TOWN, both, [60.0]).road_km[0] == pytest.approx(alone.road_km[0])
    cells = isochrone_cells(TOWN, both, 3.0, resolution=10)
    assert cells.cell.is_unique
    parts = [isochrone_cells(TOWN, people(TOWN, one), 3.0, resolution=10) for one in (car, walker)]
    assert set(cells.cell) >= set(parts[0].cell) | set(parts[1].cell)


def test_one_number_of_minutes_is_one_isochrone():
    """As for cells."""
    force = people(TOWN, ("officer", "A-B", 0.2))
    assert isochrones(TOWN, force, 3).equals(isochrones(TOWN, force, [3.0]))
