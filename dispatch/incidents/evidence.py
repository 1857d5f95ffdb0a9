"""Proof that a visit worked: received, judged, or not there in time."""

from __future__ import annotations

from dataclasses import replace

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import progress, wants
from dispatch.incidents.answer import face_to_face
from dispatch.incidents.case import Assignment, Case, Evidence
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import await_evidence
from dispatch.incidents.words import AssignmentState, IncidentState, Purpose, VisitOutcome


def receive(
    case: Case,
    assignment: Assignment,
    evidence_id: str,
    sha256_hex: str,
    size_bytes: int,
    media_type: str,
    policy: Policy,
    now_s: float,
) -> Evidence:
    """Take a file as proof of the assignment's visit; the evidence that it is.

    The same file of the same assignment again is the evidence that it was. It is taken from
    whoever accepted, whatever has become of the incident meanwhile: proof is never turned away. It
    stands until somebody judges that it does not convince.
    """
    incident = case.incident
    if assignment.accepted_at_s is None:
        raise ConflictError(
            "Evidence is taken from whoever accepted the assignment; this one was not accepted."
        )
    for known in incident.evidence:
        if (known.assignment_id, known.sha256_hex) == (assignment.assignment_id, sha256_hex):
            return known
    visit = assignment.purpose is not Purpose.FOLLOW_UP
    current = visit and assignment.visit_number == incident.visit_number
    due_at_s = incident.evidence_due_at_s
    in_time = current and (due_at_s is None or now_s <= due_at_s)
    evidence = Evidence(
        evidence_id=evidence_id,
        assignment_id=assignment.assignment_id,
        visit_number=assignment.visit_number if visit else 0,
        received_at_s=now_s,
        sha256_hex=sha256_hex,
        size_bytes=size_bytes,
        media_type=media_type,
    )
    incident.evidence += (evidence,)
    assignment.evidence_count += 1
    if visit and assignment.visit_number == 1 and incident.evidence_in_time is None:
        incident.evidence_in_time = in_time
    case.happened(
        "evidence.received",
        now_s,
        assignment,
        evidence_id=evidence_id,
        sha256=sha256_hex,
        size_bytes=size_bytes,
        media_type=media_type,
        in_time=in_time,
    )
    if current and incident.state is IncidentState.VISITED:
        progress.plan_follow_ups(case, policy, now_s)
    return evidence


def judge(
    case: Case, evidence_id: str, convincing: bool, note: str, policy: Policy, now_s: float
) -> None:
    """Say whether evidence shows that the visit worked.

    Where no proof of a visit stands any more, somebody else is sent. Where an earlier visit turns
    out to be proven after all, those sent because it was not turn back, unless one is with the
    victim already.
    """
    incident = case.incident
    found = next((one for one in incident.evidence if one.evidence_id == evidence_id), None)
    if found is None:
        raise IncidentError("The incident has no such evidence.")
    if found.convincing is convincing and found.note == note:
        return
    incident.evidence = tuple(
        replace(one, convincing=convincing, note=note) if one is found else one
        for one in incident.evidence
    )
    case.happened(
        "evidence.judged",
        now_s,
        case.assignments.get(found.assignment_id),
        evidence_id=evidence_id,
        convincing=convincing,
        note=note,
        was=found.convincing,
    )
    if found.visit_number == 0:
        return
    if convincing:
        _proven(case, found.visit_number, policy, now_s)
    elif found.visit_number == incident.visit_number and not progress.proof_stands(case):
        done = incident.state in (IncidentState.VISITED, IncidentState.FOLLOWING_UP)
        if done and case.open_elsewhere is None:
            progress.order_visit(case, "unconvincing_evidence", policy, now_s)


def overdue(case: Case, visit_number: int, policy: Policy, now_s: float) -> None:
    """No proof came in time: told, and once nobody is with the victim any more, another visit."""
    incident = case.incident
    if visit_number != incident.visit_number or progress.proof_stands(case):
        return
    live = [entry for entry in wants.of_visit(case) if entry.live]
    responding = incident.state is IncidentState.RESPONDING and live
    if not responding and incident.state is not IncidentState.VISITED:
        return
    due_at_s = incident.evidence_due_at_s
    if due_at_s is not None and now_s < due_at_s:  # police came since, and have as long again
        await_evidence(case, due_at_s, now_s)
        return
    there = [entry for entry in live if entry.state is AssignmentState.ON_SCENE]
    case.happened(
        "evidence.overdue",
        now_s,
        due_at_s=incident.evidence_due_at_s,
        held_by=[entry.assignment_id for entry in there],
    )
    if visit_number == 1 and incident.evidence_in_time is None:
        incident.evidence_in_time = False
    if responding or there:
        await_evidence(case, now_s + policy.evidence_within_s, now_s)
    else:
        progress.order_visit(case, "evidence_missing", policy, now_s)


def _proven(case: Case, visit_number: int, policy: Policy, now_s: float) -> None:
    incident = case.incident
    said = progress.verdict(case, visit_number)
    if said is None or said[0] is not VisitOutcome.DISSUADED:
        return
    if visit_number == incident.visit_number:
        if incident.state is IncidentState.VISITED:
            progress.plan_follow_ups(case, policy, now_s)
        return
    begun = progress.verdict(case) is not None or face_to_face(case)
    if incident.state is IncidentState.RESPONDING and not begun:
        progress.conclude(case, policy, now_s)
        progress.plan_follow_ups(case, policy, now_s)
