"""Reads and writes cases: an incident, its assignments, its deadlines and its events together.

Everything here happens inside a transaction of the caller. A case is loaded with its incident's
row locked, changed by commands, and written back with :func:`save`: rows, deadlines and events are
there together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from dispatch.incidents.case import Assignment, Case, Incident, Key
from dispatch.incidents.words import LIVE_STATES, AssignmentState
from services.events.append import GENESIS, NewEvent, link, write
from services.ids import new_id
from services.incidents.views import assignment_view, incident_view
from services.incidents.waiting import write_deadlines
from services.ledger import claims
from services.ledger.database import Ledger
from services.ledger.statements import insert_into, lock_rows
from services.ledger.tables import assignments, incidents

to_incident = partial(msgspec.convert, type=Incident)
_to_assignment = partial(msgspec.convert, type=Assignment)

_COLUMNS = (
    incidents.c.incident_id,
    incidents.c.document,
    incidents.c.event_count,
    incidents.c.head_sha256,
)


# Statements are made once: making one takes longer than running it.
_ADD_ASSIGNMENT = assignments.insert()
_CHANGE_ASSIGNMENT = (
    update(assignments)
    .where(assignments.c.assignment_id == bindparam("this"))
    .values({one.name: bindparam(one.name) for one in assignments.c if one.name != "assignment_id"})
)
_CHANGE_INCIDENT = (
    update(incidents)
    .where(incidents.c.incident_id == bindparam("this"))
    .values({one.name: bindparam(one.name) for one in incidents.c if one.name != "incident_id"})
)


@dataclass(slots=True)
class StoredCase(Case):
    """A case that was read from the ledger, and what it was then."""

    event_count: int = 0
    head_sha256: bytes = GENESIS
    """Of the incident's chain of events."""
    written: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The documents as they are in the ledger, by id of the incident or assignment."""


def load(connection: Connection, incident_id: str) -> StoredCase | None:
    """The case, its incident locked until the transaction ends; None where there is none."""
    return next(iter(load_several(connection, [incident_id])), None)


def load_several(
    connection: Connection,
    incident_ids: Iterable[str],
    *,
    skip_locked: bool = False,
    limit: int | None = None,
) -> list[StoredCase]:
    """These cases, locked one after another in the order of their ids, so that nobody waits in a
    circle. ``skip_locked`` leaves out those that somebody else is at work on; ``limit`` is the
    most that are taken of the others."""
    rows = select(*_COLUMNS).where(incidents.c.incident_id.in_(sorted(set(incident_ids))))
    rows = rows.order_by(incidents.c.incident_id).limit(limit)
    return _cases(connection, lock_rows(rows, skip_locked=skip_locked))


def look_at(connection: Connection, incident_id: str) -> StoredCase | None:
    """The case as it is now, locked for nobody: to be shown, or to prepare a decision."""
    rows = select(*_COLUMNS).where(incidents.c.incident_id == incident_id)
    return next(iter(_cases(connection, rows)), None)


def look_at_several(connection: Connection, incident_ids: Iterable[str]) -> list[StoredCase]:
    """These cases as they are now, locked for nobody, in the order of their ids."""
    rows = select(*_COLUMNS).where(incidents.c.incident_id.in_(sorted(set(incident_ids))))
    return _cases(connection, rows.order_by(incidents.c.incident_id))


def incident_of(connection: Connection, assignment_id: str) -> str | None:
    """Id of the incident that an assignment belongs to; it never changes."""
    return connection.scalar(
        select(assignments.c.incident_id).where(assignments.c.assignment_id == assignment_id)
    )


def open_incident_of(connection: Connection, centre: str, victim_ref: str) -> str | None:
    """Id of the open incident about a victim; None where there is none."""
    return connection.scalar(
        select(incidents.c.incident_id).where(
            incidents.c.centre == centre,
            incidents.c.victim_ref == victim_ref,
            incidents.c.is_open,
        )
    )


def insert(connection: Connection, ledger: Ledger, case: Case, now_s: float) -> bool:
    """Write a new case. False, and nothing written, where an incident about its victim is open.

    On PostgreSQL this waits for another transaction that is opening one, and tells once that one
    is committed.
    """
    incident = case.incident
    incident.version = 1
    incident_id = incident.incident_id
    linked = link(incident_id, 0, GENESIS, _events(case))
    done = connection.execute(
        insert_into(connection, incidents)
        .values(
            incident_id=incident_id,
            **incident_columns(incident, msgspec.to_builtins(incident)),
            event_count=linked.count,
            head_sha256=linked.head_sha256,
        )
        .on_conflict_do_nothing()
    )
    if not done.rowcount:
        return False
    rows = [
        assignment_row(incident_id, assignment, msgspec.to_builtins(assignment))
        for assignment in case.assignments.values()
    ]
    if rows:
        connection.execute(_ADD_ASSIGNMENT, rows)
    write_deadlines(connection, [case], now_s)
    write(ledger, connection, linked.rows)
    case.happenings.clear()
    case.deadline_changes.clear()
    return True


def save(connection: Connection, ledger: Ledger, case: StoredCase, now_s: float) -> bool:
    """Write what commands did to the case; False where they did nothing.

    Raises sqlalchemy.exc.IntegrityError where a responder would be sent twice, or a victim would
    have two open incidents.
    """
    return bool(save_several(connection, ledger, [case], now_s))


def save_several(
    connection: Connection, ledger: Ledger, cases: Iterable[StoredCase], now_s: float
) -> list[StoredCase]:
    """The same for several cases, with one statement for each table; those that were written."""
    changed: dict[str, list[Assignment]] = {}
    for case in cases:
        those = [
            one
            for one in case.assignments.values()
            if msgspec.to_builtins(one) != case.written.get(one.assignment_id)
        ]
        known = case.written[case.incident.incident_id]
        if (
            those
            or case.happenings
            or case.deadline_changes
            or msgspec.to_builtins(case.incident) != known
        ):
            changed[case.incident.incident_id] = those
    written = [case for case in cases if case.incident.incident_id in changed]
    if not written:
        return []
    for case in written:
        # What is shown never changes without an event; the rest disturbs nobody's If-Match, and
        # the version stays what the last event tells.
        if case.happenings:
            case.incident.version += 1
    _write_assignments(connection, written, changed)
    write_deadlines(connection, written, now_s)
    events: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for case in written:
        incident = case.incident
        linked = link(incident.incident_id, case.event_count, case.head_sha256, _events(case))
        case.event_count, case.head_sha256 = linked.count, linked.head_sha256
        events += linked.rows
        document = msgspec.to_builtins(incident)
        rows.append(
            {
                "this": incident.incident_id,
                **incident_columns(incident, document),
                "event_count": case.event_count,
                "head_sha256": case.head_sha256,
            }
        )
        case.written[incident.incident_id] = document
        case.happenings.clear()
        case.deadline_changes.clear()
    write(ledger, connection, events)
    connection.execute(_CHANGE_INCIDENT, rows)
    return written


def claim(connection: Connection, case: StoredCase, assignment: Assignment) -> bool:
    """Write a new assignment of the case; False where its responder has another live one."""
    row = assignment_row(case.incident.incident_id, assignment, msgspec.to_builtins(assignment))
    if not claims.claim(connection, row):
        return False
    case.written[assignment.assignment_id] = row["document"]
    return True


def live_assignment_of(connection: Connection, key: Key) -> tuple[str, AssignmentState] | None:
    """Id and state of the assignment that keeps a responder taken; None where nothing does."""
    row = connection.execute(
        select(assignments.c.assignment_id, assignments.c.state).where(
            assignments.c.jurisdiction == key[0],
            assignments.c.responder_id == key[1],
            assignments.c.live,
        )
    ).first()
    return None if row is None else (row.assignment_id, AssignmentState(row.state))


def _cases(connection: Connection, rows: Any) -> list[StoredCase]:
    cases: dict[str, StoredCase] = {}
    for row in connection.execute(rows):
        incident = to_incident(row.document)
        cases[row.incident_id] = StoredCase(
            incident,
            new_id,
            event_count=row.event_count,
            head_sha256=bytes(row.head_sha256),
            written={row.incident_id: msgspec.to_builtins(incident)},
        )
    if cases:
        sent = (
            select(assignments.c.incident_id, assignments.c.document)
            .where(assignments.c.incident_id.in_(list(cases)))
            .order_by(assignments.c.assignment_id)
        )
        for row in connection.execute(sent):
            assignment = _to_assignment(row.document)
            case = cases[row.incident_id]
            case.assignments[assignment.assignment_id] = assignment
            case.written[assignment.assignment_id] = msgspec.to_builtins(assignment)
    for incident_id, case in cases.items():
        incident = case.incident
        if not incident.is_open:
            other = open_incident_of(connection, incident.centre, incident.victim_ref)
            case.open_elsewhere = None if other == incident_id else other
    return list(cases.values())


def incident_columns(incident: Incident, document: dict[str, Any]) -> dict[str, Any]:
    """The row of an incident but for its id and its events."""
    return {
        "centre": incident.centre,
        "jurisdiction": incident.area.jurisdiction,
        "victim_ref": incident.victim_ref,
        "state": incident.state.value,
        "is_open": incident.is_open,
        "tier": int(incident.tier),
        "answer_tier": int(incident.answer_tier),
        "opened_at_s": incident.opened_at_s,
        "closed_at_s": incident.closed_at_s,
        "version": incident.version,
        "document": document,
    }


def _write_assignments(
    connection: Connection, cases: Sequence[StoredCase], changed: dict[str, list[Assignment]]
) -> None:
    """Write those that changed. New ones come last, so that whoever is set free may be sent again
    in the same transaction; nobody who was set free comes back to the same assignment."""
    known: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for case in cases:
        incident_id = case.incident.incident_id
        for one in changed[incident_id]:
            row = assignment_row(incident_id, one, msgspec.to_builtins(one))
            if one.assignment_id in case.written:
                known.append({"this": row.pop("assignment_id"), **row})
            else:
                new.append(row)
            case.written[one.assignment_id] = row["document"]
    if known:
        connection.execute(_CHANGE_ASSIGNMENT, known)
    if new:
        connection.execute(_ADD_ASSIGNMENT, new)


def assignment_row(
    incident_id: str, assignment: Assignment, document: dict[str, Any]
) -> dict[str, Any]:
    """The row of an assignment."""
    return {
        "assignment_id": assignment.assignment_id,
        "incident_id": incident_id,
        "interception_id": None,
        "jurisdiction": assignment.jurisdiction,
        "responder_id": assignment.responder_id,
        "kind": assignment.kind,
        "purpose": assignment.purpose.value,
        "state": assignment.state.value,
        "live": assignment.state in LIVE_STATES,
        "offered_at_s": assignment.offered_at_s,
        "ended_at_s": assignment.ended_at_s,
        "document": document,
    }


def _events(case: Case) -> Sequence[NewEvent]:
    """One event for each happening, with what the incident and the assignment are by now."""
    if not case.happenings:
        return ()
    incident = case.incident
    shown = msgspec.to_builtins(incident_view(incident))
    events = []
    for happening in case.happenings:
        data = {**msgspec.to_builtins(happening.data), "incident": shown}
        if happening.assignment_id is not None:
            sent = case.assignments[happening.assignment_id]
            data["assignment"] = msgspec.to_builtins(assignment_view(sent, incident.incident_id))
        events.append(
            NewEvent(
                happening.type,
                happening.jurisdiction or incident.area.jurisdiction,
                happening.at_s,
                data,
            )
        )
    return events
