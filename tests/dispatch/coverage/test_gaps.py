"""Gaps, ranked by what they cost and grouped into places with a name."""

import geopandas
import numpy as np
import pytest
import shapely

from dispatch.coverage.gaps import find_gaps, group_gaps, weigh_cells
from dispatch.coverage.survey import response_times
from dispatch.coverage.targets import Target
from dispatch.errors import PlanningError
from dispatch.incidents.policy import Policy
from geodata.changes import Closure, RoadChanges
from tests.dispatch.coverage.river_town import people, points, river_town

TOWN = river_town()


def surface(*force, **more):
    return response_times(TOWN, people(TOWN, *(force or [("officer", "A-B", 0.0)])), **more)


def banks() -> geopandas.GeoDataFrame:
    """Two areas, one for each bank."""
    west, north = TOWN.town.lon_lat("A")
    east, south = TOWN.town.lon_lat("H")
    middle = (north + south) / 2
    shapes = [
        shapely.box(west - 0.01, middle, east + 0.01, north + 0.01),
        shapely.box(west - 0.01, south - 0.01, east + 0.01, middle),
    ]
    names = {"name": ["北岸村", "南岸村"], "level": ["village", "village"]}
    return geopandas.GeoDataFrame(names, geometry=shapes, crs="EPSG:4326")


def test_gaps_are_the_cells_beyond_the_target_the_costliest_first():
    """Burden is weight times minutes beyond the target."""
    cells = surface(resolution=11)
    gaps = find_gaps(cells, 60.0)
    late = cells[cells.any_s > 60.0]
    assert 0 < len(gaps) < len(cells)
    assert set(gaps.cell) == set(late.cell)
    expected = sorted(late.road_m * (late.any_s - 60.0) / 60.0, reverse=True)
    assert np.allclose(gaps.burden, expected)
    assert np.allclose(gaps.over_s, gaps.time_s - 60.0)


def test_what_nobody_reaches_counts_as_the_worst_that_is_sent():
    """Not as endless, or one cut-off farm would outweigh a town."""
    shut = RoadChanges(Closure(edges=[TOWN.town.edge("B-F")]))
    cells = surface(resolution=11, changes=shut)
    gaps = find_gaps(cells, Target(60.0, worst_s=600.0))
    cut_off = gaps[np.isinf(gaps.time_s)]
    assert len(cut_off)
    assert np.allclose(cut_off.burden, cut_off.road_m * 9.0)
    assert np.isfinite(find_gaps(cells, 60.0).burden).all()


def test_a_tier_says_its_own_target_and_whom_it_sends():
    """The medium tier sends neighbours only, within half an hour; a rider does not count."""
    target = Target.of_tier("medium")
    assert target.target_s == 1_800.0
    assert "officer" not in target.kinds
    assert "rider" not in target.kinds
    quick = Policy.parse("[high]\nvisit_within_s = 30")
    cells = surface(("officer", "A-B", 0.0), ("rider", "G-H", 1.0), resolution=11)
    gaps = find_gaps(cells, Target.of_tier("high", quick))
    first_s = np.minimum(cells.officer_s, cells.rider_s)
    assert set(gaps.cell) == set(cells.cell[first_s > 30.0])


def test_a_tier_that_sends_nobody_has_no_gaps_to_speak_of():
    """By default the low tier is a telephone call."""
    with pytest.raises(PlanningError, match="sends nobody for tier low; give a target in seconds"):
        find_gaps(surface(), "low")
    with pytest.raises(PlanningError, match="No tier is called 'urgent'; it is one of low"):
        find_gaps(surface(), "urgent")


def test_past_alerts_weigh_where_they_were():
    """Three alerts on the south bank, one of them counting double, none elsewhere."""
    cells = surface(resolution=10)
    alerts = points(TOWN, ("G-H", 0.9), ("G-H", 0.95), ("E-F", 0.0), count=[1.0, 2.0, 1.0])
    weighed = weigh_cells(cells, alerts)
    assert weighed.alerts.sum() == 3
    assert weigh_cells(cells, alerts, "count").alerts.sum() == 4
    gaps = find_gaps(weighed, 30.0, weight="alerts")
    assert set(gaps.cell) == set(weighed.cell[weighed.alerts > 0])
    far = points(TOWN, ("A", 0.0)).set_geometry(geopandas.points_from_xy([10.0], [50.0], crs=4326))
    assert weigh_cells(cells, far).alerts.sum() == 0


def test_gaps_that_touch_are_one_place_named_by_its_area_and_road():
    """The street that most of it lies on."""
    gaps = find_gaps(surface(resolution=11), 60.0)
    places = group_gaps(gaps, TOWN, banks())
    assert places.cells.sum() == len(gaps)
    assert places.road_m.sum() == pytest.approx(gaps.road_m.sum())
    assert places.burden.is_monotonic_decreasing
    assert "南岸村，南街" in places.place.tolist()
    assert places.share.sum() == pytest.approx(
        gaps.road_m.sum() / surface(resolution=11).road_m.sum()
    )
    ground = places.geometry.union_all()
    assert all(ground.buffer(1e-9).covers(shape) for shape in gaps.geometry)


def test_without_areas_a_place_is_what_touches_within_a_few_square_kilometres():
    """And still has a name of the map."""
    gaps = find_gaps(surface(resolution=10), 60.0)
    places = group_gaps(gaps, TOWN)
    assert set(places.place) <= {"南街", "滨江路", "大桥"}


def test_holes_between_gaps_are_stepped_over_where_only_alerts_weigh():
    """Two alerts at the ends of one street, and nothing between them."""
    alerts = points(TOWN, ("E-F", 0.0), ("E-F", 0.9))
    cells = weigh_cells(surface(resolution=11), alerts)
    gaps = find_gaps(cells, 60.0, weight="alerts")
    assert len(gaps) == 2
    assert len(group_gaps(gaps, TOWN, banks())) == 2
    (place,) = group_gaps(gaps, TOWN, banks(), rings=6).itertuples()
    assert place.alerts == 2


def test_no_gaps_are_no_places():
    """A frame with the same columns and no row."""
    gaps = find_gaps(surface(resolution=9), 86_400.0)
    assert len(gaps) == 0
    places = group_gaps(gaps, TOWN)
    assert len(places) == 0
    assert "burden" in places.columns


@pytest.mark.parametrize(
    ("change", "how", "sentence"),
    [
        (lambda c: c, {"target": 0.0}, "A target is more than 0 seconds"),
        (lambda c: c, {"weight": "voters"}, "has no column 'voters'"),
        (lambda c: c.assign(road_m=-1.0), {}, "negative number in 'road_m'"),
        (lambda c: c.drop(columns="any_s"), {}, "none of the columns any_s"),
        (lambda c: c.drop(columns="road_m"), {}, "Say which column of the cells is their weight"),
        (lambda c: c.set_crs(None, allow_override=True), {}, "does not say its coordinate system"),
        (lambda c: c, {"kinds": ("rider",)}, "none of the columns rider_s"),
        (lambda c: c, {"target": None}, "the word of a tier .*not None"),
        (lambda c: c.assign(any_s=np.nan), {}, "cells have no time in any_s; a cell that nobody"),
    ],
)
def test_surfaces_that_nothing_follows_from_are_refused(change, how, sentence):
    """With what to change."""
    with pytest.raises(PlanningError, match=sentence):
        find_gaps(change(surface()), **{"target": 60.0} | how)


def test_only_what_find_gaps_gave_can_be_grouped_and_only_by_levels_there_are():
    """The frame carries what it was made with."""
    with pytest.raises(PlanningError, match="Give group_gaps what find_gaps gave"):
        group_gaps(surface(), TOWN)
    gaps = find_gaps(surface(resolution=11), 60.0)
    with pytest.raises(PlanningError, match="No area has the level 'planet'; there are: village"):
        group_gaps(gaps, TOWN, banks(), level="planet")


def test_gaps_of_cells_in_metres_are_where_the_cells_are():
    """Frames come in any coordinate system, and go out in degrees."""
    cells = surface(resolution=11)
    gaps, same = find_gaps(cells, 60.0), find_gaps(cells.to_crs(cells.estimate_utm_crs()), 60.0)
    assert same.cell.tolist() == gaps.cell.tolist()
    assert np.allclose(same.total_bounds, gaps.total_bounds)


def test_one_kind_can_be_given_as_a_word():
    """As whoever asks about officers alone writes it."""
    cells = response_times(TOWN, people(TOWN, ("officer", "A-B", 0.0)), kinds="officer")
    assert find_gaps(cells, 60.0, kinds="officer").equals(find_gaps(cells, 60.0, kinds=["officer"]))
