"""The expressways: two carriageways, tunnels, bridges, toll gates on the ramps, service areas."""

from __future__ import annotations

import math
from collections import Counter

from geodata.sketch.atlas import EXPRESSWAYS, Expressway, Waypoint
from geodata.sketch.country import straight
from geodata.sketch.drawing import Drawing, to_metres
from geodata.sketch.streets import TownStreets

CARRIAGEWAY_OFFSET_M = 11.0
OVER_THE_ROAD = ((-70, 130), (-110, 260), (-60, 360), (130, 330))
"""A ramp that leaves to the right of the carriageway beyond and crosses over: metres towards the
toll plaza, and along the road."""
SWING = 0.03
"""How far an open stretch swings to one side, as a share of its length."""

_Point = tuple[float, float]
_Pair = tuple[int, int]
"""The nodes of a waypoint: on the carriageway ahead, and on the one coming back."""


def draw_expressways(drawing: Drawing, towns: list[TownStreets]) -> None:
    """Draw every expressway of the atlas; those that share a waypoint meet there."""
    by_name = {town.town.name: town for town in towns}
    passing = Counter((p.lon, p.lat) for road in EXPRESSWAYS for p in road.course)
    pairs: dict[_Point, _Pair] = {}
    for expressway in EXPRESSWAYS:
        _draw_expressway(drawing, expressway, by_name, pairs)
    for (lon, lat), roads in passing.items():
        if roads > 1:
            _draw_hub(drawing, pairs[lon, lat])


def _draw_expressway(
    drawing: Drawing,
    expressway: Expressway,
    by_name: dict[str, TownStreets],
    pairs: dict[_Point, _Pair],
) -> None:
    course = expressway.course
    centres = [to_metres(point.lon, point.lat) for point in course]
    for k, point in enumerate(course):
        if (point.lon, point.lat) not in pairs:
            pairs[point.lon, point.lat] = _beside(drawing, centres[k], _normal(centres, k))
    own = [pairs[point.lon, point.lat] for point in course]
    rejoin: dict[tuple[int, int], int] = {}  # (waypoint, carriageway) -> next node downstream
    for k in range(len(course) - 1):
        ahead, back = _draw_stretch(drawing, expressway, k, centres, own)
        rejoin[k, 0], rejoin[k + 1, 1] = ahead[1], back[1]
    for k, point in enumerate(course):
        if point.interchange is not None:
            _draw_interchange(drawing, expressway, point, by_name, own[k], centres, k)
        if point.service_area:
            _draw_service_area(drawing, point, own[k], (rejoin[k, 0], rejoin[k, 1]))


def _draw_stretch(
    drawing: Drawing, expressway: Expressway, k: int, centres: list[_Point], own: list[_Pair]
) -> tuple[list[int], list[int]]:
    """Draw both carriageways between two waypoints; their nodes in driving order."""
    point = expressway.course[k]
    tags = {
        "highway": "motorway", "oneway": "yes", "name": expressway.name,
        "ref": expressway.ref, "lanes": "2", "maxspeed": "100", "toll": "yes",
    }  # fmt: skip
    if point.kind != "road":
        tags |= {point.kind: "yes", f"{point.kind}:name": point.name}
        tags["layer"] = "1" if point.kind == "bridge" else "-1"
    if point.kind == "tunnel":
        tags["maxspeed"] = "80"
    swing = (SWING if k % 2 == 0 else -SWING) if point.kind == "road" else 0.0
    (x0, y0), (x1, y1) = centres[k], centres[k + 1]
    length = math.dist((x0, y0), (x1, y1))
    normal = ((y1 - y0) / length, -(x1 - x0) / length)
    middles = []
    bends = max(1, round(length / 450))
    for bend in range(1, bends + 1):
        share = bend / (bends + 1)
        lift = swing * 4 * share * (1 - share)
        middles.append(
            (x0 + (x1 - x0) * share - (y1 - y0) * lift, y0 + (y1 - y0) * share + (x1 - x0) * lift)
        )
    inner = [_beside(drawing, middle, normal) for middle in middles]
    ahead = [own[k][0], *(pair[0] for pair in inner), own[k + 1][0]]
    back = [own[k + 1][1], *(pair[1] for pair in reversed(inner)), own[k][1]]
    drawing.way(ahead, tags)
    drawing.way(back, tags)
    return ahead, back


def _beside(drawing: Drawing, centre: _Point, normal: _Point) -> _Pair:
    """New nodes to the right and to the left of a point (traffic keeps right)."""
    (x, y), (nx, ny) = centre, normal
    return (
        drawing.node(x + CARRIAGEWAY_OFFSET_M * nx, y + CARRIAGEWAY_OFFSET_M * ny),
        drawing.node(x - CARRIAGEWAY_OFFSET_M * nx, y - CARRIAGEWAY_OFFSET_M * ny),
    )


def _draw_interchange(
    drawing: Drawing,
    expressway: Expressway,
    point: Waypoint,
    by_name: dict[str, TownStreets],
    pair: _Pair,
    centres: list[_Point],
    k: int,
) -> None:
    """Ramps of both carriageways meet at one toll plaza on the town's side, and a road leads in."""
    interchange = point.interchange
    town = by_name[interchange.town]
    along, normal = _along(centres, k), _normal(centres, k)
    town_x, town_y = to_metres(town.town.lon, town.town.lat)
    x, y = centres[k]
    side = 1.0 if (town_x - x) * normal[0] + (town_y - y) * normal[1] >= 0 else -1.0

    def place(out_m: float, ahead_m: float, **tags: str) -> int:
        return drawing.node(
            x + side * out_m * normal[0] + ahead_m * along[0],
            y + side * out_m * normal[1] + ahead_m * along[1],
            **tags,
        )

    gate_name = f"{interchange.name.removesuffix('立交')}收费站"
    leave, enter = place(240, 30), place(240, -30)
    gate_out = place(330, 18, barrier="toll_booth", name=gate_name)
    gate_in = place(330, -18, barrier="toll_booth", name=gate_name)
    plaza = place(430, 0)
    link = {"highway": "motorway_link", "oneway": "yes", "maxspeed": "40", "toll": "yes"}
    drawing.way([leave, gate_out, plaza], link)
    drawing.way([plaza, gate_in, enter], link)
    for node, direction in ((pair[0], 1.0), (pair[1], -1.0)):
        drawing.tag(
            node, highway="motorway_junction", name=interchange.name, ref=interchange.exit_ref
        )
        if direction == side:  # the plaza lies to the right of this carriageway
            off, on = [place(130, 190 * direction)], [place(130, -190 * direction)]
        else:  # away from it to the right, and back over both carriageways
            off = [place(out, far * direction) for out, far in OVER_THE_ROAD]
            on = [place(out, -far * direction) for out, far in reversed(OVER_THE_ROAD)]
        drawing.way([node, *off, leave], link | {"destination": town.town.name})
        drawing.way([enter, *on, node], link | {"destination": expressway.name})
    target = min(town.main_nodes, key=lambda n: math.dist(drawing.at(n), drawing.at(plaza)))
    inner = [drawing.node(*p) for p in straight(drawing.at(plaza), drawing.at(target))[1:-1]]
    tags = {"highway": "secondary", "name": f"{town.town.name}连接线", "maxspeed": "60"}
    drawing.way([plaza, *inner, target], tags)


def _draw_service_area(drawing: Drawing, point: Waypoint, pair: _Pair, rejoin: _Pair) -> None:
    """A car park on each side: off the carriageway and back on at its next point."""
    for start, end in zip(pair, rejoin, strict=True):
        (x0, y0), (x1, y1) = drawing.at(start), drawing.at(end)
        length = math.dist((x0, y0), (x1, y1))
        right = ((y1 - y0) / length, -(x1 - x0) / length)
        stops = [
            drawing.node(
                x0 + (x1 - x0) * share + 70 * right[0], y0 + (y1 - y0) * share + 70 * right[1]
            )
            for share in (0.35, 0.65)
        ]
        tags = {"highway": "service", "oneway": "yes", "name": point.service_area}
        drawing.way([start, *stops, end], tags)
        drawing.node(*drawing.at(stops[0]), highway="services", name=point.service_area)


def _draw_hub(drawing: Drawing, pair: _Pair) -> None:
    """Where two expressways meet, loops let every direction reach every other."""
    for start, end in (pair, pair[::-1]):
        (x0, y0), (x1, y1) = drawing.at(start), drawing.at(end)
        span = math.dist((x0, y0), (x1, y1))
        east, north = (x1 - x0) / span, (y1 - y0) / span
        loop = [
            drawing.node(x0 - north * ahead - east * out, y0 + east * ahead - north * out)
            for ahead, out in ((-160.0, 60.0), (-230.0, 0.0), (-160.0, -60.0))
        ]
        drawing.way(
            [start, *loop, end], {"highway": "motorway_link", "oneway": "yes", "maxspeed": "40"}
        )


def _along(centres: list[_Point], k: int) -> _Point:
    """Unit vector of the course at waypoint ``k``."""
    (x0, y0), (x1, y1) = centres[max(k - 1, 0)], centres[min(k + 1, len(centres) - 1)]
    length = math.dist((x0, y0), (x1, y1))
    return ((x1 - x0) / length, (y1 - y0) / length)


def _normal(centres: list[_Point], k: int) -> _Point:
    """Unit vector to the right of the course at waypoint ``k``."""
    along = _along(centres, k)
    return (along[1], -along[0])
