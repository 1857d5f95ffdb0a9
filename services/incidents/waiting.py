"""Writes what a command asked to be told of, and what it does not want to be told any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, bindparam, update

from dispatch.incidents.case import Case, Deadline
from dispatch.incidents.words import DeadlineKind
from services.ledger.tables import deadlines

_ADD = deadlines.insert()


def _cancelling(*conditions: ColumnElement[bool]) -> Update:
    return (
        update(deadlines)
        .where(deadlines.c.incident_id == bindparam("this"), deadlines.c.pending, *conditions)
        .values(pending=False, cancelled_at_s=bindparam("at_s"))
    )


_OF_KIND = deadlines.c.kind == bindparam("of_kind")
_OF_ASSIGNMENT = deadlines.c.assignment_id == bindparam("of")
_CANCEL = {
    (False, False): _cancelling(),
    (True, False): _cancelling(_OF_KIND),
    (False, True): _cancelling(_OF_ASSIGNMENT),
    (True, True): _cancelling(_OF_KIND, _OF_ASSIGNMENT),
}
"""By whether a kind, and whether an assignment, is named."""


def write_deadlines(connection: Connection, cases: Sequence[Case], now_s: float) -> None:
    """Carry out what commands on these cases asked for.

    A case keeps nothing that was set and cancelled by the same commands, so that all cancelling
    can come first.
    """
    rows: list[dict[str, Any]] = []
    cancelled: dict[tuple[bool, bool], list[dict[str, Any]]] = {of: [] for of in _CANCEL}
    for case in cases:
        incident_id = case.incident.incident_id
        for change in case.deadline_changes:
            if isinstance(change, Deadline):
                rows.append(_row(incident_id, change, now_s))
                continue
            said: dict[str, Any] = {"this": incident_id, "at_s": now_s}
            if change.kind is not None:
                said["of_kind"] = change.kind.value
            if change.assignment_id is not None:
                said["of"] = change.assignment_id
            cancelled["of_kind" in said, "of" in said].append(said)
    for of, those in cancelled.items():
        if those:
            connection.execute(_CANCEL[of], those)
    if rows:
        connection.execute(_ADD, rows)


def _row(incident_id: str, deadline: Deadline, now_s: float) -> dict[str, Any]:
    return {
        "deadline_id": deadline.deadline_id,
        "incident_id": incident_id,
        "assignment_id": deadline.assignment_id,
        "kind": deadline.kind.value,
        "number": deadline.number,
        "set_at_s": now_s,
        "due_at_s": deadline.due_at_s,
        "pending": True,
    }


def wants_staff(case: Case, now_s: float) -> bool:
    """Whether a command asked for somebody to be offered now."""
    return any(
        isinstance(change, Deadline)
        and change.kind is DeadlineKind.STAFF
        and change.due_at_s <= now_s
        for change in case.deadline_changes
    )
