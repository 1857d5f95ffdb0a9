"""The legs of a routing request, each leaving and arriving in an allowed direction.

A direction is asked for by ``bearings`` (the road must be driven that way there), by
``approaches`` (the place must lie on the kerb's side, or on the other) and by ``continue_straight``
(no turning on the spot at a waypoint between two legs).

# STEP 1: the fastest way of all. If it leaves and arrives as asked, nothing is faster.
# STEP 2: else the fastest way that keeps off the arcs of the wrong direction.
# STEP 3: else, in a dead end, on to its end, round, and back.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodata.changes import Closure, RoadChanges
from geodata.errors import NoRouteError
from geodata.network import (
    TURN_COST_UNIT_MS,
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
)
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath
from services.engine import RoadsNow
from services.osrm.query import RoutingQuery
from services.osrm.waypoints import usable_directions

STRAIGHT_BY_DEFAULT = frozenset({"police", "car"})
"""Modes that do not turn on the spot at a waypoint unless told that they may, as OSRM's car."""


@dataclass(frozen=True, slots=True)
class Directions:
    """Ways in which a position may be left or reached: along its edge's geometry, against it."""

    along: bool = True
    against: bool = True

    def allow(self, arc: int) -> bool:
        return self.against if arc & 1 else self.along

    @property
    def free(self) -> bool:
        return self.along and self.against

    def wrong_arc(self, edge: int) -> int:
        """The arc that is not allowed; only where one is and one is not."""
        return 2 * edge if not self.along else 2 * edge + 1


def find_legs(
    query: RoutingQuery,
    roads: RoadsNow,
    positions: RoadPositions,
    changes: RoadChanges | None,
) -> list[RoadPath]:
    """One path per leg. Raises NoRouteError."""
    straight = query.continue_straight
    if straight is None:
        straight = query.mode in STRAIGHT_BY_DEFAULT
    wanted = [_wanted(query, roads, positions, index) for index in range(len(positions))]
    paths: list[RoadPath] = []
    for index in range(len(positions) - 1):
        # An approach says how to come, not how to go on.
        leaving = _bearing_of(query, roads, positions, index)
        if straight and paths:
            arrived = int(paths[-1].arcs[-1])
            onward = Directions(along=not arrived & 1, against=bool(arrived & 1))
            try:
                paths.append(
                    find_leg(
                        query.mode, roads, positions, index, onward, wanted[index + 1], changes
                    )
                )
                continue
            except NoRouteError:
                # Turning on the spot is better than no way at all, as in OSRM.
                pass
        paths.append(
            find_leg(query.mode, roads, positions, index, leaving, wanted[index + 1], changes)
        )
    return paths


def _wanted(
    query: RoutingQuery, roads: RoadsNow, positions: RoadPositions, index: int
) -> Directions:
    """Directions in which a position may be reached."""
    edge = int(positions.edge[index])
    by_bearing = _bearing_of(query, roads, positions, index)
    along, against = by_bearing.along, by_bearing.against
    approach = query.approaches[index] if query.approaches else None
    side = int(positions.side[index])
    if approach in ("curb", "opposite") and side:
        # Right-hand traffic: the kerb is on the right. +1: right of the edge's direction.
        kerb_along = side > 0
        wants_along = kerb_along if approach == "curb" else not kerb_along
        times_ms = roads.metrics[query.mode].travel_time_ms
        # A one-way street is approached the only way there is.
        if max(times_ms[2 * edge], times_ms[2 * edge + 1]) < UNREACHABLE_MS:
            along, against = along and wants_along, against and not wants_along
    return Directions(along, against)


def _bearing_of(
    query: RoutingQuery, roads: RoadsNow, positions: RoadPositions, index: int
) -> Directions:
    """Directions that the bearing of a position allows."""
    bearing = query.bearings[index] if query.bearings else None
    if bearing is None:
        return Directions()
    edge, fraction = int(positions.edge[index]), float(positions.fraction[index])
    return Directions(*usable_directions(roads, query.mode, edge, fraction, bearing))


def find_leg(
    mode: str,
    roads: RoadsNow,
    positions: RoadPositions,
    index: int,
    leaving: Directions,
    arriving: Directions,
    changes: RoadChanges | None,
) -> RoadPath:
    """The path from a position to the next one. Raises NoRouteError."""
    origin, destination = positions.take([index]), positions.take([index + 1])
    if not (leaving.along or leaving.against) or not (arriving.along or arriving.against):
        raise NoRouteError("No direction is left that the place may be passed in.")
    path = roads.path(mode, origin, destination, changes)  # STEP 1
    if leaving.allow(int(path.arcs[0])) and arriving.allow(int(path.arcs[-1])):
        return path
    wrong: list[Closure] = []
    for position, directions in ((origin, leaving), (destination, arriving)):
        if not directions.free:
            edge = int(position.edge[0])
            wrong.append(
                Closure(edges=[edge], direction="forward" if not directions.along else "backward")
            )
    closed = (changes or RoadChanges()) + RoadChanges(*wrong)
    try:
        return roads.path(mode, origin, destination, closed)  # STEP 2
    except NoRouteError:
        return _round_dead_ends(mode, roads, origin, destination, leaving, arriving, changes)


def _round_dead_ends(
    mode: str,
    roads: RoadsNow,
    origin: RoadPositions,
    destination: RoadPositions,
    leaving: Directions,
    arriving: Directions,
    changes: RoadChanges | None,
) -> RoadPath:
    """STEP 3: over the end of the edge, where the mode may turn round there."""
    head: RoadPath | None = None
    tail: RoadPath | None = None
    if not leaving.free:
        head, origin = _to_the_end(mode, roads, origin, leaving, before=True)
    if not arriving.free:
        tail, destination = _to_the_end(mode, roads, destination, arriving, before=False)
    middle = roads.path(mode, origin, destination, changes)
    parts = [part for part in (head, middle, tail) if part is not None]
    return _joined(mode, roads, parts)


def _to_the_end(
    mode: str, roads: RoadsNow, position: RoadPositions, allowed: Directions, before: bool
) -> tuple[RoadPath, RoadPositions]:
    """The stretch between a position and the end of its edge, and the position at that end."""
    edge, fraction = int(position.edge[0]), float(position.fraction[0])
    arc = 2 * edge if allowed.along else 2 * edge + 1
    share = fraction if not arc & 1 else 1.0 - fraction
    weight_ms = int(roads.metrics[mode].travel_time_ms[arc])
    if weight_ms >= UNREACHABLE_MS:
        raise NoRouteError("The road may not be used in the asked direction.")
    spent_ms = int(weight_ms * share + 0.5)
    if before:
        stretch = RoadPath(np.array([arc], np.int32), share, 1.0, weight_ms - spent_ms)
        end = 1.0 if not arc & 1 else 0.0
    else:
        stretch = RoadPath(np.array([arc], np.int32), 0.0, share, spent_ms)
        end = 0.0 if not arc & 1 else 1.0
    return stretch, RoadPositions.on_edges([edge], [end])


def _joined(mode: str, roads: RoadsNow, parts: Sequence[RoadPath]) -> RoadPath:
    """The parts as one path, with the turns between them. Raises NoRouteError at a barred one."""
    arcs = [parts[0].arcs]
    duration_ms = parts[0].duration_ms
    for before, after in itertools.pairwise(parts):
        duration_ms += after.duration_ms
        if before.arcs[-1] == after.arcs[0]:  # straight on along the same arc
            arcs.append(after.arcs[1:])
        else:
            duration_ms += _turn_ms(mode, roads, int(before.arcs[-1]), int(after.arcs[0]))
            arcs.append(after.arcs)
    return RoadPath(
        np.concatenate(arcs), parts[0].start_fraction, parts[-1].end_fraction, duration_ms
    )


def _turn_ms(mode: str, roads: RoadsNow, from_arc: int, to_arc: int) -> int:
    network, metric = roads.network, roads.metrics[mode]
    turns = slice(int(network.first_turn[from_arc]), int(network.first_turn[from_arc + 1]))
    costs = metric.turn_cost[turns][np.asarray(network.turn_to[turns]) == to_arc]
    costs = costs[costs != TURN_FORBIDDEN]
    if not len(costs):
        raise NoRouteError("Nobody may turn round there.")
    return int(costs.min() & ~TURN_ENTERS_NO_THROUGH) * TURN_COST_UNIT_MS
