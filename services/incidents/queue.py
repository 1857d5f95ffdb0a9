"""The open incidents of a centre, who goes to them and what is due next, for those who watch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import numpy as np
from sqlalchemy import Connection, select

from dispatch.incidents.case import Assignment, Case
from dispatch.incidents.words import DeadlineKind
from dispatch.live_picture import LivePicture
from geodata.network import E7
from geodata.routes import Route
from services.engine import RoadsNow
from services.incidents import store
from services.incidents.search import within
from services.incidents.views import AssignmentView, IncidentView, assignment_views, incident_view
from services.incidents.ways import drive_of
from services.jurisdictions import Jurisdictions
from services.ledger.tables import deadlines, incidents
from services.views import moment

MOST_QUEUED = 1_000
"""More open incidents than any room watches; the newest are shown."""


class NextDeadline(msgspec.Struct, kw_only=True):
    """What happens next by itself unless somebody acts."""

    kind: str
    due_at: datetime
    assignment_id: str | None


class QueuedIncident(msgspec.Struct, kw_only=True):
    """An open incident."""

    incident: IncidentView
    assignments: list[AssignmentView]
    """Oldest first, ended ones too."""
    next_deadline: NextDeadline | None


class WayView(msgspec.Struct, kw_only=True):
    """The way of somebody who is going somewhere."""

    assignment_id: str
    eta_s: float
    distance_m: float
    coordinates: list[list[float]]
    """Longitude and latitude, degrees WGS-84, from where they are to the door."""


def queue(connection: Connection, held: Jurisdictions) -> tuple[list[QueuedIncident], bool]:
    """The open incidents that somebody holds, newest first, and whether there are more."""
    ids, more = _open_incidents(connection, held)
    due = next_deadlines(connection, ids)
    cases = {case.incident.incident_id: case for case in store.look_at_several(connection, ids)}
    return [
        QueuedIncident(
            incident=incident_view(cases[one].incident),
            assignments=assignment_views(cases[one]),
            next_deadline=due.get(one),
        )
        for one in ids
    ], more


def next_deadlines(
    connection: Connection, incident_ids: Collection[str]
) -> dict[str, NextDeadline]:
    """What is due first of each of these incidents. ``staff`` is left out: it is due at once."""
    if not incident_ids:
        return {}
    pending = (
        select(deadlines)
        .where(
            deadlines.c.incident_id.in_(sorted(incident_ids)),
            deadlines.c.pending,
            deadlines.c.kind != DeadlineKind.STAFF.value,
        )
        .order_by(deadlines.c.due_at_s.desc())
    )
    return {
        row.incident_id: NextDeadline(
            kind=row.kind, due_at=moment(row.due_at_s), assignment_id=row.assignment_id
        )
        for row in connection.execute(pending)  # the soonest comes last, and stays
    }


def cases_under_way(connection: Connection, held: Jurisdictions) -> list[store.StoredCase]:
    """Those open incidents of somebody's to which anybody is going."""
    ids, _ = _open_incidents(connection, held)
    return [
        case
        for case in store.look_at_several(connection, ids)
        if any(_going(one) for one in case.assignments.values())
    ]


def ways_of(
    cases: Sequence[Case], picture: LivePicture, roads: RoadsNow, now_s: float
) -> list[WayView]:
    """The ways that are being driven, from where everybody is now."""
    found: list[WayView] = []
    for case in cases:
        for assignment in case.assignments.values():
            if not _going(assignment):
                continue
            route = drive_of(case, assignment, picture, roads, "en", now_s)
            if route is None:
                continue
            found.append(
                WayView(
                    assignment_id=assignment.assignment_id,
                    eta_s=round(route.duration_s, 1),
                    distance_m=round(route.distance_m, 1),
                    coordinates=_line(route),
                )
            )
    return found


def _line(route: Route) -> list[list[float]]:
    lon_e7, lat_e7 = route.points_e7()
    return np.column_stack([lon_e7 / E7, lat_e7 / E7]).tolist()


def _going(assignment: Assignment) -> bool:
    """Whether somebody was asked, or has said yes, and is not there yet."""
    return assignment.live and assignment.arrived_at_s is None


def _open_incidents(connection: Connection, held: Jurisdictions) -> tuple[list[str], bool]:
    wanted = select(incidents.c.incident_id).where(incidents.c.is_open)
    if not held.everything:
        wanted = wanted.where(within(incidents.c.jurisdiction, held.names))
    rows = connection.scalars(
        wanted.order_by(incidents.c.incident_id.desc()).limit(MOST_QUEUED + 1)
    ).all()
    return list(rows[:MOST_QUEUED]), len(rows) > MOST_QUEUED
