"""Finds incidents: by state, tier, time and jurisdiction, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.sql import ColumnElement

from dispatch.incidents.case import Incident
from services.incidents.decisions import DecisionView, decision_view
from services.incidents.store import to_incident
from services.jurisdictions import Jurisdictions
from services.ledger.tables import decisions, incidents

SHOWN_WITHIN_S = 0.0005
"""Times are shown to the millisecond: whoever asks for a time that was shown means that one."""


@dataclass(frozen=True, slots=True)
class IncidentSearch:
    """Which incidents are wanted."""

    held: Jurisdictions
    """Of these jurisdictions and of what lies below them."""
    within: str | None = None
    """Of this jurisdiction and of what lies below it."""
    states: Collection[str] | None = None
    tiers: Collection[int] | None = None
    since_s: float | None = None
    """Opened at this time or later."""
    until_s: float | None = None
    """Opened before this time."""
    before_id: str | None = None
    """Opened before this incident: the last one of the page before."""


def find_incidents(
    connection: Connection, search: IncidentSearch, limit: int
) -> tuple[list[Incident], bool]:
    """The incidents, newest first, and whether there are more than these."""
    wanted = select(incidents.c.document)
    if not search.held.everything:
        wanted = wanted.where(within(incidents.c.jurisdiction, search.held.names))
    if search.within is not None:
        wanted = wanted.where(within(incidents.c.jurisdiction, (search.within,)))
    if search.states is not None:
        wanted = wanted.where(incidents.c.state.in_(sorted(search.states)))
    if search.tiers is not None:
        wanted = wanted.where(incidents.c.tier.in_(sorted(search.tiers)))
    if search.since_s is not None:
        wanted = wanted.where(incidents.c.opened_at_s >= search.since_s - SHOWN_WITHIN_S)
    if search.until_s is not None:
        wanted = wanted.where(incidents.c.opened_at_s < search.until_s - SHOWN_WITHIN_S)
    if search.before_id is not None:
        wanted = wanted.where(incidents.c.incident_id < search.before_id)
    rows = connection.scalars(wanted.order_by(incidents.c.incident_id.desc()).limit(limit + 1))
    found = [to_incident(document) for document in rows]
    return found[:limit], len(found) > limit


def decisions_of(connection: Connection, incident_id: str) -> list[DecisionView]:
    """Every decision on who goes to an incident, oldest first."""
    rows = connection.execute(
        select(decisions.c.decided_at_s, decisions.c.document)
        .where(decisions.c.incident_id == incident_id)
        .order_by(decisions.c.decision_id)
    )
    return [decision_view(row.decided_at_s, row.document) for row in rows]


def within(column: ColumnElement[str], names: Collection[str]) -> ColumnElement[bool]:
    """Whether a column's jurisdiction is one of these or below one of these; letter by letter, for
    LIKE has jokers that jurisdictions may contain."""
    return or_(
        column.in_(sorted(names)),
        *(func.substr(column, 1, len(name) + 1) == f"{name}/" for name in sorted(names)),
    )
