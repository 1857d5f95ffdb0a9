"""Standing changes on the loaded map: what every mode sees of them, and what counts as closed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.changes import Closure, RoadChanges, SpeedChange
from geodata.hierarchy import Hierarchy
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.snapping import Snapper
from services.engine import MapEngine
from tests.towns import town

TOWN = town(
    """
    A-----B-----C
    |           |
    D-----E-----F
    """,
    [
        "A-B-C secondary",
        "D-E-F residential oneway=yes",
        "A-D residential",
        "C-F footway",
    ],
)
EDGES = TOWN.network.edge_count


def engine() -> MapEngine:
    network = TOWN.network
    return MapEngine(network, Snapper(network), Hierarchy.build(network))


def closed_both_ways(metric: Metric) -> list[bool]:
    """The slow twin: usable on the map in some direction, and now in none."""
    base_ms = Metric.base(metric.network, metric.mode).travel_time_ms
    return [
        bool(
            min(base_ms[2 * edge : 2 * edge + 2]) < UNREACHABLE_MS
            and min(metric.travel_time_ms[2 * edge : 2 * edge + 2]) >= UNREACHABLE_MS
        )
        for edge in range(EDGES)
    ]


def usable(mode: str) -> np.ndarray:
    """bool[edge]: in some direction on the map."""
    times_ms = TOWN.network.modes[mode].travel_time_ms[: 2 * EDGES]
    return (times_ms < UNREACHABLE_MS).reshape(-1, 2).any(axis=1)


_change = st.builds(
    lambda edges, direction, modes, slow: (
        SpeedChange(edges=edges, direction=direction, modes=modes, factor=0.5)
        if slow
        else Closure(edges=edges, direction=direction, modes=modes)
    ),
    st.lists(st.integers(0, EDGES - 1), max_size=4),
    st.sampled_from(["both", "forward", "backward"]),
    st.sampled_from([None, ["car"], ["police", "foot"]]),
    st.booleans(),
)
_changes = st.lists(_change, max_size=3).map(lambda changes: RoadChanges(*changes))


@pytest.fixture(scope="module")
def running() -> MapEngine:
    return engine()


@settings(max_examples=100, deadline=None)
@given(_changes, _changes)
def test_closed_is_what_can_be_used_in_no_direction_any_more(running, standing, asked):
    """Of standing changes alone, and together with a request's own: a half closed each time."""
    running.put_in_force(standing)
    for mode, metric in running.now.metrics.items():
        for changes in (None, asked):
            twin = closed_both_ways(metric.with_changes(changes) if changes else metric)
            closed = running.now.closed_edges(mode, changes)
            seen = np.zeros(EDGES, bool) if closed is None else closed & usable(mode)
            assert seen.tolist() == twin, (mode, changes)


def test_a_request_s_closure_is_gone_with_the_request(running):
    """Both closures hold for who asks; the standing one alone for everybody else."""
    running.put_in_force(RoadChanges(Closure(edges=[0])))
    asked = running.now.closed_edges("car", RoadChanges(Closure(edges=[1])))
    assert np.flatnonzero(asked).tolist() == [0, 1]
    assert np.flatnonzero(running.now.closed_edges("car", None)).tolist() == [0]
    running.put_in_force(RoadChanges())
    assert running.now.closed_edges("car", None) is None


@settings(max_examples=30, deadline=None)
@given(st.lists(_changes, min_size=1, max_size=4))
def test_changes_replace_each_other_in_every_mode(running, history):
    """What is in force is the last change alone, for metrics and routes alike."""
    for changes in history:
        running.put_in_force(changes)
        now = running.now
        for mode in TOWN.network.modes:
            wanted = Metric.base(TOWN.network, mode).with_changes(changes).travel_time_ms
            assert now.metrics[mode].travel_time_ms.tolist() == wanted.tolist()
            assert now.routes[mode].metric is now.metrics[mode]
