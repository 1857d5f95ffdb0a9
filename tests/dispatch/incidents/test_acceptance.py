"""Whom to ask first, and how many at once: every rule against a slow, obvious twin."""

from __future__ import annotations

import math
import random
from itertools import combinations, permutations, product
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.incidents.acceptance import (
    LONGEST_SET_BACK_S,
    Acceptance,
    Answers,
    ask_at_once,
    chance_of_enough,
    refusal_s,
    set_back_s,
)
from dispatch.incidents.policy import Policy, default_policy
from dispatch.question import Want
from dispatch.responders import KINDS

CHANCES = st.floats(0.01, 1.0)
ARRIVALS_S = st.floats(0.0, 3_600.0)
PEOPLE = st.lists(st.tuples(ARRIVALS_S, CHANCES), min_size=1, max_size=6)


def time_until_there_s(order, refusal_costs_s: float, nobody_s: float) -> float:
    """Expected seconds until somebody is there when they are asked in this order, each after the
    refusal of the one before; ``nobody_s`` is what it takes when all refuse."""
    if not order:
        return nobody_s
    (arrival_s, chance), *rest = order
    behind_s = time_until_there_s(rest, refusal_costs_s, nobody_s)
    return chance * arrival_s + (1 - chance) * (refusal_costs_s + behind_s)


@given(PEOPLE, st.floats(1.0, 600.0), st.floats(0.0, 7_200.0))
@settings(deadline=None, max_examples=60)
def test_no_order_of_asking_is_faster_than_by_arrival_and_set_back(people, wait_s, nobody_s):
    """All orders are tried, one after the other, whatever comes when everybody refuses."""
    ours = sorted(people, key=lambda one: one[0] + set_back_s(one[1], wait_s))
    best_s = min(time_until_there_s(order, wait_s, nobody_s) for order in permutations(people))
    assert time_until_there_s(ours, wait_s, nobody_s) == pytest.approx(best_s, rel=1e-9, abs=1e-6)


def test_neither_arrival_alone_nor_chance_alone_is_the_best_order():
    """The claim above is not empty: both simpler orders lose."""
    rider, neighbour, guard = (100.0, 0.3), (180.0, 0.8), (400.0, 0.9)
    people = [rider, neighbour, guard]

    def after_s(order):
        return time_until_there_s(order, 60.0, 3_600.0)

    ours = sorted(people, key=lambda one: one[0] + set_back_s(one[1], 60.0))
    assert ours == [neighbour, rider, guard]
    assert after_s(ours) < after_s(sorted(people))
    assert after_s(ours) < after_s(sorted(people, key=lambda one: -one[1]))


def test_nobody_who_always_says_yes_is_set_back_and_nobody_is_set_back_beyond_a_question():
    """Both ends stay within what a question takes."""
    assert set_back_s(1.0, 60.0) == 0.0
    assert set_back_s(0.5, 60.0) == 60.0
    for chance in (0.0, 1e-9, 1e-4):
        assert set_back_s(chance, 3_600.0) == LONGEST_SET_BACK_S
        Want(frozenset(["rider"]), set_back_s={"rider": set_back_s(chance, 3_600.0)})


@given(st.lists(CHANCES, max_size=7), st.integers(0, 8))
@settings(deadline=None, max_examples=80)
def test_the_chance_of_enough_is_the_sum_over_all_ways_to_answer(chances, enough):
    """Every combination of yes and no is counted."""
    slow = sum(
        math.prod(
            chance if said else 1 - chance for chance, said in zip(chances, answers, strict=True)
        )
        for answers in product([True, False], repeat=len(chances))
        if sum(answers) >= enough
    )
    assert chance_of_enough(chances, enough) == pytest.approx(slow, abs=1e-12)


@given(st.lists(CHANCES, max_size=4), st.lists(CHANCES, max_size=6), st.integers(0, 3), CHANCES)
@settings(deadline=None)
def test_as_few_are_asked_as_suffice(asked, next_ones, enough, target):
    """One fewer would not reach the target; where all do not, all are asked."""
    more = ask_at_once(asked, next_ones, enough, target)
    if more < len(next_ones):
        assert chance_of_enough([*asked, *next_ones[:more]], enough) >= target
    if more > 0:
        assert chance_of_enough([*asked, *next_ones[: more - 1]], enough) < target


@given(st.lists(CHANCES, min_size=1, max_size=6), st.integers(1, 3))
@settings(deadline=None)
def test_a_yes_never_calls_for_more_offers(chances, enough):
    """Once somebody has said yes, those who are still asked suffice at least as surely."""
    others = chances[1:]
    assert chance_of_enough(others, enough - 1) >= chance_of_enough(chances, enough) - 1e-12


def time_of_first_yes_s(asked, wait_s: float, nobody_s: float) -> float:
    """Expected seconds until somebody is there when all of them are asked at once: whoever says
    yes first goes, which may be any of those who do; all have answered after ``wait_s``."""
    expected_s = 0.0
    for answers in product([True, False], repeat=len(asked)):
        yes = [arrival_s for (arrival_s, _), said in zip(asked, answers, strict=True) if said]
        probability = math.prod(
            chance if said else 1 - chance for (_, chance), said in zip(asked, answers, strict=True)
        )
        expected_s += probability * (mean(yes) if yes else wait_s + nobody_s)
    return expected_s


def mean_excess(wait_s: float, costs_s: float, target: float, cases: int = 40) -> float:
    """By what share those in front of the order are later than the best set of those that reach
    the target, in the mean over drawn cases; ``costs_s`` is what a refusal is taken to cost."""
    draw = random.Random(7)
    excess = []
    for _ in range(cases):
        people = [(draw.uniform(60, 900), draw.choice([0.3, 0.5, 0.6, 0.7, 0.8])) for _ in range(8)]
        order = sorted(people, key=lambda one: one[0] + set_back_s(one[1], costs_s))
        asked = order[: ask_at_once([], [chance for _, chance in order], 1, target)]
        nobody_s = sorted(people)[3][0] + wait_s
        best_s = min(
            time_of_first_yes_s(some, wait_s, nobody_s)
            for size in range(1, 5)
            for some in combinations(people, size)
            if chance_of_enough([chance for _, chance in some], 1) >= target
        )
        excess.append(time_of_first_yes_s(asked, wait_s, nobody_s) / best_s - 1)
    return mean(excess)


def test_of_several_asked_at_once_the_order_is_near_the_best_of_all_sets():
    """Within three per cent, and nearer than if a refusal were taken to cost the whole wait."""
    wait_s, target = 120.0, 0.9
    ours = mean_excess(wait_s, refusal_s(wait_s, at_once=True, target=target), target)
    whole = mean_excess(wait_s, refusal_s(wait_s, at_once=False, target=target), target)
    assert ours < 0.03
    assert ours < 0.6 * whole


def test_chances_are_the_policys_until_a_centres_own_figures_say_otherwise():
    """Ten offers of the policy are weighed with what was counted."""
    policy = default_policy()
    untold = Acceptance(policy)
    assert untold.chance("rider") == pytest.approx(0.3)
    told = Acceptance(policy, {"rider": Answers(accepted=40, refused=10)})
    assert told.chance("rider") == pytest.approx((40 + 3) / (50 + 10))
    assert told.chance("officer") == untold.chance("officer")
    certain = Acceptance(policy, {"rider": Answers(accepted=0, refused=10_000)})
    assert 0.0 < certain.chance("rider") < 0.001


def test_every_kind_has_a_chance():
    """A new kind needs a line in the policy; without it nobody of that kind could be offered."""
    acceptance = Acceptance(default_policy())
    assert all(0.0 < acceptance.chance(kind) <= 1.0 for kind in KINDS)
    set_back = acceptance.set_back_s(KINDS, 60.0)
    assert set_back.keys() == KINDS.keys()
    assert set_back["rider"] == pytest.approx(60 * 0.7 / 0.3)


def test_a_centres_policy_changes_the_chance():
    """What a policy file says of one kind holds for it; the others stay."""
    policy = Policy.parse("[acceptance.accept_of_ten]\nrider = 6")
    assert Acceptance(policy).chance("rider") == pytest.approx(0.6)
    assert Acceptance(policy).chance("grid_worker") == pytest.approx(0.8)
