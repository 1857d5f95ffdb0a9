"""Reaching the victim without going there: what is reported back, and what if it takes too long."""

from __future__ import annotations

from dispatch.incidents import answer
from dispatch.incidents.case import Case
from dispatch.incidents.ending import end
from dispatch.incidents.policy import Policy
from dispatch.incidents.progress import CALLING
from dispatch.incidents.requests import ask_contact
from dispatch.incidents.words import (
    Channel,
    ClosingReason,
    ContactOutcome,
    DeadlineKind,
    IncidentState,
)


def report(
    case: Case,
    channel: Channel,
    outcome: ContactOutcome,
    note: str,
    at_s: float,
    policy: Policy,
    now_s: float,
) -> None:
    """Note how an attempt to reach the victim ended, at a time that is not later than now.

    Whoever answers is not called any more, but a visit that is wanted is made all the same: the
    phone fails on exactly the people who need the visit. While nobody knows where the victim is,
    calling goes on after an answer too. A tier that wants no visit is done with the answer.
    """
    incident = case.incident
    at_s = min(at_s, now_s)
    case.happened("contact.reported", at_s, channel=channel.value, outcome=outcome.value, note=note)
    if outcome is not ContactOutcome.ANSWERED:
        return
    if incident.first_contact_at_s is None or at_s < incident.first_contact_at_s:
        incident.first_contact_at_s = at_s
    if incident.state not in CALLING:
        return
    incident.contact_asked_at_s = None
    case.cancel_deadlines(DeadlineKind.CONTACT)
    if incident.state is IncidentState.CONTACTING:
        end(case, ClosingReason.CONTACTED, "", now_s)
    elif incident.state is IncidentState.LOCATING:
        ask_contact(case, policy, now_s, "place_unknown", channels=())


def overdue(case: Case, policy: Policy, now_s: float) -> None:
    """The victim was not reached in time: the incident is answered one tier higher than its own,
    and they are called again, until they answer or somebody is with them."""
    incident = case.incident
    asked_at_s = incident.contact_asked_at_s
    if incident.state not in CALLING or asked_at_s is None:
        return
    due_at_s = asked_at_s + policy.of(incident.answer_tier).contact_within_s
    if now_s < due_at_s:  # they were called again since, or the policy has another time now
        case.cancel_deadlines(DeadlineKind.CONTACT)
        case.set_deadline(DeadlineKind.CONTACT, due_at_s)
        return
    reached = incident.first_contact_at_s is not None and incident.first_contact_at_s <= asked_at_s
    reason = "place_unknown" if reached and not incident.places else "not_reached"
    case.happened("contact.overdue", now_s, asked_at_s=asked_at_s, reason=reason)
    incident.contact_asked_at_s = None
    ask_contact(case, policy, now_s, reason, again=True)
    higher = incident.tier.raised
    if reason == "not_reached" and higher > incident.answer_tier:
        case.happened(
            "incident.answer_raised",
            now_s,
            was=incident.answer_tier.word,
            answer_tier=higher.word,
            reason=reason,
        )
        answer.answer_as(case, higher, policy, now_s, reason)
