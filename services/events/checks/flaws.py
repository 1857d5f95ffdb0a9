"""A row that is not as it was written, and how rows are gone through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Row, Select

ROWS_AT_ONCE = 1_000

FlawKind = Literal["changed", "missing", "reordered", "surplus"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A row that is not as it was written."""

    kind: FlawKind
    table: str
    row: str
    """Which row, in words."""
    sentence: str


def all_rows(connection: Connection, statement: Select) -> Iterator[Row]:
    """Every row, some at a time."""
    return iter(connection.execute(statement.execution_options(yield_per=ROWS_AT_ONCE)))


def event_name(chain_id: str, number: int) -> str:
    """An event in words."""
    return f"event {number} of {chain_id}"
