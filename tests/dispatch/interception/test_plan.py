"""Who waits where for a car on the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from dispatch.errors import InterceptionError
from dispatch.interception.checkpoints import RULES, CheckpointKind, CheckpointRule
from dispatch.interception.plan import make_plan
from dispatch.interception.situation import PlanSettings, Watched
from dispatch.interception.subject import Destination, Sighting, Subject
from geodata.changes import Closure, RoadChanges
from tests.dispatch.interception.ground import SLOW, fork, ground

QUICK = PlanSettings(safety_s=0.0, scenario_count=60, limit_s=5.0)


@pytest.fixture(scope="module")
def forked():
    return fork()


def to_both(forked, **more) -> Subject:
    """A subject from S who may go to N or, three times as likely, to E."""
    said = {"slowest": 1.0, "fastest": 1.0, **more}
    return Subject(
        sighting=forked.sighting("S-J", 0.05, heading_deg=90.0),
        destinations=(
            forked.destination("A-N", 0.95, weight=1.0, name="北"),
            forked.destination("J-E", 0.95, weight=3.0, name="东"),
        ),
        **said,
    )


def places(plan, layer=1) -> dict[str, str]:
    """Letter of the checkpoint by unit."""
    return {
        post.unit_id: plan.situation.checkpoints.id[post.place]
        for post in plan.posts
        if post.layer == layer
    }


def at(forked, letter: str) -> str:
    return f"junction-{forked.town.osm_id[letter]}"


def test_one_unit_at_the_fork_catches_whoever_comes(forked):
    """U is next to J, and J is on every way: one unit is enough, and nobody else is sent."""
    units = [forked.unit("near", "U-J", 0.1), forked.unit("far", "J-E", 0.9)]
    plan = make_plan(forked, to_both(forked), units, 0.0, QUICK)
    assert places(plan) == {"near": at(forked, "J")}
    assert plan.share == pytest.approx(1.0)
    assert plan.first.proven
    assert plan.first.bound == pytest.approx(1.0)
    (post,) = (post for post in plan.posts if post.layer == 1)
    assert post.share == pytest.approx(1.0)
    assert post.margin_s > 0
    assert post.earliest_s == pytest.approx(
        plan.situation.reach.node_earliest_s[forked.town.node("J")]
    )


def test_nobody_is_sent_where_the_subject_has_been(forked):
    """Told when the subject has passed J, the unit at U is too late for both ways."""
    units = [forked.unit("near", "U-J", 0.1)]
    subject = to_both(forked)
    at_j_s = make_plan(forked, subject, units, 0.0, QUICK).posts[0].earliest_s
    plan = make_plan(forked, subject, units, at_j_s, QUICK)
    assert plan.posts == []
    assert plan.share == 0.0


def test_the_wandering_are_the_worst_for_a_plan_at_one_destination():
    """A unit that can only hold the way to E misses who goes elsewhere; the answer says for whom
    it is worst."""
    split = ground(
        """
                        A-------------------N
                        |
        S---------------J---------K---------E
        """,
        [
            f"S-J primary {SLOW}",
            f"J-A-N primary {SLOW}",
            f"J-K-E primary {SLOW}",
        ],
    )
    subject = Subject(
        sighting=split.sighting("S-J", 0.05),
        destinations=(split.destination("A-N", 0.95), split.destination("K-E", 0.95)),
        slowest=1.0,
        fastest=1.0,
    )
    plan = make_plan(split, subject, [split.unit("east", "K-E", 0.9)], 0.0, QUICK)
    name, share = plan.worst_behaviour
    assert share == min(plan.share_by_behaviour.values())
    assert name in plan.share_by_behaviour


def test_who_refuses_is_replaced(forked):
    units = [forked.unit("near", "U-J", 0.1), forked.unit("next", "U-J", 0.2)]
    subject = to_both(forked)
    plan = make_plan(forked, subject, units, 0.0, QUICK)
    (first,) = places(plan)
    plan = make_plan(forked, subject, units, 0.0, QUICK, refused={(first, at(forked, "J"))})
    assert places(plan) == {({"near", "next"} - {first}).pop(): at(forked, "J")}


def test_who_stands_stays_unless_moving_gains_much(forked):
    """A unit that holds J stays though another could hold it with more margin."""
    units = [forked.unit("holds", "S-J", 0.95), forked.unit("near", "U-J", 0.9)]
    plan = make_plan(
        forked, to_both(forked), units, 10.0, QUICK, standing={"holds": at(forked, "J")}
    )
    assert places(plan) == {"holds": at(forked, "J")}
    (post,) = (post for post in plan.posts if post.layer == 1)
    assert post.ready_s == 10.0


def test_held_in_vain_rules_drives_out(forked):
    """Nobody came through J while it was held, though everybody had to: that is said. When only
    some had to, these are gone."""
    units = [forked.unit("near", "U-J", 0.1)]
    never = [Watched(at(forked, "J"), 0.0, 5_000.0)]
    plan = make_plan(forked, to_both(forked), units, 0.0, QUICK, watched=never)
    assert any("nothing is ruled out" in note for note in plan.situation.notes)
    subject = to_both(forked, slowest=0.5)
    soonest_s = make_plan(forked, subject, units, 0.0, QUICK).posts[0].earliest_s
    early = [Watched(at(forked, "J"), 0.0, 1.3 * soonest_s)]
    plan = make_plan(forked, subject, units, 0.0, QUICK, watched=early)
    gone = plan.situation.scenarios.weight == 0.0
    assert 0 < gone.sum() < len(gone)
    assert (
        (plan.situation.scenarios.speed_factor[gone]).min()
        > (plan.situation.scenarios.speed_factor[~gone]).max()
    )
    assert plan.situation.scenarios.weight.sum() == pytest.approx(1.0)
    assert any("ruled out" in note for note in plan.situation.notes)


def test_the_second_layer_waits_further_on():
    """Whoever slips through at J comes to K next: the unit that is left waits there."""
    road = ground(
        """
             U                   V
             |                   |
        S----J-------------------K------------E
        """,
        [f"S-J-K-E primary {SLOW}", f"U-J tertiary {SLOW}", f"V-K tertiary {SLOW}"],
    )
    subject = Subject(
        sighting=road.sighting("S-J", 0.05),
        destinations=(road.destination("K-E", 0.9),),
        slowest=1.0,
        fastest=1.0,
    )
    units = [road.unit("one", "U-J", 0.9), road.unit("two", "V-K", 0.1)]
    plan = make_plan(road, subject, units, 0.0, replace(QUICK, call_staff=False))
    first, second = places(plan, 1), places(plan, 2)
    assert len(first) == 1
    assert set(first) | set(second) <= {"one", "two"}
    alone = make_plan(road, subject, units, 0.0, replace(QUICK, relay=False))
    assert alone.second is None
    assert {post.layer for post in alone.posts} == {1}


def test_a_toll_gate_is_closed_by_its_own_staff(forked):
    """No unit is near; the gate's staff is called and closes it three minutes later."""
    gate = ground(
        """
        S---------------G-------------------E
        """,
        [f"S-G-E primary {SLOW}"],
        points={"G": "barrier=toll_booth"},
    )
    subject = Subject(
        sighting=gate.sighting("S-G", 0.05),
        destinations=(gate.destination("G-E", 0.9),),
        slowest=0.4,
        fastest=0.5,
    )
    plan = make_plan(gate, subject, [], 0.0, QUICK)
    gate_id = f"toll_gate-{gate.town.osm_id['G']}"
    assert places(plan) == {f"staff:{gate_id}": gate_id}
    assert plan.posts[0].ready_s == 180.0
    plan = make_plan(gate, subject, [], 0.0, replace(QUICK, call_staff=False))
    assert plan.posts == []


def test_one_unit_never_holds_a_gate_that_takes_two_because_its_staff_could(forked):
    """The unit beside the gate would be there sooner, but a centre wants two there: the staff is
    called. Once the staff has refused, one unit alone holds nothing."""
    gate = ground(
        """
        S---------------G-------------------E
        """,
        [f"S-G-E primary {SLOW}"],
        points={"G": "barrier=toll_booth"},
    )
    subject = Subject(
        sighting=gate.sighting("S-G", 0.05),
        destinations=(gate.destination("G-E", 0.9),),
        slowest=0.4,
        fastest=0.5,
    )
    two = CheckpointRule(60.0, units_needed=2, staff_set_up_s=180.0)
    only_gates = replace(
        QUICK, kinds=(CheckpointKind.TOLL_GATE,), rules=RULES | {CheckpointKind.TOLL_GATE: two}
    )
    gate_id = f"toll_gate-{gate.town.osm_id['G']}"
    unit = gate.unit("beside", "G-E", 0.05)
    plan = make_plan(gate, subject, [unit], 0.0, only_gates)
    assert places(plan) == {f"staff:{gate_id}": gate_id}
    no_staff = {(f"staff:{gate_id}", gate_id)}
    assert make_plan(gate, subject, [unit], 0.0, only_gates, refused=no_staff).posts == []


def test_a_neighbour_s_offer_counts_like_a_unit(forked):
    """What another centre offers holds the place that it names and no other."""
    j = at(forked, "J")
    subject = to_both(forked)
    plan = make_plan(forked, subject, [], 0.0, QUICK, offered_s={("kaizhou/1", j): 5.0})
    assert places(plan) == {"kaizhou/1": j}
    assert plan.posts[0].ready_s == 5.0
    late = make_plan(forked, subject, [], 0.0, QUICK, offered_s={("kaizhou/1", j): 5_000.0})
    assert late.posts == []


def test_the_same_seed_gives_the_same_plan(forked):
    units = [forked.unit("near", "U-J", 0.1)]
    one, two = (make_plan(forked, to_both(forked), units, 0.0, QUICK) for _ in range(2))
    assert one.posts == two.posts
    assert np.array_equal(one.situation.scenarios.arc, two.situation.scenarios.arc)
    other = make_plan(forked, to_both(forked), units, 0.0, replace(QUICK, seed=1))
    assert not np.array_equal(
        one.situation.scenarios.speed_factor, other.situation.scenarios.speed_factor
    ) or (not np.array_equal(one.situation.scenarios.exit, other.situation.scenarios.exit))


def test_a_closed_road_is_no_way_out(forked):
    """E cannot be reached: all drives go to N, and an offer at J is still worth everything."""
    shut = RoadChanges(Closure(edges=[forked.town.edge("J-E")]))
    plan = make_plan(
        forked, to_both(forked, changes=shut), [forked.unit("near", "U-J", 0.1)], 0.0, QUICK
    )
    assert plan.situation.exits.name == ["北"]


def test_anywhere_out_of_an_area(forked):
    """Nothing is known but that they are leaving: the roads over the border are the exits."""
    lon, lat = forked.town.lon_lat("J")
    area = shapely.box(lon - 0.02, lat - 0.002, lon + 0.002, lat + 0.002)
    subject = Subject(sighting=forked.sighting("S-J", 0.05), area=area)
    plan = make_plan(forked, subject, [forked.unit("near", "U-J", 0.1)], 0.0, QUICK)
    legs = {forked.town.leg(int(arc)) for arc in plan.situation.exits.arc}
    assert legs == {"J-N", "J-E"}
    assert at(forked, "J") in places(plan).values()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Sighting(181.0, 30.0, 0.0), "longitude"),
        (lambda: Sighting(108.0, 30.0, float("nan")), "time"),
        (lambda: Sighting(108.0, 30.0, 0.0, radius_m=9_999.0), "radius"),
        (lambda: Sighting(108.0, 30.0, 0.0, time_error_s=-1.0), "known to 0 to"),
        (lambda: Sighting(108.0, 30.0, 0.0, heading_deg=400.0), "heading"),
        (lambda: Destination(108.0, 91.0), "latitude"),
        (lambda: Destination(108.0, 30.0, weight=0.0), "weight"),
        (lambda: Subject(sighting=Sighting(108.0, 30.0, 0.0), slowest=2.0), "slowest first"),
        (lambda: Subject(sighting=Sighting(108.0, 30.0, 0.0), horizon_s=1.0), "horizon"),
        (
            lambda: Subject(sighting=Sighting(108.0, 30.0, 0.0), area=shapely.Point(0, 0)),
            "polygon",
        ),
        (lambda: PlanSettings(safety_s=-1.0), "safety"),
        (lambda: PlanSettings(keep_gain=2.0), "share"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(make, says):
    with pytest.raises(InterceptionError, match=says):
        make()


def test_a_sighting_far_from_every_road_and_one_long_ago(forked):
    away = Subject(sighting=Sighting(109.9, 30.81, 0.0))
    with pytest.raises(InterceptionError, match="No road"):
        make_plan(forked, away, [], 0.0, QUICK)
    with pytest.raises(InterceptionError, match="horizon is over"):
        make_plan(forked, to_both(forked), [], 5_401.0, QUICK)
