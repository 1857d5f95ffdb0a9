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

MAX_PATH_ARCS = 40
"""A longer watched path, three kilometres in a city, is no sign that anybody put up."""

MAX_STEPS = 2_000
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


@dataclass(frozen=True, slots=True)
class _ArcOnWay:
    arc: int
    tail: int
    head: int
    following: int | None
    """The next arc of the way in the same direction, None at its end."""
    at_end: bool
    """It begins or ends at the way's first or last point."""


class _WayArcs:
    """The arcs of the ways that restrictions name, by OSM way id and by their ends."""

    def __init__(self, raw: RawRoads, cut: CutRoads, needed_ids: set[int]) -> None:
        needed = np.isin(raw.way_osm_id, np.fromiter(needed_ids, np.int64, len(needed_ids)))
        needed &= (raw.way_flags & int(EdgeFlag.AREA)) == 0
        edges = np.flatnonzero(needed[cut.edge_way])
        edges = edges[np.argsort(cut.edge_place_in_way[edges])]
        runs: dict[int, list[list[int]]] = {}
        last_way = -1
        for edge, way in zip(edges.tolist(), cut.edge_way[edges].tolist(), strict=True):
            runs_of_id = runs.setdefault(int(raw.way_osm_id[way]), [])
            if way != last_way:
                runs_of_id.append([])
                last_way = way
            runs_of_id[-1].append(2 * edge)
        self._by_tail: dict[int, dict[int, list[_ArcOnWay]]] = {}
        self._by_head: dict[int, dict[int, list[_ArcOnWay]]] = {}
        for way_id, runs_of_id in runs.items():
            by_tail = self._by_tail.setdefault(way_id, {})
            by_head = self._by_head.setdefault(way_id, {})
            for run in runs_of_id:
                for line in (run, [arc ^ 1 for arc in reversed(run)]):
                    for entry in _along(line, cut):
                        by_tail.setdefault(entry.tail, []).append(entry)
                        by_head.setdefault(entry.head, []).append(entry)

    def leaving(self, way_id: int) -> dict[int, list[_ArcOnWay]]:
        """The way's arcs by the node they leave."""
        return self._by_tail.get(way_id, {})

    def reaching(self, way_id: int) -> dict[int, list[_ArcOnWay]]:
        """The way's arcs by the node they reach."""
        return self._by_head.get(way_id, {})


def _along(line: list[int], cut: CutRoads) -> Iterator[_ArcOnWay]:
    """The arcs of one run of a way in one direction."""
    closed = len(line) > 1 and cut.arc_head[line[-1]] == cut.arc_tail[line[0]]
    for place, arc in enumerate(line):
        last = place == len(line) - 1
        yield _ArcOnWay(
            arc=arc,
            tail=int(cut.arc_tail[arc]),
            head=int(cut.arc_head[arc]),
            following=line[(place + 1) % len(line)] if closed or not last else None,
            at_end=(last or place == 0) and not closed,
        )


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
        problems: set[str] = set()
        understood = False
        for mode, rule in restriction.rule_by_mode.items():
            bit = mode_bits.get(mode)
            if bit is None:
                continue
            story = _Story(restriction, way_arcs, node_of_id, arc_modes, bit)
            for path, to in story.readings():
                found[(path, to, rule == "only")] |= bit
                understood = True
            problems |= story.problems
        if not understood and not problems:
            problems = {"a turn restriction that no mode it binds could drive was left out"}
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
        arc_modes: np.ndarray,
        bit: int,
    ) -> None:
        self._restriction = restriction
        self._arcs = way_arcs
        self._node_of_id = node_of_id
        self._usable = lambda arc: bool(int(arc_modes[arc]) & bit)
        self._steps = 0
        self.problems: set[str] = set()

    def readings(self) -> list[tuple[tuple[int, ...], int]]:
        """What was meant, as (watched path, arc driven next); empty if it cannot be told."""
        restriction = self._restriction
        if len(restriction.via_ways) > MAX_VIA_WAYS:
            self.problems.add(
                f"a turn restriction with more than {MAX_VIA_WAYS} via ways was left out"
            )
            return []
        candidates = list(self._candidates())
        if self._steps > MAX_STEPS:
            self.problems.add("a turn restriction whose via ways are a tangle was left out")
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
                "a turn restriction was left out that fits more than one turn, because its ways "
                "run on through the junction"
            )
            return []
        return [(path, to) for path, to, _ in turns]

    def _candidates(self) -> Iterator[tuple[tuple[int, ...], int, int]]:
        """Every (path, to, how many of its ends lie at a way's end) that fits the ways named."""
        restriction = self._restriction
        reaching = self._arcs.reaching(restriction.from_way)
        leaving = self._arcs.leaving(restriction.to_way)
        # a way named twice is driven once
        via = [self._arcs.leaving(way) for way in dict.fromkeys(restriction.via_ways)]
        if restriction.via_node is None:
            starts = {node for way in via for node in reaching.keys() & way.keys()}
        else:
            starts = {self._node_of_id.get(restriction.via_node, -1)}
        for start in sorted(starts):
            for first in reaching.get(start, ()):
                if not self._usable(first.arc):
                    continue
                for path, here in self._continued((first.arc,), start, via):  # RULE 4
                    for to in leaving.get(here, ()):
                        if self._usable(to.arc) and to.arc not in path:
                            yield path, to.arc, int(first.at_end) + int(to.at_end)

    def _continued(
        self, path: tuple[int, ...], here: int, via: list[dict[int, list[_ArcOnWay]]]
    ) -> Iterator[tuple[tuple[int, ...], int]]:
        """``path``, which ends at ``here``, driven on along all the ways of ``via`` in whatever
        order they connect, and the node where that ends."""
        if not via:
            yield path, here
            return
        for index, way in enumerate(via):
            rest = via[:index] + via[index + 1 :]
            for entry in way.get(here, ()):
                if entry.arc == path[-1] ^ 1:
                    continue
                longer, step = path, entry
                while (
                    self._usable(step.arc)
                    and step.arc not in longer
                    and len(longer) < MAX_PATH_ARCS
                ):
                    self._steps += 1
                    if self._steps > MAX_STEPS:
                        return
                    longer = (*longer, step.arc)
                    yield from self._continued(longer, step.head, rest)
                    if step.following is None:
                        break
                    step = next(e for e in way[step.head] if e.arc == step.following)
