"""Reaching the victim without going there, and what if it takes too long."""

from __future__ import annotations

import pytest

from dispatch.incidents import alerts, closing, contacts, visits
from dispatch.incidents.words import (
    Channel,
    ClosingReason,
    ContactOutcome,
    DeadlineKind,
    IncidentState,
    Tier,
    VisitOutcome,
)
from tests.dispatch.incidents.life import AREA, EVENING_S, Life, Person, an_alert

PEOPLE = [
    Person("officer1", "officer", 120),
    Person("officer2", "officer", 300),
    Person("grid1", "grid_worker", 90),
    Person("grid2", "grid_worker", 240),
    Person("grid3", "grid_worker", 400),
]


def told(life: Life, outcome: ContactOutcome) -> None:
    life.do(contacts.report, Channel.CALL, outcome, "", life.now_s)


@pytest.mark.parametrize("outcome", [ContactOutcome.REFUSED, ContactOutcome.UNREACHABLE])
def test_nine_minutes_without_an_answer_raise_the_answer_by_one(outcome):
    """The shopkeeper hangs up and is engaged: from a neighbour to an officer."""
    life = Life.begin(an_alert(Tier.MEDIUM), PEOPLE)
    told(life, outcome)
    life.wait(539)
    assert life.case.incident.answer_tier is Tier.MEDIUM
    life.wait(2)
    incident = life.case.incident
    assert (incident.tier, incident.answer_tier) == (Tier.MEDIUM, Tier.HIGH)
    assert "officer1" in life.asked()
    assert life.last("incident.answer_raised").data == {
        "was": "medium",
        "answer_tier": "high",
        "reason": "not_reached",
    }


def test_the_answer_is_raised_by_one_and_not_by_one_each_time():
    """Half an hour unreachable is still one tier above the alert's; the calling goes on."""
    life = Life.begin(an_alert(Tier.LOW), PEOPLE)
    life.wait(4 * 540)
    assert life.case.incident.answer_tier is Tier.MEDIUM
    assert life.types("contact.overdue") == ["contact.overdue"] * 4
    assert DeadlineKind.CONTACT in life.waits_for()


def test_each_call_says_which_one_it_is():
    """The first, the second, the third; and one that is a new story is the first again."""
    life = Life.begin(an_alert(Tier.CRITICAL), PEOPLE)
    life.wait(3 * 540 + 1)

    def attempts() -> list[int]:
        return [one.data["attempt"] for one in life.history if one.type == "contact.requested"]

    assert attempts() == [n for n in (1, 2, 3, 4) for _ in ("message", "voice", "call")]
    told(life, ContactOutcome.ANSWERED)
    life.do(closing.close, ClosingReason.FALSE_ALARM, "", None)
    life.do(closing.reopen, "the son called")
    assert attempts()[12:] == [1, 1, 1]


def test_another_channel_is_asked_for_as_the_same_attempt():
    """The answer is raised by the call that was not answered: all channels are at the second."""
    life = Life.begin(an_alert(Tier.MEDIUM), PEOPLE)
    life.wait(541)
    asked = [one.data for one in life.history if one.type == "contact.requested"]
    assert [(one["channel"], one["attempt"]) for one in asked] == [
        ("call", 1),
        ("call", 2),
        ("message", 2),
    ]


def test_nothing_is_above_critical():
    """The calling goes on."""
    life = Life.begin(an_alert(Tier.CRITICAL), PEOPLE)
    life.wait(600)
    assert life.case.incident.answer_tier is Tier.CRITICAL
    assert "incident.answer_raised" not in life.types()
    assert "contact.overdue" in life.types()


def test_whoever_answers_is_not_called_any_more_but_is_visited_all_the_same():
    """She says that she is not being cheated, and hangs up."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    life.wait(29)
    told(life, ContactOutcome.ANSWERED)
    assert life.case.incident.first_contact_at_s == EVENING_S + 29
    assert DeadlineKind.CONTACT not in life.waits_for()
    assert "officer1" in life.asked()
    life.wait(600)
    assert life.case.incident.answer_tier is Tier.HIGH


def test_the_first_answer_is_the_earliest_whatever_order_the_reports_come_in():
    """Channels report when they like, and never later than now."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    life.wait(100)
    life.do(contacts.report, Channel.CALL, ContactOutcome.ANSWERED, "", life.now_s + 50)
    assert life.case.incident.first_contact_at_s == EVENING_S + 100
    life.do(contacts.report, Channel.VOICE, ContactOutcome.ANSWERED, "", EVENING_S + 40)
    assert life.case.incident.first_contact_at_s == EVENING_S + 40


def test_a_tier_without_a_visit_is_done_with_the_answer():
    """Low: a message, and somebody has read it."""
    life = Life.begin(an_alert(Tier.LOW), PEOPLE)
    told(life, ContactOutcome.ANSWERED)
    incident = life.case.incident
    assert (incident.state, incident.closing_reason) == (
        IncidentState.CLOSED,
        ClosingReason.CONTACTED,
    )
    assert not life.pending


def test_while_the_place_is_unknown_an_answer_does_not_end_the_calling():
    """They have not said where they are; the answer is not raised, for they were reached."""
    life = Life.begin(an_alert(Tier.MEDIUM, ()), PEOPLE)
    told(life, ContactOutcome.ANSWERED)
    life.wait(541)
    assert life.last("contact.overdue").data["reason"] == "place_unknown"
    assert life.last("contact.requested").data["reason"] == "place_unknown"
    assert life.case.incident.answer_tier is Tier.MEDIUM
    assert DeadlineKind.CONTACT in life.waits_for()


def test_nobody_is_called_who_has_somebody_in_front_of_them():
    """Until nobody was found there: then it is asked for at once."""
    life = Life.begin(an_alert(Tier.HIGH), PEOPLE)
    officer, neighbour = life.sent("officer1"), life.sent("grid1")
    life.do(visits.accept, officer)
    life.do(visits.accept, neighbour)
    life.do(visits.arrive, neighbour)
    assert DeadlineKind.CONTACT not in life.waits_for()
    life.do(visits.report, neighbour, VisitOutcome.NOT_FOUND, "", None)
    life.do(visits.report, officer, VisitOutcome.NOT_FOUND, "", None)
    assert life.last("contact.requested").data["reason"] == "not_found"
    assert DeadlineKind.CONTACT in life.waits_for()


def test_another_channel_gives_the_victim_no_more_time():
    """The nine minutes run from the first call."""
    life = Life.begin(an_alert(Tier.MEDIUM), PEOPLE)
    life.wait(500)
    life.do(alerts.join, an_alert(Tier.HIGH), AREA)
    life.wait(41)
    assert life.case.incident.answer_tier is Tier.CRITICAL


def test_a_report_after_the_end_is_kept_and_changes_nothing():
    """The record is whole; the case is closed."""
    life = Life.begin(an_alert(Tier.LOW), PEOPLE)
    told(life, ContactOutcome.ANSWERED)
    told(life, ContactOutcome.UNREACHABLE)
    assert life.types("contact.reported") == ["contact.reported"] * 2
    assert life.case.incident.state is IncidentState.CLOSED
