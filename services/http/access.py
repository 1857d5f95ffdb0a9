"""Who is asking, and whether they may.

Every endpoint names the scope it needs; only those in ``OPEN_PATHS`` need no key. Before a key is
looked at, the process takes over whatever another one changed, so that a revoked key is refused
and a closure is in force from the next request on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request

from services.errors import ProblemError
from services.jurisdictions import Jurisdictions, is_jurisdiction
from services.keys import SCOPES
from services.ledger.database import now_s
from services.service import service_of

OPEN_PATHS = ("/healthz", "/readyz", "/docs", "/openapi.json", "/problems/{name}")
"""What anybody may read: the state of health, and the description of the API. ``/osmand`` is
opened by a device's own secret, and the routing paths by the setting ``public_routing``."""

KEY_LIMIT_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking."""

    jurisdictions: Jurisdictions
    scopes: frozenset[str]

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


ANYBODY = Caller(Jurisdictions(()), frozenset())
"""A caller without a key, where that is allowed: sees the roads and no people."""


def needs(scope: str, *, open_to_anybody: bool = False) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency that gives the caller, or refuses who lacks the scope.

    ``open_to_anybody`` endpoints need no key where the setting ``public_routing`` is on.
    """
    if scope not in SCOPES:
        raise ValueError(f"no such scope: {scope}")

    async def caller_of(request: Request) -> Caller:
        service = service_of(request)
        await service.bookkeeping.run(service.standing.refresh)
        text = _key_text(request)
        if text is None and open_to_anybody and service.settings.public_routing:
            return ANYBODY
        key = None if text is None else service.standing.keys.key(text, now_s())
        if key is None:
            raise ProblemError(
                "key-required",
                "Send a valid key as 'Authorization: Bearer <key>' or 'X-API-Key: <key>'.",
            )
        if scope not in key.scopes:
            raise ProblemError("missing-scope", f"The key lacks the scope '{scope}'.")
        return Caller(key.jurisdictions, key.scopes)

    caller_of.needed_scope = scope  # type: ignore[attr-defined]
    return caller_of


def _key_text(request: Request) -> str | None:
    """The key as sent; None when none was sent."""
    text = request.headers.get("x-api-key")
    if text is None:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        text = rest.strip() if scheme.lower() == "bearer" else None
    return text[:KEY_LIMIT_CHARACTERS] if text else None
