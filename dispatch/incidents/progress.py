"""How an incident goes on: who is stood down, whether the visit worked, and what comes next.

Commands call :func:`settle` after anything about a visit has changed. It is here that nobody is
forgotten: an incident that wants a visit leaves every command with somebody live, with a deadline
that will bring it up again, or with the centre told that it must decide.
"""

from __future__ import annotations

from dispatch.incidents import wants
from dispatch.incidents.case import Case
from dispatch.incidents.ending import end, stand_down_all
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import ask_contact, await_evidence, call_for_staff
from dispatch.incidents.words import (
    AssignmentState,
    ClosingReason,
    DeadlineKind,
    IncidentState,
    Role,
    VisitOutcome,
)

WEEK_S = 7 * 86_400.0
CALLING = (IncidentState.LOCATING, IncidentState.CONTACTING, IncidentState.RESPONDING)
"""States in which the victim may have to be reached without going there."""


def verdict(case: Case, visit_number: int | None = None) -> tuple[VisitOutcome, Role] | None:
    """What a visit has come to so far, the one that is being made unless another is named, and as
    what they were sent who say so.

    The word of police outweighs that of others, whoever met the victim outweighs whoever found
    nobody, and a later word an earlier one. What was said where the victim is not any more says
    nothing of where they are. None: nobody has reported.
    """
    said = [
        entry
        for entry in wants.of_visit(case, visit_number)
        if entry.outcome is not None and not entry.elsewhere
    ]
    if not said:
        return None
    last = max(
        said,
        key=lambda entry: (
            entry.outcome is not VisitOutcome.NOT_FOUND,
            entry.role is Role.ENFORCEMENT,
            entry.reported_at_s or 0.0,
        ),
    )
    assert last.outcome is not None
    return last.outcome, last.role


def settle(case: Case, policy: Policy, now_s: float) -> None:
    """Draw the conclusion from what is known, and from what those of the visit have done and said.

    1. Dissuaded, by police or with no police still to come: the visit worked.
    2. Reported otherwise, and nobody of this visit is live any more: another visit.
    3. Else the incident waits for a visit, for a place, or for the victim to be reached: whoever is
       missing is looked for, and the victim is called where nothing else goes on.
    """
    incident = case.incident
    if incident.state not in CALLING:
        return
    visit = wants.of_visit(case)
    since_s = incident.unresolved_since_s
    if since_s is not None and not any((entry.reported_at_s or 0.0) > since_s for entry in visit):
        return  # a person must decide, and nothing new has been reported
    live = [entry for entry in visit if entry.live]
    said = verdict(case)
    if said is not None:
        outcome, role = said
        police_to_come = any(entry.role is Role.ENFORCEMENT for entry in live)
        if outcome is VisitOutcome.DISSUADED:
            if role is Role.ENFORCEMENT or not police_to_come:  # RULE 1
                conclude(case, policy, now_s)
                return
        elif not live:  # RULE 2
            order_visit(case, outcome.value, policy, now_s)
            return
    wants_visit = (  # RULE 3
        policy.of(incident.answer_tier).wants_visit
        or incident.visit_number > 1
        or bool(live)
        or said is not None
    )
    if not wants_visit:
        incident.state = IncidentState.CONTACTING
    elif not incident.places:
        incident.state = IncidentState.LOCATING
    else:
        incident.state = IncidentState.RESPONDING
    if incident.state is not IncidentState.RESPONDING and incident.contact_asked_at_s is None:
        reason = "place_unknown" if wants_visit else "no_visit"
        ask_contact(case, policy, now_s, reason)
    call_for_staff(case, policy, now_s)
    watch(case, policy, now_s)


def decide(case: Case, reason: str, policy: Policy, now_s: float) -> None:
    """Go on after a person, or a worse alert, has said something new about the incident.

    Where visits have failed or one has worked, that is a reason for another one; where somebody is
    asked or on the way, they do what there is to do.
    """
    incident = case.incident
    under_way = any(entry.live for entry in wants.of_visit(case))
    unresolved = incident.unresolved_since_s is not None and not under_way
    if incident.state is IncidentState.VISITED or unresolved:
        order_visit(case, reason, policy, now_s, by_a_person=True)
    else:
        settle(case, policy, now_s)


def conclude(case: Case, policy: Policy, now_s: float) -> None:
    """The victim is dissuaded: whoever is still on the way turns back, and the proof is awaited."""
    incident = case.incident
    incident.state = IncidentState.VISITED
    incident.outcome = VisitOutcome.DISSUADED
    incident.dissuaded_at_s = now_s
    incident.unresolved_since_s = None
    incident.contact_asked_at_s = None
    for kind in (DeadlineKind.STAFF, DeadlineKind.CONTACT, DeadlineKind.UNRESOLVED):
        case.cancel_deadlines(kind)
    stand_down_all(case, case.live(), "dissuaded", now_s)
    watch(case, policy, now_s)
    case.happened(
        "incident.dissuaded",
        now_s,
        visit_number=incident.visit_number,
        held_by=[entry.assignment_id for entry in case.live()],
    )
    if proof_stands(case) or not _wants_proof(case, policy):
        plan_follow_ups(case, policy, now_s)
    else:
        await_evidence(case, incident.evidence_due_at_s or now_s + policy.evidence_within_s, now_s)


def _wants_proof(case: Case, policy: Policy) -> bool:
    return policy.community_evidence or any(
        entry.role is Role.ENFORCEMENT and entry.arrived_at_s is not None
        for entry in wants.of_visit(case)
    )


def proof_stands(case: Case) -> bool:
    """Whether there is evidence of this visit that nobody has found wanting."""
    return any(
        entry.stands and entry.visit_number == case.incident.visit_number
        for entry in case.incident.evidence
    )


def plan_follow_ups(case: Case, policy: Policy, now_s: float) -> None:
    """The visit worked and is proven: what is left are the later visits, or nothing."""
    incident = case.incident
    case.cancel_deadlines(DeadlineKind.EVIDENCE)
    if not policy.follow_up_weeks:
        end(case, ClosingReason.DISSUADED, "", now_s)
        return
    incident.state = IncidentState.FOLLOWING_UP
    incident.follow_ups_planned = len(policy.follow_up_weeks)
    incident.follow_ups_done = incident.follow_up_settled = 0
    incident.follow_up_due = incident.follow_up_attempts = 0
    from_s = now_s if incident.dissuaded_at_s is None else incident.dissuaded_at_s
    due_at_s = [max(now_s, from_s + weeks * WEEK_S) for weeks in policy.follow_up_weeks]
    for number, due in enumerate(due_at_s, start=1):
        case.set_deadline(DeadlineKind.FOLLOW_UP, due, number=number)
    case.happened("follow_up.planned", now_s, due_at_s_all=due_at_s)


def order_visit(
    case: Case, reason: str, policy: Policy, now_s: float, *, by_a_person: bool = False
) -> None:
    """Send somebody else: nobody who was in front of the victim goes again.

    After ``visits_limit`` visits a person at the centre must decide instead, unless one just has.
    """
    incident = case.incident
    was = incident.state
    before = wants.of_visit(case)
    incident.visited_by += tuple(
        entry.key
        for entry in before
        if entry.arrived_at_s is not None and entry.key not in incident.visited_by
    )
    for kind in (DeadlineKind.STAFF, DeadlineKind.EVIDENCE, DeadlineKind.FOLLOW_UP):
        case.cancel_deadlines(kind)
    incident.dissuaded_at_s = None
    incident.follow_up_due = 0
    incident.state = IncidentState.RESPONDING
    said = verdict(case)
    incident.outcome = None if said is None else said[0]
    stand_down_all(case, case.live(), "another_visit", now_s)
    if incident.visit_number >= policy.visits_limit and not by_a_person:
        incident.unresolved_since_s = now_s
        tell_unresolved(case, reason, policy, now_s)
        watch(case, policy, now_s)
        return
    case.cancel_deadlines(DeadlineKind.UNRESOLVED)
    incident.unresolved_since_s = None
    incident.visit_anew = False
    incident.visit_number += 1
    incident.more_community = 0
    incident.refused_by = ()
    incident.evidence_due_at_s = None
    case.happened(
        "visit.ordered",
        now_s,
        visit_number=incident.visit_number,
        reason=reason,
        was=was.value,
    )
    if not incident.places:
        incident.state = IncidentState.LOCATING
    if reason == VisitOutcome.NOT_FOUND.value or not incident.places:
        ask_contact(case, policy, now_s, reason)
    call_for_staff(case, policy, now_s)
    watch(case, policy, now_s)


def start_over(case: Case, reason: str, policy: Policy, now_s: float) -> None:
    """Answer another emergency of a victim who was visited before: they are called and visited as
    the tier asks, and everybody may be sent, for whoever is nearest counts."""
    incident = case.incident
    order_visit(case, reason, policy, now_s, by_a_person=True)
    incident.visited_by = ()
    incident.visit_anew = True
    if incident.contact_asked_at_s is None:
        ask_contact(case, policy, now_s, reason)
    settle(case, policy, now_s)


def watch(case: Case, policy: Policy, now_s: float) -> None:
    """Keep an eye on a visit that is wanted and to which nobody has said yes."""
    incident = case.incident
    attended = (
        incident.state is not IncidentState.RESPONDING
        or incident.unresolved_since_s is not None
        or any(entry.state.going for entry in wants.of_visit(case))
    )
    if attended and incident.unattended_since_s is not None:
        incident.unattended_since_s = None
        case.cancel_deadlines(DeadlineKind.UNATTENDED)
    elif not attended and incident.unattended_since_s is None:
        incident.unattended_since_s = now_s
        case.set_deadline(DeadlineKind.UNATTENDED, now_s + policy.unattended_after_s)


def unattended_still(case: Case, policy: Policy, now_s: float) -> None:
    """Nobody has said yes: tell the centre, and ask again whoever merely let an offer pass."""
    incident = case.incident
    if incident.unattended_since_s is None:
        return
    visit = wants.of_visit(case)
    case.happened(
        "incident.unattended",
        now_s,
        since_s=incident.unattended_since_s,
        assignments=[entry.assignment_id for entry in visit if entry.live],
    )
    latest = {entry.key: entry.state for entry in visit}
    incident.refused_by = tuple(
        key for key in incident.refused_by if latest.get(key) is not AssignmentState.EXPIRED
    )
    case.cancel_deadlines(DeadlineKind.UNATTENDED)
    case.set_deadline(DeadlineKind.UNATTENDED, now_s + policy.unattended_after_s)
    call_for_staff(case, policy, now_s)


def tell_unresolved(case: Case, reason: str, policy: Policy, now_s: float) -> None:
    """Tell the centre that it must decide, now and again until it has."""
    incident = case.incident
    assert incident.unresolved_since_s is not None
    case.happened(
        "incident.unresolved",
        now_s,
        reason=reason,
        visits=incident.visit_number,
        since_s=incident.unresolved_since_s,
        attempt=1 + round((now_s - incident.unresolved_since_s) / policy.unresolved_every_s),
    )
    case.cancel_deadlines(DeadlineKind.UNRESOLVED)
    case.set_deadline(DeadlineKind.UNRESOLVED, now_s + policy.unresolved_every_s)


def unresolved_still(case: Case, policy: Policy, now_s: float) -> None:
    """The time for a decision has passed: tell again, unless somebody is going."""
    incident = case.incident
    if incident.unresolved_since_s is None or incident.state is not IncidentState.RESPONDING:
        return
    if any(case.live()):
        case.cancel_deadlines(DeadlineKind.UNRESOLVED)
        case.set_deadline(DeadlineKind.UNRESOLVED, now_s + policy.unresolved_every_s)
    else:
        tell_unresolved(case, "no_decision", policy, now_s)
