"""Keeps numbers of people out of the references by which victims are known."""

from __future__ import annotations

import re
import unicodedata

from services.errors import ProblemError

_PHONE = re.compile(r"(?:(?:\+|00)?86[ -]?)?1[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{4}")
"""A mobile number of mainland China: 11 digits beginning with 1, also with the country's code and
in the groups that people write. Other groups are left alone: ``1-2026-101234`` is a case."""
_ID_CARD = re.compile(r"[0-9]{6}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx]")
"""The number of an identity card (GB 11643): 17 digits and a check character. It is not checked,
for with a mistake in it the number is still meant for somebody's."""

REFUSAL = (
    "'victim_ref' is your own opaque reference, such as case-2026-0417, never a number of a "
    "person: this one has the form of a phone or identity card number."
)


def opaque(victim_ref: str) -> str:
    """The reference, if it is not the number of a phone or an identity card.

    References are in answers, events, webhooks and records for good: a number there would tell
    everybody who reads those who the victim is. Raises ProblemError, which does not repeat it.
    """
    plain = unicodedata.normalize("NFKC", victim_ref).strip()  # full-width digits are digits, too
    if _PHONE.fullmatch(plain) or _ID_CARD.fullmatch(plain):
        raise ProblemError("invalid-value", REFUSAL)
    return victim_ref
