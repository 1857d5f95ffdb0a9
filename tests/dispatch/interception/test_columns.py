"""Who could stand where: columns, and those that can be left out."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dispatch.interception.columns import Columns, columns_of, undominated
from tests.dispatch.interception.random_cases import (
    RandomCase,
    best_by_trying,
    passings_of,
    random_case,
)


def columns(drives, ready_s, units_needed=None):
    ready_s = np.array(ready_s, float)
    places = ready_s.shape[1]
    needed = np.ones(places, np.int32) if units_needed is None else np.array(units_needed)
    return columns_of(
        passings_of(*drives), ready_s, np.full(places, 500.0), needed, np.ones(len(drives))
    )


def as_sets(found: Columns) -> dict[tuple[int, int], set[int]]:
    return {
        (int(found.unit[c]), int(found.place[c])): set(found.caught_by(c).tolist())
        for c in range(len(found))
    }


def test_a_unit_catches_whoever_passes_after_it_is_ready():
    """Drive 0 passes too early, drive 1 in the second in which the unit is ready."""
    found = columns([[(0, 99)], [(0, 100)], [(0, 101)]], [[100]])
    assert as_sets(found) == {(0, 0): {1, 2}}
    assert found.margin_s.tolist() == [400.0]


def test_who_comes_by_twice_can_be_caught_the_second_time():
    """The drive passes the place after 50 s and again after 150 s."""
    assert as_sets(columns([[(0, 50), (1, 100), (0, 150)]], [[100, 101]])) == {(0, 0): {0}}


def test_who_catches_nothing_is_no_column():
    """Neither who is too late nor who cannot come."""
    assert len(columns([[(0, 50)]], [[60], [np.inf]])) == 0


@pytest.mark.parametrize("seed", range(100))
def test_columns_are_what_a_look_at_every_passing_says(seed):
    """For every unit at every place the scenarios with a passing no sooner than it is ready."""
    case = random_case(seed)
    first, place, time_s = case.passings.first, case.passings.place, case.passings.time_s
    expected = {}
    for unit, at in product(range(case.ready_s.shape[0]), range(case.ready_s.shape[1])):
        caught = {
            scenario
            for scenario in range(len(case.passings))
            for i in range(first[scenario], first[scenario + 1])
            if place[i] == at and case.ready_s[unit, at] <= time_s[i]
        }
        if caught:
            expected[unit, at] = caught
    found = case.columns
    assert as_sets(found) == expected
    for c in range(len(found)):
        unit, at = int(found.unit[c]), int(found.place[c])
        assert found.column_of(unit, at) == c
        assert found.ready_s[c] == case.ready_s[unit, at]
        assert found.margin_s[c] == case.earliest_s[at] - case.ready_s[unit, at]
        assert (np.diff(found.caught_by(c)) > 0).all()
    assert found.column_of(99, 0) == -1


def test_a_place_further_on_makes_the_one_before_it_useless_when_all_who_pass_one_pass_the_other():
    """Both drives pass place 1 later than place 0, and with no smaller margin."""
    found = columns([[(0, 100), (1, 200)], [(1, 200)]], [[50, 50]])
    assert found.place[undominated(found)].tolist() == [1]


def test_a_place_that_needs_two_makes_no_other_useless():
    """A unit alone catches nothing there."""
    found = columns([[(0, 100), (1, 200)], [(1, 200)]], [[50, 50]], units_needed=[1, 2])
    assert undominated(found).all()


def test_of_two_columns_that_are_the_same_one_stays():
    """Else both would go, each for the sake of the other."""
    found = columns([[(0, 100), (1, 200)]], [[50, 50]])
    assert undominated(found).tolist() == [True, False]


def test_what_stands_already_is_kept():
    """Whatever else would be better."""
    found = columns([[(0, 100), (1, 200)], [(1, 200)]], [[50, 50]])
    assert undominated(found, found.place == 0).all()


@pytest.mark.parametrize("seed", range(120))
def test_the_best_plan_is_as_good_without_dominated_columns(seed):
    """Trying everything ends at the same share, margin and number of units."""
    case = random_case(seed)
    kept = undominated(case.columns)
    fewer = RandomCase(
        case.passings,
        np.full(case.ready_s.shape, np.inf),
        case.earliest_s,
        case.units_needed,
        case.weight,
    )
    fewer.ready_s[case.columns.unit[kept], case.columns.place[kept]] = case.columns.ready_s[kept]
    assert best_by_trying(fewer, {}, None) == best_by_trying(case, {}, None)


def test_numbers_that_make_no_sense_are_refused():
    """With the remedy."""
    passings = passings_of([(0, 100.0)])
    one, needed = np.ones(1), np.ones(1, np.int32)
    with pytest.raises(ValueError, match="inf, not at NaN"):
        columns_of(passings, np.array([[np.nan]]), one, needed, one)
    with pytest.raises(ValueError, match="Places are 0 to 0"):
        columns_of(passings_of([(1, 100.0)]), np.array([[1.0]]), one, needed, one)
    with pytest.raises(ValueError, match="at least one unit"):
        columns_of(passings, np.array([[1.0]]), one, np.zeros(1, np.int32), one)
    with pytest.raises(ValueError, match="finite and not negative"):
        columns_of(passings, np.array([[1.0]]), one, needed, -one)
    with pytest.raises(ValueError, match="a row for each unit"):
        columns_of(passings, np.array([1.0]), one, needed, one)
