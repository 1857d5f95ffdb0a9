"""Verdicts, texts and points laid out as the arrays of :class:`geodata.osm.raw_roads.RawRoads`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geodata.modes import Mode
from geodata.network import E7, EdgeFlag, PlaceKind
from geodata.osm.places import (
    RawPlace,
    middle_e7,
    place_kind_of_node,
    place_kind_of_way,
    place_name,
    place_ref,
)
from geodata.osm.points import Points
from geodata.osm.scan import Scan
from geodata.osm.verdicts import VerdictTable, column

MEAN_EARTH_RADIUS_M = 6_371_008.8
"""IUGG mean radius; within 0.6 % of the ellipsoid, and only ferry speeds depend on it here."""


class Lines(NamedTuple):
    """Ways as unbroken lines with their verdicts, and the lines across areas."""

    osm_id: np.ndarray  # int64[line]
    verdict: np.ndarray  # int64[line], row of the verdict table
    description: np.ndarray  # int64[line], row of the description table
    is_across: np.ndarray  # bool[line]: a line across an area
    first_point: np.ndarray  # int64[line + 1] into point
    point: np.ndarray  # int64[point of line]


class Texts:
    """Texts by number, each once; number 0 is the empty text."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        return self._number.setdefault(text, len(self._number))

    def in_order(self) -> list[str]:
        return list(self._number)


def node_tables(
    used: np.ndarray,
    points: Points,
    modes: Sequence[Mode],
    judgements: VerdictTable,
    warnings: Counter[str],
) -> dict:
    """The ``node_*`` fields; `used` are the indices of the points that become nodes."""
    osm_id = points.osm_id[used]
    flags = np.zeros(len(used), np.uint16)
    blocked = {mode.name: np.zeros(len(used), bool) for mode in modes}
    delay_s = {mode.name: np.zeros(len(used), np.float32) for mode in modes}
    tagged = np.array(sorted(points.tagged), np.int64)
    place = np.minimum(np.searchsorted(osm_id, tagged), max(len(osm_id) - 1, 0))
    on_road = osm_id[place] == tagged
    for node, tagged_id in zip(place[on_road].tolist(), tagged[on_road].tolist(), strict=True):
        judgement = judgements.verdict(points.tagged[tagged_id].tags)
        flags[node] = int(judgement.flags)
        for mode, verdict in zip(modes, judgement.verdicts, strict=True):
            blocked[mode.name][node] = verdict.blocked
            delay_s[mode.name][node] = verdict.delay_s
        warnings.update(dict.fromkeys(_all_warnings(judgement.verdicts), 1))
    return {
        "node_osm_id": osm_id,
        "node_lon_e7": points.lon_e7[used].astype(np.int32),
        "node_lat_e7": points.lat_e7[used].astype(np.int32),
        "node_flags": flags,
        "node_blocked": blocked,
        "node_delay_s": delay_s,
    }


def way_tables(
    lines: Lines,
    used: np.ndarray,
    points: Points,
    modes: Sequence[Mode],
    verdicts: VerdictTable,
    descriptions: VerdictTable,
    texts: Texts,
    warnings: Counter[str],
) -> dict:
    """The ``way_*`` fields; the points of `lines` are indices into `used`."""
    said, row = descriptions.rows, lines.description
    flags = column(said, lambda d: int(d.edge_flags) & ~int(EdgeFlag.AREA), np.uint16)[row]
    flags[lines.is_across] |= int(EdgeFlag.AREA)
    tables = {
        "way_osm_id": lines.osm_id,
        "way_first_node": lines.first_point,
        "way_node": lines.point.astype(np.int32),
        "way_class": column(said, lambda d: int(d.road_class), np.uint8)[row],
        "way_flags": flags,
    }
    for text in ("name", "ref", "destination"):
        needed = _needed(row, len(said))
        numbers = np.zeros(len(said), np.int32)
        numbers[needed] = [texts.number(getattr(said[i], text)) for i in needed]
        tables[f"way_{text}"] = numbers[row]
    _count_warnings(lines, verdicts, warnings)
    timetable = _timetable_lines(lines, verdicts)
    length_m = _lengths_m(lines, timetable, points.lon_e7[used], points.lat_e7[used])
    for field, dtype in (
        ("forward_kph", np.float32),
        ("backward_kph", np.float32),
        ("forward_manner", np.uint8),
        ("backward_manner", np.uint8),
        ("no_through", bool),
    ):
        tables[f"way_{field}"] = by_mode = {}
        for number, mode in enumerate(modes):
            rows = [verdict[number] for verdict in verdicts.rows]
            values = column(rows, lambda v, field=field: getattr(v, field), dtype)[lines.verdict]
            if field.endswith("_kph"):
                for line, metres in zip(timetable, length_m, strict=True):
                    values[line] = getattr(rows[lines.verdict[line]].over(metres), field)
            by_mode[mode.name] = values
    return tables


def place_tables(
    scan: Scan,
    points: Points,
    used: np.ndarray,
    judgements: VerdictTable,
    texts: Texts,
) -> dict:
    """The ``place_*`` fields, in the order of kind and OSM id."""
    node_ids = points.osm_id[used]
    places = [*_node_places(points, node_ids, judgements), *_way_places(scan, points)]
    places.sort(key=lambda place: (place.kind, place.osm_id))
    ids = np.array([-1 if p.node_id is None else p.node_id for p in places], np.int64)
    is_node = np.array([p.node_id is not None for p in places], bool)
    at = np.minimum(np.searchsorted(node_ids, ids), len(node_ids) - 1)
    on_road = is_node & (node_ids[at] == ids)
    return {
        "place_kind": column(places, lambda p: int(p.kind), np.uint8),
        "place_lon_e7": column(places, lambda p: p.lon_e7, np.int32),
        "place_lat_e7": column(places, lambda p: p.lat_e7, np.int32),
        "place_name": column(places, lambda p: texts.number(p.name), np.int32),
        "place_ref": column(places, lambda p: texts.number(p.ref), np.int32),
        "place_node": np.where(on_road, at, -1).astype(np.int32),
        "place_osm_id": column(places, lambda p: p.osm_id, np.int64),
    }


def _node_places(points: Points, node_ids: np.ndarray, judgements: VerdictTable) -> list[RawPlace]:
    tagged = list(points.tagged.values())
    on_road = np.isin(column(tagged, lambda node: node.osm_id, np.int64), node_ids)
    places = []
    for node, is_on_road in zip(tagged, on_road.tolist(), strict=True):
        kind = place_kind_of_node(node.tags, judgements.verdict(node.tags).flags, is_on_road)
        if kind is not None:
            places.append(
                RawPlace(
                    kind=kind,
                    lon_e7=node.lon_e7,
                    lat_e7=node.lat_e7,
                    name=place_name(node.tags),
                    ref=place_ref(node.tags),
                    node_id=node.osm_id,
                    osm_id=node.osm_id,
                )
            )
    return places


def _way_places(scan: Scan, points: Points) -> list[RawPlace]:
    outlines = [(osm_id, scan.place_tags[osm_id], refs) for osm_id, refs in scan.place_refs.items()]
    for relation in scan.areas.values():
        outer = [
            (osm_id, relation.tags, scan.member_refs[osm_id])
            for kind, osm_id, role in relation.members
            if kind == "w" and role in ("outer", "") and osm_id in scan.member_refs
        ]
        # One place for the relation, standing at its longest outline.
        outlines += sorted(outer, key=lambda way: len(way[2]))[-1:]
    places = []
    for osm_id, tags, refs in outlines:
        kind: PlaceKind | None = place_kind_of_way(tags)
        index = points.index_of(refs)
        index = index[index >= 0]
        if kind is None or not len(index):
            continue
        lon_e7, lat_e7 = middle_e7(points.lon_e7[index], points.lat_e7[index])
        places.append(
            RawPlace(kind, lon_e7, lat_e7, place_name(tags), place_ref(tags), None, -abs(osm_id))
        )
    return places


def _needed(row: np.ndarray, count: int) -> list[int]:
    return np.flatnonzero(np.bincount(row, minlength=count)).tolist()


def _count_warnings(lines: Lines, verdicts: VerdictTable, warnings: Counter[str]) -> None:
    """Each sentence as often as there are lines whose verdict has it."""
    counts = np.bincount(lines.verdict[~lines.is_across], minlength=len(verdicts.rows))
    for row in np.flatnonzero(counts).tolist():
        for sentence in _all_warnings(verdicts.rows[row]):
            warnings[sentence] += int(counts[row])


def _all_warnings(verdicts: Sequence) -> dict[str, None]:
    """The sentences of all modes, each once."""
    return dict.fromkeys(sentence for verdict in verdicts for sentence in verdict.warnings)


def _timetable_lines(lines: Lines, verdicts: VerdictTable) -> list[int]:
    """Lines whose speed follows from a duration and their length."""
    timed = column(verdicts.rows, lambda modes: any(v.duration_s is not None for v in modes), bool)
    return np.flatnonzero(timed[lines.verdict]).tolist()


def _lengths_m(
    lines: Lines, chosen: list[int], lon_e7: np.ndarray, lat_e7: np.ndarray
) -> list[float]:
    """Metres of the chosen lines along the sphere. A ferry cut by a gap counts as it is left."""
    lengths = []
    for line in chosen:
        nodes = lines.point[lines.first_point[line] : lines.first_point[line + 1]]
        lon, lat = np.radians(lon_e7[nodes] / E7), np.radians(lat_e7[nodes] / E7)
        half_chord = (
            np.sin(np.diff(lat) / 2) ** 2
            + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
        )
        lengths.append(float(2 * MEAN_EARTH_RADIUS_M * np.arcsin(np.sqrt(half_chord)).sum()))
    return lengths
