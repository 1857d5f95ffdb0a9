"""Reads and writes interceptions: the case, its units' assignments, its plans and its events.

Everything here happens inside a transaction of the caller. All of a case is in its document; the
rows of its units' assignments are what the index sees that keeps anybody from being sent twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, select, update

from dispatch.interceptions.case import Interception, InterceptionCase, Post
from dispatch.interceptions.planned import Planned
from dispatch.interceptions.words import ASSIGNMENT_STATE, Holder
from services.events.append import GENESIS, NewEvent, link, write
from services.ids import new_id
from services.incidents.search import within
from services.interceptions.views import (
    checkpoint_assignment_view,
    summary_of,
    told_checkpoint,
)
from services.jurisdictions import Jurisdictions
from services.ledger import claims
from services.ledger.database import Ledger
from services.ledger.statements import insert_into, lock_rows
from services.ledger.tables import assignments, interception_plans, interceptions

PURPOSE = "checkpoint"
"""Of an assignment of an interception."""

to_interception = partial(msgspec.convert, type=Interception)
_to_planned = partial(msgspec.convert, type=Planned)

_COLUMNS = (
    interceptions.c.interception_id,
    interceptions.c.document,
    interceptions.c.event_count,
    interceptions.c.head_sha256,
)
_CHANGE_ASSIGNMENT = (
    update(assignments)
    .where(assignments.c.assignment_id == bindparam("this"))
    .values({one.name: bindparam(one.name) for one in assignments.c if one.name != "assignment_id"})
)


@dataclass(slots=True)
class StoredInterception(InterceptionCase):
    """An interception that was read from the ledger, and what it was then."""

    event_count: int = 0
    head_sha256: bytes = GENESIS
    """Of its chain of events."""
    written: dict[str, Any] = field(default_factory=dict)
    """The document as it is in the ledger."""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The rows of its units' assignments as they are in the ledger, by id."""


def load(connection: Connection, interception_id: str) -> StoredInterception | None:
    """The case, locked until the transaction ends; None where there is none."""
    return _read(connection, lock_rows(_named(interception_id)))


def look_at(connection: Connection, interception_id: str) -> StoredInterception | None:
    """The case as it is now, locked for nobody: to be shown, or to prepare a decision."""
    return _read(connection, _named(interception_id))


def interception_of(connection: Connection, assignment_id: str) -> str | None:
    """Id of the interception that an assignment belongs to; None where it belongs to none."""
    return connection.scalar(
        select(assignments.c.interception_id).where(assignments.c.assignment_id == assignment_id)
    )


def open_interceptions(connection: Connection) -> list[tuple[str, bool]]:
    """Ids of those that are open, the oldest first, and whether a plan of each is wanted."""
    rows = connection.execute(
        select(interceptions.c.interception_id, interceptions.c.plan_wanted)
        .where(interceptions.c.is_open)
        .order_by(interceptions.c.opened_at_s)
    )
    return [(row.interception_id, row.plan_wanted) for row in rows]


def is_plan_wanted(connection: Connection, interception_id: str) -> bool:
    """Whether something happened since the last plan that asks for a new one."""
    return bool(
        connection.scalar(
            select(interceptions.c.plan_wanted).where(
                interceptions.c.interception_id == interception_id
            )
        )
    )


def find(
    connection: Connection,
    held: Jurisdictions,
    named: str | None,
    states: Collection[str] | None,
    before_id: str | None,
    limit: int,
) -> tuple[list[Interception], bool]:
    """Interceptions that are held, newest first, and whether there are more than these."""
    wanted = select(interceptions.c.document)
    if not held.everything:
        wanted = wanted.where(within(interceptions.c.jurisdiction, held.names))
    if named is not None:
        wanted = wanted.where(within(interceptions.c.jurisdiction, (named,)))
    if states is not None:
        wanted = wanted.where(interceptions.c.state.in_(sorted(states)))
    if before_id is not None:
        wanted = wanted.where(interceptions.c.interception_id < before_id)
    newest = wanted.order_by(interceptions.c.interception_id.desc()).limit(limit + 1)
    found = [to_interception(document) for document in connection.scalars(newest)]
    return found[:limit], len(found) > limit


def insert(connection: Connection, ledger: Ledger, case: InterceptionCase) -> bool:
    """Write a new case; False where its lead's request has one already."""
    interception = case.interception
    interception.version = 1
    interception_id = interception.interception_id
    linked = link(interception_id, 0, GENESIS, _events(case))
    done = connection.execute(
        insert_into(connection, interceptions)
        .values(
            interception_id=interception_id,
            **interception_columns(interception, msgspec.to_builtins(interception)),
            event_count=linked.count,
            head_sha256=linked.head_sha256,
        )
        .on_conflict_do_nothing()
    )
    if not done.rowcount:
        return False
    write(ledger, connection, linked.rows)
    case.happenings.clear()
    return True


def save(connection: Connection, ledger: Ledger, case: StoredInterception) -> bool:
    """Write what commands did to the case; False where they did nothing."""
    interception = case.interception
    document = msgspec.to_builtins(interception)
    if not case.happenings and document == case.written:
        return False
    if case.happenings:
        interception.version += 1
        document["version"] = interception.version
    _write_assignments(connection, case)
    linked = link(interception.interception_id, case.event_count, case.head_sha256, _events(case))
    case.event_count, case.head_sha256 = linked.count, linked.head_sha256
    write(ledger, connection, linked.rows)
    connection.execute(
        update(interceptions)
        .where(interceptions.c.interception_id == interception.interception_id)
        .values(
            **interception_columns(interception, document),
            event_count=case.event_count,
            head_sha256=case.head_sha256,
        )
    )
    case.written = document
    case.happenings.clear()
    case.passed_on = 0
    return True


def claim(connection: Connection, case: StoredInterception, post: Post) -> bool:
    """Take a unit for a post of the case; False where something else has it."""
    row = assignment_row(case.interception.interception_id, post)
    if not claims.claim(connection, row):
        return False
    case.rows[post.post_id] = row
    return True


def add_plan(connection: Connection, interception_id: str, planned: Planned) -> None:
    """Keep a plan."""
    connection.execute(
        interception_plans.insert().values(
            interception_id=interception_id,
            number=planned.number,
            made_at_s=planned.made_at_s,
            document=msgspec.to_builtins(planned),
        )
    )


def change_plan(connection: Connection, interception_id: str, planned: Planned) -> None:
    """Keep what became known of a plan after it was made."""
    connection.execute(
        update(interception_plans)
        .where(
            interception_plans.c.interception_id == interception_id,
            interception_plans.c.number == planned.number,
        )
        .values(document=msgspec.to_builtins(planned))
    )


def plan_of(connection: Connection, interception_id: str, number: int) -> Planned | None:
    """A plan of an interception; None where it has none of this number."""
    document = connection.scalar(
        select(interception_plans.c.document).where(
            interception_plans.c.interception_id == interception_id,
            interception_plans.c.number == number,
        )
    )
    return None if document is None else _to_planned(document)


def plan_sha256(planned: Planned) -> str:
    """SHA-256 of a plan as it is kept, hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(planned, order="sorted")).hexdigest()


def interception_columns(interception: Interception, document: dict[str, Any]) -> dict[str, Any]:
    """The row of an interception but for its id and its events."""
    return {
        "centre": interception.centre,
        "jurisdiction": interception.jurisdiction,
        "role": interception.role.value,
        "state": interception.state.value,
        "is_open": interception.is_open,
        "plan_wanted": interception.plan_wanted,
        "incident_id": interception.incident_id,
        "lead_centre": interception.lead_centre,
        "lead_id": interception.lead_id,
        "opened_at_s": interception.opened_at_s,
        "ended_at_s": interception.ended_at_s,
        "version": interception.version,
        "due_at_s": interception.due_at_s,
        "document": document,
    }


def assignment_row(interception_id: str, post: Post) -> dict[str, Any]:
    """The row of a unit's post."""
    return {
        "assignment_id": post.post_id,
        "incident_id": None,
        "interception_id": interception_id,
        "jurisdiction": post.jurisdiction,
        "responder_id": post.responder_id,
        "kind": post.kind,
        "purpose": PURPOSE,
        "state": ASSIGNMENT_STATE[post.state].value,
        "live": post.live,
        "offered_at_s": post.ordered_at_s,
        "ended_at_s": post.ended_at_s,
        "document": msgspec.to_builtins(post),
    }


def _named(interception_id: str) -> Select:
    return select(*_COLUMNS).where(interceptions.c.interception_id == interception_id)


def _read(connection: Connection, statement: Select) -> StoredInterception | None:
    row = connection.execute(statement).first()
    if row is None:
        return None
    interception = to_interception(row.document)
    return StoredInterception(
        interception,
        new_id,
        event_count=row.event_count,
        head_sha256=bytes(row.head_sha256),
        written=msgspec.to_builtins(interception),
        rows={
            post.post_id: assignment_row(row.interception_id, post)
            for post in interception.posts
            if post.holder is Holder.UNIT
        },
    )


def _write_assignments(connection: Connection, case: StoredInterception) -> None:
    """Write those that changed; whoever is new was claimed."""
    changed = []
    for post in case.interception.posts:
        if post.holder is not Holder.UNIT:
            continue
        row = assignment_row(case.interception.interception_id, post)
        if case.rows[post.post_id] != row:
            case.rows[post.post_id] = row
            changed.append({"this": post.post_id} | row)
    for row in changed:
        del row["assignment_id"]
    if changed:
        connection.execute(_CHANGE_ASSIGNMENT, changed)


def _events(case: InterceptionCase) -> Sequence[NewEvent]:
    """One event for each happening, with what the interception and the post are by now."""
    if not case.happenings:
        return ()
    interception = case.interception
    shown = msgspec.to_builtins(summary_of(interception))
    events = []
    for happening in case.happenings:
        data = {**msgspec.to_builtins(happening.data), "interception": shown}
        post = interception.post(happening.assignment_id or "")
        if post is not None:
            data["checkpoint"] = msgspec.to_builtins(told_checkpoint(interception, post))
            if post.holder is Holder.UNIT:
                data["assignment"] = msgspec.to_builtins(
                    checkpoint_assignment_view(post, interception.interception_id)
                )
        events.append(NewEvent(happening.type, interception.jurisdiction, happening.at_s, data))
    return events
