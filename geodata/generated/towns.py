"""Towns: a grid or rings of streets, thinned out, with avenues and a river with few bridges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from geodata.generated.kinds import BOLLARD, GATE, KIND_NUMBER, PLAIN, SIGNALS
from geodata.generated.sketchbook import Sketchbook, pair_keys

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


@dataclass(frozen=True, slots=True)
class TownSite:
    """Where a town lies and where its roads go out."""

    east_m: float
    north_m: float
    gates: np.ndarray
    """Junctions at the town's rim, one for each eighth of the compass, counted from the east."""


def draw_towns(
    book: Sketchbook, texts: list[str], random: np.random.Generator, node_count: int
) -> list[TownSite]:
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
    book: Sketchbook,
    texts: list[str],
    random: np.random.Generator,
    side: int,
    east_m: float,
    north_m: float,
    ringed: bool,
) -> TownSite:
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
    return TownSite(east_m, north_m, junctions[_gates(x, y, ~quiet)])


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
    chosen = pair_keys(forest.row, forest.col, junction_count)
    keys = pair_keys(ends[:, 0], ends[:, 1], junction_count)
    tree = np.isin(keys, chosen) & open_ground
    extra = main & open_ground & ~tree
    wanted = round(junction_count * ROAD_ENDS_PER_JUNCTION / 2) - int((tree | extra).sum())
    if wanted > 0:
        spare = np.flatnonzero(open_ground & ~tree & ~extra)
        extra[random.permutation(spare)[:wanted]] = True
    return tree, extra


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
