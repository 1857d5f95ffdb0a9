"""Signed links for field units: one token opens one assignment until it expires.

A token reads ``fld_<assignment id>.<end>.<signature>``. Nothing is stored: the signature is HMAC
with SHA-256 under a secret that all processes share, so that any of them can read what another one
made, and nobody else can make one.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

PREFIX = "fld_"
SECRET_NAME = "field_tokens"
"""The secret's name in the table of secrets."""
LIMIT_CHARACTERS = 200
_SALT = "forestall.field-token.v1"
"""Keeps these signatures apart from any others made with the same secret."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token opens, and how long."""

    assignment_id: str
    ends_at_s: float


class FieldTokens:
    """Makes and reads the tokens. Immutable; any thread may use it."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(
            secret, salt=_SALT, sep=".", key_derivation="hmac", digest_method=hashlib.sha256
        )

    def make(self, assignment_id: str, expires_at_s: float) -> str:
        """The token of an assignment; it opens nothing from ``expires_at_s`` on."""
        signed = self._signer.sign(f"{assignment_id}.{math.floor(expires_at_s)}")
        return PREFIX + signed.decode("ascii")

    def read(self, text: str, at_s: float) -> Opened | None:
        """What a token opens; None when it is forged, past its end or no token."""
        if not text.startswith(PREFIX) or len(text) > LIMIT_CHARACTERS:
            return None
        try:
            signed = text.removeprefix(PREFIX).encode("ascii")
            value = self._signer.unsign(signed)
            assignment_id, _, end = value.decode("ascii").rpartition(".")
        except (BadSignature, UnicodeError):
            return None
        # Base64 has several spellings of the same bytes; only the one that we wrote is a token.
        if self._signer.sign(value) != signed or at_s >= int(end):
            return None
        return Opened(assignment_id, float(end))
