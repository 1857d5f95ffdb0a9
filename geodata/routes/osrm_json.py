"""Routes as OSRM v5 writes them in JSON, so that OSRM's clients read ours.

:func:`route_json` writes the bytes; kernels write what is long (lines, crossings, annotations), so
a route across a city takes well under a millisecond. Where a Python object is wanted,
:func:`route_object` reads those bytes back, so there is one form only.

Beyond OSRM: ``maneuver.instruction`` where a language is asked for, ``exit`` also on roundabout
turns. Distances are rounded to 0.1 m and times to 0.1 s so that steps add up to their leg, and legs
to their route, exactly as written.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET, Raw, UnsetType

from geodata.kernels import geometry, json_text
from geodata.kernels.polyline import encode_runs
from geodata.network import E7, EdgeFlag, RoadClass, RoadNetwork
from geodata.positions import RoadPositions
from geodata.routes.instructions import instruction
from geodata.routes.options import RouteOptions
from geodata.routes.polyline import unit_e7
from geodata.routes.roads import RouteRoads
from geodata.routes.route import Leg, Route
from geodata.routes.steps import Step

OVERVIEW_PIXELS = 1024.0
"""A simplified overview looks like the full line on a map this wide ..."""
OVERVIEW_TOLERANCE_PIXELS = 1.0
"""... where it strays by no more than this."""

DATASOURCES = ["map", "changes in force"]

_SAME_POINT = "??"
"""A point of a polyline that is where the one before it is."""
_LINE_HEAD = b'{"type":"LineString","coordinates":'
_encoder = msgspec.json.Encoder()


class _Maneuver(msgspec.Struct, omit_defaults=True, gc=False):
    bearing_after: int
    bearing_before: int
    location: tuple[float, float]
    type: str
    modifier: str | UnsetType = UNSET
    exit: int | UnsetType = UNSET
    instruction: str | UnsetType = UNSET


class _Step(msgspec.Struct, omit_defaults=True, gc=False):
    geometry: str | Raw
    maneuver: _Maneuver
    mode: str
    driving_side: str
    name: str
    intersections: Raw
    weight: float
    duration: float
    distance: float
    ref: str | UnsetType = UNSET
    destinations: str | UnsetType = UNSET
    exits: str | UnsetType = UNSET
    rotary_name: str | UnsetType = UNSET


class _Leg(msgspec.Struct, omit_defaults=True):
    steps: list[_Step]
    summary: str
    weight: float
    duration: float
    distance: float
    annotation: dict[str, Any] | UnsetType = UNSET
    geometry: str | Raw | UnsetType = UNSET


class _Route(msgspec.Struct, omit_defaults=True):
    legs: list[_Leg]
    weight_name: str
    weight: float
    duration: float
    distance: float
    geometry: str | Raw | UnsetType = UNSET


class Waypoint(msgspec.Struct, omit_defaults=True):
    """A place on the road as OSRM writes it."""

    name: str
    location: tuple[float, float]
    distance: float
    hint: str | UnsetType = UNSET


def route_json(route: Route) -> bytes:
    """One ``Route`` object of OSRM's as JSON, in the form that the route's options ask for."""
    return _encoder.encode(_route(route))


def route_object(route: Route) -> dict[str, Any]:
    """The same as Python dicts and lists."""
    return msgspec.json.decode(route_json(route))


def response_json(routes: Sequence[Route], waypoints: Sequence[Waypoint] | Raw) -> bytes:
    """A whole answer of OSRM's route service: ``code``, ``routes`` and ``waypoints``."""
    return _encoder.encode(
        {"code": "Ok", "routes": [_route(route) for route in routes], "waypoints": waypoints}
    )


def waypoints_of(
    network: RoadNetwork, positions: RoadPositions, hints: Sequence[str] | None = None
) -> list[Waypoint]:
    """OSRM's ``Waypoint`` objects of positions that lie on the road, ready for the encoder."""
    signs = RouteRoads.of(network).signs
    waypoints = []
    for place in range(len(positions)):
        edge = int(positions.edge[place])
        name = signs.text(int(network.edge_name[edge])) or signs.text(int(network.edge_ref[edge]))
        waypoints.append(
            Waypoint(
                name=name,
                location=(
                    round(float(positions.lon[place]), 6),
                    round(float(positions.lat[place]), 6),
                ),
                distance=round(float(positions.distance_m[place]), 3),
                hint=hints[place] if hints else UNSET,
            )
        )
    return waypoints


def _route(route: Route) -> _Route:
    legs = [_leg(route, leg) for leg in route.legs]
    duration = _sum_tenths(leg.duration for leg in legs)
    return _Route(
        legs=legs,
        weight_name="duration",
        weight=duration,
        duration=duration,
        distance=_sum_tenths(leg.distance for leg in legs),
        geometry=_overview(route),
    )


def _sum_tenths(values) -> float:
    return sum(round(value * 10) for value in values) / 10


def _overview(route: Route) -> str | Raw | UnsetType:
    if route.options.overview in ("false", "by_legs"):
        return UNSET
    lon_e7, lat_e7 = route.points_e7()
    if route.options.overview == "simplified":
        tolerance_m = geometry.overview_tolerance_m(
            lon_e7, lat_e7, OVERVIEW_PIXELS, OVERVIEW_TOLERANCE_PIXELS
        )
        kept = geometry.simplified_points(lon_e7, lat_e7, tolerance_m)
        lon_e7, lat_e7 = lon_e7[kept], lat_e7[kept]
    return _whole_line(lon_e7, lat_e7, route.options)


def _whole_line(lon_e7: np.ndarray, lat_e7: np.ndarray, options: RouteOptions) -> str | Raw:
    first, last = np.zeros(1, np.int64), np.array([len(lon_e7) - 1])
    return _lines(lon_e7, lat_e7, first, last, options)[0]


def _lines(
    lon_e7: np.ndarray,
    lat_e7: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    options: RouteOptions,
) -> list[str] | list[Raw]:
    """Each run of points as a line in the form asked for."""
    if options.geometries == "geojson":
        text, offset = json_text.coordinate_lists(lon_e7, lat_e7, first, last)
        data, cut = text.tobytes(), offset.tolist()
        return [Raw(_LINE_HEAD + data[begin:end] + b"}") for begin, end in pairwise(cut)]
    unit = unit_e7(6 if options.geometries == "polyline6" else 5)
    text, offset = encode_runs(lon_e7, lat_e7, first, last, unit, True)
    words, cut = text.tobytes().decode("ascii"), offset.tolist()
    return [words[begin:end] for begin, end in pairwise(cut)]


def _leg(route: Route, leg: Leg) -> _Leg:
    duration, distance = round(leg.duration_ms / 100) / 10, round(leg.distance_m * 10) / 10
    written = _Leg(
        steps=_steps(route, leg) if leg.steps else [],
        summary=leg.summary,
        weight=duration,
        duration=duration,
        distance=distance,
    )
    if route.options.annotations:
        written.annotation = _annotation(route, leg)
    if route.options.overview == "by_legs":
        written.geometry = _whole_line(leg.lon_e7, leg.lat_e7, route.options)
    return written


def _steps(route: Route, leg: Leg) -> list[_Step]:
    options = route.options
    first = np.array([step.first_point for step in leg.steps], np.int64)
    last = np.array([step.last_point for step in leg.steps], np.int64)
    lines = _lines(leg.lon_e7, leg.lat_e7, first, last, options)
    if options.geometries != "geojson":  # OSRM writes the arrival as one point, except in GeoJSON
        lines[-1] = lines[-1].removesuffix(_SAME_POINT)
    crossings = _crossings(route, leg)
    steps = []
    driven_m, driven_ms = 0.0, 0
    tenths_m = tenths_s = 0
    for step, line, crossing in zip(leg.steps, lines, crossings, strict=True):
        driven_m += step.distance_m
        driven_ms += step.duration_ms
        until_m, until_s = round(driven_m * 10), round(driven_ms / 100)
        distance, duration = (until_m - tenths_m) / 10, (until_s - tenths_s) / 10
        tenths_m, tenths_s = until_m, until_s
        steps.append(
            _Step(
                line,
                _maneuver(step, options),
                step.mode,
                options.driving_side,
                step.name,
                crossing,
                duration,
                duration,
                distance,
                step.ref or UNSET,
                step.destinations or UNSET,
                step.exits or UNSET,
                step.rotary_name or UNSET,
            )
        )
    return steps


def _maneuver(step: Step, options: RouteOptions) -> _Maneuver:
    return _Maneuver(
        step.bearing_after_deg,
        step.bearing_before_deg,
        (_six_decimals(step.lon), _six_decimals(step.lat)),
        step.type,
        step.modifier or UNSET,
        step.exit or UNSET,
        instruction(step, options.language) if options.language else UNSET,
    )


def _six_decimals(degrees: float) -> float:
    """Rounded from whole 1e-7 degrees as the kernels do it: halves go away from zero."""
    units_e7 = round(degrees * E7)
    return (abs(units_e7) + 5) // 10 / 1e6 * (1 if units_e7 >= 0 else -1)


def _crossings(route: Route, leg: Leg) -> list[Raw]:
    """The ``intersections`` of each step."""
    roads = RouteRoads.of(route.network)
    metric = route.metric
    classes = json_text.road_classes(
        leg.arcs,
        roads.edge_class,
        roads.edge_flags,
        metric.zone,
        int(RoadClass.MOTORWAY),
        int(RoadClass.FERRY),
        int(EdgeFlag.TOLL),
        int(EdgeFlag.TUNNEL),
    )
    text, offset = json_text.crossings(
        leg.arcs,
        np.array([step.first_arc for step in leg.steps], np.int64),
        leg.depart_bearing_deg,
        leg.arrive_bearing_deg,
        leg.lon_e7,
        leg.lat_e7,
        leg.first_point,
        classes,
        roads.arc_tail,
        roads.start_bearing_deg,
        roads.first_out,
        roads.out_arcs,
        roads.layers[metric.mode][0],
        roads.first_turn,
        roads.turn_to,
        metric.turn_cost,
        roads.arc_base,
    )
    data, cut = text.tobytes(), offset.tolist()
    return [Raw(data[begin:end]) for begin, end in pairwise(cut)]


def _annotation(route: Route, leg: Leg) -> dict[str, Any]:
    """What is asked for about each piece of the leg's line between two points."""
    wanted = route.options.annotations
    segment_m = geometry.segment_lengths_m(
        leg.first_point, leg.lon_e7, leg.lat_e7, leg.arc_length_m
    )
    segment_s = geometry.segment_times_s(
        leg.first_point, segment_m, leg.arc_length_m, leg.arc_driven_ms
    )
    annotation: dict[str, Any] = {}
    if "distance" in wanted:
        annotation["distance"] = _numbers(segment_m, 3)
    if "duration" in wanted:
        annotation["duration"] = _numbers(segment_s, 3)
    if "weight" in wanted:
        annotation["weight"] = _numbers(segment_s, 3)
    if "speed" in wanted:
        with np.errstate(divide="ignore", invalid="ignore"):
            speed = np.where(segment_s > 0, segment_m / segment_s, 0.0)
        annotation["speed"] = _numbers(speed, 1)
    osm_id = route.network.point_osm_id
    if "nodes" in wanted and len(osm_id):
        annotation["nodes"] = osm_id[leg.network_point].tolist()
    if "datasources" in wanted:
        open_time_ms = RouteRoads.of(route.network).layers[route.metric.mode][0]
        changed = route.metric.travel_time_ms[leg.arcs] != open_time_ms[leg.arcs]
        annotation["datasources"] = _numbers(
            np.repeat(changed, np.diff(leg.first_point)).astype(np.float64), 0
        )
        annotation["metadata"] = {"datasource_names": DATASOURCES}
    return annotation


def _numbers(values: np.ndarray, decimals: int) -> Raw:
    return Raw(json_text.decimal_list(values, decimals).tobytes())
