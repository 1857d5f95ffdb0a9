"""What to call a map, and whom to credit for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import osmium

from geodata import sketch

ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"


def title_of(paths: Sequence[Path]) -> str:
    """The names of the files; a sketch is called a sketch whatever its file is called."""
    return ", ".join(sketch.TITLE if _is_sketch(path) else _file_title(path) for path in paths)


def attribution_of(paths: Sequence[Path]) -> str:
    """Whom to credit: OpenStreetMap, unless the files are drawn by this project."""
    credits_due = {sketch.ATTRIBUTION if _is_sketch(path) else ATTRIBUTION for path in paths}
    return "; ".join(sorted(credits_due))


def _is_sketch(path: Path) -> bool:
    """Whether the file's header says that it was drawn by :mod:`geodata.sketch`."""
    with osmium.io.Reader(str(path), osmium.osm.osm_entity_bits.NOTHING) as reader:
        return reader.header().get("generator") == sketch.TITLE


def _file_title(path: Path) -> str:
    """The file's name without what only says its format."""
    name = path.name
    for ending in (".gz", ".bz2", ".pbf", ".xml", ".osm"):
        name = name.removesuffix(ending)
    return name.replace("_", " ").strip() or path.name
