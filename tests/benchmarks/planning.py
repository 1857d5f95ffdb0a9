"""For planners: whole response-time surfaces, what-ifs, and siting to the proven optimum."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path

import geopandas
import networkx
import numpy as np
import pandas as pd

from dispatch.coverage.doors import Doors
from dispatch.coverage.failures import weak_points
from dispatch.coverage.people import People
from dispatch.coverage.survey import survey
from dispatch.siting.covering import mclp
from dispatch.siting.median import p_median
from dispatch.siting.problem import SitingProblem
from geodata.cells import ancestors_of
from geodata.metric import Metric
from geodata.network import E7, UNREACHABLE_MS, RoadNetwork
from tests.benchmarks.peers import PEERS_PYTHON
from tests.benchmarks.report import Row, in_words, median, milliseconds, times_faster
from tests.benchmarks.worlds import KINDS, Roads, World, places

RESPONDERS = 1_000
RESOLUTION = 9
ROUNDS = 5
SURFACE_LIMIT_MS = 2_000.0
TARGET_S = 600.0
SMALL = 200_000
"""Peers are asked on maps with fewer junctions than this: theirs takes long enough there."""

DEMANDS, CANDIDATES, MORE = 5_000, 500, 40
SITING_LIMIT_S = 60.0


def measure(world: World) -> list[Row]:
    """The surface of 1,000 responders, and every single point of failure among them."""
    network, snapper = world.open()
    roads = _PlanningRoads(network, snapper)
    people = _people(network)
    started = time.perf_counter()
    doors = Doors.along_roads(roads, RESOLUTION)
    for _, mode in KINDS:
        doors.positions(mode)
    doors.shapes()
    laid_out_ms = 1_000 * (time.perf_counter() - started)
    own_ms = median(milliseconds(lambda _: survey(roads, people, doors=doors).cells, ROUNDS, 1))
    peers = _peers(network, roads, people) if network.node_count < SMALL else {}
    beside = ", ".join(f"{name} {in_words(ms)}" for name, ms in peers.items())
    ratio = ", ".join(times_faster(ms, own_ms) for ms in peers.values())
    surveyed = survey(roads, people, doors=doors)
    weak_ms = median(milliseconds(lambda _: weak_points(surveyed, TARGET_S), 1, 1))
    tried = weak_points(surveyed, TARGET_S).tried
    return [
        Row(
            f"{world.name}: response-time surface, {RESPONDERS:,} responders of 3 kinds, "
            f"{len(doors.cells):,} cells of resolution {RESOLUTION}; places laid out once in "
            f"{in_words(laid_out_ms)}",
            in_words(own_ms),
            beside,
            ratio,
            f"at most {in_words(SURFACE_LIMIT_MS)}",
            own_ms <= SURFACE_LIMIT_MS,
        ),
        Row(
            f"{world.name}: what each of {tried:,} units, bridges and tunnels is missed by",
            in_words(weak_ms),
            f"as many surfaces {in_words(tried * own_ms)}",
            times_faster(tried * own_ms, weak_ms),
        ),
    ]


def measure_siting() -> list[Row]:
    """5,000 demand cells and 500 candidates in towns on a plane, five posts kept."""
    rng = np.random.default_rng(2)
    towns = rng.random((40, 2)) * 40_000
    homes = towns[rng.integers(len(towns), size=DEMANDS)] + rng.normal(0, 1_500, (DEMANDS, 2))
    posts = homes[rng.choice(DEMANDS, CANDIDATES, replace=False)]
    line_m = np.linalg.norm(posts[:, None] - homes[None], axis=2)
    detour = 1.3 * (1.0 + 0.2 * rng.random((CANDIDATES, 1)))
    problem = SitingProblem.of_times(
        60.0 + line_m * detour / (40 / 3.6),
        np.round(rng.lognormal(3, 1, DEMANDS)),
        existing=np.arange(CANDIDATES) < 5,
    )
    rows = []
    for name, answer in (
        ("MCLP", mclp(problem, MORE, 300.0, limit_s=SITING_LIMIT_S)),
        ("p-median", p_median(problem, MORE, limit_s=SITING_LIMIT_S)),
    ):
        rows.append(
            Row(
                f"{name}: {DEMANDS:,} demands, {CANDIDATES} candidates, {MORE} more posts",
                f"{'proven' if answer.proven else f'gap {answer.gap:.3%}'} "
                f"in {answer.seconds:.1f} s",
                must=f"proven, or the gap, within {SITING_LIMIT_S:.0f} s",
                reached=answer.seconds <= 1.1 * SITING_LIMIT_S,
            )
        )
    return rows


class _PlanningRoads(Roads):
    """The roads as planners' functions see them."""

    def __init__(self, network: RoadNetwork, snapper) -> None:
        super().__init__(network, snapper)
        self.network = network

    def metric(self, mode: str) -> Metric:
        return self.metrics[mode]


def _people(network: RoadNetwork) -> geopandas.GeoDataFrame:
    parts = []
    for number, (kind, mode) in enumerate(KINDS):
        count = RESPONDERS // len(KINDS) + (number < RESPONDERS % len(KINDS))
        lon, lat = places(network, count, seed=20 + number, mode=mode).T
        points = geopandas.points_from_xy(lon, lat, crs="EPSG:4326")
        parts.append(geopandas.GeoDataFrame({"kind": [kind] * count}, geometry=points))
    return pd.concat(parts, ignore_index=True)


def _peers(network: RoadNetwork, roads: _PlanningRoads, frame) -> dict[str, float]:
    """Milliseconds that others take for the mean time of each kind in each cell, over junctions
    alone, without turns and without who is first."""
    people = People.of_frame(roads, frame)
    cells = ancestors_of(network.node_cell, RESOLUTION)
    graphs, sources = [], []
    for _, mode, rows in people.groups():
        arcs = np.arange(2 * network.edge_count)
        weight_ms = roads.metric(mode).travel_time_ms[arcs]
        arcs = arcs[weight_ms < UNREACHABLE_MS]
        edges = (network.arc_tail[arcs], network.arc_head[arcs], weight_ms[arcs])
        graphs.append(tuple(np.ascontiguousarray(part) for part in edges))
        sources.append(network.arc_head[2 * people.road.edge[rows]])
    answers = {"networkx": _networkx_ms(graphs, sources, cells)}
    if PEERS_PYTHON.is_file():
        pandana_ms = _pandana_ms(network, graphs, sources, cells)
        if pandana_ms is not None:
            answers["pandana"] = pandana_ms
    return answers


def _networkx_ms(graphs, sources, cells: np.ndarray) -> float:
    built = []
    for tail, head, weight_ms in graphs:
        graph = networkx.DiGraph()
        graph.add_weighted_edges_from(
            zip(tail.tolist(), head.tolist(), weight_ms.tolist(), strict=True)
        )
        built.append(graph)
    started = time.perf_counter()
    for graph, from_nodes in zip(built, sources, strict=True):
        there = [node for node in set(from_nodes.tolist()) if node in graph]
        times_ms = networkx.multi_source_dijkstra_path_length(graph, there)
        pd.Series(times_ms).groupby(cells[list(times_ms)]).mean()
    return 1_000 * (time.perf_counter() - started)


def _pandana_ms(network: RoadNetwork, graphs, sources, cells: np.ndarray) -> float | None:
    with tempfile.TemporaryDirectory(prefix="forestall-peers-") as folder:
        job = Path(folder) / "job.npz"
        arrays = {"lon": network.node_lon_e7 / E7, "lat": network.node_lat_e7 / E7, "cell": cells}
        for k, (graph, from_nodes) in enumerate(zip(graphs, sources, strict=True)):
            arrays |= {f"tail{k}": graph[0], f"head{k}": graph[1], f"ms{k}": graph[2]}
            arrays[f"source{k}"] = from_nodes
        np.savez(job, **arrays)
        script = Path(__file__).parent / "peer_pandana.py"
        result = subprocess.run(
            [str(PEERS_PYTHON), str(script), str(job), str(len(graphs))],
            capture_output=True,
            text=True,
            timeout=600,
        )
    if result.returncode:
        print(f"pandana failed: {result.stderr.strip().splitlines()[-1:]}")
        return None
    return json.loads(result.stdout.strip().splitlines()[-1])["ms"]
