"""What becomes of a checkpoint: manned, held in vain, passed, or the place where it ended."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.interceptions import ending, posts
from dispatch.interceptions.case import InterceptionCase
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.bodies import Decoder, body_format
from services.http.commands import Answer, command
from services.http.incident_answers import known_form
from services.http.interception_answers import (
    ANSWER_EXAMPLE,
    CHECKPOINT_ID,
    INTERCEPTION_ID,
    InterceptionAnswer,
    interception_answer,
)
from services.http.openapi import operation
from services.http.preconditions import expected_version
from services.interceptions.bodies import CheckpointBody, ClearBody, MissedBody
from services.interceptions.desk import Command
from services.service import service_of

router = APIRouter(tags=["interceptions"])

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]


def _telling(summary: str, body: type, example: Any) -> dict[str, Any]:
    """The common description of what becomes of a checkpoint."""
    return {
        "summary": summary,
        "openapi_extra": operation(
            scopes=("dispatch",),
            idempotent=True,
            versioned="optional",
            parameters=[INTERCEPTION_ID, CHECKPOINT_ID],
            body=body,
            body_example=example,
            answer=InterceptionAnswer,
            example=ANSWER_EXAMPLE,
            problems=("not-found", "not-possible-now"),
        ),
    }


async def _tell(
    request: Request, caller: Caller, interception_id: str, checkpoint_id: str, act: Command
) -> Response:
    service = service_of(request)
    known_form(interception_id, "interception")
    expected = expected_version(request)

    def known(case: InterceptionCase, at_s: float) -> None:
        if checkpoint_id not in case.interception.places:
            raise ProblemError("not-found", "There is no such checkpoint.")
        act(case, at_s)

    def work(connection: Connection, at_s: float) -> Answer:
        done = service.interceptions.act(connection, interception_id, caller, known, at_s, expected)
        return interception_answer(done)

    return await command(request, caller, work)


_checkpoint = Decoder(CheckpointBody)
_clear = Decoder(ClearBody)
_missed = Decoder(MissedBody)


@router.post(
    "/v1/interceptions/{interception_id}/checkpoints/{checkpoint_id}/manned",
    **_telling(
        "All who were sent there are there and ready",
        CheckpointBody,
        {"note": "both lanes are closed"},
    ),
)
async def post_manned(
    request: Request, interception_id: str, checkpoint_id: str, caller: _Dispatcher
) -> Response:
    _checkpoint.decode(await request.body(), body_format(request))

    def act(case: InterceptionCase, at_s: float) -> None:
        posts.man_all(case, checkpoint_id, at_s)

    return await _tell(request, caller, interception_id, checkpoint_id, act)


@router.post(
    "/v1/interceptions/{interception_id}/checkpoints/{checkpoint_id}/clear",
    **_telling(
        "It was held in vain; those who stood there are free",
        ClearBody,
        {"since": "2026-10-12T09:52:00Z", "until": "2026-10-12T10:20:00Z"},
    ),
)
async def post_clear(
    request: Request, interception_id: str, checkpoint_id: str, caller: _Dispatcher
) -> Response:
    body: ClearBody = _clear.decode(await request.body(), body_format(request))
    since_s = None if body.since is None else body.since.timestamp()
    until_s = None if body.until is None else body.until.timestamp()

    def act(case: InterceptionCase, at_s: float) -> None:
        posts.clear(case, checkpoint_id, since_s, until_s, body.note, at_s)

    return await _tell(request, caller, interception_id, checkpoint_id, act)


@router.post(
    "/v1/interceptions/{interception_id}/checkpoints/{checkpoint_id}/caught",
    **_telling(
        "The subject was stopped there; everybody else is let go",
        CheckpointBody,
        {"note": "80,000 on the passenger seat"},
    ),
)
async def post_caught(
    request: Request, interception_id: str, checkpoint_id: str, caller: _Dispatcher
) -> Response:
    body: CheckpointBody = _checkpoint.decode(await request.body(), body_format(request))

    def act(case: InterceptionCase, at_s: float) -> None:
        ending.catch(case, checkpoint_id, body.note, at_s)

    return await _tell(request, caller, interception_id, checkpoint_id, act)


@router.post(
    "/v1/interceptions/{interception_id}/checkpoints/{checkpoint_id}/missed",
    **_telling(
        "The subject was seen there and got past; a new plan begins there",
        MissedBody,
        {"heading_deg": 15, "note": "drove through the barrier"},
    ),
)
async def post_missed(
    request: Request, interception_id: str, checkpoint_id: str, caller: _Dispatcher
) -> Response:
    body: MissedBody = _missed.decode(await request.body(), body_format(request))
    at = None if body.at is None else body.at.timestamp()

    def act(case: InterceptionCase, at_s: float) -> None:
        posts.miss(case, checkpoint_id, at, body.heading_deg, body.note, at_s)

    return await _tell(request, caller, interception_id, checkpoint_id, act)
