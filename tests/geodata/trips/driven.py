"""Trips that somebody drove who is slower than the map thinks, by known factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from geodata.assembly import assemble
from geodata.errors import NoRouteError
from geodata.generated import generate_roads
from geodata.metric import Metric
from geodata.modes import MODES
from geodata.modes.way_description import ROAD_KIND_BY_CLASS
from geodata.network import E7, UNREACHABLE_MS, RoadNetwork
from geodata.search.paths import shortest_path
from geodata.snapping import Snapper

NOON = pd.Timestamp("2026-10-12T04:00:00Z")  # a Monday, 12:00 in China


@dataclass(frozen=True)
class Ground:
    network: RoadNetwork
    snapper: Snapper


@cache
def country() -> Ground:
    """A small generated country of some 3,000 junctions."""
    modes = tuple(MODES.values())
    network = assemble(generate_roads(3_000, modes), modes)
    return Ground(network, Snapper(network))


@dataclass(frozen=True)
class Driver:
    """Takes the fastest way as they drive, and drives so much slower than the map."""

    ground: Ground
    slower: Mapping[str, float]
    junctions: float = 1.0
    mode: str = "police"

    def trips(self, count: int, seed: int, noise: float = 0.0) -> pd.DataFrame:
        """One row per trip with its ends, begun at some hour of one day."""
        rng = np.random.default_rng(seed)
        rows = []
        while len(rows) < count:
            drawn = self._drawn(rng)
            if drawn is None:
                continue
            lon, lat, at_s = drawn
            took_s = at_s[-1] * float(np.exp(noise * rng.normal()))
            departed = NOON + pd.Timedelta(hours=int(rng.integers(8)))
            rows.append(
                {
                    "trip": f"trip {len(rows)}",
                    "origin_lon": lon[0],
                    "origin_lat": lat[0],
                    "destination_lon": lon[-1],
                    "destination_lat": lat[-1],
                    "departed_at": departed.isoformat(),
                    "arrived_at": (departed + pd.Timedelta(seconds=took_s)).isoformat(),
                }
            )
        return pd.DataFrame(rows)

    def fixes(
        self, count: int, seed: int, every_s: float = 10.0, error_m: float = 0.0
    ) -> pd.DataFrame:
        """One row per fix of that many tracks."""
        rng = np.random.default_rng(seed)
        parts: list[pd.DataFrame] = []
        while len(parts) < count:
            drawn = self._drawn(rng)
            if drawn is None:
                continue
            lon, lat, at_s = drawn
            times_s = np.append(np.arange(0.0, at_s[-1], every_s), at_s[-1])
            off = rng.normal(0.0, error_m / 111_195.0, (2, len(times_s)))
            parts.append(
                pd.DataFrame(
                    {
                        "trip": len(parts),
                        "lon": np.interp(times_s, at_s, lon) + off[0],
                        "lat": np.interp(times_s, at_s, lat) + off[1],
                        "time": NOON.timestamp() + times_s,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def _drawn(self, rng: np.random.Generator):
        """Longitude, latitude and seconds along a drive of more than two minutes; or None."""
        network = self.ground.network
        base = Metric.base(network, self.mode)
        slower = np.array([self.slower.get(kind, 1.0) for kind in ROAD_KIND_BY_CLASS])
        of_arc = slower[network.edge_class[network.arc_base >> 1]]
        usable = base.travel_time_ms < UNREACHABLE_MS
        times = np.where(usable, base.travel_time_ms * of_arc, UNREACHABLE_MS)
        own = base.with_times(times.astype(np.int32))
        nodes = rng.integers(network.node_count, size=2)
        ends = self.ground.snapper.snap(
            network.node_lon_e7[nodes] / E7, network.node_lat_e7[nodes] / E7, self.mode
        )
        if not ends.found.all() or ends.edge[0] == ends.edge[1]:
            return None
        try:
            way = shortest_path(own, ends.take([0]), ends.take([1]))
        except NoRouteError:
            return None
        lon, lat, at_s = [], [], []
        now_s = 0.0
        for place, arc in enumerate(way.arcs.tolist()):
            begin = way.start_fraction if place == 0 else 0.0
            end = way.end_fraction if place == len(way.arcs) - 1 else 1.0
            share, x, y = _along(network, arc)
            inside = (share > begin) & (share < end)
            shares = np.concatenate([[begin], share[inside], [end]])
            lon += np.interp(shares, share, x).tolist()
            lat += np.interp(shares, share, y).tolist()
            arc_s = own.travel_time_ms[arc] / 1_000.0
            at_s += (now_s + (shares - begin) * arc_s).tolist()
            now_s += (end - begin) * arc_s
            if place < len(way.arcs) - 1:
                now_s += self.junctions * _turn_s(base, arc, int(way.arcs[place + 1]))
        return (np.array(lon), np.array(lat), np.array(at_s)) if now_s > 120.0 else None


def _along(network: RoadNetwork, arc: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(share of its length, longitude, latitude) of the points of an arc."""
    points = slice(network.edge_first_point[arc >> 1], network.edge_first_point[(arc >> 1) + 1])
    x, y = network.point_lon_e7[points] / E7, network.point_lat_e7[points] / E7
    if arc & 1:
        x, y = x[::-1], y[::-1]
    step = np.hypot(np.diff(x) * np.cos(np.radians(y[0])), np.diff(y))
    share = np.concatenate([[0.0], np.cumsum(step)])
    return share / share[-1], x, y


def _turn_s(metric: Metric, arc: int, following: int) -> float:
    network = metric.network
    costs = [
        int(metric.turn_cost[turn]) & 0x7FFF
        for turn in range(network.first_turn[arc], network.first_turn[arc + 1])
        if network.arc_base[network.turn_to[turn]] == following and metric.turn_cost[turn] != 0xFFFF
    ]
    return min(costs, default=0) / 100.0
