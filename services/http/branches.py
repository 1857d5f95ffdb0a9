"""``/v1/branches``: bank branches, the places of one-tap alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from msgspec import Meta
from starlette.responses import Response

from geodata.coordinates import to_wgs84
from services.branches import Branch, put_branches, remove_branch
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.keys import CRS_NAMES, ID_LIMIT_CHARACTERS, is_responder_id
from services.service import Service, service_of
from services.views import moment

router = APIRouter(tags=["branches"])

MOST_LISTED = 1_000

_Admin = Annotated[Caller, Depends(needs("admin"))]
_Crs = Annotated[str, Meta(extra_json_schema={"enum": list(CRS_NAMES)})]


class BranchBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A bank branch."""

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    crs: _Crs = "wgs84"
    jurisdiction: str | None = None
    """Whose it is; not needed with a key of one jurisdiction."""


class BranchView(msgspec.Struct, kw_only=True):
    """A bank branch, WGS-84."""

    id: str
    jurisdiction: str
    name: str
    lon: float
    lat: float
    area: str | None
    """The area that it lies in: where its alarms go; none where no area is loaded."""
    changed_at: datetime


class BranchList(msgspec.Struct):
    """Branches of the caller's jurisdictions, by id."""

    branches: list[BranchView]
    next: str | None
    """Ask again with ``after`` set to this for those that follow; none: these are all."""


_decoder = Decoder(BranchBody)

_BODY = {"name": "工行高笋塘支行", "lon": 108.3782, "lat": 30.8147, "crs": "gcj02"}
_EXAMPLE = {
    "id": "icbc-0417",
    "jurisdiction": "500101",
    "name": "工行高笋塘支行",
    "lon": 108.3741,
    "lat": 30.8173,
    "area": "500101/gaosuntang/community-3/grid-1",
    "changed_at": "2026-10-12T09:15:02Z",
}
_ID = parameter(
    "branch_id",
    "Id of the branch, the bank's own choice.",
    {"type": "string", "minLength": 1, "maxLength": ID_LIMIT_CHARACTERS},
    where="path",
)
_JURISDICTION = parameter(
    "jurisdiction",
    "Whose branch; not needed with a key of one jurisdiction.",
    {"type": "string"},
)


@router.get(
    "/v1/branches",
    summary="Bank branches",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[
            parameter(
                "count",
                f"At most so many, up to {MOST_LISTED}.",
                {"type": "integer", "minimum": 1, "maximum": MOST_LISTED},
            ),
            parameter("after", "Only what follows this `next`.", {"type": "string"}),
        ],
        answer=BranchList,
        example={"branches": [_EXAMPLE], "next": None},
        problems=("invalid-value",),
    ),
)
async def list_branches(request: Request, caller: _Admin) -> Response:
    query = Query(request, ("count", "after"))
    service = service_of(request)
    count = query.whole("count", MOST_LISTED, 1, MOST_LISTED)
    after = query.text("after")
    shown = [
        branch
        for branch in service.standing.branches
        if caller.may_see(branch.jurisdiction) and (after is None or _place(branch) > after)
    ]
    page = shown[:count]
    return json_answer(
        BranchList(
            [_view(service, branch) for branch in page],
            _place(page[-1]) if len(shown) > count else None,
        )
    )


@router.get(
    "/v1/branches/{branch_id:path}",
    summary="One bank branch",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[_ID, _JURISDICTION],
        answer=BranchView,
        example=_EXAMPLE,
        problems=("not-found", "wrong-jurisdiction", "jurisdiction-required", "invalid-value"),
    ),
)
async def get_branch(request: Request, branch_id: str, caller: _Admin) -> Response:
    named = Query(request, ("jurisdiction",)).text("jurisdiction")
    service = service_of(request)
    return json_answer(_found(service, caller.one_jurisdiction(named), branch_id))


@router.put(
    "/v1/branches/{branch_id:path}",
    summary="Say where a bank branch is",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[_ID],
        body=BranchBody,
        body_example=_BODY,
        answer=BranchView,
        example=_EXAMPLE,
        meaning="Its alarms come from there from the next request on, in every process",
        problems=("wrong-jurisdiction", "jurisdiction-required"),
    ),
)
async def put_branch(request: Request, branch_id: str, caller: _Admin) -> Response:
    Query(request, ())
    service = service_of(request)
    body: BranchBody = _decoder.decode(await request.body(), body_format(request))
    jurisdiction = caller.one_jurisdiction(body.jurisdiction)
    if not is_responder_id(branch_id):
        raise ProblemError(
            "invalid-value", "An id has 1 to 128 characters, none of them a control character."
        )
    lon, lat = to_wgs84(body.lon, body.lat, body.crs)
    branch = Branch(jurisdiction, branch_id, body.name, float(lon), float(lat))
    await service.writing.run(put_branches, service.ledger, [branch])
    await service.bookkeeping.run(service.standing.refresh)
    return json_answer(_found(service, jurisdiction, branch_id))


@router.delete(
    "/v1/branches/{branch_id:path}",
    summary="Forget a bank branch",
    status_code=204,
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[_ID, _JURISDICTION],
        status=204,
        meaning="Forgotten; an alarm of it is refused from the next request on",
        problems=("not-found", "wrong-jurisdiction", "jurisdiction-required", "invalid-value"),
    ),
)
async def delete_branch(request: Request, branch_id: str, caller: _Admin) -> Response:
    named = Query(request, ("jurisdiction",)).text("jurisdiction")
    service = service_of(request)
    jurisdiction = caller.one_jurisdiction(named)
    if not is_responder_id(branch_id) or not await service.writing.run(
        remove_branch, service.ledger, jurisdiction, branch_id
    ):
        raise ProblemError("not-found", "There is no such branch.")
    await service.bookkeeping.run(service.standing.refresh)
    return Response(status_code=204)


def _place(branch: Branch) -> str:
    """Where a branch stands in the list: ids hold no control characters, nor do paths."""
    return f"{branch.jurisdiction}\t{branch.branch_id}"


def _found(service: Service, jurisdiction: str, branch_id: str) -> BranchView:
    branch = service.standing.branches.get(jurisdiction, branch_id)
    if branch is None:
        raise ProblemError("not-found", "There is no such branch.")
    return _view(service, branch)


def _view(service: Service, branch: Branch) -> BranchView:
    area = service.standing.areas.at(branch.lon, branch.lat)
    return BranchView(
        id=branch.branch_id,
        jurisdiction=branch.jurisdiction,
        name=branch.name,
        lon=round(branch.lon, 7),
        lat=round(branch.lat, 7),
        area=None if area is None else area.jurisdiction,
        changed_at=moment(branch.changed_at_s),
    )
