"""The ways and relations of map files, as far as roads are concerned.

First of two passes: everything but the points. Ways that no mode may use are dropped on sight, so
the second pass knows which points are needed.
"""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import osmium
from osmium.filter import KeyFilter, TagFilter
from osmium.osm import NOTHING, RELATION, WAY

from geodata.errors import MapFileError
from geodata.network import PlaceKind
from geodata.osm.map_file import MapFile
from geodata.osm.opl import (
    OplRelation,
    OplWay,
    decode_members,
    decode_refs,
    decode_tags,
    picked_lines,
    read_line,
)
from geodata.osm.places import place_kind_of_way
from geodata.osm.verdicts import VerdictTable
from geodata.tags.ways import WAY_MAIN_KEYS, is_area

RESTRICTION_KIND = "restriction"
AREA_KIND = "multipolygon"

PROGRESS_STEP = 4096
"""Objects between two calls of progress."""

PICKING_SHARE = 0.5
"""Share of the time that libosmium takes to pick the objects, for the progress bar only."""

DECODED_AT_ONCE = 20_000
"""Ways whose points are decoded together: enough to be fast, few enough to take no memory."""


class OsmWay(NamedTuple):
    """A way that is kept for what it is, not as a road (a service area, a police station)."""

    osm_id: int
    tags: Mapping[str, str]
    refs: tuple[int, ...]


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
    """What the first pass found in all files."""

    ways: ScannedWays = field(default_factory=ScannedWays)
    place_ways: dict[int, OsmWay] = field(default_factory=dict)
    restrictions: dict[int, OsmRelation] = field(default_factory=dict)
    areas: dict[int, OsmRelation] = field(default_factory=dict)
    warnings: Counter[str] = field(default_factory=Counter)


@contextmanager
def reading(file: MapFile) -> Iterator[None]:
    """Turns whatever the parser says about the file into one sentence."""
    try:
        yield
    except MapFileError:
        raise
    except osmium.InvalidLocationError as error:
        raise MapFileError(
            f"{file.name} has a coordinate that is none: {_plain(error)}; correct or remove it."
        ) from None
    except (RuntimeError, ValueError, OSError, LookupError, OverflowError) as error:
        raise MapFileError(f"{file.name} is damaged: {_plain(error)}.") from None
    except MemoryError:
        raise MapFileError(
            f"{file.name} does not fit into memory; cut out a smaller area."
        ) from None


def scan_files(
    files: list[MapFile],
    verdicts: VerdictTable,
    descriptions: VerdictTable,
    one_way_classes: frozenset[str],
    progress: Callable[[float], None],
) -> Scan:
    """All roads, places and rules of the files."""
    scan = Scan()
    for number, file in enumerate(files):

        def share(part: float, number: int = number) -> None:
            progress((number + part) / len(files))

        with reading(file):
            _refuse_history(file)
            _scan_file(file, verdicts, descriptions, one_way_classes, scan, share)
    progress(1.0)
    return scan


def _refuse_history(file: MapFile) -> None:
    header = osmium.io.Reader(file.source(), NOTHING).header()
    if header.has_multiple_object_versions:
        raise MapFileError(
            f"{file.name} is a history file; make a map of one day with `osmium time-filter` first."
        )


def _scan_file(
    file: MapFile,
    verdicts: VerdictTable,
    descriptions: VerdictTable,
    one_way_classes: frozenset[str],
    scan: Scan,
    progress: Callable[[float], None],
) -> None:
    deleted_ways = file.deletions.ways if file.deletions else frozenset()
    deleted_relations = file.deletions.relations if file.deletions else frozenset()
    kinds: dict[bytes, _Kind] = {}
    with picked_lines(
        file.source(),
        WAY | RELATION,
        KeyFilter(*WAY_MAIN_KEYS).enable_for(WAY),
        TagFilter(("type", RESTRICTION_KIND), ("type", AREA_KIND)).enable_for(RELATION),
    ) as lines:
        size = os.fstat(lines.fileno()).st_size + 1
        read_bytes = 0
        for number, line in enumerate(lines):
            read_bytes += len(line)
            if number % PROGRESS_STEP == 0:
                progress(PICKING_SHARE + (1 - PICKING_SHARE) * read_bytes / size)
            entry = read_line(line)
            if entry is None:
                continue
            if isinstance(entry, OplRelation):
                if entry.osm_id not in deleted_relations:
                    _keep_relation(entry, verdicts, scan)
                continue
            kind = kinds.get(entry.tags)
            if kind is None:
                kind = kinds[entry.tags] = _kind(
                    decode_tags(entry.tags), verdicts, descriptions, one_way_classes
                )
            if entry.osm_id not in deleted_ways:
                _keep_way(entry, kind, scan)
    scan.ways.decode_waiting()


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
    if kind.place is not None:
        refs = tuple(decode_refs(way.refs).tolist())
        _keep_newer(scan.place_ways, way.osm_id, OsmWay(way.osm_id, decode_tags(way.tags), refs))
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


def _keep_newer(kept: dict, osm_id: int, way: OsmWay) -> None:
    """Of an object that comes twice the one with more points stays (extracts cut at a border)."""
    if osm_id not in kept or len(kept[osm_id].refs) <= len(way.refs):
        kept[osm_id] = way


def _plain(error: BaseException) -> str:
    """The parser's words without their trailing stop."""
    return str(error).strip().rstrip(".") or type(error).__name__
