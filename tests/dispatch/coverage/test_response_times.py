"""The response-time surface, by hand on a small town and against single drives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.coverage.doors import Doors
from dispatch.coverage.people import People
from dispatch.coverage.survey import response_times, survey
from dispatch.errors import PlanningError
from dispatch.fixes import FixBatch
from dispatch.live_picture import LivePicture
from geodata.changes import Closure, RoadChanges
from geodata.network import UNREACHABLE_MS
from geodata.search import many_to_many
from tests.dispatch.coverage.river_town import SLOW, people, points, river_town
from tests.dispatch.interception.ground import ground

TOWN = river_town()
BRIDGE = TOWN.town.edge("B-F")
"""Nobody lives on it."""
TURN_OUT_S = 15.0
"""Of an officer."""


def drive_s(kind_mode: str, who, door) -> float:
    """One drive, by a search of its own."""
    ms = many_to_many(TOWN.metric(kind_mode), who, door)[0, 0]
    return np.inf if ms >= UNREACHABLE_MS else ms / 1_000.0


def test_each_cell_is_the_mean_over_its_doors_of_turn_out_and_drive():
    """Against one search for every pair of an officer and a door."""
    force = people(TOWN, ("officer", "A-B", 0.1), ("officer", "G-H", 0.9))
    doors = Doors.along_roads(TOWN, 10)
    cells = response_times(TOWN, force, doors=doors)
    who, at = People.of_frame(TOWN, force), doors.positions("police")
    for row, cell in cells.iterrows():
        begin, end = doors.first_door[row], doors.first_door[row + 1]
        times = [
            min(TURN_OUT_S + drive_s("police", who.road.take([k]), at.take([d])) for k in (0, 1))
            for d in range(begin, end)
        ]
        assert cell.officer_s == pytest.approx(
            np.average(times, weights=doors.weight[begin:end]), abs=1e-3
        )
    assert set(cells.officer_first) == {"officer 1", "officer 2"}
    lived_at_m = TOWN.network.edge_length_m.sum() - TOWN.network.edge_length_m[BRIDGE]
    assert cells.road_m.sum() == pytest.approx(lived_at_m, rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["officer", "rider", "grid_worker"]),
            st.sampled_from(["A-B", "C-D", "E-F", "G-H", "B-F"]),
            st.floats(0.0, 1.0),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_kind_is_there_no_later_than_each_kind(force):
    """And where only one kind is, they are the same."""
    cells = response_times(TOWN, people(TOWN, *force), resolution=10)
    kinds = {kind for kind, _, _ in force}
    for kind in kinds:
        assert (cells.any_s <= cells[f"{kind}_s"] + 1e-9).all()
    if len(kinds) == 1:
        assert (cells.any_s == cells[f"{kinds.pop()}_s"]).all()


def test_an_officer_drives_up_to_a_footpath_and_is_there():
    """RULE 2: a door on the path is where the street is nearest to it, as in a recommendation."""
    village = ground(
        """
        A---------B---------C
                  |
                  |
                  P
        """,
        [f"A-B-C residential {SLOW}", "B-P footway"],
    )
    force = people(village, ("officer", "A-B", 0.1))
    at_path = points(village, ("B-P", 0.9))
    at_corner = points(village, ("A-B", 1.0))
    path_s, corner_s = (
        response_times(village, force, doors=Doors.at_points(village, where)).officer_s[0]
        for where in (at_path, at_corner)
    )
    assert path_s == pytest.approx(corner_s, abs=1.0)
    along = response_times(village, force, resolution=11)
    assert np.isfinite(along.officer_s).all()
    assert (along.reached == 1.0).all()


def test_a_closed_bridge_leaves_the_other_bank_without_anybody():
    """Nobody comes: inf, and nobody is first."""
    force = people(TOWN, ("officer", "A-B", 0.5))
    shut = RoadChanges(Closure(edges=[BRIDGE]))
    cells = response_times(TOWN, force, resolution=11, changes=shut)
    middle_lat = np.array([shape.centroid.y for shape in cells.geometry])
    south = middle_lat < TOWN.town.lon_lat("F-B", 0.3)[1]
    assert np.isinf(cells.any_s[south]).all()
    assert cells.any_first[south].isna().all()
    assert np.isfinite(cells.any_s[~south]).any()


def test_where_people_live_decides_what_a_cell_weighs_and_which_there_are():
    """Nine live at one door, one at another of the same cell; elsewhere nobody does."""
    homes = points(TOWN, ("A-B", 0.0), ("A-B", 0.9), persons=[9.0, 1.0])
    force = people(TOWN, ("officer", "A-B", 0.0))
    doors = Doors.at_points(TOWN, homes, "persons", resolution=5)
    cells = response_times(TOWN, force, doors=doors)
    times = [
        TURN_OUT_S
        + drive_s("police", People.of_frame(TOWN, force).road, doors.positions("police").take([d]))
        for d in range(2)
    ]
    assert cells.persons.tolist() == [10.0]
    assert cells.officer_s[0] == pytest.approx(np.average(times, weights=doors.weight), abs=1e-3)
    assert cells.officer_s[0] < np.mean(times)


def test_the_live_picture_and_a_frame_of_the_same_people_give_the_same_surface():
    """Those who are busy are not counted in either."""
    force = people(
        TOWN,
        ("officer", "A-B", 0.2, {"id": "MJ01", "status": "available"}),
        ("officer", "G-H", 0.8, {"id": "MJ02", "status": "busy"}),
    )
    picture = LivePicture(TOWN.network, TOWN.snapper)
    picture.apply(
        FixBatch.of(
            ["MJ01", "MJ02"],
            force.geometry.x,
            force.geometry.y,
            1_000.0,
            jurisdiction="500101",
            kind="officer",
            status=["available", "busy"],
        ),
        1_000.0,
    )
    live = survey(TOWN, People.of_picture(picture, 1_000.0), resolution=10).cells
    framed = response_times(TOWN, force, resolution=10)
    assert set(live.any_first) == {"MJ01"}
    assert live.any_s.tolist() == framed.any_s.tolist()


def test_a_stale_fix_makes_its_responder_later():
    """A minute more than fresh is a minute later, as in a recommendation."""
    picture = LivePicture(TOWN.network, TOWN.snapper)
    where = [[c] for c in TOWN.town.lon_lat("A-B", 0.5)]
    picture.apply(FixBatch.of(["MJ01"], *where, 1_000.0, jurisdiction="x", kind="officer"), 1_000.0)
    fresh, stale = (
        survey(TOWN, People.of_picture(picture, now_s), resolution=8).cells.any_s[0]
        for now_s in (1_060.0, 1_120.0)
    )
    assert stale - fresh == pytest.approx(60.0, abs=1e-6)


def test_who_stays_out_is_said():
    """Nobody of the kinds asked for, nobody in the picture, nobody near a road."""
    force = people(TOWN, ("officer", "A-B", 0.2))
    with pytest.raises(PlanningError, match=r"Nobody of the kinds rider .*there are: officer"):
        response_times(TOWN, force, kinds=["rider"])
    with pytest.raises(PlanningError, match="Nobody in the live picture"):
        People.of_picture(LivePicture(TOWN.network, TOWN.snapper), 0.0)
    far = force.set_geometry(force.geometry.translate(3.0, 0.0))
    with pytest.raises(PlanningError, match="is it the right map"):
        People.of_frame(TOWN, far)


def test_a_mode_and_a_turn_out_of_ones_own_count():
    """An officer on foot who needs two minutes to leave."""
    force = people(TOWN, ("officer", "A-B", 0.0, {"mode": "foot", "turn_out_s": 120.0}))
    cells = response_times(TOWN, force, resolution=8)
    usual = response_times(TOWN, people(TOWN, ("officer", "A-B", 0.0)), resolution=8)
    assert cells.any_s[0] > usual.any_s[0] + 100.0


def test_only_resolutions_that_make_sense_are_taken():
    """Finer than a street there is nothing to see."""
    with pytest.raises(PlanningError, match="resolution 0 to 11, not 13"):
        Doors.along_roads(TOWN, 13)
    with pytest.raises(PlanningError, match="resolution 0 to 11, not '9'"):
        Doors.along_roads(TOWN, "9")


def test_a_turn_out_that_is_no_time_is_refused():
    """Empty is what is usual for the kind."""
    force = people(TOWN, ("officer", "A-B", 0.0))
    for wrong in ("soon", -1.0, np.inf):
        with pytest.raises(PlanningError, match="turn_out_s of the people is 0 or more seconds"):
            People.of_frame(TOWN, force.assign(turn_out_s=wrong))
    assert People.of_frame(TOWN, force.assign(turn_out_s=None)).delay_ms.tolist() == [15_000]
