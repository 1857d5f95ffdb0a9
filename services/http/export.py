"""``/v1/export/{table}``: incidents, assignments and positions at decisions as GeoParquet."""

from __future__ import annotations

import io
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.figures import PERIOD_PARAMETERS, scope_of
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.review.export import SECRET_NAME, TABLES, pseudonyms
from services.review.export_files import ENDING, MEDIA_TYPE, write_table
from services.review.rows import Scope
from services.service import Service, service_of

router = APIRouter(tags=["figures"])

_Planner = Annotated[Caller, Depends(needs("plan"))]


@router.get(
    "/v1/export/{table}",
    summary="Rows for planners' notebooks",
    openapi_extra=operation(
        scopes=("plan",),
        parameters=[
            parameter(
                "table",
                "Which rows.",
                {"type": "string", "enum": list(TABLES)},
                where="path",
            ),
            *PERIOD_PARAMETERS,
            parameter(
                "exact",
                "`true`: points as they are, not the middle of their H3 cell.",
                {"type": "boolean"},
            ),
        ],
        media_type=MEDIA_TYPE,
        meaning="GeoParquet 1.1, without victims' references, addresses and notes; responders "
        "have pseudonyms",
        problems=("not-found", "invalid-value", "wrong-jurisdiction"),
    ),
)
async def export(request: Request, table: str, caller: _Planner) -> Response:
    query = Query(request, ("jurisdiction", "from", "to", "exact"))
    if table not in TABLES:
        raise ProblemError("not-found", "There is no such table.")
    scope = scope_of(query, caller)
    exact = query.flag("exact")
    service = service_of(request)
    secret = await service.writing.run(service.secrets, SECRET_NAME)
    content = await service.routing.run(_written, service, table, scope, secret, exact)
    return Response(
        content,
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{table}{ENDING}"'},
    )


def _written(service: Service, table: str, scope: Scope, secret: bytes, exact: bool) -> bytes:
    with service.ledger.snapshot() as connection:
        rows = TABLES[table](connection, scope, pseudonyms(secret), exact)
    file = io.BytesIO()
    write_table(rows, file)
    return file.getvalue()
