"""Whether a turn restriction binds a mode."""

from __future__ import annotations

from geodata.modes.mode import Mode
from geodata.tags.access import Tags
from geodata.tags.restrictions import excepted_kinds, is_restriction, read_rule


def judge_restriction(tags: Tags, mode: Mode) -> str | None:
    """The rule that binds the mode (``no_left_turn``, ``only_straight_on`` ...), None for none.

    RULE 1  ``except`` frees the kinds of vehicle it names.
    RULE 2  ``restriction:KIND`` for the most specific kind of this mode decides; ``none`` frees.
    RULE 3  else plain ``restriction``, where it holds for the mode.
    Conditions are refused: see :func:`geodata.tags.restrictions.restriction_warnings`.
    """
    if not is_restriction(tags):
        return None
    # RULE 1
    if excepted_kinds(tags) & mode.exempt_as:
        return None
    # RULE 2
    for kind in mode.restriction_kinds:
        value = tags.get(f"restriction:{kind}", "")
        if value:
            return read_rule(value)
    # RULE 3
    if not mode.plain_restrictions_hold:
        return None
    return read_rule(tags.get("restriction", ""))
