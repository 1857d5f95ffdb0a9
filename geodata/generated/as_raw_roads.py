"""A generated country as the reader of map files would hand it over."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from geodata.generated.kinds import KINDS, PLAIN, POINT_KINDS, TOLL_GATE
from geodata.generated.sketchbook import Sketchbook
from geodata.generated.turn_rules import draw_rules
from geodata.modes import Mode, describe_node, describe_way, judge_node, judge_way
from geodata.network import E7, PlaceKind
from geodata.osm.raw_roads import RawRoads

CENTRE_LON, CENTRE_LAT = 108.4, 30.8
METRES_PER_DEGREE = math.pi / 180 * 6_371_008.8


def as_raw_roads(
    book: Sketchbook,
    texts: list[str],
    random: np.random.Generator,
    modes: Sequence[Mode],
    title: str,
) -> RawRoads:
    east_m, north_m, point_kind, ends, kind, name = book.finished()
    way_node, first_node, east_m, north_m = _with_bends(random, east_m, north_m, ends)
    node_count, way_count = len(east_m), len(ends)
    point_kind = np.concatenate(
        (point_kind, np.full(node_count - len(point_kind), PLAIN, point_kind.dtype))
    )
    narrowing = math.cos(math.radians(CENTRE_LAT))
    lon_e7 = np.rint((CENTRE_LON + east_m / (METRES_PER_DEGREE * narrowing)) * E7)
    lat_e7 = np.rint((CENTRE_LAT + north_m / METRES_PER_DEGREE) * E7)

    described = [describe_way(tags) for tags in KINDS.values()]
    judged = {mode.name: [judge_way(tags, mode) for tags in KINDS.values()] for mode in modes}
    points_judged = {mode.name: [judge_node(tags, mode) for tags in POINT_KINDS] for mode in modes}

    def by_way(attribute: str, dtype: type) -> dict[str, np.ndarray]:
        return {
            mode: np.array([getattr(verdict, attribute) for verdict in verdicts], dtype)[kind]
            for mode, verdicts in judged.items()
        }

    toll = np.flatnonzero(point_kind == TOLL_GATE)
    osm_id = np.arange(1, node_count + 1, dtype=np.int64)
    return RawRoads(
        node_osm_id=osm_id,
        node_lon_e7=lon_e7.astype(np.int32),
        node_lat_e7=lat_e7.astype(np.int32),
        node_flags=np.array([int(describe_node(tags)) for tags in POINT_KINDS], np.uint16)[
            point_kind
        ],
        node_blocked={
            mode: np.array([v.blocked for v in verdicts], np.bool_)[point_kind]
            for mode, verdicts in points_judged.items()
        },
        node_delay_s={
            mode: np.array([v.delay_s for v in verdicts], np.float32)[point_kind]
            for mode, verdicts in points_judged.items()
        },
        way_osm_id=np.arange(1, way_count + 1, dtype=np.int64),
        way_first_node=first_node,
        way_node=way_node,
        way_class=np.array([int(d.road_class) for d in described], np.uint8)[kind],
        way_flags=np.array([int(d.edge_flags) for d in described], np.uint16)[kind],
        way_name=name,
        way_ref=np.zeros(way_count, np.int32),
        way_destination=np.zeros(way_count, np.int32),
        way_forward_kph=by_way("forward_kph", np.float32),
        way_backward_kph=by_way("backward_kph", np.float32),
        way_forward_manner=by_way("forward_manner", np.uint8),
        way_backward_manner=by_way("backward_manner", np.uint8),
        way_no_through=by_way("no_through", np.bool_),
        restrictions=draw_rules(random, ends, kind, [mode.name for mode in modes]),
        place_kind=np.full(len(toll), int(PlaceKind.TOLL_BOOTH), np.uint8),
        place_lon_e7=lon_e7[toll].astype(np.int32),
        place_lat_e7=lat_e7[toll].astype(np.int32),
        place_name=np.zeros(len(toll), np.int32),
        place_ref=np.zeros(len(toll), np.int32),
        place_node=toll.astype(np.int32),
        place_osm_id=osm_id[toll],
        texts=texts,
        title=title,
        attribution="generated",
    )


def _with_bends(
    random: np.random.Generator, east_m: np.ndarray, north_m: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(way_node, way_first_node, east_m, north_m) with up to six points between the ends of each
    stretch, on an arc of gentle curvature, more of them on long stretches."""
    start, end = ends[:, 0], ends[:, 1]
    along_x, along_y = east_m[end] - east_m[start], north_m[end] - north_m[start]
    length_m = np.hypot(along_x, along_y)
    bends = np.minimum(6, random.poisson(0.8 + np.minimum(length_m, 2_000) / 600))
    sway = np.clip(random.normal(0, 0.05, len(ends)), -0.15, 0.15)
    first_node = np.concatenate(([0], np.cumsum(bends + 2))).astype(np.int64)
    way = np.repeat(np.arange(len(ends)), bends + 2)
    step = np.arange(len(way)) - first_node[way]
    inner = (step > 0) & (step <= bends[way])
    way_of_bend = way[inner]
    share = step[inner] / (bends[way_of_bend] + 1)
    aside = sway[way_of_bend] * np.sin(math.pi * share)
    new_x = east_m[start[way_of_bend]] + along_x[way_of_bend] * share - along_y[way_of_bend] * aside
    new_y = (
        north_m[start[way_of_bend]] + along_y[way_of_bend] * share + along_x[way_of_bend] * aside
    )
    way_node = np.empty(len(way), np.int32)
    way_node[first_node[:-1]] = start
    way_node[first_node[1:] - 1] = end
    way_node[inner] = len(east_m) + np.arange(len(way_of_bend))
    return (
        way_node,
        first_node,
        np.concatenate((east_m, new_x)),
        np.concatenate((north_m, new_y)),
    )
