"""Which jurisdictions a caller holds.

A jurisdiction is a path of words, ``wanzhou`` or ``500101/longbao``: what holds ``500101`` holds
everything below it. ``*`` holds everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

EVERYTHING = "*"
JURISDICTION_LIMIT_CHARACTERS = 128
_FORM = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*")


def is_jurisdiction(text: str) -> bool:
    """Whether the text has the form of a jurisdiction."""
    return len(text) <= JURISDICTION_LIMIT_CHARACTERS and _FORM.fullmatch(text) is not None


class Jurisdictions:
    """The jurisdictions one key holds. Immutable."""

    __slots__ = ("_below", "names")

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._below = tuple(f"{name}/" for name in sorted(self.names))

    @property
    def everything(self) -> bool:
        return EVERYTHING in self.names

    @property
    def only(self) -> str | None:
        """The one jurisdiction that a request means that does not say which; None if several."""
        if len(self.names) == 1 and not self.everything:
            return next(iter(self.names))
        return None

    def hold(self, jurisdiction: str) -> bool:
        """Whether the jurisdiction is one of these or below one of these."""
        return (
            self.everything
            or jurisdiction in self.names
            or (bool(self._below) and jurisdiction.startswith(self._below))
        )
