"""Reads ``Range``: which stretch of a file is asked for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import Request

from services.errors import ProblemError

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some bytes of a file, one at least."""

    first_byte: int
    length_bytes: int


def asked_stretch(request: Request, size_bytes: int, etag: str) -> Stretch | None:
    """The stretch that is asked for; None: the whole file.

    Several ranges, other units and what cannot be read are passed over, as the standard allows; so
    is a range of a file that is no longer the same. Raises ProblemError for one that lies outside
    the file.
    """
    text = request.headers.get("range")
    condition = request.headers.get("if-range")
    if text is None or (condition is not None and condition != etag):
        return None
    found = _ONE_RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length_bytes = min(int(found[2]), size_bytes)
        first, last = size_bytes - length_bytes, size_bytes - 1
    else:
        first = int(found[1])
        last = min(int(found[2]), size_bytes - 1) if found[2] else size_bytes - 1
        if found[2] and int(found[2]) < first:
            return None
    if first > last:
        raise ProblemError(
            "range-outside", f"The file has {size_bytes} bytes.", size_bytes=size_bytes
        )
    return Stretch(first, last - first + 1)
