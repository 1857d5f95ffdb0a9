"""Every siting model finds what trying all choices finds, and says that it is proven."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.errors import PlanningError
from dispatch.siting.centre import p_centre
from dispatch.siting.covering import lscp, mclp, mexclp
from dispatch.siting.median import p_median
from dispatch.siting.problem import SitingProblem
from tests.dispatch.siting.random_problems import (
    choices,
    covered,
    expected,
    longest_time,
    placements,
    random_problem,
    weighted_time,
)

seeds = st.integers(0, 10_000)
posts_there = st.integers(0, 3)
WITHIN_S = 200.0
CASES = settings(max_examples=40, deadline=None)


@CASES
@given(seeds, posts_there)
def test_the_fewest_posts_cover_everybody_who_can_be_covered(seed, existing):
    """No smaller number does; those that exist are among them."""
    problem = random_problem(seed, existing=existing, unreachable=0.1)
    found = lscp(problem, WITHIN_S)
    most = covered(problem, np.arange(len(problem)), WITHIN_S)
    assert covered(problem, found.chosen, WITHIN_S) == most
    assert found.proven
    assert found.value == len(found.chosen)
    assert set(np.flatnonzero(problem.existing)) <= set(found.chosen)
    fewer = len(found.added) - 1
    if fewer >= 0:
        assert all(covered(problem, c, WITHIN_S) < most for c in choices(problem, fewer))


@CASES
@given(seeds, posts_there, st.integers(1, 4))
def test_the_most_weight_is_covered_by_so_many_more_posts(seed, existing, more):
    """Against all choices."""
    problem = random_problem(seed, existing=existing, unreachable=0.1)
    found = mclp(problem, more, WITHIN_S)
    best = max(covered(problem, c, WITHIN_S) for c in choices(problem, more))
    assert found.value == pytest.approx(best)
    assert covered(problem, found.chosen, WITHIN_S) == pytest.approx(best)
    assert found.proven
    assert found.gap == 0.0
    assert (found.time_s[found.post_of >= 0] <= WITHIN_S).all()
    assert len(found.added) <= more


@CASES
@given(seeds, posts_there, st.integers(1, 4), st.sampled_from([0.0, 0.2]))
def test_the_least_weighted_time_is_found(seed, existing, more, unreachable):
    """Against all choices; what no way leads to counts as the worst that is sent."""
    problem = random_problem(seed, existing=existing, unreachable=unreachable)
    found = p_median(problem, more, worst_s=900.0)
    best = min(weighted_time(problem, c, 900.0) for c in choices(problem, more))
    assert found.value == pytest.approx(best)
    assert weighted_time(problem, found.chosen, 900.0) == pytest.approx(best)
    assert found.proven
    assert found.bound == pytest.approx(found.value, rel=1e-5)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rounds", [2, 12, 40])
def test_the_median_of_a_town_goes_through_the_integer_program_and_is_the_same(
    seed, rounds, monkeypatch
):
    """With the bounds' rounds cut off, and no exchange to better the greedy choice, HiGHS has to
    finish among the candidates that the bounds have not ruled out."""
    problem = random_problem(seed, candidates=14, demands=60, existing=2)
    monkeypatch.setattr("dispatch.siting.median.ROUNDS", rounds)
    monkeypatch.setattr("dispatch.siting.median.best_exchange", lambda *given: (0.0, -1, -1))
    found = p_median(problem, 4)
    best = min(weighted_time(problem, c) for c in choices(problem, 4))
    assert found.value == pytest.approx(best)
    assert found.proven


def test_out_of_time_a_choice_comes_with_a_gap():
    """An answer, and how much better another one could be."""
    problem = random_problem(5, candidates=80, demands=400)
    found = p_median(problem, 20, limit_s=0.0)
    assert len(found.chosen) == 20
    assert found.bound <= weighted_time(problem, found.chosen)
    assert found.proven == (found.gap == 0.0)
    surely = p_median(problem, 20)
    assert found.bound <= surely.value * (1 + 1e-6) <= found.value * (1 + 2e-6)


@CASES
@given(seeds, posts_there, st.integers(1, 4))
def test_the_slowest_demand_is_reached_as_soon_as_can_be(seed, existing, more):
    """Against all choices; demands without weight do not matter."""
    problem = random_problem(seed, existing=existing)
    found = p_centre(problem, more)
    best = min(longest_time(problem, c) for c in choices(problem, more))
    assert found.value == best == longest_time(problem, found.chosen)
    assert found.proven
    assert len(found.added) <= more


@CASES
@given(seeds, st.integers(0, 2), st.integers(2, 4), st.sampled_from([0.0, 0.3, 0.7]))
def test_units_that_may_be_busy_stand_where_most_expect_a_free_one(seed, existing, units, busy):
    """Against all placements, several at a post included."""
    problem = random_problem(seed, candidates=5, existing=existing)
    found = mexclp(problem, units, WITHIN_S, busy, most_at_a_post=2)
    best = max(expected(problem, c, WITHIN_S, busy) for c in placements(problem, units, 2))
    assert found.value == pytest.approx(best)
    assert expected(problem, found.units, WITHIN_S, busy) == pytest.approx(best)
    assert found.proven
    assert found.units.sum() <= units


def test_units_that_are_often_busy_stand_together_in_the_large_town():
    """Never busy, they spread; busy two thirds of the time, the second one backs the first."""
    problem = SitingProblem.of_times([[60.0, 900.0], [900.0, 60.0]], [100.0, 30.0])
    assert mexclp(problem, 2, 300.0, 0.0).units.tolist() == [1, 1]
    assert mexclp(problem, 2, 300.0, 0.66).units.tolist() == [2, 0]


def test_posts_with_little_room_are_more():
    """One post covers all of the town but may serve only half of it."""
    times = [[60.0] * 4, [60.0] * 4, [60.0] * 4]
    weight = [10.0] * 4
    roomy = SitingProblem.of_times(times, weight)
    narrow = SitingProblem.of_times(times, weight, capacity=[20.0, 20.0, 20.0])
    assert lscp(roomy, 300.0).value == 1
    assert lscp(narrow, 300.0).value == 2
    assert mclp(narrow, 1, 300.0).value == pytest.approx(20.0)
    assert p_median(narrow, 2).value == pytest.approx(4 * 10 * 60.0)
    with pytest.raises(PlanningError, match="No 1 more posts have room for everybody; raise cap"):
        p_median(narrow, 1)
    tiny = SitingProblem.of_times(times, weight, capacity=[1.0, 1.0, 1.0])
    with pytest.raises(PlanningError, match=r"capacities are too small .*raise them"):
        lscp(tiny, 300.0)


def test_a_demand_is_shared_when_no_post_has_room_for_all_of_it():
    """The far post takes what the near one cannot."""
    problem = SitingProblem.of_times([[10.0], [50.0]], [3.0], capacity=[2.0, 9.0])
    found = p_median(problem, 2)
    assert found.value == pytest.approx(2 * 10 + 1 * 50)
    assert found.post_of.tolist() == [0]


def test_what_nobody_can_reach_is_left_out_and_said():
    """And the models that need everybody say how many there are."""
    problem = SitingProblem.of_times([[60.0, np.inf], [90.0, np.inf]], [1.0, 1.0])
    found = lscp(problem, 300.0)
    assert found.note.startswith("1 demands that no candidate reaches in time")
    assert found.post_of.tolist() == [found.chosen[0], -1]
    with pytest.raises(PlanningError, match="1 demands are reached from no candidate"):
        p_centre(problem, 1)
    with pytest.raises(PlanningError, match="allow more time"):
        lscp(problem, 10.0)
    with pytest.raises(PlanningError, match="allow more time"):
        mclp(problem, 1, 10.0)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda p: mclp(p, 99, 300.0), "Between 0 and 8 more posts can be chosen, not 99"),
        (lambda p: p_median(p, 0), "There are no posts yet: choose at least one more"),
        (lambda p: p_median(p, 2.7), "Between 0 and 8 more posts can be chosen, not 2.7"),
        (lambda p: mexclp(p, 2.5, 300.0, 0.5), "2.5 units cannot be placed"),
        (lambda p: SitingProblem.of_times(p.time_s[0], p.weight), "Times are a table"),
        (lambda p: mclp(p, 2, -1.0), "more than 0 seconds, not -1"),
        (lambda p: mexclp(p, 2, 300.0, 1.0), "busy fraction is 0 or more and below 1"),
        (lambda p: mexclp(p, 900, 300.0, 0.5), "900 units cannot be placed"),
        (lambda p: p_median(p, 2, worst_s=0.0), "worst_s is more than 0"),
    ],
)
def test_questions_without_an_answer_are_refused(ask, sentence):
    """With the range that has one."""
    with pytest.raises(PlanningError, match=sentence):
        ask(random_problem(1))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weight": [-1.0, 2.0]}, "Weights .* finite and 0 or more"),
        ({"weight": [0.0, 0.0]}, "No demand .* weighs anything"),
        ({"weight": [1.0]}, "2 demands need as many weights, not 1"),
        ({"time_s": [[np.nan, 1.0]]}, "Times .* 0 or more, and inf for no way"),
        ({"capacity": [-1.0]}, "Capacities .* 0 or more"),
        ({"time_s": np.empty((0, 2))}, "at least one candidate and one demand"),
    ],
)
def test_problems_that_make_no_sense_are_refused(change, sentence):
    """Before a solver sees them."""
    said = {"time_s": [[1.0, 2.0]], "weight": [1.0, 1.0], "capacity": None} | change
    with pytest.raises(PlanningError, match=sentence):
        SitingProblem.of_times(said["time_s"], said["weight"], capacity=said["capacity"])
