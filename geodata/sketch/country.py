"""What lies between the towns: country roads, villages and river bridges."""

from __future__ import annotations

import itertools
import math

import numpy as np
import shapely
from scipy.spatial import KDTree

from geodata.sketch.atlas import BRIDGES, VILLAGE_WORDS
from geodata.sketch.drawing import Drawing, to_metres
from geodata.sketch.streets import TownStreets

_Point = tuple[float, float]

NEIGHBOUR_GAP_M = 330.0
"""Towns closer than this grow together: their streets are joined where they face each other."""
ROAD_POINT_EVERY_M = 70.0
WINDING = 0.17
"""How far a mountain road strays, as a share of the distance: roads come out 1.2 to 1.5 times as
long as the line, which is what mountain counties have."""


def join_neighbours(drawing: Drawing, towns: list[TownStreets], water: shapely.Geometry) -> None:
    """Join the streets of towns that touch, as one built-up area."""
    for k, one in enumerate(towns):
        for other in towns[k + 1 :]:
            tree = KDTree([drawing.at(node) for node in other.nodes])
            here = np.array([drawing.at(node) for node in one.nodes])
            gaps, nearest = tree.query(here)
            taken: list[np.ndarray] = []
            for index in np.argsort(gaps, kind="stable"):
                if gaps[index] > NEIGHBOUR_GAP_M or len(taken) == 9:
                    break
                if any(math.dist(here[index], seen) < 260.0 for seen in taken):
                    continue
                ends = [one.nodes[index], other.nodes[nearest[index]]]
                if water.intersects(shapely.LineString([drawing.at(node) for node in ends])):
                    continue
                taken.append(here[index])
                drawing.way(ends, {"highway": "tertiary", "maxspeed": "40"})


def draw_bridges(drawing: Drawing, towns: list[TownStreets]) -> None:
    """Draw the river bridges, each with an approach to the nearest main street on its bank."""
    nodes = [node for town in towns for node in town.main_nodes]
    tree = KDTree([drawing.at(node) for node in nodes])
    for bridge in BRIDGES:
        banks = [to_metres(*end) for end in bridge.ends]
        tags = {"highway": bridge.road_class, "name": bridge.name, "maxspeed": "60"}
        heads = drawing.line(straight(banks[0], banks[1]), tags | {"bridge": "yes", "layer": "1"})
        for head, bank in ((heads[0], banks[0]), (heads[-1], banks[1])):
            _, candidates = tree.query(bank, k=40)
            middle = shapely.Point((banks[0][0] + banks[1][0]) / 2, (banks[0][1] + banks[1][1]) / 2)
            away = [
                nodes[k]
                for k in candidates
                if math.dist(drawing.at(nodes[k]), bank)
                < shapely.distance(middle, shapely.Point(drawing.at(nodes[k])))
            ]
            drawing.way([head, away[0]], tags)


def draw_country_roads(
    drawing: Drawing, towns: list[TownStreets], water: shapely.Geometry, rng: np.random.Generator
) -> list[list[int]]:
    """Roads between neighbouring towns (Gabriel graph), round the water; the nodes of each."""
    centres = np.array([to_metres(t.town.lon, t.town.lat) for t in towns])
    roads = []
    for a in range(len(towns)):
        for b in range(a + 1, len(towns)):
            span = math.dist(centres[a], centres[b])
            middle = (centres[a] + centres[b]) / 2
            others = np.delete(centres, [a, b], axis=0)
            if span > 26_000 or np.hypot(*(others - middle).T).min() < span / 2:
                continue
            ends = _facing_nodes(drawing, towns[a], towns[b])
            line = _find_dry_line(drawing.at(ends[0]), drawing.at(ends[1]), water, rng)
            if line is None:
                continue
            big = towns[a].town.radius_m + towns[b].town.radius_m
            road_class = "primary" if big > 2500 else "secondary" if big > 1150 else "tertiary"
            kph = {"primary": "70", "secondary": "60", "tertiary": "40"}[road_class]
            inner = [drawing.node(*point) for point in line[1:-1]]
            number = len(roads) + 1
            nodes = [ends[0], *inner, ends[1]]
            name = f"{towns[a].town.name[0]}{towns[b].town.name[0]}路"
            tags = {"highway": road_class, "name": name, "maxspeed": kph}
            if road_class != "tertiary":
                tags["ref"] = f"{'G' if road_class == 'primary' else 'S'}{200 + number}"
            drawing.way(nodes, tags)
            roads.append(nodes)
    return roads


def draw_villages(
    drawing: Drawing,
    roads: list[list[int]],
    water: shapely.Geometry,
    rng: np.random.Generator,
    count: int,
) -> None:
    """Hamlets up side roads: a lane off the country road, a fork, and tracks to the farms."""
    long_roads = [road for road in roads if len(road) > 12]
    for number in range(count):
        road = long_roads[rng.integers(len(long_roads))]
        k = int(rng.integers(4, len(road) - 4))
        start, (ahead_x, ahead_y) = drawing.at(road[k]), drawing.at(road[k + 1])
        side = (
            math.atan2(ahead_y - start[1], ahead_x - start[0]) + rng.choice((-1, 1)) * math.pi / 2
        )
        side += rng.uniform(-0.5, 0.5)
        length_m = rng.uniform(500, 2600)
        end = (start[0] + length_m * math.cos(side), start[1] + length_m * math.sin(side))
        line = _find_dry_line(start, end, water, rng)
        if line is None:
            continue
        name = (
            VILLAGE_WORDS[number % len(VILLAGE_WORDS)]
            + ("村", "湾", "坝", "坪")[number // len(VILLAGE_WORDS) % 4]
        )
        lane = [road[k], *(drawing.node(*point) for point in line[1:])]
        drawing.way(lane, {"highway": "unclassified", "name": f"{name}路"})
        drawing.node(*line[-1], place="village", name=name)
        for _ in range(int(rng.integers(2, 6))):
            turn = rng.uniform(0, 2 * math.pi)
            first = lane[-1] if rng.random() < 0.6 else lane[len(lane) // 2 + 1]
            x, y = drawing.at(first)
            far = rng.uniform(120, 480)
            farm = (x + far * math.cos(turn), y + far * math.sin(turn))
            track = _find_dry_line((x, y), farm, water, rng)
            if track is not None:
                paved = rng.random() < 0.6
                tags = (
                    {"highway": "residential"}
                    if paved
                    else {"highway": "track", "tracktype": "grade2"}
                )
                drawing.way([first, *(drawing.node(*point) for point in track[1:])], tags)


def straight(start: _Point, end: _Point) -> list[_Point]:
    steps = max(1, round(math.dist(start, end) / 300))
    return [
        (start[0] + (end[0] - start[0]) * k / steps, start[1] + (end[1] - start[1]) * k / steps)
        for k in range(steps + 1)
    ]


def _facing_nodes(drawing: Drawing, one: TownStreets, other: TownStreets) -> tuple[int, int]:
    """The pair of main-street nodes of two towns that lie closest to each other's centres."""
    other_centre = to_metres(other.town.lon, other.town.lat)
    a = min(one.main_nodes, key=lambda node: math.dist(drawing.at(node), other_centre))
    b = min(other.main_nodes, key=lambda node: math.dist(drawing.at(node), drawing.at(a)))
    return a, b


def _find_dry_line(
    start: _Point, end: _Point, water: shapely.Geometry, rng: np.random.Generator
) -> list[_Point] | None:
    """A winding line that stays off the water, or None after a few tries."""
    for attempt in range(8):
        line = _winding_line(start, end, rng, WINDING * (1.0 - attempt / 10))
        if not water.intersects(shapely.LineString(line)):
            return line
    return None


def _winding_line(
    start: _Point, end: _Point, rng: np.random.Generator, stray: float
) -> list[_Point]:
    """A line bent by midpoint displacement, with rounded corners."""
    points = [start, end]
    while math.dist(points[0], points[1]) > ROAD_POINT_EVERY_M * 2.5:
        finer: list[_Point] = [points[0]]
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            push = rng.normal(0.0, stray)
            push = max(-2.2 * stray, min(2.2 * stray, push))
            finer += [
                ((x0 + x1) / 2 - (y1 - y0) * push, (y0 + y1) / 2 + (x1 - x0) * push),
                (x1, y1),
            ]
        points = finer
    return round_corners(points)


def round_corners(points: list[_Point]) -> list[_Point]:
    """The line with every corner cut once (Chaikin 1974); the ends stay."""
    smooth = [points[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        smooth += [
            (0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1),
            (0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1),
        ]
    return [*smooth, points[-1]]
