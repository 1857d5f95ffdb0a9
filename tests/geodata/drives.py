"""Drives through tiny towns, named by the letters they pass."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from geodata.metric import Metric
from geodata.network import RoadNetwork
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath
from geodata.routes import Route, build_route
from geodata.routes.options import RouteOptions
from tests.towns import Town

TURN_BITS = 0x7FFF


def arcs_of(town: Town, letters: str) -> np.ndarray:
    """The base arcs of ``"A-B-C"``."""
    stops = letters.split("-")
    return np.array([town.arc(f"{a}-{b}") for a, b in pairwise(stops)], np.int32)


def slow_duration_ms(metric: Metric, arcs: Sequence[int], start: float, end: float) -> int:
    """The time of a path, added up arc by arc and turn by turn."""
    network, total = metric.network, 0
    for place, arc in enumerate(arcs):
        whole = int(metric.travel_time_ms[arc])
        until = int(whole * end + 0.5) if place == len(arcs) - 1 else whole
        total += until - (int(whole * start + 0.5) if place == 0 else 0)
    for arc, following in pairwise(arcs):
        costs = [
            int(metric.turn_cost[turn]) & TURN_BITS
            for turn in range(network.first_turn[arc], network.first_turn[arc + 1])
            if network.arc_base[network.turn_to[turn]] == following
        ]
        total += 10 * min(costs, default=0)
    return total


def path_of(
    network: RoadNetwork, mode: str, arcs: Sequence[int], start: float = 0.0, end: float = 1.0
) -> RoadPath:
    """The path over these arcs, timed slowly."""
    metric = Metric.base(network, mode)
    return RoadPath(
        np.asarray(arcs, np.int32), start, end, slow_duration_ms(metric, arcs, start, end)
    )


def drive(
    town: Town,
    *legs: str,
    mode: str = "car",
    start: float = 0.0,
    end: float = 1.0,
    waypoints: RoadPositions | None = None,
    network: RoadNetwork | None = None,
    **options,
) -> Route:
    """The route along legs of letters: ``start`` into the first arc, ``end`` into the last."""
    network = network or town.network
    paths = [
        path_of(
            network,
            mode,
            arcs_of(town, leg),
            start if place == 0 else 0.0,
            end if place == len(legs) - 1 else 1.0,
        )
        for place, leg in enumerate(legs)
    ]
    metric = Metric.base(network, mode)
    return build_route(network, metric, paths, waypoints, RouteOptions(**options))


def told(route: Route) -> list[str]:
    """What is told on the way, without both ends: ``"turn right 人民路"``."""
    return [
        " ".join(
            part
            for part in (
                step.type,
                step.modifier or "",
                f"exit-{step.exit}" if step.exit else "",
                step.name or step.ref,
            )
            if part
        )
        for step in route.steps
        if step.type not in ("depart", "arrive")
    ]
