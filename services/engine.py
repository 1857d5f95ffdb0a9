"""The map as the service uses it: what holds on the roads now, and the ways over them.

Questions take one snapshot (:attr:`MapEngine.now`) and stay with it; a closure makes the next one.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodata.changes import RoadChanges
from geodata.errors import UnknownModeError
from geodata.hierarchy import Hierarchy
from geodata.hierarchy.customised_metric import CustomisedMetric
from geodata.hierarchy.routable_metric import RoutableMetric
from geodata.maps.compile import HIERARCHY_GROUP, SNAPPER_GROUP, TURNS_GROUP
from geodata.maps.store import network_info, open_group, open_network
from geodata.metric import Metric, adopt_entered_turns
from geodata.network import UNREACHABLE_MS, RoadNetwork
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath, path_length_m
from geodata.snapping import Snapper


@dataclass(frozen=True, slots=True, eq=False)
class RoadsNow:
    """What holds on the roads at one moment. Immutable, shared by all threads."""

    network: RoadNetwork
    snapper: Snapper
    metrics: dict[str, Metric]
    routes: dict[str, RoutableMetric]
    closed: dict[str, np.ndarray | None]
    """bool[edge] by mode: closed both ways by a standing closure; None where nothing is."""

    def metric(self, mode: str) -> Metric:
        """The metric of a mode. Raises UnknownModeError."""
        try:
            return self.metrics[mode]
        except KeyError:
            known = ", ".join(sorted(self.metrics))
            raise UnknownModeError(f"No such mode: {mode!r}. The map has: {known}.") from None

    def closed_edges(self, mode: str, changes: RoadChanges | None) -> np.ndarray | None:
        """bool[edge]: edges that no direction of can be used now; None where nothing is closed."""
        standing = self.closed[mode]
        if not changes:
            return standing
        metric = self.metrics[mode]
        times = changes.arc_times(metric)
        shut = times.arc[times.travel_time_ms >= UNREACHABLE_MS]
        if not len(shut):
            return standing
        arc_shut = metric.travel_time_ms[: 2 * self.network.edge_count] >= UNREACHABLE_MS
        arc_shut[shut[shut < 2 * self.network.edge_count]] = True
        return arc_shut.reshape(-1, 2).all(axis=1)

    def path(
        self,
        mode: str,
        origin: RoadPositions,
        destination: RoadPositions,
        changes: RoadChanges | None = None,
    ) -> RoadPath:
        """The fastest way. Raises NoRouteError."""
        return self.routes[mode].route(origin, destination, changes=changes)

    def table(
        self,
        mode: str,
        sources: RoadPositions,
        targets: RoadPositions,
        changes: RoadChanges | None = None,
        *,
        want_lengths: bool = False,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Travel times in ms, int32[source, target], ``UNREACHABLE_MS`` where there is no way; and,
        where wanted, the lengths of the fastest ways in metres, NaN where there is none."""
        routes = self.routes[mode]
        if want_lengths and not changes:
            return routes.table_with_lengths(sources, targets)
        times_ms = routes.table(sources, targets, changes=changes)
        if not want_lengths:
            return times_ms, None
        lengths_m = np.full(times_ms.shape, np.nan)
        for i, j in np.argwhere(times_ms < UNREACHABLE_MS).tolist():
            path = self.path(mode, sources.take([i]), targets.take([j]), changes)
            lengths_m[i, j] = path_length_m(self.network, path)
        return times_ms, lengths_m


class MapEngine:
    """The loaded map. Any thread may read ``now``; a lock orders those who change it."""

    def __init__(self, network: RoadNetwork, snapper: Snapper, hierarchy: Hierarchy) -> None:
        self.network = network
        self.snapper = snapper
        self._lock = threading.Lock()
        self._base = {mode: Metric.base(network, mode) for mode in network.modes}
        self._routes = {
            mode: CustomisedMetric(hierarchy, metric) for mode, metric in self._base.items()
        }
        self.now = RoadsNow(
            network=network,
            snapper=snapper,
            metrics=dict(self._base),
            routes={mode: routes.now for mode, routes in self._routes.items()},
            closed=dict.fromkeys(network.modes),
        )

    def prepare(self) -> None:
        """Lay out what the first change would otherwise wait for."""
        for routes in self._routes.values():
            routes.prepare()

    def put_in_force(self, changes: RoadChanges) -> None:
        """Make these the standing changes; questions that come later see all of them."""
        with self._lock:
            if not changes:
                metrics = dict(self._base)
            else:
                metrics = {mode: base.with_changes(changes) for mode, base in self._base.items()}
            self.now = RoadsNow(
                network=self.network,
                snapper=self.snapper,
                metrics=metrics,
                routes=self._update_routes(metrics),
                closed={mode: _closed(self._base[mode], metrics[mode]) for mode in metrics},
            )

    def _update_routes(self, metrics: dict[str, Metric]) -> dict[str, RoutableMetric]:
        """The modes' hierarchies under these metrics; two modes at a time."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            updated = pool.map(lambda mode: self._routes[mode].update(metrics[mode]), metrics)
            return dict(zip(metrics, updated, strict=True))


def _closed(base: Metric, metric: Metric) -> np.ndarray | None:
    """bool[edge]: usable on the map, and now in no direction."""
    arcs = metric.changed_arcs
    arcs = arcs[arcs < 2 * base.network.edge_count]
    if not (metric.travel_time_ms[arcs] >= UNREACHABLE_MS).any():
        return None
    shut = metric.travel_time_ms[: 2 * base.network.edge_count] >= UNREACHABLE_MS
    return shut.reshape(-1, 2).all(axis=1)


def open_engine(folder: Path) -> MapEngine:
    """The engine over a compiled map. Raises MapFolderError."""
    network = open_network(folder)
    groups = network_info(folder).groups
    arrays = open_group(folder, SNAPPER_GROUP) if SNAPPER_GROUP in groups else None
    if TURNS_GROUP in groups:
        adopt_entered_turns(network, open_group(folder, TURNS_GROUP))
    if HIERARCHY_GROUP in groups:
        hierarchy = Hierarchy.from_arrays(network, open_group(folder, HIERARCHY_GROUP))
    else:
        hierarchy = Hierarchy.build(network)
    return MapEngine(network, Snapper(network, arrays), hierarchy)
