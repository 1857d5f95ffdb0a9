"""The victim is elsewhere: who was under way goes there, who was there goes after them.

The old place is the market; the bank is 3.6 km away.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.incidents import alerts, evidence, tracking, visits
from dispatch.incidents.policy import Policy
from dispatch.incidents.tracking import Progress
from dispatch.incidents.words import (
    AssignmentState,
    DeadlineKind,
    IncidentState,
    Source,
    Tier,
    VisitOutcome,
)
from dispatch.question import CandidatePlace
from tests.dispatch.incidents.life import AREA, MARKET, Life, Person, an_alert

BANK = CandidatePlace(108.41, 30.83)
NEXT_DOOR = CandidatePlace(108.3803, 30.81, 10.0)  # 29 m from the market
AROUND_THE_CORNER = CandidatePlace(108.381, 30.81, 10.0)  # 96 m
PEOPLE = [
    Person("officer1", "officer", 120),
    Person("officer2", "officer", 300),
    Person("grid1", "grid_worker", 90),
    Person("grid2", "grid_worker", 240),
    Person("grid3", "grid_worker", 400),
]
NEAR_THE_BANK = [Person("officer3", "officer", 30), Person("guard", "bank_guard", 20)]


def an_alarm(place: CandidatePlace = BANK, **more):
    """The teller of a branch, about the same victim."""
    told = {"source": Source.BANK, "branch_id": "beibin-2", "address_text": "北滨路支行"} | more
    return an_alert(Tier.HIGH, (place,), **told)


def at_the_market(*names: str, tier: Tier = Tier.HIGH) -> Life:
    """These are on scene at the market."""
    life = Life.begin(an_alert(tier, address_text="the market"), PEOPLE)
    for name in names:
        life.do(visits.accept, life.sent(name))
    for name in names:
        life.do(visits.arrive, life.sent(name))
    return life


def own_deadlines(life: Life, name: str) -> list[tuple[DeadlineKind, float]]:
    own = life.sent(name).assignment_id
    return [
        (one.kind, one.due_at_s - life.now_s)
        for one in life.pending.values()
        if one.assignment_id == own
    ]


def a_fix(life: Life, remaining_s: float) -> Progress:
    return Progress(
        remaining_s=remaining_s,
        remaining_m=remaining_s * 10,
        line_m=remaining_s * 8,
        detour_m=None,
        fixed_at_s=life.now_s,
        accuracy_m=5.0,
        at=(108.39, 30.815),
    )


def test_a_bank_s_alarm_moves_the_incident_to_the_branch():
    """She stands at the counter now: place, address and the teller's note are those of the bank."""
    life = Life.begin(an_alert(Tier.HIGH, address_text="the market"), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(alerts.join, an_alarm(note="80,000 in cash"), AREA)
    incident = life.case.incident
    assert incident.places == (BANK,)
    assert incident.address_text == "北滨路支行"
    assert "80,000 in cash" in incident.findings
    joined = life.last("alert.joined").data
    assert (joined["place"], joined["note"]) == ("used", "80,000 in cash")
    assert officer.assignment_id in joined["assignments"]
    assert life.last("incident.placed").data["places"][0]["lon"] == BANK.lon


def test_the_note_of_an_alarm_that_opens_reaches_those_who_go_as_well():
    """And a second tap with the same words tells nothing twice."""
    life = Life.begin(an_alarm(note="in a hurry"), PEOPLE)
    life.do(alerts.join, an_alarm(note="in a hurry"), AREA)
    assert life.case.incident.findings == ("in a hurry",)


def test_whoever_is_on_the_way_goes_on_to_the_new_place():
    """Their assignment stays; what they promised was for another door."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.depart, officer)
    life.wait(60)
    life.do(alerts.join, an_alarm(), AREA)
    assert officer.state is AssignmentState.EN_ROUTE
    assert officer.promised_at_s is None
    told = life.last("assignment.redirected")
    assert (told.assignment_id, told.data) == (officer.assignment_id, {"was": "en_route"})
    assert own_deadlines(life, "officer1") == [(DeadlineKind.ARRIVE, life.policy.missing_after_s)]
    assert "officer2" not in life.asked()


def test_the_next_fix_promises_anew_and_late_is_later_than_that():
    """Ten minutes to the bank, says the road; what was known of the way before does not count."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    before = a_fix(life, 50.0)
    life.wait(30)
    life.do(alerts.join, an_alarm(), AREA)
    life.wait(5)
    tracking.follow(life.case, officer, a_fix(life, 550.0), life.policy, life.now_s, before)
    life.commit()
    assert officer.expected_at_s == officer.promised_at_s == life.now_s + 550.0
    assert officer.turned_from == (108.39, 30.815)
    assert not officer.late
    assert life.last("assignment.eta_changed").data["expected_at_s"] == officer.expected_at_s
    late_after_s = 550.0 + life.policy.late_after_s
    assert own_deadlines(life, "officer1") == [(DeadlineKind.ARRIVE, late_after_s)]
    life.wait(late_after_s)
    assert officer.late


def test_an_officer_who_turns_out_to_be_far_from_the_new_place_brings_a_neighbour():
    """Eleven minutes from the bank (地处偏远)."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(alerts.join, an_alarm(), AREA)
    tracking.follow(life.case, officer, a_fix(life, 660.0), life.policy, life.now_s)
    life.commit()
    assert life.case.incident.more_community == 1
    assert DeadlineKind.STAFF in life.waits_for()


def test_without_a_fix_whoever_was_turned_is_missed_and_not_late():
    """Nobody knows when they should be there; that they are not is told."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(alerts.join, an_alarm(), AREA)
    life.wait(120 + life.policy.missing_after_s)
    assert life.last("assignment.missing").data["promised_at_s"] is None
    assert "assignment.late" not in life.types()


def test_whoever_was_on_scene_goes_after_the_victim_and_somebody_near_is_asked():
    """The officer and the neighbour stand at her door; the guard and the officer at the bank are
    asked as well, and nobody is counted as being with her."""
    life = at_the_market("officer1", "grid1")
    life.people = [*NEAR_THE_BANK, *PEOPLE]
    life.do(alerts.join, an_alarm(), AREA)
    for name in ("officer1", "grid1"):
        one = life.sent(name)
        assert one.state is AssignmentState.EN_ROUTE
        assert one.arrived_at_s is None
        assert own_deadlines(life, name) == [(DeadlineKind.ARRIVE, life.policy.missing_after_s)]
    assert [one.data["was"] for one in life.history if one.type == "assignment.redirected"] == [
        "on_scene",
        "on_scene",
    ]
    assert {"officer3", "guard"} <= set(life.asked())
    incident = life.case.incident
    assert incident.first_face_at_s is None
    assert incident.evidence_due_at_s is None
    assert DeadlineKind.EVIDENCE not in life.waits_for()
    assert life.last("contact.requested").data["reason"] == "place_changed"


def test_who_arrives_at_the_new_place_first_is_face_to_face_and_the_proof_is_due_from_then():
    """The officer from the market is there before the other one has answered, who is let go."""
    life = at_the_market("officer1")
    life.people = [*NEAR_THE_BANK, *PEOPLE]
    life.do(alerts.join, an_alarm(), AREA)
    life.wait(20)
    officer = life.sent("officer1")
    life.do(visits.arrive, officer)
    incident = life.case.incident
    assert officer.state is AssignmentState.ON_SCENE
    assert incident.first_face_at_s == life.now_s
    assert incident.evidence_due_at_s == life.now_s + life.policy.evidence_within_s
    assert life.sent("officer3").state is AssignmentState.RELEASED
    assert DeadlineKind.CONTACT not in life.waits_for()


def test_with_nobody_else_in_reach_those_who_come_are_not_missing():
    """Nobody says that police are missing while the officer is on the way to the bank."""
    life = at_the_market("officer1", "grid1")
    life.people = []
    life.do(alerts.join, an_alarm(), AREA)
    assert "shortfall.found" not in life.types()
    life.do(visits.decline, life.sent("officer1"), "a crash")
    short = [one.data["role"] for one in life.history if one.type == "shortfall.found"]
    assert "enforcement" in short


def test_a_unit_that_is_with_her_all_the_same_says_so_with_one_tap():
    """The dispatcher took a wrong address down; the officer had found her."""
    life = at_the_market("officer1", "grid1")
    life.do(alerts.place, (BANK,), AREA)
    officer = life.sent("officer1")
    assert officer.state is AssignmentState.EN_ROUTE
    life.do(visits.report, officer, VisitOutcome.DISSUADED, "", None)
    assert officer.arrived_at_s == life.now_s
    assert life.case.incident.state is IncidentState.VISITED


@pytest.mark.parametrize(
    ("known", "told", "moves"),
    [
        ((MARKET,), NEXT_DOOR, False),
        ((MARKET,), AROUND_THE_CORNER, True),
        ((replace(MARKET, accuracy_m=200.0),), AROUND_THE_CORNER, False),
        ((MARKET, BANK), BANK, False),
        ((MARKET, BANK), AROUND_THE_CORNER, True),
    ],
)
def test_a_place_that_is_only_known_better_leaves_everybody_on_scene(known, told, moves):
    """Within the geofence, within the accuracy of the old one, or one of those that were known."""
    life = Life.begin(an_alert(Tier.HIGH, known), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.arrive, officer)
    life.do(alerts.place, (told,), AREA)
    assert life.case.incident.places == (told,)
    assert (officer.state is AssignmentState.EN_ROUTE) is moves
    assert ("assignment.redirected" in life.types()) is moves


def test_a_teller_who_sees_her_is_believed_within_the_accuracy_too():
    """Somewhere within 200 m, and the bank is at 96: whoever stands about there is not with her."""
    life = Life.begin(an_alert(Tier.HIGH, (replace(MARKET, accuracy_m=200.0),)), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.arrive, officer)
    life.do(alerts.join, an_alarm(AROUND_THE_CORNER), AREA)
    assert officer.state is AssignmentState.EN_ROUTE


def test_offers_without_an_answer_are_made_anew_by_who_is_near_now():
    """Whoever was asked for the market is not near; nobody has refused anything by it."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    first = life.sent("officer1")
    life.people = [*NEAR_THE_BANK, *PEOPLE[2:], Person("officer1", "officer", 1_200)]
    life.do(alerts.join, an_alarm(), AREA)
    assert first.state is AssignmentState.RELEASED
    assert life.last("assignment.released").data["reason"] == "place_changed"
    assert {"officer3", "guard"} <= set(life.asked())
    assert "officer1" not in life.asked()
    assert life.case.incident.refused_by == ()


def test_an_offer_that_a_dispatcher_named_stays_and_promises_nothing_of_the_old_place():
    """Accepted, it is followed from the first fix on."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    officer.named = True
    life.do(alerts.place, (BANK,), AREA)
    assert officer.state is AssignmentState.OFFERED
    life.do(visits.accept, officer)
    assert officer.promised_at_s is None
    assert own_deadlines(life, "officer1") == [(DeadlineKind.ARRIVE, life.policy.missing_after_s)]


@pytest.mark.parametrize("outcome", [VisitOutcome.NOT_FOUND, VisitOutcome.REFUSED])
def test_whoever_reported_from_the_old_place_leaves_it_to_others_at_the_new_one(outcome):
    """The officer found nobody and has gone; then the bank has her, and police are sent there.
    Whoever met her and failed is not asked again, whoever met nobody may be."""
    life = at_the_market("officer1", "grid1")
    life.do(visits.report, life.sent("officer1"), outcome, "", None)
    assert life.case.incident.state is IncidentState.RESPONDING
    life.do(alerts.join, an_alarm(), AREA)
    again = outcome is VisitOutcome.NOT_FOUND
    assert ("officer1" in life.asked()) is again
    assert ("officer2" in life.asked()) is not again
    assert life.case.incident.visit_number == 1


def test_what_was_said_at_the_old_place_does_not_end_the_visit_at_the_new_one():
    """One neighbour talked to her in vain, everybody else had not answered yet; after one visit a
    person is to decide. But she is at the counter, and nobody has been there."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE, Policy.parse("[visits]\nvisits_limit = 1"))
    neighbour = life.sent("grid1")
    life.do(visits.accept, neighbour)
    life.do(visits.report, neighbour, VisitOutcome.NOT_CONVINCED, "", None)
    life.do(alerts.join, an_alarm(), AREA)
    incident = life.case.incident
    assert (incident.visit_number, incident.unresolved_since_s) == (1, None)
    assert "officer1" in life.asked()


def test_an_alarm_after_the_visit_sends_somebody_to_the_branch():
    """Dissuaded at home, and an hour later at the counter."""
    life = at_the_market("officer1")
    life.do(visits.report, life.sent("officer1"), VisitOutcome.DISSUADED, "", None)
    life.people = [*NEAR_THE_BANK, *PEOPLE]
    life.do(alerts.join, an_alarm(), AREA)
    assert life.case.incident.places == (BANK,)
    assert life.case.incident.visit_number == 2
    assert {"officer3", "guard"} <= set(life.asked())


def test_an_alarm_sends_somebody_where_a_person_was_to_decide():
    """The visits at home did not work; now she is at the counter."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE, Policy.parse("[visits]\nvisits_limit = 1"))
    for name in ("officer1", "grid1"):
        life.do(visits.accept, life.sent(name))
    for name in ("grid1", "officer1"):
        life.do(visits.report, life.sent(name), VisitOutcome.NOT_FOUND, "", None)
    assert life.case.incident.unresolved_since_s is not None
    life.do(alerts.join, an_alarm(), AREA)
    assert life.case.incident.unresolved_since_s is None
    assert "officer2" in life.asked()


# ------------------------------------------------------------------- whoever is at the counter


def a_tap(**more):
    """One tap; nobody asked the customer's name."""
    return replace(an_alarm(**more), victim_ref="branch:beibin-2")


def test_a_tap_joins_until_somebody_has_reported():
    """From then on it is known whom it was about, and the next tap is about another customer."""
    life = Life.begin(a_tap(), PEOPLE)
    incident = life.case.incident
    assert incident.at_counter
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    life.do(visits.accept, officer)
    life.do(visits.accept, neighbour)
    life.do(visits.arrive, neighbour)
    life.do(alerts.join, a_tap(), AREA)
    assert (incident.victim_ref, incident.alert_count) == ("branch:beibin-2", 2)
    life.do(visits.report, neighbour, VisitOutcome.NOT_CONVINCED, "", None)
    assert not incident.at_counter
    assert incident.victim_ref == "branch:beibin-2/incident"
    assert incident.visit_number == 1
    assert officer.live


def test_a_named_customer_stays_who_they_are():
    """The bank told a reference of its own."""
    life = Life.begin(an_alarm(), PEOPLE)
    assert not life.case.incident.at_counter
    life.do(visits.accept, life.sent("officer1"))
    life.do(visits.report, life.sent("officer1"), VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.victim_ref == "v1"


def test_a_customer_who_has_left_the_counter_is_not_joined_by_the_next_one():
    """The dispatcher says where she went."""
    life = Life.begin(a_tap(), PEOPLE)
    life.do(alerts.place, (NEXT_DOOR,), AREA)
    assert life.case.incident.victim_ref == "branch:beibin-2/incident"


def test_a_reference_that_is_as_long_as_can_be_has_room_for_the_incident():
    """The branch's id is cut, not the incident's."""
    tap = replace(an_alarm(), branch_id="b" * 128, victim_ref="branch:" + "b" * 121)
    life = Life.begin(tap, PEOPLE)
    life.do(visits.accept, life.sent("officer1"))
    life.do(visits.report, life.sent("officer1"), VisitOutcome.DISSUADED, "", None)
    assert len(life.case.incident.victim_ref) == 128
    assert life.case.incident.victim_ref.endswith("b/incident")


def test_evidence_of_the_old_place_is_taken():
    """Proof is never turned away."""
    life = at_the_market("officer1")
    life.do(alerts.join, an_alarm(), AREA)
    life.do(evidence.receive, life.sent("officer1"), "e1", "0" * 64, 10, "video/mp4")
    assert len(life.case.incident.evidence) == 1
