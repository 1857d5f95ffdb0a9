"""Reading map files: from OpenStreetMap to :class:`geodata.osm.raw_roads.RawRoads`.

The steps, each in a module of its own:

1. ``map_file``   every file is looked through for damage and malice before it is parsed
2. ``parsing``    libosmium parses it in processes of its own (``parser``), two at a time
3. ``scan``       ways with their verdicts, and relations, from lines of text (``opl``)
4. ``doubles``    ways that come more than once become one
5. ``points``     where the needed points lie, and what stands at them
6. ``lines``      ways are cut where points are missing
7. ``areas``, ``ground``   pedestrian areas get lines across
8. ``relations``, ``places``, ``tables``   turn rules, places, everything as arrays

Memory: about 100 bytes per point of a kept way, 16 bytes per other point of the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodata.errors import MapFileError
from geodata.id_sets import sorted_once
from geodata.modes import Mode, node_tag_keys
from geodata.osm.credit import attribution_of, title_of
from geodata.osm.doubles import Ways, merge_doubles
from geodata.osm.ground import add_areas
from geodata.osm.lines import unbroken_runs
from geodata.osm.map_file import MapFile, check_map_files
from geodata.osm.parsing import Parsings
from geodata.osm.points import OUTSIDE, PLACE_KEYS, PointsWanted
from geodata.osm.raw_roads import RawRoads
from geodata.osm.relations import read_restrictions
from geodata.osm.scan import Scan, scan_ways
from geodata.osm.tables import Lines, Texts, node_tables, place_tables, way_tables
from geodata.osm.verdicts import node_judgements, way_descriptions, way_verdicts
from geodata.tags.ways import WAY_MAIN_KEYS

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
    node_keys = node_tag_keys(modes) | PLACE_KEYS
    with Parsings(
        [(file, "ways", WAY_MAIN_KEYS) for file in files]
        + [(file, "points", node_keys) for file in files]
    ) as parsings:
        scan, parsed = Scan(), []
        for number in range(len(files)):
            share = _share(tell, "reading ways", number, len(files))
            parsed.append(parsings.finish_next(lambda part, share=share: share(part / 2)))
            scan_ways(
                parsed[-1],
                scan,
                verdicts,
                descriptions,
                options.one_way_classes,
                lambda part, share=share: share((1 + part) / 2),
            )
        tell("reading ways", 1.0)
        ways = merge_doubles(scan.ways, warnings if len(files) == 1 else None)
        if not len(ways.osm_id):
            raise MapFileError(_no_road(files, modes))
        wanted = PointsWanted(_needed_ids(scan, ways))
        for number in range(len(files)):
            wanted.add(parsings.finish_next(_share(tell, "reading points", number, len(files))))
    if wanted.has_negative:
        with Parsings([(file, "negative", ()) for file in files]) as parsings:
            for _ in files:
                wanted.add_negative(parsings.finish_next(lambda part: None))
    points = wanted.found(warnings)
    tell("reading points", 1.0)

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
        raise MapFileError(_no_line(files, ways, warnings))
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
        title=options.title or title_of(parsed),
        attribution=options.attribution or attribution_of(parsed),
        warnings=+warnings,
    )


def _needed_ids(scan: Scan, ways: Ways) -> np.ndarray:
    """OSM ids, rising, of the points of roads, of places, and of areas drawn as relations."""
    members = {
        osm_id
        for relation in scan.areas.values()
        for kind, osm_id, _ in relation.members
        if kind == "w" and osm_id in scan.member_refs
    }
    outlines = [scan.member_refs[osm_id] for osm_id in members]
    return sorted_once(np.concatenate((ways.refs, *scan.place_refs.values(), *outlines)))


def _share(tell: Progress, doing: str, number: int, count: int) -> Callable[[float], None]:
    """Progress within one of several files as progress of the whole step."""
    return lambda part: tell(doing, (number + part) / count)


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


def _no_line(files: list[MapFile], ways: Ways, warnings: Counter[str]) -> str:
    """Why no road is left that runs anywhere."""
    if (np.diff(ways.first_ref) < 2).all():
        return (
            f"{_names(files)} holds no road of two points or more; "
            "export it again with all points of every way."
        )
    if warnings[OUTSIDE]:
        return (
            f"{_names(files)} holds roads whose points lie outside -180..180, -90..90 degrees; "
            "export it again with longitude and latitude in degrees."
        )
    return (
        f"{_names(files)} holds roads but not the points they run through; "
        "export it again with all points of every way."
    )


def _names(files: list[MapFile]) -> str:
    return ", ".join(file.name for file in files)
