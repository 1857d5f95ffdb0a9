"""Is the process alive, can it answer, and what has it counted?"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dispatch.live_picture import EVERYTHING
from dispatch.responders import KIND_NAMES
from services.errors import LedgerError, ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.openapi import operation
from services.http.query import Query
from services.ledger.database import now_s
from services.metrics import METRICS_MEDIA_TYPE
from services.service import Service, service_of

router = APIRouter(tags=["health"])

FORMER_SCOPE = "metrics:read"


class Health(msgspec.Struct):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, kw_only=True):
    """Whether questions can be answered. ``degraded``: yes, but positions are not shared."""

    status: Literal["ready", "degraded"]
    map: str
    modes: list[str]
    redis: str
    """``up``, or why not."""
    unshared_fixes: int


@router.get(
    "/healthz",
    summary="Is the process alive?",
    openapi_extra=operation(answer=Health, example={"status": "ok"}, open_to_anybody=True),
)
async def healthz() -> Response:
    return json_answer(Health())


@router.get(
    "/readyz",
    summary="Can it answer?",
    openapi_extra=operation(
        answer=Readiness,
        example={
            "status": "ready",
            "map": "Wanzhou",
            "modes": ["car", "ebike", "foot", "police"],
            "redis": "up",
            "unshared_fixes": 0,
        },
        problems=("not-ready",),
        open_to_anybody=True,
    ),
)
async def readyz(request: Request) -> Response:
    service = service_of(request)
    try:
        await service.bookkeeping.run(service.ledger.revisions)
    except LedgerError:
        raise ProblemError("not-ready", "The database does not answer.") from None
    shared = service.shared
    return json_answer(
        Readiness(
            status="ready" if shared.up else "degraded",
            map=service.engine.network.title,
            modes=sorted(service.engine.network.modes),
            # Why exactly is for the log: it may name hosts.
            redis="up" if shared.up else "absent",
            unshared_fixes=shared.unshared_count,
        )
    )


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    openapi_extra=operation(
        media_type="text/plain", scopes=("admin",), problems=("wrong-jurisdiction",)
    ),
)
async def metrics(
    request: Request, caller: Annotated[Caller, Depends(needs("admin", former=FORMER_SCOPE))]
) -> Response:
    Query(request, ())
    # A key from before today's scopes opens what it opened then.
    if not caller.jurisdictions.everything and FORMER_SCOPE not in caller.scopes:
        raise ProblemError(
            "wrong-jurisdiction",
            "The counters are those of the whole installation: use a key that holds '*'.",
        )
    service = service_of(request)
    return Response(await service.bookkeeping.run(_text, service), media_type=METRICS_MEDIA_TYPE)


def _text(service: Service) -> bytes:
    gauges = service.metrics
    counts = service.picture.tally(EVERYTHING, now_s()).by_kind_and_status()
    for kind in KIND_NAMES:
        gauges.responders.labels(kind).set(sum(counts.get(kind, {}).values()))
    for pool in (
        service.questions,
        service.routing,
        service.receiving,
        service.bookkeeping,
        service.writing,
    ):
        gauges.under_way.labels(pool.name).set(pool.under_way)
    gauges.closures.set(len(service.standing.closures.changes(now_s()).changes))
    return gauges.text()
