"""Optimistic concurrency: ``ETag`` tells the version that was read, ``If-Match`` the one expected.

Whoever changes something may say which version they have seen; where another one has changed it
meanwhile, nothing is done and they are told to look again (RFC 9110, section 13).
"""

from __future__ import annotations

import re

from fastapi import Request

from services.errors import ProblemError

HEADER = "If-Match"
_OURS = re.compile(r'"(\d{1,18})"')
_ANY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_NO_VERSION = -1
"""Equal to no version: a tag that can be read but was never ours."""


def etag_of(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def expected_version(request: Request, *, required: bool = False) -> int | None:
    """The version that the caller has seen; None when any will do.

    Raises ProblemError for a header that is no entity tag, and, where one is ``required``, for
    none.
    """
    sent = request.headers.getlist(HEADER)
    if not sent:
        if required:
            raise ProblemError(
                "version-required",
                f"Say which version you have seen: '{HEADER}' with the 'ETag' of the last answer.",
            )
        return None
    text = ", ".join(sent).strip()
    if text == "*":
        return None
    if found := _OURS.fullmatch(text):
        return int(found[1])
    if _ANY_TAG.fullmatch(text):
        return _NO_VERSION
    raise ProblemError(
        "invalid-value", f"'{HEADER}' is one 'ETag' as it was answered, such as \"3\", or *."
    )


def hold_to_version(expected: int | None, version: int) -> None:
    """Raise ProblemError when the version is not the expected one; None expects any."""
    if expected is not None and expected != version:
        raise ProblemError(
            "version-changed",
            "It has been changed since: read it again, and decide anew.",
            version=version,
        )
