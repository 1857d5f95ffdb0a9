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

from dispatch.kernels.misjudging import PATTERN_BITS, misjudge
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS, EdgeFlag, RoadClass

NOISE_PATTERNS = 1 << PATTERN_BITS
"""Different misjudgements in one draw; roads far apart may share one."""

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
    """int32[arc]: times in ms as a driver of this behaviour sees them, drawn once;
    :data:`UNREACHABLE_MS` on all but these ``arcs``.

    A road is misjudged as a whole, and each of its stretches a little more.
    """
    network = metric.network
    spread, salt = np.zeros(NOISE_PATTERNS), np.uint64(0)
    if behaviour.noise:
        spread = behaviour.noise * rng.normal(0.0, 1.0, NOISE_PATTERNS)
        salt = rng.integers(1 << 62, dtype=np.uint64)
    of_class = np.ones(int(max(RoadClass)) + 1)
    for road_class, factor in behaviour.class_factor.items():
        of_class[road_class] = factor
    seeming_ms = np.full(network.arc_count, UNREACHABLE_MS, dtype=np.int32)
    misjudge(
        arcs,
        metric.travel_time_ms,
        metric.roads.arc_base,
        network.edge_class,
        network.edge_flags,
        network.edge_way_id,
        of_class,
        np.uint16(EdgeFlag.TOLL),
        behaviour.toll_factor,
        # Variances 0.64 and 0.36 of the noise's.
        np.exp(0.8 * spread),
        np.exp(0.6 * spread),
        salt,
        seeming_ms,
    )
    return seeming_ms
