"""What an offer is, and what a question asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.incidents import staffing, visits
from dispatch.incidents.case import Deadline
from dispatch.incidents.policy import default_policy
from dispatch.incidents.words import (
    AssignmentState,
    DeadlineKind,
    Tier,
)
from tests.dispatch.incidents.staffed import (
    NEIGHBOURS,
    NOON_S,
    Around,
    Desk,
    a_case,
)


def test_an_offer_says_how_long_the_way_is_and_why_and_waits_for_an_answer():
    """What the responder, the record and the clock need is in the assignment and its event."""
    desk = Desk(a_case(), Around.of(("P1", "officer", 240.0)), now_s=NOON_S + 7)
    desk.staff()
    offer = desk.of("P1")
    assert offer.state is AssignmentState.OFFERED
    assert (offer.offered_eta_s, offer.distance_m, offer.fix_age_s) == (240.0, 2_400.0, 4.0)
    assert (offer.lon, offer.lat) == (108.4, 30.8)
    assert offer.expected_at_s == NOON_S + 247
    assert offer.acknowledge_by_s == NOON_S + 7 + 60
    assert offer.chance == pytest.approx(0.98)
    (event,) = [one for one in desk.case.happenings if one.type == "assignment.offered"]
    assert event.assignment_id == offer.assignment_id
    assert event.data["eta_s"] == 240.0
    assert event.data["in_words"]["en"].startswith("First there by road: 4 min")
    assert event.data["in_words"]["zh"].startswith("按道路最快到达")
    assert (
        DeadlineKind.ACKNOWLEDGE,
        offer.acknowledge_by_s,
        offer.assignment_id,
    ) in [
        (change.kind, change.due_at_s, change.assignment_id)
        for change in desk.case.deadline_changes
        if isinstance(change, Deadline)
    ]


def test_an_offer_that_expires_is_replaced_like_one_that_is_declined():
    """Silence is a no."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*NEIGHBOURS))
    desk.staff()
    desk.now_s += 120
    visits.expire(desk.case, desk.of("N0"), desk.policy, desk.now_s)
    assert desk.staff() == ["N2"]


def test_a_question_without_a_refused_word_still_looks_for_spare_people():
    """More are looked for than asked, so that a taken one needs no new search."""
    case = a_case()
    policy = default_policy()
    desk = Desk(case, Around(), policy)
    question = staffing.question(case, staffing.needs(case, policy), policy, {}, desk.acceptance)
    police, community = question.wants
    assert police.count == 1 + staffing.SPARES
    assert community.count >= 2 + staffing.SPARES
    assert police.set_back_s["auxiliary"] > police.set_back_s["officer"] > 0


def test_a_recommendation_of_an_older_state_offers_nobody_who_is_barred_by_now():
    """Between the search and the transaction somebody declined, and somebody was sent."""
    desk = Desk(a_case(Tier.MEDIUM), Around.of(*NEIGHBOURS))
    needed = staffing.needs(desk.case, desk.policy)
    question = staffing.question(desk.case, needed, desk.policy, {}, desk.acceptance)
    old = desk.around.recommend(question)
    desk.staff()
    desk.decline("N0")
    case = desk.case
    (selection,) = staffing.choose(
        case, staffing.needs(case, desk.policy), old, desk.acceptance, desk.policy, NOON_S
    )
    assert [one.choice.responder_id for one in selection.candidates][:1] == ["N2"]
    assert selection.at_once == 1
    slow = replace(staffing.needs(case, desk.policy)[0], limit_s=125.0)
    (selection,) = staffing.choose(case, (slow,), old, desk.acceptance, desk.policy, NOON_S)
    assert [one.choice.responder_id for one in selection.candidates] == ["N2"]
    assert not {"N0", "N1"} & {one.choice.responder_id for one in selection.candidates}


def test_a_run_does_what_pending_calls_for_staff_ask_for():
    """They are cancelled before a new one is set, so that a case never gathers several."""
    desk = Desk(a_case(), Around.of(*NEIGHBOURS))
    desk.staff()
    kinds = [
        type(change).__name__
        for change in desk.case.deadline_changes
        if change.kind is DeadlineKind.STAFF
    ]
    assert kinds == ["Cancelled", "Deadline"]
