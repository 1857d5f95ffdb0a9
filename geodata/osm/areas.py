"""Pedestrian areas: rings out of ways, and lines across the open ground.

OpenStreetMap draws a square as its outline. People cross it. So besides the outline an area gets
straight lines between the points where other ways touch it, as far as they stay inside:

RULE 1  Stops are the points where a way touches the outline; corners are the points of the outline
        around which a shortest way may bend (corners of obstacles, inward corners of the edge).
RULE 2  Two of these points see each other when the straight line between them stays inside.
RULE 3  Kept are the lines on shortest ways between stops,
RULE 4  shortest first, and only where walking by the outline and by the lines kept before is more
        than 5 % longer. That bounds the lines to a few per stop at little loss.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from heapq import heappop, heappush
from math import cos, hypot, radians

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from geodata.network import E7

DETOUR = 1.05
"""Walking this many times the straight line is not worth a line of its own."""

MAX_STOPS = 60
MAX_POINTS = 150
"""Beyond, the corners and then the farthest stops are left out: an area like that is a park or a
mistake, and pairs grow with the square."""

METRES_PER_E7 = 0.011132
"""Length of 1e-7 degrees of latitude (a circumference of 40,075 km)."""

TOLERANCE_M = 0.05
"""How far a line may leave the area, against rounding of the last digit of coordinates."""


@dataclass(frozen=True, slots=True)
class Area:
    """Open ground: closed rings of node indices (the first is repeated at the end)."""

    outer: tuple[tuple[int, ...], ...]
    inner: tuple[tuple[int, ...], ...] = ()


def join_rings(lines: list[tuple[int, ...]]) -> tuple[list[tuple[int, ...]], int]:
    """Closed rings joined from lines at their ends, and how many lines remained open."""
    rings = [line for line in lines if len(line) > 3 and line[0] == line[-1]]
    open_lines = {i: line for i, line in enumerate(lines) if len(line) > 1 and line[0] != line[-1]}
    at_end: dict[int, set[int]] = {}
    for i, line in open_lines.items():
        at_end.setdefault(line[0], set()).add(i)
        at_end.setdefault(line[-1], set()).add(i)
    left_over = 0
    while open_lines:
        i, first = next(iter(open_lines.items()))
        ring = list(first)
        used = [i]
        _forget(i, open_lines, at_end)
        while ring[0] != ring[-1] and at_end.get(ring[-1]):
            i = min(at_end[ring[-1]])
            line = open_lines[i]
            ring += line[1:] if line[0] == ring[-1] else line[-2::-1]
            used.append(i)
            _forget(i, open_lines, at_end)
        if ring[0] == ring[-1] and len(ring) > 3:
            rings.append(tuple(ring))
        else:
            left_over += len(used)
    return rings, left_over


def _forget(i: int, open_lines: dict[int, tuple[int, ...]], at_end: dict[int, set[int]]) -> None:
    line = open_lines.pop(i)
    at_end[line[0]].discard(i)
    at_end[line[-1]].discard(i)


def lines_across(
    area: Area,
    lon_e7: np.ndarray,
    lat_e7: np.ndarray,
    is_stop: np.ndarray,
    warnings: Counter[str],
) -> list[tuple[int, int]]:
    """Pairs of node indices between which a line crosses the area.

    ``lon_e7`` and ``lat_e7`` are the coordinates of all nodes, ``is_stop`` is bool[node]: another
    way touches the area there.
    """
    rings = [*area.outer, *area.inner]
    nodes = list(dict.fromkeys(node for ring in rings for node in ring))
    stops = [node for node in nodes if is_stop[node]]
    if len(stops) < 2:
        return []
    east_m, north_m = _metres(lon_e7[nodes], lat_e7[nodes])
    place = {node: (float(e), float(n)) for node, e, n in zip(nodes, east_m, north_m, strict=True)}
    ground = _ground(area, place)
    if ground is None:
        warnings["a pedestrian area whose outline crosses itself has no lines across"] += 1
        return []
    if len(stops) > MAX_STOPS:
        warnings["a pedestrian area with very many entrances has only some lines across"] += 1
        stops = stops[:: -(-len(stops) // MAX_STOPS)]
    # RULE 1
    chosen = list(dict.fromkeys([*stops, *_corners(area, place)]))
    if len(chosen) > MAX_POINTS:
        chosen = stops
    along = _outline_steps(rings, set(chosen), place)
    # RULE 2
    pairs = _seen(chosen, place, ground)
    # RULE 3
    pairs = _on_shortest_ways(chosen, len(stops), pairs, along)
    # RULE 4
    return _worth_having(pairs, along)


def _metres(lon_e7: np.ndarray, lat_e7: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """East and north of the first point, in metres; exact enough for a square."""
    shrink = cos(radians(float(lat_e7[0]) / E7))
    east = (lon_e7.astype(np.int64) - int(lon_e7[0])) * (METRES_PER_E7 * shrink)
    return east, (lat_e7.astype(np.int64) - int(lat_e7[0])) * METRES_PER_E7


def _ground(area: Area, place: dict[int, tuple[float, float]]):
    """The open ground as a prepared shape, None where its outline makes no sense."""
    inner = [shapely.Polygon([place[node] for node in ring]) for ring in area.inner]
    outer = [shapely.Polygon([place[node] for node in ring]) for ring in area.outer]
    if not all(shape.is_valid and shape.area > 0 for shape in (*outer, *inner)):
        return None
    ground = shapely.union_all(outer)
    if inner:
        ground = ground.difference(shapely.union_all(inner))
    ground = ground.buffer(TOLERANCE_M, join_style="mitre")
    shapely.prepare(ground)
    return ground


def _corners(area: Area, place: dict[int, tuple[float, float]]) -> list[int]:
    """Nodes where the open ground takes up more than half of the full circle."""
    corners = []
    for rings, is_outer in ((area.outer, True), (area.inner, False)):
        for ring in rings:
            points = [place[node] for node in ring[:-1]]
            count = len(points)
            area_twice = sum(
                points[i][0] * points[(i + 1) % count][1]
                - points[(i + 1) % count][0] * points[i][1]
                for i in range(count)
            )
            for i, (x, y) in enumerate(points):
                (x0, y0), (x1, y1) = points[i - 1], points[(i + 1) % count]
                cross = (x - x0) * (y1 - y) - (y - y0) * (x1 - x)
                turns_inward = (cross > 0) == (area_twice > 0)
                if cross != 0 and turns_inward != is_outer:
                    corners.append(ring[i])
    return corners


def _outline_steps(
    rings: list[tuple[int, ...]], chosen: set[int], place: dict[int, tuple[float, float]]
) -> dict[tuple[int, int], float]:
    """Metres along the outline between neighbouring chosen points, by (smaller, larger) node."""
    steps: dict[tuple[int, int], float] = {}
    for ring in rings:
        start = next((i for i, node in enumerate(ring) if node in chosen), None)
        if start is None:
            continue
        turned = (*ring[start:-1], *ring[:start], ring[start])
        last, walked_m = turned[0], 0.0
        for before, node in itertools.pairwise(turned):
            walked_m += _between(before, node, place)
            if node in chosen:
                if node != last:
                    step = (min(last, node), max(last, node))
                    steps[step] = min(steps.get(step, walked_m), walked_m)
                last, walked_m = node, 0.0
    return steps


def _seen(
    chosen: list[int],
    place: dict[int, tuple[float, float]],
    ground,
) -> dict[tuple[int, int], float]:
    """Metres between the points that see each other, by (smaller, larger) node."""
    first, second = np.triu_indices(len(chosen), 1)
    points = np.array([place[node] for node in chosen])
    lines = shapely.linestrings(np.stack((points[first], points[second]), axis=1))
    inside = shapely.covers(ground, lines)
    seen = {}
    for i, j in zip(first[inside].tolist(), second[inside].tolist(), strict=True):
        a, b = chosen[i], chosen[j]
        seen[(min(a, b), max(a, b))] = _between(a, b, place)
    return seen


def _on_shortest_ways(
    chosen: list[int],
    stop_count: int,
    seen: dict[tuple[int, int], float],
    along: dict[tuple[int, int], float],
) -> dict[tuple[int, int], float]:
    """Those of the lines that lie on a shortest way between two stops."""
    number = {node: i for i, node in enumerate(chosen)}
    best = dict(along)
    for pair, length_m in seen.items():
        best[pair] = min(best.get(pair, length_m), length_m)
    if not best:
        return {}
    ends = np.array([(number[a], number[b]) for a, b in best])
    graph = csr_matrix(
        (np.maximum(list(best.values()), 1e-6), (ends[:, 0], ends[:, 1])), (len(chosen),) * 2
    )
    _, before = dijkstra(
        graph, directed=False, indices=np.arange(stop_count), return_predecessors=True
    )
    used: set[tuple[int, int]] = set()
    for start in range(stop_count):
        for end in range(start + 1, stop_count):
            here = end
            while (previous := int(before[start, here])) >= 0:
                a, b = chosen[here], chosen[previous]
                used.add((min(a, b), max(a, b)))
                here = previous
    return {pair: length_m for pair, length_m in seen.items() if pair in used}


def _worth_having(
    pairs: dict[tuple[int, int], float], along: dict[tuple[int, int], float]
) -> list[tuple[int, int]]:
    """The pairs, shortest first, that save more than the detour allowed."""
    neighbours: dict[int, list[tuple[int, float]]] = {}

    def add(pair: tuple[int, int], length_m: float) -> None:
        for a, b in (pair, pair[::-1]):
            neighbours.setdefault(a, []).append((b, length_m))

    for pair, length_m in along.items():
        add(pair, length_m)
    kept = []
    for pair, length_m in sorted(pairs.items(), key=lambda item: (item[1], item[0])):
        if not _within(neighbours, *pair, length_m * DETOUR):
            kept.append(pair)
            add(pair, length_m)
    return kept


def _within(neighbours: dict[int, list[tuple[int, float]]], a: int, b: int, limit_m: float) -> bool:
    """Whether `b` can be reached from `a` within the limit."""
    done: set[int] = set()
    queue = [(0.0, a)]
    while queue:
        walked_m, node = heappop(queue)
        if node == b:
            return True
        if node in done:
            continue
        done.add(node)
        for other, length_m in neighbours.get(node, ()):
            if walked_m + length_m <= limit_m:
                heappush(queue, (walked_m + length_m, other))
    return False


def _between(a: int, b: int, place: dict[int, tuple[float, float]]) -> float:
    return hypot(place[a][0] - place[b][0], place[a][1] - place[b][1])
