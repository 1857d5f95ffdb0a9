"""Covering exits: by hand, against trying everything, and with Hall's proof."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dispatch.interception.bottleneck import cover_exits

INF = np.inf


def test_the_near_unit_leaves_the_near_exit_to_the_other_so_that_the_last_is_covered_sooner():
    """Unit 0 is first at both exits; unit 1 would be at exit 1 only after 900 s."""
    cover = cover_exits(np.array([[100.0, 300.0], [200.0, 900.0]]))
    assert cover.unit_of_exit == {0: 1, 1: 0}
    assert cover.latest_s == cover.bound_s == 300.0
    assert cover.total_s == 500.0
    assert cover.proven


def test_of_covers_with_the_same_last_arrival_the_one_with_the_least_sum_wins():
    """Exit 2 is covered after 500 s whatever the others do."""
    cover = cover_exits(np.array([[100.0, 150.0, INF], [110.0, 400.0, INF], [INF, INF, 500.0]]))
    assert cover.unit_of_exit == {0: 1, 1: 0, 2: 2}
    assert cover.total_s == 760.0


def test_more_exits_count_more_than_an_earlier_last_arrival():
    """Unit 0 could be at exit 0 after 10 s, but then nobody would be at exit 1."""
    cover = cover_exits(np.array([[10.0, 999.0], [20.0, INF]]))
    assert cover.unit_of_exit == {0: 1, 1: 0}


def test_an_exit_that_nobody_can_be_at_is_told_from_one_that_units_are_missing_for():
    """Two exits share one unit; the third has none."""
    cover = cover_exits(np.array([[10.0, 20.0, INF]]))
    assert cover.unit_of_exit == {0: 0}
    few, nobody = cover.uncovered
    assert (few.exit, few.reason, few.exits, few.units) == (1, "too_few_units", (0, 1), (0,))
    assert (nobody.exit, nobody.reason, nobody.units) == (2, "nobody_in_time", ())


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (0, 0)])
def test_without_units_or_exits_there_is_nothing_to_cover(shape):
    """And no exit has a reason but that."""
    cover = cover_exits(np.empty(shape))
    assert cover.unit_of_exit == {}
    assert {one.reason for one in cover.uncovered} <= {"nobody_in_time"}
    assert len(cover.uncovered) == shape[1]


def best_by_trying(arrival_s: np.ndarray) -> tuple[int, float, float]:
    """(minus exits covered, last arrival, sum) of the best of all covers."""
    units, exits = arrival_s.shape
    best = (1, INF, INF)
    for choice in product(range(-1, units), repeat=exits):
        used = [unit for unit in choice if unit >= 0]
        times_s = [arrival_s[unit, exit] for exit, unit in enumerate(choice) if unit >= 0]
        if len(set(used)) == len(used) and np.isfinite(times_s).all():
            best = min(best, (-len(used), max(times_s, default=-INF), sum(times_s)))
    return best


@pytest.mark.parametrize("seed", range(250))
def test_no_cover_is_better_than_the_one_found(seed):
    """As many exits, as early, with as small a sum as the best of all covers; times may be
    negative."""
    rng = np.random.default_rng(seed)
    arrival_s = rng.integers(-3, 12, rng.integers(1, 5, 2)) * 30.0
    arrival_s[rng.random(arrival_s.shape) < 0.4] = INF
    cover = cover_exits(arrival_s)
    assert (-len(cover.unit_of_exit), cover.latest_s, cover.total_s) == best_by_trying(arrival_s)
    assert cover.bound_s == cover.latest_s
    for exit, unit in cover.unit_of_exit.items():
        assert np.isfinite(arrival_s[unit, exit])
    open_exits = set(range(arrival_s.shape[1])) - cover.unit_of_exit.keys()
    assert {one.exit for one in cover.uncovered} == open_exits
    for one in cover.uncovered:
        able = np.isfinite(arrival_s[:, one.exits]).any(axis=1)
        assert tuple(np.flatnonzero(able)) == one.units
        assert len(one.units) < len(one.exits), "too few units for those exits: Hall's proof"


def test_a_table_with_holes_is_refused():
    """A unit that cannot be somewhere arrives at inf."""
    with pytest.raises(ValueError, match="inf is where a unit cannot be"):
        cover_exits(np.array([[np.nan]]))
