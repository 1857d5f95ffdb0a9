"""Travel times between many positions, by plain searches."""

from __future__ import annotations

import numpy as np

from geodata.changes import RoadChanges
from geodata.metric import Metric
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS
from geodata.search.anchors import Anchors, Positions, check_single, limited_ms, open_zones
from geodata.search.nearest import listed, run_search
from geodata.search.scratch import borrowed_scratch


def many_to_many(
    metric: Metric,
    sources: Positions,
    targets: Positions,
    *,
    limit_ms: int | None = None,
    changes: RoadChanges | None = None,
) -> np.ndarray:
    """int32[source, target]: travel time in ms; ``UNREACHABLE_MS`` where there is no way, where a
    position is nowhere, and beyond `limit_ms`.

    One plain search per source or per target, whichever are fewer searches. For large tables all
    over a map use the hierarchy; this one serves short limits and a request's own closures.
    """
    source, target = Anchors.of(metric, sources, None), Anchors.of(metric, targets, None)
    times_ms = np.full((len(source.edge), len(target.edge)), UNREACHABLE_MS, dtype=np.int32)
    groups = _by_zones(metric, target.edge)
    with metric.times_with(changes) as weight_ms, borrowed_scratch(metric.network) as scratch:
        run = (metric, weight_ms, scratch)
        if len(target.edge) <= len(source.edge) * len(groups):
            with listed(scratch, metric, source, np.arange(len(source.edge))) as sought:
                for j in range(len(target.edge)):
                    zones = open_zones(metric, target.edge[j : j + 1])
                    slot, cost_ms, _ = run_search(
                        *run, True, target.one(j), zones, sought, None, limited_ms(limit_ms)
                    )
                    times_ms[slot, j] = cost_ms % NO_THROUGH_MS
        else:
            # A target's own no-through ground is open to whoever goes there and to nobody else,
            # so targets of different ground are sought one ground after another.
            for zones, members in groups:
                with listed(scratch, metric, target, members) as sought:
                    for i in range(len(source.edge)):
                        slot, cost_ms, _ = run_search(
                            *run, False, source.one(i), zones, sought, None, limited_ms(limit_ms)
                        )
                        times_ms[i, members[slot]] = cost_ms % NO_THROUGH_MS
    return times_ms


def one_to_many(
    metric: Metric,
    source: Positions,
    targets: Positions,
    *,
    limit_ms: int | None = None,
    changes: RoadChanges | None = None,
) -> np.ndarray:
    """int32[target]: travel time in ms from one position; ``UNREACHABLE_MS`` as in many_to_many."""
    check_single(source)
    return many_to_many(metric, source, targets, limit_ms=limit_ms, changes=changes)[0]


def _by_zones(metric: Metric, edges: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(open zones, indices of edges) for each different ground; edges that are nowhere left out."""
    index = np.flatnonzero(edges >= 0)
    pair = np.column_stack([metric.zone[2 * edges[index]], metric.zone[2 * edges[index] + 1]])
    _, group = np.unique(pair, axis=0, return_inverse=True)
    group = group.ravel()
    return [
        (open_zones(metric, edges[index[group == g]][:1]), index[group == g])
        for g in range(group.max() + 1 if len(group) else 0)
    ]
