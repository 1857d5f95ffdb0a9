"""Whether the access tags let a mode pass."""

from __future__ import annotations

from typing import NamedTuple

from geodata.modes.mode import Mode
from geodata.tags.access import (
    FREE_WORDS,
    Access,
    AccessSign,
    Tags,
    access_signs,
    freest,
    unknown_words,
)


class Permission(NamedTuple):
    """What the access tags say. ``named`` is True where a tag speaks of this kind of traveller,
    not of everybody; ``sign`` is the deciding key with its word."""

    access: Access
    named: bool
    sign: AccessSign


def permission(tags: Tags, mode: Mode, direction: str, warnings: list[str]) -> Permission | None:
    """What the access tags say to this mode; None where they say nothing.

    RULE 1  the mode's overriding key decides alone (``emergency`` for police).
    RULE 2  else the most specific key with a word that is understood decides.
    RULE 3  what it closes, a key that opens for this mode's privileges opens (``bus=yes``).
    """
    # RULE 1
    if mode.overridden_by:
        for sign in access_signs(tags, (mode.overridden_by,), direction):
            if sign.value in FREE_WORDS:
                return Permission(Access.YES, True, sign)
            if sign.value == "no":
                return Permission(Access.NO, True, sign)
    # RULE 2
    decided: Permission | None = None
    for sign in access_signs(tags, mode.access_keys, direction):
        access = freest(sign.value, mode.access_words)
        for word in unknown_words(sign.value, mode.access_words):
            warnings.append(f"access word {word[:40]!r} is not known; it counts as no word")
        if access is not None:
            decided = Permission(access, sign.key != "access", sign)
            break
    # RULE 3
    if decided is None or decided.access is not Access.YES:
        for sign in access_signs(tags, mode.opened_by, direction):
            if sign.value in FREE_WORDS:
                return Permission(Access.YES, True, sign)
    return decided


def is_traffic_ban(tags: Tags, mode: Mode, said: Permission) -> bool:
    """Whether what closes the way is a sign for traffic in general that this mode may pass on
    business (``motor_vehicle=no`` for police); ``access=no`` shuts it to everybody."""
    return (
        said.access is Access.NO
        and said.sign.value == "no"
        and said.sign.key in mode.traffic_ban_keys
        and tags.get("access") != "no"
    )
