"""Damaged and hostile files: each ends in one clear sentence, before any parser sees the file."""

from __future__ import annotations

import bz2
import gzip
import os
import random
import struct
import tracemalloc
import zlib
from pathlib import Path

import osmium
import pytest

from geodata.errors import MapFileError
from geodata.osm import xml_file
from geodata.osm.map_file import check_map_file, check_map_files
from tests.geodata.osm_drawings import osm_xml

STREET = osm_xml("A  B  C", {1: ("ABC", {"highway": "residential"})})


def refused(path: Path) -> str:
    """The sentence with which the file is refused."""
    with pytest.raises(MapFileError) as error:
        check_map_file(path)
    sentence = str(error.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def a_pbf(folder: Path, name: str = "town.osm.pbf") -> Path:
    """The street as a real .osm.pbf file."""
    (folder / "street.osm").write_text(STREET)
    path = folder / name
    with osmium.SimpleWriter(str(path)) as writer:
        for entry in osmium.FileProcessor(str(folder / "street.osm")):
            writer.add(entry)
    return path


def blob(kind: bytes, content: bytes) -> bytes:
    """One block of a .osm.pbf file around the bytes of its blob."""
    header = b"\x0a" + bytes([len(kind)]) + kind + b"\x18" + varint(len(content))
    return struct.pack(">I", len(header)) + header + content


def varint(number: int) -> bytes:
    low = bytearray()
    while number > 0x7F:
        low.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*low, number])


def packed(raw: bytes) -> bytes:
    squeezed = zlib.compress(raw, 9)
    return b"\x10" + varint(len(raw)) + b"\x1a" + varint(len(squeezed)) + squeezed


@pytest.mark.parametrize(
    ("name", "pack", "kind"),
    [
        ("town.osm", lambda text: text, "osm"),
        ("town.osm.gz", gzip.compress, "osm.gz"),
        ("town.osm.bz2", bz2.compress, "osm.bz2"),
        ("town.dat", gzip.compress, "osm.gz"),
    ],
)
def test_the_kind_of_a_file_is_told_from_its_content(tmp_path, name, pack, kind):
    """Whatever the name says, the first bytes decide."""
    path = tmp_path / name
    path.write_bytes(pack(STREET.encode()))
    assert check_map_file(path).format == kind


def test_a_sound_pbf_file_passes(tmp_path):
    """The guard accepts what osmium writes."""
    assert check_map_file(a_pbf(tmp_path)).format == "pbf"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"Dear colleague, attached is the map.\n" * 20, "is not a map file"),
        (b"PK\x03\x04" + b"x" * 600, "zip archive"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "web page"),
        (b"<html><body>404</body></html>", "web page"),
        (b'{"type": "FeatureCollection"}', "JSON"),
        (b"SQLite format 3\x00" + b"x" * 100, "SQLite"),
        ("<osm/>".encode("utf-16"), "UTF-16"),
        (b"<gpx><trk/></gpx>", "XML of another kind"),
        (b"<osmChange version='0.6'></osmChange>", "file of changes"),
        (b"<!-- only a comment -->", "holds no OpenStreetMap data"),
        (b"\x00" * 1000, "is not a map file"),
    ],
)
def test_what_is_no_map_is_named_for_what_it_is(tmp_path, content, says):
    """A text file called .pbf, a web page, an archive: the sentence tells which."""
    path = tmp_path / "town.osm.pbf"
    path.write_bytes(content)
    assert says in refused(path)


def test_a_missing_file_a_folder_and_no_file_at_all_are_named(tmp_path):
    """What cannot be opened is said with its path."""
    assert "There is no file" in refused(tmp_path / "nowhere.osm")
    assert "is a folder" in refused(tmp_path)
    with pytest.raises(MapFileError, match="No map file was given"):
        check_map_files([])


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    """Opening a pipe that nobody writes to would hang for ever."""
    os.mkfifo(tmp_path / "town.osm")
    assert "is not an ordinary file" in refused(tmp_path / "town.osm")


def test_a_file_given_twice_is_read_once(tmp_path):
    """The same file by two names is one file."""
    (tmp_path / "town.osm").write_text(STREET)
    (tmp_path / "other.osm").symlink_to(tmp_path / "town.osm")
    assert len(check_map_files([tmp_path / "town.osm", tmp_path / "other.osm"])) == 1


@pytest.mark.parametrize("missing_bytes", [1, 5, 60])
def test_a_pbf_file_that_was_cut_short_says_so(tmp_path, missing_bytes):
    """Wherever the end is missing, inside a block or inside a length."""
    path = a_pbf(tmp_path)
    path.write_bytes(path.read_bytes()[:-missing_bytes])
    assert "cut short" in refused(path)


def test_a_pbf_file_with_only_a_header_says_so(tmp_path):
    """An aborted export often leaves nothing but the header."""
    path = a_pbf(tmp_path)
    data = path.read_bytes()
    (length,) = struct.unpack_from(">I", data)
    header_blob_bytes = data[4 + length - 1]  # the last byte of the header is the blob's size
    path.write_bytes(data[: 4 + length + header_blob_bytes])
    assert "no data" in refused(path)


def test_a_pbf_file_with_overwritten_blocks_says_where(tmp_path):
    """A length that cannot be is damage at a place."""
    path = a_pbf(tmp_path)
    path.write_bytes(path.read_bytes() + b"\xff" * 100)
    assert "is damaged at byte" in refused(path)


def test_a_pbf_block_that_would_unpack_to_far_too_much_is_refused(tmp_path):
    """16 MB of zeros pack to 16 KB: no map is like that, and the parser never sees it."""
    path = a_pbf(tmp_path)
    bomb = blob(b"OSMData", packed(bytes(16_000_000)))
    path.write_bytes(path.read_bytes() + bomb)
    assert "is refused" in refused(path)


def test_a_pbf_block_that_lies_about_its_size_is_refused(tmp_path):
    """A declared size beyond the format's own limit is damage."""
    path = a_pbf(tmp_path)
    content = b"\x10" + varint(1 << 40) + b"\x1a\x02xx"
    path.write_bytes(path.read_bytes() + blob(b"OSMData", content))
    assert "is damaged" in refused(path)


@pytest.mark.parametrize("pack", [None, gzip.compress, bz2.compress], ids=["xml", "gz", "bz2"])
def test_a_bomb_of_entities_is_refused_before_it_is_parsed(tmp_path, pack):
    """Ten nested entities of ten each would be a gigabyte of text."""
    bomb = '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "lol">'
    for inner, outer in zip("abcdefghi", "bcdefghij", strict=True):
        bomb += f'<!ENTITY {outer} "{f"&{inner};" * 10}">'
    text = (bomb + ']><osm version="0.6">&j;</osm>').encode()
    path = tmp_path / "town.osm"
    path.write_bytes(pack(text) if pack else text)
    assert "declares a document type or entities" in refused(path)


def test_a_declaration_cut_by_the_end_of_a_piece_is_found(tmp_path):
    """The file is looked at a mebibyte at a time; a mark across the seam counts too."""
    start = '<osm version="0.6"><!-- -->'
    for shift in range(12):
        path = tmp_path / f"seam{shift}.osm"
        filling = "\n<x/>" * ((xml_file.PIECE_BYTES - len(start) - shift) // 5)
        padding = " " * (xml_file.PIECE_BYTES - shift - len(start) - len(filling))
        path.write_text(start + filling + padding + "<!ENTITY a 'b'></osm>")
        assert "declares" in refused(path)


def test_a_comment_cut_by_the_end_of_a_piece_is_no_declaration(tmp_path):
    """``<!`` alone at the end of a piece may become a comment, which is allowed."""
    start = '<osm version="0.6">'
    for shift in range(6):
        path = tmp_path / f"seam{shift}.osm"
        filling = "\n<x/>" * ((xml_file.PIECE_BYTES - len(start) - shift) // 5)
        padding = " " * (xml_file.PIECE_BYTES - shift - len(start) - len(filling))
        path.write_text(start + filling + padding + "<!-- fine --></osm>")
        assert check_map_file(path).format == "osm"


def test_an_encoding_in_which_a_declaration_could_hide_is_refused(tmp_path):
    """Only UTF-8 and its subsets are read; in others the guard could not see."""
    path = tmp_path / "town.osm"
    path.write_bytes(b'<?xml version="1.0" encoding="UTF-7"?><osm version="0.6"/>')
    assert "UTF-7" in refused(path)


def test_a_tag_without_end_is_refused(tmp_path):
    """One attribute of two megabytes would have to be held whole."""
    path = tmp_path / "town.osm"
    path.write_text('<osm version="0.6"><node id="1" user="' + "x" * 2_200_000 + '"/></osm>')
    assert "without the end of a tag" in refused(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gz", "bz2"])
def test_a_packed_bomb_is_refused_and_never_held_in_memory(tmp_path, pack, monkeypatch):
    """Eight megabytes of one line over and over stand for gigabytes; the limit is lowered for it.
    Memory stays at a few pieces."""
    monkeypatch.setattr(xml_file, "BOMB_BYTES", 4_000_000)
    monkeypatch.setattr(xml_file, "BOMB_RATIO", 50)
    path = tmp_path / "town.osm.packed"
    path.write_bytes(pack(b'<osm version="0.6">' + b"<x/>\n" * 2_000_000))
    tracemalloc.start()
    try:
        assert "is refused" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gz", "bz2"])
def test_a_packed_file_that_was_cut_short_says_so(tmp_path, pack):
    """The end of the packing is missing, although some XML can be unpacked."""
    path = tmp_path / "town.osm.packed"
    path.write_bytes(pack(STREET.encode())[:-6])
    assert "cut short" in refused(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gz", "bz2"])
def test_a_packed_file_with_wrong_bytes_is_damaged(tmp_path, pack):
    """A checksum that does not fit is damage. (Always the same bytes: with a few of all possible
    ones the unpacker reads on beyond the end, and the file counts as cut short.)"""
    path = tmp_path / "town.osm.packed"
    text = f'<osm version="0.6"><!--{random.Random(1).randbytes(5000).hex()}--></osm>'
    data = bytearray(pack(text.encode()))
    data[2000:2010] = bytes(byte ^ 0xFF for byte in data[2000:2010])
    path.write_bytes(bytes(data))
    assert "is damaged" in refused(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gz", "bz2"])
def test_a_file_packed_in_several_parts_is_one_file(tmp_path, pack):
    """pigz and pbzip2 write several members after each other."""
    middle = len(STREET) // 2
    path = tmp_path / "town.osm.packed"
    path.write_bytes(pack(STREET[:middle].encode()) + pack(STREET[middle:].encode()))
    assert check_map_file(path).format.startswith("osm.")


def test_objects_that_an_editor_deleted_are_noted(tmp_path):
    """JOSM leaves deleted objects in the file with action="delete"."""
    path = tmp_path / "town.osm"
    path.write_text(
        '<osm version="0.6"><node id="-7" action="delete" lat="1" lon="1"/>'
        '<way action="delete" id="12"><nd ref="1"/></way>'
        '<way id="13" visible="false" version="3"/><way id="14" visible="true"/></osm>'
    )
    deletions = check_map_file(path).deletions
    assert deletions is not None
    assert deletions.nodes == {-7}
    assert deletions.ways == {12, 13}
