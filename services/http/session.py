"""``/v1/session``: logging in at a page with an API key, and what that key may do.

The session is a cookie that no script can read, that the browser sends from our own pages only
(``SameSite=Strict``), and that opens nothing without the header ``X-Forestall-Page``, which a page
of another origin cannot add to a request without asking first, and nobody is ever allowed to.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.http.access import (
    KEY_LIMIT_CHARACTERS,
    Caller,
    at_address,
    needs,
    session_cookie,
    session_of,
)
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.openapi import operation
from services.http.query import Query
from services.keys import SCOPES, ApiKey
from services.ledger.database import now_s
from services.page_sessions import PageSession
from services.service import Service, service_of
from services.views import moment

router = APIRouter(tags=["session"])

_Anybody = Annotated[Caller, Depends(needs(*SCOPES))]


class LoginBody(msgspec.Struct, forbid_unknown_fields=True):
    """A key, to be changed for a session."""

    key: str


class SessionView(msgspec.Struct, kw_only=True):
    """What the caller's key may do."""

    name: str
    """As the key was named when it was made."""
    scopes: list[str]
    jurisdictions: list[str]
    ends_at: datetime | None
    """When the session ends unless it is renewed, which asking does; None for a key."""
    now: datetime
    """The service's time, which every clock of a page is set by."""
    clock_speed: float
    """Seconds told for each second: 1, except in rehearsals."""


_EXAMPLE = {
    "name": "wall of the command room",
    "scopes": ["alerts:write", "dispatch", "plan"],
    "jurisdictions": ["500101"],
    "ends_at": "2026-10-12T09:45:00Z",
    "now": "2026-10-12T09:15:00Z",
    "clock_speed": 1.0,
}
_decoder = Decoder(LoginBody)


@router.post(
    "/v1/session",
    summary="Log in at a page",
    openapi_extra=operation(
        body=LoginBody,
        body_example={"key": "fst_4f3a2b1c0d_..."},
        answer=SessionView,
        example=_EXAMPLE,
        open_to_anybody=True,
        problems=("key-required", "too-many-requests", "not-ready"),
    ),
)
async def log_in(request: Request) -> Response:
    Query(request, ())
    service = service_of(request)
    service.rates.count(at_address(request))
    body: LoginBody = _decoder.decode(await request.body(), body_format(request))
    await service.bookkeeping.run(service.standing.refresh)
    at_s = now_s()
    key = service.standing.keys.key(body.key[:KEY_LIMIT_CHARACTERS].strip(), at_s)
    if key is None:
        raise ProblemError("key-required", "This key is unknown, revoked or past its end.")
    return _answer(request, service, key, service.sessions.begin(key.key_id, at_s))


@router.get(
    "/v1/session",
    summary="What the key may do",
    openapi_extra=operation(scopes=tuple(SCOPES), answer=SessionView, example=_EXAMPLE),
)
async def get_session(request: Request, caller: _Anybody) -> Response:
    """Also moves the end of a session on."""
    Query(request, ())
    service = service_of(request)
    at_s = now_s()
    key = service.standing.keys.usable_key(caller.caller_id, at_s)
    if key is None:  # revoked since the caller was let in
        raise ProblemError("key-required", "The key is revoked or past its end.")
    session = session_of(request)
    if session is not None:
        session = service.sessions.renewed(session, at_s)
    return _answer(request, service, key, session)


@router.delete(
    "/v1/session",
    summary="Log out",
    openapi_extra=operation(status=204, meaning="Logged out", open_to_anybody=True),
)
async def log_out(request: Request) -> Response:
    Query(request, ())
    answer = Response(status_code=204)
    answer.delete_cookie(
        session_cookie(request),
        path="/",
        secure=request.url.scheme == "https",  # else browsers leave one named __Host- alone
        httponly=True,
        samesite="strict",
    )
    return answer


def _answer(
    request: Request, service: Service, key: ApiKey, session: PageSession | None
) -> Response:
    at_s = now_s()
    answer = json_answer(
        SessionView(
            name=key.name,
            scopes=sorted(key.scopes),
            jurisdictions=sorted(key.jurisdictions.names),
            ends_at=None if session is None else moment(session.ends_at_s),
            now=moment(at_s),
            clock_speed=service.settings.clock_speed,
        ),
        headers={"Cache-Control": "no-store"},
    )
    if session is not None:
        answer.set_cookie(
            session_cookie(request),
            service.sessions.text(session),
            max_age=max(0, int(session.ends_at_s - at_s)),
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
    return answer
