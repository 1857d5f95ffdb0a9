"""Somebody faster turns up: suggested to the dispatcher, and nobody is swapped."""

from __future__ import annotations

from dispatch.incidents import tracking
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import AssignmentState, IncidentState, Tier
from dispatch.responders import Status
from tests.dispatch.incidents.staffed import CENTRE, NOON_S, Around, Desk, a_case


def an_officer_on_the_way(*others, tier=Tier.HIGH, eta_s=480.0) -> Desk:
    """P1 has accepted; the others turn up afterwards."""
    desk = Desk(a_case(tier), Around.of(("P1", "officer", eta_s)))
    desk.staff()
    desk.accept("P1")
    for who, kind, away_s in others:
        desk.around.people[CENTRE, who] = (kind, away_s)
    return desk


def look(desk: Desk) -> list[tuple[str, str]]:
    """Who is suggested, for whom."""
    desk.case.happenings.clear()
    question = tracking.suggestion_question(
        desk.case, desk.policy, desk.engaged, desk.acceptance, desk.now_s
    )
    if question is None:
        return []
    said = tracking.suggest(desk.case, desk.around.recommend(question), desk.policy, desk.now_s)
    events = [one for one in desk.case.happenings if one.type == "suggestion.made"]
    assert said == bool(events)
    return [
        (one.data["responder_id"], desk.case.assignments[one.assignment_id].responder_id)
        for one in events
    ]


def test_somebody_faster_by_two_minutes_is_suggested_and_nobody_is_swapped():
    """The event says who, for whom and by how much; the assignment goes on."""
    desk = an_officer_on_the_way(("P2", "officer", 240.0))
    assert look(desk) == [("P2", "P1")]
    (event,) = desk.case.happenings
    assert 230.0 < event.data["saves_s"] <= 240.0
    assert event.data["in_words"]["en"].startswith("Could be there in 4 min")
    assert desk.of("P1").state is AssignmentState.ACCEPTED
    assert [one.responder_id for one in desk.case.live()] == ["P1"]


def test_the_same_one_is_suggested_once():
    """The dispatcher has read it."""
    desk = an_officer_on_the_way(("P2", "officer", 240.0))
    assert look(desk) == [("P2", "P1")]
    desk.now_s += 10
    assert look(desk) == []
    desk.around.people[CENTRE, "P2"] = ("officer", 30.0)
    assert look(desk) == []


def test_somebody_else_is_suggested_only_when_that_changes_something():
    """P3 is a little faster than P2: no news. P4 is by two minutes more; P2 has gone elsewhere."""
    desk = an_officer_on_the_way(("P2", "officer", 300.0))
    assert look(desk) == [("P2", "P1")]
    desk.around.people[CENTRE, "P3"] = ("officer", 250.0)
    assert look(desk) == []
    desk.around.people[CENTRE, "P4"] = ("officer", 100.0)
    assert look(desk) == [("P4", "P1")]
    desk.engaged = {(CENTRE, "P4"): Status.EN_ROUTE}
    assert look(desk) == [("P3", "P1")]


def test_a_little_faster_is_not_suggested():
    """Less than the policy's two minutes, the chance of a no included."""
    assert look(an_officer_on_the_way(("P2", "officer", 370.0))) == []
    assert look(an_officer_on_the_way(("P2", "officer", 350.0))) == [("P2", "P1")]


def test_whoever_seldom_accepts_must_be_faster_by_as_much_as_that_may_cost():
    """A rider would have to be asked, and seven of ten say no."""
    desk = Desk(a_case(Tier.HIGH), Around.of(("P1", "officer", 60.0), ("N", "grid_worker", 700.0)))
    desk.staff()
    desk.accept("P1")
    desk.accept("N")
    desk.around.people[CENTRE, "R"] = ("rider", 460.0)
    assert look(desk) == []
    desk.around.people[CENTRE, "R"] = ("rider", 420.0)
    assert look(desk) == [("R", "N")]


def test_the_fastest_is_suggested_for_the_last_one_on_the_way():
    """Two officers are going; two who are faster turn up: one for each, the best for the last."""
    desk = Desk(
        a_case(Tier.CRITICAL), Around.of(("P1", "officer", 500.0), ("P2", "officer", 590.0))
    )
    desk.staff()
    desk.accept("P1")
    desk.accept("P2")
    desk.around.people |= {(CENTRE, "P3"): ("officer", 60.0), (CENTRE, "P4"): ("officer", 90.0)}
    assert look(desk) == [("P3", "P2"), ("P4", "P1")]


def test_nobody_is_looked_for_when_those_going_are_nearly_there():
    """Nobody could be faster by enough: no search at all."""
    desk = an_officer_on_the_way(("P2", "officer", 1.0), eta_s=100.0)
    question = tracking.suggestion_question(desk.case, desk.policy, {}, desk.acceptance, desk.now_s)
    assert question is None


def test_nobody_is_suggested_for_those_who_are_only_asked_or_there():
    """An offer that is not answered goes to the next best by itself."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(("N0", "grid_worker", 900.0)))
    desk.staff()
    desk.around.people[CENTRE, "N9"] = ("grid_worker", 1.0)
    assert look(desk) == []
    desk.accept("N0")
    assert look(desk) == [("N9", "N0")]


def test_police_are_suggested_for_police_and_neighbours_for_neighbours():
    """The neighbour is a minute away, the officer eight; a guard who could be there at once helps
    neither."""
    desk = Desk(a_case(), Around.of(("P1", "officer", 480.0), ("N0", "grid_worker", 60.0)))
    desk.staff()
    desk.accept("P1")
    desk.accept("N0")
    desk.around.people[CENTRE, "G1"] = ("bank_guard", 1.0)
    assert look(desk) == []


def test_nobody_is_suggested_for_two():
    """A centre whose auxiliaries go as police and as neighbours."""
    policy = Policy.parse(
        "[high]\nenforcement_kinds = ['auxiliary']\ncommunity_kinds = ['auxiliary']"
    )
    people = Around.of(("A1", "auxiliary", 500.0), ("A2", "auxiliary", 510.0))
    desk = Desk(a_case(), people, policy)
    desk.staff()
    desk.accept("A1")
    desk.accept("A2")
    people.people[CENTRE, "A3"] = ("auxiliary", 10.0)
    assert look(desk) == [("A3", "A1")]


def test_whoever_is_asked_already_stands_in_nobodys_way():
    """P2 is nearer than P3 and asked beside P1: P3 is the one to suggest."""
    desk = Desk(
        a_case(Tier.CRITICAL), Around.of(("P1", "officer", 900.0), ("P2", "officer", 300.0))
    )
    desk.staff()
    desk.accept("P1")
    desk.around.people[CENTRE, "P3"] = ("officer", 350.0)
    assert look(desk) == [("P3", "P1")]


def test_nobody_is_suggested_who_said_no_or_was_there_in_vain():
    """A dispatcher may still name them."""
    desk = an_officer_on_the_way(("P2", "officer", 100.0), ("P3", "officer", 110.0))
    desk.case.incident.refused_by = ((CENTRE, "P2"),)
    desk.case.incident.visited_by = ((CENTRE, "P3"),)
    assert look(desk) == []
    desk.around.people[CENTRE, "P4"] = ("officer", 200.0)
    assert look(desk) == [("P4", "P1")]


def test_follow_ups_are_left_in_peace():
    """They have time."""
    desk = Desk(
        a_case(Tier.MEDIUM, state=IncidentState.FOLLOWING_UP, follow_up_due=1),
        Around.of(("N0", "grid_worker", 900.0)),
        now_s=NOON_S,
    )
    desk.staff()
    desk.accept("N0")
    desk.around.people[CENTRE, "N1"] = ("grid_worker", 10.0)
    assert look(desk) == []
