"""Visits that did not work, and the proof of those that did."""

from __future__ import annotations

import pytest

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import alerts, evidence, visits
from dispatch.incidents.case import Assignment
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import (
    AssignmentState,
    DeadlineKind,
    IncidentState,
    Purpose,
    Role,
    Tier,
    VisitOutcome,
)
from dispatch.question import CandidatePlace
from tests.dispatch.incidents.life import AREA, EVENING_S, Life, Person, an_alert

PEOPLE = [
    Person("officer1", "officer", 120),
    Person("officer2", "officer", 300),
    Person("officer3", "officer", 500),
    Person("officer4", "officer", 550),
    Person("grid1", "grid_worker", 90),
    Person("grid2", "grid_worker", 240),
    Person("grid3", "grid_worker", 400),
]
HARBOUR = CandidatePlace(108.41, 30.83, 20.0)
HOUR_S = 3_600


def visited(tier: Tier = Tier.HIGH, outcome: VisitOutcome = VisitOutcome.DISSUADED) -> Life:
    """The officer was there after two minutes and reports after another two; neighbours are not to
    be had."""
    life = Life.begin(an_alert(tier), PEOPLE[:4])
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.wait(120)
    life.do(visits.arrive, officer)
    life.wait(120)
    life.do(visits.report, officer, outcome, "", None)
    return life


def proof(life: Life, name: str = "officer1", content: int = 1, evidence_id: str = "e1"):
    return life.do(
        evidence.receive, life.sent(name), evidence_id, f"{content:064}", 9_000, "video/mp4"
    )


def police(life: Life) -> list[Assignment]:
    return list(life.case.live(Role.ENFORCEMENT))


@pytest.mark.parametrize(
    "outcome", [VisitOutcome.NOT_CONVINCED, VisitOutcome.NOT_FOUND, VisitOutcome.REFUSED]
)
def test_a_visit_that_did_not_work_is_followed_by_another_with_somebody_else(outcome):
    """As soon as nobody of the first one is coming any more."""
    life = visited(outcome=outcome)
    assert life.case.incident.visit_number == 2
    (second,) = police(life)
    assert (second.responder_id, second.purpose) == ("officer2", Purpose.SECOND_VISIT)
    assert life.last("visit.ordered").data["reason"] == outcome.value
    assert ("wanzhou", "officer1") in life.case.incident.visited_by


def test_the_first_visit_goes_on_while_somebody_of_it_is_coming():
    """The neighbour may find the words that the officer did not."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    life.do(visits.accept, officer)
    life.do(visits.accept, neighbour)
    life.do(visits.report, officer, VisitOutcome.NOT_CONVINCED, "", None)
    assert life.case.incident.visit_number == 1
    assert police(life) == []
    life.do(visits.report, neighbour, VisitOutcome.NOT_FOUND, "", None)
    assert life.case.incident.visit_number == 2


def test_a_second_visit_has_police_whatever_the_tier():
    """A medium one had a neighbour only."""
    life = Life.begin(an_alert(Tier.MEDIUM), PEOPLE)
    neighbour = life.sent("grid1")
    life.do(visits.accept, neighbour)
    life.do(visits.report, neighbour, VisitOutcome.NOT_CONVINCED, "", None)
    assert [one.responder_id for one in police(life)] == ["officer1"]


def test_after_as_many_visits_as_the_policy_allows_a_person_must_decide():
    """They are told again every ten minutes, and nobody is sent by itself."""
    life = visited(outcome=VisitOutcome.NOT_CONVINCED)
    for _ in range(2):
        (officer,) = police(life)
        life.do(visits.accept, officer)
        life.do(visits.report, officer, VisitOutcome.NOT_CONVINCED, "", None)
    incident = life.case.incident
    assert incident.visit_number == 3
    assert incident.state is IncidentState.RESPONDING
    assert incident.unresolved_since_s == life.now_s
    assert life.asked() == []
    told = life.last("incident.unresolved").data
    assert (told["reason"], told["visits"], told["attempt"]) == ("not_convinced", 3, 1)
    life.wait(1_201)
    assert life.types("incident.unresolved") == ["incident.unresolved"] * 3
    assert life.last("incident.unresolved").data["attempt"] == 3
    assert life.asked() == []


def unresolved() -> Life:
    policy = Policy.parse("[visits]\nvisits_limit = 1")
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE[:4], policy)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.report, officer, VisitOutcome.NOT_FOUND, "", None)
    assert life.case.incident.unresolved_since_s is not None
    return life


def test_a_dispatcher_orders_another_visit_beyond_the_limit():
    """With a reason, and not while somebody is on the way."""
    life = unresolved()
    with pytest.raises(IncidentError, match="needs a reason"):
        life.do(visits.order, "")
    life.do(visits.order, "the family called")
    assert life.case.incident.unresolved_since_s is None
    assert [one.responder_id for one in police(life)] == ["officer2"]
    with pytest.raises(ConflictError, match="wait for them, or release them"):
        life.do(visits.order, "at once")


def test_a_new_place_or_a_higher_tier_ends_the_waiting_for_a_decision():
    """Nobody was found there: the address was wrong."""
    life = unresolved()
    life.do(alerts.place, (HARBOUR,), AREA)
    assert life.last("visit.ordered").data["reason"] == "new_place"
    assert [one.responder_id for one in police(life)] == ["officer2"]
    life = unresolved()
    life.do(alerts.join, an_alert(Tier.CRITICAL), AREA)
    assert life.last("visit.ordered").data["reason"] == "new_alert"
    assert len(police(life)) == 1


def test_the_proof_is_due_one_hour_after_arriving():
    """Not after reporting."""
    life = visited()
    assert life.case.incident.state is IncidentState.VISITED
    assert life.case.incident.evidence_due_at_s == EVENING_S + 120 + HOUR_S
    assert DeadlineKind.EVIDENCE in life.waits_for()


@pytest.mark.parametrize(
    ("wanted", "state"),
    [("true", IncidentState.VISITED), ("false", IncidentState.FOLLOWING_UP)],
)
def test_a_centre_may_take_its_neighbours_word_without_proof(wanted, state):
    """Grid workers have no body cameras; police always prove their visits."""
    policy = Policy.parse(f"[visits]\ncommunity_evidence = {wanted}")
    life = Life.begin(an_alert(Tier.MEDIUM), PEOPLE, policy)
    neighbour = life.sent("grid1")
    life.do(visits.accept, neighbour)
    life.do(visits.report, neighbour, VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.state is state

    life = Life.begin(an_alert(Tier.HIGH), PEOPLE, policy)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.report, officer, VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.state is IncidentState.VISITED


def test_the_hour_runs_from_the_arrival_of_police():
    """The neighbour who came first has no camera."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    life.do(visits.accept, officer)
    life.do(visits.accept, neighbour)
    life.do(visits.arrive, neighbour)
    life.wait(600)
    life.do(visits.arrive, officer)
    assert life.case.incident.evidence_due_at_s == life.now_s + HOUR_S


def test_proof_in_time_ends_the_case_but_for_the_follow_ups():
    """It stands until somebody says that it does not."""
    life = visited()
    life.wait(600)
    received = proof(life)
    incident = life.case.incident
    assert incident.state is IncidentState.FOLLOWING_UP
    assert incident.evidence_in_time is True
    assert received.stands
    assert life.sent("officer1").evidence_count == 1
    assert DeadlineKind.EVIDENCE not in life.waits_for()


def test_proof_that_comes_before_the_report_counts():
    """The officer uploads at the door, and reports afterwards."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.arrive, officer)
    proof(life)
    assert life.case.incident.state is IncidentState.RESPONDING
    life.do(visits.report, officer, VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.state is IncidentState.FOLLOWING_UP


def test_the_same_file_twice_is_one_proof():
    """An upload that is repeated because its answer was lost."""
    life = visited()
    first = proof(life, evidence_id="e1")
    told = len(life.history)
    assert proof(life, evidence_id="e2") is first
    assert len(life.history) == told
    assert proof(life, content=2, evidence_id="e3").evidence_id == "e3"


def test_proof_is_taken_from_whoever_went_and_from_nobody_else():
    """Whatever has become of the case meanwhile."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    with pytest.raises(ConflictError, match="was not accepted"):
        proof(life, "grid1")
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.release, officer, "another case")
    assert proof(life).stands


def test_without_proof_somebody_else_is_sent():
    """One hour after the arrival."""
    life = visited()
    life.wait(HOUR_S - 121)
    assert life.case.incident.state is IncidentState.VISITED
    life.wait(2)
    incident = life.case.incident
    assert incident.evidence_in_time is False
    assert incident.visit_number == 2
    assert life.types("evidence.overdue") == ["evidence.overdue"]
    assert life.last("visit.ordered").data["reason"] == "evidence_missing"
    assert [one.responder_id for one in police(life)] == ["officer2"]


def test_nobody_else_is_sent_while_the_officer_is_still_with_the_victim():
    """It takes long; the centre hears that the proof is overdue, and again an hour later."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.arrive, officer)
    life.wait(2 * HOUR_S + 10)
    assert life.case.incident.visit_number == 1
    assert life.types("evidence.overdue") == ["evidence.overdue"] * 2
    assert life.last("evidence.overdue").data["held_by"] == [officer.assignment_id]


def test_proof_that_does_not_convince_sends_somebody_else():
    """Even weeks into the follow-ups."""
    life = visited()
    proof(life)
    assert life.case.incident.state is IncidentState.FOLLOWING_UP
    life.do(evidence.judge, "e1", False, "the victim is not in the picture")
    assert life.case.incident.state is IncidentState.RESPONDING
    assert life.last("visit.ordered").data["reason"] == "unconvincing_evidence"
    assert [one.responder_id for one in police(life)] == ["officer2"]
    assert DeadlineKind.FOLLOW_UP not in life.waits_for()


def test_one_file_that_does_not_convince_beside_one_that_does_changes_nothing():
    """The visit is proven by the other."""
    life = visited()
    proof(life)
    proof(life, content=2, evidence_id="e2")
    life.do(evidence.judge, "e1", False, "dark")
    assert life.case.incident.state is IncidentState.FOLLOWING_UP


def test_nobody_is_sent_twice_where_another_incident_of_the_victim_is_open():
    """It is told; the other incident goes on."""
    life = visited()
    proof(life)
    life.case.open_elsewhere = "another"
    life.do(evidence.judge, "e1", False, "dark")
    assert life.case.incident.state is IncidentState.FOLLOWING_UP
    assert life.last("evidence.judged").data["convincing"] is False


def test_a_judgement_is_given_once_and_can_be_changed():
    """The same one again is nothing new."""
    life = visited()
    proof(life)
    life.do(evidence.judge, "e1", True, "")
    told = len(life.history)
    life.do(evidence.judge, "e1", True, "")
    assert len(life.history) == told
    with pytest.raises(IncidentError, match="no such evidence"):
        life.do(evidence.judge, "e9", True, "")


def late_proof() -> Life:
    """The second visit is on its way when the first one's proof comes in, five minutes late."""
    life = visited()
    life.wait(HOUR_S - 119)
    (second,) = police(life)
    life.do(visits.accept, second)
    life.wait(60)
    proof(life)
    assert life.last("evidence.received").data["in_time"] is False
    assert second.state is AssignmentState.ACCEPTED
    return life


def test_late_proof_that_convinces_calls_the_second_visit_off():
    """Nobody stands in front of the victim for nothing."""
    life = late_proof()
    life.do(evidence.judge, "e1", True, "")
    assert life.sent("officer2").state is AssignmentState.RELEASED
    assert life.case.incident.state is IncidentState.FOLLOWING_UP
    assert life.case.incident.evidence_in_time is False


def test_late_proof_does_not_call_back_whoever_is_there_already():
    """Their own report decides."""
    life = late_proof()
    life.do(visits.arrive, life.sent("officer2"))
    life.do(evidence.judge, "e1", True, "")
    assert life.sent("officer2").state is AssignmentState.ON_SCENE
    assert life.case.incident.state is IncidentState.RESPONDING
