"""In which directions a mode may go along a way."""

from __future__ import annotations

from typing import NamedTuple

from geodata.modes.mode import Mode
from geodata.tags.access import FREE_WORDS, Tags
from geodata.tags.lanes import has_bus_lane_against
from geodata.tags.oneway import (
    OneWay,
    carriageway_one_way,
    conveys,
    has_contraflow_lane,
    one_way_sign,
    read_one_way,
)

FORWARD, BACKWARD = "forward", "backward"

_BY_DIRECTION = {
    OneWay.BOTH: (True, True),
    OneWay.FORWARD: (True, False),
    OneWay.BACKWARD: (False, True),
    OneWay.ALTERNATING: (True, True),
    OneWay.REVERSIBLE: (False, False),
}


class Directions(NamedTuple):
    """Whether the mode may go each way, and whether the directions take turns."""

    forward: bool
    backward: bool
    alternating: bool = False

    def allows(self, direction: str) -> bool:
        return self.forward if direction == FORWARD else self.backward

    @property
    def one_way(self) -> bool:
        return self.forward != self.backward


def directions(tags: Tags, mode: Mode, warnings: list[str]) -> Directions:
    """The directions in which the way is open to the mode.

    RULE 1  a one-way tag for this kind of traveller decides (``oneway:bicycle``).
    RULE 2  else, where one-ways hold for the mode, ``oneway``, or what motorways and roundabouts
            imply.
    RULE 3  a lane of its own against the traffic opens the other direction.
    RULE 4  walkers are carried only where an escalator runs.
    RULE 5  a reversible road is closed: nobody knows which way it runs now.
    """
    # RULE 1
    said: OneWay | None = None
    sign = one_way_sign(tags, mode.one_way_keys)
    if sign is not None:
        said = read_one_way(sign[1])
        if said is None:
            warnings.append(f"{sign[0]} {sign[1][:40]!r} is not known; it counts as no word")
    # RULE 2
    if said is None and mode.one_way_holds:
        plain = tags.get("oneway", "")
        if plain and read_one_way(plain) is None:
            warnings.append(f"oneway {plain[:40]!r} is not known; it counts as no word")
        said = carriageway_one_way(tags)
    forward, backward = _BY_DIRECTION[said or OneWay.BOTH]
    # RULE 3
    if forward != backward and _lane_against(tags, mode, BACKWARD if forward else FORWARD):
        forward = backward = True
    # RULE 4
    if not mode.one_way_holds:
        carried_forward, carried_backward = _BY_DIRECTION[conveys(tags)]
        forward, backward = forward and carried_forward, backward and carried_backward
    # RULE 5
    if said is OneWay.REVERSIBLE:
        warnings.append("a reversible one-way road is closed: its direction now is not known")
    return Directions(forward, backward, said is OneWay.ALTERNATING)


def _lane_against(tags: Tags, mode: Mode, direction: str) -> bool:
    """Whether this mode has a lane in the direction that is closed to general traffic."""
    for kind in mode.contraflow_keys:
        if has_contraflow_lane(tags, kind):
            return True
        if kind != "bicycle" and has_bus_lane_against(tags, direction):
            return True
        sign = one_way_sign(tags, (kind,))
        if sign is not None and read_one_way(sign[1]) is OneWay.BOTH:
            return True
        if tags.get(f"{kind}:{direction}", "") in FREE_WORDS:
            return True
    return False
