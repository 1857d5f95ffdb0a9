"""Reads request bodies strictly: JSON or MessagePack, of exactly the declared type."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Request

from services.accepted_words import with_accepted_words
from services.errors import ProblemError

JSON_TYPES = ("application/json",)
MSGPACK_TYPES = ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack")


def body_format(request: Request) -> str:
    """``json`` or ``msgpack``, by the content type. Raises ProblemError for any other."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        if media_type in JSON_TYPES:
            return "json"
        if media_type in MSGPACK_TYPES:
            return "msgpack"
    raise ProblemError(
        "unsupported-media-type",
        "Send 'Content-Type: application/json' or 'application/msgpack', not encoded.",
    )


class Decoder:
    """Decodes one type from either format. Shared by all threads."""

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self._json = msgspec.json.Decoder(type_)
        self._msgpack = msgspec.msgpack.Decoder(type_)

    def decode(self, body: bytes, format_: str) -> Any:
        """The value. Raises ProblemError, naming the place in the body."""
        try:
            return (self._json if format_ == "json" else self._msgpack).decode(body)
        except msgspec.ValidationError as error:
            raise ProblemError(
                "invalid-value", with_accepted_words(str(error), self._type)
            ) from None
        except msgspec.DecodeError as error:
            raise ProblemError("malformed-request", str(error)) from None
        except RecursionError:
            raise ProblemError("malformed-request", "The body is nested too deeply.") from None
        except UnicodeDecodeError:
            raise ProblemError(
                "malformed-request", "The body holds text that is not UTF-8."
            ) from None
