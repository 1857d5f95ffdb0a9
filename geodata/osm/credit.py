"""What to call a map, and whom to credit for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import osmium

from geodata import sketch
from geodata.osm.map_file import MapFile
from geodata.osm.scan import reading

ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"


def title_of(files: Sequence[MapFile]) -> str:
    """The names of the files; a sketch is called a sketch whatever its file is called."""
    return ", ".join(sketch.TITLE if _is_sketch(file) else _file_title(file.path) for file in files)


def attribution_of(files: Sequence[MapFile]) -> str:
    """Whom to credit: OpenStreetMap, unless the files are drawn by this project."""
    credits_due = {sketch.ATTRIBUTION if _is_sketch(file) else ATTRIBUTION for file in files}
    return "; ".join(sorted(credits_due))


def _is_sketch(file: MapFile) -> bool:
    """Whether the file's header says that it was drawn by :mod:`geodata.sketch`."""
    with reading(file), osmium.io.Reader(file.source(), osmium.osm.NOTHING) as reader:
        return reader.header().get("generator") == sketch.TITLE


def _file_title(path: Path) -> str:
    """The file's name without what only says its format."""
    name = path.name
    for ending in (".gz", ".bz2", ".pbf", ".xml", ".osm"):
        name = name.removesuffix(ending)
    return name.replace("_", " ").strip() or path.name
