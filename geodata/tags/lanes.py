"""Lanes and paths of one kind of traffic on and beside a road."""

from __future__ import annotations

from enum import Enum

from geodata.tags.access import FREE_WORDS, Tags
from geodata.tags.measures import parse_metres

_SIDES = ("", ":left", ":right", ":both")
_OWN_WORDS = frozenset(
    {
        "yes",
        "both",
        "left",
        "right",
        "lane",
        "track",
        "share_busway",
        "shared_lane",
        "shared",
        "sharrow",
        "soft_lane",
        "shoulder",
        "buffered_lane",
        "opposite_lane",
        "opposite_track",
        "opposite_share_busway",
    }
)
_SEPARATE_WORDS = frozenset({"separate", "sidepath", "use_sidepath"})

PATH_KEYS = tuple(f"{key}{side}" for key in ("cycleway", "sidewalk") for side in _SIDES)

_BUS_LANE_COUNTS = tuple(
    f"lanes:{vehicle}{direction}"
    for vehicle in ("psv", "bus")
    for direction in ("", ":forward", ":backward")
)
_BUS_LANE_LISTS = tuple(
    f"{vehicle}:lanes{direction}"
    for vehicle in ("psv", "bus")
    for direction in ("", ":forward", ":backward")
)
_BUSWAYS = tuple(f"busway{side}" for side in _SIDES)

BUS_LANE_KEYS = _BUS_LANE_COUNTS + _BUS_LANE_LISTS + _BUSWAYS

_NARROW_WIDTH_M = 4.5
"""Two cars of 1.9 m cannot pass each other moving on less (2 x 1.9 m and 0.7 m between)."""


class PathBeside(Enum):
    """Where the path for walkers or riders along a road is."""

    NOT_SAID = 0
    HERE = 1
    SEPARATE = 2


def path_beside(tags: Tags, key: str) -> PathBeside:
    """Where the ``cycleway`` or ``sidewalk`` of the road is; one side here is enough."""
    words = {tags.get(key + side, "") for side in _SIDES}
    if words & _OWN_WORDS:
        return PathBeside.HERE
    return PathBeside.SEPARATE if words & _SEPARATE_WORDS else PathBeside.NOT_SAID


def has_bus_lane(tags: Tags, direction: str) -> bool:
    """Whether one lane in this direction of travel is for buses."""
    other = ":backward" if direction == "forward" else ":forward"
    for key in _BUS_LANE_COUNTS:
        if not key.endswith(other) and tags.get(key, "0").strip() not in ("0", "no", ""):
            return True
    for key in _BUS_LANE_LISTS:
        if not key.endswith(other) and {"designated", "yes"} & set(tags.get(key, "").split("|")):
            return True
    return any(tags.get(key) == "lane" for key in _BUSWAYS)


def has_bus_lane_against(tags: Tags, direction: str) -> bool:
    """Whether a lane for buses runs in this direction although other traffic may not."""
    for vehicle in ("psv", "bus"):
        if tags.get(f"lanes:{vehicle}:{direction}", "0").strip() not in ("0", "no", ""):
            return True
        if FREE_WORDS & set(tags.get(f"{vehicle}:lanes:{direction}", "").split("|")):
            return True
    return False


def is_narrow(tags: Tags) -> bool:
    """Whether two cars cannot pass each other: one lane, or less than 4.5 m."""
    lanes = tags.get("lanes", "").strip()
    if lanes:
        return lanes in ("1", "1.0")
    for key in ("width", "est_width", "maxwidth:physical"):
        width_m = parse_metres(tags.get(key, ""))
        if width_m is not None:
            return width_m < _NARROW_WIDTH_M
    return False


def all_lanes_for_carpools(tags: Tags, direction: str) -> bool:
    """Whether every lane in this direction is for cars with passengers (``hov``)."""
    if tags.get("hov") == "designated":
        return True
    lanes = tags.get(f"hov:lanes:{direction}") or tags.get("hov:lanes", "")
    return bool(lanes) and set(lanes.split("|")) == {"designated"}
