"""The figures and contributions again, in plain loops over the cases: slow and obvious."""

from __future__ import annotations

import math
from statistics import median
from typing import Any

from dispatch.incidents.case import Alert, Assignment, Incident
from dispatch.incidents.policy import Policies
from dispatch.incidents.words import (
    TIERS,
    AssignmentState,
    ClosingReason,
    IncidentState,
    Purpose,
    VisitOutcome,
)

Past = list[tuple[Incident, list[Assignment], list[Alert]]]
REFUSED = (AssignmentState.DECLINED, AssignmentState.EXPIRED)


def is_within(path: str, names: tuple[str, ...]) -> bool:
    return any(path == name or path.startswith(f"{name}/") for name in names)


def counted(past: Past, names: tuple[str, ...], from_s: float, to_s: float) -> Past:
    return [
        case
        for case in past
        if is_within(case[0].area.jurisdiction, names)
        and from_s <= case[0].opened_at_s < to_s
        and case[0].closing_reason is not ClosingReason.JOINED
    ]


def alerts_by(past: Past, names: tuple[str, ...], from_s: float, to_s: float, of: str) -> dict:
    counts: dict[Any, int] = {}
    for incident, _, alerts in past:
        for alert in alerts:
            inside = is_within(incident.area.jurisdiction, names)
            if inside and from_s <= alert.received_at_s < to_s:
                key = getattr(alert, of)
                counts[key] = counts.get(key, 0) + 1
    return counts


def spread(seconds: list[float]) -> dict[str, Any]:
    if not seconds:
        return {"count": 0, "median_s": None, "p90_s": None}
    ordered = sorted(seconds)
    place = 0.9 * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    p90_s = ordered[below] + (ordered[above] - ordered[below]) * (place - below)
    return {
        "count": len(ordered),
        "median_s": round(median(ordered), 3),
        "p90_s": round(p90_s, 3),
    }


def share(count: int, of: int) -> dict[str, Any]:
    return {"of": of, "count": count, "share": round(count / of, 6) if of else None}


def group(cases: list[Incident], policies: Policies, now_s: float) -> dict[str, Any]:
    """What IncidentFigures says of these incidents."""
    contact_s: list[float] = []
    face_s: list[float] = []
    contact_due = contact_in_time = face_due = face_in_time = 0
    for one in cases:
        target = policies.of(one.centre).of(one.answer_tier)
        end_s = now_s if one.closed_at_s is None else one.closed_at_s
        spoken = [t for t in (one.first_contact_at_s, one.first_face_at_s) if t is not None]
        limit_s = one.opened_at_s + target.contact_within_s
        if spoken:
            contact_s.append(min(spoken) - one.opened_at_s)
            contact_due += 1
            contact_in_time += min(spoken) <= limit_s
        elif end_s > limit_s:
            contact_due += 1
        if one.first_face_at_s is not None:
            face_s.append(one.first_face_at_s - one.opened_at_s)
        if not target.wants_visit:
            continue
        from_s = math.inf if one.placed_at_s is None else one.placed_at_s
        limit_s = from_s + target.visit_within_s
        if one.first_face_at_s is not None:
            face_due += 1
            face_in_time += one.first_face_at_s <= limit_s
        elif end_s > limit_s:
            face_due += 1
    real = [one for one in cases if one.closing_reason is not ClosingReason.FALSE_ALARM]
    met = [one for one in real if one.first_face_at_s is not None]
    proven = [one for one in real if one.evidence_in_time is not None]
    visited = [one for one in real if one.first_face_at_s is not None or one.visit_number > 1]
    both = [o for o in real if o.amount_yuan is not None and o.amount_kept_yuan is not None]
    at_risk, kept = sum(o.amount_yuan for o in both), sum(o.amount_kept_yuan for o in both)
    ended = (IncidentState.CLOSED, IncidentState.FOLLOWING_UP)
    return {
        "incidents": len(cases),
        "open": sum(one.state not in ended for one in cases),
        "false_alarms": len(cases) - len(real),
        "first_contact": spread(contact_s)
        | {
            "due": contact_due,
            "in_time": contact_in_time,
            "share_in_time": share(contact_in_time, contact_due)["share"],
        },
        "face_to_face": spread(face_s)
        | {
            "due": face_due,
            "in_time": face_in_time,
            "share_in_time": share(face_in_time, face_due)["share"],
        },
        "dissuaded": share(sum(one.dissuaded_at_s is not None for one in met), len(met)),
        "evidence_in_time": share(sum(bool(one.evidence_in_time) for one in proven), len(proven)),
        "second_visits": share(sum(one.visit_number > 1 for one in visited), len(visited)),
        "follow_ups": share(
            sum(one.follow_ups_done for one in real), sum(one.follow_ups_planned for one in real)
        ),
        "amount_at_risk_yuan": round(sum(one.amount_yuan or 0.0 for one in real), 2),
        "amount_kept_yuan": round(sum(one.amount_kept_yuan or 0.0 for one in real), 2),
        "share_kept": round(kept / at_risk, 6) if at_risk else None,
    }


def by_tier(cases: list[Incident], policies: Policies, now_s: float) -> dict[str, Any]:
    return {
        word: group([one for one in cases if one.tier is tier], policies, now_s)
        for word, tier in TIERS.items()
    }


def kind(past: Past, name: str) -> dict[str, Any]:
    """What KindFigures says of a kind."""
    sent = [
        (incident, one)
        for incident, all_sent, _ in past
        for one in all_sent
        if one.kind == name and one.purpose is not Purpose.FOLLOW_UP
    ]
    accepted = [one for _, one in sent if one.accepted_at_s is not None]
    refused = [one for _, one in sent if one.accepted_at_s is None and one.state in REFUSED]
    arrived = [(incident, one) for incident, one in sent if one.arrived_at_s is not None]
    told = [one for _, one in sent if one.outcome is not None]
    return {
        "offered": len(sent),
        "accepted": share(len(accepted), len(accepted) + len(refused)),
        "to_accept": spread([one.accepted_at_s - one.offered_at_s for one in accepted]),
        "to_arrive": spread(
            [o.arrived_at_s - o.accepted_at_s for o in accepted if o.arrived_at_s is not None]
        ),
        "late": share(sum(one.late for _, one in arrived), len(arrived)),
        "first_there": len(
            {i.incident_id for i, one in arrived if one.arrived_at_s == i.first_face_at_s}
        ),
        "dissuaded": share(sum(o.outcome is VisitOutcome.DISSUADED for o in told), len(told)),
    }


def contribution(past: Past, mine: Any, from_s: float, to_s: float) -> dict[str, Any]:
    """What Contribution says of those for whom ``mine(assignment)`` is true."""
    own = [
        (incident, all_sent, one)
        for incident, all_sent, _ in past
        for one in all_sent
        if mine(one) and from_s <= one.offered_at_s < to_s
    ]
    accepted = [one for _, _, one in own if one.accepted_at_s is not None]
    refused = [one for _, _, one in own if one.accepted_at_s is None and one.state in REFUSED]
    arrived = [(incident, one) for incident, _, one in own if one.arrived_at_s is not None]
    visits = [(i, s, o) for i, s, o in own if o.purpose is not Purpose.FOLLOW_UP]
    worked = [(i, s) for i, s, o in visits if o.outcome is VisitOutcome.DISSUADED]
    kept = 0.0
    for incident, all_sent in worked:
        if incident.closing_reason is ClosingReason.FALSE_ALARM:
            continue
        beside = [
            o
            for o in all_sent
            if o.purpose is not Purpose.FOLLOW_UP and o.outcome is VisitOutcome.DISSUADED
        ]
        kept += (incident.amount_kept_yuan or 0.0) / len(beside)
    return {
        "offered": len(own),
        "accepted": share(len(accepted), len(accepted) + len(refused)),
        "to_accept": spread([one.accepted_at_s - one.offered_at_s for one in accepted]),
        "to_arrive": spread(
            [o.arrived_at_s - o.accepted_at_s for o in accepted if o.arrived_at_s is not None]
        ),
        "arrived": len(arrived),
        "late": sum(one.late for _, one in arrived),
        "first_there": sum(
            one.arrived_at_s == incident.first_face_at_s
            for incident, one in arrived
            if one.purpose is not Purpose.FOLLOW_UP
        ),
        "dissuaded": len(worked),
        "follow_ups": sum(
            o.purpose is Purpose.FOLLOW_UP and o.reported_at_s is not None for _, _, o in own
        ),
        "evidence": sum(one.evidence_count for _, _, one in own),
        "kept_yuan": round(kept, 2),
        "distance_km": round(sum(one.distance_m for _, one in arrived) / 1_000, 3),
        "engaged_h": round(sum(o.ended_at_s - o.accepted_at_s for o in accepted) / 3_600, 3),
    }
