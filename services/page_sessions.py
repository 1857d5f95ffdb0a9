"""Who is logged in at a page: a signed cookie that names an API key, for a short time.

A cookie reads ``<key id>.<begun>.<end>.<signature>``. Nothing is stored: the signature is HMAC with
SHA-256 under a secret that all processes share. The key itself never goes back to the browser, and
a key that is revoked ends its sessions with the next request.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

SECRET_NAME = "page_sessions"
"""The secret's name in the table of secrets."""
COOKIE = "forestall_session"
"""The cookie's name where the page came over http."""
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Its name under https: browsers take a name that begins so from this host alone, over https alone,
so that no neighbouring host and nobody on the line can put a session of theirs in its place."""
IDLE_S = 1_800
"""A session ends so long after it was renewed last; a page that is open renews it."""
LIMIT_S = 86_400
"""A session cannot be renewed beyond this age: who sits at the page logs in once a day."""
LIMIT_CHARACTERS = 200
_SALT = "forestall.page-session.v1"
"""Keeps these signatures apart from any others made with the same secret."""


@dataclass(frozen=True, slots=True)
class PageSession:
    """A session that is valid at the moment at which it was read."""

    key_id: str
    begun_at_s: int
    ends_at_s: int

    @property
    def latest_end_s(self) -> int:
        """Beyond which it cannot be renewed."""
        return self.begun_at_s + LIMIT_S


class PageSessions:
    """Makes and reads the cookies. Immutable; any thread may use it."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(
            secret, salt=_SALT, sep=".", key_derivation="hmac", digest_method=hashlib.sha256
        )

    def begin(self, key_id: str, at_s: float) -> PageSession:
        """A new session of a key."""
        begun_at_s = math.floor(at_s)
        return PageSession(key_id, begun_at_s, begun_at_s + IDLE_S)

    def renewed(self, session: PageSession, at_s: float) -> PageSession:
        """The session with its end moved on, as far as its age allows."""
        ends_at_s = min(math.floor(at_s) + IDLE_S, session.latest_end_s)
        return PageSession(session.key_id, session.begun_at_s, ends_at_s)

    def text(self, session: PageSession) -> str:
        """What the cookie holds."""
        value = f"{session.key_id}.{session.begun_at_s}.{session.ends_at_s}"
        return self._signer.sign(value).decode("ascii")

    def read(self, text: str, at_s: float) -> PageSession | None:
        """The session that a cookie holds; None when it is forged or past its end."""
        if len(text) > LIMIT_CHARACTERS:
            return None
        try:
            value = self._signer.unsign(text.encode("ascii")).decode("ascii")
            key_id, begun_at_s, ends_at_s = value.rsplit(".", 2)
            session = PageSession(key_id, int(begun_at_s), int(ends_at_s))
        except (BadSignature, UnicodeError, ValueError):
            return None
        return session if at_s < session.ends_at_s else None
