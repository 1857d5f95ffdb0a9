"""What a caller, and a reader of events, sees of an incident and of an assignment."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dispatch.incidents.case import Assignment, Case, Evidence, Incident
from services.views import moment


class IncidentPlace(Struct, kw_only=True):
    """One place where the victim may be, WGS-84."""

    lon: float
    lat: float
    accuracy_m: float
    weight: float


class IncidentEvidence(Struct, kw_only=True):
    """Proof of a visit; ``GET /v1/evidence/{id}`` gives the file."""

    id: str
    assignment_id: str
    visit_number: int
    received_at: datetime
    sha256: str
    size_bytes: int
    media_type: str
    convincing: bool | None
    """None: not judged; it stands until somebody says that it does not convince."""
    note: str


class IncidentView(Struct, kw_only=True):
    """One victim's case."""

    id: str
    jurisdiction: str
    district: str | None
    station: str | None
    village: str | None
    grid: str | None
    victim_ref: str
    state: str
    tier: str
    answer_tier: str
    """How it is answered: the tier, or more urgent."""
    source: str
    opened_at: datetime
    places: list[IncidentPlace]
    placed_at: datetime | None
    address_text: str
    amount_yuan: float | None
    money_state: str | None
    fraud_type: str
    alert_count: int
    visit_number: int
    contact_asked_at: datetime | None
    first_contact_at: datetime | None
    first_face_at: datetime | None
    dissuaded_at: datetime | None
    evidence_due_at: datetime | None
    evidence_in_time: bool | None
    evidence: list[IncidentEvidence]
    findings: list[str]
    unresolved_since: datetime | None
    """Since when a person must decide: as many visits as the policy allows did not work."""
    outcome: str | None
    closing_reason: str | None
    closing_note: str
    closed_at: datetime | None
    amount_kept_yuan: float | None
    follow_ups_planned: int
    follow_ups_done: int
    version: int
    """Rises with every change that is told; the ETag is made of it."""


class AssignmentView(Struct, kw_only=True):
    """One responder sent to one incident."""

    id: str
    incident_id: str
    responder_id: str
    jurisdiction: str
    """The responder's own."""
    kind: str
    mode: str
    role: str
    purpose: str
    visit_number: int
    state: str
    offered_at: datetime
    acknowledge_by: datetime
    offered_eta_s: float
    distance_m: float
    expected_at: datetime
    promised_at: datetime | None
    accepted_at: datetime | None
    departed_at: datetime | None
    arrived_at: datetime | None
    reported_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    decline_reason: str
    note: str
    late: bool
    off_route: bool
    evidence_count: int
    replaces: str | None
    """Id of the assignment that was declined or not answered, and that this one stands in for."""


def incident_view(incident: Incident) -> IncidentView:
    """An incident as it is shown."""
    area = incident.area
    return IncidentView(
        id=incident.incident_id,
        jurisdiction=area.jurisdiction,
        district=area.district,
        station=area.station,
        village=area.village,
        grid=area.grid,
        victim_ref=incident.victim_ref,
        state=incident.state.value,
        tier=incident.tier.word,
        answer_tier=incident.answer_tier.word,
        source=incident.source.value,
        opened_at=moment(incident.opened_at_s),
        places=[
            IncidentPlace(
                lon=round(place.lon, 7),
                lat=round(place.lat, 7),
                accuracy_m=place.accuracy_m,
                weight=place.weight,
            )
            for place in incident.places
        ],
        placed_at=_moment(incident.placed_at_s),
        address_text=incident.address_text,
        amount_yuan=incident.amount_yuan,
        money_state=_word(incident.money_state),
        fraud_type=incident.fraud_type,
        alert_count=incident.alert_count,
        visit_number=incident.visit_number,
        contact_asked_at=_moment(incident.contact_asked_at_s),
        first_contact_at=_moment(incident.first_contact_at_s),
        first_face_at=_moment(incident.first_face_at_s),
        dissuaded_at=_moment(incident.dissuaded_at_s),
        evidence_due_at=_moment(incident.evidence_due_at_s),
        evidence_in_time=incident.evidence_in_time,
        evidence=[evidence_view(one) for one in incident.evidence],
        findings=list(incident.findings),
        unresolved_since=_moment(incident.unresolved_since_s),
        outcome=_word(incident.outcome),
        closing_reason=_word(incident.closing_reason),
        closing_note=incident.closing_note,
        closed_at=_moment(incident.closed_at_s),
        amount_kept_yuan=incident.amount_kept_yuan,
        follow_ups_planned=incident.follow_ups_planned,
        follow_ups_done=incident.follow_ups_done,
        version=incident.version,
    )


def assignment_view(assignment: Assignment, incident_id: str) -> AssignmentView:
    """An assignment as it is shown. Where its responder stood is not: positions expire."""
    return AssignmentView(
        id=assignment.assignment_id,
        incident_id=incident_id,
        responder_id=assignment.responder_id,
        jurisdiction=assignment.jurisdiction,
        kind=assignment.kind,
        mode=assignment.mode,
        role=assignment.role.value,
        purpose=assignment.purpose.value,
        visit_number=assignment.visit_number,
        state=assignment.state.value,
        offered_at=moment(assignment.offered_at_s),
        acknowledge_by=moment(assignment.acknowledge_by_s),
        offered_eta_s=round(assignment.offered_eta_s, 1),
        distance_m=round(assignment.distance_m, 1),
        expected_at=moment(assignment.expected_at_s),
        promised_at=_moment(assignment.promised_at_s),
        accepted_at=_moment(assignment.accepted_at_s),
        departed_at=_moment(assignment.departed_at_s),
        arrived_at=_moment(assignment.arrived_at_s),
        reported_at=_moment(assignment.reported_at_s),
        ended_at=_moment(assignment.ended_at_s),
        outcome=_word(assignment.outcome),
        decline_reason=assignment.decline_reason,
        note=assignment.note,
        late=assignment.late,
        off_route=assignment.off_route,
        evidence_count=assignment.evidence_count,
        replaces=assignment.replaces,
    )


def assignment_views(case: Case) -> list[AssignmentView]:
    """All assignments of a case, oldest first."""
    incident_id = case.incident.incident_id
    return [assignment_view(one, incident_id) for one in case.assignments.values()]


def evidence_view(evidence: Evidence) -> IncidentEvidence:
    return IncidentEvidence(
        id=evidence.evidence_id,
        assignment_id=evidence.assignment_id,
        visit_number=evidence.visit_number,
        received_at=moment(evidence.received_at_s),
        sha256=evidence.sha256_hex,
        size_bytes=evidence.size_bytes,
        media_type=evidence.media_type,
        convincing=evidence.convincing,
        note=evidence.note,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else moment(seconds)


def _word(value: str | None) -> str | None:
    return None if value is None else str(value)
