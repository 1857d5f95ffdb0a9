"""How does each mode of travel use a road: may it, how fast, and what do its junctions cost?

Each mode is one readable table; the rules that read tags against it are the same for all.
"""

from __future__ import annotations

from types import MappingProxyType

from geodata.errors import UnknownModeError
from geodata.modes.car import CAR
from geodata.modes.ebike import EBIKE
from geodata.modes.foot import FOOT
from geodata.modes.keys import node_tag_keys, way_tag_keys
from geodata.modes.mode import Barriers, Mode, Size, TurnCosts
from geodata.modes.node_verdict import NodeVerdict, describe_node, judge_node
from geodata.modes.police import POLICE
from geodata.modes.restriction_verdict import judge_restriction
from geodata.modes.turns import faces_driver, may_u_turn, turn_cost_s
from geodata.modes.way_description import WAY_DESCRIPTION_KEYS, WayDescription, describe_way
from geodata.modes.way_verdict import WayVerdict, judge_way
from geodata.tags.restrictions import restriction_warnings
from geodata.tags.ways import WAY_MAIN_KEYS

MODES = MappingProxyType({mode.name: mode for mode in (POLICE, CAR, EBIKE, FOOT)})
"""Every mode by its name."""

WAY_TAG_KEYS = way_tag_keys(MODES.values())
"""Every key that judge_way looks at."""

NODE_TAG_KEYS = node_tag_keys(MODES.values())
"""Every key that judge_node and describe_node look at."""


def mode_named(name: str) -> Mode:
    """The mode with this name; UnknownModeError names those there are."""
    try:
        return MODES[name]
    except KeyError:
        raise UnknownModeError(f"no mode {name!r}; the modes are {', '.join(MODES)}") from None


__all__ = [
    "MODES",
    "NODE_TAG_KEYS",
    "WAY_DESCRIPTION_KEYS",
    "WAY_MAIN_KEYS",
    "WAY_TAG_KEYS",
    "Barriers",
    "Mode",
    "NodeVerdict",
    "Size",
    "TurnCosts",
    "WayDescription",
    "WayVerdict",
    "describe_node",
    "describe_way",
    "faces_driver",
    "judge_node",
    "judge_restriction",
    "judge_way",
    "may_u_turn",
    "mode_named",
    "node_tag_keys",
    "restriction_warnings",
    "turn_cost_s",
    "way_tag_keys",
]
