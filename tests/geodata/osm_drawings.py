"""Tiny map files for tests: a drawing of letters becomes OSM XML.

Each letter is a node; a column of the drawing is 10 metres and a line 20 metres, roughly. ``A`` has
OSM id 1, ``B`` 2, and so on; ``a`` has 101, ``b`` 102.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import quoteattr

COLUMN_DEG, LINE_DEG = 0.0001, 0.0002
CORNER_LON, CORNER_LAT = 108.0, 31.0


def node_id(letter: str) -> int:
    return ord(letter) - 64 if letter.isupper() else ord(letter) - 96 + 100


def positions(drawing: str) -> dict[str, tuple[float, float]]:
    """Letter -> (lon, lat); the first line is the northernmost."""
    return {
        letter: (CORNER_LON + column * COLUMN_DEG, CORNER_LAT - line * LINE_DEG)
        for line, text in enumerate(drawing.splitlines())
        for column, letter in enumerate(text)
        if letter.isalpha()
    }


def osm_xml(
    drawing: str,
    ways: Mapping[int, tuple[str, Mapping[str, str]]],
    node_tags: Mapping[str, Mapping[str, str]] | None = None,
    relations: Mapping[int, tuple[Sequence[str], Mapping[str, str]]] | None = None,
    *,
    without: str = "",
    version: int = 1,
) -> str:
    """OSM XML. Ways are id -> ("ABC", tags); relation members are written ``from:w1``,
    ``via:nB``; the letters in ``without`` are left out of the nodes."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
    for letter, (lon, lat) in positions(drawing).items():
        if letter in without:
            continue
        tags = (node_tags or {}).get(letter, {})
        lines.append(
            f'<node id="{node_id(letter)}" version="{version}" lon="{lon:.7f}" lat="{lat:.7f}">'
            f"{_tags(tags)}</node>"
        )
    for way_id, (letters, tags) in ways.items():
        refs = "".join(f'<nd ref="{node_id(letter)}"/>' for letter in letters)
        lines.append(f'<way id="{way_id}" version="{version}">{refs}{_tags(tags)}</way>')
    for relation_id, (members, tags) in (relations or {}).items():
        lines.append(f'<relation id="{relation_id}" version="{version}">')
        for member in members:
            role, _, target = member.partition(":")
            kind = {"w": "way", "n": "node"}[target[0]]
            ref = target[1:] if kind == "way" else node_id(target[1:])
            lines.append(f'<member type="{kind}" ref="{ref}" role="{role}"/>')
        lines.append(f"{_tags(tags)}</relation>")
    lines.append("</osm>")
    return "\n".join(lines)


def map_file(folder: Path, *args, name: str = "town.osm", **kwargs) -> Path:
    """The drawing as a file in `folder`; arguments as for :func:`osm_xml`."""
    path = folder / name
    path.write_text(osm_xml(*args, **kwargs), encoding="utf-8")
    return path


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


STREET = {"highway": "residential", "name": "南京路"}

CROSS = "  N\nW O E\n  S"
CROSSING = {1: ("WO", STREET), 2: ("OE", STREET), 3: ("NO", STREET), 4: ("OS", STREET)}


def lines_of(roads) -> list[tuple[int, list[int]]]:
    """(OSM way id, OSM node ids) of every way."""
    return [
        (int(osm_id), roads.node_osm_id[roads.way_node[first:last]].tolist())
        for osm_id, (first, last) in zip(
            roads.way_osm_id, pairwise(roads.way_first_node), strict=True
        )
    ]


def ids(letters: str) -> list[int]:
    return [node_id(letter) for letter in letters]


def text(roads, index: int) -> str:
    return roads.texts[index]
