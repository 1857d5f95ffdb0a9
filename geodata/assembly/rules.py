"""Turn restrictions, from OSM ways and nodes to sequences of arcs.

A restriction names ways; a driver drives arcs. Resolving one means finding the arcs on which its
story happens: one arc of the ``from`` way up to where the via begins, the arcs along the via ways,
one arc of the ``to`` way. It is done for each mode by itself, because a one-way street that a
mode respects often settles which arc was meant.

The way it is read:

1. The story is looked for among arcs that the mode may drive, neither pushing a bicycle nor
   against a one-way street. A mode that cannot drive it is not bound by it: ``only`` onto a road
   closed to bicycles does not trap bicycles.
2. Turning back onto the same edge is meant only where the tag says u-turn, or where the ways
   leave nothing else to be meant.
3. A ``from`` or ``to`` way that runs on through the junction, uncut, fits with both its sides. A
   side at the way's own end wins; if both still fit, the rule is set aside and counted.
4. Via ways may be listed in any order; each is driven along, never turned round in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geodata.assembly.edges import CutRoads
from geodata.network import EdgeFlag
from geodata.osm.raw_roads import RawRestriction, RawRoads

MAX_VIA_WAYS = 16
"""More via ways than any real restriction has (the longest mapped have about ten)."""

MAX_STEPS = 5_000
"""Arcs looked at for one restriction before it is given up as a tangle."""


@dataclass(frozen=True, slots=True)
class ArcRule:
    """A turn rule on arcs: who has just driven all of ``path`` may not / may only drive ``to``."""

    path: tuple[int, ...]
    """The arcs watched: the arc of the ``from`` way, then those of the via ways."""
    to: int
    only: bool
    modes: int
    """Bits of the modes it binds."""


class _WayArcs:
    """The arcs of the ways that restrictions name, by OSM way id."""

    def __init__(self, raw: RawRoads, cut: CutRoads, needed_ids: set[int]) -> None:
        needed = np.isin(raw.way_osm_id, np.fromiter(needed_ids, np.int64, len(needed_ids)))
        needed &= (raw.way_flags & int(EdgeFlag.AREA)) == 0
        edges = np.flatnonzero(needed[cut.edge_way])
        edges = edges[np.argsort(cut.edge_place_in_way[edges])]
        self._runs: dict[int, list[list[int]]] = {}
        last_way = -1
        for edge, way in zip(edges.tolist(), cut.edge_way[edges].tolist(), strict=True):
            runs = self._runs.setdefault(int(raw.way_osm_id[way]), [])
            if way != last_way:
                runs.append([])
                last_way = way
            runs[-1].append(2 * edge)
        self._tail, self._head = cut.arc_tail, cut.arc_head

    def of(self, way_id: int) -> list[tuple[int, int, int | None, bool]]:
        """All arcs of a way as (arc, tail, following arc along the way, is at the way's end)."""
        return [
            entry
            for run in self._runs.get(way_id, ())
            for line in (run, [arc ^ 1 for arc in reversed(run)])
            for entry in self._along(line)
        ]

    def _along(self, line: list[int]) -> Iterator[tuple[int, int, int | None, bool]]:
        closed = len(line) > 1 and self._head[line[-1]] == self._tail[line[0]]
        for place, arc in enumerate(line):
            last = place == len(line) - 1
            following = line[(place + 1) % len(line)] if not last or closed else None
            yield arc, int(self._tail[arc]), following, (last or place == 0) and not closed


def resolve_restrictions(
    raw: RawRoads, cut: CutRoads, arc_modes: np.ndarray, mode_bits: dict[str, int]
) -> list[ArcRule]:
    """The restrictions of ``raw`` as rules on arcs; what cannot be resolved is counted in
    ``raw.warnings``.

    ``arc_modes`` is uint32[arc], the bits (``mode_bits``) of the modes that may drive each arc.
    """
    needed = {
        way
        for restriction in raw.restrictions
        for way in (restriction.from_way, restriction.to_way, *restriction.via_ways)
    }
    if not needed:
        return []
    way_arcs = _WayArcs(raw, cut, needed)
    node_of_id = _nodes_by_osm_id(raw, cut)
    found: Counter[tuple[tuple[int, ...], int, bool]] = Counter()
    for restriction in raw.restrictions:
        problems = set()
        for mode, rule in restriction.rule_by_mode.items():
            bit = mode_bits.get(mode)
            if bit is None:
                continue
            story = _Story(restriction, way_arcs, node_of_id, cut, arc_modes, bit)
            for path, to in story.readings():
                found[(path, to, rule == "only")] |= bit
            problems |= story.problems
        raw.warnings.update(problems)
    return [ArcRule(path, to, only, modes) for (path, to, only), modes in sorted(found.items())]


def _nodes_by_osm_id(raw: RawRoads, cut: CutRoads) -> dict[int, int]:
    via_ids = {r.via_node for r in raw.restrictions if r.via_node is not None}
    osm_id = raw.node_osm_id[cut.raw_of_node]
    named = np.flatnonzero(np.isin(osm_id, np.fromiter(via_ids, np.int64, len(via_ids))))
    return {int(osm_id[node]): int(node) for node in named}


class _Story:
    """One restriction as one mode would drive it."""

    def __init__(
        self,
        restriction: RawRestriction,
        way_arcs: _WayArcs,
        node_of_id: dict[int, int],
        cut: CutRoads,
        arc_modes: np.ndarray,
        bit: int,
    ) -> None:
        self._restriction = restriction
        self._arcs = way_arcs
        self._node_of_id = node_of_id
        self._head = cut.arc_head
        self._usable = lambda arc: bool(int(arc_modes[arc]) & bit)
        self._steps = 0
        self.problems: set[str] = set()

    def readings(self) -> list[tuple[tuple[int, ...], int]]:
        """What was meant, as (watched path, arc driven next); empty if it cannot be told."""
        restriction = self._restriction
        if len(restriction.via_ways) > MAX_VIA_WAYS:
            self.problems.add(f"Turn restriction with more than {MAX_VIA_WAYS} via ways left out.")
            return []
        candidates = list(self._candidates())
        if self._steps > MAX_STEPS:
            self.problems.add("Turn restriction whose via ways are a tangle left out.")
            return []
        backs = [c for c in candidates if c[0][-1] == c[1] ^ 1]  # RULE 2
        turns = [c for c in candidates if c[0][-1] != c[1] ^ 1]
        if backs and (restriction.is_u_turn or not turns):
            return [(path, to) for path, to, _ in backs]
        if len(turns) > 1:  # RULE 3
            best = max(ends for _, _, ends in turns)
            turns = [c for c in turns if c[2] == best]
        if len(turns) > 1:
            shortest = min(len(path) for path, _, _ in turns)
            turns = [c for c in turns if len(c[0]) == shortest]
        if len(turns) > 1:
            self.problems.add(
                "Turn restriction left out: its ways run on through the junction, so it fits "
                "more than one turn."
            )
            return []
        return [(path, to) for path, to, _ in turns]

    def _candidates(self) -> Iterator[tuple[tuple[int, ...], int, int]]:
        """Every (path, to, how many of its ends lie at a way's end) that fits the ways named."""
        restriction = self._restriction
        leaving = {}
        for arc, tail, _, at_end in self._arcs.of(restriction.to_way):
            if self._usable(arc):
                leaving.setdefault(tail, []).append((arc, at_end))
        via = [
            {
                arc: (tail, following)
                for arc, tail, following, _ in self._arcs.of(way)
                if self._usable(arc)
            }
            for way in dict.fromkeys(restriction.via_ways)  # a way named twice is driven once
        ]
        via_node = None
        if restriction.via_node is not None:
            via_node = self._node_of_id.get(restriction.via_node)
            if via_node is None:
                return
        for arc, _, _, at_end in self._arcs.of(restriction.from_way):
            if self._usable(arc) and (via_node is None or self._head[arc] == via_node):
                for path in self._continued((arc,), via):  # RULE 4
                    for to, to_at_end in leaving.get(int(self._head[path[-1]]), ()):
                        if to not in path:
                            yield path, to, int(at_end) + int(to_at_end)

    def _continued(
        self, path: tuple[int, ...], via: list[dict[int, tuple[int, int | None]]]
    ) -> Iterator[tuple[int, ...]]:
        """``path`` driven on along all the ways of ``via``, in whatever order they connect."""
        if not via:
            yield path
            return
        here = int(self._head[path[-1]])
        for index, way in enumerate(via):
            rest = via[:index] + via[index + 1 :]
            for arc, (tail, _) in way.items():
                if tail != here or arc == path[-1] ^ 1 or arc in path:
                    continue
                longer = path
                step: int | None = arc
                while step is not None and step in way and step not in longer:
                    self._steps += 1
                    if self._steps > MAX_STEPS:
                        return
                    longer = (*longer, step)
                    yield from self._continued(longer, rest)
                    step = way[step][1]
