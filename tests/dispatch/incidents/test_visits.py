"""What responders do, and what follows from it."""

from __future__ import annotations

import msgspec
import pytest

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import visits
from dispatch.incidents.words import (
    AssignmentState,
    DeadlineKind,
    IncidentState,
    Tier,
    VisitOutcome,
)
from tests.dispatch.incidents.life import EVENING_S, Life, Person, an_alert

PEOPLE = [
    Person("officer1", "officer", 120),
    Person("officer2", "officer", 300),
    Person("officer3", "officer", 500),
    Person("grid1", "grid_worker", 90),
    Person("grid2", "grid_worker", 240),
    Person("grid3", "grid_worker", 400),
]
OFFERED = AssignmentState.OFFERED
ACCEPTED = AssignmentState.ACCEPTED
EN_ROUTE = AssignmentState.EN_ROUTE
ON_SCENE = AssignmentState.ON_SCENE
REPORTED = AssignmentState.REPORTED
DECLINED = AssignmentState.DECLINED
EXPIRED = AssignmentState.EXPIRED
RELEASED = AssignmentState.RELEASED

STEPS = {
    "accept": lambda life, one: life.do(visits.accept, one),
    "decline": lambda life, one: life.do(visits.decline, one, "ill"),
    "depart": lambda life, one: life.do(visits.depart, one),
    "arrive": lambda life, one: life.do(visits.arrive, one),
    "report": lambda life, one: life.do(visits.report, one, VisitOutcome.NOT_CONVINCED, "", None),
    "release": lambda life, one: life.do(visits.release, one, "needed"),
}
WAY = {
    OFFERED: (),
    ACCEPTED: ("accept",),
    EN_ROUTE: ("accept", "depart"),
    ON_SCENE: ("accept", "arrive"),
    REPORTED: ("accept", "arrive", "report"),
    DECLINED: ("decline",),
    RELEASED: ("release",),
    EXPIRED: (),
}
"""The steps that lead from an offer to each state."""
TABLE = """
           accept    decline   depart    arrive    report    release
offered    accepted  declined  -         -         -         released
accepted   =         declined  en_route  on_scene  reported  released
en_route   =         declined  =         on_scene  reported  released
on_scene   =         -         =         =         reported  released
reported   -         -         -         -         =         -
declined   -         =         -         -         -         -
expired    -         -         -         -         -         -
released   -         -         -         -         -         =
"""
"""Where each step leads from each state; = nowhere, without complaint; - it is refused."""
_HEAD, *_ROWS = [line.split() for line in TABLE.strip().splitlines()]
TRANSITIONS = [
    (row[0], step, leads) for row in _ROWS for step, leads in zip(_HEAD, row[1:], strict=True)
]


@pytest.mark.parametrize(("start", "step", "leads"), TRANSITIONS)
def test_every_step_from_every_state(start, step, leads):
    """To where the table says; a refused or repeated step changes nothing."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    one = life.sent("officer1")
    for earlier in WAY[AssignmentState(start)]:
        STEPS[earlier](life, one)
    if start == "expired":
        life.wait(61)
    assert one.state == start
    before = msgspec.to_builtins((life.case.incident, life.case.assignments))
    told = len(life.history)
    if leads == "-":
        with pytest.raises(ConflictError, match="The assignment cannot be"):
            STEPS[step](life, one)
    else:
        STEPS[step](life, one)
    if leads in ("-", "="):
        assert msgspec.to_builtins((life.case.incident, life.case.assignments)) == before
        assert len(life.history) == told
    else:
        assert one.state == leads


def test_whoever_accepts_promises_to_be_there_from_then_on():
    """The offer was computed when it was made; they have not moved since."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.wait(40)
    life.do(visits.accept, officer)
    assert officer.promised_at_s == officer.expected_at_s == EVENING_S + 40 + 120


def test_an_offer_that_is_not_answered_goes_to_the_next_best():
    """After the tier's seconds, and not before."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    first = life.sent("officer1")
    life.wait(59)
    assert first.state is OFFERED
    life.wait(2)
    assert first.state is EXPIRED
    assert life.sent("officer2").offered_at_s == EVENING_S + 60


def test_one_refusal_is_replaced_by_one():
    """At once."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    before = len(life.asked())
    life.do(visits.decline, life.sent("officer1"), "at the doctor's")
    assert len(life.asked()) == before
    assert "officer2" in life.asked()
    assert life.last("assignment.declined").data["reason"] == "at the doctor's"


def test_whoever_breaks_down_on_the_way_is_replaced():
    """A car stops; the centre hears that they had accepted."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.depart, officer)
    life.do(visits.decline, officer, "flat tyre")
    assert life.last("assignment.declined").data["after_accepting"] is True
    assert "officer2" in life.asked()


def test_offers_that_are_not_needed_any_more_are_withdrawn():
    """Several neighbours are asked; the first to say yes goes."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    asked = [one for one in life.case.live() if one.kind == "grid_worker"]
    assert len(asked) > 1
    life.do(visits.accept, asked[0])
    assert [one.state for one in asked[1:]] == [RELEASED] * (len(asked) - 1)
    assert life.last("assignment.released").data["reason"] == "enough_accepted"
    assert life.sent("officer1").state is OFFERED


def test_whom_a_dispatcher_named_is_not_withdrawn():
    """Their choice is not undone behind their back."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    asked = [one for one in life.case.live() if one.kind == "grid_worker"]
    asked[1].named = True
    life.do(visits.accept, asked[0])
    assert asked[1].state is OFFERED


def test_whoever_was_withdrawn_may_be_asked_again():
    """The one who accepted has an accident: the other one is the next best."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    asked = [one for one in life.case.live() if one.kind == "grid_worker"]
    life.do(visits.accept, asked[0])
    life.do(visits.decline, asked[0], "accident")
    assert asked[1].responder_id in life.asked()


def test_a_grid_worker_who_is_first_holds_until_the_officer_comes():
    """They are told until when; the officer's arrival relieves them."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    life.do(visits.accept, officer)
    life.do(visits.accept, neighbour)
    life.wait(60)
    life.do(visits.arrive, neighbour)
    hold = life.last("assignment.holding")
    assert hold.assignment_id == neighbour.assignment_id
    assert hold.data == {"until_s": EVENING_S + 120, "assignments": [officer.assignment_id]}
    life.do(visits.arrive, officer)
    assert life.last("assignment.relieved").assignment_id == neighbour.assignment_id


def test_a_neighbours_word_does_not_turn_the_officer_back():
    """ "She believes me now", and the officer still comes and decides."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    life.do(visits.accept, officer)
    life.do(visits.accept, neighbour)
    life.do(visits.report, neighbour, VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.state is IncidentState.RESPONDING
    assert officer.state is ACCEPTED
    life.do(visits.report, officer, VisitOutcome.NOT_CONVINCED, "", None)
    assert life.case.incident.state is IncidentState.RESPONDING
    assert life.case.incident.visit_number == 2


def test_a_neighbours_word_counts_where_no_police_are_coming():
    """The last officer has declined: the victim is dissuaded all the same."""
    life = Life.begin(an_alert(Tier.HIGH), [*PEOPLE[:1], *PEOPLE[3:]])
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    life.do(visits.accept, neighbour)
    life.do(visits.report, neighbour, VisitOutcome.DISSUADED, "", 50_000.0)
    assert life.case.incident.state is IncidentState.RESPONDING
    life.do(visits.decline, officer, "at another case")
    incident = life.case.incident
    assert incident.state is IncidentState.VISITED
    assert incident.amount_kept_yuan == 50_000.0


def test_when_an_officer_has_dissuaded_the_victim_whoever_is_on_the_way_turns_back():
    """Who is there already tells for themselves."""
    life = Life.begin(an_alert(Tier.CRITICAL), PEOPLE)
    first, second = life.sent("officer1"), life.sent("officer2")
    neighbour = life.sent("grid1")
    for one in (first, second, neighbour):
        life.do(visits.accept, one)
    life.do(visits.arrive, neighbour)
    life.do(visits.arrive, first)
    life.do(visits.report, first, VisitOutcome.DISSUADED, "removed the app", None)
    incident = life.case.incident
    assert incident.state is IncidentState.VISITED
    assert incident.dissuaded_at_s == life.now_s
    assert second.state is RELEASED
    assert neighbour.state is ON_SCENE
    assert life.last("incident.dissuaded").data["held_by"] == [neighbour.assignment_id]
    life.do(visits.report, neighbour, VisitOutcome.DISSUADED, "", None)
    assert neighbour.state is REPORTED
    assert incident.state is IncidentState.VISITED


def test_the_later_word_of_police_counts():
    """One officer leaves content; the other one stays, and sees him dial again."""
    life = Life.begin(an_alert(Tier.CRITICAL), PEOPLE)
    first, second = life.sent("officer1"), life.sent("officer2")
    for one in (first, second):
        life.do(visits.accept, one)
        life.do(visits.arrive, one)
    life.do(visits.report, first, VisitOutcome.DISSUADED, "", None)
    life.wait(60)
    life.do(visits.report, second, VisitOutcome.NOT_CONVINCED, "he dialled again", None)
    assert life.case.incident.state is IncidentState.RESPONDING
    assert life.case.incident.visit_number == 2
    assert {"officer3"} <= set(life.asked())


def test_the_word_of_police_outweighs_a_neighbours():
    """The officer leaves in doubt, the neighbour stays and says that it is well. Somebody else
    comes to see: an hour too much costs less than a victim too few."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    for one in (officer, neighbour):
        life.do(visits.accept, one)
    life.do(visits.report, officer, VisitOutcome.NOT_CONVINCED, "", None)
    life.wait(60)
    life.do(visits.report, neighbour, VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.state is IncidentState.RESPONDING
    assert life.case.incident.visit_number == 2


def test_whoever_met_the_victim_outweighs_whoever_found_nobody():
    """The officer rang at the wrong door."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    for one in (officer, neighbour):
        life.do(visits.accept, one)
    life.do(visits.report, officer, VisitOutcome.NOT_FOUND, "", None)
    life.do(visits.report, neighbour, VisitOutcome.DISSUADED, "", None)
    assert life.case.incident.state is IncidentState.VISITED


def test_a_report_lost_in_a_tunnel_brings_the_arrival_with_it():
    """Setting out and arriving may be skipped."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.wait(100)
    life.do(visits.report, officer, VisitOutcome.DISSUADED, "", None)
    assert officer.arrived_at_s == life.now_s
    assert life.case.incident.first_face_at_s == life.now_s
    assert life.last("assignment.arrived").data["by"] == "report"


def test_whoever_found_nobody_was_not_face_to_face():
    """The time to face to face is that of whoever met the victim."""
    life = Life.begin(an_alert(Tier.CRITICAL), PEOPLE)
    first, second = life.sent("officer1"), life.sent("officer2")
    life.do(visits.accept, first)
    life.do(visits.accept, second)
    life.do(visits.arrive, first)
    assert life.case.incident.first_face_at_s == life.now_s
    life.wait(50)
    life.do(visits.report, first, VisitOutcome.NOT_FOUND, "", None)
    assert life.case.incident.first_face_at_s is None
    life.do(visits.arrive, second)
    assert life.case.incident.first_face_at_s == life.now_s


def test_a_report_that_differs_from_the_first_is_refused():
    """What was said stays said."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.report, officer, VisitOutcome.NOT_CONVINCED, "", None)
    with pytest.raises(ConflictError, match="has been reported on"):
        life.do(visits.report, officer, VisitOutcome.DISSUADED, "", None)
    with pytest.raises(IncidentError, match="0 yuan or more"):
        life.do(visits.report, officer, VisitOutcome.DISSUADED, "", -1.0)


def test_whoever_is_late_is_told_of_once_and_whoever_is_missing_again_and_again():
    """Two minutes behind the promise: late. Five minutes after they were expected: missing."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.wait(120 + 119)
    assert not life.types("assignment.late")
    life.wait(2)
    assert officer.late
    assert life.last("assignment.late").data["late_s"] == 120
    life.wait(3 * 300)
    assert life.types("assignment.late") == ["assignment.late"]
    assert life.types("assignment.missing") == ["assignment.missing"] * 3
    assert officer.state is ACCEPTED


def test_whoever_is_told_to_need_longer_is_missing_only_after_that():
    """Their fixes say so: late, and on the way."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    officer.expected_at_s = life.now_s + 1_200
    life.wait(1_200 + 299)
    assert life.types("assignment.late") == ["assignment.late"]
    assert life.types("assignment.missing") == []
    life.wait(2)
    assert life.types("assignment.missing") == ["assignment.missing"]


def test_whoever_is_there_and_tells_nothing_is_asked_to():
    """Every hour, as long as the incident waits for them."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.arrive, officer)
    life.wait(3 * 3_600 + 1)
    wanted = [
        one
        for one in life.history
        if one.type == "assignment.report_wanted" and one.assignment_id == officer.assignment_id
    ]
    assert len(wanted) == 3
    assert officer.state is ON_SCENE


def test_whoever_forgot_to_report_is_free_again_once_nobody_waits_for_them():
    """Or they could never be sent to anybody else."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    for one in (officer, neighbour):
        life.do(visits.accept, one)
        life.do(visits.arrive, one)
    life.do(visits.report, officer, VisitOutcome.DISSUADED, "", None)
    life.wait(3_599)
    assert neighbour.state is ON_SCENE
    life.wait(2)
    assert neighbour.state is RELEASED
    assert life.last("assignment.released").data["reason"] == "no_report"


def test_a_visit_that_nobody_says_yes_to_is_told_again_and_again():
    """And whoever merely let the offer pass is asked again, but not who declined."""
    life = Life.begin(an_alert(Tier.HIGH), [*PEOPLE[:1], *PEOPLE[3:5]])
    life.do(visits.decline, life.sent("grid1"), "ill")
    life.wait(179)
    assert life.asked() == []
    assert not life.types("incident.unattended")
    life.wait(2)
    told = life.last("incident.unattended")
    assert told.data["since_s"] == EVENING_S
    assert set(life.asked()) == {"officer1", "grid2"}
    life.wait(180)
    assert life.types("incident.unattended") == ["incident.unattended"] * 2


def test_once_somebody_goes_nobody_is_told_that_nobody_does():
    """Until they cannot go on."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.wait(400)
    assert not life.types("incident.unattended")
    life.people = []
    life.do(visits.decline, officer, "flat tyre")
    life.wait(181)
    assert life.types("incident.unattended") == ["incident.unattended"]


def test_whoever_was_released_is_replaced_and_not_asked_again():
    """A dispatcher needs the officer at the bridge."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer = life.sent("officer1")
    life.do(visits.accept, officer)
    life.do(visits.release, officer, "needed at the bridge")
    assert "officer2" in life.asked()
    assert officer.key in life.case.incident.refused_by
    assert DeadlineKind.ARRIVE not in life.waits_for()
