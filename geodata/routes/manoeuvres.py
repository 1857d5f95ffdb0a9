"""Manoeuvres: the places of a drive at which the driver must be told something, as steps.

The kernel judges each junction by itself; here its findings are read in order and folded the way
a passenger with a map would say them:

FOLD 1  A nameless bit of road before a name belongs to the road with the name.
FOLD 2  Sections of one street (人民南路一段, 二段) are one street; so are stretches of one number.
FOLD 3  A name that holds for a moment only (a bridge, a square) is not told.
FOLD 4  A slip road is the turn it serves.
FOLD 5  Two turns within a few metres are one: across a median, through a staggered junction, or
        back round it as a U-turn (which nobody makes on foot).
FOLD 6  One toll plaza is one gate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.kernels import guidance as code
from geodata.kernels.guidance import direction_of
from geodata.routes.road_signs import RoadSigns, is_same_street, shares_number

TYPES: dict[int, str] = {
    code.TURN: "turn",
    code.NEW_NAME: "new name",
    code.CONTINUE: "continue",
    code.FORK: "fork",
    code.END_OF_ROAD: "end of road",
    code.MERGE: "merge",
    code.ON_RAMP: "on ramp",
    code.OFF_RAMP: "off ramp",
    code.ROUNDABOUT: "roundabout",
    code.ROTARY: "rotary",
    code.ROUNDABOUT_TURN: "roundabout turn",
    code.EXIT_ROUNDABOUT: "exit roundabout",
    code.EXIT_ROTARY: "exit rotary",
    code.NOTIFICATION: "notification",
    code.DEPART: "depart",
    code.ARRIVE: "arrive",
}
"""OSRM's word for each kind of manoeuvre."""

MODIFIERS: dict[int, str] = {
    code.U_TURN: "uturn",
    code.SHARP_RIGHT: "sharp right",
    code.RIGHT: "right",
    code.SLIGHT_RIGHT: "slight right",
    code.STRAIGHT: "straight",
    code.SLIGHT_LEFT: "slight left",
    code.LEFT: "left",
    code.SHARP_LEFT: "sharp left",
}
"""OSRM's word for each direction."""

NAMELESS_M = 80.0
"""FOLD 1: a nameless beginning up to this long is folded into the named road after it."""
MOMENT_M = 60.0
"""FOLD 3: a name that lasts no longer is not told."""
SLIP_ROAD_M = 180.0
"""FOLD 4: longest slip road at an ordinary junction."""
MEDIAN_M = 35.0
"""FOLD 5: widest median, between the middles of both carriageways, crossed while turning."""
U_TURN_M = 60.0
"""FOLD 5: longest piece of road between the two halves of a U-turn."""
STAGGER_M = 15.0
"""FOLD 5: two turns this close are one movement; a road that goes on this far beside itself has not
been left."""
GLIMPSE_M = 30.0
"""FOLD 3: a road turned onto, or started on, whose name changes within this is told by its later
name."""
ONE_SWEEP_DEG = 120
"""FOLD 5: two bends to one side within a median's width that add up to this are one bend."""
REVERSING_DEG = 150
"""FOLD 5: from here on two turns to one side lead back."""
PLAZA_M = 150.0
"""FOLD 6: booths this near to each other are one toll gate."""
TRIM_M = 1.0
"""A first or last piece of road shorter than this is not told: the position is at the junction."""

_TURNS = frozenset((code.TURN, code.CONTINUE, code.END_OF_ROAD, code.FORK))
_RINGS = frozenset(
    (code.ROUNDABOUT, code.ROTARY, code.ROUNDABOUT_TURN, code.EXIT_ROUNDABOUT, code.EXIT_ROTARY)
)
_KEEP = code.NOTE_FERRY | code.NOTE_PUSHING | code.NOTE_AGAINST | code.NOTE_TOLL


@dataclass(slots=True, eq=False)
class Manoeuvre:
    """One thing to be told, before arc ``at`` of the path."""

    at: int
    kind: int
    direction: int
    exit_number: int
    note: int
    name: str
    ref: str
    named_by: int
    """Place in the path of the arc whose label this is."""


@dataclass(frozen=True, slots=True)
class PathFacts:
    """What folding needs to know of a path, arc by arc."""

    begun_m: list[float]  # [arc + 1], metres driven before each arc
    end_bearing_deg: list[int]  # of each arc
    start_bearing_deg: list[int]  # of each arc
    road_class: np.ndarray  # uint8[arc]
    name: list[int]  # text of each arc
    ref: list[int]  # text of each arc
    walking: bool


def manoeuvres_of(
    kind: np.ndarray,
    direction: np.ndarray,
    exit_number: np.ndarray,
    note: np.ndarray,
    facts: PathFacts,
    signs: RoadSigns,
) -> list[Manoeuvre]:
    """The manoeuvres of one leg in driving order, from DEPART on, without ARRIVE."""
    arc_count = len(kind)
    begun_m = facts.begun_m
    start = 0
    if arc_count > 1 and begun_m[1] <= TRIM_M and kind[1] not in _RINGS:
        start = 1
    stop = arc_count
    if arc_count - start > 1 and begun_m[-1] - begun_m[-2] <= TRIM_M:
        stop = arc_count - 1
    at = np.flatnonzero(kind[:stop])
    at = at[np.searchsorted(at, start) :]
    if not len(at) or at[0] != start:
        at = np.concatenate(([start], at))
    columns = [column[at].tolist() for column in (kind, direction, exit_number, note)]
    names, refs = facts.name, facts.ref
    told = [
        Manoeuvre(place, *codes, signs.text(names[place]), signs.text(refs[place]), place)
        for place, *codes in zip(at.tolist(), *columns, strict=True)
    ]
    for manoeuvre in told:
        if manoeuvre.kind == code.ROUNDABOUT_TURN:
            _label_by_exit(manoeuvre, exit_number, facts, signs)
    depart = told[0]
    depart.at = 0
    depart.kind, depart.direction, depart.exit_number = code.DEPART, code.STRAIGHT, 0
    return _Folding(facts, told).folded()


def _label_by_exit(manoeuvre, exit_number, facts, signs) -> None:
    """Gives a turn at a small ring the label of the road it leads onto."""
    exits = np.flatnonzero(exit_number[manoeuvre.at + 1 :])
    if manoeuvre.exit_number and len(exits):
        out = manoeuvre.at + 1 + int(exits[0])
        manoeuvre.named_by = out
        manoeuvre.name = signs.text(facts.name[out])
        manoeuvre.ref = signs.text(facts.ref[out])


_KEPT, _DROPPED, _JOINED = range(3)


class _Folding:
    """One pass over a leg's manoeuvres."""

    def __init__(self, facts: PathFacts, told: list[Manoeuvre]) -> None:
        self._facts = facts
        self._told = told

    def folded(self) -> list[Manoeuvre]:
        kept: list[Manoeuvre] = []
        for here in self._told:
            while kept:
                verdict = self._fold(kept, here)
                if verdict == _DROPPED:
                    break
                if verdict == _KEPT:
                    kept.append(here)
                    break
                here = kept.pop()  # the two became one, which may fold with the one before
            else:
                kept.append(here)
        return kept

    def _fold(self, kept: list[Manoeuvre], here: Manoeuvre) -> int:
        """Whether ``here`` is told by itself, not at all, or as one with the last of ``kept``."""
        last = kept[-1]
        length_m = self._facts.begun_m[here.at] - self._facts.begun_m[last.at]
        if here.note & _KEEP:
            only_toll = here.note & _KEEP == code.NOTE_TOLL and here.kind == code.NOTIFICATION
            if only_toll and last.note & code.NOTE_TOLL and length_m <= PLAZA_M:  # FOLD 6
                return _DROPPED
            return _KEPT
        if here.kind == code.NEW_NAME:
            return self._fold_name(kept, here, length_m)
        if here.kind in _RINGS or last.kind in _RINGS:
            return _KEPT
        if last.kind == code.DEPART or last.note & _KEEP:
            return _KEPT
        return self._fold_turns(kept, here, length_m)

    def _fold_name(self, kept: list[Manoeuvre], here: Manoeuvre, length_m: float) -> int:
        last = kept[-1]
        if self._is_slip_road(last, here, length_m):  # FOLD 4
            _join(last, here, direction_of(self._change(last, here)), _same_label(kept[-2], here))
            return _JOINED
        if not last.name and not last.ref:
            # FOLD 1; a nameless ramp is told by where it leads, however short
            if length_m <= NAMELESS_M and last.kind not in (code.OFF_RAMP, code.ON_RAMP):
                _take_label(last, here)
                if last.kind == code.TURN and _same_label(kept[-2], last):
                    last.kind = code.CONTINUE
                return _DROPPED
            return _KEPT
        if _same_label(last, here):  # FOLD 2
            return _DROPPED
        if last.note & _KEEP:
            return _KEPT
        if last.kind == code.NEW_NAME and length_m <= MOMENT_M:  # FOLD 3
            kept[-1] = here
            return _JOINED
        if (last.kind in _TURNS or last.kind == code.DEPART) and length_m <= GLIMPSE_M:
            _take_label(last, here)
            if last.kind != code.DEPART and _same_label(kept[-2], last):
                last.kind = code.CONTINUE
            return _DROPPED
        return _KEPT

    def _fold_turns(self, kept: list[Manoeuvre], here: Manoeuvre, length_m: float) -> int:
        last, before = kept[-1], kept[-2]
        if here.kind not in _TURNS and here.kind != code.MERGE:
            return _KEPT
        change = self._change(last, here)
        returns = _same_label(before, here)
        if self._is_slip_road(last, here, length_m):  # FOLD 4
            entered = last.direction
            _join(last, here, direction_of(change), returns)
            if returns and last.direction == code.STRAIGHT:
                last.direction = entered
            return _JOINED
        if here.kind == code.MERGE or last.kind not in _TURNS | {code.NEW_NAME}:
            return _KEPT
        # FOLD 5
        one_side = (last.direction < code.STRAIGHT) == (here.direction < code.STRAIGHT)
        bends = code.STRAIGHT not in (last.direction, here.direction)
        if abs(change) >= REVERSING_DEG:
            near = length_m <= MEDIAN_M or (returns and length_m <= U_TURN_M)
            if bends and one_side and near and not self._facts.walking:
                _join(last, here, code.U_TURN, returns)
                return _JOINED
            return _KEPT
        connects = not (last.name or last.ref) or is_same_street(last.name, here.name)
        if length_m <= STAGGER_M:
            one = True
        elif length_m <= MEDIAN_M:
            one = (connects and not bends) or (bends and one_side and abs(change) <= ONE_SWEEP_DEG)
        else:
            one = False
        if not one:
            return _KEPT
        direction = direction_of(change)
        if direction == code.STRAIGHT and (returns or not (here.name or here.ref)):
            kept.pop()
            return _DROPPED
        _join(last, here, direction, returns)
        return _JOINED

    def _change(self, last: Manoeuvre, here: Manoeuvre) -> int:
        """Change of direction over both, in degrees, right positive."""
        facts = self._facts
        change = (facts.start_bearing_deg[here.at] - facts.end_bearing_deg[last.at - 1]) % 360
        return change - 360 if change > 180 else change

    def _is_slip_road(self, last: Manoeuvre, here: Manoeuvre, length_m: float) -> bool:
        """The road from ``last`` to ``here`` is a short link between two ordinary roads."""
        if last.name or last.kind not in _TURNS | {code.ON_RAMP, code.OFF_RAMP}:
            return False
        if length_m > SLIP_ROAD_M:
            return False
        classes = self._facts.road_class[last.at : here.at]
        links = (classes <= code.LAST_LINK) & (classes % 2 == 1)
        return bool(links.all()) and code.MOTORWAY_LINK not in classes


def _join(last: Manoeuvre, here: Manoeuvre, direction: int, returns: bool) -> None:
    """Makes ``last`` the one manoeuvre that leads where ``here`` led."""
    last.direction = int(direction)
    if returns:
        last.kind = code.CONTINUE
    else:
        last.kind = code.NEW_NAME if direction == code.STRAIGHT else code.TURN
    last.note |= here.note
    _take_label(last, here)


def _take_label(last: Manoeuvre, here: Manoeuvre) -> None:
    last.name, last.ref, last.named_by = here.name, here.ref, here.named_by


def _same_label(one: Manoeuvre, other: Manoeuvre) -> bool:
    if one.name and other.name:
        return is_same_street(one.name, other.name)
    return shares_number(one.ref, other.ref)
