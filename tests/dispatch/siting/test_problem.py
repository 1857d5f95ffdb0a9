"""Siting problems from the roads, and what a chosen post buys there."""

import numpy as np
import pytest
import shapely

from dispatch.coverage.doors import Doors
from dispatch.coverage.survey import response_times
from dispatch.errors import PlanningError
from dispatch.siting.covering import mclp
from dispatch.siting.median import p_median
from dispatch.siting.problem import candidate_posts, siting_problem
from tests.dispatch.coverage.river_town import people, points, river_town

TOWN = river_town()
DOORS = Doors.along_roads(TOWN, 11)
OLD = points(TOWN, ("A-B", 0.2)).assign(name="老所")
NEW = points(TOWN, ("C-D", 0.9), ("E-F", 0.1), ("F-H", 0.5)).assign(name=["甲", "乙", "丙"])


def test_times_are_those_of_the_surface_of_an_officer_at_the_place():
    """Turn-out included."""
    problem = siting_problem(TOWN, NEW, DOORS, existing=OLD)
    assert problem.existing.tolist() == [False, False, False, True]
    for row, (leg, share) in enumerate([("C-D", 0.9), ("E-F", 0.1), ("F-H", 0.5), ("A-B", 0.2)]):
        cells = response_times(TOWN, people(TOWN, ("officer", leg, share)), doors=DOORS)
        assert np.allclose(problem.time_s[row], cells.any_s)


def test_the_chosen_post_is_worth_on_a_new_surface_what_the_model_said():
    """What is covered by the old post and the new one, counted again."""
    problem = siting_problem(TOWN, NEW, DOORS, existing=OLD)
    found = mclp(problem, 1, 60.0)
    posts = found.posts()
    assert posts.name.tolist()[-1] == "老所"
    stand = posts[["geometry"]].assign(kind="officer")
    cells = response_times(TOWN, stand, doors=DOORS)
    assert cells.road_m[cells.any_s <= 60.0].sum() == pytest.approx(found.value, rel=0.02)
    assert posts.weight.sum() == pytest.approx(found.value)
    told = found.demand()
    assert (told.time_s[told.post >= 0] <= 60.0).all()


def test_who_stands_there_decides_how_long_it_takes():
    """A grid worker walks."""
    drives = siting_problem(TOWN, NEW, DOORS)
    walks = siting_problem(TOWN, NEW, DOORS, kind="grid_worker")
    assert (walks.time_s > drives.time_s).all()


def test_candidates_are_where_the_streets_are_and_can_be_filtered():
    """One in each cell, on a road, inside an area, and only those that are wanted."""
    found = candidate_posts(TOWN, resolution=10)
    assert found.name.is_unique
    lon, lat = TOWN.town.lon_lat("B-F", 0.5)
    north = shapely.box(lon - 1, lat, lon + 1, lat + 1)
    area = found.iloc[:1].set_geometry([north], crs=found.crs)
    inside = candidate_posts(TOWN, resolution=10, within=area)
    assert 0 < len(inside) < len(found)
    assert (inside.geometry.y >= lat).all()
    busy = candidate_posts(TOWN, resolution=10, keep=lambda f: f.road_m > f.road_m.median())
    assert 0 < len(busy) <= len(found) / 2
    assert len(candidate_posts(TOWN, resolution=10, most=2)) == 2
    with pytest.raises(PlanningError, match="No candidate is left; widen"):
        candidate_posts(TOWN, keep=lambda f: f.road_m < 0)
    with pytest.raises(PlanningError, match="`keep` says of each of"):
        candidate_posts(TOWN, resolution=10, keep=lambda f: [True])
    with pytest.raises(PlanningError, match="At least 1 candidate"):
        candidate_posts(TOWN, resolution=10, most=0)


def test_posts_without_a_name_are_called_by_latitude_and_longitude():
    """Whatever the frame counts in, and as everywhere else."""
    nameless = NEW.drop(columns="name")
    called = siting_problem(TOWN, nameless.to_crs(3857), DOORS).candidates.name.tolist()
    assert called == [
        f"{y:.4f}, {x:.4f}" for x, y in zip(NEW.geometry.x, NEW.geometry.y, strict=True)
    ]


def test_capacities_come_from_a_column_of_both_frames():
    """As the weight that each can serve."""
    problem = siting_problem(
        TOWN, NEW.assign(room=500.0), DOORS, existing=OLD.assign(room=300.0), capacity="room"
    )
    assert problem.capacity.tolist() == [500.0, 500.0, 500.0, 300.0]
    found = p_median(problem, 3)
    served = found.posts().weight
    assert found.proven
    assert served.sum() == pytest.approx(DOORS.cell_weight.sum())


def test_a_post_that_is_near_no_road_is_named():
    """A candidate without a road is left out; a post that exists cannot be."""
    far = OLD.set_geometry(OLD.geometry.translate(2.0, 0.0))
    with pytest.raises(PlanningError, match="The post '老所' is near no road that police may use"):
        siting_problem(TOWN, NEW, DOORS, existing=far)
    lost = NEW.set_geometry([NEW.geometry[0], far.geometry[0], NEW.geometry[2]], crs=NEW.crs)
    assert siting_problem(TOWN, lost, DOORS).candidates.name.tolist() == ["甲", "丙"]
    with pytest.raises(PlanningError, match="No candidate is near a road"):
        siting_problem(TOWN, far, DOORS)
