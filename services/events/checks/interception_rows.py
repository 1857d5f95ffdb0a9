"""Checks that interceptions, their units' assignments and their plans are as their events tell.

Every event of an interception tells what it is by then, and what the post is that it is about; of a
plan it tells the hash. So whoever changes such a row by hand contradicts an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, exists, select

from dispatch.interceptions.case import Interception, Post
from dispatch.interceptions.planned import Planned
from dispatch.interceptions.words import Holder
from services.events.checks.comparing import all_of, changed, differing, missing, surplus
from services.events.checks.flaws import Flaw, all_rows
from services.interceptions.store import assignment_row, interception_columns, plan_sha256
from services.interceptions.views import post_view, summary_of
from services.ledger.tables import assignments, events, interception_plans, interceptions

INTERCEPTIONS_AT_ONCE = 20
"""What their last events tell is in memory together."""

_interception = msgspec.json.Decoder(Interception)
_planned = msgspec.json.Decoder(Planned)
_post = msgspec.json.Decoder(Post)


class _ToldCheckpoint(msgspec.Struct):
    post: dict[str, Any]


class _Event(msgspec.Struct):
    """What an event tells of rows, not looked into further."""

    interception: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    checkpoint: _ToldCheckpoint | msgspec.UnsetType = msgspec.UNSET
    plan_number: int | msgspec.UnsetType = msgspec.UNSET
    sha256: str | msgspec.UnsetType = msgspec.UNSET


_event = msgspec.json.Decoder(_Event)


class _Told:
    """What the events of one interception tell last."""

    __slots__ = ("events", "interception", "plans", "posts")

    def __init__(self) -> None:
        self.events = 0
        self.interception: dict[str, Any] | None = None
        self.posts: dict[str, dict[str, Any]] = {}
        self.plans: dict[int, str] = {}

    def hear(self, data: str) -> None:
        self.events += 1
        try:
            said = _event.decode(data)
        except msgspec.DecodeError:  # of another kind than ours
            return
        if said.interception is not msgspec.UNSET:
            self.interception = said.interception
        if said.checkpoint is not msgspec.UNSET:
            self.posts[said.checkpoint.post["id"]] = said.checkpoint.post
        if said.plan_number is not msgspec.UNSET and said.sha256 is not msgspec.UNSET:
            self.plans[said.plan_number] = said.sha256


def flaws_of_interceptions(connection: Connection) -> Iterator[Flaw]:
    """Rows that are not as the events tell, which must have been checked before."""
    key = interceptions.c.interception_id
    coming = all_rows(connection, all_of(interceptions).order_by(key))
    while page := list(islice(coming, INTERCEPTIONS_AT_ONCE)):
        ids = [row.interception_id for row in page]
        told = {one: _Told() for one in ids}
        rows = select(events.c.chain_id, events.c.data).where(events.c.chain_id.in_(ids))
        for row in all_rows(connection, rows.order_by(events.c.chain_id, events.c.chain_number)):
            told[row.chain_id].hear(row.data)
        for row in page:
            yield from _flaws_of_one(connection, row, told[row.interception_id])
    without = select(assignments.c.assignment_id).where(
        assignments.c.interception_id.is_not(None),
        ~exists().where(interceptions.c.interception_id == assignments.c.interception_id),
    )
    for (assignment_id,) in all_rows(connection, without):
        yield surplus(assignments, assignment_id)


def _flaws_of_one(connection: Connection, row: Row, told: _Told) -> Iterator[Flaw]:
    """What is wrong with one interception and all that belongs to it, if anything."""
    this = row.interception_id
    if told.interception is None:
        if not told.events:
            yield surplus(interceptions, this)
        return
    try:
        interception = _interception.decode(row.document)
        shown = msgspec.to_builtins(summary_of(interception))
        columns = interception_columns(interception, {})
        posts = {post.post_id: msgspec.to_builtins(post_view(post)) for post in interception.posts}
    except Exception:  # whatever somebody wrote there, it is no interception
        yield changed(interceptions, this, "document")
        return
    yield from differing(interceptions, this, shown, told.interception)
    yield from differing(interceptions, this, row._mapping, columns, leaving="document")
    if posts.keys() != told.posts.keys():
        yield changed(interceptions, this, "posts")
    for post_id, post in told.posts.items():
        yield from differing(interceptions, this, posts[post_id], post)
    yield from _flaws_of_assignments(connection, interception)
    yield from _flaws_of_plans(connection, this, told)


def _flaws_of_assignments(connection: Connection, interception: Interception) -> Iterator[Flaw]:
    """The rows of units' posts are what the posts say."""
    this = interception.interception_id
    wanted = {
        post.post_id: assignment_row(this, post)
        for post in interception.posts
        if post.holder is Holder.UNIT
    }
    rows = all_of(assignments).where(assignments.c.interception_id == this)
    for row in all_rows(connection, rows.order_by(assignments.c.assignment_id)):
        columns = wanted.pop(row.assignment_id, None)
        if columns is None:
            yield surplus(assignments, row.assignment_id)
            continue
        yield from differing(
            assignments, row.assignment_id, row._mapping, columns, leaving="document"
        )
        try:
            document = msgspec.to_builtins(_post.decode(row.document))
        except Exception:  # whatever somebody wrote there, it is no post
            document = None
        if document != columns["document"]:
            yield changed(assignments, row.assignment_id, "document")
    for assignment_id in wanted:
        yield missing(assignments, assignment_id)


def _flaws_of_plans(connection: Connection, interception_id: str, told: _Told) -> Iterator[Flaw]:
    """The plans are those whose hashes were told."""
    left = dict(told.plans)
    rows = all_of(interception_plans).where(interception_plans.c.interception_id == interception_id)
    for row in all_rows(connection, rows.order_by(interception_plans.c.number)):
        name = f"{row.number} of {interception_id}"
        sha256 = left.pop(row.number, None)
        if sha256 is None:
            yield surplus(interception_plans, name)
            continue
        try:
            planned = _planned.decode(row.document)
            same = plan_sha256(planned) == sha256 and planned.made_at_s == row.made_at_s
        except Exception:  # whatever somebody wrote there, it is no plan
            same = False
        if not same:
            yield changed(interception_plans, name, "document")
    for number in left:
        yield missing(interception_plans, f"{number} of {interception_id}")
