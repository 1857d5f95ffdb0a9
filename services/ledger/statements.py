"""Statements that the two stores spell differently."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Connection, FromClause, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

S = TypeVar("S", bound=Select)


def insert_into(connection: Connection, table: Table) -> postgresql.dml.Insert | sqlite.dml.Insert:
    """The store's own INSERT, which has ``on_conflict_do_nothing`` and ``on_conflict_do_update``.

    The result's ``rowcount`` tells how many rows were written: 0 where there was one already.

    An index that is partial must be named with its predicate, the same on both stores::

        insert_into(connection, assignments).values(...).on_conflict_do_nothing(
            index_elements=["jurisdiction", "responder_id"], index_where=text("live")
        )
    """
    # Without the option SQLAlchemy says -1 rows on PostgreSQL, whatever became of the row.
    return _INSERTS[connection.dialect.name](table).execution_options(preserve_rowcount=True)


def lock_rows(statement: S, *, of: FromClause | None = None, skip_locked: bool = False) -> S:
    """The SELECT, holding its rows until the transaction ends.

    On PostgreSQL it is ``FOR NO KEY UPDATE``: others wait who want to lock or change the rows, but
    not those who only insert rows that refer to them. On SQLite it changes nothing, because a
    writing transaction holds the whole database.

    Parameters
    ----------
    of : of several joined tables, whose rows are locked; None: all.
    skip_locked : pass over rows that somebody else holds, instead of waiting for them.
    """
    return statement.with_for_update(key_share=True, of=of, skip_locked=skip_locked)


_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
