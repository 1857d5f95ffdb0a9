"""The roads of a rehearsal: as the service's are at one moment, without a service."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from geodata.changes import RoadChanges
from geodata.maps.compile import SNAPPER_GROUP
from geodata.maps.store import network_info, open_group, open_network
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS, RoadNetwork
from geodata.positions import RoadPositions
from geodata.search import many_to_many
from geodata.snapping import Snapper


class RehearsalRoads:
    """One map with some changes in force. Immutable; what recommending and intercepting ask for."""

    def __init__(
        self,
        network: RoadNetwork,
        snapper: Snapper | None = None,
        changes: RoadChanges | None = None,
        metrics: dict[str, Metric] | None = None,
    ) -> None:
        """``metrics`` by mode, for times that are not the map's own."""
        self.network = network
        self.snapper = snapper or Snapper(network)
        self._base = metrics or {mode: Metric.base(network, mode) for mode in network.modes}
        self.metrics = self._base
        if changes:
            self.metrics = {mode: m.with_changes(changes) for mode, m in self._base.items()}

    @classmethod
    def open(cls, folder: Path) -> RehearsalRoads:
        """The roads of a compiled map. Raises MapFolderError."""
        network = open_network(folder)
        if SNAPPER_GROUP not in network_info(folder).groups:
            return cls(network)
        return cls(network, Snapper.from_arrays(network, open_group(folder, SNAPPER_GROUP)))

    def changed(self, changes: Iterable[RoadChanges]) -> RehearsalRoads:
        """The same map with only these changes in force."""
        together = RoadChanges()
        for one in changes:
            together = together + one
        return RehearsalRoads(self.network, self.snapper, together, self._base)

    def metric(self, mode: str) -> Metric:
        """What a mode costs."""
        return self.metrics[mode]

    def table(
        self,
        mode: str,
        sources: RoadPositions,
        targets: RoadPositions,
        changes: RoadChanges | None = None,
    ) -> tuple[np.ndarray, None]:
        """(int32[source, target] travel times in ms, nothing)."""
        return many_to_many(self.metrics[mode], sources, targets, changes=changes), None

    def closed_edges(self, mode: str, changes: RoadChanges | None) -> np.ndarray | None:
        """bool[edge]: usable on the map, and now in no direction; None where nothing is."""
        metric = self.metrics[mode]
        if changes:
            metric = metric.with_changes(changes)
        if not len(metric.changed_arcs):
            return None
        shut = metric.travel_time_ms[: 2 * self.network.edge_count] >= UNREACHABLE_MS
        return shut.reshape(-1, 2).all(axis=1)
