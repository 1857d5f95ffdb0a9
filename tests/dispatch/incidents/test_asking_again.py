"""Whoever let an offer pass may have been in a tunnel: asked again once nobody else is left."""

from __future__ import annotations

import pytest

from dispatch.incidents import visits
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import AssignmentState, IncidentState, Tier
from dispatch.question import ShortfallReason
from tests.dispatch.incidents.life import Life, Person, an_alert
from tests.dispatch.incidents.staffed import CENTRE, NEIGHBOURS, Around, Desk, a_case

OFFICER = Person("officer1", "officer", 120)
NEIGHBOUR = Person("grid1", "grid_worker", 90)
FARTHER, FARTHEST = Person("officer2", "officer", 300), Person("officer3", "officer", 600)


def offers(life: Life, name: str) -> list[float]:
    """When somebody was offered, in seconds from the alert on."""
    return [
        one.offered_at_s - life.case.incident.opened_at_s
        for one in life.case.assignments.values()
        if one.responder_id == name
    ]


def test_an_officer_who_missed_the_offer_is_asked_again_though_the_neighbour_goes():
    """The neighbour has said yes; nobody else of the police is there. Police are missing, says the
    event, and the officer's telephone rings again after half a minute, and again."""
    life = Life.begin(an_alert(Tier.HIGH), [OFFICER, NEIGHBOUR])
    life.do(visits.accept, life.sent("grid1"))
    life.wait(61)
    assert life.sent("officer1").state is AssignmentState.EXPIRED
    short = [
        one.data
        for one in life.history
        if one.type == "shortfall.found" and one.data["role"] == "enforcement"
    ]
    assert [(one["missing"], one["cause"]) for one in short] == [(1, "all_asked")]
    assert short[0]["in_words"]["en"].startswith("1 police missing: all who could go were asked")
    assert short[0]["in_words"]["zh"].startswith("还缺民警 1 人：")
    life.wait(30)
    assert offers(life, "officer1") == [0.0, 90.0]
    life.wait(90)
    assert offers(life, "officer1") == [0.0, 90.0, 180.0]
    life.do(visits.accept, life.sent("officer1"))
    life.wait(200)
    assert len(offers(life, "officer1")) == 3


def test_everybody_else_is_asked_before_them():
    """Farther away, but with a telephone that may be answered; the next one misses it as well."""
    life = Life.begin(an_alert(Tier.HIGH), [OFFICER, FARTHER, FARTHEST, NEIGHBOUR])
    life.do(visits.accept, life.sent("grid1"))
    life.wait(61)
    assert offers(life, "officer2") == [60.0]
    life.wait(60)
    assert offers(life, "officer3") == [120.0]
    assert len(offers(life, "officer1")) == 1
    life.wait(60)
    assert offers(life, "officer1") == [0.0, 180.0], "nobody else is left"


def test_one_who_comes_on_duty_meanwhile_goes_before_them():
    """Between the offer that was missed and the next look."""
    life = Life.begin(an_alert(Tier.HIGH), [OFFICER, NEIGHBOUR])
    life.do(visits.accept, life.sent("grid1"))
    life.wait(61)
    life.people.append(FARTHEST)
    life.wait(30)
    assert offers(life, "officer3") == [90.0]
    assert len(offers(life, "officer1")) == 1


def test_whoever_declined_is_not_asked_again():
    """No is an answer."""
    life = Life.begin(an_alert(Tier.HIGH), [OFFICER, NEIGHBOUR])
    life.do(visits.accept, life.sent("grid1"))
    life.do(visits.decline, life.sent("officer1"), "a crash on the quay")
    life.wait(900)
    assert len(offers(life, "officer1")) == 1


def test_one_who_missed_an_offer_and_then_declined_is_not_asked_again():
    """The last answer counts."""
    policy = Policy.parse("[staffing]\nunattended_after_s = 86400")
    life = Life.begin(an_alert(Tier.HIGH), [OFFICER, NEIGHBOUR], policy)
    life.wait(61)
    assert life.sent("grid1").state is AssignmentState.EXPIRED
    life.wait(30)
    assert len(offers(life, "officer1")) == len(offers(life, "grid1")) == 2
    life.do(visits.decline, life.sent("grid1"), "no")
    life.wait(900)
    assert len(offers(life, "grid1")) == 2
    assert len(offers(life, "officer1")) > 2


def test_many_who_missed_it_do_not_hide_the_one_who_has_not_been_asked():
    """Nine patrols near the victim are in the tunnel; the tenth is far away."""
    patrols = [(f"P{n}", "officer", 100.0 + n) for n in range(9)]
    desk = Desk(a_case(), Around.of(*patrols, ("P9", "officer", 500.0), *NEIGHBOURS))
    desk.staff()
    desk.accept("N0")
    for n in range(9):
        desk.now_s += 60.0
        visits.expire(desk.case, desk.of(f"P{n}"), desk.policy, desk.now_s)
        assert desk.staff() == [f"P{n + 1}"]


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (ShortfallReason.NONE_IN_REACH, "all_asked"),
        (ShortfallReason.ALL_BUSY, "all_asked"),
        (ShortfallReason.OUT_OF_NETWORK, "out_of_network"),
    ],
)
def test_those_who_could_go_and_were_asked_are_the_cause(cause, told):
    """Others are too far or busy; whom the centre can telephone is the one who was asked."""
    desk = Desk(a_case(), Around.of(("P1", "officer", 100.0), *NEIGHBOURS))
    desk.staff()
    desk.decline("P1")
    desk.around.cause = cause
    desk.staff()
    (short,) = [one for one in desk.case.happenings if one.type == "shortfall.found"]
    assert short.data["cause"] == told


def test_the_cause_is_what_the_road_says_where_nobody_was_asked():
    """Nobody is asked who cannot be there: then that is the reason."""
    desk = Desk(a_case(), Around.of(*NEIGHBOURS))
    desk.around.cause = ShortfallReason.NONE_IN_REACH
    desk.staff()
    (short,) = [one for one in desk.case.happenings if one.type == "shortfall.found"]
    assert short.data["cause"] == "none_in_reach"


def test_a_neighbour_who_was_asked_does_not_make_police_asked():
    """The roles are told apart."""
    desk = Desk(a_case(), Around.of(NEIGHBOURS[0]))
    desk.around.cause = ShortfallReason.NONE_IN_REACH
    desk.staff()
    desk.decline("N0")
    desk.staff()
    causes = {
        one.data["role"]: one.data["cause"]
        for one in desk.case.happenings
        if one.type == "shortfall.found"
    }
    assert causes == {"community": "all_asked"}


def test_a_follow_up_that_was_missed_is_offered_again_at_its_own_times():
    """Follow-ups have their own tries, hours apart."""
    case = a_case(state=IncidentState.FOLLOWING_UP, follow_up_due=1, follow_ups_planned=3)
    desk = Desk(case, Around.of(("G7", "grid_worker", 100.0, f"{CENTRE}/longbao/xinmin/g7")))
    assert desk.staff() == ["G7"]
    desk.now_s += 1_800.0
    visits.expire(case, desk.of("G7"), desk.policy, desk.now_s)
    desk.now_s += 900.0
    assert desk.staff() == []
