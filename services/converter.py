"""Values of plain lists, maps and texts made into what they stand for, from any thread."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

Made = TypeVar("Made")


class Converter(Generic[Made]):
    """Makes values of one type. To be made where a module is loaded, not where it is used.

    msgspec 0.22 learns a structure at its first use. While it looks at an enumeration another
    thread may run, finds the structure half learnt, and the process dies: the first two alerts
    after a start, taken at the same time, were enough. Here it is learnt beforehand.
    """

    def __init__(self, type_: type[Made], strict: bool = True) -> None:
        """`strict`: whether a text that reads as a number is refused where a number is wanted."""
        msgspec.json.Decoder(type_)  # learns all of it, and keeps it with the type
        self._type = type_
        self._strict = strict

    def __call__(self, value: Any) -> Made:
        """The value as its type. Raises msgspec.ValidationError with what is wrong and where."""
        return msgspec.convert(value, self._type, strict=self._strict)  # noqa: TID251
