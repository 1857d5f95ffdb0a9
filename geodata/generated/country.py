"""What lies between towns: winding roads with villages on spurs, expressways with ramps."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from geodata.generated.kinds import KIND_NUMBER, PLAIN, TOLL_GATE
from geodata.generated.sketchbook import Sketchbook, pair_keys
from geodata.generated.towns import TownSite

COUNTRY_STEP_M = 500.0
"""Distance of junctions along a country road."""
INTERCHANGE_EVERY = 20
"""Country-road junctions between two expressway interchanges: 10 km."""


def draw_country(
    book: Sketchbook,
    texts: list[str],
    random: np.random.Generator,
    sites: list[TownSite],
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


def _neighbours(sites: list[TownSite]) -> list[tuple[int, int]]:
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
        pair_keys(pairs[:, 0], pairs[:, 1], count), pair_keys(tree.row, tree.col, count)
    )
    kept = pairs[on_tree | (length_m <= np.median(length_m))]
    return [(int(a), int(b)) for a, b in kept]


def _facing_gates(first: TownSite, second: TownSite) -> tuple[int, int]:
    heading = math.atan2(second.north_m - first.north_m, second.east_m - first.east_m)
    eighth = round(heading / (math.pi / 4)) % 8
    return int(first.gates[eighth]), int(second.gates[(eighth + 4) % 8])


def _draw_winding(
    book: Sketchbook,
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
    book: Sketchbook, random: np.random.Generator, road: np.ndarray, name: int
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


def _add(book: Sketchbook, place_m: np.ndarray, point_kind: int = PLAIN) -> np.ndarray:
    return book.add_junctions(place_m[:, 0], place_m[:, 1], point_kind)


def _draw_spurs(
    book: Sketchbook, random: np.random.Generator, road: np.ndarray, count: int
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
