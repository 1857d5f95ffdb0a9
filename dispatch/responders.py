"""Who can go: kinds of responder, what they may do, how they travel, how long their fix is good.

A new kind is a new line of `KINDS`. Codes (places in the tables) are used inside arrays and are
not kept anywhere; names are used everywhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from types import MappingProxyType

from dispatch.errors import ResponderError


class Authority(IntFlag):
    """What a kind of responder may do (执法权). Only officers stop vehicles; all may persuade."""

    STOP_VEHICLE = 1
    ENFORCE = 2
    PERSUADE = 4
    OBSERVE = 8


class Status(IntEnum):
    """What a responder is doing."""

    AVAILABLE = 0
    EN_ROUTE = 1  # on the way to an incident
    ON_SCENE = 2  # with a victim
    BUSY = 3  # with something else
    OFF_DUTY = 4

    @property
    def word(self) -> str:
        """The status as JSON spells it."""
        return self.name.lower()


class Freshness(IntEnum):
    """What a fix is still worth, by its age and the kind of its responder."""

    FRESH = 0  # full rank
    STALE = 1  # loses rank with every second
    LOST = 2  # not considered any more


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of responder. Times are seconds."""

    name: str
    chinese: str
    authority: Authority
    mode: str
    """How they travel when nothing else is said."""
    turn_out_s: float
    """From being told to moving."""
    stale_after_s: float
    """Age from which a fix loses rank: about three reports missed."""
    lost_after_s: float
    """Age from which a fix says nothing about who is near."""

    def __post_init__(self) -> None:
        if not self.turn_out_s >= 0:
            raise ResponderError(f"turn_out_s of {self.name} must be 0 or more")
        if not 0 < self.stale_after_s <= self.lost_after_s:
            raise ResponderError(f"{self.name} needs 0 < stale_after_s <= lost_after_s")


_EVERYTHING = Authority.STOP_VEHICLE | Authority.ENFORCE | Authority.PERSUADE | Authority.OBSERVE
_TALK = Authority.PERSUADE | Authority.OBSERVE

# Turn-out: a patrol is in its car; a rider stops, reads and turns; somebody at home or at a desk
# puts shoes on and leaves the building. Ambulance services plan with 60 to 90 s from a station.
#
# Stale: car terminals report every 5 to 30 s; riders' apps every 5 to 15 s; a phone whose owner
# walks about once a minute, when the system lets it; a phone that lies still every 5 to 15 min.
#
# Lost: the longest road tunnels around Wanzhou take a car 6 to 8 minutes without a fix; a rider is
# 2 km away, in any direction, after 5 minutes; somebody on foot within 2 km after half an hour;
# whoever belongs to a building or a counter is still there after an hour, and an hour is as long
# as positions of people are kept by default.
_TABLE = (
    #    name                chinese      authority    mode      turn-out  stale   lost
    Kind("officer", "民警", _EVERYTHING, "police", 15.0, 60.0, 600.0),
    Kind("auxiliary", "辅警", _TALK, "police", 15.0, 60.0, 600.0),
    Kind("grid_worker", "网格员", _TALK, "foot", 60.0, 180.0, 1800.0),
    Kind("building_chief", "楼栋长", _TALK, "foot", 120.0, 1800.0, 3600.0),
    Kind("property_chief", "物业长", _TALK, "foot", 120.0, 1800.0, 3600.0),
    Kind("area_chief", "片区长", _TALK, "ebike", 120.0, 1800.0, 3600.0),
    Kind("rider", "外卖骑手", _TALK, "ebike", 30.0, 60.0, 300.0),
    Kind("safety_volunteer", "平安员", _TALK, "foot", 60.0, 180.0, 1800.0),
    Kind("bank_guard", "银行安保", _TALK, "foot", 60.0, 1800.0, 3600.0),
)

KINDS = MappingProxyType({kind.name: kind for kind in _TABLE})
"""Every kind by its name. The code of a kind is its place in this order."""

KIND_NAMES = tuple(KINDS)
KIND_CODES = MappingProxyType({name: code for code, name in enumerate(KIND_NAMES)})

TOP_SPEED_KPH = MappingProxyType(
    {
        # No fix is believed that would have needed more. Generous, for a wrong refusal hides a
        # real responder: what such a vehicle can do, not what it may.
        "police": 220.0,  # a patrol car in pursuit on a motorway
        "car": 200.0,  # a fast car at night on the same motorway
        "ebike": 90.0,  # many riders' scooters are tuned, some are motorcycles
        "foot": 45.0,  # a sprinter; and people on foot take the bus for a stop or two
    }
)

MODE_NAMES = tuple(TOP_SPEED_KPH)
"""Every mode of travel. The code of a mode is its place in this order."""
MODE_CODES = MappingProxyType({name: code for code, name in enumerate(MODE_NAMES)})

STATUS_CODES = MappingProxyType({status.word: int(status) for status in Status})


@dataclass(frozen=True, slots=True)
class Responder:
    """One responder as the live picture knows them at one moment."""

    responder_id: str
    jurisdiction: str
    kind: str
    mode: str
    status: Status
    capabilities: frozenset[str]
    lon: float
    lat: float
    """Degrees WGS-84, of the fix itself, not of the road."""
    fixed_at_s: float
    """UTC seconds since 1970."""
    accuracy_m: float
    """Radius; a usual one where the device did not say."""
    age_s: float
    freshness: Freshness
    cell: int
    """H3 cell of resolution 9."""
    edge: int
    """Edge of the network that they stand on, -1 out of network."""
    fraction: float
    """Share of the edge's length before them."""
    road_distance_m: float
    """From the fix to the road, however far it is."""


def kinds_named(kinds: str | Collection[str]) -> tuple[str, ...]:
    """The names of some kinds, all of them known; one alone may be given as a word."""
    words = [kinds] if isinstance(kinds, str) else kinds
    return tuple(kind_named(word).name for word in words)


def kind_named(name: str) -> Kind:
    """The kind with this name; ResponderError names those there are."""
    try:
        return KINDS[name]
    except KeyError:
        raise ResponderError(f"no kind {name!r}; the kinds are {', '.join(KINDS)}") from None
