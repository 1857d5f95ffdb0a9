"""A plan meets a driver whom it was not made for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dispatch.errors import InterceptionError
from dispatch.interception.behaviour import BEHAVIOURS
from dispatch.interception.plan import make_plan
from dispatch.interception.sealing import held_from_s, seal_off
from dispatch.interception.situation import PlanSettings
from dispatch.interception.subject import Subject
from dispatch.interception.trial import try_plan
from tests.dispatch.interception.ground import SLOW, fork, ground

DIRECT = tuple(one for one in BEHAVIOURS if not one.random)
"""Whoever turns at random may come by twice."""
QUICK = PlanSettings(safety_s=0.0, scenario_count=60, limit_s=5.0)


@pytest.fixture(scope="module")
def forked():
    return fork()


def to_north_and_east(town, **more) -> Subject:
    said = {"slowest": 1.0, "fastest": 1.0, **more}
    return Subject(
        sighting=town.sighting("S-J", 0.05, heading_deg=90.0),
        destinations=(
            town.destination("A-N", 0.95, name="北"),
            town.destination("J-E", 0.95, name="东"),
        ),
        **said,
    )


def test_a_plan_for_every_way_stops_whoever_drives_as_thought(forked):
    """One unit at the fork; other drives of the same people are stopped there, none elsewhere."""
    subject = to_north_and_east(forked)
    plan = make_plan(forked, subject, [forked.unit("near", "U-J", 0.1)], 0.0, QUICK)
    trial = try_plan(forked, plan, subject, seed=99, count=80)
    assert trial.share == pytest.approx(1.0)
    (post,) = {post.place for post in plan.posts}
    assert set(trial.place.tolist()) == {post}
    assert np.isfinite(trial.at_s).all()


def test_whoever_drives_faster_than_thought_is_through_before(forked):
    """The unit is ready when a driver at the map's speed comes; at three times that speed they
    have passed."""
    subject = to_north_and_east(forked)
    plan = make_plan(forked, subject, [forked.unit("far", "U-J", 0.1)], 0.0, QUICK)
    (post,) = plan.posts
    assert post.earliest_s / 3 < post.ready_s < post.earliest_s
    racing = to_north_and_east(forked, slowest=3.0, fastest=3.0)
    trial = try_plan(forked, plan, racing, seed=99, behaviours=DIRECT)
    assert trial.share == 0.0
    assert not np.isfinite(trial.at_s).any()


def test_whoever_goes_elsewhere_is_missed():
    """All wait on the way to the east, and they go north."""
    split = ground(
        """
                        A---------L---------N
                        |
        S---------------J---------K---------E
                                  |
                                  U
        """,
        [f"S-J primary {SLOW}", f"J-A-L-N primary {SLOW}", f"J-K-E primary {SLOW}", "U-K tertiary"],
    )
    seen = split.sighting("S-J", 0.05, heading_deg=90.0)
    steady = {"slowest": 1.0, "fastest": 1.0}
    east = Subject(sighting=seen, destinations=(split.destination("K-E", 0.9),), **steady)
    north = Subject(sighting=seen, destinations=(split.destination("L-N", 0.9),), **steady)
    not_at_the_fork = {("u", f"junction-{split.town.osm_id['J']}")}
    unit = split.unit("u", "U-K", 0.95)
    plan = make_plan(split, east, [unit], 0.0, QUICK, refused=not_at_the_fork)
    assert try_plan(split, plan, east, seed=3, behaviours=DIRECT).share == pytest.approx(1.0)
    assert try_plan(split, plan, north, seed=3, behaviours=DIRECT).share == 0.0


def test_what_stops_a_drive_is_the_first_place_held_when_it_comes(forked):
    """Against a loop over every passing of every drive."""
    subject = to_north_and_east(forked, slowest=0.5, fastest=2.0)
    units = [forked.unit("near", "U-J", 0.1), forked.unit("next", "J-E", 0.9)]
    plan = make_plan(forked, subject, units, 0.0, QUICK)
    trial = try_plan(forked, plan, subject, seed=5, count=70)
    held_s, places = held_from_s(plan), plan.situation.checkpoints
    passings = trial.scenarios.passings(
        forked.network.arc_head, places.place_of_node(forked.network)
    )
    for scenario in range(len(trial.scenarios)):
        expected = (-1, np.inf)
        for k in range(passings.first[scenario], passings.first[scenario + 1]):
            if passings.time_s[k] >= held_s[passings.place[k]]:
                expected = (passings.place[k], passings.time_s[k])
                break
        assert (trial.place[scenario], trial.at_s[scenario]) == expected
    assert trial.share > 0.0


def test_a_seal_stops_every_behaviour(forked):
    """What is claimed to be sealed is closed to drivers of whatever kind within its speeds."""
    subject = to_north_and_east(forked, slowest=0.8, fastest=1.2)
    plan = seal_off(
        forked, subject, [forked.unit("near", "U-J", 0.1)], 0.0, replace(QUICK, call_staff=False)
    )
    assert plan.seal.sealed
    trial = try_plan(forked, plan, subject, seed=8)
    gone = trial.scenarios.exit >= 0
    assert trial.caught[gone].all()


def test_a_plan_for_one_behaviour_samples_that_one_alone(forked):
    one = tuple(b for b in BEHAVIOURS if b.name == "small_roads")
    settings = replace(QUICK, behaviours=one)
    plan = make_plan(
        forked, to_north_and_east(forked), [forked.unit("near", "U-J", 0.1)], 0.0, settings
    )
    assert list(plan.share_by_behaviour) == ["small_roads"]
    with pytest.raises(InterceptionError, match="at least one behaviour"):
        replace(QUICK, behaviours=())


def test_a_plan_is_not_tried_on_another_sighting(forked):
    subject = to_north_and_east(forked)
    plan = make_plan(forked, subject, [forked.unit("near", "U-J", 0.1)], 0.0, QUICK)
    seen = forked.sighting("S-J", 0.5, heading_deg=90.0)
    with pytest.raises(InterceptionError, match="same sighting"):
        try_plan(forked, plan, replace(subject, sighting=seen), seed=1)
