"""One-to-all fields beside SciPy's compiled Dijkstra."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.search.fields import field
from tests.benchmarks.report import Row, in_words, median, milliseconds, times_faster
from tests.benchmarks.worlds import World, places

ROUNDS = 7


def measure(world: World) -> list[Row]:
    network, snapper = world.open()
    metric = Metric.base(network, "car")
    where = places(network, ROUNDS, seed=5)
    sources = snapper.snap(where[:, 0], where[:, 1], "car")
    base = slice(0, 2 * network.edge_count)
    open_arcs = np.flatnonzero(metric.travel_time_ms[base] < UNREACHABLE_MS)
    tails, heads = network.arc_tail[open_arcs], network.arc_head[open_arcs]
    # Of parallel arcs only the fastest counts: a matrix would add them up.
    order = np.lexsort((metric.travel_time_ms[open_arcs], heads, tails))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(tails[order]) != 0) | (np.diff(heads[order]) != 0)
    kept = order[first]
    graph = csr_array(
        (metric.travel_time_ms[open_arcs][kept].astype(np.float64), (tails[kept], heads[kept])),
        shape=(network.node_count, network.node_count),
    )
    starts = network.arc_head[2 * sources.edge]

    scipy_ms = median(milliseconds(lambda k: dijkstra(graph, indices=starts[k]), ROUNDS, 1))
    plain_ms = median(
        milliseconds(
            lambda k: field(metric, sources.take([k]), ignoring_turns=True).node_time_ms, ROUNDS, 1
        )
    )
    turns_ms = median(
        milliseconds(lambda k: field(metric, sources.take([k])).node_time_ms, ROUNDS, 1)
    )
    what = f"{world.name}: one-to-all field, {network.node_count:,} nodes"
    return [
        Row(
            f"{what}, without turns",
            in_words(plain_ms),
            f"SciPy {in_words(scipy_ms)}",
            times_faster(scipy_ms, plain_ms),
            "no slower",
            plain_ms <= scipy_ms,
        ),
        Row(
            f"{what}, with turn rules and costs",
            in_words(turns_ms),
            f"SciPy without {in_words(scipy_ms)}",
            times_faster(scipy_ms, turns_ms),
        ),
    ]
