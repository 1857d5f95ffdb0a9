"""Pedestrian areas of a map: outlines of relations as ways, and lines across every area."""

from __future__ import annotations

from collections import Counter

import numpy as np

from geodata.osm.areas import Area, join_rings, lines_across
from geodata.osm.doubles import Ways
from geodata.osm.points import Points
from geodata.osm.scan import OsmRelation, Scan
from geodata.osm.tables import Lines
from geodata.osm.verdicts import VerdictTable

_INNER_ROLE = "inner"

Found = tuple[int, tuple[int, int], Area]
"""OSM way id, rows of the verdict and the description table, the area."""


class _Added:
    """Lines to be added, growing."""

    def __init__(self) -> None:
        self.osm_id: list[int] = []
        self.verdict: list[int] = []
        self.description: list[int] = []
        self.is_across: list[bool] = []
        self.points: list[tuple[int, ...]] = []

    def add(self, osm_id: int, rows: tuple[int, int], is_across: bool, points) -> None:
        self.osm_id.append(osm_id)
        self.verdict.append(rows[0])
        self.description.append(rows[1])
        self.is_across.append(is_across)
        self.points.append(tuple(points))

    def after(self, lines: Lines) -> Lines:
        if not self.osm_id:
            return lines
        ends = np.cumsum([len(points) for points in self.points]) + len(lines.point)
        return Lines(
            np.concatenate((lines.osm_id, np.array(self.osm_id, np.int64))),
            np.concatenate((lines.verdict, np.array(self.verdict, np.int64))),
            np.concatenate((lines.description, np.array(self.description, np.int64))),
            np.concatenate((lines.is_across, np.array(self.is_across, bool))),
            np.concatenate((lines.first_point, ends)),
            np.concatenate((lines.point, *(np.array(p, np.int64) for p in self.points))),
        )


def add_areas(
    lines: Lines,
    ways: Ways,
    scan: Scan,
    points: Points,
    verdicts: VerdictTable,
    descriptions: VerdictTable,
    with_lines_across: bool,
    warnings: Counter[str],
) -> Lines:
    """The lines, then outlines that only relations call walkable, then lines across areas.

    Indices in ``Lines.point`` are those of `points`.
    """
    found: list[Found] = []
    outline_ids = set(ways.osm_id[ways.area].tolist())
    for way in np.flatnonzero(ways.area).tolist():
        ring = points.index_of(ways.refs_of(way))
        if (ring >= 0).all():
            rows = int(ways.verdict[way]), int(ways.description[way])
            found.append((int(ways.osm_id[way]), rows, Area((_without_repeats(ring),))))

    outlines = _Added()
    kept_ways = set(lines.osm_id.tolist())
    for relation in scan.areas.values():
        tags = {**relation.tags, "area": "yes"}
        rows = verdicts.row(tags), descriptions.row(tags)
        if not any(verdict.usable for verdict in verdicts.rows[rows[0]]):
            continue
        outline_ids.update(osm_id for kind, osm_id, _ in relation.members if kind == "w")
        area, first_id = _relation_area(relation, scan, points, rows, kept_ways, outlines, warnings)
        if area is not None:
            found.append((first_id, rows, area))
    lines = outlines.after(lines)
    if not with_lines_across or not found:
        return lines

    is_stop = _touched(lines, found, outline_ids, len(points.osm_id))
    across = _Added()
    for osm_id, rows, area in found:
        for pair in lines_across(area, points.lon_e7, points.lat_e7, is_stop, warnings):
            across.add(osm_id, rows, True, pair)
    return across.after(lines)


def _relation_area(
    relation: OsmRelation,
    scan: Scan,
    points: Points,
    rows: tuple[int, int],
    kept_ways: set[int],
    outlines: _Added,
    warnings: Counter[str],
) -> tuple[Area | None, int]:
    """The area, None where its rings do not close, and the OSM id of its first outer way."""
    members: dict[bool, list[tuple[int, ...]]] = {False: [], True: []}
    first_id = 0
    for kind, osm_id, role in relation.members:
        if kind != "w" or osm_id not in scan.member_refs:
            continue
        index = points.index_of(scan.member_refs[osm_id])
        line = _without_repeats(index[index >= 0])
        if len(line) < 2:
            continue
        members[role == _INNER_ROLE].append(line)
        if role != _INNER_ROLE:
            first_id = first_id or osm_id
        if osm_id not in kept_ways:
            kept_ways.add(osm_id)
            outlines.add(osm_id, rows, False, line)
    outer, open_outer = join_rings(members[False])
    inner, open_inner = join_rings(members[True])
    if open_outer or open_inner or not outer:
        warnings["a pedestrian area with an open outline has no lines across"] += 1
        return None, first_id
    return Area(tuple(outer), tuple(inner)), first_id


def _touched(lines: Lines, found: list[Found], outline_ids: set[int], count: int) -> np.ndarray:
    """bool[point]: a line that outlines no area passes there, or two areas meet there."""
    outline_ids = np.fromiter(outline_ids, np.int64, len(outline_ids))
    is_outline = np.repeat(np.isin(lines.osm_id, outline_ids), np.diff(lines.first_point))
    touched = np.bincount(lines.point[~is_outline], minlength=count) > 0
    areas = np.zeros(count, np.int64)
    for _, _, area in found:
        areas[list({node for ring in (*area.outer, *area.inner) for node in ring})] += 1
    return touched | (areas > 1)


def _without_repeats(index: np.ndarray) -> tuple[int, ...]:
    keep = np.ones(len(index), bool)
    keep[1:] = index[1:] != index[:-1]
    return tuple(index[keep].tolist())
