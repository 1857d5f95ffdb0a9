"""In which directions traffic runs along a way."""

from __future__ import annotations

from enum import Enum

from geodata.tags.access import Tags


class OneWay(Enum):
    """What a one-way tag says."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"
    REVERSIBLE = "reversible"  # changes a few times a day: nobody knows which way now
    ALTERNATING = "alternating"  # the directions take turns every few minutes


_SPELLINGS = {
    "yes": OneWay.FORWARD,
    "true": OneWay.FORWARD,
    "1": OneWay.FORWARD,
    "+1": OneWay.FORWARD,
    "on": OneWay.FORWARD,
    "forward": OneWay.FORWARD,
    "-1": OneWay.BACKWARD,
    "reverse": OneWay.BACKWARD,
    "backward": OneWay.BACKWARD,
    "opposite": OneWay.BACKWARD,
    "no": OneWay.BOTH,
    "false": OneWay.BOTH,
    "0": OneWay.BOTH,
    "off": OneWay.BOTH,
    "reversible": OneWay.REVERSIBLE,
    "alternating": OneWay.ALTERNATING,
}

_IMPLIED_BY_JUNCTION = frozenset({"roundabout", "circular"})

CONTRAFLOW_LANES = frozenset(
    {"opposite", "opposite_lane", "opposite_track", "opposite_share_busway"}
)
"""Values of ``cycleway`` and ``busway`` for a lane that runs against a one-way street."""

_SIDES = ("", ":left", ":right", ":both")


def read_one_way(value: str) -> OneWay | None:
    """What a one-way value says; None for a word that is not understood."""
    return _SPELLINGS.get(value.strip().lower())


def one_way_sign(tags: Tags, keys: tuple[str, ...]) -> tuple[str, str] | None:
    """The deciding tag ``oneway:KEY`` (or ``KEY:oneway``) as (key, value); None without one."""
    for key in keys:
        for spelled in (f"oneway:{key}", f"{key}:oneway"):
            value = tags.get(spelled, "")
            if value:
                return spelled, value
    return None


def implied_one_way(tags: Tags) -> bool:
    """Whether the way is one-way along its direction without saying so."""
    return tags.get("highway") == "motorway" or tags.get("junction") in _IMPLIED_BY_JUNCTION


def carriageway_one_way(tags: Tags) -> OneWay:
    """The direction of traffic for vehicles in general; an unknown word counts as no word."""
    said = read_one_way(tags.get("oneway", ""))
    if said is not None:
        return said
    return OneWay.FORWARD if implied_one_way(tags) else OneWay.BOTH


def has_contraflow_lane(tags: Tags, vehicle: str) -> bool:
    """Whether a lane for this vehicle (``bicycle`` or ``bus``) runs against the one-way street."""
    lane_key = "cycleway" if vehicle == "bicycle" else "busway"
    for side in _SIDES:
        if tags.get(lane_key + side) in CONTRAFLOW_LANES:
            return True
        if read_one_way(tags.get(f"{lane_key}{side}:oneway", "")) in (OneWay.BOTH, OneWay.BACKWARD):
            return True
    return False


def conveys(tags: Tags) -> OneWay:
    """In which directions an escalator or a moving walkway carries people."""
    if tags.get("highway") not in ("steps", "footway", "corridor", "path"):
        return OneWay.BOTH
    if read_one_way(tags.get("oneway", "")) is OneWay.BOTH and "oneway" in tags:
        return OneWay.BOTH
    match tags.get("conveying"):
        case "forward":
            return OneWay.FORWARD
        case "backward":
            return OneWay.BACKWARD
    return OneWay.BOTH
