"""What a turn restriction relation says, before anybody asks whom it binds."""

from __future__ import annotations

import re

from geodata.tags.access import Tags

_RULE = re.compile(r"(?:no|only)_[a-z_]+")
_NOT_ABOUT_ROUTES = frozenset({"no_right_turn_on_red", "no_left_turn_on_red", "no_parking"})
_LEGACY_TIMES = ("day_on", "day_off", "hour_on", "hour_off")


def is_restriction(tags: Tags) -> bool:
    """Whether the relation is a turn restriction (a missing ``type`` is taken on trust)."""
    kind = tags.get("type", "restriction")
    return kind == "restriction" or kind.startswith("restriction:")


def read_rule(value: str) -> str | None:
    """The rule (``no_left_turn``, ``only_straight_on`` ...); None for what forbids no turn."""
    for word in value.split(";"):
        rule = word.strip().lower()
        if _RULE.fullmatch(rule) and rule not in _NOT_ABOUT_ROUTES:
            return rule
    return None


def excepted_kinds(tags: Tags) -> frozenset[str]:
    """The kinds of vehicle that ``except`` frees."""
    value = tags.get("except", "").replace(",", ";")
    return frozenset(word.strip().lower() for word in value.split(";") if word.strip())


def restriction_warnings(tags: Tags) -> tuple[str, ...]:
    """One sentence for each part of the restriction that is not obeyed as written."""
    warnings = [
        f"{key} is not obeyed: rules that depend on the time are refused"
        for key in sorted(tags)
        if key.startswith("restriction") and key.endswith(":conditional")
    ]
    if any(key in tags for key in _LEGACY_TIMES):
        warnings.append("a turn restriction with hours (hour_on, day_on) is obeyed at all hours")
    plain = tags.get("restriction", "")
    if plain and read_rule(plain) is None and plain.startswith(("no_", "only_")) is False:
        warnings.append(f"turn restriction {plain[:40]!r} is not known and not obeyed")
    return tuple(warnings)
