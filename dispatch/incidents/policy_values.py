"""Readers of a policy's values: each takes where the value stands and the value, and refuses it in
one sentence that tells what is accepted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dispatch.errors import PolicyError
from dispatch.incidents.words import TIERS, Channel, Tier
from dispatch.responders import KINDS

Reader = Callable[[str, Any], Any]


def whole(least: int, most: int) -> Reader:
    """A reader of whole numbers in a range."""

    def read(where: str, value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise _refused(where, f"a whole number from {least} to {most}", value)
        return value

    return read


def number(least: float, most: float) -> Reader:
    """A reader of numbers in a range."""

    def read(where: str, value: Any) -> float:
        if not _is_number(value) or not least <= value <= most:
            raise _refused(where, f"a number from {least:,.10g} to {most:,.10g}", value)
        return float(value)

    return read


def yes_or_no(where: str, value: Any) -> bool:
    """A truth value."""
    if not isinstance(value, bool):
        raise _refused(where, "true or false", value)
    return value


def tier(where: str, value: Any) -> Tier:
    """A tier by its word."""
    if not isinstance(value, str) or value not in TIERS:
        raise _refused(where, f"one of {', '.join(TIERS)}", value)
    return TIERS[value]


def kinds(where: str, value: Any) -> frozenset[str]:
    """Kinds of responder, one or more."""
    return frozenset(_words(where, value, tuple(KINDS), "kinds"))


def channels(where: str, value: Any) -> tuple[Channel, ...]:
    """Channels to the victim, one or more, in the order written."""
    return tuple(Channel(word) for word in _words(where, value, tuple(Channel), "channels"))


def rising(above: float, most: float, *, most_numbers: int) -> Reader:
    """A reader of lists of rising numbers, which may be empty."""

    def read(where: str, value: Any) -> tuple[float, ...]:
        accepted = (
            f"a list of at most {most_numbers} rising numbers above {above:g} and up to {most:g}"
        )
        if not isinstance(value, list) or len(value) > most_numbers:
            raise _refused(where, accepted, value)
        before = above
        for entry in value:
            if not _is_number(entry) or not before < entry <= most:
                raise _refused(where, accepted, value)
            before = entry
        return tuple(float(entry) for entry in value)

    return read


def by_kind(least: float, most: float) -> Reader:
    """A reader of tables with a number for kinds of responder."""
    read_number = number(least, most)

    def read(where: str, value: Any) -> Mapping[str, float]:
        if not isinstance(value, dict):
            raise _refused(where, "a table of kinds and numbers", value)
        for kind in value:
            if kind not in KINDS:
                raise _refused(where, f"a table of the kinds {', '.join(KINDS)}", kind)
        return MappingProxyType(
            {kind: read_number(f"{where}.{kind}", entry) for kind, entry in value.items()}
        )

    return read


def _words(where: str, value: Any, known: tuple[str, ...], called: str) -> list[str]:
    accepted = f"a list of {called}, at least one of {', '.join(known)}"
    if not isinstance(value, list) or not value:
        raise _refused(where, accepted, value)
    for word in value:
        if not isinstance(word, str) or word not in known:
            raise _refused(where, accepted, word)
    if len(set(value)) != len(value):
        raise _refused(where, f"a list that names each of its {called} once", value)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refused(where: str, accepted: str, value: Any) -> PolicyError:
    told = repr(value)
    told = told if len(told) <= 60 else f"{told[:57]}..."
    return PolicyError(f"In the policy {where} must be {accepted}; it is {told}.")
