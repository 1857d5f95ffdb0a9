"""Bank branches: the place of a one-tap alarm is where its branch is.

A branch is known by its id within its jurisdiction, as responders are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from services.jurisdictions import Jurisdictions
from services.ledger.database import Ledger, now_s
from services.ledger.statements import insert_into
from services.ledger.tables import branches


@dataclass(frozen=True, slots=True)
class Branch:
    """A bank branch and where it is."""

    jurisdiction: str
    branch_id: str
    name: str
    lon: float
    lat: float
    """Degrees, WGS-84."""
    changed_at_s: float = 0.0
    """When it was last put; given by the ledger."""


class BranchBook:
    """The branches as one process knows them. Immutable; replaced when they change."""

    def __init__(self, known: Iterable[Branch] = ()) -> None:
        self._known = {(branch.jurisdiction, branch.branch_id): branch for branch in known}
        self._by_id: dict[str, list[Branch]] = {}
        for key in sorted(self._known):
            self._by_id.setdefault(key[1], []).append(self._known[key])

    @classmethod
    def load(cls, ledger: Ledger) -> BranchBook:
        """The branches as the ledger has them now."""
        with ledger.read() as connection:
            rows = connection.execute(select(branches)).all()
        return cls(
            Branch(row.jurisdiction, row.branch_id, row.name, row.lon, row.lat, row.changed_at_s)
            for row in rows
        )

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Branch]:
        """Every branch, by jurisdiction and id."""
        return iter(self._known[key] for key in sorted(self._known))

    def get(self, jurisdiction: str, branch_id: str) -> Branch | None:
        return self._known.get((jurisdiction, branch_id))

    def find(self, branch_id: str, held: Jurisdictions) -> list[Branch]:
        """Every branch of this id in the jurisdictions held: none, one, or one in each."""
        return [
            branch for branch in self._by_id.get(branch_id, ()) if held.hold(branch.jurisdiction)
        ]


def put_branches(ledger: Ledger, put: Iterable[Branch]) -> int:
    """Remember the branches, each in place of any with its id in its jurisdiction: how many.

    All of them or, where one cannot be written, none.
    """
    by_key = {(branch.jurisdiction, branch.branch_id): branch for branch in put}
    rows = [
        {
            "jurisdiction": branch.jurisdiction,
            "branch_id": branch.branch_id,
            "name": branch.name,
            "lon": branch.lon,
            "lat": branch.lat,
            "changed_at_s": now_s(),
        }
        for branch in by_key.values()
    ]

    def write(connection: Connection) -> None:
        # First the revision, so that whoever else puts branches waits their turn.
        ledger.raise_revision(connection, "branches")
        statement = insert_into(connection, branches)
        statement = statement.on_conflict_do_update(
            index_elements=["jurisdiction", "branch_id"],
            set_={
                name: statement.excluded[name] for name in ("name", "lon", "lat", "changed_at_s")
            },
        )
        connection.execute(statement, rows)

    if rows:
        ledger.transact(write)
    return len(rows)


def remove_branch(ledger: Ledger, jurisdiction: str, branch_id: str) -> bool:
    """Whether there was such a branch to remove."""

    def write(connection: Connection) -> bool:
        done = connection.execute(
            delete(branches).where(
                branches.c.jurisdiction == jurisdiction, branches.c.branch_id == branch_id
            )
        )
        if done.rowcount:
            ledger.raise_revision(connection, "branches")
        return bool(done.rowcount)

    return ledger.transact(write)
