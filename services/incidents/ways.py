"""The way of an assignment: from where its responder is now to the victim's door, by road."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dispatch.incidents.case import Assignment, Case
from dispatch.incidents.tracking import Progress
from dispatch.live_picture import LivePicture
from dispatch.question import CandidatePlace
from dispatch.responders import Responder
from dispatch.spots import find_spots
from geodata.coordinates import distance_m
from geodata.errors import NoRouteError
from geodata.network import UNREACHABLE_MS
from geodata.positions import NO_EDGE, RoadPositions
from geodata.routes import Route, build_route
from geodata.routes.options import RouteOptions
from geodata.routes.osrm_json import route_json
from services.engine import RoadsNow


def door_of(roads: RoadsNow, places: tuple[CandidatePlace, ...], mode: str) -> RoadPositions | None:
    """Where the likeliest place meets the roads of a mode; None where no road is near."""
    if not places or mode not in roads.metrics:
        return None
    spots = find_spots(roads.snapper, places, mode, roads.closed_edges(mode, None))
    return None if spots is None else spots.positions.take([spots.likeliest])


def whereabouts_of(
    roads: RoadsNow, picture: LivePicture, assignment: Assignment, now_s: float
) -> RoadPositions | None:
    """Where on the road the responder is now; where they were when they were offered, as long as
    no position of theirs is known; None where that is on no road."""
    mode = assignment.mode
    if mode not in roads.metrics:
        return None
    known = picture.get(*assignment.key, now_s)
    if known is not None and known.mode == mode:
        if known.edge == NO_EDGE:
            return None
        return RoadPositions.on_edges([known.edge], [known.fraction])
    found = roads.snapper.snap([assignment.lon], [assignment.lat], mode)
    return found if found.edge[0] != NO_EDGE else None


def drive_of(
    case: Case,
    assignment: Assignment,
    picture: LivePicture,
    roads: RoadsNow,
    language: str,
    now_s: float,
) -> Route | None:
    """The drive with its steps; None where there is none: the assignment is over or at the door,
    the victim's place is not known, or no road leads there."""
    if not assignment.live or assignment.arrived_at_s is not None:
        return None
    origin = whereabouts_of(roads, picture, assignment, now_s)
    door = door_of(roads, case.incident.places, assignment.mode)
    if origin is None or door is None:
        return None
    try:
        path = roads.path(assignment.mode, origin, door)
    except NoRouteError:
        return None
    options = RouteOptions(steps=True, geometries="geojson", overview="full", language=language)
    stops = RoadPositions.joined([origin, door])
    return build_route(roads.network, roads.metrics[assignment.mode], [path], stops, options)


def route_of(
    case: Case,
    assignment: Assignment,
    picture: LivePicture,
    roads: RoadsNow,
    language: str,
    now_s: float,
) -> bytes | None:
    """The drive as OSRM's ``Route`` with steps, as JSON; None where there is none."""
    route = drive_of(case, assignment, picture, roads, language, now_s)
    return None if route is None else route_json(route)


def progress_of(
    case: Case,
    assignments: Sequence[Assignment],
    picture: LivePicture,
    roads: RoadsNow,
    now_s: float,
) -> dict[str, Progress]:
    """How far these still have to go, by assignment; those with no known position are left out."""
    incident = case.incident
    found: dict[str, Progress] = {}
    if not incident.places:
        return found
    likeliest = max(incident.places, key=lambda place: place.weight)
    for mode in sorted({one.mode for one in assignments}):
        those: list[tuple[Assignment, Responder]] = []
        for one in assignments:
            known = picture.get(*one.key, now_s) if one.mode == mode else None
            if known is not None:
                those.append((one, known))
        ways = _ways(roads, mode, those, incident.places)
        for (one, known), (remaining_s, remaining_m, detour_m) in zip(those, ways, strict=True):
            found[one.assignment_id] = Progress(
                remaining_s=remaining_s,
                remaining_m=remaining_m,
                line_m=float(distance_m(known.lon, known.lat, likeliest.lon, likeliest.lat)),
                detour_m=detour_m,
                fixed_at_s=known.fixed_at_s,
                accuracy_m=known.accuracy_m,
                at=(known.lon, known.lat),
            )
    return found


_Way = tuple[float | None, float | None, float | None]
"""Seconds and metres still to go, and metres of detour; None where there is no way."""


def _ways(
    roads: RoadsNow,
    mode: str,
    those: Sequence[tuple[Assignment, Responder]],
    places: tuple[CandidatePlace, ...],
) -> list[_Way]:
    """One table of all of one mode: from where they were when they were sent there and from where
    they are, to where they are and to the door."""
    door = door_of(roads, places, mode) if those else None
    if door is None:
        return [(None, None, None)] * len(those)
    begins = [one.turned_from or (one.lon, one.lat) for one, _ in those]
    was = roads.snapper.snap([lon for lon, _ in begins], [lat for _, lat in begins], mode)
    now = roads.snapper.snap([who.lon for _, who in those], [who.lat for _, who in those], mode)
    rows = np.flatnonzero((was.edge != NO_EDGE) & (now.edge != NO_EDGE))
    ways: list[_Way] = [(None, None, None)] * len(those)
    if not len(rows):
        return ways
    was, now = was.take(rows), now.take(rows)
    n = len(rows)
    times_ms, lengths_m = roads.table(
        mode,
        RoadPositions.joined([now, was]),
        RoadPositions.joined([door, now]),
        want_lengths=True,
    )
    assert lengths_m is not None
    for i, row in enumerate(rows.tolist()):
        if times_ms[i, 0] >= UNREACHABLE_MS:
            continue
        left_m = float(lengths_m[i, 0])
        detour_m = float(lengths_m[n + i, 1 + i]) + left_m - float(lengths_m[n + i, 0])
        one = those[row][0]
        known = math.isfinite(detour_m) and (one.turned_at_s is None or one.turned_from is not None)
        ways[row] = (
            float(times_ms[i, 0]) / 1000,
            left_m,
            max(0.0, detour_m) if known else None,
        )
    return ways
