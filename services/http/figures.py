"""``/v1/figures``: how a place did in a time, and who contributed what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.ledger.database import now_s
from services.review.contributions import Contributions, contributions
from services.review.figures import Figures, figures
from services.review.rows import Scope
from services.service import Service, service_of

router = APIRouter(tags=["figures"])

DAY_S = 86_400.0
LONGEST_DAYS = 366
MOST_RESPONDERS = 1_000

_Planner = Annotated[Caller, Depends(needs("plan"))]

_SPREAD = {"count": 38, "median_s": 412.0, "p90_s": 861.5}
_SHARE = {"of": 40, "count": 34, "share": 0.85}
_GROUP: dict[str, Any] = {
    "incidents": 61,
    "open": 2,
    "false_alarms": 3,
    "first_contact": {**_SPREAD, "due": 59, "in_time": 51, "share_in_time": 0.864407},
    "face_to_face": {**_SPREAD, "due": 40, "in_time": 33, "share_in_time": 0.825},
    "dissuaded": _SHARE,
    "evidence_in_time": _SHARE,
    "second_visits": {"of": 40, "count": 4, "share": 0.1},
    "follow_ups": {"of": 102, "count": 31, "share": 0.303922},
    "amount_at_risk_yuan": 2_310_000.0,
    "amount_kept_yuan": 1_905_000.0,
    "share_kept": 0.824675,
}
_KIND = {
    "offered": 48,
    "accepted": {"of": 45, "count": 43, "share": 0.955556},
    "to_accept": _SPREAD,
    "to_arrive": _SPREAD,
    "late": {"of": 41, "count": 5, "share": 0.121951},
    "first_there": 22,
    "dissuaded": {"of": 41, "count": 35, "share": 0.853659},
}
_PERIOD = {"from": "2026-10-11T16:00:00Z", "to": "2026-10-12T16:00:00Z"}
_EXAMPLE = {
    "jurisdiction": "500101",
    **_PERIOD,
    "alerts": 68,
    "alerts_by_tier": {"critical": 6, "high": 21, "medium": 25, "low": 16},
    "alerts_by_source": {"bank": 9, "city": 44, "grid_worker": 3, "ministry": 12},
    "total": _GROUP,
    "by_tier": dict.fromkeys(("critical", "high", "medium", "low"), _GROUP),
    "by_kind": {"officer": _KIND},
    "by_part": [{**_GROUP, "jurisdiction": "500101/gaosuntang"}],
}
_CONTRIBUTION = {
    "offered": 12,
    "accepted": {"of": 11, "count": 10, "share": 0.909091},
    "to_accept": _SPREAD,
    "to_arrive": _SPREAD,
    "arrived": 10,
    "late": 1,
    "first_there": 6,
    "dissuaded": 8,
    "follow_ups": 2,
    "evidence": 9,
    "kept_yuan": 215_000.0,
    "distance_km": 31.4,
    "engaged_h": 5.2,
}
_WHO_EXAMPLE = {
    "jurisdiction": "500101",
    **_PERIOD,
    "units": [{**_CONTRIBUTION, "jurisdiction": "500101/gaosuntang", "responders": 1}],
    "responders": [
        {
            **_CONTRIBUTION,
            "responder_id": "p-17",
            "jurisdiction": "500101/gaosuntang",
            "kind": "officer",
        }
    ],
    "responders_left_out": 0,
}

PERIOD_PARAMETERS = [
    parameter(
        "jurisdiction",
        "Of this one and of what is below it; left out: everything that the key holds.",
        {"type": "string"},
    ),
    parameter(
        "from",
        "The first moment that counts; left out: a day before `to`.",
        {"type": "string", "format": "date-time"},
    ),
    parameter(
        "to",
        f"The first moment that does not count, at most {LONGEST_DAYS} days later; left out: now.",
        {"type": "string", "format": "date-time"},
    ),
]


@router.get(
    "/v1/figures",
    summary="How a place did in a time",
    openapi_extra=operation(
        scopes=("plan",),
        parameters=PERIOD_PARAMETERS,
        answer=Figures,
        example=_EXAMPLE,
        meaning="Of the incidents that were opened in the time; what is counted how is said in "
        "the reference, under Figures",
        problems=("invalid-value", "wrong-jurisdiction"),
    ),
)
async def get_figures(request: Request, caller: _Planner) -> Response:
    scope = scope_of(Query(request, ("jurisdiction", "from", "to")), caller)
    service = service_of(request)
    # Counting a year takes seconds, so it stands behind tables of routes and not before alerts.
    return json_answer(await service.routing.run(_figures, service, scope))


@router.get(
    "/v1/figures/contributions",
    summary="Who contributed what",
    openapi_extra=operation(
        scopes=("plan",),
        parameters=[
            *PERIOD_PARAMETERS,
            parameter(
                "count",
                f"At most so many responders, up to {MOST_RESPONDERS}.",
                {"type": "integer", "minimum": 1, "maximum": MOST_RESPONDERS},
            ),
        ],
        answer=Contributions,
        example=_WHO_EXAMPLE,
        meaning="Of the responders of the place, wherever they were sent; those who dissuaded "
        "most come first",
        problems=("invalid-value", "wrong-jurisdiction"),
    ),
)
async def get_contributions(request: Request, caller: _Planner) -> Response:
    query = Query(request, ("jurisdiction", "from", "to", "count"))
    scope = scope_of(query, caller)
    count = query.whole("count", 100, 1, MOST_RESPONDERS)
    service = service_of(request)
    return json_answer(await service.routing.run(_contributions, service, scope, count))


def scope_of(query: Query, caller: Caller) -> Scope:
    """The place and the time that a request asks about, as far as the caller may see them."""
    named = query.text("jurisdiction")
    to_s = query.moment_s("to", now_s())
    from_s = query.moment_s("from", to_s - DAY_S)
    if not from_s < to_s <= from_s + LONGEST_DAYS * DAY_S:
        raise ProblemError(
            "invalid-value", f"'from' is before 'to', by {LONGEST_DAYS} days at most."
        )
    within = None if named is None else caller.one_jurisdiction(named)
    return Scope(caller.jurisdictions, from_s, to_s, within)


def _figures(service: Service, scope: Scope) -> Figures:
    with service.ledger.snapshot() as connection:
        return figures(connection, scope, service.desk.policies, now_s())


def _contributions(service: Service, scope: Scope, count: int) -> Contributions:
    with service.ledger.snapshot() as connection:
        return contributions(connection, scope, count)
