"""A receiver that fails is asked again, less and less often, for three days."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sending.pacing import (
    AT_ONCE_AT_FIRST,
    JITTER,
    MOST_AT_ONCE,
    Pace,
    next_try_at_s,
)
from services.webhooks.deliveries import PATIENCE

GIVEN_UP_AFTER_S = PATIENCE.given_up_after_s
FIRST_WAIT_S, MOST_WAIT_S = PATIENCE.first_wait_s, PATIENCE.most_wait_s
BEGUN_S = 1_790_000_000.0


def tries_s(lasting_s: float = 0.0) -> list[float]:
    """When a receiver that always fails is tried, in seconds after the first time."""
    tries, at_s = [0.0], BEGUN_S
    while (again_s := next_try_at_s(PATIENCE, BEGUN_S, at_s + lasting_s)) is not None:
        assert again_s >= at_s
        at_s = again_s
        tries.append(at_s - BEGUN_S)
    return tries


@pytest.mark.parametrize("lasting_s", [0.0, 15.0])
def test_it_is_tried_about_thirty_times_in_three_days_and_at_the_very_end(lasting_s):
    """Often at first, every four hours later, the last time when the three days are over or the
    try before was just under way then."""
    tries = tries_s(lasting_s)
    assert 20 < len(tries) < 45
    assert tries[1] < 40.0
    assert GIVEN_UP_AFTER_S - lasting_s <= tries[-1] <= GIVEN_UP_AFTER_S
    assert max(b - a for a, b in pairwise(tries)) <= (MOST_WAIT_S * (1 + JITTER) + lasting_s)


@given(st.floats(0.0, GIVEN_UP_AFTER_S - 1.0), st.floats(0.0, 1e9))
def test_a_wait_is_bounded_whatever_the_receiver_asks_for(elapsed_s, retry_after_s):
    """At least the first wait, or as long as was asked for up to four hours; never past the end."""
    now_s = BEGUN_S + elapsed_s
    again_s = next_try_at_s(PATIENCE, BEGUN_S, now_s, retry_after_s)
    end_s = BEGUN_S + GIVEN_UP_AFTER_S
    assert again_s is not None
    least_s = max(FIRST_WAIT_S * (1 - JITTER), min(retry_after_s, MOST_WAIT_S))
    assert min(now_s + least_s, end_s) <= again_s <= end_s
    assert again_s <= now_s + MOST_WAIT_S * (1 + JITTER)


def test_what_failed_together_does_not_come_back_together():
    """Chance spreads the next tries."""
    assert len({next_try_at_s(PATIENCE, BEGUN_S, BEGUN_S + 60.0) for _ in range(20)}) > 10


def test_a_receiver_that_fails_is_sent_one_at_a_time_until_it_succeeds():
    """Successes earn it more at once, up to a limit."""
    pace = Pace()
    assert pace.room(0.0) == AT_ONCE_AT_FIRST
    pace.failed(0.0, 0.0)
    assert pace.room(0.0) == 1
    pace.under_way = 1
    assert pace.room(0.0) == 0
    pace.under_way = 0
    for _ in range(50):
        pace.succeeded()
    assert pace.room(0.0) == MOST_AT_ONCE


def test_a_receiver_that_asks_for_rest_has_it():
    """Nothing is sent until the time it named."""
    pace = Pace()
    pace.failed(100.0, 30.0)
    assert pace.room(129.9) == 0
    assert pace.room(130.0) == 1
