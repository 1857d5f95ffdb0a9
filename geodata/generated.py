"""Roads of a country that does not exist, of any size, for benchmarks and tests.

It is made like the real ones that a routing engine finds hard or easy: dense towns of a few
thousand junctions, half of them on a grid and half in rings around a centre, most of them cut by a
river with few bridges; between them sparse country roads with villages on spurs, and expressways
with ramps and toll gates. So it has what makes road networks special, small separators and a
hierarchy of roads, which a random or perturbed grid has not. Counts are of the same order as in
OpenStreetMap extracts: 2.6 road ends a junction, one street in ten one-way, turn restrictions at
one junction in forty, a tenth of those over a via way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from geodata.modes import Mode, describe_node, describe_way, judge_node, judge_way
from geodata.network import E7, PlaceKind
from geodata.osm.raw_roads import RawRestriction, RawRoads

CENTRE_LON, CENTRE_LAT = 108.4, 30.8
METRES_PER_DEGREE = math.pi / 180 * 6_371_008.8
WIDEST_M = 1_500_000
"""The country must fit between the meridians around its centre without odd angles."""

TOWN_JUNCTIONS = 3_500
"""Junctions of a middling town."""
BLOCK_M = 110.0
"""Mean distance of neighbouring streets in a town."""
TOWN_SPACING_M = 24_000.0
ROAD_ENDS_PER_JUNCTION = 2.6
AVENUE_EVERY = 7
"""Every so many streets, one is an avenue that runs through without a gap."""
COUNTRY_SHARE = 0.15
"""Share of junctions outside towns."""
COUNTRY_STEP_M = 500.0
"""Distance of junctions along a country road."""
INTERCHANGE_EVERY = 20
"""Country-road junctions between two expressway interchanges: 10 km."""
RULE_SHARE = 1 / 40
VIA_WAY_SHARE = 0.1

KINDS: dict[str, dict[str, str]] = {
    "avenue": {"highway": "primary", "maxspeed": "60"},
    "bridge": {"highway": "primary", "maxspeed": "60", "bridge": "yes"},
    "collector": {"highway": "tertiary"},
    "street": {"highway": "residential"},
    "street one way": {"highway": "residential", "oneway": "yes"},
    "living street": {"highway": "living_street"},
    "service road": {"highway": "service"},
    "compound": {"highway": "service", "access": "private"},
    "footway": {"highway": "footway"},
    "cycleway": {"highway": "cycleway"},
    "country road": {"highway": "secondary"},
    "village road": {"highway": "unclassified"},
    "track": {"highway": "track", "tracktype": "grade2"},
    "expressway": {"highway": "motorway", "oneway": "yes", "maxspeed": "120", "toll": "yes"},
    "tunnel": {
        "highway": "motorway",
        "oneway": "yes",
        "maxspeed": "80",
        "toll": "yes",
        "tunnel": "yes",
    },
    "ramp": {"highway": "motorway_link", "oneway": "yes", "toll": "yes"},
}
KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}

POINT_KINDS: tuple[dict[str, str], ...] = (
    {},
    {"highway": "traffic_signals"},
    {"barrier": "gate", "access": "private"},
    {"barrier": "toll_booth"},
    {"barrier": "bollard"},
)
PLAIN, SIGNALS, GATE, TOLL_GATE, BOLLARD = range(len(POINT_KINDS))


class _Sketchbook:
    """Junctions and stretches of road, collected piece by piece."""

    def __init__(self) -> None:
        self._east_m: list[np.ndarray] = []
        self._north_m: list[np.ndarray] = []
        self._point_kind: list[np.ndarray] = []
        self._ends: list[np.ndarray] = []
        self._kind: list[np.ndarray] = []
        self._name: list[np.ndarray] = []
        self.junction_count = 0

    def add_junctions(
        self, east_m: np.ndarray, north_m: np.ndarray, point_kind: np.ndarray | int = PLAIN
    ) -> np.ndarray:
        """The numbers of the new junctions."""
        count = len(east_m)
        self._east_m.append(np.asarray(east_m, np.float64))
        self._north_m.append(np.asarray(north_m, np.float64))
        self._point_kind.append(np.broadcast_to(np.asarray(point_kind, np.int8), count))
        self.junction_count += count
        return np.arange(self.junction_count - count, self.junction_count)

    def add_stretches(
        self, start: np.ndarray, end: np.ndarray, kind: np.ndarray | int, name: int = 0
    ) -> None:
        """Roads from each ``start`` to each ``end``, drawn in that direction."""
        self._ends.append(np.column_stack((start, end)))
        self._kind.append(np.broadcast_to(np.asarray(kind, np.int16), len(start)))
        self._name.append(np.full(len(start), name, np.int32))

    def place_m(self, junction: int) -> tuple[float, float]:
        """Metres east and north of a junction of the piece added last or before."""
        for east_m, north_m in zip(self._east_m, self._north_m, strict=True):
            if junction < len(east_m):
                return float(east_m[junction]), float(north_m[junction])
            junction -= len(east_m)
        raise IndexError(junction)

    def finished(self) -> tuple[np.ndarray, ...]:
        """(east_m, north_m, point_kind) of junctions, (ends, kind, name) of stretches."""
        return (
            np.concatenate(self._east_m),
            np.concatenate(self._north_m),
            np.concatenate(self._point_kind),
            np.concatenate(self._ends),
            np.concatenate(self._kind),
            np.concatenate(self._name),
        )


@dataclass(frozen=True, slots=True)
class _TownSite:
    east_m: float
    north_m: float
    radius_m: float
    gates: np.ndarray
    """Junctions at the town's rim, one for each eighth of the compass, counted from the east."""


def generate_roads(node_count: int, modes: Sequence[Mode], seed: int = 1) -> RawRoads:
    """Roads with about ``node_count`` junctions (within a few percent for 20,000 and more).

    The same ``node_count``, modes and seed give the same roads.
    """
    if not 100 <= node_count <= 20_000_000:
        raise ValueError("a generated country has 100 to 20,000,000 junctions")
    random = np.random.default_rng(seed)
    book = _Sketchbook()
    texts = [""]
    sites = _draw_towns(book, texts, random, node_count)
    _draw_country(book, texts, random, sites, node_count - book.junction_count)
    return _as_raw_roads(book, texts, random, modes, f"Generated country {seed}")


# --- towns -----------------------------------------------------------------------------------


def _draw_towns(
    book: _Sketchbook, texts: list[str], random: np.random.Generator, node_count: int
) -> list[_TownSite]:
    in_towns = node_count * (1 - COUNTRY_SHARE)
    town_count = max(1, round(in_towns / TOWN_JUNCTIONS))
    weight = random.lognormal(0.0, 0.6, town_count)
    sides = np.maximum(6, np.rint(np.sqrt(weight / weight.sum() * in_towns))).astype(int)
    columns = math.ceil(math.sqrt(town_count))
    spacing_m = max(TOWN_SPACING_M, float(sides.max()) * BLOCK_M * 1.5)
    spacing_m = min(spacing_m, WIDEST_M / columns)
    sites = []
    for town, side in enumerate(sides.tolist()):
        column, row = town % columns, town // columns
        shift = random.uniform(-0.2, 0.2, 2)
        east_m = (column - columns / 2 + 0.5 + shift[0]) * spacing_m
        north_m = (row - columns / 2 + 0.5 + shift[1]) * spacing_m
        texts.append(f"Town {town + 1}")
        sites.append(_draw_town(book, texts, random, side, east_m, north_m, ringed=town % 2 == 1))
    return sites


def _draw_town(
    book: _Sketchbook,
    texts: list[str],
    random: np.random.Generator,
    side: int,
    east_m: float,
    north_m: float,
    ringed: bool,
) -> _TownSite:
    """One town of ``side`` by ``side`` junctions."""
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    x = (column - side / 2 + 0.5) * BLOCK_M
    y = (row - side / 2 + 0.5) * BLOCK_M
    if ringed:
        x, y = _square_to_disc(x, y)
    turned = random.uniform(0, math.pi)
    jitter = random.normal(0, BLOCK_M * 0.08, (2, len(x)))
    x, y = (
        x * math.cos(turned) - y * math.sin(turned) + jitter[0],
        x * math.sin(turned) + y * math.cos(turned) + jitter[1],
    )

    number = np.arange(side * side).reshape(side, side)
    ends = np.concatenate(
        (
            np.column_stack((number[:, :-1].ravel(), number[:, 1:].ravel())),
            np.column_stack((number[:-1, :].ravel(), number[1:, :].ravel())),
        )
    )
    avenue, collector = _main_roads(column, row, side, ends, ringed)
    over_river = _river_sides(random, x, y, side * BLOCK_M)
    crossing = over_river[ends[:, 0]] != over_river[ends[:, 1]]
    bridges = np.flatnonzero(crossing & avenue)
    if len(bridges) == 0:
        bridges = np.flatnonzero(crossing)
    kept_bridges = random.permutation(bridges)[: max(2, round(side / 18))]
    is_bridge = np.zeros(len(ends), np.bool_)
    is_bridge[kept_bridges] = True

    open_ground = ~crossing | is_bridge
    kept = _thin_out(random, ends, open_ground, avenue | is_bridge, side * side)
    tree, extra = kept
    kind = _street_kinds(random, column, row, ends, avenue, collector, is_bridge, tree, extra)
    drawn = np.flatnonzero(tree | extra)

    crossing_avenues = np.zeros(side * side, np.int16)
    for end in (0, 1):
        np.add.at(crossing_avenues, ends[drawn[avenue[drawn]], end], 1)
    point_kind = np.where(crossing_avenues >= 3, SIGNALS, PLAIN)
    lot = random.random(side * side)
    quiet = crossing_avenues == 0
    point_kind[quiet & (lot < 0.0005)] = GATE
    point_kind[quiet & (lot > 0.9995)] = BOLLARD

    junctions = book.add_junctions(east_m + x, north_m + y, point_kind)
    name = len(texts)
    texts.append(f"{texts[-1]} Avenue")
    named = avenue[drawn]
    for group, group_name in ((drawn[named], name), (drawn[~named], 0)):
        book.add_stretches(
            junctions[ends[group, 0]], junctions[ends[group, 1]], kind[group], group_name
        )
    return _TownSite(east_m, north_m, side * BLOCK_M / 2, junctions[_gates(x, y, ~quiet)])


def _square_to_disc(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Concentric squares become concentric rings of the same half-width (Shirley and Chiu,
    Journal of Graphics Tools 2(3), 1997)."""
    radius = np.maximum(np.abs(x), np.abs(y))
    safe = np.where(radius == 0, 1.0, radius)
    wide = np.abs(x) >= np.abs(y)
    angle = np.where(
        wide,
        math.pi / 4 * y / np.where(wide, np.where(x == 0, safe, x), 1.0),
        math.pi / 2 - math.pi / 4 * x / np.where(wide, 1.0, np.where(y == 0, safe, y)),
    )
    sign = np.where(wide, np.sign(x), np.sign(y))
    return radius * np.cos(angle) * sign, radius * np.sin(angle) * sign


def _main_roads(
    column: np.ndarray, row: np.ndarray, side: int, ends: np.ndarray, ringed: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Which stretches are avenues, and which are collectors between them."""
    if not ringed:
        along_row = row[ends[:, 0]] == row[ends[:, 1]]
        line = np.where(along_row, row[ends[:, 0]], column[ends[:, 0]])
    else:
        middle = (side - 1) / 2
        ring = np.maximum(np.abs(column - middle), np.abs(row - middle)).astype(int)
        around = ring[ends[:, 0]] == ring[ends[:, 1]]
        on_column = column[ends[:, 0]] == column[ends[:, 1]]
        spoke = np.where(on_column, column[ends[:, 0]], row[ends[:, 0]])
        line = np.where(around, ring[ends[:, 0]], spoke - int(middle) + AVENUE_EVERY * side)
    middle_line = AVENUE_EVERY // 2
    return line % AVENUE_EVERY == middle_line, line % AVENUE_EVERY == 0


def _river_sides(
    random: np.random.Generator, x: np.ndarray, y: np.ndarray, width_m: float
) -> np.ndarray:
    """bool[junction]: on the far bank. One town in four lies on no river."""
    if random.random() < 0.25:
        return np.zeros(len(x), np.bool_)
    heading = random.uniform(0, math.pi)
    along = x * math.cos(heading) + y * math.sin(heading)
    across = -x * math.sin(heading) + y * math.cos(heading)
    bend = random.uniform(0.05, 0.15) * width_m
    course = bend * np.sin(along / width_m * random.uniform(3, 7) + random.uniform(0, 6))
    return across > course + random.uniform(-0.2, 0.2) * width_m


def _thin_out(
    random: np.random.Generator,
    ends: np.ndarray,
    open_ground: np.ndarray,
    main: np.ndarray,
    junction_count: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Which stretches to draw: a tree that reaches every junction, and what makes up the rest of
    ``ROAD_ENDS_PER_JUNCTION``, main roads first."""
    weight = np.where(main, 0.01, 1.0) + random.random(len(ends))
    candidates = np.flatnonzero(open_ground)
    forest = minimum_spanning_tree(
        coo_array(
            (weight[candidates], (ends[candidates, 0], ends[candidates, 1])),
            shape=(junction_count, junction_count),
        ).tocsr()
    ).tocoo()
    chosen = set_of_pairs(forest.row, forest.col, junction_count)
    keys = set_of_pairs(ends[:, 0], ends[:, 1], junction_count)
    tree = np.isin(keys, chosen) & open_ground
    extra = main & open_ground & ~tree
    wanted = round(junction_count * ROAD_ENDS_PER_JUNCTION / 2) - int((tree | extra).sum())
    if wanted > 0:
        spare = np.flatnonzero(open_ground & ~tree & ~extra)
        extra[random.permutation(spare)[:wanted]] = True
    return tree, extra


def set_of_pairs(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """One number for each unordered pair of numbers below ``count``."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    return low.astype(np.int64) * count + high


def _street_kinds(
    random: np.random.Generator,
    column: np.ndarray,
    row: np.ndarray,
    ends: np.ndarray,
    avenue: np.ndarray,
    collector: np.ndarray,
    is_bridge: np.ndarray,
    tree: np.ndarray,
    extra: np.ndarray,
) -> np.ndarray:
    lot = random.random(len(ends))
    kind = np.full(len(ends), KIND_NUMBER["street"])
    kind[lot < 0.12] = KIND_NUMBER["service road"]
    kind[(lot >= 0.12) & (lot < 0.2)] = KIND_NUMBER["living street"]
    # A dead end often goes on as a path that only walkers use.
    ends_here = np.bincount(ends[tree | extra].ravel(), minlength=len(column))
    dead_end = (ends_here[ends[:, 0]] == 1) | (ends_here[ends[:, 1]] == 1)
    kind[dead_end & (lot > 0.7)] = KIND_NUMBER["footway"]
    kind[extra & (lot > 0.9)] = KIND_NUMBER["cycleway"]
    # Streets off the tree may be one-way without cutting anybody off.
    kind[extra & (lot > 0.35) & (lot < 0.75)] = KIND_NUMBER["street one way"]
    block = (column[ends[:, 0]] // AVENUE_EVERY) * 1_000_003 + row[ends[:, 0]] // AVENUE_EVERY
    gated = (block * 2_654_435_761 % 2**32) < 0.03 * 2**32
    kind[gated] = KIND_NUMBER["compound"]
    kind[collector] = KIND_NUMBER["collector"]
    kind[avenue] = KIND_NUMBER["avenue"]
    kind[is_bridge] = KIND_NUMBER["bridge"]
    return kind


def _gates(x: np.ndarray, y: np.ndarray, on_avenue: np.ndarray) -> np.ndarray:
    """The outermost junction of an avenue in each eighth of the compass, from the east on."""
    if not on_avenue.any():
        on_avenue = np.ones(len(x), np.bool_)
    angles = np.arange(8) * math.pi / 4
    outward_m = np.outer(np.cos(angles), x) + np.outer(np.sin(angles), y)
    return np.argmax(np.where(on_avenue, outward_m, -np.inf), axis=1)


# --- country ---------------------------------------------------------------------------------


def _draw_country(
    book: _Sketchbook,
    texts: list[str],
    random: np.random.Generator,
    sites: list[_TownSite],
    junctions_left: int,
) -> None:
    """Country roads with spurs, and expressways, between neighbouring towns."""
    links = _neighbours(sites)
    spur_junctions = max(0, junctions_left)
    for number, (first, second) in enumerate(links):
        begin, end = _facing_gates(sites[first], sites[second])
        distance_m = math.dist(book.place_m(begin), book.place_m(end))
        steps = max(2, round(distance_m / COUNTRY_STEP_M))
        road = _draw_winding(book, random, begin, end, steps, KIND_NUMBER["country road"])
        texts.append(f"S{number + 101}")
        spur_junctions -= len(road)
        if number % 2 == 0:
            texts.append(f"G{number + 42}")
            spur_junctions -= _draw_expressway(book, random, road, len(texts) - 1)
        still = len(links) - number
        _draw_spurs(book, random, road, max(0, spur_junctions // still))
        spur_junctions -= max(0, spur_junctions // still)


def _neighbours(sites: list[_TownSite]) -> list[tuple[int, int]]:
    """Pairs of towns joined by a road: neighbours of the triangulation, its longest left out."""
    if len(sites) < 4:
        return [(a, a + 1) for a in range(len(sites) - 1)]
    places = np.array([(site.east_m, site.north_m) for site in sites])
    corners = Delaunay(places).simplices
    pairs = np.unique(
        np.sort(np.concatenate((corners[:, :2], corners[:, 1:], corners[:, ::2])), axis=1), axis=0
    )
    length_m = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    count = len(sites)
    tree = minimum_spanning_tree(
        coo_array((length_m, (pairs[:, 0], pairs[:, 1])), shape=(count, count)).tocsr()
    ).tocoo()
    on_tree = np.isin(
        set_of_pairs(pairs[:, 0], pairs[:, 1], count), set_of_pairs(tree.row, tree.col, count)
    )
    kept = pairs[on_tree | (length_m <= np.median(length_m))]
    return [(int(a), int(b)) for a, b in kept]


def _facing_gates(first: _TownSite, second: _TownSite) -> tuple[int, int]:
    heading = math.atan2(second.north_m - first.north_m, second.east_m - first.east_m)
    eighth = round(heading / (math.pi / 4)) % 8
    return int(first.gates[eighth]), int(second.gates[(eighth + 4) % 8])


def _draw_winding(
    book: _Sketchbook,
    random: np.random.Generator,
    begin: int,
    end: int,
    steps: int,
    kind: int,
) -> np.ndarray:
    """A winding road of so many steps; its new junctions in driving order."""
    (x_a, y_a), (x_b, y_b) = book.place_m(begin), book.place_m(end)
    share = np.arange(1, steps) / steps
    sway = np.cumsum(random.normal(0, COUNTRY_STEP_M * 0.3, steps - 1))
    sway -= share * (sway[-1] if steps > 1 else 0)
    length_m = max(1.0, math.hypot(x_b - x_a, y_b - y_a))
    x = x_a + (x_b - x_a) * share - (y_b - y_a) / length_m * sway
    y = y_a + (y_b - y_a) * share + (x_b - x_a) / length_m * sway
    road = book.add_junctions(x, y)
    line = np.concatenate(([begin], road, [end]))
    book.add_stretches(line[:-1], line[1:], kind)
    return road


def _draw_expressway(
    book: _Sketchbook, random: np.random.Generator, road: np.ndarray, name: int
) -> int:
    """Two carriageways beside a country road, with ramps to it; how many junctions it took."""
    if len(road) < 2:
        return 0
    sections = max(1, round(len(road) / INTERCHANGE_EVERY))
    stops = road[np.linspace(0, len(road) - 1, sections + 1).astype(int)]
    before = book.junction_count
    place = np.array([book.place_m(int(stop)) for stop in stops])
    ahead = place[-1] - place[0]
    beside = np.array([-ahead[1], ahead[0]]) / max(1.0, float(np.hypot(*ahead)))
    for toward, offset_m in ((1, 1_200.0), (-1, 1_230.0)):
        base, line = place[::toward], stops[::toward]
        step = (base[-1] - base[0]) / max(1.0, float(np.hypot(*(base[-1] - base[0]))))
        # the carriageway passes each interchange from its exit to its entry
        exits = _add(book, (base + beside * offset_m - step * 400)[1:])
        entries = _add(book, (base + beside * offset_m + step * 400)[:-1])
        gates_out = _add(book, (base + beside * 500 + step * 60 * toward)[1:], TOLL_GATE)
        gates_in = _add(book, (base + beside * 500 - step * 60 * toward)[:-1], TOLL_GATE)
        tunnel = random.random(len(exits)) < 0.2
        kind = np.where(tunnel, KIND_NUMBER["tunnel"], KIND_NUMBER["expressway"])
        book.add_stretches(entries, exits, kind, name)
        book.add_stretches(exits[:-1], entries[1:], KIND_NUMBER["expressway"], name)
        ramp = KIND_NUMBER["ramp"]
        book.add_stretches(exits, gates_out, ramp)
        book.add_stretches(gates_out, line[1:], ramp)
        book.add_stretches(line[:-1], gates_in, ramp)
        book.add_stretches(gates_in, entries, ramp)
    return book.junction_count - before


def _add(book: _Sketchbook, place_m: np.ndarray, point_kind: int = PLAIN) -> np.ndarray:
    return book.add_junctions(place_m[:, 0], place_m[:, 1], point_kind)


def _draw_spurs(
    book: _Sketchbook, random: np.random.Generator, road: np.ndarray, count: int
) -> None:
    """Village roads off a country road, ``count`` junctions in all, each hanging on an earlier
    one of the same road, seldom far from it."""
    if count == 0 or len(road) == 0:
        return
    place = np.array([book.place_m(int(junction)) for junction in road])
    root = random.integers(0, len(road), max(1, count // 6))
    lane = np.sort(random.integers(0, len(root), count))
    first_of_lane = np.searchsorted(lane, lane)
    along = np.arange(count) - first_of_lane + 1
    heading = random.uniform(0, 2 * math.pi, len(root))[lane] + random.normal(0, 0.15, count)
    x = place[root[lane], 0] + along * 180 * np.cos(heading)
    y = place[root[lane], 1] + along * 180 * np.sin(heading)
    new = book.add_junctions(x, y)
    before = np.where(along == 1, road[root[lane]], new - 1)
    is_track = (random.random(len(root)) < 0.15)[lane]
    kind = np.where(is_track, KIND_NUMBER["track"], KIND_NUMBER["village road"])
    book.add_stretches(before, new, kind)


# --- as the reader would hand it over --------------------------------------------------------


def _as_raw_roads(
    book: _Sketchbook,
    texts: list[str],
    random: np.random.Generator,
    modes: Sequence[Mode],
    title: str,
) -> RawRoads:
    east_m, north_m, point_kind, ends, kind, name = book.finished()
    way_node, first_node, east_m, north_m = _with_bends(random, east_m, north_m, ends)
    node_count, way_count = len(east_m), len(ends)
    point_kind = np.concatenate(
        (point_kind, np.full(node_count - len(point_kind), PLAIN, point_kind.dtype))
    )
    narrowing = math.cos(math.radians(CENTRE_LAT))
    lon_e7 = np.rint((CENTRE_LON + east_m / (METRES_PER_DEGREE * narrowing)) * E7)
    lat_e7 = np.rint((CENTRE_LAT + north_m / METRES_PER_DEGREE) * E7)

    described = [describe_way(tags) for tags in KINDS.values()]
    judged = {mode.name: [judge_way(tags, mode) for tags in KINDS.values()] for mode in modes}
    points_judged = {mode.name: [judge_node(tags, mode) for tags in POINT_KINDS] for mode in modes}

    def by_way(attribute: str, dtype: type) -> dict[str, np.ndarray]:
        return {
            mode: np.array([getattr(verdict, attribute) for verdict in verdicts], dtype)[kind]
            for mode, verdicts in judged.items()
        }

    toll = np.flatnonzero(point_kind == TOLL_GATE)
    osm_id = np.arange(1, node_count + 1, dtype=np.int64)
    return RawRoads(
        node_osm_id=osm_id,
        node_lon_e7=lon_e7.astype(np.int32),
        node_lat_e7=lat_e7.astype(np.int32),
        node_flags=np.array([int(describe_node(tags)) for tags in POINT_KINDS], np.uint16)[
            point_kind
        ],
        node_blocked={
            mode: np.array([v.blocked for v in verdicts], np.bool_)[point_kind]
            for mode, verdicts in points_judged.items()
        },
        node_delay_s={
            mode: np.array([v.delay_s for v in verdicts], np.float32)[point_kind]
            for mode, verdicts in points_judged.items()
        },
        way_osm_id=np.arange(1, way_count + 1, dtype=np.int64),
        way_first_node=first_node,
        way_node=way_node,
        way_class=np.array([int(d.road_class) for d in described], np.uint8)[kind],
        way_flags=np.array([int(d.edge_flags) for d in described], np.uint16)[kind],
        way_name=name,
        way_ref=np.zeros(way_count, np.int32),
        way_destination=np.zeros(way_count, np.int32),
        way_forward_kph=by_way("forward_kph", np.float32),
        way_backward_kph=by_way("backward_kph", np.float32),
        way_forward_manner=by_way("forward_manner", np.uint8),
        way_backward_manner=by_way("backward_manner", np.uint8),
        way_no_through=by_way("no_through", np.bool_),
        restrictions=_draw_rules(random, ends, [mode.name for mode in modes]),
        place_kind=np.full(len(toll), int(PlaceKind.TOLL_BOOTH), np.uint8),
        place_lon_e7=lon_e7[toll].astype(np.int32),
        place_lat_e7=lat_e7[toll].astype(np.int32),
        place_name=np.zeros(len(toll), np.int32),
        place_ref=np.zeros(len(toll), np.int32),
        place_node=toll.astype(np.int32),
        place_osm_id=osm_id[toll],
        texts=texts,
        title=title,
        attribution="generated",
    )


def _with_bends(
    random: np.random.Generator, east_m: np.ndarray, north_m: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(way_node, way_first_node, east_m, north_m) with up to six points between the ends of each
    stretch, on an arc of gentle curvature, more of them on long stretches."""
    start, end = ends[:, 0], ends[:, 1]
    along_x, along_y = east_m[end] - east_m[start], north_m[end] - north_m[start]
    length_m = np.hypot(along_x, along_y)
    bends = np.minimum(6, random.poisson(0.8 + np.minimum(length_m, 2_000) / 600))
    sway = np.clip(random.normal(0, 0.05, len(ends)), -0.15, 0.15)
    first_node = np.concatenate(([0], np.cumsum(bends + 2))).astype(np.int64)
    way = np.repeat(np.arange(len(ends)), bends + 2)
    step = np.arange(len(way)) - first_node[way]
    inner = (step > 0) & (step <= bends[way])
    way_of_bend = way[inner]
    share = step[inner] / (bends[way_of_bend] + 1)
    aside = sway[way_of_bend] * np.sin(math.pi * share)
    new_x = east_m[start[way_of_bend]] + along_x[way_of_bend] * share - along_y[way_of_bend] * aside
    new_y = (
        north_m[start[way_of_bend]] + along_y[way_of_bend] * share + along_x[way_of_bend] * aside
    )
    way_node = np.empty(len(way), np.int32)
    way_node[first_node[:-1]] = start
    way_node[first_node[1:] - 1] = end
    way_node[inner] = len(east_m) + np.arange(len(way_of_bend))
    return (
        way_node,
        first_node,
        np.concatenate((east_m, new_x)),
        np.concatenate((north_m, new_y)),
    )


def _draw_rules(
    random: np.random.Generator, ends: np.ndarray, modes: list[str]
) -> list[RawRestriction]:
    """Turn restrictions at random crossroads, some over a via way; they bind all but walkers."""
    ways_at: dict[int, list[int]] = {}
    road_ends = np.bincount(ends.ravel())
    crossroads = np.flatnonzero(road_ends >= 3)
    count = round(len(road_ends) * RULE_SHARE)
    chosen = np.sort(random.permutation(crossroads)[:count])
    wanted = np.zeros(len(road_ends), np.bool_)
    wanted[chosen] = True
    neighbourhood = wanted.copy()
    touched = wanted[ends[:, 0]] | wanted[ends[:, 1]]
    neighbourhood[ends[touched].ravel()] = True
    near = np.flatnonzero(neighbourhood[ends[:, 0]] | neighbourhood[ends[:, 1]])
    for way, (start, end) in zip(near.tolist(), ends[near].tolist(), strict=True):
        ways_at.setdefault(start, []).append(way)
        ways_at.setdefault(end, []).append(way)
    bound = [mode for mode in modes if mode != "foot"]
    rules = []
    for relation_id, (junction, lot) in enumerate(
        zip(chosen.tolist(), random.random((len(chosen), 4)).tolist(), strict=True), start=1
    ):
        here = ways_at[junction]
        from_way = here[int(lot[0] * len(here))]
        onward = [way for way in here if way != from_way]
        next_way = onward[int(lot[1] * len(onward))]
        rule = "only" if lot[2] < 0.15 else "no"
        via_node, via_ways, to_way = junction + 1, (), next_way
        if lot[3] < VIA_WAY_SHARE:
            start, end = ends[next_way].tolist()
            beyond = [
                way for way in ways_at[end if start == junction else start] if way != next_way
            ]
            if beyond:
                via_node, via_ways = None, (next_way + 1,)
                to_way = beyond[int(lot[2] * len(beyond))]
        rules.append(
            RawRestriction(
                relation_id=relation_id,
                from_way=from_way + 1,
                via_node=via_node,
                via_ways=via_ways,
                to_way=to_way + 1,
                rule_by_mode=dict.fromkeys(bound, rule),
            )
        )
    return rules
