"""Lines and points, cut to map tiles and written as Mapbox Vector Tiles 2.1.

Coordinates are Web Mercator, 0..1 from west to east and from north to south. What a tile's bytes
mean is in the specification's ``vector_tile.proto``; numbers below are its field numbers.
"""

import numpy as np
from numba import njit

EXTENT = 4096
"""Steps across a tile."""
BUFFER = 64
"""Steps beyond its border that a tile still holds, so that a wide line is whole at the border."""

_LAYER, _FEATURE, _VALUE = 3, 2, 4
_TAGS, _TYPE, _GEOMETRY = 2, 3, 4
_POINT, _LINE = 1, 2


@njit(cache=True, nogil=True)
def tiles_of_lines(lines, first_point, x, y, side, tile_of_pair, line_of_pair, fill):
    """How many pairs of a tile and a line there are whose boxes meet; with ``fill`` lists them.

    A tile is its row times ``side`` plus its column; ``side`` is the number of tiles in a row.
    """
    margin = BUFFER / EXTENT
    count = 0
    for line in lines:
        west, east, north, south = 2.0, -1.0, 2.0, -1.0
        for point in range(first_point[line], first_point[line + 1]):
            west, east = min(west, x[point]), max(east, x[point])
            north, south = min(north, y[point]), max(south, y[point])
        first_column = max(0, int(np.floor(west * side - margin)))
        last_column = min(side - 1, int(np.floor(east * side + margin)))
        first_row = max(0, int(np.floor(north * side - margin)))
        last_row = min(side - 1, int(np.floor(south * side + margin)))
        for row in range(first_row, last_row + 1):
            for column in range(first_column, last_column + 1):
                if fill:
                    tile_of_pair[count] = np.int64(row) * side + column
                    line_of_pair[count] = line
                count += 1
    return count


@njit(cache=True, nogil=True)
def encode_tiles(
    first_pair,
    tile,
    line_of_pair,
    side,
    least_step,
    first_point,
    x,
    y,
    line_style,
    style_layer,
    style_first_tag,
    tag_key,
    tag_value,
    layer_first_byte,
    layer_head,
    value_first_byte,
    value_text,
):
    """Bytes of all tiles one after the other, and where each begins: uint8[byte], int64[tile + 1].

    ``first_pair`` int64[tile + 1] into ``line_of_pair``, whose lines are sorted by style within a
    tile, and styles by layer. Points nearer than ``least_step`` steps to the one before are left
    out, except at the end of a line. ``layer_head`` holds, for each layer, the bytes of its name,
    version, extent and keys; ``value_text`` those of each value.
    """
    out = np.empty(1 << 20, np.uint8)
    body = np.empty(1 << 16, np.uint8)
    shape = np.empty(1 << 16, np.uint32)
    values = np.empty(256, np.int64)
    slot = np.empty(len(value_first_byte) - 1, np.int64)
    stamp = np.full(len(value_first_byte) - 1, -1, np.int64)
    first_byte = np.zeros(len(tile) + 1, np.int64)
    used = 0
    layers = 0
    for t in range(len(tile)):
        origin_x = np.float64(tile[t] % side)
        origin_y = np.float64(tile[t] // side)
        pair = first_pair[t]
        while pair < first_pair[t + 1]:
            layer = style_layer[line_style[line_of_pair[pair]]]
            layers += 1
            features = 0
            value_count = 0
            filled = 0
            for byte in range(layer_first_byte[layer], layer_first_byte[layer + 1]):
                body = _room(body, filled, 1)
                body[filled] = layer_head[byte]
                filled += 1
            while pair < first_pair[t + 1]:
                style = line_style[line_of_pair[pair]]
                if style_layer[style] != layer:
                    break
                steps = 0
                last_x, last_y = np.int64(0), np.int64(0)
                kind = _LINE
                while pair < first_pair[t + 1] and line_style[line_of_pair[pair]] == style:
                    line = line_of_pair[pair]
                    first, last = first_point[line], first_point[line + 1]
                    if last - first == 1:
                        if steps > 0:
                            break  # each point is a feature of its own
                        kind = _POINT
                    pair += 1
                    shape, steps, last_x, last_y = _draw(
                        shape, steps, last_x, last_y, first, last, x, y,
                        np.float64(side), origin_x, origin_y, least_step,
                    )  # fmt: skip
                if steps == 0:
                    continue
                first_tag, last_tag = style_first_tag[style], style_first_tag[style + 1]
                values = _wide_room(values, value_count, last_tag - first_tag)
                tags_length = 0
                for tag in range(first_tag, last_tag):
                    value = tag_value[tag]
                    if stamp[value] != layers:
                        stamp[value] = layers
                        slot[value] = value_count
                        values[value_count] = value
                        value_count += 1
                    tags_length += _varint_length(tag_key[tag]) + _varint_length(slot[value])
                shape_length = 0
                for step in range(steps):
                    shape_length += _varint_length(np.int64(shape[step]))
                length = 2 + 1 + _varint_length(shape_length) + shape_length
                if tags_length:
                    length += 1 + _varint_length(tags_length) + tags_length
                body = _room(body, filled, length + 16)
                filled = _prefix(body, filled, _FEATURE, length)
                if tags_length:
                    filled = _prefix(body, filled, _TAGS, tags_length)
                    for tag in range(first_tag, last_tag):
                        filled = _varint(body, filled, tag_key[tag])
                        filled = _varint(body, filled, slot[tag_value[tag]])
                body[filled] = _TYPE << 3
                body[filled + 1] = kind
                filled = _prefix(body, filled + 2, _GEOMETRY, shape_length)
                for step in range(steps):
                    filled = _varint(body, filled, np.int64(shape[step]))
                features += 1
            if features == 0:
                continue
            for index in range(value_count):
                begin = value_first_byte[values[index]]
                length = value_first_byte[values[index] + 1] - begin
                body = _room(body, filled, length + 16)
                filled = _prefix(body, filled, _VALUE, length)
                body[filled : filled + length] = value_text[begin : begin + length]
                filled += length
            out = _room(out, used, filled + 16)
            used = _prefix(out, used, _LAYER, filled)
            out[used : used + filled] = body[:filled]
            used += filled
        first_byte[t + 1] = used
    return out[:used].copy(), first_byte


@njit(cache=True, nogil=True)
def _draw(
    shape, steps, last_x, last_y, first, last, x, y, side, origin_x, origin_y, least_step
):  # fmt: skip
    """Adds the parts of a line, or a point, that lie in a tile to a feature's commands."""
    low, high = np.float64(-BUFFER), np.float64(EXTENT + BUFFER)
    from_x = (x[first] * side - origin_x) * EXTENT
    from_y = (y[first] * side - origin_y) * EXTENT
    if last - first == 1:
        if 0 <= from_x < EXTENT and 0 <= from_y < EXTENT:
            shape = _shape_room(shape, steps, 3)
            shape[steps] = 9  # move to, once
            shape[steps + 1] = _zigzag(np.int64(from_x))
            shape[steps + 2] = _zigzag(np.int64(from_y))
            steps += 3
        return shape, steps, last_x, last_y
    begin = -1  # where the open part's "line to" stands in the commands
    pending = False
    pending_x, pending_y = np.int64(0), np.int64(0)
    for point in range(first + 1, last):
        to_x = (x[point] * side - origin_x) * EXTENT
        to_y = (y[point] * side - origin_y) * EXTENT
        enters, leaves = _clip(from_x, from_y, to_x, to_y, low, high)
        if enters <= leaves:
            if begin < 0 or enters > 0:
                at_x = np.int64(np.rint(from_x + enters * (to_x - from_x)))
                at_y = np.int64(np.rint(from_y + enters * (to_y - from_y)))
                shape = _shape_room(shape, steps, 4)
                shape[steps] = 9
                shape[steps + 1] = _zigzag(at_x - last_x)
                shape[steps + 2] = _zigzag(at_y - last_y)
                shape[steps + 3] = 2  # line to, no times yet
                begin_x, begin_y = last_x, last_y
                begin = steps + 3
                steps += 4
                last_x, last_y = at_x, at_y
                pending = False
            at_x = np.int64(np.rint(from_x + leaves * (to_x - from_x)))
            at_y = np.int64(np.rint(from_y + leaves * (to_y - from_y)))
            if abs(at_x - last_x) >= least_step or abs(at_y - last_y) >= least_step:
                shape, steps = _line_to(shape, steps, begin, at_x - last_x, at_y - last_y)
                last_x, last_y = at_x, at_y
                pending = False
            else:
                pending, pending_x, pending_y = True, at_x, at_y
        if begin >= 0 and (enters > leaves or leaves < 1 or point == last - 1):
            if pending and (pending_x != last_x or pending_y != last_y):
                shape, steps = _line_to(shape, steps, begin, pending_x - last_x, pending_y - last_y)
                last_x, last_y = pending_x, pending_y
            if shape[begin] == 2:  # nothing is left of it at this scale
                steps = begin - 3
                last_x, last_y = begin_x, begin_y
            begin = -1
            pending = False
        from_x, from_y = to_x, to_y
    return shape, steps, last_x, last_y


@njit(cache=True, nogil=True)
def _line_to(shape, steps, begin, by_x, by_y):
    shape = _shape_room(shape, steps, 2)
    shape[steps] = _zigzag(by_x)
    shape[steps + 1] = _zigzag(by_y)
    shape[begin] += 8  # once more
    return shape, steps + 2


@njit(cache=True, nogil=True)
def _clip(from_x, from_y, to_x, to_y, low, high):
    """Shares of a segment at which it enters and leaves a square (Liang and Barsky, ACM ToG 1984);
    the first is greater where it stays outside."""
    enters, leaves = 0.0, 1.0
    for side in range(4):
        if side < 2:
            along, start = to_x - from_x, from_x
        else:
            along, start = to_y - from_y, from_y
        towards = along if side % 2 else -along
        room = high - start if side % 2 else start - low
        if towards == 0.0:
            if room < 0.0:
                return 1.0, 0.0
        elif towards < 0.0:
            enters = max(enters, room / towards)
        else:
            leaves = min(leaves, room / towards)
    return enters, leaves


@njit(cache=True, nogil=True)
def _zigzag(value):
    return np.uint32((value << 1) ^ (value >> 63))


@njit(cache=True, nogil=True)
def _varint_length(value):
    length = 1
    while value > 127:
        value >>= 7
        length += 1
    return length


@njit(cache=True, nogil=True)
def _varint(buffer, at, value):
    """Where the next byte goes, after a number was written; there must be room for ten."""
    while value > 127:
        buffer[at] = (value & 127) | 128
        value >>= 7
        at += 1
    buffer[at] = value
    return at + 1


@njit(cache=True, nogil=True)
def _prefix(buffer, at, field, length):
    """Field and length of what comes next."""
    buffer[at] = (field << 3) | 2
    return _varint(buffer, at + 1, np.int64(length))


@njit(cache=True, nogil=True)
def _room(buffer, used, wanted):
    if used + wanted <= len(buffer):
        return buffer
    grown = np.empty(max(2 * len(buffer), used + wanted), np.uint8)
    grown[:used] = buffer[:used]
    return grown


@njit(cache=True, nogil=True)
def _shape_room(buffer, used, wanted):
    if used + wanted <= len(buffer):
        return buffer
    grown = np.empty(2 * len(buffer) + wanted, np.uint32)
    grown[:used] = buffer[:used]
    return grown


@njit(cache=True, nogil=True)
def _wide_room(buffer, used, wanted):
    if used + wanted <= len(buffer):
        return buffer
    grown = np.empty(2 * len(buffer) + wanted, np.int64)
    grown[:used] = buffer[:used]
    return grown
