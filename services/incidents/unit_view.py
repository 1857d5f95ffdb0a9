"""What a unit is told: what it needs for what it still has to do, and no more.

While the assignment is live, where to go and what it is about. After the report, what it takes to
send evidence. When the assignment has gone to others or the incident is closed, that nobody is
waited for any more. A link is valid for days, and phones are lost; so the victim's place, the sum
and the findings are there only as long as somebody is on their way to them.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from dispatch.incidents.case import Assignment, Case, Incident
from dispatch.incidents.words import AssignmentState, IncidentState, Purpose
from services.incidents.views import IncidentPlace, incident_view


class AssignedIncident(Struct, kw_only=True):
    """What a unit is told of the incident: where, what, how urgent; not who is concerned."""

    id: str
    state: str
    tier: str
    answer_tier: str
    places: list[IncidentPlace]
    address_text: str
    amount_yuan: float | None
    money_state: str | None
    fraud_type: str
    visit_number: int
    evidence_due_at: datetime | None


class OverAssignment(Struct, kw_only=True):
    """What is left of an assignment for its unit."""

    id: str
    state: str
    evidence_due_at: datetime | UnsetType | None = UNSET
    """Only after the report of a visit: until when the proof of it should be in; null: it is not
    awaited any more, and taken all the same."""
    evidence_count: int | UnsetType = UNSET
    """Only after the report of a visit: files of proof that are in."""


class Sentence(Struct, kw_only=True):
    """The same in both languages."""

    zh: str
    en: str


class OverAnswer(Struct, kw_only=True):
    """What a unit is told once it has nobody to go to any more."""

    assignment: OverAssignment
    sentence: Sentence


NOT_NEEDED = Sentence(
    zh="此次派警已结束，无需前往。", en="You are not needed here any more: the assignment is over."
)
REPORTED = Sentence(
    zh="已收到报告，请上传执法记录仪视频。",
    en="Your report is in; send the evidence of the visit.",
)


def still_needed(case: Case, assignment: Assignment) -> bool:
    """Whether the unit is on its way to the victim, or may be."""
    return assignment.live and case.incident.state is not IncidentState.CLOSED


def assigned_incident(incident: Incident) -> AssignedIncident:
    """An incident as a unit on its way to it sees it."""
    view = incident_view(incident)
    return AssignedIncident(**{name: getattr(view, name) for name in _ASSIGNED_FIELDS})


def over_answer(case: Case, assignment: Assignment) -> OverAnswer:
    """What the unit of an assignment that is over is told."""
    over = OverAssignment(id=assignment.assignment_id, state=assignment.state.value)
    incident = case.incident
    over_for_good = (
        incident.state is IncidentState.CLOSED or assignment.purpose is Purpose.FOLLOW_UP
    )
    if over_for_good or assignment.state is not AssignmentState.REPORTED:
        return OverAnswer(assignment=over, sentence=NOT_NEEDED)
    current = assignment.visit_number == incident.visit_number
    over.evidence_due_at = incident_view(incident).evidence_due_at if current else None
    over.evidence_count = assignment.evidence_count
    return OverAnswer(assignment=over, sentence=REPORTED)


_ASSIGNED_FIELDS = AssignedIncident.__struct_fields__
