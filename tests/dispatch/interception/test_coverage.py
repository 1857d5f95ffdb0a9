"""The plan that catches the most: by hand, and against trying everything."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dispatch.interception.columns import columns_of
from dispatch.interception.coverage import best_coverage
from tests.dispatch.interception.random_cases import (
    best_by_trying,
    caught_in,
    passings_of,
    random_case,
)

INF = np.inf


def plan(case, **options):
    return best_coverage(case.columns, limit_s=20.0, **options)


def simple(drives, ready_s, earliest_s=None, units_needed=None, weight=None):
    """Columns with everything else at its simplest."""
    ready_s = np.array(ready_s, float)
    places = ready_s.shape[1]
    return columns_of(
        passings_of(*drives),
        ready_s,
        np.zeros(places) if earliest_s is None else np.array(earliest_s, float),
        np.ones(places, np.int32) if units_needed is None else np.array(units_needed, np.int32),
        np.ones(len(drives)) if weight is None else np.array(weight, float),
    )


def test_the_toll_gate_that_two_roads_share_is_held_rather_than_one_of_the_roads():
    """Three ways out, two of them through place 0: one unit stands at place 0."""
    drives = [[(0, 100), (1, 200)], [(0, 100), (2, 200)], [(3, 200)]]
    found = best_coverage(simple(drives, [[60, 60, 60, 60]]))
    assert found.place_of_unit == {0: 0}
    assert found.share == pytest.approx(2 / 3)
    assert found.caught.tolist() == [True, True, False]
    assert found.proven
    assert found.gap == 0.0


def test_who_comes_too_late_for_the_gate_waits_further_on():
    """The unit needs 150 s and the gate is passed after 100 s, the junction behind it after 200."""
    found = best_coverage(simple([[(0, 100), (1, 200)]], [[150, 150]]))
    assert found.place_of_unit == {0: 1}
    assert found.share == 1.0


def test_a_place_is_held_just_in_time():
    """Ready in the very second in which the subject passes is ready."""
    assert best_coverage(simple([[(0, 100)]], [[100]])).share == 1.0
    assert best_coverage(simple([[(0, 100)]], [[100.001]])).share == 0.0


def test_a_motorway_junction_needs_two_and_is_held_from_the_second_on():
    """The second unit is ready after 150 s: of two drives it is in time for the slower one."""
    drives = [[(0, 100)], [(0, 160)]]
    found = best_coverage(simple(drives, [[50], [150]], units_needed=[2]))
    assert found.caught.tolist() == [False, True]
    assert found.place_of_unit == {0: 0, 1: 0}
    assert best_coverage(simple(drives, [[50], [170]], units_needed=[2])).place_of_unit == {}


def test_of_two_plans_that_catch_as_much_the_one_with_more_margin_wins():
    """Both gates catch the drive; at the second one the unit is there 200 s before the subject."""
    found = best_coverage(simple([[(0, 100), (1, 300)]], [[60, 100]], earliest_s=[90, 300]))
    assert found.place_of_unit == {0: 1}
    assert found.margin_s == 200.0
    assert found.ties_proven


def test_of_two_plans_with_the_same_margin_the_one_with_fewer_units_wins():
    """One unit where the roads part, or one on each of them: the margin is the same."""
    drives = [[(0, 100), (1, 200)], [(0, 100), (2, 200)]]
    columns = simple(drives, [[50, 150, 150], [90, 150, 150]], earliest_s=[100, 200, 200])
    found = best_coverage(columns)
    assert found.place_of_unit == {0: 0}
    assert found.margin_s == 50.0


def test_two_places_are_found_where_the_most_at_once_would_lead_to_three():
    """Fourteen drives; places 0 and 1 see seven of them each, and the greedy way is over place 2,
    which sees eight, place 3, which sees four of the rest, and place 4, which sees the last two."""
    half = [2] * 4 + [3] * 2 + [4]
    drives = [[(side, 100), (other, 100)] for side in (0, 1) for other in half]
    found = best_coverage(simple(drives, [[50] * 5] * 3, earliest_s=[100] * 5))
    assert found.share == 1.0
    assert sorted(found.place_of_unit.values()) == [0, 1]
    assert found.ties_proven


def test_nobody_is_sent_where_those_standing_catch_all_that_can_be_caught():
    """The other unit stays free."""
    found = best_coverage(simple([[(0, 100)]], [[50], [10]]), standing={0: 0})
    assert found.place_of_unit == {0: 0}
    assert found.share == 1.0
    assert found.margin_s == INF


def test_a_unit_that_stands_keeps_its_place_even_where_it_catches_nothing():
    """Unit 0 stands at a place that nobody passes; unit 1 is sent to the one that matters."""
    found = best_coverage(simple([[(0, 100)]], [[50, 0], [60, INF]]), standing={0: 1})
    assert found.place_of_unit == {0: 1, 1: 0}


def test_without_units_or_scenarios_nothing_is_caught():
    """And that is proven."""
    nothing = best_coverage(simple([[(0, 100)]], np.empty((0, 1))))
    assert (nothing.share, nothing.proven, nothing.place_of_unit) == (0.0, True, {})
    assert best_coverage(simple([], [[50.0]])).share == 0.0


@pytest.mark.parametrize("chunk", range(8))
def test_no_plan_is_better_than_the_one_found(chunk):
    """Share, smallest margin and number of units are those of the best of all plans."""
    for seed in range(60 * chunk, 60 * (chunk + 1)):
        case = random_case(seed)
        rng = np.random.default_rng(seed)
        standing = {}
        if seed % 4 == 1:
            standing[0] = int(rng.integers(len(case.units_needed)))
        most_units = int(rng.integers(0, 4)) if seed % 5 == 2 else None
        found = plan(case, standing=standing, most_units=most_units)
        weight, margin_s, sent = best_by_trying(case, standing, most_units)
        total = case.weight.sum() or 1.0
        assert found.proven, seed
        assert found.ties_proven, seed
        assert found.share == pytest.approx(weight / total, abs=1e-8), seed
        assert found.margin_s == margin_s, seed
        assert len(found.place_of_unit) - len(standing) == sent, seed
        assert found.caught.tolist() == caught_in(case, found.place_of_unit), seed
        assert found.place_of_unit.items() >= standing.items(), seed


def test_when_time_is_up_there_is_a_plan_and_what_no_plan_can_beat():
    """Without any time left the plan of the first glance is returned, with a bound above it."""
    case = hard_case(seed=3)
    found = best_coverage(case, limit_s=0.0)
    assert 0.0 < found.share < found.bound <= 1.0
    assert not found.proven
    assert found.gap == pytest.approx(found.bound - found.share)
    proven = best_coverage(case, limit_s=60.0)
    assert found.share <= proven.share <= found.bound + 1e-9


def test_the_time_limit_is_kept():
    """With slack for the machine that the tests run on."""
    started_s = time.perf_counter()
    best_coverage(hard_case(seed=4, units=12, places=200, scenarios=400), limit_s=0.5)
    assert time.perf_counter() - started_s < 5.0


def hard_case(seed: int, units: int = 6, places: int = 40, scenarios: int = 80):
    """Too few units for drives all over the place: no plan catches all."""
    rng = np.random.default_rng(seed)
    drives = []
    for _ in range(scenarios):
        way = rng.choice(places, 6, replace=False).tolist()
        drives.append(list(zip(way, np.cumsum(rng.random(6) * 200), strict=True)))
    return simple(drives, rng.random((units, places)) * 900, weight=rng.random(scenarios))
