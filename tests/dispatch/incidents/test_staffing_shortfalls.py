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
    assert short.data["in_words"]["en"].startswith("1 police missing: ")
    assert short.data["in_words"]["zh"].startswith("还缺民警 1 人")
    assert staff_deadlines(desk.case) == [desk.policy.retry_s]
    for _ in range(3):
        desk.now_s += 30.0
        assert desk.staff() == []
        assert desk.told() == []
        assert staff_deadlines(desk.case) == [desk.now_s - NOON_S + desk.policy.retry_s]
    desk.around.people[CENTRE, "P1"] = ("officer", 200.0)
    assert desk.staff() == ["P1"]
    assert [one.missing for one in desk.case.incident.told_short] == [1]
    assert staff_deadlines(desk.case) == []


def shortfalls(desk: Desk) -> list[int]:
    """How many were missing, of each time that the last run said so."""
    return [one.data["missing"] for one in desk.case.happenings if one.type == "shortfall.found"]


def test_a_shortfall_is_said_again_when_more_are_missing():
    """One officer is missing, then none, one again, and two: said at the first and the last."""
    desk = Desk(a_case(Tier.CRITICAL), Around.of(("P1", "officer", 100.0), *NEIGHBOURS))
    desk.staff()
    assert shortfalls(desk) == [1]
    desk.around.people[CENTRE, "P2"] = ("officer", 200.0)
    desk.staff()
    assert shortfalls(desk) == []
    del desk.around.people[CENTRE, "P2"]
    desk.decline("P2")
    desk.staff()
    assert shortfalls(desk) == []
    desk.decline("P1")
    desk.staff()
    assert shortfalls(desk) == [2]


def test_a_shortfall_whose_cause_flaps_is_said_once_and_then_as_a_reminder():
    """Busy, out of reach, busy again, twice a minute: one event, and one more after ten minutes."""
    desk = Desk(a_case(Tier.CRITICAL), Around.of(*NEIGHBOURS))
    causes = [ShortfallReason.ALL_BUSY, ShortfallReason.NONE_IN_REACH]
    said = []
    for look in range(40):
        desk.around.cause = causes[look % 2]
        desk.staff()
        said += [desk.now_s - NOON_S for _ in shortfalls(desk)]
        desk.now_s += 30.0
    assert said == [0.0, desk.policy.unresolved_every_s]


def test_a_shortfall_of_another_visit_is_said_for_itself():
    """What was said of the first visit does not keep the second one quiet."""
    desk = Desk(a_case(), Around.of(*NEIGHBOURS))
    desk.staff()
    assert shortfalls(desk) == [1]
    desk.case.incident.visit_number = 2
    desk.staff()
    assert shortfalls(desk) == [1]
    assert [one.number for one in desk.case.incident.told_short] == [2]


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
