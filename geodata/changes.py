"""Closures and speed changes: what is different on the roads from what the map says.

A change says on which roads (edges, a polygon, whole classes of road), for which modes, and what:
closed, or another speed. It is resolved into arcs and their new times; only times ever change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import numpy as np
from shapely.geometry.base import BaseGeometry

from geodata.edge_boxes import edges_meeting
from geodata.errors import RequestError
from geodata.id_sets import sorted_once, united
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS, EdgeFlag, RoadClass, RoadNetwork

if TYPE_CHECKING:
    from geodata.metric import Metric

Direction = Literal["both", "forward", "backward"]
"""Of an edge: both ways, along its geometry, or against it."""

_MS_PER_HOUR_PER_M = 3600
"""Milliseconds to cover one metre at one kilometre per hour."""

_LONGEST_ARC_MS = int(NO_THROUGH_MS) - 1
"""An arc is never slower than this (37 h), so that times stay below the no-through surcharge."""

_LOWEST_FACTOR, _HIGHEST_FACTOR = 0.01, 10.0
_LOWEST_KPH, _HIGHEST_KPH = 0.1, 300.0


def _of_class(*classes: RoadClass) -> Callable[[RoadNetwork], np.ndarray]:
    return lambda network: np.isin(network.edge_class, [int(c) for c in classes])


def _flagged(flag: EdgeFlag) -> Callable[[RoadNetwork], np.ndarray]:
    return lambda network: (network.edge_flags & np.uint16(flag)) != 0


AVOIDABLE: dict[str, Callable[[RoadNetwork], np.ndarray]] = {
    "motorway": _of_class(RoadClass.MOTORWAY, RoadClass.MOTORWAY_LINK),
    "trunk": _of_class(RoadClass.TRUNK, RoadClass.TRUNK_LINK),
    "ferry": _of_class(RoadClass.FERRY),
    "steps": _of_class(RoadClass.STEPS),
    "toll": _flagged(EdgeFlag.TOLL),
    "tunnel": _flagged(EdgeFlag.TUNNEL),
    "bridge": _flagged(EdgeFlag.BRIDGE),
    "unpaved": _flagged(EdgeFlag.UNPAVED),
}
"""Classes of road that a request may avoid: name -> bool[edge]."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RoadChange:
    """Where a change holds, and for whom: the union of the roads named. Immutable.

    An edge lies in a polygon when any part of it does.
    """

    edges: Iterable[int] = ()
    direction: Direction = "both"
    """Of `edges` and of what the polygon holds; a class of road is always meant both ways."""
    polygon: BaseGeometry | None = None
    """Any shapely geometry in WGS-84 longitude and latitude."""
    avoid: Iterable[str] = ()
    """Names in :data:`AVOIDABLE`."""
    modes: Iterable[str] | None = None
    """Modes it holds for; None is every mode."""
    _arcs: WeakKeyDictionary = field(default_factory=WeakKeyDictionary, init=False, repr=False)

    def __post_init__(self) -> None:
        edges = np.asarray(
            self.edges if isinstance(self.edges, np.ndarray) else list(self.edges), dtype=np.int64
        )
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "avoid", frozenset(self.avoid))
        if self.modes is not None:
            object.__setattr__(self, "modes", frozenset(self.modes))
        if self.direction not in ("both", "forward", "backward"):
            raise RequestError(
                f"The direction of a change is both, forward or backward, not {self.direction!r}."
            )
        unknown = sorted(self.avoid - AVOIDABLE.keys())
        if unknown:
            raise RequestError(
                f"Roads of class {unknown[0]!r} cannot be avoided; one can avoid: "
                f"{', '.join(sorted(AVOIDABLE))}."
            )
        if self.polygon is not None and (self.polygon.is_empty or not self.polygon.is_valid):
            raise RequestError(
                "The polygon of a change is empty or crosses itself; "
                "give a ring that does not touch itself."
            )

    def holds_for(self, mode: str) -> bool:
        return self.modes is None or mode in self.modes

    def arcs(self, network: RoadNetwork) -> np.ndarray:
        """int32[]: the arcs concerned, rising, copies included. Resolved once per network."""
        known = self._arcs.get(network)
        if known is None:
            known = self._arcs[network] = self._resolve(network)
        return known

    def _resolve(self, network: RoadNetwork) -> np.ndarray:
        if len(self.edges) and not (
            self.edges.min() >= 0 and self.edges.max() < network.edge_count
        ):
            raise RequestError(f"Edges of this map are 0 to {network.edge_count - 1}.")
        edges = self.edges
        if self.polygon is not None:
            edges = np.concatenate([edges, edges_meeting(network, self.polygon)])
        edges = sorted_once(edges)
        match self.direction:
            case "forward":
                arcs = 2 * edges
            case "backward":
                arcs = 2 * edges + 1
            case _:
                arcs = _both_ways(edges)
        for name in self.avoid:
            arcs = united(arcs, _both_ways(np.flatnonzero(AVOIDABLE[name](network))))
        return _with_copies(network, arcs)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Closure(RoadChange):
    """Roads that may not be used."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpeedChange(RoadChange):
    """Roads with another speed. Give either `speed_kph` or `factor`.

    A speed change never opens a road that the mode may not use.
    """

    speed_kph: float | None = None
    """0.1..300: the speed from now on."""
    factor: float | None = None
    """0.01..10: the speed from now on as a multiple of what it was; 0.5 is half as fast."""

    def __post_init__(self) -> None:
        # super() cannot be used here: a dataclass with slots is a copy of the class being defined.
        RoadChange.__post_init__(self)
        if (self.speed_kph is None) == (self.factor is None):
            raise RequestError("A speed change has either a speed in km/h or a factor.")
        if self.speed_kph is not None and not _LOWEST_KPH <= self.speed_kph <= _HIGHEST_KPH:
            raise RequestError(f"A speed lies between {_LOWEST_KPH} and {_HIGHEST_KPH} km/h.")
        if self.factor is not None and not _LOWEST_FACTOR <= self.factor <= _HIGHEST_FACTOR:
            raise RequestError(
                f"A speed factor lies between {_LOWEST_FACTOR} and {_HIGHEST_FACTOR}."
            )

    def new_times_ms(self, network: RoadNetwork, arcs: np.ndarray, old_ms: np.ndarray):
        """float64[]: time of each arc in ms, before rounding."""
        if self.factor is not None:
            return old_ms / self.factor
        length_m = network.edge_length_m[network.arc_base[arcs] >> 1].astype(np.float64)
        return length_m * _MS_PER_HOUR_PER_M / self.speed_kph


@dataclass(frozen=True, slots=True, eq=False)
class ArcTimes:
    """New travel times of some arcs."""

    arc: np.ndarray  # int32[], rising
    travel_time_ms: np.ndarray  # int32[]; UNREACHABLE_MS where closed


class RoadChanges:
    """Some changes together, in the order they are made. Immutable; false when there are none.

    1. Speed changes apply one after another: a speed replaces what was there, a factor multiplies.
    2. A closure closes, whatever speed anything else says.
    """

    __slots__ = ("changes",)

    def __init__(self, *changes: RoadChange) -> None:
        for change in changes:
            if not isinstance(change, Closure | SpeedChange):
                raise TypeError(f"A road change is a Closure or a SpeedChange, not {change!r}.")
        self.changes = changes

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __iter__(self) -> Iterator[RoadChange]:
        return iter(self.changes)

    def __add__(self, other: RoadChanges) -> RoadChanges:
        return RoadChanges(*self.changes, *other.changes)

    def __repr__(self) -> str:
        return f"RoadChanges{self.changes!r}"

    def arc_times(self, metric: Metric) -> ArcTimes:
        """The arcs that these changes concern in a metric's mode, and their times with them."""
        network = metric.network
        concerned = [(c, c.arcs(network)) for c in self.changes if c.holds_for(metric.mode)]
        if not concerned:
            return ArcTimes(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))
        if len(concerned) == 1:
            arcs = concerned[0][1]
        else:
            arcs = sorted_once(np.concatenate([of_change for _, of_change in concerned]))
        time_ms = metric.travel_time_ms[arcs].astype(np.float64)
        usable = time_ms < UNREACHABLE_MS
        # RULE 1: speeds in their order.
        for change, of_change in concerned:
            if isinstance(change, SpeedChange):
                at = slice(None) if of_change is arcs else np.searchsorted(arcs, of_change)
                time_ms[at] = change.new_times_ms(network, of_change, time_ms[at])
        new_ms = np.clip(np.rint(time_ms), 1, _LONGEST_ARC_MS).astype(np.int32)
        new_ms[~usable] = UNREACHABLE_MS
        # RULE 2: closures close.
        for change, of_change in concerned:
            if isinstance(change, Closure):
                new_ms[np.searchsorted(arcs, of_change)] = UNREACHABLE_MS
        return ArcTimes(arcs, new_ms)


def _both_ways(edges: np.ndarray) -> np.ndarray:
    """The two arcs of each edge, rising as the edges are."""
    arcs = np.repeat(2 * edges, 2)
    arcs[1::2] += 1
    return arcs


def _with_copies(network: RoadNetwork, arcs: np.ndarray) -> np.ndarray:
    """int32[]: base arcs, rising, with every arc that copies one of them."""
    arcs = arcs.astype(np.int32, copy=False)
    found = []
    if len(network.arc_base) > 2 * network.edge_count:
        copies = network.arc_next_copy[arcs]
        while len(copies := copies[copies >= 0]):
            found.append(copies)
            copies = network.arc_next_copy[copies]
    # All copies come after the base arcs.
    return np.concatenate([arcs, np.sort(np.concatenate(found))]) if found else arcs
