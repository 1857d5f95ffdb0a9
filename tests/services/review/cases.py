"""Cases with a past, written to a ledger: random ones, and a few that a reader can follow."""

from __future__ import annotations

import random
from typing import Any

from dispatch.incidents.case import Alert, Area, Assignment, Case, Evidence, Incident
from dispatch.incidents.words import (
    AssignmentState,
    ClosingReason,
    IncidentState,
    MoneyState,
    Purpose,
    Role,
    Source,
    Tier,
    VisitOutcome,
)
from dispatch.question import CandidatePlace
from services.ids import new_id
from services.incidents import records, store
from services.ledger.database import Ledger

NOON_S = 1_791_777_600.0
"""2026-10-12 12:00 in China."""

OFFICER, RIDER = "officer", "rider"
PLACES = ("w", "w/east", "w/west", "w/west/v", "w/west/v/g", "k/s")


def incident(**facts: Any) -> Incident:
    """An incident of noon; ``facts`` say what is different."""
    said: dict[str, Any] = {
        "incident_id": new_id(),
        "area": Area("w/west"),
        "victim_ref": f"victim-{new_id()}",
        "state": IncidentState.RESPONDING,
        "tier": Tier.HIGH,
        "answer_tier": Tier.HIGH,
        "source": Source.CITY,
        "opened_at_s": NOON_S,
        "places": (CandidatePlace(108.376, 30.816),),
        "placed_at_s": NOON_S,
        "version": 1,
    }
    return Incident(**(said | facts))


def assignment(**facts: Any) -> Assignment:
    """An officer's visit, offered at noon."""
    said: dict[str, Any] = {
        "assignment_id": new_id(),
        "jurisdiction": "w/west",
        "responder_id": "p-1",
        "kind": OFFICER,
        "mode": "police",
        "role": Role.ENFORCEMENT,
        "purpose": Purpose.VISIT,
        "visit_number": 1,
        "state": AssignmentState.OFFERED,
        "offered_at_s": NOON_S,
        "acknowledge_by_s": NOON_S + 60,
        "offered_eta_s": 300.0,
        "distance_m": 2_000.0,
        "lon": 108.37,
        "lat": 30.81,
        "fix_age_s": 4.0,
        "expected_at_s": NOON_S + 300,
    }
    return Assignment(**(said | facts))


def write(
    ledger: Ledger, told: Incident, *sent: Assignment, alerts: tuple[Alert, ...] = ()
) -> None:
    """Put a case into the ledger as it is."""
    case = Case(told, new_id, {one.assignment_id: one for one in sent})

    def work(connection) -> None:
        assert store.insert(connection, ledger, case, NOON_S)
        for alert in alerts:
            records.add_alert(connection, told.incident_id, alert)

    ledger.transact(work)


def alert(tier: Tier = Tier.HIGH, at_s: float = NOON_S, source: Source = Source.CITY) -> Alert:
    return Alert(new_id(), source, tier, "victim", at_s)


def random_past(seed: int, count: int) -> list[tuple[Incident, list[Assignment], list[Alert]]]:
    """Incidents with every combination of things known and not known."""
    rng = random.Random(seed)
    responders = [(place, f"r-{number}") for place in PLACES for number in range(3)]
    past = []
    for _ in range(count):
        opened_s = NOON_S + rng.randrange(0, 7_200)
        tier = rng.choice(list(Tier))
        placed_s = rng.choice([None, opened_s, opened_s + rng.randrange(0, 900)])
        visits = rng.choice([1, 1, 1, 2, 3])
        sent = [
            _random_assignment(rng, rng.choice(responders), opened_s, rng.randint(1, visits))
            for _ in range(rng.randrange(0, 5))
        ]
        faces = [
            one.arrived_at_s
            for one in sent
            if one.arrived_at_s is not None and one.purpose is not Purpose.FOLLOW_UP
        ]
        face_s = min(faces, default=None)
        state = rng.choice(list(IncidentState))
        closed = state is IncidentState.CLOSED
        worked = face_s is not None and rng.random() < 0.7
        planned = rng.choice([0, 3])
        told = incident(
            area=Area(rng.choice(PLACES)),
            state=state,
            tier=tier,
            answer_tier=rng.choice([tier, tier.raised]),
            source=rng.choice(list(Source)),
            opened_at_s=opened_s,
            places=() if placed_s is None else (CandidatePlace(108.376, 30.816),),
            placed_at_s=placed_s,
            first_contact_at_s=rng.choice([None, opened_s + rng.randrange(0, 1_200)]),
            first_face_at_s=face_s,
            dissuaded_at_s=face_s + 60 if worked else None,
            evidence_in_time=rng.choice([None, True, False]),
            visit_number=visits,
            alert_count=rng.randint(1, 3),
            amount_yuan=rng.choice([None, 0.0, 50_000.0, 123_456.78]),
            amount_kept_yuan=rng.choice([None, 0.0, 50_000.0]),
            money_state=rng.choice([None, *MoneyState]),
            closing_reason=rng.choice(list(ClosingReason)) if closed else None,
            closed_at_s=opened_s + rng.randrange(0, 3_600) if closed else None,
            outcome=VisitOutcome.DISSUADED if worked else None,
            follow_ups_planned=planned,
            follow_ups_done=rng.randint(0, planned),
            address_text="白岩路 8 号 3 单元",
            closing_note="a neighbour told",
            findings=("an account in another city",),
            evidence=(Evidence(new_id(), new_id(), 1, opened_s + 900, "00" * 32, 7, "video/mp4"),),
        )
        raised = [
            alert(
                rng.choice(list(Tier)), opened_s + rng.randrange(0, 600), rng.choice(list(Source))
            )
            for _ in range(told.alert_count)
        ]
        past.append((told, sent, raised))
    return past


def _random_assignment(
    rng: random.Random, key: tuple[str, str], opened_s: float, visit: int
) -> Assignment:
    offered_s = opened_s + rng.randrange(0, 300)
    # Everything has ended, so that the same responder may be sent again and again.
    state = rng.choice(
        [
            AssignmentState.REPORTED,
            AssignmentState.DECLINED,
            AssignmentState.EXPIRED,
            AssignmentState.RELEASED,
        ]
    )
    accepted_s = offered_s + rng.randrange(1, 60)
    arrived_s = accepted_s + rng.randrange(30, 1_500)
    reported = state is AssignmentState.REPORTED
    was_accepted = reported or (state is not AssignmentState.EXPIRED and rng.random() < 0.5)
    was_there = reported or (was_accepted and rng.random() < 0.3)
    kind = rng.choice([OFFICER, RIDER, "grid_worker"])
    return assignment(
        jurisdiction=key[0],
        responder_id=key[1],
        kind=kind,
        role=Role.ENFORCEMENT if kind == OFFICER else Role.COMMUNITY,
        purpose=rng.choice([Purpose.VISIT, Purpose.SECOND_VISIT, Purpose.FOLLOW_UP]),
        visit_number=visit,
        state=state,
        offered_at_s=offered_s,
        accepted_at_s=accepted_s if was_accepted else None,
        promised_at_s=accepted_s + 300 if was_accepted else None,
        arrived_at_s=arrived_s if was_there else None,
        reported_at_s=arrived_s + 600 if reported else None,
        ended_at_s=(arrived_s if was_there else accepted_s) + 600,
        outcome=rng.choice(list(VisitOutcome)) if reported else None,
        late=rng.random() < 0.3,
        note="the victim's daughter opened",
        decline_reason="far",
        evidence_count=rng.randrange(0, 3),
        distance_m=float(rng.randrange(100, 9_000)),
    )
