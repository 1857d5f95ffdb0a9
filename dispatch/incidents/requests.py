"""What an incident asks for: somebody to go, the victim to be called, a second line, a proof."""

from __future__ import annotations

from dispatch.incidents.case import Case
from dispatch.incidents.needs import needs
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import Channel, DeadlineKind


def call_for_staff(case: Case, policy: Policy, now_s: float) -> None:
    """Have somebody offered at once, where more are to be asked."""
    if needs(case, policy):
        case.cancel_deadlines(DeadlineKind.STAFF)
        case.set_deadline(DeadlineKind.STAFF, now_s)


def ask_contact(
    case: Case,
    policy: Policy,
    now_s: float,
    reason: str,
    channels: tuple[Channel, ...] | None = None,
    *,
    again: bool = False,
) -> None:
    """Ask the centre's own systems to reach the victim, and be told if they do not in time.

    ``channels`` are those of the tier unless said. Whoever is being called already stays so: a
    second channel does not give the victim more time. ``again``: they were called and not reached.
    """
    incident = case.incident
    answer = policy.of(incident.answer_tier)
    if again:
        incident.contact_attempt += 1
    elif incident.contact_asked_at_s is None:
        incident.contact_attempt = 1
    for channel in answer.contact_at_once if channels is None else channels:
        case.happened(
            "contact.requested",
            now_s,
            channel=channel.value,
            reason=reason,
            attempt=incident.contact_attempt,
            within_s=answer.contact_within_s,
        )
    if incident.contact_asked_at_s is None:
        incident.contact_asked_at_s = now_s
    case.cancel_deadlines(DeadlineKind.CONTACT)
    case.set_deadline(
        DeadlineKind.CONTACT, max(now_s, incident.contact_asked_at_s + answer.contact_within_s)
    )


def ask_intelligence(case: Case, now_s: float, reason: str) -> None:
    """Ask the station for a second line beside the visit (双线并行)."""
    area = case.incident.area
    case.happened(
        "intelligence.requested",
        now_s,
        station=area.station,
        district=area.district,
        reason=reason,
    )


def await_evidence(case: Case, due_at_s: float, now_s: float) -> None:
    """Be told when the proof of this visit is overdue."""
    case.incident.evidence_due_at_s = due_at_s
    case.cancel_deadlines(DeadlineKind.EVIDENCE)
    case.set_deadline(
        DeadlineKind.EVIDENCE, max(due_at_s, now_s), number=case.incident.visit_number
    )
