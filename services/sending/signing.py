"""Secrets, and the headers that prove where a request comes from (Standard Webhooks).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
LEAST_SECRET_BYTES, MOST_SECRET_BYTES = 24, 64
"""What the specification asks for."""
OLD_SECRET_SIGNS_S = 24 * 3600.0
"""How long a secret that was replaced signs beside the new one."""
MOST_SECRETS = 4
"""Secrets that sign at once; with more, the header would grow with every rotation."""


class SigningSecret(msgspec.Struct, frozen=True):
    """One secret of a webhook or a peer."""

    text: str
    signs_until_s: float | None = None
    """None: until it is replaced."""


def new_secret() -> str:
    """A random secret as a receiver's library takes it: ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def is_secret(text: str) -> bool:
    """Whether a text has the form of a secret: ``whsec_`` and the base64 of 24 to 64 bytes."""
    if not text.startswith(SECRET_PREFIX):
        return False
    try:
        length = len(base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True))
    except binascii.Error:
        return False
    return LEAST_SECRET_BYTES <= length <= MOST_SECRET_BYTES


def rotated(
    known: Sequence[SigningSecret], now_s: float, text: str | None = None
) -> tuple[SigningSecret, ...]:
    """A new secret first, ``text`` or a random one, then those that still sign for a while."""
    older = [
        SigningSecret(one.text, one.signs_until_s or now_s + OLD_SECRET_SIGNS_S)
        for one in in_use(known, now_s)
    ]
    return (SigningSecret(text or new_secret()), *older[: MOST_SECRETS - 1])


def in_use(known: Sequence[SigningSecret], now_s: float) -> list[SigningSecret]:
    """Those that sign at this time."""
    return [one for one in known if one.signs_until_s is None or now_s < one.signs_until_s]


def is_signed(
    message_id: str, body: str, texts: Sequence[str], sent_at_s: int, signature: str
) -> bool:
    """Whether one of the secrets made one of the signatures in a ``webhook-signature`` header."""
    given = [one.encode() for one in signature.split()]
    wanted = signed_headers(message_id, body, texts, sent_at_s)["webhook-signature"].split()
    return any(hmac.compare_digest(one.encode(), other) for one in wanted for other in given)


def signed_headers(
    message_id: str, body: str, texts: Sequence[str], sent_at_s: float
) -> dict[str, str]:
    """``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` of one request.

    Parameters
    ----------
    message_id : the same each time the message is sent; holds no full stop.
    texts : secrets, each of which signs.
    sent_at_s : of this attempt, by a clock that is right: receivers refuse what is 5 minutes off.
    """
    moment = datetime.fromtimestamp(int(sent_at_s), UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at_s)),
        "webhook-signature": " ".join(
            Webhook(text).sign(message_id, moment, body) for text in texts
        ),
    }
