"""Is this .osm.pbf file whole, and does it unpack to a sensible size?

The file is a row of blobs, each behind a length (OSM wiki, "PBF Format": at most 64 KiB of header
and 32 MiB of blob). Walking along the lengths costs one short read per blob and finds files that
were cut short, files that are something else, and blobs that are tiny packed and huge unpacked.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from pathlib import Path

from geodata.errors import MapFileError

MAX_BLOB_HEADER_BYTES = 64 * 1024
MAX_BLOB_BYTES = 32 * 1024 * 1024
"""Limits of the format itself."""

BOMB_BLOB_BYTES = 1024 * 1024
BOMB_RATIO = 100
"""A blob that unpacks to more than a megabyte and to more than 100 times its packed size holds
nothing but repetition: real blobs reach 2 to 6, a generated street grid 25. Refusing them also
bounds how many points one blob can hold, because points cost packed bytes only if they differ."""

_HEADER_TYPE = b"OSMHeader"
_BLOCK_TYPE = b"OSMData"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # protobuf wire types


def looks_like_pbf(head: bytes) -> bool:
    """Whether the first bytes are those of a blob header of type ``OSMHeader``."""
    if len(head) < 8:
        return False
    (length,) = struct.unpack_from(">I", head)
    return 0 < length <= MAX_BLOB_HEADER_BYTES and _HEADER_TYPE in head[4 : 4 + length]


def check_pbf(path: Path, progress: Callable[[float], None]) -> None:
    """Raises :class:`MapFileError` where the file is cut short, damaged or a bomb."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        position, size, blobs = 0, len(data), 0
        while position < size:
            position = _check_blob(path, data, position, first=blobs == 0)
            blobs += 1
            if blobs % 64 == 0:
                progress(position / size)
    progress(1.0)
    if blobs < 2:
        raise MapFileError(f"{path.name} has a header but no data; download it again.")


def _check_blob(path: Path, data: mmap.mmap, position: int, first: bool) -> int:
    """Position after the blob that starts at `position`."""
    size = len(data)
    cut_short = MapFileError(
        f"{path.name} is cut short: it ends in the middle of a block at byte {size:,}; "
        "download it again."
    )
    damaged = MapFileError(f"{path.name} is damaged at byte {position:,}; download it again.")
    if position + 4 > size:
        raise cut_short
    (header_bytes,) = struct.unpack(">I", data[position : position + 4])
    if not 0 < header_bytes <= MAX_BLOB_HEADER_BYTES:
        raise damaged
    position += 4
    if position + header_bytes > size:
        raise cut_short
    try:
        header = _fields(data, position, position + header_bytes)
        kind, blob_bytes = header.get(1), header.get(3)
        if not isinstance(kind, tuple) or not isinstance(blob_bytes, int):
            raise damaged
        if data[kind[0] : kind[1]] not in ((_HEADER_TYPE,) if first else (_BLOCK_TYPE,)):
            raise damaged
        if not 0 < blob_bytes <= MAX_BLOB_BYTES:
            raise damaged
        position += header_bytes
        if position + blob_bytes > size:
            raise cut_short
        raw_bytes = _fields(data, position, position + blob_bytes).get(2, blob_bytes)
    except IndexError:
        raise damaged from None
    if not isinstance(raw_bytes, int) or not 0 <= raw_bytes <= MAX_BLOB_BYTES:
        raise damaged
    if raw_bytes > max(BOMB_BLOB_BYTES, BOMB_RATIO * blob_bytes):
        raise MapFileError(
            f"{path.name} is refused: a block of {blob_bytes:,} bytes would unpack to "
            f"{raw_bytes:,}, as no real map does."
        )
    return position + blob_bytes


def _fields(data: mmap.mmap, start: int, end: int) -> dict[int, int | tuple[int, int]]:
    """Field number -> number, or (start, end) of its bytes. IndexError where it is malformed."""
    found: dict[int, int | tuple[int, int]] = {}
    while start < end:
        key, start = _varint(data, start, end)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            found[number], start = _varint(data, start, end)
        elif wire_type == _BYTES:
            length, start = _varint(data, start, end)
            if start + length > end:
                raise IndexError
            found[number] = (start, start + length)
            start += length
        elif wire_type in (_FIXED64, _FIXED32):
            start += 8 if wire_type == _FIXED64 else 4
        else:
            raise IndexError
    if start != end:
        raise IndexError
    return found


def _varint(data: mmap.mmap, start: int, end: int) -> tuple[int, int]:
    """A protobuf varint and the position after it."""
    value = shift = 0
    while start < end and shift < 64:
        byte = data[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
        shift += 7
    raise IndexError
