"""What a mode costs on a network right now.

A :class:`Metric` is a snapshot: immutable, shared by every thread, and never half changed. A
closure or a new speed makes another metric, which costs one copy of the arc times and nothing
else; whoever still searches on the old one finishes on the old one.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from geodata.changes import ArcTimes, RoadChanges
from geodata.errors import MapFolderError, UnknownModeError
from geodata.id_sets import united
from geodata.network import RoadNetwork

_revisions = itertools.count(1)

_MANY_SHARE = 0.02
"""Above this share of all arcs it is quicker to compare them all than to sort those that changed:
a comparison in order takes a nanosecond or two an arc, sorting some fifty."""


def read_only(array: np.ndarray, dtype: type) -> np.ndarray:
    """The array as a plain, contiguous, read-only one: the one form the kernels are compiled for.

    Memory-mapped arrays are not copied.
    """
    plain = np.ascontiguousarray(array, dtype=dtype).view(np.ndarray)
    if plain.flags.writeable:
        plain = plain.view()
        plain.flags.writeable = False
    return plain


def _unsigned(array: np.ndarray) -> np.ndarray:
    """uint32[]: the same ids, none of them negative, in the same memory."""
    return read_only(array, np.int32).view(np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class SearchRoads:
    """The network as the search kernels read it, for one mode. Read-only, shared by all metrics.

    The turns stand in it twice: by the arc they leave, and by the arc they enter. What the inner
    loops index with is unsigned, which spares them the test for an index counted from the end.
    """

    first_out: np.ndarray  # uint32[arc + 1] into out_*
    out_arc: np.ndarray  # uint32[turn], arc entered
    out_cost: np.ndarray  # uint16[turn], as in ModeLayer.turn_cost
    first_in: np.ndarray  # uint32[arc + 1] into in_*
    in_arc: np.ndarray  # uint32[turn], arc left
    in_cost: np.ndarray  # uint16[turn]
    zone: np.ndarray  # int32[arc]
    arc_base: np.ndarray  # int32[arc]
    arc_next_copy: np.ndarray  # int32[arc]


_search_roads: WeakKeyDictionary[RoadNetwork, dict[str, SearchRoads]] = WeakKeyDictionary()
_search_roads_lock = threading.Lock()


def entered_turns(network: RoadNetwork) -> dict[str, np.ndarray]:
    """The turns by the arc they enter, as arrays to be kept with the map: see
    :func:`adopt_entered_turns`."""
    kept = {"in_arc": network.turn_from[network.turn_in]}
    for mode, layer in network.modes.items():
        kept[f"{mode}-in_cost"] = layer.turn_cost[network.turn_in]
    return kept


def adopt_entered_turns(network: RoadNetwork, arrays: Mapping[str, np.ndarray]) -> None:
    """Use what :func:`entered_turns` gave, usually memory-mapped, so that opening a map lays out
    nothing and processes share the pages. Raises MapFolderError where it is of another map."""
    names = ["in_arc", *(f"{mode}-in_cost" for mode in network.modes)]
    if any(name not in arrays or len(arrays[name]) != network.turn_count for name in names):
        raise MapFolderError("The map's turns by arc belong to another map; compile it again.")
    with _search_roads_lock:
        _search_roads[network] = {
            mode: _search_roads_with(network, mode, arrays["in_arc"], arrays[f"{mode}-in_cost"])
            for mode in network.modes
        }


def search_roads(network: RoadNetwork, mode: str) -> SearchRoads:
    """The network as the search reads it for a mode; laid out at the first call unless it was
    adopted, and kept as long as the map."""
    with _search_roads_lock:
        known = _search_roads.setdefault(network, {})
        if mode not in known:
            # The arcs left are the same for every mode: one array serves all.
            sibling = next(iter(known.values()), None)
            known[mode] = _search_roads_with(
                network,
                mode,
                network.turn_from[network.turn_in] if sibling is None else sibling.in_arc,
                network.modes[mode].turn_cost[network.turn_in],
            )
        return known[mode]


def _search_roads_with(
    network: RoadNetwork, mode: str, in_arc: np.ndarray, in_cost: np.ndarray
) -> SearchRoads:
    layer = network.modes[mode]
    return SearchRoads(
        first_out=_unsigned(network.first_turn),
        out_arc=_unsigned(network.turn_to),
        out_cost=read_only(layer.turn_cost, np.uint16),
        first_in=_unsigned(network.first_turn_in),
        in_arc=in_arc if in_arc.dtype == np.uint32 else _unsigned(in_arc),
        in_cost=read_only(in_cost, np.uint16),
        zone=read_only(layer.zone, np.int32),
        arc_base=read_only(network.arc_base, np.int32),
        arc_next_copy=read_only(network.arc_next_copy, np.int32),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """What one mode costs on a network right now. Immutable; compared by identity."""

    network: RoadNetwork
    mode: str
    travel_time_ms: np.ndarray
    """int32[arc]: with every change in force; ``UNREACHABLE_MS`` where the mode may not go now."""
    turn_cost: np.ndarray
    """uint16[turn], as in :class:`geodata.network.ModeLayer`."""
    zone: np.ndarray
    """int32[arc]: no-through ground, as in :class:`geodata.network.ModeLayer`."""
    revision: int
    """Different for every metric of this process, rising."""
    changed_arcs: np.ndarray
    """int32[]: arcs, rising, whose time may differ from the map's own."""
    roads: SearchRoads
    """The turns in the form the kernels read."""
    _private_times: deque = field(default_factory=deque, repr=False)

    @classmethod
    def base(cls, network: RoadNetwork, mode: str) -> Metric:
        """The map's own metric of a mode, with no change in force."""
        if mode not in network.modes:
            known = ", ".join(sorted(network.modes))
            raise UnknownModeError(f"The map has no mode {mode!r}; its modes are: {known}.")
        roads = search_roads(network, mode)
        return cls(
            network=network,
            mode=mode,
            travel_time_ms=read_only(network.modes[mode].travel_time_ms, np.int32),
            turn_cost=roads.out_cost,
            zone=roads.zone,
            revision=next(_revisions),
            changed_arcs=np.empty(0, dtype=np.int32),
            roads=roads,
        )

    def with_changes(self, changes: RoadChanges) -> Metric:
        """This metric with closures and speed changes on top of those already in force."""
        return self.with_arc_times(changes.arc_times(self))

    def with_arc_times(self, times: ArcTimes) -> Metric:
        """This metric with new times on some arcs."""
        travel_time_ms = self.travel_time_ms.copy()
        travel_time_ms[times.arc] = times.travel_time_ms
        travel_time_ms.flags.writeable = False
        return Metric(
            network=self.network,
            mode=self.mode,
            travel_time_ms=travel_time_ms,
            turn_cost=self.turn_cost,
            zone=self.zone,
            revision=next(_revisions),
            changed_arcs=united(self.changed_arcs, times.arc).astype(np.int32),
            roads=self.roads,
        )

    def with_times(self, travel_time_ms: np.ndarray) -> Metric:
        """This metric with another time on every arc, int32[arc], which is not to be changed any
        more: for searches on the roads as somebody sees them."""
        return Metric(
            network=self.network,
            mode=self.mode,
            travel_time_ms=read_only(travel_time_ms, np.int32),
            turn_cost=self.turn_cost,
            zone=self.zone,
            revision=next(_revisions),
            changed_arcs=np.arange(len(travel_time_ms), dtype=np.int32),
            roads=self.roads,
        )

    def arcs_differing_from(self, other: Metric) -> np.ndarray:
        """int32[]: the arcs, rising, whose time differs between two metrics of one map and mode."""
        if other.network is not self.network or other.mode != self.mode:
            raise ValueError("Only metrics of the same map and mode can be compared.")
        if len(self.changed_arcs) + len(other.changed_arcs) > _MANY_SHARE * len(self.zone):
            differs = self.travel_time_ms != other.travel_time_ms
            return np.flatnonzero(differs).astype(np.int32)
        arcs = united(self.changed_arcs, other.changed_arcs).astype(np.int32)
        return arcs[self.travel_time_ms[arcs] != other.travel_time_ms[arcs]]

    @contextmanager
    def times_with(self, changes: RoadChanges | None) -> Iterator[np.ndarray]:
        """int32[arc] travel times in ms with one request's own changes, for as long as it runs.

        The times are a private copy that is patched for the request, restored after it and kept
        for the next one, so that a request with a closure pays for the arcs it closes and not for
        the size of the map.
        """
        if changes is None or not changes:
            yield self.travel_time_ms
            return
        times = changes.arc_times(self)
        try:
            private_ms = self._private_times.pop()
        except IndexError:
            private_ms = self.travel_time_ms.copy()
        private_ms[times.arc] = times.travel_time_ms
        yield read_only(private_ms, np.int32)
        private_ms[times.arc] = self.travel_time_ms[times.arc]
        self._private_times.append(private_ms)
