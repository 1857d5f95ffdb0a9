"""The points of map files: where the needed ones lie, and what stands at them.

Second of two passes. libosmium notes every point of the files as (id, longitude, latitude) in a
memory file, 16 bytes each, which numpy then reads as one array: no point without tags ever becomes
a Python object.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import osmium
from osmium.filter import EntityFilter, IdFilter, KeyFilter
from osmium.osm import NODE, WAY

from geodata.osm.map_file import MapFile
from geodata.osm.opl import memory_file, path_of
from geodata.osm.scan import PROGRESS_STEP, reading

PLACE_KEYS = frozenset({"amenity", "highway"})
"""Keys under which places stand that are points, besides those that modes look at."""

BYTES_PER_TAGGED_NODE = 400
"""Packed bytes of a file per point with one of those keys, for the progress bar only."""

POINTS_AT_ONCE = 1 << 20
"""Entries looked at together: 16 MB."""

_ENTRY = np.dtype([("id", "<i8"), ("lon_e7", "<i4"), ("lat_e7", "<i4")])
_NOWHERE = np.iinfo(np.int32).max
"""libosmium's coordinate of a point without one."""
_MAX_LON_E7, _MAX_LAT_E7 = 1_800_000_000, 900_000_000


@dataclass(frozen=True, slots=True)
class TaggedNode:
    """A node with tags that may matter."""

    osm_id: int
    version: int
    tags: Mapping[str, str]
    lon_e7: int
    lat_e7: int


@dataclass(slots=True)
class Points:
    """What the second pass found. Ids that lie nowhere are absent."""

    osm_id: np.ndarray  # int64[point], rising, each once
    lon_e7: np.ndarray  # int32[point]
    lat_e7: np.ndarray  # int32[point]
    tagged: dict[int, TaggedNode] = field(default_factory=dict)
    member_refs: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """OSM way id -> OSM node ids, of the ways asked for by id."""

    def index_of(self, osm_ids: np.ndarray) -> np.ndarray:
        """int64 index of each id, -1 where it lies nowhere."""
        if not len(self.osm_id):
            return np.full(len(osm_ids), -1, np.int64)
        place = np.minimum(np.searchsorted(self.osm_id, osm_ids), len(self.osm_id) - 1)
        return np.where(self.osm_id[place] == osm_ids, place, -1)


def sorted_once(ids: np.ndarray) -> np.ndarray:
    """The ids rising, each once. (``np.unique`` hashes, which takes five times as long here.)"""
    ids = np.sort(ids)
    is_new = np.ones(len(ids), bool)
    is_new[1:] = ids[1:] != ids[:-1]
    return ids[is_new]


def locate_points(
    files: list[MapFile],
    needed_ids: np.ndarray,
    member_ways: Iterable[int],
    node_keys: AbstractSet[str],
    warnings: Counter[str],
    progress: Callable[[float], None],
) -> Points:
    """The needed points (ids rising, each once), the nodes with any of the keys, and the points of
    the ways asked for by id.

    Where a point has two positions (files of different days) the last one read counts.
    """
    member_ways = set(member_ways)
    points = Points(*(np.empty(0, np.int64),) * 3)
    negative: dict[int, tuple[int, int]] = {}
    deleted = {node for file in files if file.deletions for node in file.deletions.nodes}
    with memory_file("map-points") as entries:
        index = osmium.index.create_map(f"sparse_file_array,{path_of(entries)}")
        for number, file in enumerate(files):

            def share(part: float, number: int = number) -> None:
                progress((number + part) / len(files))

            with reading(file):
                _read_nodes(file, index, member_ways, node_keys, points, share)
                # libosmium's index has no room for ids below zero, which editors give to
                # what they have not uploaded yet
                if len(needed_ids) and needed_ids[0] < 0:
                    _read_negative(file, negative)
        members = [np.array(refs, np.int64) for refs in points.member_refs.values()]
        ids = sorted_once(np.concatenate((needed_ids, *members))) if members else needed_ids
        lon, lat = _look_up(entries, ids, warnings)
    for osm_id, (lon_e7, lat_e7) in negative.items():
        place = np.searchsorted(ids, osm_id)
        if place < len(ids) and ids[place] == osm_id:
            lon[place], lat[place] = lon_e7, lat_e7
    known = (lon != _NOWHERE) & ~np.isin(ids, np.fromiter(deleted, np.int64, len(deleted)))
    possible = (np.abs(lon.astype(np.int64)) <= _MAX_LON_E7) & (
        np.abs(lat.astype(np.int64)) <= _MAX_LAT_E7
    )
    out_of_range = int((known & ~possible).sum())
    if out_of_range:
        warnings["a point lies outside -180..180, -90..90 degrees and was left out"] += out_of_range
    known &= possible
    points.osm_id, points.lon_e7, points.lat_e7 = ids[known], lon[known], lat[known]
    for osm_id in deleted:
        points.tagged.pop(osm_id, None)
    progress(1.0)
    return points


def _read_nodes(
    file: MapFile,
    index: osmium.index.LocationTable,
    member_ways: set[int],
    node_keys: AbstractSet[str],
    points: Points,
    progress: Callable[[float], None],
) -> None:
    """All positions into the index; nodes with tags and member ways into `points`."""
    expected = file.path.stat().st_size / BYTES_PER_TAGGED_NODE + 1
    wanted = NODE | WAY if member_ways else NODE
    objects = osmium.FileProcessor(file.source(), wanted).with_locations(index)
    objects.with_filter(EntityFilter(wanted))
    objects.with_filter(KeyFilter(*sorted(node_keys | PLACE_KEYS)).enable_for(NODE))
    if member_ways:
        objects.with_filter(IdFilter(member_ways).enable_for(WAY))
    for seen, entry in enumerate(objects):
        if seen % PROGRESS_STEP == 0:
            progress(seen / (seen + expected))
        if not entry.visible:
            continue
        if entry.is_way():
            refs = tuple([node.ref for node in entry.nodes])
            if len(refs) >= len(points.member_refs.get(entry.id, ())):
                points.member_refs[entry.id] = refs
            continue
        location = entry.location
        if not location.valid():
            continue
        known = points.tagged.get(entry.id)
        if known is None or known.version <= entry.version:
            points.tagged[entry.id] = TaggedNode(
                entry.id, entry.version, dict(entry.tags), location.x, location.y
            )


def _read_negative(file: MapFile, negative: dict[int, tuple[int, int]]) -> None:
    for node in osmium.FileProcessor(file.source(), NODE):
        if node.id < 0 and node.visible:
            location = node.location
            negative[node.id] = (location.x, location.y)


def _look_up(
    entries: BinaryIO, ids: np.ndarray, warnings: Counter[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (int32) of the ids among the entries, ``_NOWHERE`` for those without."""
    lon = np.full(len(ids), _NOWHERE, np.int32)
    lat = np.full(len(ids), _NOWHERE, np.int32)
    size = os.fstat(entries.fileno()).st_size // _ENTRY.itemsize
    if not size or not len(ids):
        return lon, lat
    table = np.memmap(entries, _ENTRY, mode="r", shape=(size,))
    moved = 0
    for start in range(0, size, POINTS_AT_ONCE):
        chunk = table[start : start + POINTS_AT_ONCE]
        chunk = chunk[chunk["lon_e7"] != _NOWHERE]
        place = np.minimum(np.searchsorted(ids, chunk["id"]), len(ids) - 1)
        found = ids[place] == chunk["id"]
        place, chunk = place[found], chunk[found]
        before = lon[place] != _NOWHERE
        moved += int(
            (before & ((lon[place] != chunk["lon_e7"]) | (lat[place] != chunk["lat_e7"]))).sum()
        )
        lon[place], lat[place] = chunk["lon_e7"], chunk["lat_e7"]
        moved += int(((lon[place] != chunk["lon_e7"]) | (lat[place] != chunk["lat_e7"])).sum())
    if moved:
        warnings["a point has two positions; the last one was taken"] += moved
    return lon, lat
