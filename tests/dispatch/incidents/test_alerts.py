"""Alerts open an incident or join it, tell where the victim is, and set the tier."""

from __future__ import annotations

import pytest

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import alerts, closing, visits
from dispatch.incidents.case import Area
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import (
    AssignmentState,
    ClosingReason,
    DeadlineKind,
    IncidentState,
    MoneyState,
    Source,
    Tier,
    VisitOutcome,
)
from dispatch.question import CandidatePlace
from tests.dispatch.incidents.life import AREA, MARKET, Life, Person, an_alert

PEOPLE = [
    Person("officer1", "officer", 120),
    Person("officer2", "officer", 300),
    Person("grid1", "grid_worker", 90),
    Person("grid2", "grid_worker", 240),
    Person("grid3", "grid_worker", 400),
]
HARBOUR = CandidatePlace(108.41, 30.83, 20.0)


def channels(life: Life) -> list[str]:
    return [one.data["channel"] for one in life.history if one.type == "contact.requested"]


@pytest.mark.parametrize(
    ("tier", "state", "asked", "intelligence"),
    [
        (Tier.CRITICAL, IncidentState.RESPONDING, ["message", "voice", "call"], True),
        (Tier.HIGH, IncidentState.RESPONDING, ["message", "call"], True),
        (Tier.MEDIUM, IncidentState.RESPONDING, ["call"], False),
        (Tier.LOW, IncidentState.CONTACTING, ["message"], False),
    ],
)
def test_each_tier_is_answered_at_once_as_the_policy_says(tier, state, asked, intelligence):
    """Channels, the second line, and a visit or none, in the transaction of the alert."""
    life = Life.begin(an_alert(tier), PEOPLE)
    assert life.case.incident.state is state
    assert channels(life) == asked
    assert ("intelligence.requested" in life.types()) is intelligence
    assert DeadlineKind.CONTACT in life.waits_for()
    assert bool(life.asked()) is (state is IncidentState.RESPONDING)
    if intelligence:
        assert life.last("intelligence.requested").data["station"] == "wanzhou/longbao"


def test_high_asks_an_officer_and_neighbours_at_the_same_time():
    """Not one after the other."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    assert life.types("assignment.offered")
    assert {"officer1", "grid1"} <= set(life.asked())
    assert {one.offered_at_s for one in life.case.live()} == {life.now_s}


def test_without_a_place_contact_goes_on_and_nobody_is_sent():
    """The centre is told again and again that the place is unknown, and the victim is called."""
    life = Life.begin(an_alert(Tier.HIGH, ()), PEOPLE)
    assert life.case.incident.state is IncidentState.LOCATING
    assert life.asked() == []
    life.wait(3 * 540)
    assert life.asked() == []
    assert life.types("contact.overdue") == ["contact.overdue"] * 3
    assert life.case.incident.answer_tier is Tier.CRITICAL


def test_dispatch_starts_with_the_first_usable_place():
    """Told by another alert."""
    life = Life.begin(an_alert(Tier.HIGH, ()), PEOPLE)
    life.wait(100)
    life.do(alerts.join, an_alert(Tier.HIGH), AREA)
    assert life.case.incident.state is IncidentState.RESPONDING
    assert life.case.incident.placed_at_s == life.now_s
    assert "officer1" in life.asked()
    assert life.last("alert.joined").data["place"] == "used"
    assert life.last("incident.placed").data["first"] is True


def test_dispatch_starts_when_a_dispatcher_tells_the_place():
    """Worked out while the victim was being called."""
    life = Life.begin(an_alert(Tier.HIGH, ()), PEOPLE)
    life.do(alerts.place, (MARKET,), AREA)
    assert life.case.incident.area == AREA
    assert "officer1" in life.asked()
    again = len(life.history)
    life.do(alerts.place, (MARKET,), AREA)
    assert len(life.history) == again


def test_a_new_place_is_told_to_whoever_is_going():
    """They keep going: only the place has changed."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(alerts.place, (HARBOUR,), AREA)
    assert officer.state is AssignmentState.ACCEPTED
    assert officer.assignment_id in life.last("incident.placed").data["assignments"]


def test_a_place_of_a_joining_alert_does_not_move_the_incident():
    """Whoever is on the way is not sent elsewhere by a second report of the city; the dispatcher
    sees both. Who sees the victim is a bank (``test_moving``)."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    life.do(alerts.join, an_alert(Tier.HIGH, (HARBOUR,)), AREA)
    assert life.case.incident.places == (MARKET,)
    told = life.last("alert.joined").data
    assert (told["place"], told["places"][0]["lon"]) == ("kept", 108.41)


def test_an_incident_moves_to_the_centre_of_its_place_only_while_nobody_is_sent():
    """One centre does not take over another one's units."""
    elsewhere = Area("kaizhou/hanfeng", district="kaizhou", station="kaizhou/hanfeng")
    life = Life.begin(an_alert(Tier.HIGH, ()), PEOPLE)
    life.do(alerts.place, (HARBOUR,), elsewhere)
    assert life.case.incident.centre == "kaizhou"
    gone = life.last("incident.handed_over")
    assert (gone.jurisdiction, gone.data["centre"]) == (AREA.jurisdiction, "kaizhou")

    sent = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    with pytest.raises(ConflictError, match="release them first"):
        sent.do(alerts.place, (HARBOUR,), elsewhere)


def test_a_more_urgent_alert_raises_the_tier():
    """From a neighbour in half an hour to police now, and the second line beside them."""
    life = Life.begin(an_alert(Tier.MEDIUM), PEOPLE)
    assert "officer1" not in life.asked()
    life.do(alerts.join, an_alert(Tier.HIGH, source=Source.BANK), AREA)
    incident = life.case.incident
    assert (incident.tier, incident.answer_tier) == (Tier.HIGH, Tier.HIGH)
    assert incident.source is Source.CITY
    assert incident.alert_count == 2
    assert "officer1" in life.asked()
    assert channels(life) == ["call", "message"]
    assert "intelligence.requested" in life.types()


def test_a_less_urgent_alert_never_lowers_the_tier_and_says_so():
    """City says critical, the bank medium: it stays critical."""
    life = Life.begin(an_alert(Tier.CRITICAL), PEOPLE)
    life.do(alerts.join, an_alert(Tier.MEDIUM), AREA)
    assert life.case.incident.tier is Tier.CRITICAL
    assert life.last("alert.joined").data["tier"] == "medium"
    told = life.last("incident.tier_kept").data
    assert (told["tier"], "was" in told) == ("critical", False)


def test_later_money_and_more_of_it_are_taken_over_and_earlier_is_not():
    """Money only moves on."""
    life = Life.begin(
        an_alert(Tier.HIGH, money_state=MoneyState.TRANSFERRING, amount_yuan=50_000.0), PEOPLE
    )
    life.do(
        alerts.join,
        an_alert(Tier.HIGH, money_state=MoneyState.IN_ACCOUNT, amount_yuan=20_000.0),
        AREA,
    )
    assert "incident.money_changed" not in life.types()
    life.do(
        alerts.join,
        an_alert(Tier.HIGH, money_state=MoneyState.IN_VEHICLE, amount_yuan=80_000.0),
        AREA,
    )
    incident = life.case.incident
    assert (incident.money_state, incident.amount_yuan) == (MoneyState.IN_VEHICLE, 80_000.0)
    assert life.last("incident.money_changed").data["was"] is MoneyState.TRANSFERRING


@pytest.mark.parametrize(
    ("was", "told", "sends"),
    [
        (None, MoneyState.IN_ACCOUNT, False),
        (None, MoneyState.TRANSFERRING, True),
        (None, MoneyState.CASH_WITHDRAWN, True),
        (None, MoneyState.IN_VEHICLE, True),
        (None, MoneyState.HANDED_OVER, True),
        (MoneyState.IN_ACCOUNT, MoneyState.TRANSFERRING, True),
        (MoneyState.IN_ACCOUNT, None, False),
        (MoneyState.IN_VEHICLE, MoneyState.TRANSFERRING, False),
    ],
)
def test_money_that_has_left_the_account_sends_somebody_where_a_person_was_to_decide(
    was, told, sends
):
    """Three visits did not work; told for the first time that it has left, it has moved as well."""
    policy = Policy.parse("[visits]\nvisits_limit = 1")
    life = Life.begin(an_alert(Tier.HIGH, money_state=was), PEOPLE, policy)
    for name in ("officer1", "grid1"):
        life.do(visits.accept, life.sent(name))
    for name in ("grid1", "officer1"):
        life.do(visits.report, life.sent(name), VisitOutcome.REFUSED, "", None)
    assert life.case.incident.unresolved_since_s is not None
    life.do(alerts.join, an_alert(Tier.HIGH, money_state=told), AREA)
    assert (life.case.incident.unresolved_since_s is None) is sends
    assert ("officer2" in life.asked()) is sends


def dissuaded(tier: Tier = Tier.HIGH, **more) -> Life:
    """An officer and a neighbour were there, and the victim is dissuaded; the proof is awaited."""
    life = Life.begin(an_alert(tier, **more), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.arrive, officer)
    life.do(visits.report, officer, VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.state is IncidentState.VISITED
    return life


@pytest.mark.parametrize("money", [None, MoneyState.CASH_WITHDRAWN])
def test_a_new_alert_after_the_visit_is_another_emergency(money):
    """She was dissuaded an hour ago, and somebody warns again: called and visited at once, by
    whoever is nearest, and the events say why."""
    life = dissuaded(money_state=MoneyState.IN_ACCOUNT)
    life.wait(1_800)
    before = len(life.history)
    life.do(alerts.join, an_alert(Tier.HIGH, money_state=money), AREA)
    incident = life.case.incident
    assert (incident.state, incident.visit_number) == (IncidentState.RESPONDING, 2)
    ordered = life.last("visit.ordered").data
    assert (ordered["reason"], ordered["was"]) == ("new_alert", "visited")
    asked = [one.data for one in life.history[before:] if one.type == "contact.requested"]
    assert [(one["channel"], one["reason"], one["attempt"]) for one in asked] == [
        ("message", "new_alert", 1),
        ("call", "new_alert", 1),
    ]
    assert DeadlineKind.CONTACT in life.waits_for()
    assert "officer1" in life.asked()
    assert life.sent("officer1").offered_at_s == life.now_s


def test_a_new_alert_after_the_visit_is_answered_by_as_many_as_the_tier_asks():
    """Critical: two officers and two neighbours, though a second visit is made by one of each."""
    life = dissuaded(Tier.CRITICAL)
    life.do(alerts.join, an_alert(Tier.CRITICAL), AREA)
    assert {"officer1", "officer2", "grid1", "grid2"} <= set(life.asked())
    for name in ("officer1", "officer2", "grid1", "grid2", "grid3"):
        if life.sent(name).state is AssignmentState.OFFERED:
            life.do(visits.accept, life.sent(name))
    for one in list(life.case.live()):
        life.do(visits.report, one, VisitOutcome.NOT_CONVINCED, "", None)
    assert life.case.incident.visit_number == 3
    assert not life.case.incident.visit_anew


def test_a_more_urgent_alert_after_the_visit_calls_by_the_channels_of_its_tier():
    """High before, critical now: message, machine voice and call, each once."""
    life = dissuaded(Tier.HIGH)
    before = len(channels(life))
    life.do(alerts.join, an_alert(Tier.CRITICAL), AREA)
    assert channels(life)[before:] == ["message", "voice", "call"]


def test_lowering_the_tier_needs_a_reason():
    """And is told as what it is."""
    life = Life.begin(an_alert(Tier.CRITICAL), PEOPLE)
    with pytest.raises(IncidentError, match="needs a reason"):
        life.do(alerts.set_tier, Tier.MEDIUM, " ")
    life.do(alerts.set_tier, Tier.MEDIUM, "the son is with her")
    incident = life.case.incident
    assert (incident.tier, incident.answer_tier) == (Tier.MEDIUM, Tier.MEDIUM)
    assert life.last("incident.tier_lowered").data["reason"] == "the son is with her"


def test_a_tier_that_wants_no_visit_calls_back_whoever_is_on_the_way():
    """But not who is with the victim; and the victim is still to be reached."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    life.do(visits.accept, officer)
    life.do(visits.accept, neighbour)
    life.do(visits.arrive, neighbour)
    life.do(alerts.set_tier, Tier.LOW, "a known case")
    assert officer.state is AssignmentState.RELEASED
    assert neighbour.state is AssignmentState.ON_SCENE
    assert life.case.incident.state is IncidentState.RESPONDING
    life.do(visits.release, neighbour, "no need")
    assert life.case.incident.state is IncidentState.CONTACTING
    assert DeadlineKind.CONTACT in life.waits_for()


def test_raising_the_tier_takes_effect_at_once():
    """A dispatcher needs no reason to send more."""
    life = Life.begin(an_alert(Tier.LOW), PEOPLE)
    life.do(alerts.set_tier, Tier.CRITICAL, "")
    assert {"officer1", "officer2"} <= set(life.asked())
    again = len(life.history)
    life.do(alerts.set_tier, Tier.CRITICAL, "")
    assert len(life.history) == again


def test_an_alert_does_not_join_what_is_not_open():
    """A victim who is caught again is a new incident."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    life.do(closing.close, ClosingReason.FALSE_ALARM, "", None)
    with pytest.raises(ConflictError, match="opens a new one"):
        life.do(alerts.join, an_alert(Tier.HIGH), AREA)
    with pytest.raises(ConflictError, match="reopen it first"):
        life.do(alerts.set_tier, Tier.CRITICAL, "")
    with pytest.raises(ConflictError, match="reopen it first"):
        life.do(alerts.place, (HARBOUR,), AREA)
