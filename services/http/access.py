"""Who is asking, and whether they may.

Every endpoint names the scopes of which it wants one; only those in ``OPEN_PATHS`` need no key.
Before a key is looked at, the process takes over whatever another one changed, so that a revoked
key is refused and a closure is in force from the next request on.

A field unit has no key but the token of its assignment. It is accepted on the paths of exactly
that assignment, ``/v1/assignments/{assignment_id}...``; anywhere else it opens nothing.

Who has logged in at a page sends a session's cookie (``services.page_sessions``), which opens what
its key opens.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request

from services.errors import ProblemError
from services.field_tokens import PREFIX as TOKEN_PREFIX
from services.http.rate_limit import LINK_PREFIX
from services.jurisdictions import Jurisdictions, is_jurisdiction
from services.keys import FORMER_SCOPES, SCOPES
from services.ledger.database import now_s
from services.page_sessions import COOKIE, SECURE_COOKIE, PageSession
from services.service import service_of

OPEN_PATHS = (
    "/healthz",
    "/readyz",
    "/docs",
    "/openapi.json",
    "/problems/{name}",
    "/",
    "/console",
    "/u/",
    "/u/{token}",
    "/u/service_worker.js",
    "/pages/{name:path}",
    "/v1/session",
    "/v1/tiles",
    "/v1/tiles/{z}/{x}/{y}",
)
"""What anybody may read: the state of health, the description of the API, the empty pages,
which ask the API for what they show, the base map, and logging in and out; ``GET /v1/session``
wants a key. ``/osmand`` is opened by a device's own secret, ``/v1/peers/messages`` by a peer's
signature, and the routing paths by the setting ``public_routing``."""

PAGE_HEADER = "X-Forestall-Page"
"""Sent by our pages; without it a session's cookie is not looked at."""

KEY_LIMIT_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking."""

    jurisdictions: Jurisdictions
    scopes: frozenset[str]
    caller_id: str
    """Id of the key, or ``fld:`` and the id of the assignment; the same for every request."""
    assignment_id: str | None = None
    """The assignment whose token was sent; None for a key."""
    ends_at_s: float = math.inf
    """When the token opens nothing any more, or the session cannot be renewed any more; a key's end
    is looked up in the ring of keys."""

    def may_see(self, jurisdiction: str) -> bool:
        """Whether what belongs to a jurisdiction is there for this caller; to a unit's link none
        is, only its assignment."""
        return self.jurisdictions.hold(jurisdiction)

    def one_jurisdiction(self, named: str | None) -> str:
        """The jurisdiction that a request is about: the one it names, else the key's only one."""
        if named is None:
            if self.jurisdictions.only is None:
                raise ProblemError(
                    "jurisdiction-required",
                    "The key holds several jurisdictions: say which one with 'jurisdiction'.",
                )
            return self.jurisdictions.only
        if not is_jurisdiction(named):
            raise ProblemError(
                "invalid-value",
                "A jurisdiction is words joined by '/', of 128 characters at most.",
            )
        if not self.jurisdictions.hold(named):
            raise ProblemError(
                "wrong-jurisdiction", "The key was not made for the jurisdiction that is named."
            )
        return named


def needs(
    *scopes: str, token: bool = False, former: str | None = None, open_to_anybody: bool = False
) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency that gives the caller, or refuses who has none of the scopes.

    ``token``: the token of the assignment in the path opens it too. ``former``: the scope that
    keys made before today's scopes have for it. ``open_to_anybody`` endpoints need no key where
    the setting ``public_routing`` is on.
    """
    if not scopes or not set(scopes) <= SCOPES.keys():
        raise ValueError(f"no such scopes: {scopes}")
    if former is not None and former not in FORMER_SCOPES:
        raise ValueError(f"no such former scope: {former}")
    opening = frozenset(scopes) if former is None else frozenset((*scopes, former))

    async def caller_of(request: Request) -> Caller:
        service = service_of(request)
        await service.bookkeeping.run(service.standing.refresh)
        text = _secret_text(request)
        if text is None and open_to_anybody and service.settings.public_routing:
            caller = _anybody(request)
        elif text is not None and text.startswith(TOKEN_PREFIX):
            caller = _token_caller(request, text, token)
        else:
            caller = _key_caller(request, text)
            if not opening & caller.scopes:
                wanted = " or ".join(f"'{scope}'" for scope in scopes)
                raise ProblemError("missing-scope", f"The key lacks the scope {wanted}.")
        service.rates.count(caller.caller_id)
        return caller

    caller_of.needed_scopes = scopes  # type: ignore[attr-defined]
    caller_of.takes_token = token  # type: ignore[attr-defined]
    return caller_of


def at_address(request: Request) -> str:
    """Caller id of whoever asks without a key."""
    return f"at:{request.client.host if request.client else 'local'}"


def session_cookie(request: Request) -> str:
    """Name of the cookie that holds a page's session, by how the request came."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def session_of(request: Request) -> PageSession | None:
    """The session that a page of ours sent; None where another secret was sent, or none."""
    text = request.cookies.get(session_cookie(request))
    if text is None or PAGE_HEADER not in request.headers or _secret_text(request) is not None:
        return None
    return service_of(request).sessions.read(text, now_s())


def _anybody(request: Request) -> Caller:
    """A caller without a key, where that is allowed: sees the roads and no people."""
    return Caller(Jurisdictions(()), frozenset(), at_address(request))


def _key_caller(request: Request, text: str | None) -> Caller:
    key, keys = None, service_of(request).standing.keys
    ends_at_s = math.inf
    if text is not None:
        key = keys.key(text, now_s())
    elif (session := session_of(request)) is not None:
        key = keys.usable_key(session.key_id, now_s())
        ends_at_s = session.latest_end_s
    if key is None:
        raise ProblemError(
            "key-required",
            "Send a valid key as 'Authorization: Bearer <key>' or 'X-API-Key: <key>'.",
        )
    return Caller(key.jurisdictions, key.scopes, key.key_id, ends_at_s=ends_at_s)


def _token_caller(request: Request, text: str, accepted: bool) -> Caller:
    opened = service_of(request).field_tokens.read(text, now_s())
    if opened is None:
        raise ProblemError("key-required", "The link is not valid or has expired: ask for another.")
    if not accepted:
        raise ProblemError("missing-scope", "A unit's link opens its own assignment only.")
    assignment_id = opened.assignment_id
    if request.path_params["assignment_id"] != assignment_id:
        # As if it were not there: a link must not tell which other assignments exist.
        raise ProblemError("not-found", "There is no such assignment.")
    return Caller(
        Jurisdictions(()),
        frozenset(),
        LINK_PREFIX + assignment_id,
        assignment_id,
        opened.ends_at_s,
    )


def _secret_text(request: Request) -> str | None:
    """The key or token as sent; None when none was sent."""
    text = request.headers.get("x-api-key")
    if text is None:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        text = rest.strip() if scheme.lower() == "bearer" else None
    return text[:KEY_LIMIT_CHARACTERS] if text else None
