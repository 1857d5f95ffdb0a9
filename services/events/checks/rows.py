"""Checks that incidents, alerts, assignments and evidence are as their last events tell.

Every event of an incident tells what the incident is by then, as it is shown, and what the
assignment is that it is about; and nothing that is shown ever changes without an event. So whoever
changes such a row by hand contradicts an event, and those are under the seals. An alert is told of
once, by the event of its coming. What is kept and
shown to nobody (who was asked before, how sure an estimate was) is in no event, and not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec
from sqlalchemy import Connection, Row, Table, exists, select

from dispatch.incidents.alerts import told_of
from dispatch.incidents.case import Alert, Assignment, Incident
from services.events.checks.comparing import (
    Telling,
    all_of,
    changed,
    differing,
    missing,
    surplus,
)
from services.events.checks.flaws import Flaw, all_rows
from services.evidence.store import place_of
from services.incidents.records import alert_row
from services.incidents.store import assignment_row, incident_columns
from services.incidents.views import assignment_view, incident_view
from services.ledger.tables import alerts, assignments, events, evidence, incidents
from services.views import moment

INCIDENTS_AT_ONCE = 100
"""What their last events tell is in memory together."""

_COMING = ("incident.opened", "alert.joined")
"""Types of events that tell of an alert."""


class _Identity(msgspec.Struct):
    id: str


class _Event(msgspec.Struct):
    """What an event tells of rows, not looked into."""

    incident: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    assignment: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_event = msgspec.json.Decoder(_Event)
_identity = msgspec.json.Decoder(_Identity)
_incident = msgspec.json.Decoder(Incident)
_assignment = msgspec.json.Decoder(Assignment)
_alert = msgspec.json.Decoder(Alert)


class _Told:
    """What the events of one incident tell last."""

    __slots__ = ("alerts", "assignments", "events", "incident")

    def __init__(self) -> None:
        self.events = 0
        self.incident: bytes | None = None
        self.alerts: dict[str, Telling] = {}
        self.assignments: dict[str, bytes] = {}

    def hear(self, type_: str, data: str) -> None:
        self.events += 1
        try:
            said = _event.decode(data)
        except msgspec.DecodeError:  # of another kind than ours
            return
        if said.incident is not msgspec.UNSET:
            self.incident = bytes(said.incident)
        if said.assignment is not msgspec.UNSET:
            told = bytes(said.assignment)
            self.assignments[_identity.decode(told).id] = told
        if type_ in _COMING and self.incident is not None:
            coming = msgspec.json.decode(data)
            coming.pop("incident", None)
            self.alerts[coming["alert_id"]] = coming


def flaws_of_rows(connection: Connection) -> Iterator[Flaw]:
    """Rows that are not as the events tell, which must have been checked before."""
    coming = all_rows(connection, all_of(incidents).order_by(incidents.c.incident_id))
    while page := list(islice(coming, INCIDENTS_AT_ONCE)):
        ids = [row.incident_id for row in page]
        told = _told(connection, ids)
        raised = _by_incident(connection, alerts, ids)
        sent = _by_incident(connection, assignments, ids)
        files = _by_incident(connection, evidence, ids)
        for row in page:
            this = row.incident_id
            yield from _flaws_of_one(row, sent.get(this, []), files.get(this, []), told[this])
            yield from _flaws_of_alerts(raised.get(this, []), told[this])
    for table in (alerts, assignments, evidence):
        yield from _flaws_of_strays(connection, table)


def _told(connection: Connection, ids: list[str]) -> dict[str, _Told]:
    told = {incident_id: _Told() for incident_id in ids}
    rows = select(events.c.chain_id, events.c.type, events.c.data).where(events.c.chain_id.in_(ids))
    for row in all_rows(connection, rows.order_by(events.c.chain_id, events.c.chain_number)):
        told[row.chain_id].hear(row.type, row.data)
    return told


def _by_incident(connection: Connection, table: Table, ids: list[str]) -> dict[str, list[Row]]:
    (key,) = table.primary_key.columns
    found: dict[str, list[Row]] = {}
    for row in all_rows(
        connection, all_of(table).where(table.c.incident_id.in_(ids)).order_by(key)
    ):
        found.setdefault(row.incident_id, []).append(row)
    return found


def _flaws_of_one(row: Row, sent: list[Row], files: list[Row], told: _Told) -> Iterator[Flaw]:
    """What is wrong with one incident and all that belongs to it, if anything."""
    if told.incident is None:
        if not told.events:
            yield surplus(incidents, row.incident_id)
        return  # its events are not ours, and tell nothing of rows
    telling = msgspec.json.decode(told.incident)
    yield from _flaws_of_incident(row, telling)
    left = dict(told.assignments)
    for one in sent:
        last = left.pop(one.assignment_id, None)
        if last is None:
            yield surplus(assignments, one.assignment_id)
        else:
            yield from _flaws_of_assignment(one, msgspec.json.decode(last))
    for assignment_id in left:
        yield missing(assignments, assignment_id)
    proofs = {one["id"]: one for one in telling.get("evidence", ())}
    for file in files:
        proof = proofs.pop(file.evidence_id, None)
        if proof is None:
            yield surplus(evidence, file.evidence_id)
        else:
            yield from _flaws_of_evidence(file, proof)
    for evidence_id in proofs:
        yield missing(evidence, evidence_id)


def _flaws_of_alerts(raised: list[Row], told: _Told) -> Iterator[Flaw]:
    left = dict(told.alerts)
    for row in raised:
        telling = left.pop(row.alert_id, None)
        if telling is None:
            yield surplus(alerts, row.alert_id)
            continue
        try:
            alert = _alert.decode(row.document)
            shown = msgspec.to_builtins(told_of(alert))
            columns = alert_row(row.incident_id, alert, {})
        except Exception:  # whatever somebody wrote there, it is no alert
            yield changed(alerts, row.alert_id, "document")
            continue
        yield from differing(alerts, row.alert_id, shown, telling)
        yield from differing(alerts, row.alert_id, row._mapping, columns, leaving="document")
    for alert_id in left:
        yield missing(alerts, alert_id)


def _flaws_of_incident(row: Row, telling: Telling) -> Iterator[Flaw]:
    try:
        incident = _incident.decode(row.document)
        shown = msgspec.to_builtins(incident_view(incident))
        columns = incident_columns(incident, {})
    except Exception:  # whatever somebody wrote there, it is no incident
        yield changed(incidents, row.incident_id, "document")
        return
    yield from differing(incidents, row.incident_id, shown, telling)
    yield from differing(incidents, row.incident_id, row._mapping, columns, leaving="document")


def _flaws_of_assignment(row: Row, telling: Telling) -> Iterator[Flaw]:
    try:
        assignment = _assignment.decode(row.document)
        shown = msgspec.to_builtins(assignment_view(assignment, row.incident_id))
        columns = assignment_row(row.incident_id, assignment, {})
    except Exception:  # whatever somebody wrote there, it is no assignment
        yield changed(assignments, row.assignment_id, "document")
        return
    yield from differing(assignments, row.assignment_id, shown, telling)
    yield from differing(assignments, row.assignment_id, row._mapping, columns, leaving="document")


def _flaws_of_evidence(row: Row, telling: Telling) -> Iterator[Flaw]:
    try:
        received_at = msgspec.to_builtins(moment(row.received_at_s))
        sha256 = bytes(row.sha256).hex()
    except Exception:  # whatever somebody wrote there, it is no time and no hash
        yield changed(evidence, row.evidence_id, "received_at_s or sha256")
        return
    stored = {
        "assignment_id": row.assignment_id,
        "received_at": received_at,
        "sha256": sha256,
        "size_bytes": row.size_bytes,
        "media_type": row.media_type,
        "convincing": row.convincing,
    }
    yield from differing(evidence, row.evidence_id, stored, telling)
    if row.location != place_of(row.evidence_id):
        yield changed(evidence, row.evidence_id, "location")


def _flaws_of_strays(connection: Connection, table: Table) -> Iterator[Flaw]:
    """Rows of incidents that there are not."""
    (key,) = table.primary_key.columns
    without = select(key).where(
        table.c.incident_id.is_not(None),
        ~exists().where(incidents.c.incident_id == table.c.incident_id),
    )
    for (row_id,) in all_rows(connection, without.order_by(key)):
        yield surplus(table, row_id)
