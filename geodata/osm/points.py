"""The points of map files: where the needed ones lie, and what stands at them.

The parser notes every point of a file as (id, longitude, latitude) in a file
in memory, 16 bytes each, which numpy reads as one array: no point without tags ever becomes a
Python object.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from geodata.osm.opl import decode_tags, read_node_line
from geodata.osm.parsing import Parsed
from geodata.osm.scan import reading
from geodata.osm.xml_file import Deletions

PLACE_KEYS = frozenset({"amenity", "highway"})
"""Keys under which places stand that are points, besides those that modes look at."""

OUTSIDE = "a point lies outside -180..180, -90..90 degrees and was left out"

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
    """Points that were found. Ids that lie nowhere are absent."""

    osm_id: np.ndarray  # int64[point], rising, each once
    lon_e7: np.ndarray  # int32[point]
    lat_e7: np.ndarray  # int32[point]
    tagged: dict[int, TaggedNode]
    """OSM id -> node, of all nodes with tags that may matter, needed or not."""

    def index_of(self, osm_ids: np.ndarray) -> np.ndarray:
        """int64 index of each id, -1 where it lies nowhere."""
        if not len(self.osm_id):
            return np.full(len(osm_ids), -1, np.int64)
        place = np.minimum(np.searchsorted(self.osm_id, osm_ids), len(self.osm_id) - 1)
        return np.where(self.osm_id[place] == osm_ids, place, -1)


class PointsWanted:
    """The points asked for, filled in from one file after the other.

    Where a point has two positions (files of different days) the last one read counts.
    """

    def __init__(self, osm_ids: np.ndarray) -> None:
        """Of the needed ids, rising, each once."""
        self._ids = osm_ids
        self._lon = np.full(len(osm_ids), _NOWHERE, np.int32)
        self._lat = np.full(len(osm_ids), _NOWHERE, np.int32)
        self._tagged: dict[int, TaggedNode] = {}
        self._deleted: set[int] = set()
        self._moved = 0

    @property
    def has_negative(self) -> bool:
        """Whether ids below zero are asked for, which editors give to what is not uploaded yet.
        libosmium's index has no room for them; the parser has a task of its own for them."""
        return len(self._ids) > 0 and self._ids[0] < 0

    def add(self, parsed: Parsed) -> None:
        """Take in what the parser found for the task ``points``."""
        self._deleted |= (parsed.file.deletions or Deletions()).nodes
        self._look_up(parsed.found["places"])
        seen_tags: dict[bytes, Mapping[str, str]] = {}
        with reading(parsed.file):
            for line in parsed.found["lines"]:
                node = read_node_line(line)
                if node is None:
                    continue
                known = self._tagged.get(node.osm_id)
                if known is not None and known.version > node.version:
                    continue
                tags = seen_tags.get(node.tags)
                if tags is None:
                    tags = seen_tags[node.tags] = decode_tags(node.tags)
                self._tagged[node.osm_id] = TaggedNode(
                    node.osm_id, node.version, tags, node.lon_e7, node.lat_e7
                )

    def add_negative(self, parsed: Parsed) -> None:
        """Take in what the parser found for the task ``negative``."""
        with reading(parsed.file):
            for line in parsed.found["lines"]:
                osm_id, lon_e7, lat_e7 = map(int, line.split())
                place = np.searchsorted(self._ids, osm_id)
                if place < len(self._ids) and self._ids[place] == osm_id:
                    self._lon[place], self._lat[place] = lon_e7, lat_e7

    def found(self, warnings: Counter[str]) -> Points:
        """What was found in all files; what was wrong is counted."""
        deleted = np.fromiter(self._deleted, np.int64, len(self._deleted))
        known = (self._lon != _NOWHERE) & ~np.isin(self._ids, deleted)
        possible = (np.abs(self._lon.astype(np.int64)) <= _MAX_LON_E7) & (
            np.abs(self._lat.astype(np.int64)) <= _MAX_LAT_E7
        )
        if (known & ~possible).any():
            warnings[OUTSIDE] += int((known & ~possible).sum())
        if self._moved:
            warnings["a point has two positions; the last one was taken"] += self._moved
        known &= possible
        tagged = {
            osm_id: node
            for osm_id, node in self._tagged.items()
            if osm_id not in self._deleted
            and abs(node.lon_e7) <= _MAX_LON_E7
            and abs(node.lat_e7) <= _MAX_LAT_E7
        }
        return Points(self._ids[known], self._lon[known], self._lat[known], tagged)

    def _look_up(self, entries: BinaryIO) -> None:
        """Positions of the wanted ids among the entries of a file."""
        ids, lon, lat = self._ids, self._lon, self._lat
        size = os.fstat(entries.fileno()).st_size // _ENTRY.itemsize
        if not size or not len(ids):
            return
        table = np.memmap(entries, _ENTRY, mode="r", shape=(size,))
        for start in range(0, size, POINTS_AT_ONCE):
            chunk = table[start : start + POINTS_AT_ONCE]
            stands = chunk["lon_e7"] != _NOWHERE
            if not stands.any() and not chunk["id"].any():
                break  # room that libosmium made and did not need
            chunk = chunk[stands]
            place = np.minimum(np.searchsorted(ids, chunk["id"]), len(ids) - 1)
            wanted = ids[place] == chunk["id"]
            place, chunk = place[wanted], chunk[wanted]
            known = lon[place] != _NOWHERE
            moved = known & ((lon[place] != chunk["lon_e7"]) | (lat[place] != chunk["lat_e7"]))
            lon[place], lat[place] = chunk["lon_e7"], chunk["lat_e7"]
            # an entry that is not what stands there now was overwritten by a later one
            again = (lon[place] != chunk["lon_e7"]) | (lat[place] != chunk["lat_e7"])
            self._moved += int(moved.sum()) + int(again.sum())
