"""Alerts: they open an incident or join it, tell where the victim is, and set the tier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import answer, ending, progress
from dispatch.incidents.case import Alert, Area, Case, Incident
from dispatch.incidents.moving import places_told, take_place
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import (
    DeadlineKind,
    IncidentState,
    MoneyState,
    Tier,
)
from dispatch.question import CandidatePlace

_MONEY_ORDER = {state: order for order, state in enumerate(MoneyState)}
"""The words are in the order in which money leaves a victim."""


def open_case(
    alert: Alert,
    area: Area,
    policy: Policy,
    now_s: float,
    incident_id: str,
    new_id: Callable[[], str],
) -> Case:
    """A new case of one alert: contact is asked for, the second line too, and somebody to go."""
    wants_visit = policy.of(alert.tier).wants_visit
    if not wants_visit:
        state = IncidentState.CONTACTING
    else:
        state = IncidentState.RESPONDING if alert.places else IncidentState.LOCATING
    incident = Incident(
        incident_id=incident_id,
        area=area,
        victim_ref=alert.victim_ref,
        state=state,
        tier=alert.tier,
        answer_tier=alert.tier,
        source=alert.source,
        opened_at_s=now_s,
        at_counter=alert.at_counter,
        places=alert.places,
        placed_at_s=now_s if alert.places else None,
        address_text=alert.address_text,
        amount_yuan=alert.amount_yuan,
        money_state=alert.money_state,
        fraud_type=alert.fraud_type,
    )
    _tell_note(incident, alert)
    case = Case(incident, new_id)
    case.happened(
        "incident.opened",
        now_s,
        **told_of(alert),
        fraud_type=alert.fraud_type,
        address_text=alert.address_text,
    )
    answer.begin(case, policy, now_s)
    return case


def join(case: Case, alert: Alert, area: Area | None, policy: Policy, now_s: float) -> None:
    """Take another alert about the victim into the incident.

    It can raise the tier and never lowers it, and tells of money that has moved. It gives a place
    to an incident that has none; of one that has a place only a bank's alarm changes it, for the
    victim stands at the counter now (see ``moving``). ``area`` is where the alert's places lie.

    After a visit that worked, it is another emergency: the victim is called and visited anew, as
    the tier asks. Where visits have failed and a person must decide, a worse alert, money that has
    moved, or a bank's alarm is reason enough to send somebody.
    """
    incident = case.incident
    if not incident.is_open:
        raise ConflictError(
            "The incident is not open any more: an alert about the victim opens a new one."
        )
    incident.alert_count += 1
    seen = alert.is_alarm and alert.places != incident.places
    takes = bool(alert.places) and (seen or not incident.places)
    used = "used" if takes or alert.places == incident.places else "kept"
    case.happened(
        "alert.joined",
        now_s,
        **told_of(alert),
        place=used if alert.places else "none",
        assignments=_live_ids(case),
    )
    incident.address_text = incident.address_text or alert.address_text
    incident.fraud_type = incident.fraud_type or alert.fraud_type
    _tell_note(incident, alert)
    money_moved = _note_money(case, alert.money_state, alert.amount_yuan, now_s)
    if alert.tier < incident.tier:
        tier = incident.tier.word
        case.happened("incident.tier_kept", now_s, alert_id=alert.alert_id, tier=tier)
    moved = False
    if takes:
        incident.address_text = alert.address_text or incident.address_text
        moved = take_place(case, alert.places, area, policy, now_s, seen=alert.is_alarm)
    raised = alert.tier > incident.tier
    if raised:
        _raise(case, alert.tier, policy, now_s, "alert")
    if incident.state is IncidentState.VISITED:
        progress.start_over(case, "new_alert", policy, now_s)
    elif raised or money_moved or moved or alert.is_alarm:
        progress.decide(case, "new_alert", policy, now_s)
    elif takes:
        progress.settle(case, policy, now_s)


def place(
    case: Case,
    places: Sequence[CandidatePlace],
    area: Area | None,
    policy: Policy,
    now_s: float,
) -> None:
    """Tell where the victim is, or that they are elsewhere; dispatch starts with the first place.

    Whoever is on the way goes there, and whoever was on scene elsewhere (see ``moving``). An
    incident whose place lies in another centre goes over to it, unless somebody of this one is
    live.
    """
    incident = case.incident
    _must_be_open(incident)
    if not places:
        raise IncidentError("Tell at least one place where the victim may be.")
    if tuple(places) == incident.places and area in (None, incident.area):
        return
    take_place(case, tuple(places), area, policy, now_s)
    if incident.unresolved_since_s is None:
        progress.settle(case, policy, now_s)
    else:
        progress.decide(case, "new_place", policy, now_s)


def set_tier(case: Case, tier: Tier, reason: str, policy: Policy, now_s: float) -> None:
    """Raise the tier, or lower it with a reason; a dispatcher's decision."""
    incident = case.incident
    _must_be_open(incident)
    if tier == incident.tier == incident.answer_tier:
        return
    if tier >= incident.answer_tier or tier > incident.tier:
        _raise(case, tier, policy, now_s, reason)
        progress.decide(case, "tier_raised", policy, now_s)
        return
    if not reason.strip():
        raise IncidentError("Lowering the tier needs a reason.")
    was = incident.tier
    incident.tier = incident.answer_tier = tier
    case.happened(
        "incident.tier_lowered",
        now_s,
        was=was.word,
        tier=tier.word,
        answer_tier=tier.word,
        reason=reason,
    )
    if not policy.of(tier).wants_visit and incident.visit_number == 1:
        ending.stand_down_all(case, case.live(), "tier_lowered", now_s)
        case.cancel_deadlines(DeadlineKind.STAFF)
    progress.settle(case, policy, now_s)


def _raise(case: Case, tier: Tier, policy: Policy, now_s: float, reason: str) -> None:
    incident = case.incident
    was, incident.tier = incident.tier, tier
    case.happened(
        "incident.tier_raised",
        now_s,
        was=was.word,
        tier=tier.word,
        answer_tier=max(tier, incident.answer_tier).word,
        reason=reason,
    )
    answer.answer_as(case, tier, policy, now_s, "tier_raised")


def _note_money(
    case: Case, state: MoneyState | None, amount_yuan: float | None, now_s: float
) -> bool:
    """Take over what is worse than known; whether the money has moved on. Told for the first time
    that it is not in the account any more, it has."""
    incident = case.incident
    was = incident.money_state
    moved = state is not None and (was is None or _MONEY_ORDER[state] > _MONEY_ORDER[was])
    more = amount_yuan is not None and amount_yuan > (incident.amount_yuan or 0.0)
    if moved:
        incident.money_state = state
    if more:
        incident.amount_yuan = amount_yuan
    if moved or more:
        case.happened(
            "incident.money_changed",
            now_s,
            was=was,
            money_state=incident.money_state,
            amount_yuan=incident.amount_yuan,
            assignments=_live_ids(case),
        )
    return moved and (was is not None or state is not MoneyState.IN_ACCOUNT)


def _tell_note(incident: Incident, alert: Alert) -> None:
    """What the teller writes is for those who go."""
    if alert.is_alarm and alert.note.strip() and alert.note not in incident.findings:
        incident.findings += (alert.note,)


def told_of(alert: Alert) -> dict[str, Any]:
    """What an alert says, as members of an event."""
    return {
        "alert_id": alert.alert_id,
        "source": alert.source.value,
        "tier": alert.tier.word,
        "amount_yuan": alert.amount_yuan,
        "money_state": alert.money_state,
        "places": places_told(alert.places),
        "branch_id": alert.branch_id,
        "note": alert.note,
    }


def _live_ids(case: Case) -> list[str]:
    return [entry.assignment_id for entry in case.live()]


def _must_be_open(incident: Incident) -> None:
    if not incident.is_open:
        raise ConflictError(
            f"The incident is {incident.state.value}: reopen it first, if there is need."
        )
