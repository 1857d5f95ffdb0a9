"""The compiled map for whatever a caller names: a map folder, or an OSM file that is compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from geodata.compile import compile_map

from geodata.errors import MapFileError, MapFolderError
from geodata.osm import ImportOptions
from geodata.store import is_map_folder, network_info

DIGEST_CHARACTERS = 12  # 48 bits tell the maps of one machine apart


def compiled(
    map: Path,
    data_dir: Path,
    options: ImportOptions,
    progress: Callable[[str, float], None] | None = None,
) -> Path:
    """Folder of the compiled map; an OSM file is compiled once and found again next time.

    Raises MapFileError or MapFolderError.
    """
    if is_map_folder(map):
        return map
    if map.is_dir():
        raise MapFolderError(f"{map} is no compiled map; make one with: forestall map build")
    if not map.is_file():
        raise MapFileError(f"There is no map at {map}.")
    folder = data_dir / "maps" / f"{map.name.split('.')[0]}-{_fingerprint(map, options)}"
    if not _usable(folder):
        compile_map([map], folder, options, progress)
    return folder


def _fingerprint(file: Path, options: ImportOptions) -> str:
    """Tells this content, read with these options, from every other."""
    with file.open("rb") as opened:
        content = hashlib.file_digest(opened, "sha256")
    content.update(repr(options).encode())
    return content.hexdigest()[:DIGEST_CHARACTERS]


def _usable(folder: Path) -> bool:
    try:
        network_info(folder)
    except MapFolderError:  # none there, or of another version
        return False
    return True
