"""The compiled map for whatever a caller names: a map folder, or an OSM file that is compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from geodata.errors import MapFileError, MapFolderError
from geodata.maps.compile import BASE_MAP_FILE, compile_map
from geodata.maps.store import is_map_folder, network_info
from geodata.modes import MODES, Mode
from geodata.modes.calibration import read_calibration
from geodata.osm import ImportOptions

DIGEST_CHARACTERS = 12  # 48 bits tell the maps of one machine apart


def compiled(
    map: Path,
    data_dir: Path,
    options: ImportOptions,
    progress: Callable[[str, float], None] | None = None,
    calibration: Path | None = None,
) -> Path:
    """Folder of the compiled map; an OSM file is compiled once and found again next time.

    A folder that was compiled before keeps the calibration that it was compiled with. Raises
    MapFileError, MapFolderError, or RequestError for the calibration.
    """
    if is_map_folder(map):
        return map
    if map.is_dir():
        raise MapFolderError(f"{map} is no compiled map; make one with: forestall map build")
    if not map.is_file():
        raise MapFileError(f"There is no map at {map}.")
    try:
        fingerprint = _fingerprint(map, options, calibration)
    except OSError as error:
        raise MapFileError(f"The map {map} cannot be read: {error.strerror}.") from None
    folder = data_dir / "maps" / f"{map.name.split('.')[0]}-{fingerprint}"
    if not _usable(folder):
        compile_map([map], folder, options, progress, modes_of(calibration))
    return folder


def modes_of(calibration: Path | None) -> tuple[Mode, ...]:
    """The modes of travel, as a centre's calibration file has them. Raises RequestError."""
    modes = MODES if calibration is None else read_calibration(calibration, MODES)
    return tuple(modes.values())


def _fingerprint(file: Path, options: ImportOptions, calibration: Path | None) -> str:
    """Tells this content, read with these options, from every other."""
    with file.open("rb") as opened:
        content = hashlib.file_digest(opened, "sha256")
    content.update(repr((options, modes_of(calibration))).encode())
    return content.hexdigest()[:DIGEST_CHARACTERS]


def _usable(folder: Path) -> bool:
    try:
        return BASE_MAP_FILE in network_info(folder).files
    except MapFolderError:  # none there, or of another version
        return False
