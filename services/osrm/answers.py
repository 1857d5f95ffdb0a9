"""The answers of the three routing services, as JSON bytes in OSRM's form."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np

from geodata.changes import AVOIDABLE, Closure, RoadChanges
from geodata.coordinates import distance_m
from geodata.errors import NoRouteError
from geodata.network import UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath
from geodata.routes import build_route
from geodata.routes.options import RouteOptions
from geodata.routes.osrm_json import response_json, waypoints_of
from services.engine import RoadsNow
from services.errors import OsrmError
from services.osrm.edge_line import EdgeLine
from services.osrm.legs import find_legs
from services.osrm.query import RoutingQuery
from services.osrm.waypoints import hints_of, limit_of, snap_query, usable_directions
from services.settings import Settings

MOST_ALTERNATIVES = 3
"""Asking for more is refused, as OSRM does; one route is answered whatever is asked."""

_encoder = msgspec.json.Encoder()


def answer(query: RoutingQuery, roads: RoadsNow, settings: Settings) -> bytes:
    """The answer to any of the three. Raises OsrmError."""
    if query.mode not in roads.metrics:
        known = ", ".join(sorted(roads.metrics))
        raise OsrmError("InvalidValue", f"No such profile: {query.profile}. Known: {known}.")
    if query.exclude and (set(query.exclude) - AVOIDABLE.keys()):
        raise OsrmError("InvalidValue", "Exclude flag combination is not supported.")
    return _ANSWERS[query.service](query, roads, settings)


def _changes(query: RoutingQuery) -> RoadChanges | None:
    return RoadChanges(Closure(avoid=query.exclude)) if query.exclude else None


def _route(query: RoutingQuery, roads: RoadsNow, settings: Settings) -> bytes:
    count = len(query.lon)
    if count > settings.route_coordinates_limit:
        raise OsrmError(
            "TooBig",
            f"Number of entries {count} is higher than current maximum "
            f"({settings.route_coordinates_limit})",
        )
    if query.alternatives > MOST_ALTERNATIVES:
        raise OsrmError(
            "TooBig",
            "Requested number of alternatives is higher than current maximum "
            f"({MOST_ALTERNATIVES})",
        )
    changes = _changes(query)
    positions = snap_query(query, roads, changes, settings.snap_limit_m)
    try:
        paths = find_legs(query, roads, positions, changes)
    except NoRouteError:
        raise OsrmError("NoRoute", "Impossible route between points") from None
    stops = positions
    if query.waypoints:
        paths = _merged(paths, query.waypoints)
        stops = positions.take(list(query.waypoints))
    options = RouteOptions(
        steps=query.steps,
        annotations=frozenset(query.annotations),
        geometries=query.geometries,
        overview=query.overview,
        language=query.language,
    )
    route = build_route(roads.network, roads.metrics[query.mode], paths, stops, options)
    hints = hints_of(query, positions, roads.network)
    if hints and query.waypoints:
        hints = [hints[index] for index in query.waypoints]
    body = response_json([route], waypoints_of(roads.network, stops, hints))
    return _without_waypoints(body) if query.skip_waypoints else body


def _merged(paths: Sequence[RoadPath], waypoints: Sequence[int]) -> list[RoadPath]:
    """One path from waypoint to waypoint, over the silent ones between them."""
    merged = []
    for first, last in itertools.pairwise(waypoints):
        whole = paths[first]
        for path in paths[first + 1 : last]:
            if path.arcs[0] != whole.arcs[-1]:
                raise OsrmError(
                    "NotImplemented",
                    "A coordinate between two waypoints would need a turn on the spot; "
                    "make it a waypoint or move it.",
                )
            whole = RoadPath(
                arcs=np.concatenate([whole.arcs, path.arcs[1:]]),
                start_fraction=whole.start_fraction,
                end_fraction=path.end_fraction,
                duration_ms=whole.duration_ms + path.duration_ms,
            )
        merged.append(whole)
    return merged


def _without_waypoints(body: bytes) -> bytes:
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return _encoder.encode({name: raw for name, raw in fields.items() if name != "waypoints"})


def _table(query: RoutingQuery, roads: RoadsNow, settings: Settings) -> bytes:
    count = len(query.lon)
    rows = query.sources or tuple(range(count))
    columns = query.destinations or tuple(range(count))
    wanted = query.annotations or ("duration",)
    limit = (
        settings.table_distances_limit
        if "distance" in wanted  # each needs its own way, not only its time
        else settings.table_coordinates_limit
    )
    if len(rows) * len(columns) > limit**2:
        raise OsrmError("TooBig", "Too many table coordinates")
    changes = _changes(query)
    positions = snap_query(query, roads, changes, settings.snap_limit_m)
    sources, targets = positions.take(list(rows)), positions.take(list(columns))
    times_ms, lengths_m = roads.table(
        query.mode, sources, targets, changes, want_lengths="distance" in wanted
    )
    durations_s = times_ms / 1000.0
    missing = times_ms >= UNREACHABLE_MS
    estimated: list[list[int]] = []
    if query.fallback_speed_mps is not None and missing.any():
        guess_m = _straight_m(query, positions, rows, columns)
        durations_s = np.where(missing, guess_m / query.fallback_speed_mps, durations_s)
        if lengths_m is not None:
            lengths_m = np.where(missing, guess_m, lengths_m)
        estimated = np.argwhere(missing).tolist()
        missing = np.zeros_like(missing)
    document: dict[str, object] = {"code": "Ok"}
    if "duration" in wanted:
        document["durations"] = _matrix(durations_s * query.scale_factor, missing)
    if "distance" in wanted and lengths_m is not None:
        document["distances"] = _matrix(lengths_m, missing)
    if query.fallback_speed_mps is not None:
        document["fallback_speed_cells"] = estimated
    if not query.skip_waypoints:
        written = waypoints_of(roads.network, positions, hints_of(query, positions, roads.network))
        document["sources"] = [written[index] for index in rows]
        document["destinations"] = [written[index] for index in columns]
    return _encoder.encode(document)


def _straight_m(
    query: RoutingQuery, positions: RoadPositions, rows: Sequence[int], columns: Sequence[int]
) -> np.ndarray:
    """Straight-line metres of each cell, between the coordinates as sent or as snapped."""
    if query.fallback_coordinate == "input":
        lon, lat = np.array(query.lon), np.array(query.lat)
    else:
        lon, lat = positions.lon, positions.lat
    a, b = np.array(rows), np.array(columns)
    return distance_m(
        np.repeat(lon[a], len(b)),
        np.repeat(lat[a], len(b)),
        np.tile(lon[b], len(a)),
        np.tile(lat[b], len(a)),
    ).reshape(len(a), len(b))


def _matrix(values: np.ndarray, missing: np.ndarray) -> list[list[float | None]]:
    """Rounded to tenths; null where there is no way."""
    rounded = np.round(values, 1)
    if not missing.any():
        return rounded.tolist()
    return [
        [None if absent else value for value, absent in zip(row, gaps, strict=True)]
        for row, gaps in zip(rounded.tolist(), missing.tolist(), strict=True)
    ]


def _nearest(query: RoutingQuery, roads: RoadsNow, settings: Settings) -> bytes:
    if query.number > settings.nearest_results_limit:
        raise OsrmError(
            "TooBig",
            f"Number of results {query.number} is higher than current maximum "
            f"({settings.nearest_results_limit})",
        )
    radius_m = query.radiuses_m[0] if query.radiuses_m else None
    bearing = query.bearings[0] if query.bearings else None
    near = roads.snapper.snap_candidates(
        query.lon[0],
        query.lat[0],
        query.mode,
        radius_m=limit_of(radius_m, settings.snap_limit_m),
        count=query.number if bearing is None else settings.nearest_results_limit,
        without=roads.closed_edges(query.mode, _changes(query)),
    )
    if bearing is not None:
        near = near.take(
            [
                place
                for place in range(len(near))
                if any(
                    usable_directions(
                        roads,
                        query.mode,
                        int(near.edge[place]),
                        float(near.fraction[place]),
                        bearing,
                    )
                )
            ][: query.number]
        )
    if not len(near):
        raise OsrmError("NoSegment", "Could not find a matching segment for coordinate")
    if query.skip_waypoints:
        return _encoder.encode({"code": "Ok"})
    written = msgspec.to_builtins(
        waypoints_of(roads.network, near, hints_of(query, near, roads.network))
    )
    for place, waypoint in enumerate(written):
        waypoint["nodes"] = _osm_nodes(roads, int(near.edge[place]), float(near.fraction[place]))
    return _encoder.encode({"code": "Ok", "waypoints": written})


def _osm_nodes(roads: RoadsNow, edge: int, fraction: float) -> list[int]:
    """OSM nodes before and after a point on an edge."""
    network = roads.network
    if len(network.point_osm_id) == len(network.point_lon_e7):
        return [
            int(network.point_osm_id[point]) for point in EdgeLine.of(network, edge).ends(fraction)
        ]
    ends = network.arc_tail[2 * edge], network.arc_head[2 * edge]
    return [int(network.node_osm_id[node]) for node in ends]


_ANSWERS = {"route": _route, "table": _table, "nearest": _nearest}
