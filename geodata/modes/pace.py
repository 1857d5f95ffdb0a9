"""How fast a mode goes along a way that it may use."""

from __future__ import annotations

from geodata.modes.directions import Directions
from geodata.modes.mode import Mode
from geodata.tags.access import Tags
from geodata.tags.lanes import has_bus_lane, is_narrow
from geodata.tags.speeds import limit_kph
from geodata.tags.ways import TIMETABLED

SLOWEST_KPH = 0.5
"""No speed is lower, so that no travel time overflows; slower means closed."""


def pace_kph(tags: Tags, mode: Mode, kind: str, open_ways: Directions, direction: str) -> float:
    """Mean speed in km/h between junctions in one direction; 0 where it cannot be passed.

    RULE 1  a signed limit says how fast a road is, else its kind does; on a small road the limit
            lifts only a little.
    RULE 2  the mode's factor for the kind of road, a bus lane, one lane for both directions.
    RULE 3  surface, smoothness and the like cap it; so does what the mode can do.
    """
    base_kph = mode.road_kph.get(kind) or mode.opened_kph[kind]
    if kind in TIMETABLED:
        return base_kph
    limit = limit_kph(tags, direction)
    # RULE 1
    speed_kph = base_kph
    if limit is not None:
        if mode.limit_share > 0:
            speed_kph = limit * mode.limit_share
            if kind in mode.small_kinds or kind not in mode.road_kph:
                speed_kph = min(speed_kph, base_kph * mode.small_road_lift)
        else:
            speed_kph = min(speed_kph, limit)
    # RULE 2
    speed_kph *= mode.factors.get(kind, 1.0)
    if mode.bus_lane_factor != 1 and has_bus_lane(tags, direction):
        speed_kph *= mode.bus_lane_factor
    if open_ways.alternating:
        speed_kph *= mode.alternating_factor
    elif not open_ways.one_way and kind not in mode.small_kinds and is_narrow(tags):
        speed_kph *= mode.narrow_factor
    # RULE 3
    cap_kph = capped_kph(tags, mode)
    if cap_kph <= 0:
        return 0.0
    return max(min(speed_kph, cap_kph, mode.max_kph), SLOWEST_KPH)


def capped_kph(tags: Tags, mode: Mode) -> float:
    """The most that surface, smoothness and the like let the mode go, km/h; 0: cannot be passed.
    Of a list such as ``compacted;gravel`` the slowest counts."""
    return min(
        (
            table[word]
            for key, table in mode.caps_kph.items()
            for part in tags.get(key, "").split(";")
            if (word := part.strip().lower()) in table
        ),
        default=mode.max_kph,
    )
