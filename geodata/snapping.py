"""Nearest usable road positions of points.

Which roads a point may be snapped to, for each mode:

# RULE 1: the mode may use at least one direction of the edge, and the edge is no ferry: a point in
          the river is not on the dotted line that crosses it.
# RULE 2: a small island of roads (a gated block, a village track mapped without its last metres) is
          passed over when a road of a part that is not small lies within NEAR_M and the limit.
          A part is small when its length is below SMALL_PART_SHARE of the largest part's and below
          SMALL_PART_M. On a map made only of small pieces none is small, and each piece works.
# RULE 3: points of one journey (`snap_together`) stay on the small island when the nearest road of
          every one of them lies on that same island.
# RULE 4: with `at_door` the point is a place that people walk up to; then tunnels, motorways and
          their ramps are passed over too when anything else lies within NEAR_M and the limit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from geodata.coordinates import check_lon_lat, distance_m
from geodata.errors import MapFolderError, OutOfNetworkError, RequestError, UnknownModeError
from geodata.kernels import snap as kernels
from geodata.metric import read_only
from geodata.network import (
    E7,
    UNREACHABLE_MS,
    EdgeFlag,
    Manner,
    ModeLayer,
    RoadClass,
    RoadNetwork,
)
from geodata.positions import NO_EDGE, RoadPositions

__all__ = ["DEFAULT_LIMIT_M", "NO_EDGE", "RoadPositions", "Snapper", "refuse_out_of_network"]

DEFAULT_LIMIT_M = 500.0
"""Farther from every usable road than this a point is out of network. Rural houses in the mountains
stand up to some 300 m from a mapped track; the middle of the Yangtze at Wanzhou is farther."""

NEAR_M = 1000.0
"""How near another road must be for RULE 2 and RULE 4, unless the caller says otherwise."""

SMALL_PART_SHARE = 0.05
"""RULE 2: 5 % of the largest part. A town cut off by a missing bridge is more."""

SMALL_PART_M = 50_000.0
"""RULE 2: 25 km of road, both directions counted. On the map of a whole province a real island with
more road than this is a place of its own, though far below 5 % of the mainland."""

_NO_EDGES = read_only(np.empty(0), bool)

MOTORWAYS = (RoadClass.MOTORWAY, RoadClass.MOTORWAY_LINK)

FAR_M = 10_000.0
"""Beyond this the plane of the search is too coarse to report a distance from."""

ARRAY_NAMES = (
    "snap_segment_edge",  # int32[segment]
    "snap_segment_point",  # int32[segment], its first point
    "snap_level_first",  # int64[level + 1], first tree node of each level, the leaves first
    "snap_box",  # int32[tree node, 4], west, south, east, north in 1e-7 degrees
    "snap_mask",  # uint32[tree node], union of the masks below it
    "snap_edge_mask",  # uint32[edge], three bits a mode: usable, not small, good at a door
)

BITS_A_MODE = 3
MODES_AT_MOST = 32 // BITS_A_MODE


class Snapper:
    """Finds road positions. Immutable after it is made; any number of threads may use it."""

    def __init__(self, network: RoadNetwork, arrays: Mapping[str, np.ndarray] | None = None):
        """Over the arrays that an earlier `arrays()` gave for the same network, or over new ones.

        Building takes some 20 ms for 100,000 segments, under 2 s for a million junctions. Raises
        MapFolderError when the arrays do not fit the network.
        """
        self._network = network
        self._mode_bit = {mode: BITS_A_MODE * i for i, mode in enumerate(sorted(network.modes))}
        if len(self._mode_bit) > MODES_AT_MOST:
            raise ValueError(f"at most {MODES_AT_MOST} modes can be snapped to")
        built = _build(network, self._mode_bit) if arrays is None else _checked(network, arrays)
        (
            self._segment_edge,
            self._segment_point,
            self._level_first,
            self._box,
            self._mask,
            self._edge_mask,
        ) = built

    def arrays(self) -> dict[str, np.ndarray]:
        """The index, by name, for keeping beside the network; see `ARRAY_NAMES`."""
        return dict(
            zip(
                ARRAY_NAMES,
                (
                    self._segment_edge,
                    self._segment_point,
                    self._level_first,
                    self._box,
                    self._mask,
                    self._edge_mask,
                ),
                strict=True,
            )
        )

    @classmethod
    def from_arrays(cls, network: RoadNetwork, arrays: Mapping[str, np.ndarray]) -> Snapper:
        """The snapper whose `arrays()` these were. Opens in well under a millisecond."""
        return cls(network, arrays)

    def snap(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        mode: str,
        *,
        limit_m: float = DEFAULT_LIMIT_M,
        near_m: float = NEAR_M,
        at_door: bool = False,
        hint_edge: np.ndarray | None = None,
        without: np.ndarray | None = None,
    ) -> RoadPositions:
        """The nearest usable road position of each point, at most `limit_m` metres away.

        Parameters
        ----------
        lon, lat
            Degrees WGS-84, each [point].
        limit_m
            Points farther from every usable road are out of network; `inf` for no limit.
        near_m
            How near another road must be for RULE 2 and RULE 4.
        at_door
            The points are places that people walk up to (RULE 4).
        hint_edge
            int32[point], the edge each point stood on a moment ago, or -1. Makes it faster; the
            result is the same.
        without
            bool[edge], edges to pass over, for instance because they are closed.
        """
        lon, lat = _flat(lon, lat)
        limit_m = _checked_limit(limit_m)
        good_m = min(limit_m, near_m)
        near_any, near_good = self._search(lon, lat, mode, good_m, at_door, hint_edge, without)
        return self._choose(lon, lat, near_any[0], near_good[0], limit_m)

    def snap_together(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        mode: str,
        *,
        limit_m: float = DEFAULT_LIMIT_M,
        near_m: float = NEAR_M,
        at_door: bool = False,
        without: np.ndarray | None = None,
    ) -> RoadPositions:
        """As `snap`, for the points of one journey: they may share a small island (RULE 3)."""
        lon, lat = _flat(lon, lat)
        limit_m = _checked_limit(limit_m)
        good_m = min(limit_m, near_m)
        near_any, near_good = self._search(lon, lat, mode, good_m, at_door, None, without)
        if len(lon) > 1 and (near_any[0] >= 0).all() and (near_any[1] <= limit_m**2).all():
            edges = self._segment_edge[near_any[0]]
            part = self._network.modes[mode].part
            shared = {int(p) for p in part[[2 * edges[0], 2 * edges[0] + 1]] if p >= 0}
            for edge in edges[1:]:
                shared &= {int(part[2 * edge]), int(part[2 * edge + 1])}
            if shared and not self._is_main(edges[0], mode):  # RULE 3
                near_good = near_any
        return self._choose(lon, lat, near_any[0], near_good[0], limit_m)

    def snap_candidates(
        self,
        lon: float,
        lat: float,
        mode: str,
        *,
        radius_m: float,
        count: int = 64,
        at_door: bool = False,
        without: np.ndarray | None = None,
    ) -> RoadPositions:
        """The nearest position on each of the `count` nearest edges in the radius, nearest first.

        For an address that is only roughly known. Where any candidate is good by RULE 2 and
        RULE 4, those that are not are left out. Empty when no usable road lies in the radius.
        """
        lon, lat = _flat(lon, lat)
        if len(lon) != 1:
            raise RequestError("candidates are found for one point at a time")
        if count < 1:
            raise RequestError("ask for at least one candidate")
        radius_m = _checked_limit(radius_m)
        any_bit, good_bit = self._bits(mode, at_door)
        segment = np.empty(min(count, max(len(self._edge_mask), 1)), dtype=np.int32)
        square = np.empty(len(segment))
        for bit in (good_bit, any_bit):
            found = kernels.segments_within(
                lon[0] * E7, lat[0] * E7, bit, radius_m**2,
                self._network.point_lon_e7, self._network.point_lat_e7,
                self._segment_edge, self._segment_point, self._edge_mask,
                self._passed_over(without), self._level_first, self._box, self._mask,
                segment, square,
            )  # fmt: skip
            if found and square[0] <= NEAR_M**2:
                break
        return self._describe(np.repeat(lon, found), np.repeat(lat, found), segment[:found])

    def _bits(self, mode: str, at_door: bool) -> tuple[np.uint32, np.uint32]:
        bit = self._mode_bit.get(mode)
        if bit is None:
            known = ", ".join(self._network.modes)
            raise UnknownModeError(f"no mode {mode!r} on this map; it has {known}")
        return np.uint32(1 << bit), np.uint32(1 << (bit + (2 if at_door else 1)))

    def _is_main(self, edge: int, mode: str) -> bool:
        return bool(self._edge_mask[edge] & self._bits(mode, at_door=False)[1])

    def _passed_over(self, without: np.ndarray | None) -> np.ndarray:
        """bool[edge] as the kernels take it, empty for none."""
        if without is None:
            return _NO_EDGES
        if without.shape != self._edge_mask.shape:
            raise ValueError("`without` needs one entry for each edge of the network")
        return read_only(without, bool)

    def _search(self, lon, lat, mode, good_m, at_door, hint_edge, without):
        """Segment and squared distance, in m², of the nearest road and the nearest good one.

        The good one only where it lies within `good_m`, so that RULE 2 and RULE 4 prefer it; else
        -1.
        """
        any_bit, good_bit = self._bits(mode, at_door)
        count = len(lon)
        if hint_edge is None:
            hint_edge = np.empty(0, dtype=np.int32)
        elif len(hint_edge) != count:
            raise ValueError("`hint_edge` needs one entry for each point")
        elif (hint_edge >= self._network.edge_count).any():
            raise ValueError("`hint_edge` holds an edge that this network does not have")
        near_any = np.empty(count, dtype=np.int32), np.empty(count)
        near_good = np.empty(count, dtype=np.int32), np.empty(count)
        network = self._network
        kernels.nearest_segments(
            lon * E7, lat * E7, hint_edge, any_bit, good_bit, good_m**2,
            network.edge_first_point, network.point_lon_e7, network.point_lat_e7,
            self._segment_edge, self._segment_point, self._edge_mask, self._passed_over(without),
            self._level_first, self._box, self._mask, *near_any, *near_good,
        )  # fmt: skip
        return near_any, near_good

    def _choose(self, lon, lat, any_segment, good_segment, limit_m: float) -> RoadPositions:
        """RULE 2 and RULE 4: the good road when it is near, else whatever there is."""
        segment = np.where(good_segment >= 0, good_segment, any_segment)
        positions = self._describe(lon, lat, segment)
        out = ~(positions.distance_m <= limit_m)
        if out.any():
            far = out & (positions.distance_m > FAR_M) & (segment >= 0)
            positions.distance_m[far] = distance_m(
                lon[far], lat[far], positions.lon[far], positions.lat[far]
            )
            positions.edge[out] = NO_EDGE
            positions.fraction[out] = 0.0
            positions.lon[out] = positions.lat[out] = np.nan
            positions.side[out] = 0
        return positions

    def _describe(self, lon, lat, segment) -> RoadPositions:
        positions = RoadPositions.empty(len(lon))
        network = self._network
        kernels.describe_feet(
            lon * E7, lat * E7, segment, self._segment_edge, self._segment_point,
            network.edge_first_point, network.point_lon_e7, network.point_lat_e7,
            positions.edge, positions.fraction, positions.lon, positions.lat,
            positions.distance_m, positions.side,
        )  # fmt: skip
        return positions


def refuse_out_of_network(positions: RoadPositions, mode: str, limit_m: float) -> None:
    """Raises OutOfNetworkError that names the first point without a road, and how far one is."""
    missing = np.flatnonzero(~positions.found)
    if len(missing) == 0:
        return
    which = "the point" if len(positions) == 1 else f"point {missing[0] + 1}"
    away_m = float(positions.distance_m[missing[0]])
    if np.isinf(away_m):
        raise OutOfNetworkError(f"this map has no road at all that {mode} may use")
    raise OutOfNetworkError(
        f"{which} is {away_m:,.0f} m from the nearest road that {mode} may use; "
        f"the limit is {limit_m:,.0f} m"
    )


def small_parts(layer: ModeLayer) -> np.ndarray:
    """Which strongly connected parts of a mode are small islands (RULE 2), as bool[part]."""
    length_m = np.asarray(layer.part_length_m, dtype=np.float64)
    if len(length_m) == 0:
        return np.zeros(0, dtype=bool)
    return length_m < min(SMALL_PART_SHARE * length_m.max(), SMALL_PART_M)


def _build(network: RoadNetwork, mode_bit: Mapping[str, int]) -> tuple[np.ndarray, ...]:
    edge_mask = np.zeros(network.edge_count, dtype=np.uint32)
    # RULE 4
    no_door = np.isin(network.edge_class, MOTORWAYS) | (network.edge_flags & EdgeFlag.TUNNEL != 0)
    for mode, bit in mode_bit.items():
        layer = network.modes[mode]
        usable = np.zeros(network.edge_count, dtype=bool)
        main = np.zeros(network.edge_count, dtype=bool)
        # a spare last entry makes part -1 fall on "small"
        large_part = np.append(~small_parts(layer), False)
        for direction in (0, 1):
            arcs = slice(direction, 2 * network.edge_count, 2)
            may_go = layer.travel_time_ms[arcs] < UNREACHABLE_MS
            may_go &= layer.manner[arcs] != Manner.FERRY  # RULE 1
            usable |= may_go
            main |= may_go & large_part[layer.part[arcs]]  # RULE 2
        edge_mask |= usable.astype(np.uint32) << np.uint32(bit)
        edge_mask |= main.astype(np.uint32) << np.uint32(bit + 1)
        edge_mask |= (main & ~no_door).astype(np.uint32) << np.uint32(bit + 2)
    segment_edge, segment_point = kernels.list_segments(network.edge_first_point, edge_mask)
    order = _curve_order(network, segment_point)
    segment_edge, segment_point = segment_edge[order], segment_point[order]
    level_sizes = [-(-len(order) // kernels.FAN_OUT)]
    while level_sizes[-1] > 1:
        level_sizes.append(-(-level_sizes[-1] // kernels.FAN_OUT))
    level_first = np.concatenate(([0], np.cumsum(level_sizes))).astype(np.int64)
    box = np.empty((level_first[-1], 4), dtype=np.int32)
    mask = np.empty(level_first[-1], dtype=np.uint32)
    kernels.fill_tree(
        level_first, segment_edge, segment_point,
        network.point_lon_e7, network.point_lat_e7, edge_mask, box, mask,
    )  # fmt: skip
    return segment_edge, segment_point, level_first, box, mask, edge_mask


def _curve_order(network: RoadNetwork, segment_point: np.ndarray) -> np.ndarray:
    """The order of the segments' middles along a Hilbert curve over the map."""
    steps = []
    for coordinate in (network.point_lon_e7, network.point_lat_e7):
        middle = coordinate[segment_point] / 2.0 + coordinate[segment_point + 1] / 2.0
        low, high = (middle.min(), middle.max()) if len(middle) else (0.0, 0.0)
        steps.append(((middle - low) * (65535.0 / max(high - low, 1.0))).astype(np.int64))
    return np.argsort(kernels.hilbert_keys(*steps), kind="stable")


def _checked(network: RoadNetwork, arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    missing = [name for name in ARRAY_NAMES if name not in arrays]
    if missing:
        raise MapFolderError(
            f"the snapping index lacks {', '.join(missing)}; compile the map again"
        )
    found = tuple(arrays[name] for name in ARRAY_NAMES)
    segment_edge, segment_point, level_first, box, mask, edge_mask = found
    if (
        len(edge_mask) != network.edge_count
        or len(segment_edge) != len(segment_point)
        or len(level_first) < 2
        or len(box) != level_first[-1]
        or len(mask) != level_first[-1]
        or level_first[1] != -(-len(segment_edge) // kernels.FAN_OUT)
    ):
        raise MapFolderError("the snapping index is not that of this map; compile the map again")
    return found


def _flat(lon: ArrayLike, lat: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = check_lon_lat(lon, lat)
    return np.atleast_1d(lon), np.atleast_1d(lat)


def _checked_limit(limit_m: float) -> float:
    if not limit_m > 0:
        raise RequestError("a distance limit is a number of metres above 0")
    return float(limit_m)
