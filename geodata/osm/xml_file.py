"""Is this OSM XML file, packed or not, free of bombs and traps?

The file is unpacked piece by piece and every piece looked at before any parser sees the file:

1. No document type and no entity declaration anywhere (a few hundred bytes of nested entities
   expand to gigabytes). OpenStreetMap never needs one.
2. A packed file must be whole, and must not unpack to a size that no real map has.
3. UTF-8 or one of its subsets, so that rule 1 cannot be dodged by another encoding.
4. No single tag of unbounded length, which a parser would have to hold in memory.
5. The root is ``<osm>``: a change file (``<osmChange>``) or a web page says so.

On the way it notes what an editor marked as deleted (``action="delete"``, which JOSM writes) but
left in the file, because libosmium would pass it on.
"""

from __future__ import annotations

import bz2
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from geodata.errors import MapFileError

Packing = Literal["gzip", "bzip2"]
GZIP_MAGIC = b"\x1f\x8b"
BZIP2_MAGIC = b"BZh"

PIECE_BYTES = 1024 * 1024
"""Unpacked bytes looked at in one go."""

PACKED_PIECE_BYTES = 64 * 1024
"""Packed bytes read in one go."""

BOMB_BYTES = 64 * 1024 * 1024
BOMB_RATIO = 250
"""Refused: more than 64 MiB unpacked that are more than 250 times the packed bytes read so far.
Real maps reach 16 (gzip) and 25 (bzip2); gzip ends at 1032."""

MAX_TAG_BYTES = 1024 * 1024
"""Longest run without the end of a tag. Texts of OpenStreetMap have at most 255 characters."""

_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODINGS = {b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1"}
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_DECLARATION = re.compile(rb"<![A-Za-z]")  # a comment is "<!--", character data "<!["
_ACTION = re.compile(rb"""<(node|way|relation)\b[^<>]*\baction\s*=\s*["']delete["'][^<>]*>""")
_ID = re.compile(rb"""\bid\s*=\s*["'](-?\d{1,19})["']""")
_HIDDEN = re.compile(rb"""<(node|way|relation)\b[^<>]*\bvisible\s*=\s*["']false["'][^<>]*>""")
_LONGEST_MARK = 16
"""Bytes kept from the piece before, so that a mark cut in two is still found."""


@dataclass(slots=True)
class Deletions:
    """OSM ids of the objects that the file itself calls deleted."""

    nodes: set[int] = field(default_factory=set)
    ways: set[int] = field(default_factory=set)
    relations: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.nodes or self.ways or self.relations)


def check_xml(
    path: Path, packing: Packing | None, progress: Callable[[float], None]
) -> Deletions | None:
    """What the file calls deleted, or None. Raises :class:`MapFileError` where a rule is broken."""
    size = max(path.stat().st_size, 1)
    deletions = Deletions()
    rest = b""
    seen_root = False
    with path.open("rb") as file:
        for piece in _pieces(path, file, packing):
            text = rest + piece
            if not seen_root:
                seen_root = _check_start(path, text)
            if _DECLARATION.search(text):
                raise MapFileError(
                    f"{path.name} is refused: it declares a document type or entities, "
                    "which no OpenStreetMap file needs and which can hide a bomb."
                )
            if b"delete" in text or b"visible" in text:
                _note_deletions(text, deletions)
            rest = _unfinished_tag(path, text)
            progress(file.tell() / size)
    if not seen_root:
        raise MapFileError(f"{path.name} holds no OpenStreetMap data; download it again.")
    progress(1.0)
    return deletions or None


def _check_start(path: Path, text: bytes) -> bool:
    """Whether the root has been seen, after checking it and the encoding."""
    text = text.removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in text[:64]:
        raise MapFileError(f"{path.name} is not text in UTF-8; save it as UTF-8.")
    encoding = _ENCODING.match(text)
    if encoding and encoding[1].lower() not in _ENCODINGS:
        raise MapFileError(
            f"{path.name} is written in {encoding[1].decode('ascii')}; save it as UTF-8."
        )
    if not text.lstrip().startswith(b"<"):
        raise MapFileError(f"{path.name} holds no OpenStreetMap data inside; nothing can be read.")
    root = _ROOT.search(re.sub(rb"(?s)<!--.*?(-->|$)", b"", text))
    if root is None:
        return False
    if root[1] == b"osmChange":
        raise MapFileError(
            f"{path.name} is a file of changes, not a map; apply it to a map with "
            "`osmium apply-changes` first."
        )
    if root[1] != b"osm":
        kind = "a web page" if root[1].lower() == b"html" else "XML of another kind"
        raise MapFileError(f"{path.name} is {kind}, not an OpenStreetMap file.")
    return True


def _unfinished_tag(path: Path, text: bytes) -> bytes:
    """What must be looked at again with the next piece: the tag that has not ended yet."""
    end = text.rfind(b">")
    rest = text[end + 1 :]
    if len(rest) > MAX_TAG_BYTES:
        raise MapFileError(
            f"{path.name} is refused: more than {MAX_TAG_BYTES:,} bytes without the end of a tag."
        )
    return rest if b"<" in rest else rest[-_LONGEST_MARK:]


def _note_deletions(text: bytes, deletions: Deletions) -> None:
    """Add the ids of the tags in `text` that are marked as deleted."""
    for pattern in (_ACTION, _HIDDEN):
        for tag in pattern.finditer(text):
            osm_id = _ID.search(tag[0])
            if osm_id:
                getattr(deletions, tag[1].decode() + "s").add(int(osm_id[1]))


def _pieces(path: Path, file: BinaryIO, packing: Packing | None) -> Iterator[bytes]:
    """The unpacked file in pieces of at most ``PIECE_BYTES``."""
    if packing is None:
        while piece := file.read(PIECE_BYTES):
            yield piece
        return
    unpacked_bytes = 0
    unpack = _gunzip if packing == "gzip" else _bunzip
    try:
        for piece in unpack(path, file):
            unpacked_bytes += len(piece)
            if unpacked_bytes > max(BOMB_BYTES, BOMB_RATIO * file.tell()):
                raise MapFileError(
                    f"{path.name} is refused: its first {file.tell():,} bytes unpack to more than "
                    f"{unpacked_bytes:,}, as no real map does."
                )
            yield piece
    except (zlib.error, OSError, EOFError):
        raise MapFileError(
            f"{path.name} is damaged: {packing} cannot unpack it; download it again."
        ) from None


def _gunzip(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """Unpacked pieces of a gzip file of one or more members."""
    unpacker = None
    packed = b""
    while True:
        packed = packed or file.read(PACKED_PIECE_BYTES)
        if not packed:
            break
        if unpacker is None:
            packed = packed.lstrip(b"\x00")  # padding after a member is allowed
            if not packed:
                continue
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        piece = unpacker.decompress(packed, PIECE_BYTES)
        if piece:
            yield piece
        if unpacker.eof:
            packed, unpacker = unpacker.unused_data, None
        else:
            packed = unpacker.unconsumed_tail
    # A full window may leave output behind although all input is consumed.
    while unpacker is not None and (piece := unpacker.decompress(b"", PIECE_BYTES)):
        yield piece
    if unpacker is not None and not unpacker.eof:
        raise _cut_short(path)


def _bunzip(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """Unpacked pieces of a bzip2 file of one or more streams."""
    unpacker = None
    packed = b""
    while True:
        if unpacker is None or unpacker.needs_input:
            packed = packed or file.read(PACKED_PIECE_BYTES)
            if not packed:
                break
        if unpacker is None:
            unpacker = bz2.BZ2Decompressor()
        piece = unpacker.decompress(packed, PIECE_BYTES)
        packed = b""
        if piece:
            yield piece
        if unpacker.eof:
            packed, unpacker = unpacker.unused_data, None
    if unpacker is not None:
        raise _cut_short(path)


def _cut_short(path: Path) -> MapFileError:
    return MapFileError(
        f"{path.name} is cut short: it ends before its data does; download it again."
    )
