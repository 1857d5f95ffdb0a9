"""How a row is compared with what an event tells, and how a difference is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import JSON, Boolean, Integer, Select, Table, Text, cast, select, type_coerce

from services.events.checks.flaws import Flaw
from services.ledger.tables import (
    alerts,
    assignments,
    evidence,
    incidents,
    interception_plans,
    interceptions,
)

NAMES = {
    incidents: "incident",
    alerts: "alert",
    assignments: "assignment",
    evidence: "evidence",
    interceptions: "interception",
    interception_plans: "plan",
}

Telling = Mapping[str, Any]
"""A row's thing as an event tells of it."""


def differing(
    table: Table, row_id: str, found: Mapping[str, Any], wanted: Telling, leaving: str = ""
) -> Iterator[Flaw]:
    """The members that both have and that differ. An event of an older version of the program may
    not have all of today's."""
    for name, value in wanted.items():
        if name != leaving and name in found and found[name] != value:
            yield changed(table, row_id, name)


def all_of(table: Table) -> Select:
    """Every column as it is stored: a document as text, a truth value as the number it is."""
    columns = []
    for column in table.c:
        if isinstance(column.type, JSON):
            columns.append(cast(column, Text).label(column.name))
        elif isinstance(column.type, Boolean):
            columns.append(type_coerce(column, Integer).label(column.name))
        else:
            columns.append(column)
    return select(*columns)


def changed(table: Table, row_id: str, name: str) -> Flaw:
    what = f"{NAMES[table]} {row_id}"
    return Flaw(
        "changed", table.name, what,
        f"The row of the {what} is changed: its {name} is not what its last event tells.",
    )  # fmt: skip


def missing(table: Table, row_id: str) -> Flaw:
    what = f"{NAMES[table]} {row_id}"
    return Flaw(
        "missing", table.name, what, f"The row of the {what} is missing, of which events tell."
    )


def surplus(table: Table, row_id: str) -> Flaw:
    what = f"{NAMES[table]} {row_id}"
    return Flaw(
        "surplus", table.name, what, f"The row of the {what} is one too many: no event tells of it."
    )
