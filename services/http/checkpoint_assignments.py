"""Assignments to checkpoints, behind the same paths as those to incidents.

Dispatchers who hold the interception are always answered the order. Links, gateways and other
jurisdictions are, while the unit is needed; after that only that it is not.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.errors import ConflictError
from dispatch.interceptions.case import InterceptionCase, Post
from geodata.routes.osrm_json import route_json
from services.http.access import Caller
from services.http.answers import json_answer
from services.http.commands import Answer
from services.http.own_assignment import link_of
from services.incidents.unit_view import OverAnswer
from services.interceptions.desk import PostCommand
from services.interceptions.store import StoredInterception
from services.interceptions.unit_view import (
    CheckpointOrder,
    checkpoint_file,
    checkpoint_order,
    drive_to,
    over,
)
from services.ledger.database import now_s
from services.service import Service


def no_visit(case: InterceptionCase, post: Post, now_s: float) -> None:
    """A checkpoint has no visit that could be reported on."""
    raise ConflictError(
        "This is a checkpoint: tell the centre, which notes it as clear, caught or missed."
    )


def step(
    service: Service,
    caller: Caller,
    connection: Connection,
    assignment_id: str,
    act: PostCommand,
    at_s: float,
) -> Answer:
    """A step of a unit at a checkpoint, and what it is answered."""
    case, post = service.interceptions.act_on_assignment(
        connection, assignment_id, caller, act, at_s
    )
    return Answer(told(caller, case, post))


def told(caller: Caller, case: StoredInterception, post: Post) -> CheckpointOrder | OverAnswer:
    """What a caller is told of an assignment to a checkpoint."""
    return (
        checkpoint_order(case.interception, post) if tells_all(caller, case, post) else over(post)
    )


async def show(
    service: Service,
    caller: Caller,
    case: StoredInterception,
    assignment_id: str,
    language: str | None,
    headers: dict[str, str],
) -> Response:
    """The order with the way there; ``language`` None: without it."""
    post = case.interception.post(assignment_id)
    assert post is not None
    if not tells_all(caller, case, post):
        return json_answer(over(post), headers=headers)
    route = None
    if language is not None:
        route = await service.questions.run(
            _route_json,
            case.interception,
            post,
            service.picture,
            service.engine.now,
            language,
            now_s(),
        )
    token, link = link_of(service, caller, assignment_id)
    file = checkpoint_file(case.interception, post, route, token, link)
    return json_answer(file, headers=headers)


def _route_json(*asked: Any) -> bytes | None:
    """OSRM's ``Route`` as JSON; see :func:`services.interceptions.unit_view.drive_to`."""
    route = drive_to(*asked)
    return None if route is None else route_json(route)


def tells_all(caller: Caller, case: StoredInterception, post: Post) -> bool:
    """Whether a caller is told the order: a unit while it is needed, a dispatcher always."""
    if "dispatch" in caller.scopes and caller.may_see(case.interception.jurisdiction):
        return True
    return post.live
