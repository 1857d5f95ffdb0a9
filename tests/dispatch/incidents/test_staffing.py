"""Who is asked, how many at once, and what follows from a no."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.incidents import staffing
from dispatch.incidents.acceptance import chance_of_enough
from dispatch.incidents.needs import MOST_AT_ONCE
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import (
    AssignmentState,
    IncidentState,
    Purpose,
    Role,
    Tier,
)
from dispatch.responders import Status
from tests.dispatch.incidents.staffed import (
    CENTRE,
    COMMUNITY_ONLY,
    NEIGHBOURS,
    RIDERS,
    Around,
    Desk,
    a_case,
    staff_deadlines,
)


def test_an_officer_and_the_nearest_neighbours_are_asked_at_the_same_time():
    """High: the officer is ordered; of neighbours, of whom eight in ten accept, two are asked."""
    desk = Desk(a_case(), Around.of(("P1", "officer", 300.0), *NEIGHBOURS))
    assert desk.staff() == ["P1", "N0", "N1"]
    assert desk.of("P1").role is Role.ENFORCEMENT
    assert desk.of("N0").role is Role.COMMUNITY


def test_of_officers_no_more_are_asked_than_are_wanted():
    """Critical wants two: the two nearest by road, and nobody for the case that they decline."""
    officers = [(f"P{n}", "officer", 200.0 + n) for n in range(5)]
    desk = Desk(a_case(Tier.CRITICAL), Around.of(*officers))
    assert desk.staff() == ["P0", "P1"]
    desk.decline("P0")
    assert desk.staff() == ["P2"]


def test_the_less_likely_a_kind_accepts_the_more_are_asked():
    """Of riders, three of ten, seven are asked for one; of guards, eight of ten, two."""
    riders = [(f"R{n}", "rider", 100.0 + n) for n in range(12)]
    guards = [(f"G{n}", "bank_guard", 100.0 + n) for n in range(12)]
    assert len(Desk(a_case(Tier.MEDIUM), Around.of(*riders), COMMUNITY_ONLY).staff()) == 7
    assert len(Desk(a_case(Tier.MEDIUM), Around.of(*guards), COMMUNITY_ONLY).staff()) == 2


def test_who_is_a_little_nearer_but_seldom_accepts_is_asked_behind():
    """A rider is asked before a neighbour only when nearer by more than refusals cost."""
    desk = Desk(
        a_case(Tier.MEDIUM),
        Around.of(("R", "rider", 100.0), ("N", "grid_worker", 110.0), ("M", "grid_worker", 140.0)),
        COMMUNITY_ONLY,
    )
    assert desk.staff() == ["N", "R", "M"]
    (selection,) = desk.selections
    assert [candidate.rank for candidate in selection.candidates] == [1, 0, 2]


def test_no_more_telephones_ring_than_the_most():
    """Where almost nobody ever accepts, not the whole centre is rung up."""
    policy = Policy.parse(
        "[medium]\ncommunity_kinds = ['rider']\n[acceptance.accept_of_ten]\nrider = 0.1"
    )
    riders = [(f"R{n}", "rider", 100.0 + n) for n in range(60)]
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*riders), policy)
    assert len(desk.staff()) == MOST_AT_ONCE
    assert staffing.needs(desk.case, policy) == ()


def test_looking_again_when_nothing_has_changed_asks_nobody():
    """A run may be repeated at any time: by a deadline, by another process."""
    desk = Desk(a_case(Tier.CRITICAL), Around.of(("P1", "officer", 300.0), *NEIGHBOURS, *RIDERS))
    assert desk.staff()
    for _ in range(3):
        desk.now_s += 5.0
        assert desk.staff() == []


def test_one_refusal_is_replaced_by_one_however_unlikely_that_one_accepts():
    """Two neighbours are asked; the only others are riders, of whom five would be needed."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*NEIGHBOURS[:2], *RIDERS), COMMUNITY_ONLY)
    assert desk.staff() == ["N0", "N1"]
    desk.decline("N0")
    assert desk.staff() == ["R0"]
    assert desk.of("R0").replaces == desk.of("N0").assignment_id
    assert desk.staff() == []
    desk.decline("N1")
    desk.decline("R0")
    assert desk.staff() == ["R1", "R2"]
    assert {desk.of("R1").replaces, desk.of("R2").replaces} == {
        desk.of("N1").assignment_id,
        desk.of("R0").assignment_id,
    }


def test_a_refusal_is_replaced_even_where_those_still_asked_would_suffice():
    """The chance of those who are left does not matter: a place was left, a place is filled."""
    people = [("P", "property_chief", 60.0), *[(f"G{n}", "bank_guard", 80.0 + n) for n in range(5)]]
    policy = Policy.parse(
        "[medium]\ncommunity_kinds = ['property_chief', 'bank_guard']\n"
        "[acceptance]\nacceptance_target = 0.7"
    )
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*people), policy)
    assert desk.staff() == ["P", "G0"]
    assert chance_of_enough([desk.of("G0").chance], 1) >= 0.7
    desk.decline("P")
    assert desk.staff() == ["G1"]


def test_when_enough_have_accepted_nobody_replaces_a_refusal():
    """A neighbour says no after another one has said yes."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*NEIGHBOURS))
    assert desk.staff() == ["N0", "N1"]
    desk.decline("N0")
    desk.accept("N1")
    assert desk.staff() == []


def test_a_yes_that_is_taken_back_opens_the_search_as_at_the_beginning():
    """The others were told that they are not needed: they are asked again beside a new one."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*NEIGHBOURS))
    desk.staff()
    desk.accept("N0")
    assert desk.of("N1").state is AssignmentState.RELEASED
    desk.decline("N0")
    assert desk.staff() == ["N1", "N2"]
    assert desk.of("N1").replaces == desk.of("N0").assignment_id
    assert desk.of("N2").replaces is None  # whose offer was withdrawn refused nothing


def test_a_higher_tier_asks_for_those_who_are_missing_beside_those_who_go():
    """Medium becomes critical: two officers, and more neighbours for the second one."""
    desk = Desk(
        a_case(Tier.MEDIUM),
        Around.of(("P1", "officer", 100.0), ("P2", "officer", 200.0), *NEIGHBOURS),
    )
    desk.staff()
    desk.accept("N0")
    desk.case.incident.answer_tier = Tier.CRITICAL
    assert desk.staff() == ["P1", "P2", "N1", "N2"]


@given(st.data())
@settings(deadline=None, max_examples=80)
def test_whatever_is_answered_a_refusal_is_replaced_by_one_and_nobody_is_asked_twice(data):
    """Yes and no in any order: each run asks as many as said no since the last one, as long as
    somebody is missing and left; whoever said no is not asked again for this visit."""
    kinds = st.sampled_from(["grid_worker", "rider", "safety_volunteer", "bank_guard"])
    people = [
        (f"C{n}", data.draw(kinds), float(data.draw(st.integers(30, 900)))) for n in range(14)
    ]
    officers = [(f"P{n}", "officer", 100.0 + n) for n in range(8)]
    desk = Desk(a_case(Tier.CRITICAL), Around.of(*people, *officers))
    desk.staff()
    refused: list[str] = []
    for _ in range(12):
        asked = desk.asked()
        if not asked:
            break
        who = data.draw(st.sampled_from(asked))
        if data.draw(st.booleans()):
            desk.accept(who)
            assert desk.staff() == []
            continue
        role = desk.of(who).role
        going = [one for one in desk.case.live(role) if one.state.going]
        left = {
            name
            for (_, name), (kind, _) in desk.around.people.items()
            if (kind == "officer") == (role is Role.ENFORCEMENT)
        } - {one.responder_id for one in desk.case.assignments.values()}
        desk.decline(who)
        refused.append(who)
        offered = desk.staff()
        if len(going) < 2 and left:
            assert len(offered) == 1
            assert desk.of(offered[0]).replaces == desk.of(who).assignment_id
        assert not set(offered) & set(refused)
    replaced = [one.replaces for one in desk.case.assignments.values() if one.replaces]
    assert len(replaced) == len(set(replaced))
    live = [one.key for one in desk.case.live()]
    assert len(live) == len(set(live))


def test_whoever_is_engaged_elsewhere_is_not_asked_and_known_as_such():
    """The question carries what they are doing, and what those of this incident are."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*NEIGHBOURS))
    desk.engaged = {(CENTRE, "N0"): Status.EN_ROUTE}
    assert desk.staff() == ["N1", "N2"]
    desk.decline("N1")
    needed = staffing.needs(desk.case, desk.policy)
    question = staffing.question(desk.case, needed, desk.policy, desk.engaged, desk.acceptance)
    assert question.engaged == {(CENTRE, "N0"): Status.EN_ROUTE}
    assert question.sent == {(CENTRE, "N2")}
    assert question.without == {(CENTRE, "N1")}


def test_a_candidate_whom_another_incident_took_is_skipped_for_the_next():
    """Nobody is sent twice, and nobody less is sent for it."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*NEIGHBOURS), taken={(CENTRE, "N0")})
    assert desk.staff() == ["N1", "N2"]
    assert all(one.responder_id != "N0" for one in desk.case.assignments.values())


def test_when_others_took_all_candidates_it_is_looked_again_soon():
    """A moment later the live picture knows who is engaged, and who else there is."""
    desk = Desk(
        a_case(Tier.MEDIUM), Around.of(*NEIGHBOURS), taken={(CENTRE, f"N{n}") for n in range(6)}
    )
    assert desk.staff() == []
    assert min(staff_deadlines(desk.case)) == staffing.TAKEN_RETRY_S


def test_a_second_visit_is_made_by_others_with_police_in_front():
    """Nobody who was in front of the victim in vain goes again."""
    desk = Desk(
        a_case(Tier.MEDIUM, visit_number=2, visited_by=((CENTRE, "N0"), (CENTRE, "P1"))),
        Around.of(("P1", "officer", 60.0), ("P2", "officer", 120.0), *NEIGHBOURS),
    )
    assert desk.staff() == ["P2", "N1", "N2"]
    assert {one.purpose for one in desk.case.live()} == {Purpose.SECOND_VISIT}
    assert {one.visit_number for one in desk.case.live()} == {2}


def test_those_of_an_earlier_visit_do_not_count_for_the_next():
    """The first visit's refusals and reports leave no places to fill in the second."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(("P1", "officer", 60.0), *NEIGHBOURS))
    desk.staff()
    desk.decline("N0")
    desk.case.incident.visit_number = 2
    for one in desk.case.live():
        one.state = AssignmentState.RELEASED
    assert desk.staff() == ["P1", "N1", "N2"]
    assert all(one.replaces is None for one in desk.case.live())


def test_kinds_that_may_go_as_either_are_asked_once():
    """A centre that counts its auxiliaries as police and as neighbours asks each one once."""
    policy = Policy.parse(
        "[high]\nenforcement_kinds = ['officer', 'auxiliary']\ncommunity_kinds = ['auxiliary']"
    )
    people = [(f"A{n}", "auxiliary", 100.0 + n) for n in range(4)]
    desk = Desk(a_case(), Around.of(*people), policy)
    offered = desk.staff()
    assert len(offered) == len(set(offered)) == 2
    assert {one.role for one in desk.case.live()} == {Role.ENFORCEMENT, Role.COMMUNITY}


@pytest.mark.parametrize(
    "state",
    [state for state in IncidentState if state is not IncidentState.RESPONDING],
)
def test_nobody_is_asked_while_no_visit_is_to_be_made(state):
    """Not before it is known where, not while the proof is awaited, not when it is closed."""
    desk = Desk(a_case(state=state), Around.of(*NEIGHBOURS))
    assert staffing.needs(desk.case, desk.policy) == ()
