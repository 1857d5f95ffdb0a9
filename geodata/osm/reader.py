"""Reading map files: from OpenStreetMap to :class:`geodata.osm.raw_roads.RawRoads`.

The steps, each in a module of its own:

1. ``map_file``   every file is looked through for damage and malice before it is parsed
2. ``scan``       first pass: ways with their verdicts, relations (as lines of text, ``opl``)
3. ``doubles``    ways that come more than once become one
4. ``points``     second pass: where the needed points lie, and what stands at them
5. ``lines``      ways are cut where points are missing
6. ``areas``      pedestrian areas get lines across
7. ``relations``, ``places``, ``tables``   turn rules, places, everything as arrays

Memory: about 100 bytes per point of a kept way, 16 bytes per other point of the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodata.errors import MapFileError
from geodata.modes import Mode, node_tag_keys
from geodata.osm.credit import attribution_of, title_of
from geodata.osm.doubles import Ways, merge_doubles
from geodata.osm.ground import add_areas
from geodata.osm.lines import unbroken_runs
from geodata.osm.map_file import MapFile, check_map_files
from geodata.osm.points import Points, locate_points, sorted_once
from geodata.osm.raw_roads import RawRoads
from geodata.osm.relations import read_restrictions
from geodata.osm.scan import Scan, scan_files
from geodata.osm.tables import Lines, Texts, node_tables, place_tables, way_tables
from geodata.osm.verdicts import node_judgements, way_descriptions, way_verdicts

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0..1."""


DRAWN_ONE_WAY = frozenset({"trunk", "trunk_link", "motorway_link"})
"""The roads that an exporter who drops the one-way tags harms: all that are one-way by a tag alone
on nearly every map. Their slip roads belong to them, or the ramps could be driven the wrong way."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the reader cannot know from the file."""

    title: str = ""
    """What to call the map; by default the names of the files."""
    attribution: str = ""
    """Whom to credit on every page and printout; by default OpenStreetMap."""
    one_way_classes: frozenset[str] = frozenset()
    """``highway`` values whose ways are one-way in the direction they are drawn, unless a
    ``oneway`` tag says otherwise: for maps whose one-way tags were lost (``DRAWN_ONE_WAY``)."""
    areas: bool = True
    """Whether pedestrian areas get lines across."""


def read_roads(
    paths: Sequence[Path],
    modes: Sequence[Mode],
    progress: Progress | None = None,
    options: ImportOptions | None = None,
) -> RawRoads:
    """The roads that any of the modes may use, from one file or several that overlap.

    Raises :class:`geodata.errors.MapFileError` with one sentence where a file cannot be read, is
    damaged or hostile, or where no file holds a road. What can be lived with is counted in
    ``RawRoads.warnings``.
    """
    options = options or ImportOptions()
    tell = progress or (lambda doing, share: None)
    warnings: Counter[str] = Counter()

    files = check_map_files(paths, lambda share: tell("checking files", share))
    verdicts, descriptions = way_verdicts(modes), way_descriptions()
    scan = scan_files(
        files,
        verdicts,
        descriptions,
        options.one_way_classes,
        lambda share: tell("reading ways", share),
    )
    warnings.update(scan.warnings)
    ways = merge_doubles(scan.ways, warnings if len(files) == 1 else None)
    if not len(ways.osm_id):
        raise MapFileError(_no_road(files, modes))
    points = _locate(
        files,
        scan,
        ways,
        node_tag_keys(modes),
        warnings,
        lambda share: tell("reading points", share),
    )

    tell("joining", 0.0)
    runs = unbroken_runs(ways.first_ref, points.index_of(ways.refs), warnings)
    lines = Lines(
        osm_id=ways.osm_id[runs.way],
        verdict=ways.verdict[runs.way],
        description=ways.description[runs.way],
        is_across=np.zeros(len(runs.way), bool),
        first_point=runs.first_point,
        point=runs.point,
    )
    lines = add_areas(lines, ways, scan, points, verdicts, descriptions, options.areas, warnings)
    if not len(lines.osm_id):
        raise MapFileError(
            f"{_names(files)} holds roads but not the points they run through; "
            "export it again with all points of every way."
        )
    tell("joining", 0.5)
    texts = Texts()
    used, lines = _used_points(lines, len(points.osm_id))
    judgements = node_judgements(modes)
    nodes = node_tables(used, points, modes, judgements, warnings)
    way_arrays = way_tables(lines, used, points, modes, verdicts, descriptions, texts, warnings)
    places = place_tables(scan, points, used, judgements, texts)
    restrictions = read_restrictions(
        scan.restrictions.values(), modes, set(lines.osm_id.tolist()), warnings
    )
    tell("joining", 1.0)
    return RawRoads(
        **nodes,
        **way_arrays,
        **places,
        restrictions=restrictions,
        texts=texts.in_order(),
        title=options.title or title_of(files),
        attribution=options.attribution or attribution_of(files),
        warnings=+warnings,
    )


def _locate(
    files: list[MapFile],
    scan: Scan,
    ways: Ways,
    node_keys: frozenset[str],
    warnings: Counter[str],
    progress: Callable[[float], None],
) -> Points:
    """The points of roads and places, and the ways that outline areas drawn as relations."""
    place_refs = [ref for way in scan.place_ways.values() for ref in way.refs]
    needed = sorted_once(np.concatenate((ways.refs, np.array(place_refs, np.int64))))
    member_ways = {
        osm_id
        for relation in scan.areas.values()
        for kind, osm_id, _ in relation.members
        if kind == "w"
    }
    return locate_points(files, needed, member_ways, node_keys, warnings, progress)


def _used_points(lines: Lines, count: int) -> tuple[np.ndarray, Lines]:
    """The points that lines pass, rising, and the lines with indices into those."""
    passed = np.zeros(count, bool)
    passed[lines.point] = True
    return np.flatnonzero(passed), lines._replace(point=(np.cumsum(passed) - 1)[lines.point])


def _no_road(files: list[MapFile], modes: Sequence[Mode]) -> str:
    names = ", ".join(mode.name for mode in modes)
    return (
        f"{_names(files)} holds no road that may be used by {names}; "
        "export the highways of the area with all their tags."
    )


def _names(files: list[MapFile]) -> str:
    return ", ".join(file.name for file in files)
