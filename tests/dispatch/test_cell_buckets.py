"""Responders by H3 cell: who is in a cell, and who is nearest in a straight line."""

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.cell_buckets import SPARE_BUCKETS, CellBuckets
from geodata.cells import cells_of
from geodata.coordinates import distance_m

EVERYBODY = 1


def crowd(seed: int, count: int, spread_deg: float):
    """Points around a place; some share one, so that distances tie."""
    rng = np.random.default_rng(seed)
    lon = 108.4 + rng.normal(0, spread_deg, count)
    lat = 30.8 + rng.normal(0, spread_deg, count)
    twins = count // 4
    lon[:twins], lat[:twins] = lon[count - twins :], lat[count - twins :]
    return lon, lat


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    spread_deg=st.sampled_from([0.005, 0.05, 0.5, 10.0]),
    wanted=st.integers(1, 30),
    within_m=st.sampled_from([500.0, 20_000.0, np.inf]),
)
def test_the_nearest_are_those_of_a_look_at_everybody(seed, spread_deg, wanted, within_m):
    """By distance, then by slot; people who moved, left or are not wanted included."""
    count = 80
    lon, lat = crowd(seed, count, spread_deg)
    buckets = CellBuckets()
    buckets.reserve(count)
    buckets.place(np.arange(count), cells_of(*crowd(seed + 1, count, spread_deg), 9))
    buckets.place(np.arange(count), cells_of(lon, lat, 9))
    gone = np.arange(0, count, 9)
    buckets.remove(gone)
    eligible = np.ones(count, dtype=np.uint32)
    eligible[::7] = 2
    here = crowd(seed + 2, 1, spread_deg)
    slots, away_m = buckets.nearest(
        float(here[0][0]), float(here[1][0]), lon, lat, eligible, EVERYBODY, wanted, within_m
    )
    all_m = distance_m(*here, lon, lat)
    all_m[gone] = np.inf
    all_m[eligible != 1] = np.inf
    order = np.argsort(all_m, kind="stable")
    order = order[(all_m[order] <= within_m) & (all_m[order] < np.inf)][:wanted]
    assert list(away_m) == pytest.approx(list(all_m[order]), abs=1e-6)
    assert list(slots) == list(order)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), spread_deg=st.sampled_from([0.002, 0.05, 0.5]))
def test_whoever_is_in_a_cell_is_found(seed, spread_deg):
    """Exactly, up to resolution 9; nobody is missed in finer cells."""
    lon, lat = crowd(seed, 60, spread_deg)
    cells = cells_of(lon, lat, 9)
    buckets = CellBuckets()
    buckets.reserve(60)
    buckets.place(np.arange(60), cells)
    for resolution in range(16):
        if resolution <= 9:
            own = np.array([h3.cell_to_parent(int(cell), resolution) for cell in cells])
        else:
            own = cells_of(lon, lat, resolution)
        for cell in np.unique(own)[:5]:
            inside, found = set(np.flatnonzero(own == cell)), buckets.slots_in(int(cell))
            assert len(set(found)) == len(found)
            assert set(found) == inside if resolution <= 9 else set(found) >= inside


def test_an_empty_cell_holds_nobody():
    """Nor does a place where nobody ever was."""
    buckets = CellBuckets()
    assert len(buckets.slots_in(h3.latlng_to_cell(30.8, 108.4, 5))) == 0
    assert (
        len(buckets.nearest(108.4, 30.8, *np.empty((2, 0)), np.empty(0, np.uint32), 1, 5, 1e9)[0])
        == 0
    )


def test_lists_of_cells_left_behind_are_cleared_away():
    """Two people who wander over the whole country leave no trail."""
    buckets = CellBuckets()
    buckets.reserve(2)
    lon, lat = crowd(7, 3 * SPARE_BUCKETS, 3.0)
    cells = cells_of(lon, lat, 9)
    for step in range(0, len(cells), 2):
        buckets.place(np.arange(2), cells[step : step + 2])
    assert len(buckets._first) <= SPARE_BUCKETS + 4
    assert [len(buckets.slots_in(int(cell))) for cell in cells[-2:]] == [1, 1]
    buckets.remove(np.arange(2))
    assert len(buckets.slots_in(int(cells[-1]))) == 0
