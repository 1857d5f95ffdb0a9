"""The ways and relations of map files, as far as roads are concerned.

First of two passes: everything but the points. Ways that no mode may use are dropped on sight, so
the second pass knows which points are needed.
"""

from __future__ import annotations

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
from geodata.osm.map_file import MapFile
from geodata.osm.places import place_kind_of_way
from geodata.osm.verdicts import VerdictTable
from geodata.tags.ways import WAY_MAIN_KEYS, is_area

RESTRICTION_KIND = "restriction"
AREA_KIND = "multipolygon"

PROGRESS_STEP = 4096
"""Objects between two calls of progress."""

BYTES_PER_WAY = 100
"""Packed bytes of a file per way of interest, for the progress bar only (measured: 17 to 220)."""

MAX_WAY_POINTS = 1_000_000
"""Points of one way beyond which the file is not a map (OpenStreetMap allows 2,000)."""


class OsmWay(NamedTuple):
    """A way that is kept for what it is, not as a road (a service area, a police station)."""

    osm_id: int
    tags: Mapping[str, str]
    refs: tuple[int, ...]


class OsmRelation(NamedTuple):
    """A relation with its tags and its members as (type "n" | "w" | "r", OSM id, role)."""

    osm_id: int
    version: int
    tags: Mapping[str, str]
    members: tuple[tuple[str, int, str], ...]


@dataclass(slots=True)
class ScannedWays:
    """Roads in the order of the files, growing. Refs are OSM ids of nodes."""

    osm_id: array = field(default_factory=lambda: array("q"))
    version: array = field(default_factory=lambda: array("l"))
    verdict: array = field(default_factory=lambda: array("l"))  # row of the verdict table
    description: array = field(default_factory=lambda: array("l"))  # row of the description table
    area: array = field(default_factory=lambda: array("b"))  # 1: the closed outline of an area
    ref_count: array = field(default_factory=lambda: array("l"))
    refs: array = field(default_factory=lambda: array("q"))

    def add(
        self, osm_id: int, version: int, verdict: int, description: int, area: bool, refs
    ) -> None:
        self.osm_id.append(osm_id)
        self.version.append(version)
        self.verdict.append(verdict)
        self.description.append(description)
        self.area.append(area)
        self.ref_count.append(len(refs))
        self.refs.extend(refs)


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
    except (RuntimeError, ValueError, OSError, KeyError, OverflowError) as error:
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
    expected = file.path.stat().st_size / BYTES_PER_WAY + 1
    deleted_ways = file.deletions.ways if file.deletions else frozenset()
    deleted_relations = file.deletions.relations if file.deletions else frozenset()
    ways, warnings = scan.ways, scan.warnings
    seen = 0
    objects = (
        osmium.FileProcessor(file.source(), WAY | RELATION)
        .with_filter(KeyFilter(*WAY_MAIN_KEYS).enable_for(WAY))
        .with_filter(
            TagFilter(("type", RESTRICTION_KIND), ("type", AREA_KIND)).enable_for(RELATION)
        )
    )
    for entry in objects:
        seen += 1
        if seen % PROGRESS_STEP == 0:
            progress(seen / (seen + expected))
        if entry.is_relation():
            if entry.id not in deleted_relations and entry.visible:
                _keep_relation(entry, verdicts, scan)
            continue
        if entry.id in deleted_ways or not entry.visible:
            continue
        tags = read_tags(entry, warnings)
        if tags.get("highway") in one_way_classes and "oneway" not in tags:
            tags["oneway"] = "yes"
        verdict = verdicts.row(tags)
        usable = any(mode.usable for mode in verdicts.rows[verdict])
        place = place_kind_of_way(tags)
        if not usable and place is None:
            continue
        refs = [node.ref for node in entry.nodes]
        if len(refs) > MAX_WAY_POINTS:
            warnings["a way with more than a million points was left out"] += 1
            continue
        if place is not None:
            _keep_newer(scan.place_ways, entry.id, OsmWay(entry.id, tags, tuple(refs)))
        if usable:
            area = len(refs) > 3 and refs[0] == refs[-1] and is_area(tags)
            ways.add(entry.id, entry.version, verdict, descriptions.row(tags), area, refs)


def read_tags(entry, warnings: Counter[str]) -> dict[str, str]:
    """The tags of an object; tags that are no text are left out."""
    try:
        return dict(entry.tags)
    except UnicodeDecodeError:
        tags = {}
        entries = iter(entry.tags)
        while True:
            try:
                tag = next(entries)
            except StopIteration:
                return tags
            except UnicodeDecodeError:
                warnings["the tags of an object are not UTF-8 and were read only in part"] += 1
                return tags
            tags[tag.k] = tag.v


def _keep_relation(entry, verdicts: VerdictTable, scan: Scan) -> None:
    tags = read_tags(entry, scan.warnings)
    if tags.get("type") == RESTRICTION_KIND:
        kept = scan.restrictions
    else:
        kept = scan.areas
        usable = any(mode.usable for mode in verdicts.verdict({**tags, "area": "yes"}))
        if not usable and place_kind_of_way(tags) is None:
            return
    relation = OsmRelation(
        entry.id,
        entry.version,
        tags,
        tuple((member.type, member.ref, member.role) for member in entry.members),
    )
    if entry.id not in kept or kept[entry.id].version <= entry.version:
        kept[entry.id] = relation


def _keep_newer(kept: dict, osm_id: int, way: OsmWay) -> None:
    """Of an object that comes twice the one with more points stays (extracts cut at a border)."""
    if osm_id not in kept or len(kept[osm_id].refs) <= len(way.refs):
        kept[osm_id] = way


def _plain(error: BaseException) -> str:
    """The parser's words without their trailing stop."""
    return str(error).strip().rstrip(".") or type(error).__name__
