"""What a mode makes of a way: whether it may use it, each way, how fast and how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from geodata.modes.directions import BACKWARD, FORWARD, Directions, directions
from geodata.modes.mode import Mode, Size
from geodata.modes.pace import SLOWEST_KPH, capped_kph, pace_kph
from geodata.modes.permission import Permission, is_traffic_ban, permission
from geodata.network import Manner
from geodata.tags.access import FREE_WORDS, Access, Tags
from geodata.tags.conditional import conditional_warnings
from geodata.tags.lanes import (
    BUS_LANE_KEYS,
    PATH_KEYS,
    PathBeside,
    all_lanes_for_carpools,
    path_beside,
)
from geodata.tags.measures import parse_duration_s, parse_metres, parse_tonnes
from geodata.tags.speeds import LIMIT_KEYS, limit_warnings
from geodata.tags.ways import (
    TIMETABLED,
    WAY_MAIN_KEYS,
    is_area,
    is_construction_site,
    is_expressway,
    is_out_of_use,
    way_kind,
)

_SLOWEST_TIMETABLE_KPH = 0.05
_PASSENGER_KEYS = ("foot", "bicycle")


@dataclass(frozen=True, slots=True)
class WayVerdict:
    """What one mode makes of one way. Speed 0 means: may not."""

    forward_kph: float = 0.0
    backward_kph: float = 0.0
    forward_manner: Manner = Manner.NORMAL
    backward_manner: Manner = Manner.NORMAL
    no_through: bool = False
    """Only for journeys that begin or end there."""
    duration_s: float | None = None
    """How long the whole way takes by timetable, wait included, where the map says so."""
    warnings: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        return self.forward_kph > 0 or self.backward_kph > 0

    def over(self, length_m: float) -> WayVerdict:
        """The same verdict with its duration turned into a speed over the length of the way."""
        if self.duration_s is None or length_m <= 0:
            return self
        speed_kph = max(length_m / self.duration_s * 3.6, _SLOWEST_TIMETABLE_KPH)
        return replace(
            self,
            forward_kph=speed_kph if self.forward_kph else 0.0,
            backward_kph=speed_kph if self.backward_kph else 0.0,
            duration_s=None,
        )


class _Passage(NamedTuple):
    """One direction of a way."""

    kph: float = 0.0
    manner: Manner = Manner.NORMAL
    access: Access = Access.NO


_CLOSED = _Passage()


def judge_way(tags: Tags, mode: Mode) -> WayVerdict:
    """What the mode makes of a way with these tags."""
    kind = way_kind(tags)
    if kind not in mode.road_kph and kind not in mode.opened_kph:
        return WayVerdict()
    if is_out_of_use(tags):
        return WayVerdict()
    warnings: list[str] = []
    open_ways = directions(tags, mode, warnings)
    forward = _judge_direction(tags, mode, kind, open_ways, FORWARD, warnings)
    backward = _judge_direction(tags, mode, kind, open_ways, BACKWARD, warnings)
    forward, backward = _one_ground(mode, kind, forward, backward)
    if mode.walks_as is not None and not (forward.kph and backward.kph):
        forward, backward = _pushing(tags, mode, kind, forward, backward)
    warnings += limit_warnings(tags)
    warnings += conditional_warnings(
        tags, ("access", *mode.access_keys, "oneway", *mode.one_way_keys, "maxspeed")
    )
    passages = [passage for passage in (forward, backward) if passage.kph]
    return WayVerdict(
        forward_kph=forward.kph,
        backward_kph=backward.kph,
        forward_manner=forward.manner,
        backward_manner=backward.manner,
        no_through=any(passage.access is Access.NO_THROUGH for passage in passages),
        duration_s=_timetable_s(tags) if kind in TIMETABLED and passages else None,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _judge_direction(
    tags: Tags,
    mode: Mode,
    kind: str,
    open_ways: Directions,
    direction: str,
    warnings: list[str],
) -> _Passage:
    """Whether and how fast the mode drives, rides or walks in one direction."""
    said = permission(tags, mode, direction, warnings)
    access = _access(tags, mode, kind, direction, said)
    if access is Access.NO or _too_big(tags, mode.size, direction):
        return _CLOSED
    manner = Manner.FERRY if kind in TIMETABLED else Manner.NORMAL
    kph = pace_kph(tags, mode, kind, open_ways, direction)
    if not open_ways.allows(direction):
        if not _may_go_against(tags, mode, kind, open_ways):
            return _CLOSED
        manner, kph = Manner.AGAINST_ONE_WAY, min(kph, mode.against_one_way_kph)
    return _Passage(kph, manner, access) if kph > 0 else _CLOSED


def _access(tags: Tags, mode: Mode, kind: str, direction: str, said: Permission | None) -> Access:
    """Whether the mode may use the way, by its tags and by what kind of way it is.

    RULE 1  a kind of way that is not the mode's own opens only to a tag that names the mode.
    RULE 2  tags close, a mere traffic sign leaves the way to the door; what they open by name is
            open whatever the rules below say.
    RULE 3  areas, construction sites, some service roads and expressways are closed to some.
    RULE 4  where the path for this mode is mapped on its own, the road is not for it.
    RULE 5  some kinds are open only on business.
    """
    # RULE 1
    if kind not in mode.road_kph and (said is None or not said.named or said.access is Access.NO):
        return Access.NO
    # RULE 2
    access = Access.YES if said is None else said.access
    named = said is not None and said.named
    if said is not None and access is Access.NO:
        if kind in TIMETABLED or not is_traffic_ban(tags, mode, said):
            return Access.NO
        access, named = Access.NO_THROUGH, False
    invited = named and access is Access.YES
    # RULE 3
    if is_area(tags) and not mode.areas:
        return Access.NO
    if is_construction_site(tags) and not mode.construction_sites and not invited:
        return Access.NO
    if tags.get("service") in mode.closed_services:
        return Access.NO
    paths = [path_beside(tags, key) for key in mode.path_keys]
    barred = not mode.expressways and is_expressway(tags) and not named
    if barred and PathBeside.HERE not in paths:
        return Access.NO
    if kind in TIMETABLED and mode.ferry_needs_tag and not named and _ferry_names_others(tags):
        return Access.NO
    # RULE 4
    if PathBeside.SEPARATE in paths and not named:
        return Access.NO
    # RULE 5
    on_business = (
        kind in mode.no_through_kinds
        or tags.get("service") in mode.no_through_services
        or (not mode.carpool_lanes and all_lanes_for_carpools(tags, direction))
    )
    return Access.NO_THROUGH if on_business and not invited else access


def _one_ground(
    mode: Mode, kind: str, forward: _Passage, backward: _Passage
) -> tuple[_Passage, _Passage]:
    """Both directions on one kind of ground, as a way is either open to through traffic or not.

    Where only one direction is kept for those who have business there, it counts as a no-entry
    sign: closed, or at walking pace to those who may go against a one-way street.
    """
    if not (forward.kph and backward.kph) or forward.access is backward.access:
        return forward, backward

    def behind_the_sign(passage: _Passage) -> _Passage:
        if passage.access is not Access.NO_THROUGH:
            return passage
        if kind not in mode.against_one_way_kinds or mode.against_one_way_kph <= 0:
            return _CLOSED
        kph = min(passage.kph, mode.against_one_way_kph)
        return _Passage(kph, Manner.AGAINST_ONE_WAY, Access.YES)

    return behind_the_sign(forward), behind_the_sign(backward)


def _ferry_names_others(tags: Tags) -> bool:
    """Whether the map lists who may board, and none of it is a motor vehicle."""
    return any(tags.get(key) in FREE_WORDS for key in _PASSENGER_KEYS)


def _may_go_against(tags: Tags, mode: Mode, kind: str, open_ways: Directions) -> bool:
    """Whether the mode may enter the street against its one direction: small streets only, never
    a roundabout, never a road whose direction changes."""
    return (
        mode.against_one_way_kph > 0
        and open_ways.one_way
        and kind in mode.against_one_way_kinds
        and tags.get("junction") not in ("roundabout", "circular")
    )


def _pushing(
    tags: Tags, mode: Mode, kind: str, forward: _Passage, backward: _Passage
) -> tuple[_Passage, _Passage]:
    """The closed directions opened for pushing the vehicle wherever a walker may go."""
    if kind == "steps" and not mode.pushes_up_steps and not _has_ramp(tags):
        return forward, backward
    if kind in mode.not_pushed_on:
        return forward, backward
    walk = judge_way(tags, mode.walks_as)
    cap_kph = min(mode.pushing_kph, capped_kph(tags, mode))
    business = Access.NO_THROUGH if walk.no_through else Access.YES

    def pushed(ridden: _Passage, walk_kph: float) -> _Passage:
        if ridden.kph or not walk_kph or cap_kph <= 0:
            return ridden
        return _Passage(max(min(walk_kph, cap_kph), SLOWEST_KPH), Manner.PUSHING, business)

    return pushed(forward, walk.forward_kph), pushed(backward, walk.backward_kph)


_RAMP_KEYS = ("ramp", "ramp:bicycle", "ramp:stroller", "ramp:wheelchair", "ramp:luggage")


def _has_ramp(tags: Tags) -> bool:
    return any(tags.get(key, "no") not in ("no", "separate") for key in _RAMP_KEYS)


_SIZE_SIGNS = (
    ("height_m", ("maxheight:physical", "maxheight"), parse_metres),
    ("width_m", ("maxwidth:physical", "maxwidth", "width", "est_width"), parse_metres),
    ("length_m", ("maxlength",), parse_metres),
    ("weight_t", ("maxweightrating", "maxweight"), parse_tonnes),
)
SIZE_KEYS = tuple(
    f"{key}{direction}"
    for _, keys, _ in _SIZE_SIGNS
    for key in keys
    for direction in ("", ":forward", ":backward")
)


WAY_FIXED_KEYS = frozenset(
    {
        *WAY_MAIN_KEYS,
        *SIZE_KEYS,
        *LIMIT_KEYS,
        *BUS_LANE_KEYS,
        *PATH_KEYS,
        *(f"{key}:oneway" for key in PATH_KEYS + BUS_LANE_KEYS),
        *("parking", "oneway", "junction", "service", "lanes", "area", "area:highway", "conveying"),
        *("motorroad", "expressway", "construction", "impassable", "status", "abandoned"),
        *("disused", "demolished", "razed", "duration", "interval", "foot", "bicycle"),
        *("hov", "hov:lanes", "hov:lanes:forward", "hov:lanes:backward"),
        *_RAMP_KEYS,
    }
)
"""Keys that judge_way looks at whatever the mode's table says."""


def _too_big(tags: Tags, size: Size | None, direction: str) -> bool:
    """Whether the vehicle is higher, wider, longer or heavier than the way allows."""
    if size is None:
        return False
    for name, keys, parse in _SIZE_SIGNS:
        for key in keys:
            value = tags.get(f"{key}:{direction}") or tags.get(key, "")
            most = parse(value) if value else None
            if most is not None and most < getattr(size, name):
                return True
    return False


def _timetable_s(tags: Tags) -> float | None:
    """Seconds of the crossing; half of the interval between boats is added as the mean wait."""
    duration_s = parse_duration_s(tags.get("duration", ""))
    if duration_s is None:
        return None
    interval_s = parse_duration_s(tags.get("interval", ""))
    return duration_s + (interval_s or 0.0) / 2
