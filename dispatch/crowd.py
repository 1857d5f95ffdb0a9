"""A crowd that moves along the roads: responders between two jobs, for demonstrations and trials.

Everybody drives at the speed of their mode and turns at random where a turn may be made, so they
keep to the roads and to the rules, and their positions over time look like a fleet at work.
"""

from __future__ import annotations

import numpy as np

from dispatch.kernels.walking import places_on_arcs, walk
from geodata.cells import ancestors_of
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS, RoadNetwork

TOWN_RESOLUTION = 8
"""H3 resolution at which streets are dense or sparse."""

_PICKS_PER_STEP = 8  # random numbers per walker and step; reused if more junctions are passed


class Crowd:
    """Walkers of one mode of travel. Not shared between threads."""

    def __init__(
        self, metric: Metric, count: int, rng: np.random.Generator, in_town: bool = False
    ) -> None:
        """Spread ``count`` walkers over the mode's largest connected part by length of road.

        ``in_town`` puts more of them where junctions are dense, as people and their riders are.
        Raises ValueError when the mode can use no road of the map.
        """
        self._metric = metric
        self._rng = rng
        network = metric.network
        layer = network.modes[metric.mode]
        base = np.flatnonzero(layer.part[: 2 * network.edge_count] == 0)
        usable = base[layer.zone[base] < 0] if (layer.zone[base] < 0).any() else base
        if not len(usable):
            raise ValueError(f"No road of this map can be used by {metric.mode}.")
        weight = network.edge_length_m[usable >> 1].astype(np.float64)
        if in_town:
            weight *= _junctions_around(network)[network.arc_tail[usable]]
        chance = weight / weight.sum() if weight.sum() > 0 else None
        self._arc = rng.choice(usable, size=count, p=chance).astype(np.int32)
        self._progress_ms = rng.random(count) * metric.travel_time_ms[self._arc]
        self._standing = np.zeros(count, dtype=bool)

    def __len__(self) -> int:
        return len(self._arc)

    def step(self, seconds: float) -> None:
        """Move everybody on by this many seconds, but for those who were told to stand."""
        network, metric = self._metric.network, self._metric
        walking = np.flatnonzero(~self._standing)
        arc, progress_ms = self._arc[walking], self._progress_ms[walking]
        walk(
            arc,
            progress_ms,
            seconds * 1000.0,
            self._rng.random((len(walking), _PICKS_PER_STEP)),
            network.first_turn,
            network.turn_to,
            network.modes[metric.mode].turn_cost,
            network.arc_base,
            metric.travel_time_ms,
            UNREACHABLE_MS,
        )
        self._arc[walking], self._progress_ms[walking] = arc, progress_ms

    def stand(self, walker: int) -> None:
        """Let one walker stay where they are, until :meth:`go_on`."""
        self._standing[walker] = True

    def go_on(self, walker: int, edge: int, fraction: float) -> None:
        """Let one walker go on from a place on the road, at random again.

        Raises ValueError where their mode may use the edge in no direction.
        """
        arcs = np.array([2 * edge, 2 * edge + 1])
        usable = self._metric.travel_time_ms[arcs] < UNREACHABLE_MS
        if not usable.any():
            raise ValueError(f"Edge {edge} cannot be used by {self._metric.mode}.")
        backward = not usable[0]
        self._arc[walker] = arcs[int(backward)]
        share = 1.0 - fraction if backward else fraction
        self._progress_ms[walker] = share * self._metric.travel_time_ms[arcs[int(backward)]]
        self._standing[walker] = False

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Longitude and latitude of everybody, float64[walker] each, WGS-84."""
        network = self._metric.network
        base = network.arc_base[self._arc]
        times_ms = self._metric.travel_time_ms[self._arc]
        share = np.clip(self._progress_ms / np.maximum(times_ms, 1), 0.0, 1.0)
        lon, lat = np.empty(len(self)), np.empty(len(self))
        places_on_arcs(
            base,
            share,
            network.edge_first_point,
            network.point_lon_e7,
            network.point_lat_e7,
            lon,
            lat,
        )
        return lon, lat


def _junctions_around(network: RoadNetwork) -> np.ndarray:
    """int64[node]: how many nodes lie in the same cell of about 0.7 km²."""
    cells = ancestors_of(network.node_cell, TOWN_RESOLUTION)
    _, cell_of_node, counts = np.unique(cells, return_inverse=True, return_counts=True)
    return counts[cell_of_node]
