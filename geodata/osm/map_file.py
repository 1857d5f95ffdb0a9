"""Is this file an OpenStreetMap file, whole, and harmless enough to be read?

Every file is looked through once before any parser sees it. The kind is told from the content, not
from the name, so a text file called ``.pbf`` is refused for what it is. What the checks of one kind
look for is said in :mod:`geodata.osm.pbf_file` and :mod:`geodata.osm.xml_file`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

import osmium

from geodata.errors import MapFileError
from geodata.osm.pbf_file import check_pbf, looks_like_pbf
from geodata.osm.xml_file import (
    BZIP2_MAGIC,
    GZIP_MAGIC,
    Deletions,
    check_xml,
)

HEAD_BYTES = 512
"""Enough to tell every kind of file that is known here, and the usual mistakes, apart."""

_NOT_A_MAP = (
    (b"PK\x03\x04", "is a zip archive; unpack it and give the map inside"),
    (b"\xfd7zXZ\x00", "is packed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is packed with zstd; unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it and give the map inside"),
    (b"<!doctype html", "is a web page; the download of the map must have failed"),
    (b"<html", "is a web page; the download of the map must have failed"),
    (b"SQLite format 3", "is an SQLite database (GeoPackage, MBTiles?)"),
    (b"{", "is JSON"),
)

_ACCEPTED = "OpenStreetMap files (.osm.pbf, .osm, .osm.gz or .osm.bz2) are needed"


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map file that passed the checks."""

    path: Path
    format: str
    """As libosmium calls it: ``pbf``, ``osm``, ``osm.gz`` or ``osm.bz2``."""
    deletions: Deletions | None = None
    """Objects that an editor marked as deleted but left in the file."""

    @property
    def name(self) -> str:
        return self.path.name

    def source(self) -> osmium.io.File:
        """The file as libosmium opens it. The path is absolute, so that no name can be taken for
        an address to fetch or for standard input."""
        return osmium.io.File(str(self.path.absolute()), self.format)


def check_map_file(path: Path, progress: Callable[[float], None] | None = None) -> MapFile:
    """The file at `path`, its kind known, after it was looked through for damage and malice.

    Memory use does not grow with the file, packed or not. Raises :class:`MapFileError` with one
    sentence.
    """
    path = Path(path)
    head = _read_head(path)
    progress = progress or (lambda share: None)
    if looks_like_pbf(head):
        check_pbf(path, progress)
        return MapFile(path, "pbf")
    if head.startswith(GZIP_MAGIC):
        return MapFile(path, "osm.gz", check_xml(path, "gzip", progress))
    if head.startswith(BZIP2_MAGIC):
        return MapFile(path, "osm.bz2", check_xml(path, "bzip2", progress))
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for magic, sentence in _NOT_A_MAP:
        if start.startswith(magic.lower()):
            raise MapFileError(f"{path.name} {sentence}; {_ACCEPTED}.")
    if start.startswith(b"<"):
        return MapFile(path, "osm", check_xml(path, None, progress))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00<" in head[:8] or b"<\x00" in head[:8]:
        raise MapFileError(f"{path.name} is written in UTF-16; save it as UTF-8.")
    raise MapFileError(f"{path.name} is not a map file; {_ACCEPTED}.")


def check_map_files(
    paths: Sequence[Path], progress: Callable[[float], None] | None = None
) -> list[MapFile]:
    """All files checked; each given once, whatever way it was written."""
    if not paths:
        raise MapFileError(f"No map file was given; {_ACCEPTED}.")
    checked: dict[Path, MapFile] = {}
    for number, path in enumerate(paths):

        def share(part: float, number: int = number) -> None:
            if progress:
                progress((number + part) / len(paths))

        real = Path(path).resolve()
        if real not in checked:
            checked[real] = check_map_file(Path(path), share)
    return list(checked.values())


def _read_head(path: Path) -> bytes:
    """The first bytes of a regular, readable file that is not empty."""
    try:
        if path.is_dir():
            raise MapFileError(f"{path} is a folder; name the map files in it.")
        if not S_ISREG(path.stat().st_mode):
            raise MapFileError(f"{path} is not an ordinary file; copy the map to disk first.")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise MapFileError(f"There is no file {path}; check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MapFileError(f"{path} cannot be opened: {reason}.") from None
    if not head:
        raise MapFileError(f"{path.name} is empty; download or export it again.")
    return head
