"""Cuts features to tiles and writes them as vector tiles, zoom by zoom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geodata.base_map.features import MAX_ZOOM, Features
from geodata.kernels.tiling import EXTENT, encode_tiles, tiles_of_lines

_LEAST_STEP = 6
"""Points nearer to the one before are left out where larger scales follow: half a pixel of a tile
that is drawn 384 to 768 pixels wide."""

_VERSION = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile that is not empty."""

    zoom: int
    column: int
    row: int
    content: bytes
    """As the Mapbox Vector Tile specification has it, not compressed."""


class TileCutter:
    """The layers, laid out once for all zooms."""

    def __init__(self, layers: Sequence[Features]) -> None:
        first_line = np.cumsum([0, *(len(one.style) for one in layers)])
        first_style = np.cumsum([0, *(len(one.styles) for one in layers)])
        starts = np.cumsum([0, *(len(one.x) for one in layers)])
        self._x = np.concatenate([one.x for one in layers])
        self._y = np.concatenate([one.y for one in layers])
        self._first_point = np.concatenate(
            [one.first_point[:-1] + starts[i] for i, one in enumerate(layers)] + [starts[-1:]]
        ).astype(np.int64)
        self._line_style = np.concatenate(
            [one.style + first_style[i] for i, one in enumerate(layers)]
        ).astype(np.int64)
        self._style_layer = np.repeat(np.arange(len(layers)), [len(one.styles) for one in layers])
        self._from_zoom = np.concatenate([one.style_from_zoom for one in layers])
        self._layer_head, self._layer_first_byte = _joined([_head(one) for one in layers])
        self._lay_out_tags(layers)
        assert first_line[-1] == len(self._line_style)

    def tiles(self, zoom: int) -> Iterator[Tile]:
        """The tiles of one zoom that hold something."""
        lines = np.flatnonzero(self._from_zoom[self._line_style] <= zoom)
        side = 1 << zoom
        geometry = (lines, self._first_point, self._x, self._y, side)
        nothing = np.empty(0, np.int64)
        count = tiles_of_lines(*geometry, nothing, nothing, False)
        tile, line = np.empty(count, np.int64), np.empty(count, np.int64)
        tiles_of_lines(*geometry, tile, line, True)
        order = np.lexsort((self._line_style[line], tile))
        tile, line = tile[order], line[order]
        numbers, first_pair = np.unique(tile, return_index=True)
        content, first_byte = encode_tiles(
            np.append(first_pair, count).astype(np.int64),
            numbers,
            line,
            side,
            1 if zoom == MAX_ZOOM else _LEAST_STEP,
            self._first_point,
            self._x,
            self._y,
            self._line_style,
            self._style_layer,
            self._style_first_tag,
            self._tag_key,
            self._tag_value,
            self._layer_first_byte,
            self._layer_head,
            self._value_first_byte,
            self._value_text,
        )
        for index, number in enumerate(numbers.tolist()):
            begin, end = first_byte[index], first_byte[index + 1]
            if end > begin:
                yield Tile(zoom, number % side, number // side, content[begin:end].tobytes())

    def _lay_out_tags(self, layers: Sequence[Features]) -> None:
        """Key and value of every member of every style."""
        number: dict[str | bool, int] = {}
        keys: list[int] = []
        values: list[int] = []
        first_tag = [0]
        for layer in layers:
            for style in layer.styles:
                for key, value in enumerate(style):
                    if value is not None:
                        keys.append(key)
                        values.append(number.setdefault(value, len(number)))
                first_tag.append(len(keys))
        self._style_first_tag = np.array(first_tag, np.int64)
        self._tag_key = np.array(keys, np.int64)
        self._tag_value = np.array(values, np.int64)
        self._value_text, self._value_first_byte = _joined([_value(one) for one in number])


def _head(layer: Features) -> bytes:
    """Version, name, keys and extent of a layer."""
    parts = [b"\x78", _varint(_VERSION), _bytes_field(1, layer.layer.encode())]
    parts += [_bytes_field(3, key.encode()) for key in layer.keys]
    parts += [b"\x28", _varint(EXTENT)]
    return b"".join(parts)


def _value(value: str | bool) -> bytes:
    if isinstance(value, bool):
        return b"\x38" + _varint(int(value))
    return _bytes_field(1, value.encode())


def _bytes_field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _joined(parts: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """All bytes, uint8[byte], and where each part begins, int64[part + 1]."""
    first = np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64)
    return np.frombuffer(b"".join(parts), np.uint8), first
