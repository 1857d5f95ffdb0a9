"""How people on the run choose their way: several models, for a plan made for one of them falls
apart under another (escape routes of several behaviours are compared in van Droffelaar et al.,
Applied Network Science 2025, 10.1007/s41109-024-00689-1).

A driver takes the way that seems fastest, and each model says what seems: times are multiplied by
what the driver likes and dislikes, and by what they misjudge. How long the way then takes is always
the map's own time, over the driver's speed factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS, EdgeFlag, RoadClass, RoadNetwork

_PATTERN_BITS = 14
NOISE_PATTERNS = 1 << _PATTERN_BITS
"""Different misjudgements in one draw; roads far apart may share one."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio in 64 bits: Fibonacci hashing (Knuth, TAOCP 3, 6.4)."""

_BIG = (RoadClass.MOTORWAY, RoadClass.MOTORWAY_LINK, RoadClass.TRUNK, RoadClass.TRUNK_LINK)
_MIDDLE = (RoadClass.PRIMARY, RoadClass.PRIMARY_LINK)
_SMALL = tuple(range(RoadClass.TERTIARY, RoadClass.TRACK + 1))


def _times(*groups: tuple[tuple[int, ...], float]) -> dict[int, float]:
    return {int(kind): factor for kinds, factor in groups for kind in kinds}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way of choosing a way."""

    name: str
    chinese: str
    share: float
    """Of the scenarios of the default mixture."""
    noise: float
    """How much times are misjudged: standard deviation of their logarithm, per road."""
    class_factor: Mapping[int, float] = field(default_factory=dict)
    """What the times of a class of road seem to be multiplied by."""
    toll_factor: float = 1.0
    """What the times of toll roads seem to be multiplied by."""
    random: bool = False
    """Turns at random instead: nothing seems fastest."""


# Shares and factors are choices of ours: most drivers follow a phone, some avoid what has cameras
# and gates, a few are lost. The noise is what navigation and drivers differ by on ordinary days
# (travel times vary by 20 to 30 % around their median).
BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour("fastest", "走最快的路", 0.40, noise=0.25),
    Behaviour("avoids_toll", "避开收费站", 0.15, noise=0.20, toll_factor=8.0),
    Behaviour(
        "big_roads", "走大路", 0.20, noise=0.20, class_factor=_times((_BIG, 0.6), (_SMALL, 1.8))
    ),
    Behaviour(
        "small_roads", "走小路", 0.15, noise=0.30, class_factor=_times((_BIG, 4.0), (_MIDDLE, 1.8))
    ),
    Behaviour("random", "路口随意转弯", 0.10, noise=0.0, random=True),
)


def seeming_times(
    metric: Metric, arcs: np.ndarray, behaviour: Behaviour, rng: np.random.Generator
) -> np.ndarray:
    """int32[of arcs]: times in ms as a driver of this behaviour sees them, drawn once.

    A road is misjudged as a whole, and each of its stretches a little more.
    """
    network = metric.network
    edge = metric.roads.arc_base[arcs] >> 1
    seeming_ms = metric.travel_time_ms[arcs] * _liking(network, edge, behaviour)
    if behaviour.noise:
        spread = behaviour.noise * rng.normal(0.0, 1.0, NOISE_PATTERNS)
        salt = rng.integers(1 << 62, dtype=np.uint64)
        # Variances 0.64 and 0.36 of the noise's.
        of_way, of_edge = np.exp(0.8 * spread), np.exp(0.6 * spread)
        seeming_ms *= of_way[_hashed(network.edge_way_id[edge].astype(np.uint64) ^ salt)]
        seeming_ms *= of_edge[_hashed(edge.astype(np.uint64) ^ salt)]
    usable = metric.travel_time_ms[arcs] < UNREACHABLE_MS
    seeming_ms = np.clip(seeming_ms, 1.0, float(UNREACHABLE_MS // 8))
    return np.where(usable, seeming_ms, UNREACHABLE_MS).astype(np.int32)


def _liking(network: RoadNetwork, edge: np.ndarray, behaviour: Behaviour) -> np.ndarray:
    """float64[of edge]."""
    of_class = np.ones(int(max(RoadClass)) + 1)
    for road_class, factor in behaviour.class_factor.items():
        of_class[road_class] = factor
    liking = of_class[network.edge_class[edge]]
    if behaviour.toll_factor != 1.0:
        liking[network.edge_flags[edge] & np.uint16(EdgeFlag.TOLL) != 0] *= behaviour.toll_factor
    return liking


def _hashed(values: np.ndarray) -> np.ndarray:
    """int64[]: 0..NOISE_PATTERNS - 1 for each value."""
    return ((values * _SPREAD) >> np.uint64(64 - _PATTERN_BITS)).astype(np.int64)
