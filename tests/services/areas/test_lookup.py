"""Which area a place lies in."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import shapely

from dispatch.incidents.case import Area
from dispatch.question import CandidatePlace
from services.areas.levels import Level
from services.areas.lookup import Areas, LoadedArea
from tests.services.areas.squares import area, four_squares, lon_lat

AREAS = four_squares()


def path_at(x: float, y: float, areas: Areas = AREAS) -> str | None:
    found = areas.at(*lon_lat(x, y))
    return None if found is None else found.jurisdiction


def place(x: float, y: float, weight: float) -> CandidatePlace:
    lon, lat = lon_lat(x, y)
    return CandidatePlace(lon, lat, weight=weight)


def test_the_deepest_area_that_covers_a_place_is_its_area():
    """Grid before village before station before district; nothing outside."""
    assert path_at(2, 2) == "w/west/v/g"
    assert path_at(4.5, 4.5) == "w/west/v"
    assert path_at(2, 8) == "w/west"
    assert path_at(8, 8) == "w/east"
    assert path_at(11, 5) is None


def test_an_area_knows_the_areas_of_every_level_above_it():
    """The incident's area names district, station, village and grid, where there are such."""
    assert AREAS.at(*lon_lat(2, 2)) == Area("w/west/v/g", "w", "w/west", "w/west/v", "w/west/v/g")
    assert AREAS.at(*lon_lat(8, 8)) == Area("w/east", "w", "w/east", None, None)


def test_a_place_on_a_common_border_belongs_to_the_path_that_sorts_first():
    """However the areas were ordered when they were loaded."""
    for order in (list(AREAS), list(AREAS)[::-1]):
        again = Areas(order)
        assert path_at(5, 8, again) == "w/east"
        assert path_at(10, 10, again) == "w/east"
        assert path_at(5, 2, again) == "w/west/v"  # deeper than its neighbour


def test_an_overlap_goes_to_the_path_that_sorts_first():
    """Two stations that both claim a street: every process gives the same answer."""
    areas = Areas([area("w/b", "station", 0, 0, 6, 6), area("w/a", "station", 4, 0, 9, 6)])
    assert path_at(5, 3, areas) == "w/a"
    assert path_at(1, 3, areas) == "w/b"


def test_a_hole_belongs_to_whoever_fills_it():
    """A village with another one inside it."""
    outer = area("w/o", "village", 0, 0, 10, 10)
    ring = LoadedArea(
        "w/o", "o", Level.VILLAGE, None, outer.geometry - area("x", "grid", 4, 4, 6, 6).geometry
    )
    areas = Areas([ring, area("w/p", "village", 4.5, 4.5, 6, 6)])
    assert path_at(5, 5, areas) == "w/p"
    assert path_at(4.2, 4.2, areas) is None


def test_no_areas_answer_nothing():
    """A service with none loaded."""
    assert Areas().at(108.0, 30.0) is None
    assert Areas().of([place(1, 1, 1.0), place(2, 2, 1.0)]) is None
    assert Areas().all_at(108.0, 30.0) == []
    assert Areas().named("kaizhou/x") == Area("kaizhou/x")


def test_all_areas_at_a_place_come_widest_first():
    """What somebody asks who wants to see the responsibilities of a street corner."""
    paths = [found.jurisdiction for found in AREAS.all_at(*lon_lat(2, 2))]
    assert paths == ["w", "w/west", "w/west/v", "w/west/v/g"]


@pytest.mark.parametrize(
    ("places", "answer"),
    [
        ([place(8, 8, 0.6), place(2, 2, 0.4)], "w/east"),
        ([place(8, 8, 0.4), place(2, 2, 0.3), place(2, 8, 0.3)], "w/west"),
        ([place(2, 8, 0.6), place(2, 2, 0.3), place(8, 8, 0.5)], "w/west"),
        ([place(20, 20, 0.9), place(2, 2, 0.1)], "w/west/v/g"),
        ([place(8, 8, 0.5), place(2, 8, 0.5)], "w/east"),
        ([place(20, 20, 1.0), place(30, 20, 1.0)], None),
        ([place(2, 2, 1.0)], "w/west/v/g"),
        ([], None),
    ],
)
def test_of_several_places_the_likeliest_area_is_found_level_by_level(places, answer):
    """Readings of one district together outweigh a likelier one in the next; what lies in no area
    does not count; a tie goes to the path that sorts first."""
    found = AREAS.of(places)
    assert (None if found is None else found.jurisdiction) == answer


def test_many_places_at_once_get_the_same_answers():
    """The bulk question equals the single one and a plain loop over all polygons."""
    rng = np.random.default_rng(7)
    points = rng.uniform(-1, 11, (500, 2))
    points[:40] = np.round(points[:40])  # on borders and corners
    lons, lats = np.array([lon_lat(x, y) for x, y in points]).T
    together = AREAS.at_all(lons, lats)
    for lon, lat, found in zip(lons, lats, together, strict=True):
        covering = [one for one in AREAS if one.geometry.intersects(shapely.Point(lon, lat))]
        slow = min(covering, key=lambda one: (-one.depth, one.jurisdiction), default=None)
        assert found == AREAS.at(lon, lat)
        assert (None if slow is None else slow.jurisdiction) == (
            None if found is None else found.jurisdiction
        )


FRESH_AREAS = """
import threading
import numpy as np
import shapely
from services.areas.levels import Level
from services.areas.lookup import Areas, LoadedArea

turn = np.linspace(0, 2 * np.pi, 100_000)
ring = shapely.Polygon(np.column_stack([108 + np.cos(turn), 30 + np.sin(turn)]))
both = shapely.MultiPolygon([ring, shapely.box(110, 30, 111, 31)])
for shape in (ring, both) * 5:
    areas = Areas([LoadedArea("w", "w", Level.DISTRICT, None, shape)])
    ready, answers = threading.Barrier(8), []

    def ask():
        ready.wait()
        answers.append(all(areas.at(108 + x, 30 + x) for x in np.linspace(-0.5, 0.5, 50)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 8
"""


def test_threads_may_ask_fresh_areas_at_once():
    """Polygons of 100,000 corners, asked by eight threads the moment they are there; in a process
    of its own, because GEOS would end it with a segmentation fault."""
    ran = subprocess.run([sys.executable, "-c", FRESH_AREAS], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2_000:]
