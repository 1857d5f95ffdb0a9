"""The officer is far away, or nobody is there: what is said, and when it is looked again."""

from __future__ import annotations

from dispatch.incidents.policy import Policy
from dispatch.incidents.words import (
    Tier,
)
from dispatch.question import ShortfallReason
from tests.dispatch.incidents.staffed import (
    CENTRE,
    NEIGHBOURS,
    NOON_S,
    Around,
    Desk,
    a_case,
    staff_deadlines,
)


def test_with_the_officer_far_away_one_more_of_the_community_goes():
    """Eleven minutes: remote. The event says so, and two neighbours are wanted instead of one."""
    desk = Desk(a_case(), Around.of(("P1", "officer", 660.0), *NEIGHBOURS))
    assert desk.staff() == ["P1", "N0", "N1", "N2", "N3"]
    (far,) = [one for one in desk.case.happenings if one.type == "incident.officer_far"]
    assert far.data == {"nearest_s": 660.0, "far_officer_s": 600.0}
    assert desk.case.incident.more_community == 1
    desk.now_s += 10
    assert desk.staff() == []


def test_without_any_officer_one_more_of_the_community_goes():
    """Nobody of the police can be there at all; the neighbours go, and the officer is missed."""
    desk = Desk(a_case(), Around.of(*NEIGHBOURS))
    assert desk.staff() == ["N0", "N1", "N2", "N3"]
    assert desk.told()[:2] == ["incident.officer_far", "shortfall.found"]


def test_with_an_officer_near_nobody_more_goes():
    """Ten minutes to the second is not far."""
    desk = Desk(a_case(), Around.of(("P1", "officer", 600.0), *NEIGHBOURS))
    assert desk.staff() == ["P1", "N0", "N1"]
    assert desk.case.incident.more_community == 0


def test_where_no_neighbour_is_wanted_a_far_officer_still_brings_one():
    """A centre may send police alone; to a remote place a neighbour goes as well."""
    policy = Policy.parse("[high]\ncommunity = 0\n[medium]\ncommunity = 0")
    desk = Desk(a_case(), Around.of(("P1", "officer", 1_200.0), *NEIGHBOURS), policy)
    assert desk.staff() == ["P1", "N0", "N1"]


def test_one_officer_near_is_enough_not_to_be_remote():
    """Critical: the second one is half an hour away, the first one is not."""
    desk = Desk(
        a_case(Tier.CRITICAL),
        Around.of(("P1", "officer", 120.0), ("P2", "officer", 1_800.0), *NEIGHBOURS),
    )
    desk.staff()
    assert desk.case.incident.more_community == 0


def test_what_is_missing_is_said_once_and_looked_for_again_and_again():
    """No officer: told once, looked for every half minute; then one comes on duty."""
    desk = Desk(a_case(), Around.of(*NEIGHBOURS))
    desk.staff()
    (short,) = [one for one in desk.case.happenings if one.type == "shortfall.found"]
    assert short.data["role"] == "enforcement"
    assert short.data["missing"] == 1
    assert short.data["cause"] == ShortfallReason.NO_MORE_KNOWN.value
    assert short.data["in_words"]["en"].startswith("1 missing")
    assert staff_deadlines(desk.case) == [desk.policy.retry_s]
    for _ in range(3):
        desk.now_s += 30.0
        assert desk.staff() == []
        assert desk.told() == []
        assert staff_deadlines(desk.case) == [desk.now_s - NOON_S + desk.policy.retry_s]
    desk.around.people[CENTRE, "P1"] = ("officer", 200.0)
    assert desk.staff() == ["P1"]
    assert desk.case.incident.short_of == ()
    assert staff_deadlines(desk.case) == []


def test_a_shortfall_that_changes_is_said_again():
    """Two officers are missing, then one, then two again."""
    desk = Desk(a_case(Tier.CRITICAL), Around.of(*NEIGHBOURS))
    desk.staff()
    assert "shortfall.found" in desk.told()
    desk.around.people[CENTRE, "P1"] = ("officer", 200.0)
    desk.staff()
    assert [
        one.data["missing"] for one in desk.case.happenings if one.type == "shortfall.found"
    ] == [1]
    del desk.around.people[CENTRE, "P1"]
    desk.decline("P1")
    desk.staff()
    assert [
        one.data["missing"] for one in desk.case.happenings if one.type == "shortfall.found"
    ] == [2]


def test_too_few_to_be_sure_is_no_shortfall_but_looked_after():
    """One neighbour is there for one who is wanted: nothing is missing, yet he may say no."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(NEIGHBOURS[0]))
    assert desk.staff() == ["N0"]
    assert "shortfall.found" not in desk.told()
    assert staff_deadlines(desk.case) == [desk.policy.retry_s]
    desk.around.people[CENTRE, "N9"] = ("grid_worker", 50.0)
    assert desk.staff() == ["N9"]
    assert staff_deadlines(desk.case) == []


def test_nobody_is_asked_who_takes_longer_than_the_policy_lets_them():
    """Medium: half an hour."""
    desk = Desk(
        a_case(Tier.MEDIUM), Around.of(("N", "grid_worker", 1_801.0), ("M", "grid_worker", 1_799.0))
    )
    assert desk.staff() == ["M"]
