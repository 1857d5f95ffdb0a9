"""Tiny named towns for tests, built the way a real map is: tags judged, ways cut, turns joined.

A town is drawn with letters. Each letter is a point; a column is 20 m, a line is 40 m, the first
line is the north. Lines between letters are for the reader only. Streets are ways through letters::

    crossing = town(
        '''
             N
             |
        W----X----E
             |
             S
        ''',
        ["W-X-E primary", "N-X residential oneway=yes name=南北路", "X-S"],
        points={"X": "highway=traffic_signals"},
        rules=["no_right_turn: W-X > X > X-S"],
    )
    crossing.network                  # the RoadNetwork
    crossing.arc("W-X")               # arc id from W to X
    crossing.lon_lat("W-X", 0.25)     # a point a quarter of the way from W to X

A street's first word after its letters is its ``highway`` value (``residential`` if left out),
the rest are tags; with spaces in a tag write ``("W-X", {"highway": "primary", "name": "a b"})``.
Rules are ``kind: from > via > to``, optionally followed by tags (``except=psv``). From and to name
a street by two neighbouring letters of it; via is a letter, or streets (``B-C, C-D``). As in
OpenStreetMap a street should end where a rule has its via, else it fits two turns and is left
out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geodata.assembly import assemble
from geodata.modes import (
    MODES,
    Mode,
    describe_node,
    describe_way,
    judge_node,
    judge_restriction,
    judge_way,
)
from geodata.network import E7, RoadNetwork
from geodata.osm.raw_roads import RawRestriction, RawRoads

CENTRE_LON, CENTRE_LAT = 108.38, 30.81
"""The river bank of Wanzhou; the north-west corner of every drawing."""

COLUMN_M, LINE_M = 20.0, 40.0
METRES_PER_DEGREE = math.pi / 180 * 6_371_008.8

FIRST_WAY_ID = 1001

Street = str | tuple[str, Mapping[str, str]]
Tags = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Town:
    """A road network whose nodes have letters."""

    network: RoadNetwork
    raw: RawRoads
    osm_id: dict[str, int]
    """OSM node id of each letter."""
    streets: list[str]
    """Letters of each street; street ``i`` is OSM way ``1001 + i``."""

    def node(self, letter: str) -> int:
        """The node at a letter."""
        (found,) = np.flatnonzero(self.network.node_osm_id == self.osm_id[letter])
        return int(found)

    def letter(self, node: int) -> str:
        """The letter at a node."""
        osm_id = int(self.network.node_osm_id[node])
        return next(letter for letter, known in self.osm_id.items() if known == osm_id)

    def arcs_between(self, leg: str) -> list[int]:
        """All base arcs that lead along ``"A-B"``, where A and B are nodes."""
        tail, head = (self.node(letter) for letter in leg.split("-"))
        network = self.network
        base = np.arange(2 * network.edge_count)
        return np.flatnonzero(
            (network.arc_tail[base] == tail) & (network.arc_head[base] == head)
        ).tolist()

    def arc(self, leg: str) -> int:
        """The one base arc from A to B for ``"A-B"``."""
        (found,) = self.arcs_between(leg)
        return found

    def edge(self, leg: str) -> int:
        """The one edge between A and B for ``"A-B"``."""
        return self.arc(leg) >> 1

    def leg(self, arc: int) -> str:
        """``"A-B"`` for an arc; shadow arcs are named as the arc they copy."""
        network = self.network
        return f"{self.letter(network.arc_tail[arc])}-{self.letter(network.arc_head[arc])}"

    def drive(self, arcs: Iterable[int]) -> str:
        """``"A-B-C"`` for arcs in driving order."""
        legs = [self.leg(int(arc)) for arc in arcs]
        return "-".join([leg.split("-")[0] for leg in legs] + [legs[-1].split("-")[1]])

    def lon_lat(self, leg: str, share: float = 0.0) -> tuple[float, float]:
        """WGS-84 longitude and latitude of the point ``share`` of the straight way from A to B;
        ``"A"`` alone is the letter itself."""
        ends = [self._letter_lon_lat(letter) for letter in leg.split("-")]
        (lon_a, lat_a), (lon_b, lat_b) = ends[0], ends[-1]
        return lon_a + (lon_b - lon_a) * share, lat_a + (lat_b - lat_a) * share

    def may_turn(self, mode: str, route: str) -> bool:
        """Whether the mode may drive ``"A-B-C-..."`` without a stop, shadow arcs included."""
        network, layer = self.network, self.network.modes[mode]
        letters = route.split("-")
        legs = [f"{a}-{b}" for a, b in pairwise(letters)]
        here = set(self.arcs_between(legs[0]))
        for leg in legs[1:]:
            wanted = set(self.arcs_between(leg))
            here = {
                int(network.turn_to[turn])
                for arc in here
                for turn in range(network.first_turn[arc], network.first_turn[arc + 1])
                if layer.turn_cost[turn] != 0xFFFF
                and int(network.arc_base[network.turn_to[turn]]) in wanted
            }
        return bool(here)

    def _letter_lon_lat(self, letter: str) -> tuple[float, float]:
        (raw_node,) = np.flatnonzero(self.raw.node_osm_id == self.osm_id[letter])
        return float(self.raw.node_lon_e7[raw_node] / E7), float(
            self.raw.node_lat_e7[raw_node] / E7
        )


def town(
    drawing: str | Mapping[str, tuple[float, float]],
    streets: Sequence[Street],
    *,
    points: Mapping[str, Tags] | None = None,
    rules: Sequence[str] = (),
    modes: Sequence[Mode] | None = None,
    title: str = "Testville",
) -> Town:
    """The town in the drawing (or at ``{letter: (metres east, metres north)}``)."""
    modes = tuple(modes if modes is not None else MODES.values())
    raw, osm_id = raw_town(drawing, streets, points=points, rules=rules, modes=modes, title=title)
    lines = [_street(street)[0] for street in streets]
    return Town(assemble(raw, modes), raw, osm_id, ["-".join(letters) for letters in lines])


def raw_town(
    drawing: str | Mapping[str, tuple[float, float]],
    streets: Sequence[Street],
    *,
    points: Mapping[str, Tags] | None = None,
    rules: Sequence[str] = (),
    modes: Sequence[Mode] | None = None,
    title: str = "Testville",
) -> tuple[RawRoads, dict[str, int]]:
    """The town before assembly, and the OSM node id of each letter."""
    modes = tuple(modes if modes is not None else MODES.values())
    offsets_m = _read_drawing(drawing) if isinstance(drawing, str) else dict(drawing)
    letters = sorted(offsets_m)
    osm_id = {letter: place + 1 for place, letter in enumerate(letters)}
    index = {letter: place for place, letter in enumerate(letters)}
    node_tags = [_tags((points or {}).get(letter, {})) for letter in letters]
    nodes_judged = {mode.name: [judge_node(tags, mode) for tags in node_tags] for mode in modes}

    ways = [_street(street) for street in streets]
    described = [describe_way(tags) for _, tags in ways]
    judged = {mode.name: [judge_way(tags, mode) for _, tags in ways] for mode in modes}
    texts = [""]

    def text(value: str) -> int:
        if value not in texts:
            texts.append(value)
        return texts.index(value)

    def per_way(attribute: str, dtype: type) -> dict[str, np.ndarray]:
        return {
            name: np.array([getattr(verdict, attribute) for verdict in verdicts], dtype)
            for name, verdicts in judged.items()
        }

    east_m = np.array([offsets_m[letter][0] for letter in letters])
    north_m = np.array([offsets_m[letter][1] for letter in letters])
    narrowing = math.cos(math.radians(CENTRE_LAT))
    raw = RawRoads(
        node_osm_id=np.arange(1, len(letters) + 1, dtype=np.int64),
        node_lon_e7=np.rint((CENTRE_LON + east_m / (METRES_PER_DEGREE * narrowing)) * E7).astype(
            np.int32
        ),
        node_lat_e7=np.rint((CENTRE_LAT + north_m / METRES_PER_DEGREE) * E7).astype(np.int32),
        node_flags=np.array([int(describe_node(tags)) for tags in node_tags], np.uint16),
        node_blocked={
            name: np.array([v.blocked for v in verdicts], np.bool_)
            for name, verdicts in nodes_judged.items()
        },
        node_delay_s={
            name: np.array([v.delay_s for v in verdicts], np.float32)
            for name, verdicts in nodes_judged.items()
        },
        way_osm_id=np.arange(FIRST_WAY_ID, FIRST_WAY_ID + len(ways), dtype=np.int64),
        way_first_node=np.cumsum([0] + [len(line) for line, _ in ways]).astype(np.int64),
        way_node=np.array([index[letter] for line, _ in ways for letter in line], np.int32),
        way_class=np.array([int(d.road_class) for d in described], np.uint8),
        way_flags=np.array([int(d.edge_flags) for d in described], np.uint16),
        way_name=np.array([text(d.name) for d in described], np.int32),
        way_ref=np.array([text(d.ref) for d in described], np.int32),
        way_destination=np.array([text(d.destination) for d in described], np.int32),
        way_forward_kph=per_way("forward_kph", np.float32),
        way_backward_kph=per_way("backward_kph", np.float32),
        way_forward_manner=per_way("forward_manner", np.uint8),
        way_backward_manner=per_way("backward_manner", np.uint8),
        way_no_through=per_way("no_through", np.bool_),
        restrictions=[
            restriction
            for place, rule in enumerate(rules)
            if (restriction := _restriction(rule, place + 1, ways, osm_id, modes)) is not None
        ],
        place_kind=np.empty(0, np.uint8),
        place_lon_e7=np.empty(0, np.int32),
        place_lat_e7=np.empty(0, np.int32),
        place_name=np.empty(0, np.int32),
        place_ref=np.empty(0, np.int32),
        place_node=np.empty(0, np.int32),
        place_osm_id=np.empty(0, np.int64),
        texts=texts,
        title=title,
        attribution="drawn for a test",
    )
    return raw, osm_id


def _read_drawing(drawing: str) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for line_number, line in enumerate(drawing.splitlines()):
        for column, sign in enumerate(line):
            if sign.isalnum():
                if sign in found:
                    raise ValueError(f"the letter {sign} is drawn twice")
                found[sign] = (column * COLUMN_M, -line_number * LINE_M)
    return found


def _street(street: Street) -> tuple[list[str], dict[str, str]]:
    """The letters and tags of a street."""
    if isinstance(street, tuple):
        letters, tags = street
        return letters.split("-"), {"highway": "residential", **tags}
    letters, *words = street.split()
    tags = {"highway": "residential"}
    if words and "=" not in words[0]:
        tags["highway"] = words.pop(0)
    tags.update(word.split("=", 1) for word in words)
    return letters.split("-"), tags


def _tags(tags: Tags) -> dict[str, str]:
    if isinstance(tags, str):
        return dict(word.split("=", 1) for word in tags.split())
    return dict(tags)


def _restriction(
    rule: str,
    relation_id: int,
    ways: list[tuple[list[str], dict[str, str]]],
    osm_id: dict[str, int],
    modes: Sequence[Mode],
) -> RawRestriction | None:
    kind, _, story = rule.partition(":")
    from_leg, via, to_text = (part.strip() for part in story.split(">"))
    to_leg, *words = to_text.split()
    tags = {"type": "restriction", "restriction": kind.strip()}
    tags.update(word.split("=", 1) for word in words)

    def way_id(leg: str) -> int:
        a, b = leg.strip().split("-")
        for place, (letters, _) in enumerate(ways):
            pairs = set(pairwise(letters))
            if (a, b) in pairs or (b, a) in pairs:
                return FIRST_WAY_ID + place
        raise ValueError(f"no street leads along {leg}")

    judged = {mode.name: judge_restriction(tags, mode) for mode in modes}
    bound = {name: word for name, word in judged.items() if word is not None}
    if not bound:
        return None
    via_is_node = "-" not in via
    return RawRestriction(
        relation_id=relation_id,
        from_way=way_id(from_leg),
        via_node=osm_id[via] if via_is_node else None,
        via_ways=() if via_is_node else tuple(way_id(leg) for leg in via.split(",")),
        to_way=way_id(to_leg),
        rule_by_mode={
            name: "only" if word.startswith("only") else "no" for name, word in bound.items()
        },
        is_u_turn=any(word.endswith("u_turn") for word in bound.values()),
    )
