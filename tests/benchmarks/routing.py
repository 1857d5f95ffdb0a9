"""Routes across the map with full geometry and steps, and closures and speeds coming into force."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import networkx as nx
import numpy as np

from geodata.changes import Closure, RoadChanges, SpeedChange
from geodata.errors import NoRouteError
from geodata.hierarchy import Hierarchy
from geodata.hierarchy.customised_metric import CustomisedMetric
from geodata.maps.compile import HIERARCHY_GROUP
from geodata.maps.networkx_exchange import to_networkx
from geodata.maps.store import open_group
from geodata.metric import Metric
from geodata.network import RoadNetwork
from geodata.routes import build_route
from geodata.routes.options import RouteOptions
from geodata.routes.osrm_json import route_json
from services.engine import MapEngine
from tests.benchmarks.report import Row, in_words, median, milliseconds, percentile_99, times_faster
from tests.benchmarks.worlds import World, places

ROUTES = 1_000
CHANGED_ARCS = 100
CHANGES = 40
FULL = RouteOptions(overview="full")


def measure_routes(world: World, peers: dict[str, dict]) -> list[Row]:
    network, snapper = world.open()
    metric = Metric.base(network, "car")
    routes = CustomisedMetric(_hierarchy(world, network), metric)
    ends = places(network, 2 * ROUTES, seed=8).reshape(ROUTES, 2, 2)

    def route(k: int) -> int:
        lon, lat = ends[k, :, 0], ends[k, :, 1]
        stops = snapper.snap_together(lon, lat, "car")
        try:
            path = routes.route(stops.take([0]), stops.take([1]))
        except NoRouteError:
            return 0
        return len(route_json(build_route(network, metric, [path], stops, FULL)))

    own = milliseconds(route, ROUTES, warm_up=20)
    own_ms = median(own)
    what = f"{world.name}: route between random points, full geometry and steps"
    rows = [Row(what, f"{in_words(own_ms)}, p99 {in_words(percentile_99(own))}")]
    for name in ("OSRM", "Valhalla"):
        if name in peers:
            peer_ms = 1000 * median(peers[name]["route_s"])
            demanded = name == "OSRM"
            rows.append(
                Row(
                    f"{what}, beside {name}",
                    in_words(own_ms),
                    f"{name} {in_words(peer_ms)}",
                    times_faster(peer_ms, own_ms),
                    "no slower" if demanded else "",
                    own_ms <= peer_ms if demanded else None,
                )
            )
    peer_ms = _networkx_ms(network, ends[:5])
    rows.append(
        Row(
            f"{what}, beside networkx (nodes only, no steps)",
            in_words(own_ms),
            f"networkx {in_words(peer_ms)}",
            times_faster(peer_ms, own_ms),
        )
    )
    return rows


def _networkx_ms(network: RoadNetwork, ends: np.ndarray) -> float:
    graph = to_networkx(network, "car")
    inner = np.array(sorted(graph.nodes))
    lon = np.array([graph.nodes[node]["x"] for node in inner])
    lat = np.array([graph.nodes[node]["y"] for node in inner])
    pairs = [
        [int(inner[np.argmin((lon - x) ** 2 + (lat - y) ** 2)]) for x, y in pair] for pair in ends
    ]

    def route(k: int) -> None:
        with contextlib.suppress(nx.NetworkXNoPath):
            nx.bidirectional_dijkstra(graph, *pairs[k], weight="travel_time")

    return median(milliseconds(route, len(pairs), warm_up=0))


def measure_changes(world: World) -> list[Row]:
    network, snapper = world.open()
    hierarchy = _hierarchy(world, network)
    base = Metric.base(network, "car")
    routes = CustomisedMetric(hierarchy, base)
    rng = np.random.default_rng(9)
    usable = np.flatnonzero(network.modes["car"].part[: 2 * network.edge_count] == 0) >> 1

    def some(k: int) -> RoadChanges:
        edges = rng.choice(usable, CHANGED_ARCS // 2, replace=False)  # two arcs each, anywhere
        return RoadChanges(Closure(edges=edges) if k % 2 else SpeedChange(edges=edges, factor=0.5))

    def everything(k: int) -> None:
        slower = SpeedChange(edges=np.arange(network.edge_count), factor=0.5 + 0.1 * (k % 4))
        routes.update(base.with_changes(RoadChanges(slower)))

    engine = MapEngine(network, snapper, hierarchy)
    some_ms = _in_force_ms(
        lambda k: routes.update(base.with_changes(some(k))), lambda: routes.update(base)
    )
    all_ms = _in_force_ms(
        lambda k: engine.put_in_force(some(k)), lambda: engine.put_in_force(RoadChanges())
    )
    whole_ms = median(milliseconds(everything, 5, warm_up=1))
    return [
        Row(
            f"{world.name}: closure or new speed on {CHANGED_ARCS} arcs in force, hierarchy too",
            in_words(some_ms),
            must="≤ 10 ms",
            reached=some_ms <= 10.0,
        ),
        Row(
            f"{world.name}: the same for all four modes, as the service does it",
            in_words(all_ms),
            must="≤ 10 ms",
            reached=all_ms <= 10.0,
        ),
        Row(
            f"{world.name}: a whole new metric in force, hierarchy too",
            in_words(whole_ms),
            must="≤ 300 ms",
            reached=whole_ms <= 300.0,
        ),
    ]


def _in_force_ms(change: Callable[[int], object], lift: Callable[[], object]) -> float:
    """Median time of bringing changes into force; lifting them again is not counted."""
    times_ms = []
    for k in range(CHANGES):
        times_ms += milliseconds(lambda _, k=k: change(k), 1, warm_up=0)
        lift()
    return median(times_ms[4:])


def _hierarchy(world: World, network: RoadNetwork) -> Hierarchy:
    return Hierarchy.from_arrays(network, open_group(world.folder, HIERARCHY_GROUP))
