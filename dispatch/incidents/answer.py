"""How an incident is answered: as which tier, by which channels, with or without a second line."""

from __future__ import annotations

from dispatch.incidents import progress
from dispatch.incidents.case import Case
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import ask_contact, ask_intelligence
from dispatch.incidents.words import AssignmentState, Tier


def face_to_face(case: Case) -> bool:
    """Whether somebody stands in front of the victim now."""
    return any(True for _ in case.in_state(AssignmentState.ON_SCENE))


def begin(case: Case, policy: Policy, now_s: float) -> None:
    """Do at once what the tier asks for: channels, second line, and somebody to go."""
    incident = case.incident
    answer = policy.of(incident.answer_tier)
    ask_contact(case, policy, now_s, "alert")
    if answer.intelligence:
        ask_intelligence(case, now_s, "alert")
    progress.settle(case, policy, now_s)


def answer_as(case: Case, tier: Tier, policy: Policy, now_s: float, reason: str) -> None:
    """Answer as a more urgent tier from now on, and do what it asks for beyond the last one."""
    incident = case.incident
    before, after = policy.of(incident.answer_tier), policy.of(tier)
    if tier <= incident.answer_tier:
        return
    incident.answer_tier = tier
    more = tuple(entry for entry in after.contact_at_once if entry not in before.contact_at_once)
    calling = incident.contact_asked_at_s is not None
    if incident.state in progress.CALLING and not face_to_face(case) and (more or calling):
        ask_contact(case, policy, now_s, reason, more)
    if after.intelligence and not before.intelligence:
        ask_intelligence(case, now_s, reason)
    progress.settle(case, policy, now_s)
