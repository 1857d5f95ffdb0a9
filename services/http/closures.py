"""``/v1/closures``: standing closures and speed changes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.closures import ClosureBody, StandingClosure, put_closure, remove_closure
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.openapi import ID_SCHEMA, JURISDICTION_SCHEMA, operation, parameter
from services.http.query import Query
from services.keys import is_responder_id
from services.ledger.database import now_s
from services.road_changes import resolve
from services.service import Service, service_of
from services.views import moment

router = APIRouter(tags=["closures"])

_Reader = Annotated[Caller, Depends(needs("dispatch", "plan", former="closures:read"))]
_Writer = Annotated[Caller, Depends(needs("dispatch", former="closures:write"))]


class ClosureView(msgspec.Struct, kw_only=True):
    """A standing closure or speed change."""

    id: str
    jurisdiction: str
    in_force: bool
    edges: int
    """Pieces of road concerned on the loaded map; 0 where nothing of it lies there."""
    changed_at: datetime
    closure: dict[str, Any]
    """As it was put."""


class ClosureList(msgspec.Struct):
    """Closures of the caller's jurisdictions."""

    closures: list[ClosureView]


_decoder = Decoder(ClosureBody)

_BODY = {
    "reason": "Flooded underpass",
    "ways": [221130947],
    "ends_at": "2026-10-13T06:00:00Z",
}
_EXAMPLE = {
    "id": "underpass-2",
    "jurisdiction": "wanzhou",
    "in_force": True,
    "edges": 2,
    "changed_at": "2026-10-12T09:15:02Z",
    "closure": _BODY,
}
_ID = parameter("closure_id", "Id of the closure, your own choice.", ID_SCHEMA, where="path")
_JURISDICTION = parameter(
    "jurisdiction",
    "Whose closure; not needed with a key of one jurisdiction.",
    JURISDICTION_SCHEMA,
)


@router.get(
    "/v1/closures",
    summary="Standing closures",
    openapi_extra=operation(
        scopes=("dispatch", "plan"), answer=ClosureList, example={"closures": [_EXAMPLE]}
    ),
)
async def list_closures(request: Request, caller: _Reader) -> Response:
    Query(request, ())
    service = service_of(request)
    return json_answer(
        ClosureList(
            [
                _view(closure)
                for _, closure in sorted(service.standing.closures.known.items())
                if caller.jurisdictions.hold(closure.jurisdiction)
            ]
        )
    )


@router.get(
    "/v1/closures/{closure_id:path}",
    summary="One closure",
    openapi_extra=operation(
        scopes=("dispatch", "plan"),
        parameters=[_ID, _JURISDICTION],
        answer=ClosureView,
        example=_EXAMPLE,
        problems=("not-found", "wrong-jurisdiction", "jurisdiction-required"),
    ),
)
async def get_closure(request: Request, closure_id: str, caller: _Reader) -> Response:
    named = Query(request, ("jurisdiction",)).text("jurisdiction")
    service = service_of(request)
    return json_answer(_view(_find(service, caller.one_jurisdiction(named), closure_id)))


@router.put(
    "/v1/closures/{closure_id:path}",
    summary="Close roads, or change their speed",
    openapi_extra=operation(
        scopes=("dispatch",),
        parameters=[_ID],
        body=ClosureBody,
        body_example=_BODY,
        answer=ClosureView,
        example=_EXAMPLE,
        meaning="In force from the next request on, in every process",
        problems=("wrong-jurisdiction", "jurisdiction-required", "unknown-mode"),
    ),
)
async def put(request: Request, closure_id: str, caller: _Writer) -> Response:
    service = service_of(request)
    body: ClosureBody = _decoder.decode(await request.body(), body_format(request))
    jurisdiction = caller.one_jurisdiction(body.jurisdiction)
    if not is_responder_id(closure_id):
        raise ProblemError(
            "invalid-value", "An id has 1 to 128 characters, none of them a control character."
        )
    if body.starts_at and body.ends_at and body.ends_at <= body.starts_at:
        raise ProblemError("invalid-value", "'ends_at' must be later than 'starts_at'.")
    # Whatever cannot be resolved is refused before anything is kept.
    await service.questions.run(resolve, body, service.engine.network, service.engine.snapper)
    await service.bookkeeping.run(_put, service, jurisdiction, closure_id, body)
    return json_answer(_view(_find(service, jurisdiction, closure_id)))


@router.delete(
    "/v1/closures/{closure_id:path}",
    summary="Open the roads again",
    status_code=204,
    openapi_extra=operation(
        scopes=("dispatch",),
        parameters=[_ID, _JURISDICTION],
        status=204,
        meaning="Open from the next request on, in every process",
        problems=("not-found", "wrong-jurisdiction", "jurisdiction-required"),
    ),
)
async def delete(request: Request, closure_id: str, caller: _Writer) -> Response:
    named = Query(request, ("jurisdiction",)).text("jurisdiction")
    service = service_of(request)
    jurisdiction = caller.one_jurisdiction(named)
    if not await service.bookkeeping.run(_remove, service, jurisdiction, closure_id):
        raise ProblemError("not-found", "There is no such closure.")
    return Response(status_code=204)


def _put(service: Service, jurisdiction: str, closure_id: str, body: ClosureBody) -> None:
    put_closure(service.ledger, jurisdiction, closure_id, body)
    service.standing.refresh()


def _remove(service: Service, jurisdiction: str, closure_id: str) -> bool:
    removed = remove_closure(service.ledger, jurisdiction, closure_id)
    service.standing.refresh()
    return removed


def _find(service: Service, jurisdiction: str, closure_id: str) -> StandingClosure:
    closure = service.standing.closures.known.get((jurisdiction, closure_id))
    if closure is None:
        raise ProblemError("not-found", "There is no such closure.")
    return closure


def _view(closure: StandingClosure) -> ClosureView:
    return ClosureView(
        id=closure.closure_id,
        jurisdiction=closure.jurisdiction,
        in_force=closure.in_force(now_s()),
        edges=closure.edge_count,
        changed_at=moment(closure.changed_at_s),
        closure=closure.said,
    )
