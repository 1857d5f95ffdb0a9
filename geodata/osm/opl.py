"""Ways and relations of a map file as lines of text, with little Python per object.

libosmium picks the objects and writes them into a file in memory in its line format (OPL: one
object a line, fields apart by spaces, ``w5 v1 dV Thighway=residential Nn1,n2``). Splitting such a
line takes a microsecond, asking an object for each tag and each point ten times that; and equal
tags are equal bytes, so their verdict can be looked up before anything is decoded.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

import numpy as np
import osmium

_ESCAPED = re.compile(r"%([0-9a-fA-F]{1,6})%")
_VISIBLE = b"dV"


class OplWay(NamedTuple):
    """A way as it stands in its line."""

    osm_id: int
    version: int
    tags: bytes
    """``highway=residential,name=...``, to be decoded by :func:`decode_tags`."""
    refs: bytes
    """``n1,n2,n3``, to be decoded by :func:`decode_refs`."""


class OplRelation(NamedTuple):
    """A relation as it stands in its line."""

    osm_id: int
    version: int
    tags: bytes
    members: bytes
    """``w5@from,n2@via``, to be decoded by :func:`decode_members`."""


@contextmanager
def memory_file(name: str) -> Iterator[BinaryIO]:
    """A file in memory where the system has such a thing, else a temporary one on disk."""
    in_memory = hasattr(os, "memfd_create")
    with os.fdopen(os.memfd_create(name), "r+b") if in_memory else TemporaryFile() as file:
        yield file


def path_of(file: BinaryIO) -> str:
    """A path under which libosmium can open a file that has no name."""
    return f"/dev/fd/{file.fileno()}"


@contextmanager
def picked_lines(
    source: osmium.io.File, kinds: osmium.osm.osm_entity_bits, *filters: osmium.BaseFilter
) -> Iterator[BinaryIO]:
    """A file in memory with a line for every object of the kinds that passes all filters."""
    with memory_file("map-lines") as lines:
        writer = osmium.SimpleWriter(
            osmium.io.File(path_of(lines), "opl,add_metadata=version"), overwrite=True
        )
        try:
            with osmium.io.Reader(source, kinds) as reader:
                osmium.apply(reader, *filters, writer)
            writer.close()
        except BaseException:
            _never_destroy(writer)
            raise
        lines.seek(0)
        yield lines


def _never_destroy(writer: osmium.SimpleWriter) -> None:
    """Keeps a writer that met an error (text that is not UTF-8, no memory) for good.

    Its destructor would try to write what is left, and end the whole process when that fails
    too. One more reference than anybody will ever drop keeps the destructor from running, also
    when the interpreter ends.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))


def read_line(line: bytes) -> OplWay | OplRelation | None:
    """The way or relation in a line; None where it is deleted."""
    osm_id, version, visible, tags, rest = line[:-1].split(b" ")
    if visible != _VISIBLE:
        return None
    kind = OplWay if line[:1] == b"w" else OplRelation
    return kind(int(osm_id[1:]), int(version[1:]), tags[1:], rest[1:])


def decode_tags(tags: bytes) -> dict[str, str]:
    """Key -> value."""
    if not tags:
        return {}
    pairs = (pair.split("=") for pair in tags.decode("utf-8").split(","))
    return {_unescaped(key): _unescaped(value) for key, value in pairs}


def decode_refs(refs: bytes) -> np.ndarray:
    """int64[ref], OSM node ids; several ways' refs may be joined by commas."""
    numbers = refs.replace(b"n", b"").decode("ascii")
    return np.fromstring(numbers, dtype=np.int64, sep=",") if numbers else np.empty(0, np.int64)


def decode_members(members: bytes) -> tuple[tuple[str, int, str], ...]:
    """(type "n" | "w" | "r", OSM id, role) of each member."""
    if not members:
        return ()
    pairs = (member.split("@") for member in members.decode("utf-8").split(","))
    return tuple([(ref[0], int(ref[1:]), _unescaped(role)) for ref, role in pairs])


def _unescaped(text: str) -> str:
    """OPL writes most characters that are not plain letters as ``%hex%``."""
    if "%" not in text:
        return text
    # a lone surrogate could be a str but never be written as UTF-8 again
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), text).encode().decode()
