"""Later visits, the end of an incident, and its coming back."""

from __future__ import annotations

import pytest

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import closing, evidence, intelligence, visits
from dispatch.incidents.case import Assignment
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import (
    AssignmentState,
    ClosingReason,
    DeadlineKind,
    IncidentState,
    Purpose,
    Role,
    Tier,
    VisitOutcome,
)
from tests.dispatch.incidents.life import Life, Person, an_alert

GRID = "wanzhou/longbao/v1/g7"
PEOPLE = [
    Person("officer1", "officer", 120),
    Person("officer2", "officer", 300),
    Person("grid1", "grid_worker", 300, GRID),
    Person("grid2", "grid_worker", 600, GRID),
    Person("chief1", "area_chief", 100, "wanzhou/other"),
]
WEEK_S = 7 * 86_400
AGAIN_S = 36_000


def followed_up(policy: Policy | None = None, people: list[Person] | None = None) -> Life:
    """Dissuaded by the officer, who proved it."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE if people is None else people, policy)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.arrive, officer)
    life.do(visits.report, officer, VisitOutcome.DISSUADED, "", 50_000.0)
    life.do(evidence.receive, officer, "e1", f"{1:064}", 9_000, "video/mp4")
    return life


def follow_up(life: Life) -> Assignment:
    (one,) = life.case.live()
    assert one.purpose is Purpose.FOLLOW_UP
    return one


def make(life: Life, outcome: VisitOutcome = VisitOutcome.DISSUADED) -> Assignment:
    one = follow_up(life)
    life.do(visits.accept, one)
    life.do(visits.report, one, outcome, "", None)
    return one


def test_follow_ups_are_due_after_one_four_and_twelve_weeks():
    """From the visit that worked."""
    life = followed_up()
    begun_s = life.now_s
    assert life.last("follow_up.planned").data["due_at_s_all"] == [
        begun_s + weeks * WEEK_S for weeks in (1, 4, 12)
    ]
    life.wait(WEEK_S - 1)
    assert life.asked() == []
    life.wait(2)
    assert life.last("follow_up.due").data == {"number": 1, "attempt": 1}


def test_a_follow_up_is_made_by_somebody_of_the_grid():
    """Not by who is nearest by chance, and not by police."""
    life = followed_up()
    life.wait(WEEK_S + 1)
    one = follow_up(life)
    assert (one.jurisdiction, one.role, one.visit_number) == (GRID, Role.COMMUNITY, 1)


def test_after_the_last_follow_up_the_incident_is_closed():
    """Dissuaded for good; nothing is waited for any more."""
    life = followed_up()
    for weeks in (1, 3, 8):
        life.wait(weeks * WEEK_S + 1)
        make(life)
    incident = life.case.incident
    assert (incident.state, incident.closing_reason) == (
        IncidentState.CLOSED,
        ClosingReason.DISSUADED,
    )
    assert incident.follow_ups_done == 3
    assert incident.amount_kept_yuan == 50_000.0
    assert not life.pending


def test_a_follow_up_has_no_camera_and_no_calls():
    """Nobody is in front of them for the first time."""
    life = followed_up()
    face_s = life.case.incident.first_face_at_s
    life.wait(WEEK_S + 1)
    one = follow_up(life)
    life.do(visits.accept, one)
    life.do(visits.arrive, one)
    assert life.case.incident.first_face_at_s == face_s
    assert DeadlineKind.EVIDENCE not in life.waits_for()


def test_a_follow_up_that_met_nobody_is_tried_again_at_another_hour():
    """Four times; then it is missed, and the next one comes in its time."""
    life = followed_up()
    life.wait(WEEK_S + 1)
    for attempt in (1, 2, 3, 4):
        assert life.last("follow_up.due").data == {"number": 1, "attempt": attempt}
        make(life, VisitOutcome.NOT_FOUND)
        assert life.asked() == []
        life.wait(AGAIN_S)
    assert life.last("follow_up.missed").data == {"number": 1, "reason": "victim_not_met"}
    life.wait(3 * WEEK_S - 4 * AGAIN_S)
    assert life.last("follow_up.due").data["number"] == 2
    make(life)
    assert life.case.incident.follow_ups_done == 1


def test_whoever_declined_in_the_evening_may_be_asked_in_the_morning():
    """A follow-up is a matter of days; the same two people live in the grid."""
    life = followed_up(people=PEOPLE[:3])
    life.wait(WEEK_S + 1)
    life.do(visits.decline, follow_up(life), "the children are ill")
    assert life.asked() == []
    life.wait(AGAIN_S)
    assert life.asked() == ["grid1"]
    assert life.last("follow_up.due").data["attempt"] == 2


def test_whoever_accepts_a_follow_up_and_does_not_go_is_free_again():
    """A grid worker who forgot it could not be sent to anybody else; nobody is called late."""
    life = followed_up()
    life.wait(WEEK_S + 1)
    first = follow_up(life)
    life.do(visits.accept, first)
    life.wait(4 * 3_600 - 1)
    assert first.state is AssignmentState.ACCEPTED
    life.wait(2)
    assert first.state is AssignmentState.RELEASED
    assert life.last("assignment.released").data["reason"] == "not_made"
    assert follow_up(life).responder_id != first.responder_id
    assert not {"assignment.late", "assignment.missing"} & set(life.types())


def test_a_follow_up_that_nobody_made_is_missed_and_said_so():
    """Also the last one: the case does not stay open for ever."""
    life = followed_up(people=PEOPLE[:1])
    life.wait(13 * WEEK_S)
    missed = [one.data for one in life.history if one.type == "follow_up.missed"]
    assert missed == [{"number": n, "reason": "nobody_went"} for n in (1, 2, 3)]
    assert life.case.incident.state is IncidentState.CLOSED
    assert life.case.incident.follow_ups_done == 0


def test_a_follow_up_that_is_late_gives_way_to_the_next_one():
    """Nobody comes twice in a day."""
    policy = Policy.parse("[follow_ups]\nfollow_up_weeks = [1, 1.2]")
    life = followed_up(policy, people=PEOPLE[:1])
    life.wait(1.2 * WEEK_S + 1)
    assert life.last("follow_up.missed").data == {"number": 1, "reason": "next_one_due"}
    assert life.last("follow_up.due").data["number"] == 2


def test_whoever_is_with_the_victim_when_the_next_one_is_due_is_not_lost():
    """Their report counts as what it is."""
    policy = Policy.parse("[follow_ups]\nfollow_up_weeks = [1, 1.0001]")
    life = followed_up(policy)
    life.wait(WEEK_S + 1)
    first = follow_up(life)
    life.do(visits.accept, first)
    life.do(visits.arrive, first)
    life.wait(100)
    assert life.case.incident.follow_up_due == 2
    life.do(visits.report, first, VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.follow_ups_done == 1
    assert life.case.incident.follow_up_due == 2


def test_a_victim_who_is_caught_again_gets_a_visit_at_once():
    """The follow-up finds her on the phone with them; whoever was there months ago may go."""
    life = followed_up()
    life.wait(WEEK_S + 1)
    make(life, VisitOutcome.NOT_CONVINCED)
    incident = life.case.incident
    assert incident.state is IncidentState.RESPONDING
    assert life.last("visit.ordered").data["reason"] == "relapsed"
    assert "officer1" in life.asked()
    assert DeadlineKind.FOLLOW_UP not in life.waits_for()


def test_a_relapse_is_only_told_where_another_incident_is_open():
    """That one sends somebody."""
    life = followed_up()
    life.wait(WEEK_S + 1)
    life.case.open_elsewhere = "another"
    make(life, VisitOutcome.NOT_CONVINCED)
    assert life.case.incident.state is IncidentState.FOLLOWING_UP
    assert "follow_up.relapsed" in life.types()


def test_a_centre_without_follow_ups_closes_with_the_proof():
    """An empty list in its policy."""
    life = followed_up(Policy.parse("[follow_ups]\nfollow_up_weeks = []"))
    assert life.case.incident.state is IncidentState.CLOSED
    assert life.case.incident.closing_reason is ClosingReason.DISSUADED


def test_closing_releases_everybody_and_waits_for_nothing():
    """Whoever is on the way hears of it."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(closing.close, ClosingReason.FALSE_ALARM, "a test of the bank", 0.0)
    assert officer.state is AssignmentState.RELEASED
    assert not life.pending
    told = life.last("incident.closed").data
    assert (told["reason"], told["state"], told["amount_kept_yuan"]) == (
        "false_alarm",
        "responding",
        0.0,
    )


def test_closing_twice_is_once_and_for_one_reason():
    """Another reason needs the case open."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    life.do(closing.close, ClosingReason.FALSE_ALARM, "", None)
    told = len(life.history)
    life.do(closing.close, ClosingReason.FALSE_ALARM, "", None)
    assert len(life.history) == told
    with pytest.raises(ConflictError, match="reopen it to close it as money_lost"):
        life.do(closing.close, ClosingReason.MONEY_LOST, "", None)
    with pytest.raises(IncidentError, match="0 yuan or more"):
        life.do(closing.close, ClosingReason.FALSE_ALARM, "", float("nan"))


def test_a_reopened_incident_starts_over():
    """Contact, and a visit with anybody."""
    life = followed_up()
    life.do(closing.close, ClosingReason.OTHER, "", None)
    with pytest.raises(IncidentError, match="needs a reason"):
        life.do(closing.reopen, "")
    life.do(closing.reopen, "the victim called")
    incident = life.case.incident
    assert incident.state is IncidentState.RESPONDING
    assert incident.closing_reason is None
    assert incident.visit_number == 2
    assert "officer1" in life.asked()
    assert DeadlineKind.CONTACT in life.waits_for()
    with pytest.raises(ConflictError, match="is open"):
        life.do(closing.reopen, "again")


def test_an_incident_closed_before_anybody_came_is_reopened_as_it_was():
    """It is still the first visit."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    life.do(closing.close, ClosingReason.FALSE_ALARM, "", None)
    life.do(closing.reopen, "it was none")
    assert life.case.incident.visit_number == 1
    assert "officer1" in life.asked()


def test_no_incident_is_reopened_beside_another_one_of_the_victim():
    """One incident per victim."""
    life = followed_up()
    life.case.open_elsewhere = "another"
    with pytest.raises(ConflictError, match="another: go on with that one"):
        life.do(closing.reopen, "the victim called")


def test_findings_reach_whoever_is_on_the_way():
    """The second line traces the account while the officer drives."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(intelligence.add_finding, "the account is of last week", "station")
    told = life.last("intelligence.found").data
    assert told["text"] == "the account is of last week"
    assert officer.assignment_id in told["assignments"]
    again = len(life.history)
    life.do(intelligence.add_finding, "the account is of last week", "station")
    assert len(life.history) == again
    with pytest.raises(IncidentError, match="needs a text"):
        life.do(intelligence.add_finding, " ", "station")
    life.do(closing.close, ClosingReason.OTHER, "", None)
    with pytest.raises(ConflictError, match="closed"):
        life.do(intelligence.add_finding, "more", "station")
