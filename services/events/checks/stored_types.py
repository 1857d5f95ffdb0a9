"""Checks that SQLite holds values of the types that the columns are declared with.

SQLite takes anything in any column, and the other checks count and compare. PostgreSQL refuses.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
    or_,
    select,
    type_coerce,
)

from services.events.checks.flaws import Flaw
from services.ledger.tables import (
    assignments,
    events,
    evidence,
    incidents,
    interceptions,
    seals,
    stream,
    unsealed,
    webhooks,
)

CHECKED = (
    *(
        (table, tuple(table.c))
        for table in (
            events,
            stream,
            seals,
            unsealed,
            incidents,
            interceptions,
            assignments,
            evidence,
        )
    ),
    (webhooks, (webhooks.c.event_count, webhooks.c.head_sha256)),
)

_STORED_AS = (
    (Integer, "integer"),
    (Boolean, "integer"),
    (Float, "real"),
    (LargeBinary, "blob"),
    (String, "text"),
    (JSON, "text"),
)


def flaws_of_types(connection: Connection) -> Iterator[Flaw]:
    """Rows with a value of another type than its column's."""
    if connection.dialect.name != "sqlite":
        return
    for table, columns in CHECKED:
        wrong = or_(*map(_is_wrong, columns))
        key = _key(table)
        row = connection.execute(select(key).where(wrong).order_by(key).limit(1)).one_or_none()
        if row is not None:
            yield Flaw(
                "changed", table.name, str(row[0]),
                f"The row {row[0]} of {table.name} is changed: a value has another type than its "
                "column.",
            )  # fmt: skip


def _is_wrong(column: Column) -> ColumnElement[bool]:
    stored_as = func.typeof(column)
    allowed = [_stored_as(column), "null"] if column.nullable else [_stored_as(column)]
    wrong = stored_as.not_in(allowed)
    if isinstance(column.type, Boolean):
        wrong |= type_coerce(column, Integer).not_in([0, 1])
    return wrong


def _key(table: Table) -> Column:
    (key,) = table.primary_key.columns
    return key


def _stored_as(column: Column) -> str:
    for type_, name in _STORED_AS:
        if isinstance(column.type, type_):
            return name
    raise AssertionError(f"a column of another type: {column}")
