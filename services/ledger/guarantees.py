"""What the database itself must guarantee, looked at whenever the ledger is opened.

That nobody is sent to two incidents at once, and that a victim has one open incident, hangs on two
unique partial indexes and on nothing else. An index that somebody dropped, made anew without its
condition, or that PostgreSQL left half-built, would not be noticed before the first double; so
their definitions are read back and compared with ``services.ledger.tables``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, Index, text
from sqlalchemy.schema import CreateIndex

from services.errors import LedgerError
from services.ledger.tables import assignments, incidents

GUARANTEES = {
    "one_open_incident_per_victim": (incidents, "a victim could have two open incidents"),
    "one_live_assignment_per_responder": (
        assignments,
        "a responder could be sent to two incidents at once",
    ),
}
"""Each index, its table, and what could happen without it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """An index as far as its guarantee depends on it."""

    table: str
    columns: tuple[str, ...]
    condition: str
    """Of a partial index, as the store writes it; empty: all rows."""
    unique: bool
    usable: bool = True
    """False for one that PostgreSQL has not built to its end."""
    bytewise: bool = True
    """False where values that differ may count as the same, or the other way round."""


def check_guarantees(connection: Connection) -> None:
    """Raises LedgerError that names what is wrong with an index, and the statement that helps."""
    for name, (table, danger) in GUARANTEES.items():
        (index,) = (index for index in table.indexes if index.name == name)
        found = _found(connection, name)
        wrong = _difference(found, _wanted(index, connection.dialect.name))
        if wrong is None:
            continue
        remedy = f"{CreateIndex(index).compile(dialect=connection.dialect)}"
        if found is not None:
            remedy = f"DROP INDEX {name}; {remedy}"
        raise LedgerError(
            f"the index {name} {wrong}, so {danger}. Stop all processes and run: "
            f"{' '.join(remedy.split())}"
        )


def _wanted(index: Index, dialect: str) -> Definition:
    condition = index.dialect_options[dialect]["where"]
    return Definition(
        table=str(index.table.name),
        columns=tuple(column.name for column in index.columns),
        condition="" if condition is None else _plain(str(condition)),
        unique=bool(index.unique),
    )


def _difference(found: Definition | None, wanted: Definition) -> str | None:
    """What is wrong, as the rest of a sentence about the index; None: nothing."""
    if found is None:
        return "is missing"
    if found.table != wanted.table:
        return f"is on the table {found.table} instead of {wanted.table}"
    if not found.unique:
        return "is not unique"
    if found.columns != wanted.columns:
        return f"is on ({', '.join(found.columns)}) instead of ({', '.join(wanted.columns)})"
    if found.condition != wanted.condition:
        return f"holds for {_rows(found.condition)} instead of {_rows(wanted.condition)}"
    if not found.usable:
        return "was never finished"
    if not found.bytewise:
        return "does not compare letter by letter"
    return None


def _rows(condition: str) -> str:
    return f"rows with '{condition}'" if condition else "all rows"


def _found(connection: Connection, name: str) -> Definition | None:
    if connection.dialect.name == "postgresql":
        return _found_on_postgresql(connection, name)
    return _found_on_sqlite(connection, name)


def _found_on_sqlite(connection: Connection, name: str) -> Definition | None:
    row = connection.execute(
        text("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND name = :name"),
        {"name": name},
    ).first()
    if row is None:
        return None
    listed = connection.execute(
        text('SELECT name, "unique" FROM pragma_index_list(:table)'), {"table": row.tbl_name}
    )
    unique = {index: bool(flag) for index, flag in listed}[name]
    parts = connection.execute(
        text("SELECT name, coll FROM pragma_index_xinfo(:name) WHERE key ORDER BY seqno"),
        {"name": name},
    ).all()
    _, _, condition = re.sub(r"\s+", " ", row.sql).partition(" WHERE ")
    return Definition(
        table=row.tbl_name,
        columns=tuple(part.name or "an expression" for part in parts),
        condition=_plain(condition),
        unique=unique,
        bytewise=all(part.coll == "BINARY" for part in parts),
    )


def _found_on_postgresql(connection: Connection, name: str) -> Definition | None:
    row = connection.execute(
        text(
            """
            SELECT indrelid::regclass::text AS table_name,
                   ARRAY(SELECT pg_get_indexdef(indexrelid, place, true)
                         FROM generate_series(1, indnkeyatts) AS place) AS columns,
                   coalesce(pg_get_expr(indpred, indrelid), '') AS condition,
                   indisunique, indisvalid AND indisready AND indislive AS usable,
                   NOT EXISTS (SELECT FROM unnest(indcollation::oid[]) AS used
                               JOIN pg_collation ON pg_collation.oid = used
                               WHERE NOT collisdeterministic) AS bytewise
            FROM pg_index WHERE indexrelid = to_regclass(:name)
            """
        ),
        {"name": name},
    ).first()
    if row is None:
        return None
    return Definition(
        table=row.table_name,
        columns=tuple(row.columns),
        condition=_plain(row.condition),
        unique=row.indisunique,
        usable=row.usable,
        bytewise=row.bytewise,
    )


def _plain(condition: str) -> str:
    """A condition without the brackets, quotes and spaces that the stores add or leave out."""
    return re.sub(r"[()\"`\[\]]|\s+$|^\s+", "", condition).lower()
