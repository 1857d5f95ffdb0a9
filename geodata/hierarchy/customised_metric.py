"""The metric in force on a mode's hierarchy, and how a change comes into force.

Whoever asks reads one immutable :class:`~geodata.hierarchy.routable_metric.RoutableMetric`, so
that no question ever sees half a change. A change is worked out in a second set of weights, which
then takes the first one's place; the first serves the next change, once nobody asks it any more.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from geodata.changes import RoadChanges
from geodata.hierarchy.queries import HierarchySearch, ScratchPool, readable
from geodata.hierarchy.routable_metric import ModeGates, RoutableMetric
from geodata.hierarchy.shortcuts import Hierarchy
from geodata.hierarchy.weighing import LinkWeights, Reweigher, WeightChanges
from geodata.metric import Metric
from geodata.road_path import RoadPath
from geodata.search.anchors import Positions

_WHOLE_SHARE = 0.002
"""Where more of a mode's arcs than this changed, weighing all links anew is quicker."""

_KEPT = 2
"""So many sets of weights that are no longer in force are kept for the changes to come."""


@dataclass(slots=True, eq=False)
class _Retired:
    """Weights that were in force, and what changed since."""

    read_as: Callable[[], LinkWeights | None]
    """The form in which they were read, as long as anybody may still read them, else None."""
    weights: LinkWeights
    behind: list[WeightChanges] = field(default_factory=list)


class CustomisedMetric:
    """Routes and tables under the metric in force. Any thread may ask and any may update."""

    def __init__(self, hierarchy: Hierarchy, metric: Metric, threads: int = 2) -> None:
        """`threads` work on a metric that is new as a whole. Raises UnknownModeError."""
        self._links = hierarchy.of(metric.mode)
        self._threads = threads
        self._pool = ScratchPool(self._links)
        self._gates = ModeGates(metric)
        self._lock = threading.Lock()
        self._reweigher: Reweigher | None = None
        self._retired: list[_Retired] = []
        self._weights = LinkWeights.base(self._links)
        self._read_as = readable(self._weights)
        self._now = self._routable(Metric.base(metric.network, metric.mode))
        self.update(metric)

    @property
    def now(self) -> RoutableMetric:
        """What is in force: immutable, for several questions that must fit together."""
        return self._now

    @property
    def metric(self) -> Metric:
        """The metric in force."""
        return self._now.metric

    def update(self, metric: Metric) -> RoutableMetric:
        """Brings another metric of the same map and mode into force, and returns what is."""
        with self._lock:
            changed = metric.arcs_differing_from(self._now.metric)
            if len(changed) > _WHOLE_SHARE * self._links.vertex_count:
                self._weights = LinkWeights.of(self._links, metric.travel_time_ms, self._threads)
                self._read_as = readable(self._weights)
                self._retired.clear()
            elif len(changed):
                self._reweigh(metric, changed)
            self._now = self._routable(metric)
            return self._now

    def prepare(self) -> None:
        """Does now what the first change would otherwise have to wait for: copies of the weights to
        be changed, which take twice as much memory again, and loading the compiled loops."""
        with self._lock:
            self._reweigher = self._reweigher or Reweigher(self._links, self.metric.network)
            while len(self._retired) < _KEPT:
                self._retired.append(_Retired(lambda: None, self._weights.copy()))
            spare = self._spare()
            nothing = np.empty(0, dtype=np.int32)
            self._reweigher.reweigh(self._weights, spare, nothing, self.metric.travel_time_ms)
            self._retired.append(_Retired(lambda: None, spare))

    def route(
        self, origin: Positions, destination: Positions, *, changes: RoadChanges | None = None
    ) -> RoadPath:
        """The fastest drive; see :meth:`RoutableMetric.route`."""
        return self._now.route(origin, destination, changes=changes)

    def table(
        self, sources: Positions, targets: Positions, *, changes: RoadChanges | None = None
    ) -> np.ndarray:
        """int32[source, target] travel times in ms; see :meth:`RoutableMetric.table`."""
        return self._now.table(sources, targets, changes=changes)

    def table_with_lengths(
        self, sources: Positions, targets: Positions
    ) -> tuple[np.ndarray, np.ndarray]:
        """(times in ms, lengths in m); see :meth:`RoutableMetric.table_with_lengths`."""
        return self._now.table_with_lengths(sources, targets)

    def _reweigh(self, metric: Metric, changed: np.ndarray) -> None:
        """Makes the weights right for a metric that differs in a few arcs."""
        self._reweigher = self._reweigher or Reweigher(self._links, metric.network)
        old = self._weights
        new = self._spare()
        changes = self._reweigher.reweigh(old, new, changed, metric.travel_time_ms)
        for retired in self._retired:
            retired.behind.append(changes)
        if old.writeable:
            self._retired.append(_Retired(weakref.ref(self._read_as), old, [changes]))
            del self._retired[:-_KEPT]
        self._weights = new
        self._read_as = readable(new)

    def _spare(self) -> LinkWeights:
        """Weights as they are in force, to be changed."""
        for retired in self._retired:
            if retired.read_as() is None:
                self._retired.remove(retired)
                for changes in retired.behind:
                    changes.take_over(self._weights, retired.weights)
                return retired.weights
        return self._weights.copy()

    def _routable(self, metric: Metric) -> RoutableMetric:
        """A metric with the weights as they are now."""
        search = HierarchySearch(self._links, metric, self._read_as, self._pool)
        return RoutableMetric(search, self._gates)
