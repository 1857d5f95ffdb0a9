"""What is left of an assignment for its unit, without HTTP."""

from __future__ import annotations

from msgspec import UNSET

from dispatch.incidents import closing, evidence, visits
from dispatch.incidents.words import ClosingReason, IncidentState, Purpose, VisitOutcome
from services.incidents.unit_view import (
    NOT_NEEDED,
    REPORTED,
    assigned_incident,
    over_answer,
    still_needed,
)
from tests.dispatch.incidents.life import Life, Person, an_alert

GRID = "wanzhou/longbao/v1/g7"
WEEK_S = 7 * 86_400


def followed_up() -> Life:
    """Dissuaded by an officer, who has proved it; a grid worker is near."""
    life = Life.begin(
        an_alert(), [Person("officer", "officer", 60), Person("grid", "grid_worker", 90, GRID)]
    )
    officer = life.sent("officer")
    life.do(visits.accept, officer)
    life.do(visits.report, officer, VisitOutcome.DISSUADED, "", None)
    life.do(evidence.receive, officer, "e1", f"{1:064}", 9_000, "video/mp4")
    return life


def test_whoever_follows_up_is_told_all_while_they_go_and_nothing_after():
    """The incident is not open to new alerts by then, and yet somebody goes there. A follow-up
    wants no evidence."""
    life = followed_up()
    life.wait(WEEK_S + 1)
    (one,) = life.case.live()
    assert (one.purpose, life.case.incident.state) == (
        Purpose.FOLLOW_UP,
        IncidentState.FOLLOWING_UP,
    )
    assert still_needed(life.case, one)
    assert assigned_incident(life.case.incident).places
    life.do(visits.accept, one)
    life.do(visits.report, one, VisitOutcome.DISSUADED, "", None)
    assert not still_needed(life.case, one)
    told = over_answer(life.case, one)
    assert (told.sentence, told.assignment.evidence_count) == (NOT_NEEDED, UNSET)


def test_evidence_of_a_visit_can_be_sent_until_the_case_is_closed():
    """More of it, too, once some is in."""
    life = followed_up()
    officer = life.sent("officer")
    told = over_answer(life.case, officer)
    assert (told.sentence, told.assignment.evidence_count) == (REPORTED, 1)
    assert told.assignment.evidence_due_at is not None
    life.do(closing.close, ClosingReason.DISSUADED, "", None)
    assert over_answer(life.case, officer).assignment.evidence_count is UNSET


def test_evidence_of_an_earlier_visit_is_not_awaited():
    """The time until which it is due is that of the visit now under way."""
    life = followed_up()
    officer = life.sent("officer")
    life.do(evidence.judge, "e1", False, "dark")
    assert life.case.incident.visit_number == 2
    told = over_answer(life.case, officer).assignment
    assert (told.evidence_due_at, told.evidence_count) == (None, 1)
