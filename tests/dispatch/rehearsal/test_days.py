"""Days that can be followed on paper: who goes, when they are there, where they are then."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from dispatch.incidents.policy import Policy, default_policy
from dispatch.rehearsal.chance import Chance
from dispatch.rehearsal.coverage_aware import CoverageAware
from dispatch.rehearsal.rehearse import COLUMNS, rehearse
from dispatch.rehearsal.rules import Batched, ClosestByLine, ClosestByRoad
from dispatch.rehearsal.scenario import Habits, RoadWorks
from dispatch.responders import KINDS
from geodata.changes import Closure, RoadChanges
from geodata.positions import RoadPositions
from geodata.search import many_to_many
from tests.dispatch.rehearsal.scenes import (
    BANKS,
    CERTAIN,
    ONE_OFFICER,
    ROADS,
    alerts,
    officers,
    points,
    scene,
)

TURN_OUT_S = KINDS["officer"].turn_out_s


def drive_s(start: str, end: str) -> float:
    """The fastest drive between two letters, seconds."""

    def place(letter: str) -> RoadPositions:
        lon, lat = BANKS.lon_lat(letter)
        return ROADS.snapper.snap([lon], [lat], "police")

    return float(many_to_many(ROADS.metric("police"), place(start), place(end))[0, 0]) / 1000


def reached_s(result: pd.DataFrame, rule: str = "by_road") -> list[float]:
    return result[result["rule"] == rule]["first_face_s"].tolist()


def near(*seconds: float):
    return pytest.approx(list(seconds), abs=0.5)


def test_the_first_there_by_road_goes_and_is_there_after_turning_out_and_driving():
    result = rehearse(scene(alerts((100, "C")), officers("A", "F")))
    assert reached_s(result) == near(TURN_OUT_S + drive_s("A", "C"))
    assert list(result.columns) == [*COLUMNS, "geometry"]
    assert result.crs == "EPSG:4326"


def test_the_nearest_by_line_is_across_the_river():
    """From U it is 500 m to A by line, and 10 km by the bridge; from C 2 km either way."""
    result = rehearse(
        scene(alerts((0, "A")), officers("U", "C")), [ClosestByRoad(), ClosestByLine()]
    )
    assert reached_s(result) == near(TURN_OUT_S + drive_s("C", "A"))
    assert reached_s(result, "by_line") == near(TURN_OUT_S + drive_s("U", "A"))


def test_whoever_drives_home_is_sent_from_where_they_are():
    """The visit at F ends, the officer is half way back to A when the next alert comes at D."""
    visit_s = 600.0
    free_s = TURN_OUT_S + drive_s("A", "F") + visit_s
    again_s = free_s + drive_s("F", "A") / 2
    calls = alerts((0, "F"), (again_s, "D"), visit_s=[visit_s, visit_s])
    _, second_s = reached_s(rehearse(scene(calls, officers("A"))))
    half_way_to_d_s = drive_s("F", "D") - drive_s("F", "A") / 2
    assert second_s == pytest.approx(TURN_OUT_S + abs(half_way_to_d_s), abs=1.0)


def test_they_are_free_where_the_visit_ends():
    """A patient is taken from B to F; the next call at E is next door."""
    lon, lat = BANKS.lon_lat("F")
    calls = alerts(
        (0, "B"), (5_000, "E"), visit_s=[4_990.0 - TURN_OUT_S, 60.0], free_lon=lon, free_lat=lat
    )
    _, second_s = reached_s(rehearse(scene(calls, officers("A"))))
    busy_for_s = drive_s("A", "B") - 10.0
    assert second_s == pytest.approx(busy_for_s + TURN_OUT_S + drive_s("F", "E"), abs=1.0)


def test_an_alert_waits_until_somebody_is_free():
    calls = alerts((0, "B"), (10, "B"), visit_s=[1_000.0, 1_000.0])
    first_s, second_s = reached_s(rehearse(scene(calls, officers("A"))))
    free_s = first_s + 1_000.0 - 10.0
    assert free_s <= second_s <= free_s + 30.0 + TURN_OUT_S + 1.0, "looked for again within 30 s"


def test_two_at_once_get_the_better_pairing_only_when_they_wait_for_each_other():
    """Both alerts are nearest to the officer at B; the one at E is hardly slower to the first."""
    people, calls = officers("B", "E"), alerts((0, "C"), (1, "A"))
    result = rehearse(scene(calls, people), [ClosestByRoad(), Batched(window_s=10.0)])
    to = {leg: TURN_OUT_S + drive_s(*leg) for leg in ("BC", "EA", "EC", "BA")}
    assert reached_s(result) == near(to["BC"], to["EA"])
    assert reached_s(result, "batched") == near(to["EC"] + 10, to["BA"] + 9)


def test_nobody_is_sent_off_duty_and_whoever_is_out_finishes_first():
    people = officers("A", "F", from_s=[0.0, 43_200.0], to_s=[43_200.0, 0.0])
    calls = alerts((43_000, "B"), (43_400, "B"), (50_000, "B"), visit_s=[1_000.0] * 3)
    result = rehearse(scene(calls, people))
    day, night = (TURN_OUT_S + drive_s(post, "B") for post in "AF")
    assert reached_s(result) == near(day, night, night)


def test_a_shift_over_midnight_is_on_at_both_ends_of_the_day():
    people = officers("B", "E", from_s=[79_200.0, 21_600.0], to_s=[21_600.0, 79_200.0])
    result = rehearse(scene(alerts((3_600, "A"), (50_000, "A"), (80_000, "A")), people))
    night, day = (TURN_OUT_S + drive_s(post, "A") for post in "BE")
    assert reached_s(result) == near(night, day, night)


def test_a_closed_bridge_is_closed_while_it_is():
    bridge = RoadChanges(Closure(edges=[BANKS.edge("F-Z")]))
    calls = alerts((1_000, "Y"), (30_000, "Y"), visit_s=[60.0, 60.0])
    scenario = scene(calls, officers("E", "U"), works=[RoadWorks(0.0, 20_000.0, bridge)])
    over, along = (TURN_OUT_S + drive_s(post, "Y") for post in "EU")
    assert over < along
    assert reached_s(rehearse(scenario)) == near(along, over)


def test_refusals_cost_time_and_are_counted():
    """P1 never says yes; the other one is asked in their stead."""
    people = officers("A", "F", accepts=[0.0, 1.0])
    result = rehearse(scene(alerts((0, "B")), people, habits=Habits(silent=0.0, convinced=1.0)))
    (row,) = result.itertuples()
    assert (row.offers, row.refusals) == (2, 1)
    assert row.first_face_s > TURN_OUT_S + drive_s("F", "B")


def test_a_visit_that_does_not_convince_is_followed_by_one_of_somebody_else():
    habits = Habits(convinced=0.0)
    (row,) = rehearse(scene(alerts((0, "B")), officers("A", "F", "C"), habits=habits)).itertuples()
    assert not row.dissuaded
    assert row.visits == 3, "as many as the policy's visits_limit"


def test_the_tier_policy_decides_how_many_go():
    """A critical alert gets two officers and two of the community, all by the default policy."""
    posts = ("A", "B", "C", "A", "B", "C")
    people = officers(*posts)
    people["kind"] = ["officer"] * 3 + ["grid_worker"] * 3
    calls = alerts((0, "A"), tier=["critical"])
    (row,) = rehearse(scene(calls, people, policy=default_policy())).itertuples()
    assert row.offers >= 4
    assert row.enforcement_s == pytest.approx(TURN_OUT_S + drive_s("A", "A"), abs=0.5)
    assert row.community_s > row.enforcement_s


def test_nobody_within_reach_is_a_case_lost():
    policy = Policy.parse("[high]\nreach_s = 60", over=ONE_OFFICER)
    habits = Habits(patience_s=600.0)
    people = officers("F")
    (row,) = rehearse(scene(alerts((0, "A")), people, policy=policy, habits=habits)).itertuples()
    assert np.isnan(row.first_face_s)
    assert row.late
    assert row.offers == 0


def test_money_that_sets_out_in_a_car_turns_the_case_into_an_interception():
    """The officer is still on the way; the case is closed, and units that are free are sent."""
    calls = alerts((0, "F"), flees_after_s=[20.0], reached_after_s=[np.nan])
    (row,) = rehearse(scene(calls, officers("A", "W", "Y"))).itertuples()
    assert np.isnan(row.first_face_s)
    assert row.intercepted in (True, False)
    soon = alerts((0, "A"), flees_after_s=[500.0])
    (row,) = rehearse(scene(soon, officers("A"))).itertuples()
    assert row.intercepted is pd.NA, "somebody stood in front of the victim in time"


def test_who_covers_most_stays_where_two_can_be_there_in_time():
    """P1 alone covers the west, where all alerts come from; P2 and P3 both cover the east. P1 is
    nearest to the alert, and P2 is in time: the rule sends P2 and keeps P1 free."""
    people = officers("C", "E", "E")
    demand = scene_demand("A")
    calls = alerts((0, ("C-D", 0.4)))
    within_s = TURN_OUT_S + drive_s("C", "A") + 5.0
    scenario = scene(calls, people)
    rule = CoverageAware.of(scenario, demand, within_s=within_s, busy=0.3)
    result = rehearse(scenario, [ClosestByRoad(), rule])
    ((nearest,), (spared,)) = reached_s(result), reached_s(result, "coverage_aware")
    assert nearest < spared <= within_s


def scene_demand(*places):
    return gpd.GeoDataFrame({"weight": [1.0] * len(places)}, geometry=points(*places))


def a_busy_day(day: int = 3, count: int = 30, **more):
    rng = np.random.default_rng(day)
    legs = ["A-B", "B-C", "C-D", "D-E", "E-F", "U-V", "V-W", "W-X", "X-Y", "Y-Z"]
    told = [(at, (legs[rng.integers(10)], rng.random())) for at in rng.uniform(0, 20_000, count)]
    return scene(alerts(*told), officers("B", "E", "X"), **more)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    habits = Habits()
    rules = [ClosestByRoad(), Batched()]
    once, again = (rehearse(a_busy_day(count=10, habits=habits), rules) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
    other = rehearse(a_busy_day(count=10, habits=habits, seed=8), rules)
    assert not once["first_face_s"].equals(other["first_face_s"])


def test_two_names_for_one_rule_meet_the_same_chances():
    """Common random numbers: whatever else has happened, equal decisions have equal outcomes."""
    rules = [ClosestByRoad(), ClosestByRoad(name="again")]
    result = rehearse(a_busy_day(count=10, habits=Habits()), rules)
    np.testing.assert_array_equal(reached_s(result), reached_s(result, "again"))


def test_chance_depends_on_what_it_is_about_and_on_nothing_else():
    chance = Chance(1, 2)
    first = chance.uniform("accepts", 5, "P1")
    chance.uniform("accepts", 6, "P1")
    assert chance.uniform("accepts", 5, "P1") == first
    assert len({Chance(s, d).uniform("x") for s in range(3) for d in range(3)}) == 9
    drawn = np.array([chance.uniform("many", k) for k in range(4_000)])
    assert 0 < drawn.min() < drawn.max() < 1
    assert drawn.mean() == pytest.approx(0.5, abs=0.03)
    waits = np.array([chance.exponential(60.0, "waits", k) for k in range(4_000)])
    assert waits.mean() == pytest.approx(60.0, abs=5.0)


def test_days_are_played_on_their_own_and_begin_at_the_posts():
    calls = alerts((80_000, "F"), (10, "B"), day=[0, 1], visit_s=[3_000.0, 60.0])
    result = rehearse(scene(calls, officers("A"), habits=CERTAIN))
    assert result["day"].tolist() == [0, 1]
    assert reached_s(result)[1] == pytest.approx(TURN_OUT_S + drive_s("A", "B"), abs=0.5)
