"""The offline bound: below everything that anybody could do, and equal to it where it is plain."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dispatch.errors import RehearsalError
from dispatch.incidents.policy import default_policy
from dispatch.rehearsal.chains import Chains, least_cost
from dispatch.rehearsal.offline import offline_bound, share_of_gap_closed
from dispatch.rehearsal.rehearse import rehearse
from dispatch.rehearsal.rules import Batched, ClosestByLine, ClosestByRoad
from dispatch.rehearsal.summary import summarise
from tests.dispatch.rehearsal.scenes import CERTAIN, alerts, officers, scene
from tests.dispatch.rehearsal.test_days import TURN_OUT_S, a_busy_day, drive_s


@pytest.mark.parametrize("seed", range(4))
def test_no_rule_goes_below_it(seed):
    """On busy days, on which alerts wait and officers are sent on their way home."""
    scenario = a_busy_day(seed, count=25)
    rules = [ClosestByRoad(), ClosestByLine(), Batched(window_s=20.0)]
    result = rehearse(scenario, rules)
    bound = offline_bound(scenario)
    assert (result.groupby("rule")["first_face_s"].mean() >= bound["mean_s"][0] - 0.01).all()
    assert (result.groupby("rule")["late"].mean() >= bound["late"][0] - 1e-6).all()
    assert bound["mean_s"][0] > TURN_OUT_S


def test_of_one_alert_it_is_the_nearest_officers_drive():
    scenario = scene(alerts((0, "C")), officers("A", "F"))
    (bound,) = offline_bound(scenario)["mean_s"]
    assert bound == pytest.approx(TURN_OUT_S + drive_s("A", "C"), abs=0.1)


def test_it_knows_the_alert_that_comes_next():
    """Whoever takes the nearest officer for the first leaves the second to the far one."""
    scenario = scene(alerts((0, "C"), (1, "A")), officers("B", "E"))
    (bound,) = offline_bound(scenario)["mean_s"]
    best_s = TURN_OUT_S + (drive_s("E", "C") + drive_s("B", "A")) / 2
    assert bound == pytest.approx(best_s, abs=0.5)
    nearest = rehearse(scenario)["first_face_s"].mean()
    assert nearest > best_s + 10


def test_one_officer_cannot_be_in_two_places():
    """The second alert waits for the visit of the first, whichever that is."""
    calls = alerts((0, "B"), (10, "B"), visit_s=[1_000.0, 1_000.0])
    (bound,) = offline_bound(scene(calls, officers("A")))["mean_s"]
    first_s = TURN_OUT_S + drive_s("A", "B")
    assert bound >= (first_s + 2 * TURN_OUT_S + 1_000.0 - 10.0) / 2 - 0.1


def test_a_rule_that_reaches_it_closes_the_whole_gap():
    scenario = scene(alerts((0, "C"), (1, "A")), officers("B", "E"))
    rules = [ClosestByRoad(), Batched(window_s=1.5)]
    closed = share_of_gap_closed(
        summarise(rehearse(scenario, rules)), offline_bound(scenario), "mean_s"
    )
    assert closed["by_road"] == 0.0
    assert 0.8 < closed["batched"] <= 1.0


def chains_by_hand(chains: Chains) -> float:
    """The cheapest way to give every alert what comes before it, tried one by one."""
    groups, count = chains.start.shape
    befores = [(g, i) for g in range(groups) for i in range(-1, count)]
    best = np.inf
    for chosen in product(befores, repeat=count):
        cost, group_of = 0.0, [g for g, _ in chosen]
        left, begun = set(), np.zeros(groups)
        for alert, (g, before) in enumerate(chosen):
            if before < 0:
                begun[g] += 1
                cost += chains.start[g, alert]
                continue
            if before == alert or before in left or group_of[before] != g:
                cost = np.inf
                break
            left.add(before)
            cost += chains.link[g, before, alert]
        if (begun <= chains.people).all():
            best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_the_program_is_never_above_the_best_chains_and_mostly_equal(seed):
    rng = np.random.default_rng(seed)
    groups, count = 2, 4
    chains = Chains(
        start=rng.integers(10, 100, (groups, count)).astype(float),
        link=rng.integers(10, 200, (groups, count, count)).astype(float)
        + np.eye(count)[None] * 1e6,
        home=np.full((groups, count), count),
        people=np.array([1, 1]),
        lost=1e5,
    )
    best, bound = chains_by_hand(chains), least_cost(chains)
    assert bound <= best + 1e-6
    assert bound >= 0.85 * best


def test_whoever_is_home_again_may_go_over_the_post():
    """The link costs more than starting from the post, where they are back in time."""
    chains = Chains(
        start=np.array([[10.0, 20.0]]),
        link=np.array([[[1e6, 500.0], [1e6, 1e6]]]),
        home=np.array([[1, 2]]),
        people=np.array([1]),
        lost=1e5,
    )
    assert least_cost(chains) == pytest.approx(30.0)
    away = Chains(chains.start, chains.link, np.array([[2, 2]]), chains.people, chains.lost)
    assert least_cost(away) == pytest.approx(510.0)


@pytest.mark.parametrize(
    ("more", "remedy"),
    [
        ({"policy": default_policy()}, "officers = 1"),
        ({"habits": CERTAIN.__class__(patience_s=86_400.0)}, "convinced = 1"),
        ({"habits": CERTAIN.__class__(convinced=1.0)}, "patience_s = 21600"),
    ],
)
def test_where_it_would_not_hold_it_says_so(more, remedy):
    with pytest.raises(RehearsalError, match=remedy):
        offline_bound(scene(alerts((0, "C")), officers("A"), **more))


def test_money_in_cars_and_people_who_are_not_sent_are_refused():
    with pytest.raises(RehearsalError, match="interceptions"):
        offline_bound(scene(alerts((0, "C"), flees_after_s=[60.0]), officers("A")))
    people = officers("A", "B")
    people["kind"] = ["officer", "rider"]
    with pytest.raises(RehearsalError, match="rider"):
        offline_bound(scene(alerts((0, "C")), people))
