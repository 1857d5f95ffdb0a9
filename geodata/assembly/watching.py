"""Via-way restrictions as shadow arcs.

A rule over several arcs needs memory: whether ``v`` may lead to ``t`` depends on how the driver
came to ``v``. The memory is put into the map. Every beginning of a watched path that is at least
two arcs long gets a *shadow arc*, a copy of its last arc, and a turn that continues such a
beginning leads onto the shadow instead of the arc itself. This is the automaton of Aho and Corasick
(Communications of the ACM 18, 1975) over arcs: a shadow stands for the longest watched beginning
that the last arcs driven end with, so rules may share arcs, chain, or start inside one another.

Whether a turn is forbidden on a shadow is the sum over *all* beginnings that the driver's last
arcs end with, each mode by itself:

1. ``no``: after the whole path, its ``to`` arc is forbidden.
2. ``only``: after the whole path, everything but its ``to`` arc is forbidden.
3. ``only`` over via ways: on the way along the via, everything but the next arc of the path is
   forbidden. Before its first via arc the driver is free: the rule is for those who turn in.
4. Several ``only`` at the same beginning leave all their arcs open, as two arrows on one sign do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from geodata.assembly.rules import ArcRule

Word = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns grouped by the arc they leave, then by the arc they enter."""

    turn_from: np.ndarray  # int32[turn]
    turn_to: np.ndarray  # int32[turn]
    modes: np.ndarray  # uint32[turn], bits of the modes that may make it
    arc_base: np.ndarray  # int32[arc], with the shadow arcs at the end


@dataclass(slots=True)
class _Orders:
    """What holds for somebody whose last arcs are one certain word."""

    no: dict[int, int] = field(default_factory=dict)  # arc -> modes that may not drive it next
    only: dict[int, int] = field(default_factory=dict)  # arc -> modes that may drive it next
    only_modes: int = 0  # modes for which nothing but ``only`` is open

    def forbids(self, arc: int) -> int:
        """Bits of the modes that may not drive ``arc`` next."""
        return self.no.get(arc, 0) | (self.only_modes & ~self.only.get(arc, 0))


def watch_paths(
    first_turn: np.ndarray,
    turn_from: np.ndarray,
    turn_to: np.ndarray,
    turn_modes: np.ndarray,
    rules: Sequence[ArcRule],
) -> Turns:
    """The turns that ``rules`` leave, over arcs and the shadow arcs that the rules need.

    ``first_turn`` (one longer than the arcs) groups the given turns by the arc they leave; turns
    that no mode may make any more are gone from the answer.
    """
    arc_count = len(first_turn) - 1
    turn_to = turn_to.copy()
    turn_modes = turn_modes.copy()

    def exits(arc: int) -> range:
        return range(int(first_turn[arc]), int(first_turn[arc + 1]))

    def modes_of(arc: int, following: int) -> int:
        return sum(int(turn_modes[turn]) for turn in exits(arc) if turn_to[turn] == following)

    binding = []
    for rule in rules:
        modes = rule.modes
        for arc, following in zip(rule.path, (*rule.path[1:], rule.to), strict=True):
            modes &= modes_of(arc, following)
        if modes:
            binding.append(ArcRule(rule.path, rule.to, rule.only, modes))

    orders = _orders_by_word(binding)
    shadows = {
        word: arc_count + index
        for index, word in enumerate(
            sorted(
                {rule.path[:end] for rule in binding for end in range(2, len(rule.path) + 1)},
                key=lambda word: (len(word), word),
            )
        )
    }

    def arc_after(word: Word, following: int) -> int:
        """The arc, or the shadow, that somebody is on who has driven ``word`` and ``following``."""
        driven = (*word, following)
        for start in range(len(driven) - 1):
            shadow = shadows.get(driven[start:])
            if shadow is not None:
                return shadow
        return following

    def forbidden_after(word: Word, following: int) -> int:
        modes = 0
        for start in range(len(word)):
            order = orders.get(word[start:])
            if order is not None:
                modes |= order.forbids(following)
        return modes

    new_from, new_to, new_modes = [], [], []
    for word, shadow in shadows.items():
        for turn in exits(word[-1]):
            following = int(turn_to[turn])
            new_from.append(shadow)
            new_to.append(arc_after(word, following))
            new_modes.append(int(turn_modes[turn]) & ~forbidden_after(word, following))
    redirected = []
    for arc in sorted({rule.path[0] for rule in binding}):
        for turn in exits(arc):
            following = int(turn_to[turn])
            redirected.append(
                (turn, arc_after((arc,), following), forbidden_after((arc,), following))
            )
    for turn, target, forbidden in redirected:
        turn_to[turn] = target
        turn_modes[turn] &= np.uint32(0xFFFFFFFF & ~forbidden)

    all_from = np.concatenate((turn_from, np.asarray(new_from, np.int32)))
    all_to = np.concatenate((turn_to, np.asarray(new_to, np.int32)))
    all_modes = np.concatenate((turn_modes, np.asarray(new_modes, np.uint32)))
    kept = all_modes != 0
    all_from, all_to, all_modes = all_from[kept], all_to[kept], all_modes[kept]
    order = np.lexsort((all_to, all_from))
    return Turns(
        turn_from=all_from[order],
        turn_to=all_to[order],
        modes=all_modes[order],
        arc_base=np.concatenate(
            (np.arange(arc_count), np.asarray([word[-1] for word in shadows], np.int64))
        ).astype(np.int32),
    )


def _orders_by_word(rules: Sequence[ArcRule]) -> dict[Word, _Orders]:
    orders: dict[Word, _Orders] = {}

    def only(word: Word, arc: int, modes: int) -> None:
        order = orders.setdefault(word, _Orders())
        order.only[arc] = order.only.get(arc, 0) | modes
        order.only_modes |= modes

    for rule in rules:
        if not rule.only:  # RULE 1
            order = orders.setdefault(rule.path, _Orders())
            order.no[rule.to] = order.no.get(rule.to, 0) | rule.modes
            continue
        only(rule.path, rule.to, rule.modes)  # RULES 2, 4
        for end in range(2, len(rule.path)):  # RULE 3
            only(rule.path[:end], rule.path[end], rule.modes)
    return orders
