"""Whether a turn restriction binds a mode."""

from __future__ import annotations

from geodata.modes.mode import Mode
from geodata.tags.access import Tags
from geodata.tags.restrictions import excepted_kinds, is_restriction, read_rule


def judge_restriction(tags: Tags, mode: Mode) -> str | None:
    """The rule that binds the mode (``no_left_turn``, ``only_straight_on`` ...), None for none.

    RULE 1  ``restriction:KIND`` for the most specific kind of this mode decides; ``none`` frees.
    RULE 2  else plain ``restriction``, where it holds for the mode and ``except`` does not free.
    Conditions are refused: see :func:`geodata.tags.restrictions.restriction_warnings`.
    """
    if not is_restriction(tags):
        return None
    freed = excepted_kinds(tags) & (mode.exempt_as | set(mode.restriction_kinds))
    # RULE 1
    for kind in mode.restriction_kinds:
        value = tags.get(f"restriction:{kind}", "")
        if value:
            return None if freed & mode.exempt_as else read_rule(value)
    # RULE 2
    if not mode.plain_restrictions_hold or freed:
        return None
    return read_rule(tags.get("restriction", ""))
