"""Checks that SQLite holds values of the types that the columns are declared with.

SQLite takes anything in any column, and the other checks count and compare. PostgreSQL refuses.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
    or_,
    select,
)

from services.events.checks.flaws import Flaw
from services.ledger.tables import events, incidents, seals, stream, unsealed, webhooks

CHECKED = (
    *((table, tuple(table.c)) for table in (events, stream, seals, unsealed)),
    *((table, (table.c.event_count, table.c.head_sha256)) for table in (incidents, webhooks)),
)


def flaws_of_types(connection: Connection) -> Iterator[Flaw]:
    """Rows with a value of another type than its column's."""
    if connection.dialect.name != "sqlite":
        return
    for table, columns in CHECKED:
        wrong = or_(*(func.typeof(column) != _stored_as(column) for column in columns))
        key = _key(table)
        row = connection.execute(select(key).where(wrong).order_by(key).limit(1)).one_or_none()
        if row is not None:
            yield Flaw(
                "changed", table.name, str(row[0]),
                f"The row {row[0]} of {table.name} is changed: a value has another type than its "
                "column.",
            )  # fmt: skip


def _key(table: Table) -> Column:
    (key,) = table.primary_key.columns
    return key


def _stored_as(column: Column) -> str:
    for type_, name in ((Integer, "integer"), (Float, "real"), (LargeBinary, "blob")):
        if isinstance(column.type, type_):
            return name
    assert isinstance(column.type, String)
    return "text"
