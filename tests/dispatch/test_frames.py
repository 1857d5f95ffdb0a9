"""Bad frames are refused with one sentence that names the remedy."""

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from dispatch.coverage.people import People
from dispatch.errors import PlanningError, ResponderError
from dispatch.frames import cells_in, numbers_of, points_of
from tests.dispatch.coverage.river_town import people, river_town

TOWN = river_town()


def frame() -> geopandas.GeoDataFrame:
    return people(TOWN, ("officer", "A-B", 0.2), ("rider", "C-D", 0.5))


def refuses(sentence: str):
    return pytest.raises(PlanningError, match=sentence)


def test_a_frame_without_a_coordinate_system_is_not_guessed_at():
    """WGS-84 and GCJ-02 look the same."""
    bare = frame().set_crs(None, allow_override=True)
    with refuses('does not say its coordinate system; say it with frame.set_crs\\("EPSG:4326"'):
        People.of_frame(TOWN, bare)


def test_a_frame_in_metres_is_converted():
    """Any coordinate system that says its name will do."""
    there = People.of_frame(TOWN, people(TOWN, ("officer", "A-B", 0.2), crs="EPSG:32648"))
    here = People.of_frame(TOWN, people(TOWN, ("officer", "A-B", 0.2)))
    assert there.road.edge.tolist() == here.road.edge.tolist()
    assert np.allclose(there.lon, here.lon)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f.iloc[:0], "is empty; give at least one row"),
        (lambda f: pd.DataFrame(f), "must be a GeoDataFrame, not DataFrame; make one with"),
        (lambda f: f.drop(columns="kind"), "has no column 'kind'; it has geometry"),
        (lambda f: f.assign(kind="constable"), "No kind is called 'constable'.*officer"),
        (lambda f: f.assign(mode="horse"), "No mode is called 'horse'.*police"),
        (lambda f: f.assign(status="busy"), "None of the people has the status available"),
        (lambda f: f.assign(turn_out_s=-1.0), "turn_out_s of the people is 0 or more seconds"),
        (lambda f: f.set_geometry([f.geometry[0], None], crs=f.crs), "Row 1 .* has no point"),
        (
            lambda f: f.set_geometry([shapely.box(0, 0, 1, 1)] * 2, crs=f.crs),
            "must be points; take .*representative_point",
        ),
        (
            lambda f: f.set_geometry([shapely.Point(400, 0)] * 2, crs=f.crs),
            "not on the globe; is the frame's coordinate system right",
        ),
    ],
)
def test_people_that_cannot_be_placed_are_refused(change, sentence):
    """The sentence says what to change."""
    with refuses(sentence):
        People.of_frame(TOWN, change(frame()))


def test_a_missing_mode_is_that_of_the_kind():
    """A column may have holes where the kind says enough."""
    mixed = frame().assign(mode=["foot", None])
    assert People.of_frame(TOWN, mixed).mode == ["foot", "ebike"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([1.0, -2.0], "Row 1 of the homes has a negative number in 'persons'; weights are 0"),
        ([np.nan, 1.0], "Row 0 of the homes has no number in 'persons'; fill them with"),
        ([np.nan, np.inf], "2 rows \\(the first is row 0\\) of the homes have no number"),
        (["many", "few"], "does not hold numbers; convert it with pandas.to_numeric"),
        ([0.0, 0.0], "Nothing in the column 'persons' of the homes is above 0"),
    ],
)
def test_weights_that_weigh_nothing_sensible_are_refused(values, sentence):
    """Negative, missing, words, nothing."""
    with refuses(sentence):
        numbers_of(frame().assign(persons=values), "persons", "homes")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["87401a4dcffffff", "88401a4dcbfffff"], "resolutions 7, 8; bring them to one"),
        (["88401a4dcbfffff", "88401a4dcbfffff"], "stands more than once .*groupby"),
        (["88401a4dcbfffff", "Wanzhou"], "'Wanzhou' is not an H3 cell"),
    ],
)
def test_cells_of_mixed_resolution_or_twice_or_none_are_refused(names, sentence):
    """All from the column `cell`."""
    with refuses(sentence):
        cells_in(pd.DataFrame({"cell": names}))


def test_points_come_out_as_they_went_in():
    """Degrees in, degrees out."""
    lon, lat = points_of(frame(), "people")
    assert lon.tolist() == frame().geometry.x.tolist()
    assert lat.tolist() == frame().geometry.y.tolist()


def test_kinds_that_are_unknown_are_named():
    """With those that there are."""
    from dispatch.coverage.survey import response_times

    with pytest.raises(ResponderError, match="no kind 'constable'; the kinds are officer"):
        response_times(TOWN, frame(), kinds=["constable"])
