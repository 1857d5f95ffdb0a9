"""Networks to and from networkx graphs in the form that OSMnx makes, plots and measures.

The form: a ``MultiDiGraph`` with ``crs`` on the graph; nodes named by OSM id with ``x`` and ``y``
(longitude, latitude); one directed edge for each direction that may be travelled, with ``osmid``,
``length`` in metres, ``highway``, ``name``, ``ref``, ``oneway``, ``reversed``, ``speed_kph``,
``travel_time`` in seconds, and ``geometry`` where it is not straight. Beside these an edge of ours
says ``no_through`` where only those may go who have business there.

What such a graph cannot say: turn restrictions, turn costs and barriers that stop only some. They
are left out of the graphs made here, so a shortest path on one may turn where the network forbids
it, and a network made from a graph has no restrictions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import networkx as nx
import numpy as np
import shapely

from geodata.assembly import assemble
from geodata.errors import MapFileError, UnknownModeError
from geodata.maps.graph_tags import carried_kph, is_true, node_ids, tags_of, values_of, way_id
from geodata.modes import (
    MODES,
    NODE_TAG_KEYS,
    WAY_DESCRIPTION_KEYS,
    WAY_TAG_KEYS,
    Mode,
    describe_node,
    describe_way,
    judge_node,
    judge_way,
)
from geodata.modes.way_description import ROAD_KIND_BY_CLASS
from geodata.network import (
    E7,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
    EdgeFlag,
    NodeFlag,
    RoadClass,
    RoadNetwork,
)
from geodata.osm.raw_roads import RawRoads

CRS = "epsg:4326"
KPH_PER_MPS = 3.6
MS_PER_S = 1000

_EDGE_TAGS = (
    (EdgeFlag.BRIDGE, "bridge", "yes"),
    (EdgeFlag.TUNNEL, "tunnel", "yes"),
    (EdgeFlag.TOLL, "toll", "yes"),
    (EdgeFlag.ROUNDABOUT, "junction", "roundabout"),
    (EdgeFlag.CIRCULAR, "junction", "circular"),
    (EdgeFlag.AREA, "area", "yes"),
    (EdgeFlag.UNPAVED, "surface", "unpaved"),
)
_NODE_TAGS = (
    (NodeFlag.SIGNALS, "highway", "traffic_signals"),
    (NodeFlag.CROSSING, "highway", "crossing"),
    (NodeFlag.STOP, "highway", "stop"),
    (NodeFlag.GIVE_WAY, "highway", "give_way"),
    (NodeFlag.MOTORWAY_JUNCTION, "highway", "motorway_junction"),
    (NodeFlag.MINI_ROUNDABOUT, "highway", "mini_roundabout"),
    (NodeFlag.BARRIER, "barrier", "yes"),
    (NodeFlag.TOLL_BOOTH, "barrier", "toll_booth"),
)
_READ_KEYS = WAY_TAG_KEYS | WAY_DESCRIPTION_KEYS

T = TypeVar("T")

Point = tuple[int, int]
"""Longitude and latitude in 1e-7 degrees."""


# --- to networkx -----------------------------------------------------------------------------


def to_networkx(network: RoadNetwork, mode: str) -> nx.MultiDiGraph:
    """The roads that ``mode`` may use, as OSMnx would have made them.

    ``speed_kph``, ``travel_time``, ``oneway`` and the set of edges are the mode's own, and so is
    the ``access`` of barriers. Raises UnknownModeError.
    """
    if mode not in network.modes:
        raise UnknownModeError(f"The map has no mode {mode!r}; it has {', '.join(network.modes)}.")
    layer = network.modes[mode]
    time_ms = layer.travel_time_ms[: 2 * network.edge_count]
    arcs = np.flatnonzero(time_ms < UNREACHABLE_MS)
    graph = nx.MultiDiGraph(
        crs=CRS,
        simplified=True,
        name=network.title,
        mode=mode,
        attribution=network.attribution,
        created_date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        created_with="Forestall",
    )
    tail, head = network.arc_tail[arcs], network.arc_head[arcs]
    edges_used = np.unique(arcs >> 1)
    streets = np.bincount(
        np.concatenate((network.arc_tail[2 * edges_used], network.arc_head[2 * edges_used])),
        minlength=network.node_count,
    )
    passed = _passed_nodes(network, mode)
    lon_deg, lat_deg = network.node_lon_e7 / E7, network.node_lat_e7 / E7
    for node in np.unique(np.concatenate((tail, head))).tolist():
        flags = int(network.node_flags[node])
        tags = {key: word for flag, key, word in _NODE_TAGS if flags & flag}
        if "barrier" in tags:
            tags["access"] = "yes" if passed[node] else "no"
        graph.add_node(
            int(network.node_osm_id[node]),
            x=float(lon_deg[node]),
            y=float(lat_deg[node]),
            street_count=int(streets[node]),
            **tags,
        )

    line = _edge_lines(network, edges_used)
    both_ways = (time_ms.reshape(-1, 2) < UNREACHABLE_MS).all(axis=1)
    tail_id, head_id = network.node_osm_id[tail].tolist(), network.node_osm_id[head].tolist()
    for arc, start, end in zip(arcs.tolist(), tail_id, head_id, strict=True):
        edge, backward = arc >> 1, bool(arc & 1)
        length_m, time_s = float(network.edge_length_m[edge]), int(time_ms[arc]) / MS_PER_S
        flags = int(network.edge_flags[edge])
        data: dict[str, object] = {
            "osmid": int(network.edge_way_id[edge]),
            "highway": ROAD_KIND_BY_CLASS[network.edge_class[edge]],
            "oneway": not both_ways[edge],
            "reversed": backward,
            "length": length_m,
            "speed_kph": length_m / time_s * KPH_PER_MPS,
            "travel_time": time_s,
        }
        for key, text in (("name", network.edge_name[edge]), ("ref", network.edge_ref[edge])):
            if text:
                data[key] = network.text(int(text))
        data.update((key, word) for flag, key, word in _EDGE_TAGS if flags & flag)
        if layer.zone[arc] >= 0:
            data["no_through"] = True
        if edge in line:
            data["geometry"] = line[edge].reverse() if backward else line[edge]
        graph.add_edge(start, end, **data)
    return graph


def _passed_nodes(network: RoadNetwork, mode: str) -> np.ndarray:
    """bool[node]: the mode can drive through the node, not only up to it and back."""
    base_from, base_to = network.arc_base[network.turn_from], network.arc_base[network.turn_to]
    through = (network.modes[mode].turn_cost != TURN_FORBIDDEN) & (base_to != base_from ^ 1)
    passed = np.zeros(network.node_count, np.bool_)
    passed[network.arc_head[base_from[through]]] = True
    return passed


def _edge_lines(network: RoadNetwork, edges: np.ndarray) -> dict[int, shapely.LineString]:
    """The course of every edge that is not straight from node to node."""
    first, last = network.edge_first_point[edges], network.edge_first_point[edges + 1]
    bent = (last - first) > 2
    edges, first, last = edges[bent], first[bent], last[bent]
    if len(edges) == 0:
        return {}
    count = last - first
    before = np.cumsum(count) - count
    point = np.arange(count.sum()) + np.repeat(first - before, count)
    lines = shapely.linestrings(
        np.column_stack((network.point_lon_e7[point] / E7, network.point_lat_e7[point] / E7)),
        indices=np.repeat(np.arange(len(edges)), count),
    )
    return dict(zip(edges.tolist(), lines.tolist(), strict=True))


# --- from networkx ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Street:
    """One way of the network to be: a directed edge of the graph, with its mate the other way."""

    start: Hashable
    end: Hashable
    course: tuple[Point, ...]
    data: Mapping[str, object]
    mate: Mapping[str, object] | None


def from_networkx(graph: nx.MultiDiGraph, modes: Sequence[Mode] | None = None) -> RoadNetwork:
    """The network of a graph that OSMnx made, or loaded from GraphML, for the given modes (all).

    Edges are judged by the tags they carry, as those of a map file are. Where simplification has
    left several values, the smaller road class and the lower speed limit count. An edge without a
    mate in the other direction is a one-way street. Projected graphs are taken back to longitude
    and latitude. If the graph came from :func:`to_networkx`, the travel times it carries hold
    for its mode. Raises MapFileError if it is no such graph or holds no usable road.
    """
    modes = tuple(modes if modes is not None else MODES.values())
    graph = _checked(graph)
    places = {name: _place(name, data) for name, data in graph.nodes(data=True)}
    streets = _pair_up(graph, places)
    return assemble(_raw_roads(graph, places, streets, modes), modes)


def _checked(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    if not isinstance(graph, nx.MultiDiGraph):
        raise MapFileError(
            f"A road graph must be a networkx MultiDiGraph as OSMnx makes it, not a "
            f"{type(graph).__name__}."
        )
    if graph.number_of_edges() == 0:
        raise MapFileError("The graph holds no roads.")
    crs = graph.graph.get("crs", CRS)
    if str(crs).lower() not in (CRS, "wgs84", "ogc:crs84"):
        import osmnx  # slow to import, and only projected graphs need it

        try:
            graph = osmnx.projection.project_graph(graph, to_latlong=True)
        except Exception as error:  # whatever pyproj and geopandas make of a foreign crs
            raise MapFileError(
                f"The graph's crs {crs!r} cannot be converted to longitude and latitude: {error}."
            ) from error
    return graph


def _place(name: Hashable, data: Mapping[str, object]) -> Point:
    try:
        lon_deg, lat_deg = float(data["x"]), float(data["y"])  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError):
        raise MapFileError(
            f"Node {name!r} of the graph has no x and y; nodes need longitude and latitude."
        ) from None
    if not (-180 <= lon_deg <= 180 and -90 <= lat_deg <= 90):
        raise MapFileError(
            f"Node {name!r} of the graph lies at x {lon_deg}, y {lat_deg}, which is no longitude "
            "and latitude; set graph.graph['crs'] if it is projected."
        )
    return round(lon_deg * E7), round(lat_deg * E7)


def _pair_up(graph: nx.MultiDiGraph, places: Mapping[Hashable, Point]) -> list[_Street]:
    """Every street once: two edges of the same OSM ways along the same course, one each way, are
    one street."""
    waiting: dict[tuple, list[int]] = {}
    streets: list[_Street] = []
    for start, end, data in graph.edges(data=True):
        course = _course(start, end, data, places)
        ids = frozenset(map(str, values_of(data.get("osmid"))))
        mates = waiting.get((ids, end, start, course[::-1]))
        if mates:
            place = mates.pop()
            first = streets[place]
            if is_true(first.data.get("reversed")) and not is_true(data.get("reversed")):
                streets[place] = _Street(start, end, course, data, first.data)
            else:
                streets[place] = _Street(first.start, first.end, first.course, first.data, data)
        else:
            waiting.setdefault((ids, start, end, course), []).append(len(streets))
            streets.append(_Street(start, end, course, data, None))
    return streets


def _course(
    start: Hashable, end: Hashable, data: Mapping[str, object], places: Mapping[Hashable, Point]
) -> tuple[Point, ...]:
    """The points of an edge from node to node, no point twice in a row."""
    between: list[Point] = []
    geometry = data.get("geometry")
    if isinstance(geometry, str):
        geometry = shapely.from_wkt(geometry, on_invalid="ignore")
    if isinstance(geometry, shapely.LineString):
        degrees = shapely.get_coordinates(geometry)
        if not (np.abs(degrees) <= (180, 90)).all():
            raise MapFileError(
                f"The course of the edge from {start!r} to {end!r} leaves the globe; longitude is "
                "-180..180, latitude -90..90."
            )
        between = [(int(x), int(y)) for x, y in np.rint(degrees * E7)][1:-1]
    points = [places[start], *between, places[end]]
    course = [
        point for place, point in enumerate(points) if place == 0 or point != points[place - 1]
    ]
    return tuple(course) if len(course) > 1 else (points[0], points[-1])


def _raw_roads(
    graph: nx.MultiDiGraph,
    places: Mapping[Hashable, Point],
    streets: Sequence[_Street],
    modes: Sequence[Mode],
) -> RawRoads:
    names = list(places)
    index = {name: number for number, name in enumerate(names)}
    node_tags = [tags_of(graph.nodes[name], NODE_TAG_KEYS) for name in names]
    points = [places[name] for name in names]
    osm_ids = node_ids(names)
    way_node: list[int] = []
    first_node = [0]
    for street in streets:
        way_node.append(index[street.start])
        for point in street.course[1:-1]:
            way_node.append(len(points))
            points.append(point)
        way_node.append(index[street.end])
        first_node.append(len(way_node))
    bends = len(points) - len(names)
    osm_ids = np.concatenate((osm_ids, min(0, int(osm_ids.min())) - 1 - np.arange(bends)))

    warnings: Counter[str] = Counter()
    tags = [_street_tags(street) for street in streets]
    described = _each_once(describe_way, tags)
    judged = {mode.name: _each_once(partial(judge_way, mode=mode), tags) for mode in modes}
    nodes_judged = {
        mode.name: _each_once(partial(judge_node, mode=mode), node_tags) for mode in modes
    }
    for verdict in (verdict for verdicts in judged.values() for verdict in verdicts):
        warnings.update(verdict.warnings)
    texts: dict[str, int] = {"": 0}

    def by_way(attribute: str, dtype: type) -> dict[str, np.ndarray]:
        return {
            name: np.array([getattr(verdict, attribute) for verdict in verdicts], dtype)
            for name, verdicts in judged.items()
        }

    def by_node(attribute: str, dtype: type) -> dict[str, np.ndarray]:
        straight_on = np.zeros(bends, dtype)
        return {
            name: np.concatenate(
                (np.array([getattr(v, attribute) for v in verdicts], dtype), straight_on)
            )
            for name, verdicts in nodes_judged.items()
        }

    def text_ids(values: Sequence[str]) -> np.ndarray:
        return np.array([texts.setdefault(value, len(texts)) for value in values], np.int32)

    forward_kph = by_way("forward_kph", np.float32)
    backward_kph = by_way("backward_kph", np.float32)
    no_through = by_way("no_through", np.bool_)
    known = graph.graph.get("mode")
    if known in forward_kph:
        for place, street in enumerate(streets):
            forward_kph[known][place] = carried_kph(street.data, forward_kph[known][place])
            backward_kph[known][place] = carried_kph(street.mate, backward_kph[known][place])
            no_through[known][place] = is_true(street.data.get("no_through"))
    nothing = np.empty(0, np.int32)
    lon_lat_e7 = np.array(points, np.int64).reshape(-1, 2)
    flags = np.array([int(describe_node(node)) for node in node_tags], np.uint16)
    return RawRoads(
        node_osm_id=osm_ids,
        node_lon_e7=lon_lat_e7[:, 0].astype(np.int32),
        node_lat_e7=lon_lat_e7[:, 1].astype(np.int32),
        node_flags=np.concatenate((flags, np.zeros(bends, np.uint16))),
        node_blocked=by_node("blocked", np.bool_),
        node_delay_s=by_node("delay_s", np.float32),
        way_osm_id=np.array([way_id(street.data) for street in streets], np.int64),
        way_first_node=np.array(first_node, np.int64),
        way_node=np.array(way_node, np.int32),
        way_class=np.array([int(way.road_class) for way in described], np.uint8),
        way_flags=np.array([int(way.edge_flags) for way in described], np.uint16),
        way_name=text_ids([way.name for way in described]),
        way_ref=text_ids([way.ref for way in described]),
        way_destination=text_ids([way.destination for way in described]),
        way_forward_kph=forward_kph,
        way_backward_kph=backward_kph,
        way_forward_manner=by_way("forward_manner", np.uint8),
        way_backward_manner=by_way("backward_manner", np.uint8),
        way_no_through=no_through,
        restrictions=[],
        place_kind=nothing.astype(np.uint8),
        place_lon_e7=nothing,
        place_lat_e7=nothing,
        place_name=nothing,
        place_ref=nothing,
        place_node=nothing,
        place_osm_id=nothing.astype(np.int64),
        texts=list(texts),
        title=str(graph.graph.get("name") or "Road graph"),
        attribution=str(graph.graph.get("attribution") or "© OpenStreetMap contributors (ODbL)"),
        warnings=warnings,
    )


def _each_once(judge: Callable[[Mapping[str, str]], T], tags: Sequence[dict[str, str]]) -> list[T]:
    """The verdict on each set of tags; equal sets are judged once."""
    known: dict[frozenset[tuple[str, str]], T] = {}
    verdicts = []
    for words in tags:
        key = frozenset(words.items())
        if key not in known:
            known[key] = judge(words)
        verdicts.append(known[key])
    return verdicts


def _street_tags(street: _Street) -> dict[str, str]:
    tags = tags_of(street.data, _READ_KEYS - {"oneway"})
    if tags.get("highway") == ROAD_KIND_BY_CLASS[RoadClass.FERRY]:
        del tags["highway"]
        tags["route"] = "ferry"
    if street.mate is None:
        tags["oneway"] = "yes"
    elif tags.get("highway", "").startswith("motorway") or "junction" in tags:
        tags["oneway"] = "no"  # the mate says so, against what such roads imply
    return tags
