"""The ways and relations of map files, as far as roads are concerned.

Ways that no mode may use are dropped on sight, so that their points are not needed.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from geodata.errors import MapFileError
from geodata.network import PlaceKind
from geodata.osm.map_file import MapFile
from geodata.osm.opl import (
    OplRelation,
    OplWay,
    decode_members,
    decode_refs,
    decode_tags,
    read_line,
)
from geodata.osm.parsing import Parsed
from geodata.osm.places import place_kind_of_way
from geodata.osm.verdicts import VerdictTable
from geodata.osm.xml_file import Deletions
from geodata.tags.ways import is_area

RESTRICTION_KIND = "restriction"

PROGRESS_STEP = 4096
"""Objects between two calls of progress."""

DECODED_AT_ONCE = 20_000
"""Ways whose points are decoded together: enough to be fast, few enough to take no memory."""


class _Kind(NamedTuple):
    """What one set of tags amounts to."""

    verdict: int  # row of the verdict table
    description: int  # row of the description table, -1 where no mode may use the way
    is_area: bool
    place: PlaceKind | None


class OsmRelation(NamedTuple):
    """A relation with its tags and its members as (type "n" | "w" | "r", OSM id, role)."""

    osm_id: int
    version: int
    tags: Mapping[str, str]
    members: tuple[tuple[str, int, str], ...]


@dataclass(slots=True)
class ScannedWays:
    """Roads in the order of the files, growing."""

    osm_id: array = field(default_factory=lambda: array("q"))
    version: array = field(default_factory=lambda: array("l"))
    verdict: array = field(default_factory=lambda: array("l"))  # row of the verdict table
    description: array = field(default_factory=lambda: array("l"))  # row of the description table
    area: array = field(default_factory=lambda: array("b"))  # 1: the closed outline of an area
    ref_count: array = field(default_factory=lambda: array("l"))
    refs: array = field(default_factory=lambda: array("q"))  # OSM ids of nodes
    _waiting: list[bytes] = field(default_factory=list)

    def add(self, way: OplWay, kind: _Kind, area: bool) -> None:
        self.osm_id.append(way.osm_id)
        self.version.append(way.version)
        self.verdict.append(kind.verdict)
        self.description.append(kind.description)
        self.area.append(area)
        self.ref_count.append(way.refs.count(b"n"))
        if way.refs:
            self._waiting.append(way.refs)
        if len(self._waiting) >= DECODED_AT_ONCE:
            self.decode_waiting()

    def decode_waiting(self) -> None:
        """Decode the refs of many ways in one go; to be called once more at the end."""
        self.refs.frombytes(decode_refs(b",".join(self._waiting)).tobytes())
        self._waiting.clear()


@dataclass(slots=True)
class Scan:
    """What was found in all files, but for the points."""

    ways: ScannedWays = field(default_factory=ScannedWays)
    place_tags: dict[int, Mapping[str, str]] = field(default_factory=dict)
    """OSM way id -> tags, of ways that are kept as places (a service area, a police station)."""
    place_refs: dict[int, np.ndarray] = field(default_factory=dict)
    """OSM way id -> OSM node ids (int64), of the same ways."""
    member_refs: dict[int, np.ndarray] = field(default_factory=dict)
    """OSM way id -> OSM node ids (int64), of ways that outline an area drawn as a relation."""
    restrictions: dict[int, OsmRelation] = field(default_factory=dict)
    areas: dict[int, OsmRelation] = field(default_factory=dict)


@contextmanager
def reading(file: MapFile) -> Iterator[None]:
    """Turns what is wrong with a parsed line (text that is not UTF-8) into one sentence."""
    try:
        yield
    except (ValueError, LookupError) as error:
        raise MapFileError(f"{file.name} is damaged: {str(error).rstrip('.')}.") from None


def scan_ways(
    parsed: Parsed,
    scan: Scan,
    verdicts: VerdictTable,
    descriptions: VerdictTable,
    one_way_classes: frozenset[str],
    progress: Callable[[float], None],
) -> None:
    """The roads, places and rules of one file added to `scan`."""
    deletions = parsed.file.deletions or Deletions()
    kinds: dict[bytes, _Kind] = {}
    size = os.fstat(parsed.found["lines"].fileno()).st_size + 1
    read_bytes = 0
    with reading(parsed.file):
        for number, line in enumerate(parsed.found["lines"]):
            read_bytes += len(line)
            if number % PROGRESS_STEP == 0:
                progress(read_bytes / size)
            entry = read_line(line)
            if entry is None:
                continue
            if isinstance(entry, OplRelation):
                if entry.osm_id not in deletions.relations:
                    _keep_relation(entry, verdicts, scan)
                continue
            kind = kinds.get(entry.tags)
            if kind is None:
                kind = kinds[entry.tags] = _kind(
                    decode_tags(entry.tags), verdicts, descriptions, one_way_classes
                )
            if entry.osm_id not in deletions.ways:
                _keep_way(entry, kind, scan)
        scan.ways.decode_waiting()
        for line in parsed.found["members"]:
            way = read_line(line)
            if way is not None and way.osm_id not in deletions.ways:
                _keep_longer(scan.member_refs, way.osm_id, decode_refs(way.refs))


def _kind(
    tags: dict[str, str],
    verdicts: VerdictTable,
    descriptions: VerdictTable,
    one_way_classes: frozenset[str],
) -> _Kind:
    if tags.get("highway") in one_way_classes and "oneway" not in tags:
        tags["oneway"] = "yes"
    verdict = verdicts.row(tags)
    usable = any(mode.usable for mode in verdicts.rows[verdict])
    return _Kind(
        verdict,
        descriptions.row(tags) if usable else -1,
        is_area(tags),
        place_kind_of_way(tags),
    )


def _keep_way(way: OplWay, kind: _Kind, scan: Scan) -> None:
    if kind.place is not None and _keep_longer(scan.place_refs, way.osm_id, decode_refs(way.refs)):
        scan.place_tags[way.osm_id] = decode_tags(way.tags)
    if kind.description >= 0:
        area = kind.is_area and _is_ring(way.refs)
        scan.ways.add(way, kind, area)


def _is_ring(refs: bytes) -> bool:
    """Whether the points lead round at least a triangle."""
    ends = refs.split(b",")
    return len(ends) > 3 and ends[0] == ends[-1]


def _keep_relation(entry: OplRelation, verdicts: VerdictTable, scan: Scan) -> None:
    tags = decode_tags(entry.tags)
    if tags.get("type") == RESTRICTION_KIND:
        kept = scan.restrictions
    else:
        kept = scan.areas
        usable = any(mode.usable for mode in verdicts.verdict({**tags, "area": "yes"}))
        if not usable and place_kind_of_way(tags) is None:
            return
    if entry.osm_id not in kept or kept[entry.osm_id].version <= entry.version:
        kept[entry.osm_id] = OsmRelation(
            entry.osm_id, entry.version, tags, decode_members(entry.members)
        )


def _keep_longer(kept: dict[int, np.ndarray], osm_id: int, refs: np.ndarray) -> bool:
    """Of a way that comes twice the one with more points stays (extracts cut at a border)."""
    if osm_id in kept and len(kept[osm_id]) > len(refs):
        return False
    kept[osm_id] = refs
    return True
