"""The map as the service uses it: what holds on the roads now, and the ways over them.

Questions take one snapshot (:attr:`MapEngine.now`) and stay with it; a closure makes the next one.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodata.base_map.archive import BaseMap
from geodata.changes import ArcTimes, RoadChanges
from geodata.errors import UnknownModeError
from geodata.hierarchy import Hierarchy
from geodata.hierarchy.customised_metric import CustomisedMetric
from geodata.hierarchy.routable_metric import RoutableMetric
from geodata.maps.compile import BASE_MAP_FILE, HIERARCHY_GROUP, SNAPPER_GROUP, TURNS_GROUP
from geodata.maps.store import network_info, open_file, open_group, open_network
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
        standing, metric = self.closed[mode], self.metrics[mode]
        if not changes:
            return standing
        return _closed(metric, changes.arc_times(metric), standing)

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
            with ThreadPoolExecutor(max_workers=2) as pool:  # two modes at a time
                modes = list(self._base)
                updated = pool.map(lambda mode: self._update(mode, changes), modes)
                routes = dict(zip(modes, updated, strict=True))
            metrics = {mode: route.metric for mode, route in routes.items()}
            self.now = RoadsNow(
                network=self.network,
                snapper=self.snapper,
                metrics=metrics,
                routes=routes,
                closed={mode: _closed_now(metric) for mode, metric in metrics.items()},
            )

    def _update(self, mode: str, changes: RoadChanges) -> RoutableMetric:
        """A mode's hierarchy under these changes alone."""
        base = self._base[mode]
        return self._routes[mode].update(base.with_changes(changes) if changes else base)


def _closed_now(metric: Metric) -> np.ndarray | None:
    """bool[edge]: closed both ways by what is in force; None where nothing is."""
    arcs = metric.changed_arcs
    return _closed(metric, ArcTimes(arcs, metric.travel_time_ms[arcs]), None)


def _closed(metric: Metric, times: ArcTimes, before: np.ndarray | None) -> np.ndarray | None:
    """bool[edge]: closed before, or by some new times now in no direction usable; None where
    nothing is. Looks at the arcs with new times only, however large the map."""
    shut = times.arc[times.travel_time_ms >= UNREACHABLE_MS]
    shut = shut[shut < 2 * metric.network.edge_count]
    if not len(shut):
        return before
    closed = np.zeros(metric.network.edge_count, dtype=bool) if before is None else before.copy()
    other_way = shut ^ 1
    gone = (metric.travel_time_ms[other_way] >= UNREACHABLE_MS) | np.isin(other_way, shut)
    closed[shut[gone] >> 1] = True
    return closed


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


def open_base_map(folder: Path) -> BaseMap | None:
    """The vector tiles of a compiled map; None where it was compiled without. Raises
    MapFolderError."""
    if BASE_MAP_FILE not in network_info(folder).files:
        return None
    return BaseMap(open_file(folder, BASE_MAP_FILE))
