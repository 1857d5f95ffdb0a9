"""What is drawn on the base map, and from which zoom on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.kernels.chains import chains_of_edges, partners_of_ends
from geodata.network import E7, EdgeFlag, PlaceKind, RoadClass, RoadNetwork

MIN_ZOOM = 4
MAX_ZOOM = 13
"""Above it the same tiles are shown larger: a step of 1/4096 tile is 1.2 m on the equator."""

_MOST_EDGES = 256
"""Longest chain: a longer one would lie in so many tiles that looking through them takes time."""

_LATITUDE_LIMIT_DEG = 85.0511287
"""Where the square map of Web Mercator ends."""

ROAD_FROM_ZOOM: dict[RoadClass, int] = {
    RoadClass.MOTORWAY: 4,
    RoadClass.MOTORWAY_LINK: 9,
    RoadClass.TRUNK: 5,
    RoadClass.TRUNK_LINK: 9,
    RoadClass.PRIMARY: 7,
    RoadClass.PRIMARY_LINK: 10,
    RoadClass.SECONDARY: 9,
    RoadClass.SECONDARY_LINK: 10,
    RoadClass.TERTIARY: 10,
    RoadClass.TERTIARY_LINK: 11,
    RoadClass.UNCLASSIFIED: 11,
    RoadClass.RESIDENTIAL: 12,
    RoadClass.LIVING_STREET: 12,
    RoadClass.PEDESTRIAN: 12,
    RoadClass.FERRY: 9,
}
"""Zoom from which each class is drawn; the others from ``MAX_ZOOM`` on."""

PLACE_FROM_ZOOM: dict[PlaceKind, int] = {
    PlaceKind.TOLL_BOOTH: 10,
    PlaceKind.MOTORWAY_JUNCTION: 10,
    PlaceKind.SERVICE_AREA: 9,
    PlaceKind.REST_AREA: 11,
    PlaceKind.POLICE_STATION: 11,
}
"""Zoom from which each kind of place is drawn; the others are not."""

_SIGNS = {
    EdgeFlag.BRIDGE: "bridge",
    EdgeFlag.TUNNEL: "tunnel",
    EdgeFlag.TOLL: "toll",
}


@dataclass(frozen=True, slots=True)
class Features:
    """Lines and points of one layer. A point is a line of one point."""

    layer: str
    keys: tuple[str, ...]
    """Names of the members that a feature may have."""
    first_point: np.ndarray  # int64[line + 1] into x, y
    x: np.ndarray  # float64[point], Web Mercator, 0 west to 1 east
    y: np.ndarray  # float64[point], 0 north to 1 south
    style: np.ndarray  # int64[line], index into the styles
    styles: list[tuple[str | bool | None, ...]]
    """Values of the keys, None where one is lacking; lines of one style look and read alike."""
    style_from_zoom: np.ndarray  # int64[style]


def roads_of(network: RoadNetwork) -> Features:
    """Every road, edges that go on in each other under one name joined to one line."""
    signs = network.edge_flags & int(EdgeFlag.BRIDGE | EdgeFlag.TUNNEL | EdgeFlag.TOLL)
    look = np.column_stack(
        [
            network.edge_class.astype(np.int64),
            signs.astype(np.int64),
            network.edge_name.astype(np.int64),
            network.edge_ref.astype(np.int64),
        ]
    )
    looks, edge_style = np.unique(_packed(look), return_inverse=True)
    _, example = np.unique(edge_style, return_index=True)
    arcs, first_arc = _chains(network, edge_style)
    first_point, point = _points_along(network.edge_first_point, arcs, first_arc)
    x, y = mercator(network.point_lon_e7[point] / E7, network.point_lat_e7[point] / E7)
    styles: list[tuple[str | bool | None, ...]] = []
    from_zoom = np.empty(len(looks), np.int64)
    for index, (road_class, flags, name, ref) in enumerate(look[example].tolist()):
        kind = RoadClass(road_class)
        styles.append(
            (
                kind.name.lower(),
                network.text(name) or None,
                network.text(ref) or None,
                *((True if flags & sign else None) for sign in _SIGNS),
            )
        )
        from_zoom[index] = ROAD_FROM_ZOOM.get(kind, MAX_ZOOM)
    return Features(
        layer="road",
        keys=("class", "name", "ref", *_SIGNS.values()),
        first_point=first_point,
        x=x,
        y=y,
        style=edge_style[arcs[first_arc[:-1]] >> 1] if len(arcs) else edge_style,
        styles=styles,
        style_from_zoom=from_zoom,
    )


def places_of(network: RoadNetwork) -> Features:
    """Toll gates, junctions, service areas and police stations."""
    drawn = np.flatnonzero(np.isin(network.place_kind, [int(kind) for kind in PLACE_FROM_ZOOM]))
    x, y = mercator(network.place_lon_e7[drawn] / E7, network.place_lat_e7[drawn] / E7)
    styles: list[tuple[str | bool | None, ...]] = []
    from_zoom = np.empty(len(drawn), np.int64)
    for index, place in enumerate(drawn.tolist()):
        kind = PlaceKind(network.place_kind[place])
        name = network.text(network.place_name[place])
        styles.append(
            (kind.name.lower(), name or None, network.text(network.place_ref[place]) or None)
        )
        from_zoom[index] = PLACE_FROM_ZOOM[kind]
    return Features(
        layer="place",
        keys=("kind", "name", "ref"),
        first_point=np.arange(len(drawn) + 1, dtype=np.int64),
        x=x,
        y=y,
        style=np.arange(len(drawn), dtype=np.int64),
        styles=styles,
        style_from_zoom=from_zoom,
    )


def mercator(lon_deg: np.ndarray, lat_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Web Mercator from 0 to 1, west to east and north to south."""
    lat_rad = np.radians(np.clip(lat_deg, -_LATITUDE_LIMIT_DEG, _LATITUDE_LIMIT_DEG))
    return lon_deg / 360.0 + 0.5, 0.5 - np.arcsinh(np.tan(lat_rad)) / (2.0 * np.pi)


def _packed(look: np.ndarray) -> np.ndarray:
    """One value for each row, the same for equal rows."""
    return np.ascontiguousarray(look).view([("", look.dtype)] * look.shape[1]).ravel()


def _chains(network: RoadNetwork, edge_style: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Arcs of all chains one after the other, and where each begins."""
    edge_count = network.edge_count
    node = np.empty(2 * edge_count, np.int32)
    node[0::2] = network.arc_tail[0 : 2 * edge_count : 2]
    node[1::2] = network.arc_head[0 : 2 * edge_count : 2]
    order = np.lexsort((node, np.repeat(edge_style, 2)))
    partner = np.empty(2 * edge_count, np.int64)
    partners_of_ends(order, edge_style, node, partner)
    arcs = np.empty(edge_count, np.int64)
    first_arc = np.empty(edge_count + 1, np.int64)
    chains = chains_of_edges(partner, _MOST_EDGES, arcs, first_arc)
    return arcs, first_arc[: chains + 1].copy()


def _points_along(
    edge_first_point: np.ndarray, arcs: np.ndarray, first_arc: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """int64[chain + 1] into the points, and the points of all chains, int64[point]; the point at
    which two edges of a chain meet is there once."""
    edge = arcs >> 1
    begins = np.zeros(len(arcs), bool)
    begins[first_arc[:-1]] = True
    count = np.diff(edge_first_point)[edge]
    kept = np.where(begins, count, count - 1)  # without the first one
    last = np.cumsum(kept)
    rank = np.arange(last[-1] if len(last) else 0) - np.repeat(last - kept, kept)
    rank += np.repeat(count - kept, kept)
    against = np.repeat((arcs & 1).astype(bool), kept)
    first, final = edge_first_point[edge], edge_first_point[edge + 1] - 1
    point = np.where(against, np.repeat(final, kept) - rank, np.repeat(first, kept) + rank)
    ends = np.concatenate([[0], last])
    return ends[first_arc].astype(np.int64), point.astype(np.int64)
