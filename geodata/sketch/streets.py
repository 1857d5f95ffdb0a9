"""Streets of one hill town: a bent grid with main streets, alleys, stairs and walled estates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import networkx as nx
import numpy as np
import shapely

from geodata.sketch.atlas import MAJOR_STREETS, STREET_WORDS, TOWNS, Town
from geodata.sketch.drawing import Drawing, to_metres

BLOCK_M = 104.0
"""Distance between neighbouring streets: blocks of Chinese hill towns are 80 to 130 m."""
MAIN_EVERY = 7
"""Every seventh street is a main street, every third or fourth a collector."""

_Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TownStreets:
    """What the rest of the sketch needs of a drawn town."""

    town: Town
    nodes: list[int]
    """All street nodes."""
    main_nodes: list[int]
    """Nodes on main streets and collectors: where country roads and ramps may join."""


def draw_town(
    drawing: Drawing, town: Town, water: shapely.Geometry, rng: np.random.Generator
) -> TownStreets:
    """Draw a town's streets, keeping off the water and off its neighbours' ground."""
    cells = _place_junctions(town, water, rng)
    graph = _connect(cells, water, rng)
    nodes = {cell: drawing.node(*cells[cell]) for cell in sorted(graph)}
    _draw_streets(drawing, town, graph, nodes, rng)
    _draw_estates(drawing, town, graph, nodes, rng)
    main = [nodes[cell] for cell in sorted(graph) if _rank(cell, 0) < 2 or _rank(cell, 1) < 2]
    _draw_police_station(drawing, town, nodes)
    return TownStreets(town, [nodes[cell] for cell in sorted(graph)], main or list(nodes.values()))


def _place_junctions(
    town: Town, water: shapely.Geometry, rng: np.random.Generator
) -> dict[_Cell, tuple[float, float]]:
    """Junction places by grid cell: a turned grid, bent like contour lines, with ragged edges."""
    centre_x, centre_y = to_metres(town.lon, town.lat)
    turn = rng.uniform(0, math.pi / 2)
    bend_m, bend_length_m = rng.uniform(110, 230), rng.uniform(420, 800)
    reach = math.ceil(town.radius_m / BLOCK_M)
    lobes = rng.uniform(0, 2 * math.pi, 3)
    cells: dict[_Cell, tuple[float, float]] = {}
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            u = (i + rng.uniform(-0.16, 0.16)) * BLOCK_M
            v = (j + rng.uniform(-0.16, 0.16)) * BLOCK_M + bend_m * math.sin(u / bend_length_m)
            x = centre_x + u * math.cos(turn) - v * math.sin(turn)
            y = centre_y + u * math.sin(turn) + v * math.cos(turn)
            angle = math.atan2(v, u)
            ragged = (
                0.82 + 0.12 * math.sin(2 * angle + lobes[0]) + 0.08 * math.sin(5 * angle + lobes[1])
            )
            if math.hypot(u, v) <= town.radius_m * ragged and _is_home_ground(town, x, y):
                cells[(i, j)] = (x, y)
    places = shapely.points(list(cells.values()))
    dry = ~shapely.intersects(shapely.buffer(water, 50.0), places)
    return {cell: at for (cell, at), keep in zip(cells.items(), dry, strict=True) if keep}


def _is_home_ground(town: Town, x_m: float, y_m: float) -> bool:
    """Whether a point belongs to this town rather than to a neighbour, by distance over size."""

    def share(other: Town) -> float:
        other_x, other_y = to_metres(other.lon, other.lat)
        return math.hypot(x_m - other_x, y_m - other_y) / other.radius_m

    own = share(town)
    return all(own <= share(other) for other in TOWNS if other is not town)


def _rank(cell: _Cell, axis: int) -> int:
    """0 main street, 1 collector, 2 side street, for the street through a cell along an axis."""
    line = cell[1 - axis]
    return 0 if line % MAIN_EVERY == 0 else 1 if line % MAIN_EVERY == 3 else 2


def _connect(
    cells: dict[_Cell, tuple[float, float]], water: shapely.Geometry, rng: np.random.Generator
) -> nx.Graph:
    """Street grid with gaps; always one connected piece."""
    graph = nx.Graph()
    graph.add_nodes_from(cells)
    pairs = [
        ((i, j), (i + di, j + dj), axis)
        for (i, j) in cells
        for axis, (di, dj) in enumerate(((1, 0), (0, 1)))
        if (i + di, j + dj) in cells
    ]
    lines = shapely.linestrings([[cells[a], cells[b]] for a, b, _ in pairs])
    wet = shapely.intersects(water, lines)
    for (a, b, axis), crosses in zip(pairs, wet, strict=True):
        rank = _rank(a, axis)
        missing = (0.0, 0.06, 0.30)[rank]
        if not crosses and rng.random() >= missing:
            graph.add_edge(
                a, b, axis=axis, rank=rank, stairs=rank == 2 and axis == 1 and rng.random() < 0.28
            )
    largest = max(nx.connected_components(graph), key=len)
    graph = graph.subgraph(largest).copy()
    _keep_drivable(graph)
    return graph


def _keep_drivable(graph: nx.Graph) -> None:
    """Turn stairs back into streets where a junction could otherwise not be driven to."""
    roads = nx.Graph((a, b) for a, b, stairs in graph.edges(data="stairs") if not stairs)
    roads.add_nodes_from(graph)
    piece = {cell: k for k, part in enumerate(nx.connected_components(roads)) for cell in part}
    merged = nx.utils.UnionFind(set(piece.values()))
    for a, b in sorted((a, b) for a, b, stairs in graph.edges(data="stairs") if stairs):
        if merged[piece[a]] != merged[piece[b]]:
            merged.union(piece[a], piece[b])
            graph.edges[a, b]["stairs"] = False


def _draw_streets(
    drawing: Drawing,
    town: Town,
    graph: nx.Graph,
    nodes: dict[_Cell, int],
    rng: np.random.Generator,
) -> None:
    major = list(MAJOR_STREETS.get(town.name, ()))
    words = [STREET_WORDS[k] for k in rng.permutation(len(STREET_WORDS))]
    names: dict[tuple[int, int], str] = {}

    def name_of(axis: int, line: int, rank: int) -> str:
        if (axis, line) not in names:
            if rank == 0 and major:
                names[axis, line] = major.pop(0)
            else:
                word = words[len(names) % len(words)]
                lap = ("", "东", "西", "南", "北")[len(names) // len(words) % 5]
                names[axis, line] = f"{word}{lap}{('大道', '路', '街')[rank]}"
        return names[axis, line]

    main_ways: dict[_Cell, list[int]] = {}
    for axis in (0, 1):
        step = (1, 0) if axis == 0 else (0, 1)
        for line in sorted({cell[1 - axis] for cell in graph}):
            row = sorted(cell for cell in graph if cell[1 - axis] == line)
            rank = _rank(row[0], axis)
            one_way = rank == 2 and rng.random() < 0.16
            backwards = line % 2 == 1
            for run, stairs in _runs(graph, row, step):
                tags = _street_tags(rank, stairs)
                if not stairs or rank < 2:
                    tags["name"] = name_of(axis, line, rank)
                if one_way and not stairs and len(run) > 3 and _closes_no_trap(graph, run):
                    tags["oneway"] = "-1" if backwards else "yes"
                way = drawing.way([nodes[cell] for cell in run], tags)
                if rank == 0 and not stairs:
                    for cell in run:
                        main_ways.setdefault(cell, []).append(way)
    for cell, ways in sorted(main_ways.items()):
        if len(ways) == 2:  # two main streets cross
            drawing.tag(nodes[cell], highway="traffic_signals")
            if rng.random() < 0.2:
                drawing.restriction(ways[0], nodes[cell], ways[0], "no_u_turn")


def _runs(graph: nx.Graph, row: list[_Cell], step: _Cell) -> list[tuple[list[_Cell], bool]]:
    """Unbroken pieces of one grid line, each all stairs or all street."""
    runs: list[tuple[list[_Cell], bool]] = []
    for cell in row:
        following = (cell[0] + step[0], cell[1] + step[1])
        if not graph.has_edge(cell, following):
            continue
        stairs = graph.edges[cell, following]["stairs"]
        if runs and runs[-1][0][-1] == cell and runs[-1][1] == stairs:
            runs[-1][0].append(following)
        else:
            runs.append(([cell, following], stairs))
    return runs


def _closes_no_trap(graph: nx.Graph, run: list[_Cell]) -> bool:
    """Whether every junction of a run has another way in and out, so that it may be one-way."""
    return all(
        sum(not stairs for _, _, stairs in graph.edges(cell, data="stairs")) >= 3 for cell in run
    )


def _street_tags(rank: int, stairs: bool) -> dict[str, str]:
    if stairs:
        return {"highway": "steps"}
    return (
        {"highway": "secondary", "lanes": "4", "maxspeed": "50"},
        {"highway": "tertiary", "maxspeed": "40"},
        {"highway": "residential"},
    )[rank]


def _draw_estates(
    drawing: Drawing,
    town: Town,
    graph: nx.Graph,
    nodes: dict[_Cell, int],
    rng: np.random.Generator,
) -> None:
    """Walled housing estates (小区): a gate on the street and a private loop behind it."""
    cells = sorted(cell for cell in graph if _rank(cell, 0) == 2 and _rank(cell, 1) == 2)
    words = [STREET_WORDS[k] for k in rng.permutation(len(STREET_WORDS))]
    for number, k in enumerate(rng.permutation(len(cells))[: len(cells) // 12]):
        x, y = drawing.at(nodes[cells[k]])
        side = rng.uniform(0, 2 * math.pi)

        def at(ahead: float, right: float, x=x, y=y, side=side) -> tuple[float, float]:
            return (
                x + ahead * math.cos(side) + right * math.sin(side),
                y + ahead * math.sin(side) - right * math.cos(side),
            )

        gate = drawing.node(*at(14, 0), barrier="lift_gate", access="private", foot="yes")
        court = drawing.node(*at(24, 0))
        loop = [court, *(drawing.node(*at(*p)) for p in ((30, 16), (46, 16), (46, -16), (30, -16)))]
        name = f"{words[number % len(words)]}苑" if number < len(words) else ""
        tags = {"highway": "service", "access": "private", "foot": "yes"}
        drawing.way([nodes[cells[k]], gate, court], tags)
        drawing.way([*loop, court], tags | ({"name": name} if name else {}))


def _draw_police_station(drawing: Drawing, town: Town, nodes: dict[_Cell, int]) -> None:
    middle = min(nodes, key=lambda cell: cell[0] ** 2 + cell[1] ** 2)
    x, y = drawing.at(nodes[middle])
    drawing.node(x + 12.0, y + 9.0, amenity="police", name=f"{town.name}派出所")
