"""An interception from the first sighting to the stopped car, on a map of one fork."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from dispatch.errors import ConflictError, InterceptionError
from dispatch.interception import coverage
from dispatch.interception.subject import Sighting
from dispatch.interceptions import ending, planning, posts, sighting
from dispatch.interceptions.case import Offer
from dispatch.interceptions.planned import Planned
from dispatch.interceptions.words import (
    CheckpointState,
    Holder,
    InterceptionState,
    PostState,
)
from tests.dispatch.interception.ground import SLOW, fork, ground
from tests.dispatch.interceptions.chase import CENTRE, NOON_S, Chase


@pytest.fixture(scope="module")
def forked():
    return fork()


@pytest.fixture
def chase(forked) -> Chase:
    """Somebody drives from S to N or, more likely, to E; whoever stands at J catches them."""
    chase = Chase.begin(
        forked,
        (
            forked.destination("A-N", 0.95, weight=1.0, name="北"),
            forked.destination("J-E", 0.95, weight=3.0, name="东"),
        ),
        relay=False,
    )
    chase.unit("near", "U-J", 0.1)
    chase.unit("next", "U-J", 0.05)
    chase.seen("S-J", 0.05, heading_deg=90.0)
    return chase


def j_of(chase: Chase) -> str:
    return f"junction-{chase.ground.town.osm_id['J']}"


def test_seen_planned_committed_accepted_manned_and_caught(chase):
    """The whole of it, with what is told on the way; in the end nobody is bound any more."""
    assert chase.interception.plan_wanted
    planned = chase.plan()
    assert chase.where() == {"near": "J"}
    assert not chase.interception.plan_wanted
    assert chase.interception.posts == ()  # a plan sends nobody
    assert chase.commit() == []
    post = chase.post_of("near")
    assert post.state is PostState.ORDERED
    assert post.margin_s == pytest.approx(planned.posts[0].margin_s)
    chase.now_s += 5.0
    chase.goes("near")
    assert chase.interception.checkpoint_state(j_of(chase)) is CheckpointState.ORDERED
    chase.do(posts.man, post)
    assert chase.interception.checkpoint_state(j_of(chase)) is CheckpointState.MANNED
    chase.do(ending.catch, j_of(chase), "80,000 in the boot")
    assert chase.interception.state is InterceptionState.CAUGHT
    assert not any(True for _ in chase.interception.live_posts())
    assert chase.types() == [
        "interception.opened",
        "interception.sighted",
        "interception.planned",
        "checkpoint.ordered",
        "interception.committed",
        "checkpoint.accepted",
        "checkpoint.departed",
        "checkpoint.manned",
        "checkpoint.caught",
        "interception.caught",
    ]


def test_a_sighting_that_comes_late_is_kept_and_changes_nothing(chase):
    """A camera's record of ten minutes ago arrives after a newer one."""
    chase.plan()
    basis = chase.interception.basis
    chase.seen("S-J", 0.01, ago_s=600.0)
    assert len(chase.interception.sightings) == 2
    assert chase.interception.basis == basis
    assert chase.interception.last_seen is chase.interception.sightings[0]
    assert chase.history[-1].data["latest"] is False


def test_a_sighting_told_twice_is_one(chase):
    """Cameras and people repeat themselves."""
    chase.seen("S-J", 0.05, heading_deg=90.0)
    assert len(chase.interception.sightings) == 1


def test_only_the_last_plan_can_be_committed(chase):
    """Whoever looks at an older one is told which is the last."""
    with pytest.raises(ConflictError, match="no plan yet"):
        chase.commit(1)
    chase.plan()
    chase.seen("S-J", 0.2)
    with pytest.raises(ConflictError, match="happened since plan 1"):
        chase.commit(1)
    chase.plan()
    with pytest.raises(ConflictError, match="plan 1 is not the last one: look at plan 2"):
        chase.commit(1)
    assert chase.commit(2) == []


def test_a_plan_that_is_committed_again_is_not_told_again(chase):
    """Two dispatchers press the same button: the unit hears of its order once."""
    chase.plan()
    chase.commit()
    told = chase.types()
    assert chase.commit() == []
    assert chase.types() == told


def test_a_plan_made_from_what_is_not_so_any_more_is_not_taken_over_after_a_newer_one(chase):
    """Two planners at work: the slower one, who began with less, loses."""
    free = list(chase.units.values())
    before = planning.asked(chase.interception, free, None, chase.now_s)
    chase.seen("S-J", 0.2)
    chase.plan()
    stale = planning.plan(chase.ground, before, chase.now_s)
    assert not chase.do(planning.take_over, stale, "")
    assert chase.interception.plan_number == 1


def test_who_refuses_is_not_asked_again_and_the_next_one_is_planned(chase):
    chase.plan()
    chase.commit()
    chase.do(posts.withdraw, chase.post_of("near"), "at an accident")
    assert chase.interception.plan_wanted
    chase.plan()
    assert chase.where() == {"next": "J"}
    assert chase.interception.posts[0].state is PostState.WITHDRAWN


def test_whom_something_else_has_taken_does_not_go_and_the_others_do(chase):
    """Between the plan and the commit another case has taken the unit: it is said who, nobody is
    claimed who does not go, and a new plan is wanted."""
    chase.plan()
    chase.taken.add("near")
    assert chase.commit() == [f"unit:{CENTRE}:near"]
    assert chase.interception.posts == ()
    assert chase.interception.plan_wanted
    chase.plan()
    assert chase.where() == {"next": "J"}
    assert chase.commit() == []


def test_who_stands_there_stays_when_the_subject_is_seen_again(chase):
    """The next plan keeps the unit at J, and committing it changes nothing for them."""
    chase.plan()
    chase.commit()
    post = chase.holds("near")
    chase.now_s += 10.0
    chase.seen("S-J", 0.3)
    chase.plan()
    assert chase.where() == {"near": "J"}
    chase.commit()
    assert chase.post_of("near") is post
    assert post.state is PostState.MANNED
    assert post.plan_number == 2
    assert "checkpoint.redirected" not in chase.types()


def test_who_stands_with_no_position_known_stays_too(chase):
    """A phone in a dead spot: they are where they said that they are."""
    chase.plan()
    chase.commit()
    chase.holds("near")
    del chase.units["near"]
    chase.seen("S-J", 0.3)
    chase.plan()
    assert chase.where() == {"near": "J"}


def test_held_in_vain_frees_the_unit_and_is_remembered(chase):
    chase.plan()
    chase.commit()
    chase.holds("near")
    chase.now_s += 600.0
    chase.do(posts.clear, j_of(chase), None, None, "")
    post = chase.post_of("near")
    assert post.state is PostState.CLEAR
    (vain,) = chase.interception.in_vain
    assert (vain.from_s, vain.until_s) == (NOON_S, NOON_S + 600.0)
    what = planning.asked(chase.interception, list(chase.units.values()), None, chase.now_s)
    assert what.watched[0].until_s == pytest.approx(600.0)
    assert chase.interception.checkpoint_state(j_of(chase)) is CheckpointState.CLEAR
    with pytest.raises(ConflictError, match="Nobody was sent"):
        chase.do(posts.clear, j_of(chase), None, None, "")


def test_only_what_was_held_can_be_clear(chase):
    chase.plan()
    chase.commit()
    with pytest.raises(ConflictError, match="not manned"):
        chase.do(posts.clear, j_of(chase), None, None, "")
    chase.holds("near")
    with pytest.raises(InterceptionError, match="not later than"):
        chase.do(posts.clear, j_of(chase), NOON_S, NOON_S - 1.0, "")


def test_a_miss_is_a_sighting_at_the_checkpoint(chase):
    """They got past at J: from there on a new plan is made, without those who are behind."""
    chase.plan()
    chase.commit()
    chase.holds("near")
    chase.now_s += 60.0
    chase.do(posts.miss, j_of(chase), None, None, "drove through")
    seen = chase.interception.last_seen
    place = chase.interception.places[j_of(chase)]
    assert (seen.source, seen.sighting.lon, seen.sighting.seen_at_s) == (
        "checkpoint",
        place.lon,
        chase.now_s,
    )
    assert chase.post_of("near").state is PostState.MISSED
    assert chase.interception.plan_wanted
    assert chase.interception.checkpoint_state(j_of(chase)) is CheckpointState.MISSED


def test_late_by_more_than_the_margin_makes_another_plan_and_swaps_nobody(chase):
    """Told once; the post stays as it is until a dispatcher commits something else."""
    chase.plan()
    chase.commit()
    post = chase.goes("near")
    assert post.promised_at_s is not None
    basis = chase.interception.basis
    assert not chase.do(posts.expect, post, post.promised_at_s + 30.0)
    assert chase.do(posts.expect, post, post.promised_at_s + 200.0)
    assert post.late
    assert chase.interception.basis == basis + 1
    assert post.state is PostState.EN_ROUTE
    chase.do(posts.expect, post, post.promised_at_s + 210.0)
    assert chase.types().count("checkpoint.late") == 1


def test_an_order_that_nobody_answers_is_told_once(chase):
    chase.plan()
    chase.commit()
    assert not chase.do(posts.note_silence)
    chase.now_s += posts.ANSWER_WITHIN_S
    assert chase.do(posts.note_silence)
    assert not chase.do(posts.note_silence)
    assert chase.types().count("checkpoint.unanswered") == 1


def test_standing_down_frees_everybody_and_is_final(chase):
    chase.plan()
    chase.commit()
    chase.holds("near")
    chase.do(ending.stand_down, "he is at home")
    assert chase.post_of("near").state is PostState.RELEASED
    chase.do(ending.stand_down, "he is at home")  # again, without effect
    assert chase.types().count("interception.stood_down") == 1
    with pytest.raises(ConflictError, match="is over"):
        chase.seen("S-J", 0.5)
    with pytest.raises(ConflictError, match="is over"):
        chase.do(ending.catch, j_of(chase), "")


def test_steps_are_taken_again_without_effect_and_never_backwards(chase):
    chase.plan()
    chase.commit()
    post = chase.holds("near")
    known = len(chase.history)
    for step in (posts.accept, posts.depart, posts.man):
        chase.do(step, post)
    assert len(chase.history) == known
    chase.do(posts.release, post, "dispatcher")
    for step, wanted in (
        (posts.accept, "accepted"),
        (posts.depart, "on its way"),
        (posts.man, "manned"),
    ):
        with pytest.raises(ConflictError, match=f"cannot be {wanted}: it is not needed any more"):
            chase.do(step, post)


def test_a_neighbour_s_offer_is_claimed_by_nobody_until_it_is_confirmed(forked):
    """Kaizhou can be at J; the plan asks for it; it counts as held once Kaizhou says so."""
    chase = Chase.begin(forked, (forked.destination("J-E", 0.95),), relay=False)
    chase.seen("S-J", 0.05)
    j = j_of(chase)
    chase.interception.offers = (Offer("o1", "kaizhou", j, NOON_S + 5.0),)
    planned = chase.plan()
    assert [one.unit_id for one in planned.posts] == ["offer:o1"]
    chase.commit()
    (post,) = chase.interception.posts
    assert (post.holder, post.state) == (Holder.NEIGHBOUR, PostState.ASKED)
    assert chase.interception.checkpoint_state(j) is CheckpointState.ASKED
    with pytest.raises(ConflictError, match="has not been confirmed by the other centre"):
        chase.do(posts.man_all, j)
    with pytest.raises(ConflictError, match="has not confirmed"):
        chase.do(ending.catch, j, "")
    chase.do(posts.confirm, post)
    assert chase.interception.checkpoint_state(j) is CheckpointState.ORDERED
    chase.do(posts.man, post, "neighbour")
    assert chase.interception.checkpoint_state(j) is CheckpointState.MANNED


def test_a_place_that_takes_two_is_held_by_two(chase):
    """One of them alone does not make it manned."""
    chase.plan()
    chase.commit()
    post = chase.holds("near")
    j = j_of(chase)
    place = chase.interception.places[j]
    chase.interception.places[j] = type(place)(
        **{name: getattr(place, name) for name in place.__slots__} | {"units_needed": 2}
    )
    assert chase.interception.checkpoint_state(j) is CheckpointState.ORDERED
    assert post.state is PostState.MANNED


def test_whoever_is_under_way_is_sent_elsewhere_by_the_next_plan():
    """At J the unit catches whoever goes up to U or on to E. Then they are seen beyond J: by the
    next plan the unit is to hold K, under the same order; it has turned out by now."""
    road = ground(
        """
             U                   V
             |                   |
        S----J-------------------K------------E
        """,
        [f"S-J-K-E primary {SLOW}", f"U-J tertiary {SLOW}", f"V-K tertiary {SLOW}"],
    )
    both = (road.destination("U-J", 0.1), road.destination("K-E", 0.9))
    at_once = {"junction": {"set_up_s": 0.0}}
    chase = Chase.begin(road, both, relay=False, rules=at_once)
    chase.unit("one", "J-K", 0.02)
    chase.seen("S-J", 0.05, heading_deg=90.0)
    chase.plan()
    assert chase.where() == {"one": "J"}
    chase.commit()
    post = chase.goes("one")
    chase.seen("J-K", 0.1, heading_deg=90.0)
    chase.unit("one", "J-K", 0.95)  # they have driven on
    assert (
        planning.asked(chase.interception, list(chase.units.values()), None, chase.now_s)
        .units[0]
        .turn_out_s
        == 0.0
    )
    chase.plan()
    assert chase.where() == {"one": "K"}
    assert post.checkpoint_id == j_of(chase)  # nothing is swapped behind anybody's back
    chase.commit()
    assert chase.letter(post.checkpoint_id) == "K"
    assert post.state is PostState.EN_ROUTE
    assert post.promised_at_s == post.expected_at_s
    assert len(chase.interception.posts) == 1
    assert chase.types().count("checkpoint.redirected") == 1


def test_the_end_of_the_horizon_is_told_once_and_a_sighting_begins_it_anew(chase):
    assert not chase.do(sighting.note_horizon)
    chase.now_s = chase.interception.ends_at_s
    assert chase.do(sighting.note_horizon)
    assert not chase.do(sighting.note_horizon)
    chase.seen("S-J", 0.5)
    assert not chase.interception.horizon_told


def test_when_no_plan_can_be_made_the_last_one_holds_no_more(chase):
    chase.plan()
    chase.seen("S-J", 0.5)
    basis = chase.interception.basis
    chase.do(planning.give_up, basis, "The subject cannot get anywhere within the horizon.")
    assert not chase.interception.plan_wanted
    with pytest.raises(ConflictError, match="cannot get anywhere"):
        chase.commit()


def test_sealed_in_or_not_is_said_with_the_plan_and_can_be_committed(chase):
    """One unit at J leaves no way out; the seal's posts are committed instead of the coverage's."""
    chase.plan()
    with pytest.raises(ConflictError, match="not known yet"):
        chase.commit(choice="seal")
    what = planning.asked(chase.interception, list(chase.units.values()), None, chase.now_s)
    sealing = planning.seal(chase.ground, what, chase.now_s, 5.0)
    assert sealing.sealed
    assert sealing.open_exits == ()
    chase.planned = chase.planned.with_sealing(sealing)
    assert chase.do(planning.note_sealing, chase.planned, "")
    chase.commit(choice="seal")
    assert len(chase.interception.posts) == 1


def test_what_cannot_be_sealed_says_which_exit_is_open_and_why(chase):
    """Nobody is on duty: both destinations stay open because nobody can be there in time."""
    what = planning.asked(chase.interception, [], None, chase.now_s)
    sealing = planning.seal(chase.ground, what, chase.now_s, 5.0)
    assert not sealing.sealed
    assert {one.name for one in sealing.open_exits} == {"北", "东"}
    assert {one.reason for one in sealing.open_exits} == {"nobody_in_time"}
    assert all(one.at_s > chase.now_s for one in sealing.open_exits)


def test_a_plan_can_be_kept_whether_it_is_proven_or_not(chase, monkeypatch):
    """What the solver says may be NumPy's own numbers; what is kept is plain, and comes back."""
    usual = coverage.CoverageProgram.most_share

    def unproven(program, *asked, **more):
        return replace(usual(program, *asked, **more), proven=False, bound=np.float64(1.0))

    for changed in (False, True):
        if changed:
            monkeypatch.setattr(coverage.CoverageProgram, "most_share", unproven)
        what = planning.asked(chase.interception, list(chase.units.values()), None, chase.now_s)
        made = planning.plan(chase.ground, what, chase.now_s)
        made = made.with_sealing(planning.seal(chase.ground, what, chase.now_s, 5.0))
        kept = msgspec.json.encode(made)
        assert msgspec.json.decode(kept, type=Planned) == made


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"kinds": []}, "one kind of checkpoint"),
        ({"safety_s": -1.0}, "safety"),
        ({"rules": {"bridge": {"units_needed": 0}}}, "1 to 20 units"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_sentence(said, says):
    with pytest.raises(InterceptionError, match=says):
        planning.settings_of(said)


def test_settings_change_what_they_name_and_nothing_else():
    made = planning.settings_of(
        {"kinds": ["junction", "toll_gate"], "rules": {"toll_gate": {"staff_set_up_s": 60.0}}}
    )
    usual = planning.settings_of({})
    names = SimpleNamespace(**{kind.value: kind for kind in made.rules})
    assert [kind.value for kind in made.kinds] == ["toll_gate", "junction"]
    assert made.rules[names.toll_gate].staff_set_up_s == 60.0
    assert made.rules[names.toll_gate].set_up_s == usual.rules[names.toll_gate].set_up_s
    assert made.rules[names.bridge] == usual.rules[names.bridge]


def test_a_sighting_of_tomorrow_is_refused(chase):
    with pytest.raises(InterceptionError, match="future"):
        chase.do(sighting.see, Sighting(108.0, 30.0, chase.now_s + 3_600.0), "camera")
