"""What to call a map, and whom to credit for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from geodata import sketch
from geodata.osm.parsing import Parsed

ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"


def title_of(files: Sequence[Parsed]) -> str:
    """The names of the files; a sketch is called a sketch whatever its file is called."""
    return ", ".join(
        sketch.TITLE if _is_sketch(parsed) else _file_title(parsed.file.path) for parsed in files
    )


def attribution_of(files: Sequence[Parsed]) -> str:
    """Whom to credit: OpenStreetMap, unless the files are drawn by this project."""
    credits_due = {sketch.ATTRIBUTION if _is_sketch(parsed) else ATTRIBUTION for parsed in files}
    return "; ".join(sorted(credits_due))


def _is_sketch(parsed: Parsed) -> bool:
    """Whether the file's header says that it was drawn by :mod:`geodata.sketch`."""
    return parsed.generator == sketch.TITLE


def _file_title(path: Path) -> str:
    """The file's name without what only says its format."""
    name = path.name
    for ending in (".gz", ".bz2", ".pbf", ".xml", ".osm"):
        name = name.removesuffix(ending)
    return name.replace("_", " ").strip() or path.name
