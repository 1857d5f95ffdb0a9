"""Routes: a drive over the network as legs and steps, with its line, its distance and its time.

:func:`build_route` makes one from the paths that a search found. Beside it,
:mod:`~geodata.routes.osrm_json` writes it as OSRM does, :mod:`~geodata.routes.gpx` as GPX,
:mod:`~geodata.routes.cursor_on_target` as tactical map apps read it, and
:mod:`~geodata.routes.instructions` says it in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodata.errors import RequestError
from geodata.kernels import geometry
from geodata.metric import Metric, read_only
from geodata.network import E7, RoadNetwork
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath
from geodata.routes.options import RouteOptions
from geodata.routes.road_signs import listed
from geodata.routes.roads import RouteRoads
from geodata.routes.steps import Step, StepMaker

BEARING_REACH_M = 10.0
"""Bearings at the ends of a leg are taken over this much of its line, as those of arcs are."""

ON_THE_ROAD_M = 3.0
"""A place nearer to the middle of the road than this is on neither side of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """The drive from one waypoint to the next. Arrays are not to be changed."""

    arcs: np.ndarray  # int32[arc], base arcs in driving order
    lon_e7: np.ndarray  # int32[point]
    lat_e7: np.ndarray  # int32[point]
    network_point: np.ndarray
    """int64[point]: the network's point each is; at a partial end the next one outside it."""
    first_point: np.ndarray  # int32[arc + 1], point each arc starts at; neighbours share one
    arc_length_m: np.ndarray  # float64[arc], as far as it is driven
    arc_driven_ms: np.ndarray  # int64[arc], without the turn at its end
    depart_bearing_deg: int
    arrive_bearing_deg: int
    steps: tuple[Step, ...]
    """From ``depart`` to ``arrive``; empty where none were asked for."""
    summary: str
    distance_m: float
    duration_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A drive through all waypoints."""

    metric: Metric
    options: RouteOptions
    legs: tuple[Leg, ...]
    distance_m: float
    duration_ms: int

    @property
    def network(self) -> RoadNetwork:
        return self.metric.network

    @property
    def duration_s(self) -> float:
        """Travel time in seconds."""
        return self.duration_ms / 1000

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all legs in order."""
        return tuple(step for leg in self.legs for step in leg.steps)

    def points_e7(self) -> tuple[np.ndarray, np.ndarray]:
        """The whole line: int32[point] longitudes and latitudes in 1e-7 degrees."""
        if len(self.legs) == 1:
            return self.legs[0].lon_e7, self.legs[0].lat_e7
        # The next leg starts where the last one ended: that point is written once.
        parts = [slice(None)] + [slice(1, None)] * (len(self.legs) - 1)
        pairs = list(zip(self.legs, parts, strict=True))
        return (
            np.concatenate([leg.lon_e7[part] for leg, part in pairs]),
            np.concatenate([leg.lat_e7[part] for leg, part in pairs]),
        )

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """The whole line: float64[point] longitudes and latitudes in degrees."""
        lon_e7, lat_e7 = self.points_e7()
        return lon_e7 / E7, lat_e7 / E7


def build_route(
    network: RoadNetwork,
    metric: Metric,
    paths: Sequence[RoadPath],
    waypoints: RoadPositions | None = None,
    options: RouteOptions | None = None,
) -> Route:
    """The route over ``paths``, one leg each, in driving order.

    ``waypoints`` are the positions between the legs, one more than there are paths; they tell on
    which side of the road each place lies. Without them no side is told. Times are those of
    ``metric``; a path whose duration differs (the request had its own closures or speeds) keeps its
    duration, shared out over the drive.
    """
    if metric.network is not network:
        raise RequestError("The metric belongs to another map than the route.")
    if not paths:
        raise RequestError("A route needs at least one leg: give two waypoints or more.")
    if waypoints is not None and len(waypoints) != len(paths) + 1:
        raise RequestError(
            f"{len(paths)} legs lie between {len(paths) + 1} waypoints, not {len(waypoints)}."
        )
    options = options or RouteOptions()
    roads = RouteRoads.of(network)
    legs = tuple(
        _leg(roads, metric, path, place, len(paths), waypoints, options)
        for place, path in enumerate(paths)
    )
    return Route(
        metric=metric,
        options=options,
        legs=legs,
        distance_m=sum(leg.distance_m for leg in legs),
        duration_ms=sum(leg.duration_ms for leg in legs),
    )


def _leg(
    roads: RouteRoads,
    metric: Metric,
    path: RoadPath,
    place: int,
    leg_count: int,
    waypoints: RoadPositions | None,
    options: RouteOptions,
) -> Leg:
    if len(path.arcs) == 0:
        raise RequestError("A path without arcs cannot be drawn: it needs at least one.")
    base = read_only(roads.arc_base[path.arcs], np.int32)
    start_fraction, end_fraction = float(path.start_fraction), float(path.end_fraction)

    room = geometry.count_path_points(base, roads.edge_first_point)
    lon_e7 = np.empty(room, np.int32)
    lat_e7 = np.empty(room, np.int32)
    source = np.empty(room, np.int64)
    first_point = geometry.path_points(
        base,
        start_fraction,
        end_fraction,
        roads.edge_first_point,
        roads.point_lon_e7,
        roads.point_lat_e7,
        lon_e7,
        lat_e7,
        source,
    )
    point_count = max(2, int(first_point[-1]) + 1)
    lon_e7, lat_e7, source = lon_e7[:point_count], lat_e7[:point_count], source[:point_count]
    arc_length_m = geometry.path_lengths_m(base, start_fraction, end_fraction, roads.edge_length_m)
    begun_m = geometry.running_total(arc_length_m)
    begun_ms, driven_ms = geometry.path_times_ms(
        base,
        start_fraction,
        end_fraction,
        int(path.duration_ms),
        metric.travel_time_ms,
        roads.arc_base,
        roads.arc_next_copy,
        roads.first_turn,
        roads.turn_to,
        metric.turn_cost,
    )
    depart_bearing = geometry.line_bearing_deg(lon_e7, lat_e7, BEARING_REACH_M, False)
    arrive_bearing = geometry.line_bearing_deg(lon_e7, lat_e7, BEARING_REACH_M, True)
    if depart_bearing < 0:  # start and end are one point: the road itself says which way
        depart_bearing = arrive_bearing = int(roads.start_bearing_deg[base[0]])

    steps: tuple[Step, ...] = ()
    if options.steps:
        maker = StepMaker(roads, metric, base, first_point, lon_e7, lat_e7, begun_m, begun_ms)
        steps = maker.steps(
            depart_bearing,
            arrive_bearing,
            _side(waypoints, place, int(base[0])),
            _side(waypoints, place + 1, int(base[-1])),
            place + 1,
            place + 1 == leg_count,
            options.driving_side == "left",
        )
    return Leg(
        arcs=base,
        lon_e7=lon_e7,
        lat_e7=lat_e7,
        network_point=source,
        first_point=first_point,
        arc_length_m=arc_length_m,
        arc_driven_ms=driven_ms,
        depart_bearing_deg=depart_bearing,
        arrive_bearing_deg=arrive_bearing,
        steps=steps,
        summary=_summary(steps),
        distance_m=float(begun_m[-1]),
        duration_ms=int(path.duration_ms),
    )


def _side(waypoints: RoadPositions | None, place: int, arc: int) -> str | None:
    """On which side of the road the place lies for somebody driving along ``arc``."""
    if waypoints is None or float(waypoints.distance_m[place]) < ON_THE_ROAD_M:
        return None
    side = int(waypoints.side[place])
    if arc & 1:
        side = -side
    return {1: "right", -1: "left"}.get(side)


def _summary(steps: Sequence[Step]) -> str:
    """The two longest roads of the leg in driving order."""
    length_m: dict[str, float] = {}
    for step in steps:
        label = step.name or listed(step.ref, "/")
        if label:
            length_m[label] = length_m.get(label, 0.0) + step.distance_m
    longest = set(sorted(length_m, key=length_m.__getitem__)[-2:])
    return ", ".join(label for label in length_m if label in longest)
