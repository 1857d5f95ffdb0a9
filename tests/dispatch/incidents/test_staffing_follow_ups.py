"""Who makes a follow-up."""

from __future__ import annotations

from dispatch.incidents.words import (
    IncidentState,
    Purpose,
    Tier,
)
from tests.dispatch.incidents.staffed import (
    CENTRE,
    Around,
    Desk,
    a_case,
    staff_deadlines,
)


def a_follow_up(**changes):
    return a_case(
        Tier.MEDIUM,
        state=IncidentState.FOLLOWING_UP,
        follow_up_due=1,
        follow_ups_planned=3,
        **changes,
    )


GRID, VILLAGE, STATION = (
    "500101/longbao/xinmin/g7",
    "500101/longbao/xinmin",
    "500101/longbao",
)


def test_a_follow_up_is_made_by_the_victims_grid_however_near_others_are():
    """Then the village's, the station's, the centre's; one is asked after the other."""
    desk = Desk(
        a_follow_up(),
        Around.of(
            ("centre", "grid_worker", 10.0, CENTRE),
            ("station", "grid_worker", 20.0, STATION),
            ("village", "grid_worker", 30.0, VILLAGE),
            ("grid-far", "grid_worker", 900.0, GRID),
            ("grid", "grid_worker", 600.0, GRID),
            ("next-door", "grid_worker", 5.0, "500101/longbao/xinmin/g70"),
        ),
    )
    order = []
    for _ in range(6):
        (who,) = desk.staff()
        order.append(who)
        assert desk.staff() == []
        desk.decline(who)
    assert order == ["grid", "grid-far", "next-door", "village", "station", "centre"]
    assert all(one.purpose is Purpose.FOLLOW_UP for one in desk.case.assignments.values())


def test_whoever_visited_in_vain_may_follow_up_and_riders_do_not():
    """The grid worker of the victim stays the grid worker of the victim."""
    desk = Desk(
        a_follow_up(visited_by=((GRID, "grid"),)),
        Around.of(("grid", "grid_worker", 60.0, GRID), ("R", "rider", 5.0, GRID)),
    )
    assert desk.staff() == ["grid"]
    assert desk.of("grid").visit_number == 1


def test_a_follow_up_nobody_can_make_is_looked_for_hours_later():
    """It has time; the shortfall is said in its own words."""
    desk = Desk(a_follow_up(), Around.of(("P1", "officer", 60.0)))
    assert desk.staff() == []
    assert staff_deadlines(desk.case) == [desk.policy.follow_up_retry_s]
    (short,) = desk.case.happenings
    assert short.data["purpose"] == "follow_up"


def test_a_follow_up_waits_longer_for_an_answer():
    """Half an hour instead of two minutes."""
    desk = Desk(a_follow_up(), Around.of(("grid", "grid_worker", 60.0, GRID)))
    desk.staff()
    offer = desk.of("grid")
    assert offer.acknowledge_by_s - offer.offered_at_s == desk.policy.follow_up_acknowledge_s
