"""Response times by hour of the week, from archived positions."""

import numpy as np
import pandas as pd
import pytest

from dispatch.coverage.by_hour import response_times_by_hour
from dispatch.coverage.gaps import find_gaps
from dispatch.coverage.survey import response_times
from dispatch.errors import PlanningError
from tests.dispatch.coverage.river_town import people, river_town

TOWN = river_town()
MONDAY_NINE = pd.Timestamp("2026-10-12T01:10:00Z")
"""09:10 in China."""
WEEK = pd.Timedelta(days=7)


def archive(*rows):
    """(kind, leg, share, moment, who)"""
    return people(
        TOWN,
        *(
            (kind, leg, share, {"decided_at": at, "responder": who})
            for kind, leg, share, at, who in rows
        ),
    )


def test_mondays_at_nine_are_averaged_and_each_is_a_surface_of_its_own():
    """The officer was in the north one week, in the south the other."""
    frame = archive(
        ("officer", "A-B", 0.2, MONDAY_NINE, "a"),
        ("officer", "G-H", 0.8, MONDAY_NINE + WEEK, "a"),
        ("officer", "G-H", 0.8, MONDAY_NINE + pd.Timedelta(hours=30), "a"),
    )
    found = response_times_by_hour(TOWN, frame, resolution=10)
    assert sorted(set(found.hour)) == [9, 39]
    single = [
        response_times(TOWN, people(TOWN, ("officer", leg, share)), resolution=10).any_s
        for leg, share in (("A-B", 0.2), ("G-H", 0.8))
    ]
    monday = found[found.hour == 9]
    assert np.allclose(monday.any_s, (single[0] + single[1]) / 2)
    assert monday.surfaces.tolist() == [2] * len(monday)


def test_of_somebody_seen_twice_in_an_hour_the_last_position_counts():
    """Rows come in any order."""
    later = MONDAY_NINE + pd.Timedelta(minutes=20)
    frame = archive(("officer", "G-H", 0.8, later, "a"), ("officer", "A-B", 0.2, MONDAY_NINE, "a"))
    found = response_times_by_hour(TOWN, frame, resolution=10)
    only = response_times(TOWN, people(TOWN, ("officer", "G-H", 0.8)), resolution=10)
    assert np.allclose(found.any_s, only.any_s)


def test_a_kind_that_was_missing_in_one_of_the_weeks_never_came():
    """Half a mean would be a promise that nobody kept."""
    frame = archive(
        ("officer", "A-B", 0.2, MONDAY_NINE, "a"),
        ("rider", "C-D", 0.5, MONDAY_NINE, "b"),
        ("officer", "A-B", 0.2, MONDAY_NINE + WEEK, "a"),
    )
    found = response_times_by_hour(TOWN, frame, resolution=10)
    assert np.isinf(found.rider_s).all()
    assert np.isfinite(found.officer_s).all()


def test_hours_are_those_of_the_centre_and_can_be_chosen():
    """In UTC the same moment is one in the night."""
    frame = archive(("officer", "A-B", 0.2, MONDAY_NINE, "a"))
    assert set(response_times_by_hour(TOWN, frame, timezone="UTC").hour) == {1}
    with pytest.raises(PlanningError, match="No position falls into the hours"):
        response_times_by_hour(TOWN, frame, hours=range(10, 12))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f.drop(columns="decided_at"), "no column of times"),
        (lambda f: f.assign(decided_at="noonish"), "must hold times with their zone"),
        (
            lambda f: f.assign(decided_at=f.decided_at.dt.tz_localize(None)),
            "tz_localize\\('Asia/Shanghai'\\)",
        ),
        (
            lambda f: f.assign(decided_at=pd.Series([pd.NaT], dtype="datetime64[ns, UTC]")),
            "Row 0 of the positions has no time",
        ),
        (lambda f: f.set_geometry([None], crs=f.crs), "None of the positions has a point"),
    ],
)
def test_times_that_are_none_are_refused_with_the_remedy(change, sentence):
    """As everything in a planner's frame."""
    frame = change(archive(("officer", "A-B", 0.2, MONDAY_NINE, "a")))
    with pytest.raises(PlanningError, match=sentence):
        response_times_by_hour(TOWN, frame)


def test_a_time_zone_or_an_hour_that_does_not_exist_is_refused():
    """With one that does."""
    frame = archive(("officer", "A-B", 0.2, MONDAY_NINE, "a"))
    with pytest.raises(PlanningError, match="one is Asia/Shanghai"):
        response_times_by_hour(TOWN, frame, timezone="Wanzhou")
    with pytest.raises(PlanningError, match="0 \\(Monday, midnight to one\\) to 167"):
        response_times_by_hour(TOWN, frame, hours=[168])


HOUR = pd.Timedelta(hours=1)


def test_a_kind_that_is_out_at_other_hours_never_comes_in_this_one():
    """Not "unknown": what compares with a target would pass it over."""
    frame = archive(
        ("officer", "A-B", 0.2, MONDAY_NINE, "a"), ("rider", "C-D", 0.5, MONDAY_NINE + HOUR, "b")
    )
    found = response_times_by_hour(TOWN, frame, resolution=10)
    assert np.isinf(found[found.hour == 9].rider_s).all()
    assert np.isinf(found[found.hour == 10].officer_s).all()
    nine = found[found.hour == 9]
    assert len(find_gaps(nine, 60.0, kinds=("rider",))) == len(nine)


def test_an_hour_without_an_officer_is_one_in_which_no_officer_comes():
    """Asked for officers alone, too; only where there never is one there is nothing to tell."""
    frame = archive(
        ("officer", "A-B", 0.2, MONDAY_NINE, "a"), ("rider", "C-D", 0.5, MONDAY_NINE + HOUR, "b")
    )
    found = response_times_by_hour(TOWN, frame, kinds=["officer"], resolution=10)
    assert np.isfinite(found[found.hour == 9].officer_s).all()
    assert np.isinf(found[found.hour == 10].any_s).all()
    with pytest.raises(PlanningError, match=r"bank_guard was free .* there are: officer, rider"):
        response_times_by_hour(TOWN, frame, kinds=["bank_guard"], resolution=10)


@pytest.mark.parametrize(
    "away", [{"status": "on_scene"}, {"cause": "busy"}, {"cause": "already_sent"}]
)
def test_who_is_with_somebody_already_covers_nothing(away):
    """An archive tells of them; they could not have gone."""
    frame = archive(
        ("officer", "A-B", 0.2, MONDAY_NINE, "a"), ("officer", "G-H", 0.8, MONDAY_NINE, "b")
    )
    column, word = next(iter(away.items()))
    told = frame.assign(**{column: [None, word]})
    found = response_times_by_hour(TOWN, told, resolution=10)
    alone = response_times(TOWN, people(TOWN, ("officer", "A-B", 0.2)), resolution=10)
    assert np.allclose(found.any_s, alone.any_s)
