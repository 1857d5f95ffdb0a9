"""An incident from its alert to its end: every event in order, in words, and how long each stage
took. After every case somebody asks what was slow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from dispatch.incidents.case import Case
from dispatch.incidents.words import Purpose
from services.ledger.tables import events
from services.review.wording import in_words
from services.views import moment


class TimelineEntry(msgspec.Struct, kw_only=True):
    """One thing that happened."""

    number: int
    """1 for the first; no gaps."""
    at: datetime
    since_opened_s: float
    type: str
    zh: str
    en: str
    assignment_id: str | None
    data: dict[str, Any]
    """What is particular to it, as its event carries it."""


class Stages(msgspec.Struct, kw_only=True):
    """Seconds from the first alert until something was so for the first time; none: not yet."""

    placed_s: float | None
    """It was known where the victim is."""
    offered_s: float | None
    """Somebody was asked to go."""
    accepted_s: float | None
    contact_s: float | None
    """The victim answered a call or a message."""
    face_to_face_s: float | None
    dissuaded_s: float | None
    proven_s: float | None
    """Evidence of a visit came in."""
    closed_s: float | None


class Timeline(msgspec.Struct, kw_only=True):
    """An incident as it went."""

    incident_id: str
    jurisdiction: str
    opened_at: datetime
    tier: str
    state: str
    stages: Stages
    entries: list[TimelineEntry]
    next: int | None
    """Ask again with ``after`` set to this for those that follow; none: these are all."""


def timeline(connection: Connection, case: Case, after: int, count: int) -> Timeline:
    """The case's events after a number, at most so many."""
    incident = case.incident
    rows = connection.execute(
        select(events.c.chain_number, events.c.type, events.c.at_s, events.c.data)
        .where(events.c.chain_id == incident.incident_id, events.c.chain_number > after)
        .order_by(events.c.chain_number)
        .limit(count + 1)
    ).all()
    return Timeline(
        incident_id=incident.incident_id,
        jurisdiction=incident.area.jurisdiction,
        opened_at=moment(incident.opened_at_s),
        tier=incident.tier.word,
        state=incident.state.value,
        stages=stages(case),
        entries=[
            _entry(row.chain_number, row.type, row.at_s, row.data, incident.opened_at_s)
            for row in rows[:count]
        ],
        next=rows[count - 1].chain_number if len(rows) > count else None,
    )


def stages(case: Case) -> Stages:
    """How long each stage took, from the first alert on."""
    incident = case.incident
    sent = [one for one in case.assignments.values() if one.purpose is not Purpose.FOLLOW_UP]

    def since_opened_s(at_s: float | None) -> float | None:
        return None if at_s is None else round(at_s - incident.opened_at_s, 3)

    accepted = [one.accepted_at_s for one in sent if one.accepted_at_s is not None]
    proofs = [one.received_at_s for one in incident.evidence if one.visit_number > 0]
    return Stages(
        placed_s=since_opened_s(incident.placed_at_s),
        offered_s=since_opened_s(min((one.offered_at_s for one in sent), default=None)),
        accepted_s=since_opened_s(min(accepted, default=None)),
        contact_s=since_opened_s(incident.first_contact_at_s),
        face_to_face_s=since_opened_s(incident.first_face_at_s),
        dissuaded_s=since_opened_s(incident.dissuaded_at_s),
        proven_s=since_opened_s(min(proofs, default=None)),
        closed_s=since_opened_s(incident.closed_at_s),
    )


def _entry(number: int, type_: str, at_s: float, text: str, opened_at_s: float) -> TimelineEntry:
    data = msgspec.json.decode(text)
    words = {language: in_words(type_, data, language) for language in ("zh", "en")}
    sent = data.pop("assignment", None)
    data.pop("incident", None)
    return TimelineEntry(
        number=number,
        at=moment(at_s),
        since_opened_s=round(at_s - opened_at_s, 3),
        type=type_,
        zh=words["zh"],
        en=words["en"],
        assignment_id=sent["id"] if sent else None,
        data=data,
    )
