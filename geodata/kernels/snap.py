"""Kernels of snapping: a packed tree of bounding boxes over the straight pieces of all edges.

``segment`` a straight piece of an edge's geometry, from point ``segment_point`` to the next one.
Segments are kept in the order of a Hilbert curve; every 8 of them form a leaf, every 8 nodes of
one level a node of the next (Kamel and Faloutsos, "On packing R-trees", CIKM 1993, with the curve
order alone). ``level_first[l]`` is the first node of level l, leaves being level 0; the last node
is the root.

``mask`` bits say what an edge is good for; a node's mask is the union of those below it, so a
search for a mode never opens ground where the mode has no road.

Distances are metres on a plane that touches the sphere at the query point.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FAN_OUT = 8
STACK_SIZE = 128  # 8 levels hold 16 million segments; a search keeps at most 7 nodes a level and 8

E7_DEGREE_M = 6_371_008.8 * np.pi / 180.0 * 1e-7
"""Metres a coordinate unit (1e-7 degrees) of latitude, on the sphere of the IUGG mean radius."""

SLACK = 1.0 + 1e-9
"""Bounds are compared with this much room, so that rounding never hides a segment that ties."""

ON_ROAD_M = 0.1
"""A point nearer than this is on the road, on neither side of it: mapping is not finer."""


@njit(cache=True, nogil=True)
def hilbert_keys(x, y):
    """Position along the Hilbert curve of order 16 as uint32[i], for x and y in 0..65535."""
    keys = np.empty(x.shape[0], np.uint32)
    for i in range(x.shape[0]):
        column, row, key = x[i], y[i], np.int64(0)
        side = 32768
        while side > 0:
            right = 1 if column & side else 0
            upper = 1 if row & side else 0
            key += side * side * ((3 * right) ^ upper)
            if upper == 0:
                if right == 1:
                    column = 65535 - column
                    row = 65535 - row
                column, row = row, column
            side >>= 1
        keys[i] = key
    return keys


@njit(cache=True, nogil=True)
def list_segments(edge_first_point, edge_mask):
    """Edge and first point of every segment of an edge whose mask is not 0."""
    count = 0
    for edge in range(edge_mask.shape[0]):
        if edge_mask[edge]:
            count += edge_first_point[edge + 1] - edge_first_point[edge] - 1
    segment_edge = np.empty(count, np.int32)
    segment_point = np.empty(count, np.int32)
    at = 0
    for edge in range(edge_mask.shape[0]):
        if edge_mask[edge]:
            for point in range(edge_first_point[edge], edge_first_point[edge + 1] - 1):
                segment_edge[at] = edge
                segment_point[at] = point
                at += 1
    return segment_edge, segment_point


@njit(cache=True, nogil=True)
def fill_tree(level_first, segment_edge, segment_point, point_lon, point_lat, edge_mask, box, mask):
    """Bounds (west, south, east, north) and mask of every node, from the leaves up."""
    for level in range(level_first.shape[0] - 1):
        if level == 0:
            below_first, below_count = 0, segment_edge.shape[0]
        else:
            below_first = level_first[level - 1]
            below_count = level_first[level] - below_first
        for node in range(level_first[level], level_first[level + 1]):
            start = (node - level_first[level]) * FAN_OUT
            end = min(start + FAN_OUT, below_count)
            west = south = np.int32(2**31 - 1)
            east = north = np.int32(-(2**31) + 1)
            union = np.uint32(0)
            for child in range(start, end):
                if level == 0:
                    a = segment_point[child]
                    west = min(west, point_lon[a], point_lon[a + 1])
                    south = min(south, point_lat[a], point_lat[a + 1])
                    east = max(east, point_lon[a], point_lon[a + 1])
                    north = max(north, point_lat[a], point_lat[a + 1])
                    union |= edge_mask[segment_edge[child]]
                else:
                    below = below_first + child
                    west = min(west, box[below, 0])
                    south = min(south, box[below, 1])
                    east = max(east, box[below, 2])
                    north = max(north, box[below, 3])
                    union |= mask[below]
            box[node, 0] = west
            box[node, 1] = south
            box[node, 2] = east
            box[node, 3] = north
            mask[node] = union


@njit(cache=True, nogil=True, inline="always")
def _foot(x, y, east_m, a_lon, a_lat, b_lon, b_lat):
    """Squared distance in m² to the segment, and the share of it before the nearest place.

    Both ends give exactly the same distance to every segment that meets there, so that ties are
    ties and can be broken by id.
    """
    ax, ay = (a_lon - x) * east_m, (a_lat - y) * E7_DEGREE_M
    bx, by = (b_lon - x) * east_m, (b_lat - y) * E7_DEGREE_M
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = 0.0
    if square > 0.0:
        share = -(ax * dx + ay * dy) / square
    if share <= 0.0:
        return ax * ax + ay * ay, 0.0
    if share >= 1.0:
        return bx * bx + by * by, 1.0
    px, py = ax + share * dx, ay + share * dy
    return px * px + py * py, share


@njit(cache=True, nogil=True, inline="always")
def _box_square(box, node, x, y, east_m):
    """Squared distance in m² to a node's bounds, 0 inside."""
    dx = max(box[node, 0] - x, 0.0, x - box[node, 2]) * east_m
    dy = max(box[node, 1] - y, 0.0, y - box[node, 3]) * E7_DEGREE_M
    return dx * dx + dy * dy


@njit(cache=True, nogil=True, inline="always")
def _beyond(square, bound):
    """Whether bounds at this squared distance can hold nothing within the bound, both in m²."""
    return square > bound * SLACK + 1e-9


@njit(cache=True, nogil=True)
def _push_children(
    parent,
    level,
    level_first,
    box,
    mask,
    wanted,
    x,
    y,
    east_m,
    bound,
    stack_node,
    stack_square,
    top,
):
    """Puts a node's useful children on the stack, the nearest on top; the new height."""
    below = level_first[level - 1]
    start = below + (parent - level_first[level]) * FAN_OUT
    end = min(start + FAN_OUT, level_first[level])
    first = top
    for child in range(start, end):
        if mask[child] & wanted == 0:
            continue
        square = _box_square(box, child, x, y, east_m)
        if _beyond(square, bound):
            continue
        at = top
        while at > first and stack_square[at - 1] < square:
            stack_square[at] = stack_square[at - 1]
            stack_node[at] = stack_node[at - 1]
            at -= 1
        stack_square[at] = square
        stack_node[at] = child
        top += 1
    return top


@njit(cache=True, nogil=True)
def _level_of(node, level_first):
    level = 0
    while node >= level_first[level + 1]:
        level += 1
    return level


@njit(cache=True, nogil=True)
def nearest_segments(
    lon_e7, lat_e7, hint_edge, any_bit, good_bit, good_within_square,
    edge_first_point, point_lon, point_lat,
    segment_edge, segment_point, edge_mask, without, level_first, box, mask,
    any_segment, any_square, good_segment, good_square,
):  # fmt: skip
    """For every point the nearest segment with `any_bit`, and the nearest with `good_bit`.

    The latter only up to a squared distance of `good_within_square`, in m².

    Edges in `without` (bool[edge], or empty for none) are passed over.
    Writes ids (-1 where there is none) and squared distances in m². An edge with `good_bit` has
    `any_bit` too. Of equally near segments the one with the lowest point id wins. A hint, the edge
    a responder stood on before, only bounds the search; the result does not depend on it.
    """
    stack_node = np.empty(STACK_SIZE, np.int32)
    stack_square = np.empty(STACK_SIZE, np.float64)
    root = level_first[-1] - 1
    choosy = without.shape[0] > 0
    for i in range(lon_e7.shape[0]):
        x, y = lon_e7[i], lat_e7[i]
        east_m = E7_DEGREE_M * np.cos(y * 1e-7 * np.pi / 180.0)
        best_any = best_good = -1
        any_bound, good_bound = np.inf, good_within_square
        hint = hint_edge[i] if hint_edge.shape[0] > 0 else -1
        if hint >= 0 and edge_mask[hint] & any_bit and not (choosy and without[hint]):
            edge = hint
            for a in range(edge_first_point[edge], edge_first_point[edge + 1] - 1):
                square, _ = _foot(
                    x, y, east_m, point_lon[a], point_lat[a], point_lon[a + 1], point_lat[a + 1]
                )
                any_bound = min(any_bound, square)
            # with room, for the hint's own segment is still to be found
            any_bound = any_bound * SLACK + 1e-9
            if edge_mask[edge] & good_bit:
                good_bound = min(good_bound, any_bound)
        top = 0
        if root >= 0 and mask[root] & any_bit:
            stack_node[0] = root
            stack_square[0] = _box_square(box, root, x, y, east_m)
            top = 1
        while top > 0:
            top -= 1
            node = stack_node[top]
            bound = max(any_bound, good_bound) if mask[node] & good_bit else any_bound
            if _beyond(stack_square[top], bound):
                continue
            if node >= level_first[1]:
                top = _push_children(
                    node, _level_of(node, level_first), level_first, box, mask, any_bit,
                    x, y, east_m, bound, stack_node, stack_square, top,
                )  # fmt: skip
                continue
            start = node * FAN_OUT
            for segment in range(start, min(start + FAN_OUT, segment_edge.shape[0])):
                edge = segment_edge[segment]
                bits = edge_mask[edge]
                if bits & any_bit == 0 or (choosy and without[edge]):
                    continue
                a = segment_point[segment]
                square, _ = _foot(
                    x, y, east_m, point_lon[a], point_lat[a], point_lon[a + 1], point_lat[a + 1]
                )
                if square < any_bound or (
                    square == any_bound and (best_any < 0 or a < segment_point[best_any])
                ):
                    any_bound = square
                    best_any = segment
                if bits & good_bit and (
                    square < good_bound
                    or (square == good_bound and (best_good < 0 or a < segment_point[best_good]))
                ):
                    good_bound = square
                    best_good = segment
        any_segment[i] = best_any
        any_square[i] = any_bound
        good_segment[i] = best_good
        good_square[i] = good_bound


@njit(cache=True, nogil=True)
def segments_within(
    x, y, any_bit, radius_square, point_lon, point_lat,
    segment_edge, segment_point, edge_mask, without, level_first, box, mask,
    found_segment, found_square,
):  # fmt: skip
    """The nearest segment of each of the nearest edges within a radius, nearest first; how many.

    At most as many edges as `found_segment` holds; those in `without` (bool[edge], or empty for
    none) are passed over.
    """
    capacity = found_segment.shape[0]
    count = 0
    bound = radius_square
    east_m = E7_DEGREE_M * np.cos(y * 1e-7 * np.pi / 180.0)
    stack_node = np.empty(STACK_SIZE, np.int32)
    stack_square = np.empty(STACK_SIZE, np.float64)
    root = level_first[-1] - 1
    choosy = without.shape[0] > 0
    top = 0
    if root >= 0 and capacity > 0 and mask[root] & any_bit:
        stack_node[0] = root
        stack_square[0] = _box_square(box, root, x, y, east_m)
        top = 1
    while top > 0:
        top -= 1
        node = stack_node[top]
        if _beyond(stack_square[top], bound):
            continue
        if node >= level_first[1]:
            top = _push_children(
                node, _level_of(node, level_first), level_first, box, mask, any_bit,
                x, y, east_m, bound, stack_node, stack_square, top,
            )  # fmt: skip
            continue
        start = node * FAN_OUT
        for segment in range(start, min(start + FAN_OUT, segment_edge.shape[0])):
            edge = segment_edge[segment]
            if edge_mask[edge] & any_bit == 0 or (choosy and without[edge]):
                continue
            a = segment_point[segment]
            square, _ = _foot(
                x, y, east_m, point_lon[a], point_lat[a], point_lon[a + 1], point_lat[a + 1]
            )
            if square > bound:
                continue
            # where the edge stands already, or the free place after the last
            old = 0
            while old < count and segment_edge[found_segment[old]] != edge:
                old += 1
            if old < count:
                last = old
                kept = found_segment[old]
                if found_square[old] < square or (
                    found_square[old] == square and segment_point[kept] < a
                ):
                    continue
            elif count < capacity:
                last = count
                count += 1
            else:
                last = count - 1
                kept = found_segment[last]
                if found_square[last] < square or (
                    found_square[last] == square and segment_point[kept] < a
                ):
                    continue
            while last > 0 and (
                found_square[last - 1] > square
                or (found_square[last - 1] == square and segment_point[found_segment[last - 1]] > a)
            ):
                found_square[last] = found_square[last - 1]
                found_segment[last] = found_segment[last - 1]
                last -= 1
            found_square[last] = square
            found_segment[last] = segment
            if count == capacity:
                bound = min(bound, found_square[count - 1])
    return count


@njit(cache=True, nogil=True)
def describe_feet(
    lon_e7, lat_e7, segment, segment_edge, segment_point, edge_first_point, point_lon, point_lat,
    out_edge, out_fraction, out_lon, out_lat, out_distance_m, out_side,
):  # fmt: skip
    """Where on its edge, and on which side of it, each point's nearest place on its segment is.

    Writes edge (-1 where the segment is -1), fraction by length, degrees, metres and side.
    """
    for i in range(segment.shape[0]):
        if segment[i] < 0:
            out_edge[i] = -1
            continue
        edge, a = segment_edge[segment[i]], segment_point[segment[i]]
        first, last = edge_first_point[edge], edge_first_point[edge + 1] - 1
        x, y = lon_e7[i], lat_e7[i]
        east_m = E7_DEGREE_M * np.cos(y * 1e-7 * np.pi / 180.0)
        square, share = _foot(
            x, y, east_m, point_lon[a], point_lat[a], point_lon[a + 1], point_lat[a + 1]
        )
        before = total = 0.0
        for p in range(first, last):
            middle = (point_lat[p] + np.float64(point_lat[p + 1])) * 0.5e-7 * np.pi / 180.0
            dx = (np.float64(point_lon[p + 1]) - point_lon[p]) * np.cos(middle)
            dy = np.float64(point_lat[p + 1]) - point_lat[p]
            length = np.sqrt(dx * dx + dy * dy)
            total += length
            if p < a:
                before += length
            elif p == a:
                before += share * length
        out_edge[i] = edge
        out_fraction[i] = min(before / total, 1.0) if total > 0.0 else 0.0
        lon = point_lon[a] + share * (np.float64(point_lon[a + 1]) - point_lon[a])
        lat = point_lat[a] + share * (np.float64(point_lat[a + 1]) - point_lat[a])
        out_lon[i], out_lat[i] = lon * 1e-7, lat * 1e-7
        out_distance_m[i] = np.sqrt(square)
        # the road's direction here; at a bend the mean of both pieces' directions, because the
        # sign taken from one piece alone is wrong for points beyond a sharp bend
        heading_x = heading_y = 0.0
        begin = a - 1 if share == 0.0 and a > first else a
        end = a + 1 if share == 1.0 and a + 1 < last else a
        for p in range(begin, end + 1):
            dx = (np.float64(point_lon[p + 1]) - point_lon[p]) * east_m
            dy = (np.float64(point_lat[p + 1]) - point_lat[p]) * E7_DEGREE_M
            length = np.sqrt(dx * dx + dy * dy)
            if length > 0.0:
                heading_x += dx / length
                heading_y += dy / length
        right_m = heading_y * (x - lon) * east_m - heading_x * (y - lat) * E7_DEGREE_M
        out_side[i] = 0
        if square > ON_ROAD_M * ON_ROAD_M and abs(right_m) > 1e-6:
            out_side[i] = 1 if right_m > 0.0 else -1
