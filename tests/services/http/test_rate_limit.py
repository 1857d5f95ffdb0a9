"""A caller that asks too often is told when to come back, and slows down nobody else."""

from __future__ import annotations

import time

import pytest

from services.errors import ProblemError
from services.http.rate_limit import BURST_S, CALLERS_KEPT, RateLimits
from services.keys import make_device
from tests.services.town import office


def count(limits: RateLimits, caller_id: str) -> int | None:
    """None when one more request is welcome, else the seconds until it will be."""
    try:
        limits.count(caller_id)
    except ProblemError as error:
        return error.extra["retry_after_s"]
    return None


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def test_one_key_too_fast_and_the_others_not(map_folder, tmp_path, redis_url):
    """429 with Retry-After for the one; what it asked in vain had no effect."""
    with office(map_folder, tmp_path, redis_url, requests_per_s=0.5) as running:
        fast, other = running.key("wanzhou"), running.key("wanzhou")
        statuses = [running.client.get("/v1/closures", headers=fast).status_code for _ in range(8)]
        assert statuses == [200] * 5 + [429] * 3
        refused = running.client.put("/v1/responders/a", json={"kind": "officer"}, headers=fast)
        assert refused.headers["content-type"] == "application/problem+json"
        told = refused.json()
        assert told["type"] == "/problems/too-many-requests"
        assert int(refused.headers["retry-after"]) == told["retry_after_s"]
        assert 1 <= told["retry_after_s"] <= BURST_S
        assert running.client.get("/v1/responders/a", headers=other).status_code == 404
        wrong = running.client.get("/v1/closures", headers={"X-API-Key": "fst_0_x"})
        assert wrong.status_code == 401


def test_public_routing_is_counted_by_address(map_folder, tmp_path, redis_url):
    """Who has no key is known by where they come from."""
    with office(
        map_folder, tmp_path, redis_url, requests_per_s=0.5, public_routing=True
    ) as running:
        path = "/nearest/v1/car/108.38,30.81"
        statuses = [running.client.get(path).status_code for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        assert running.client.get(path, headers=running.key("wanzhou")).status_code == 200


def test_a_phone_is_counted_by_its_own_secret(map_folder, tmp_path, redis_url):
    """Another phone at the same address is not held up."""
    with office(map_folder, tmp_path, redis_url, unit_requests_per_s=0.5) as running:
        wild, other = (
            make_device(running.service.ledger, name, "wanzhou").text for name in ("r-1", "r-2")
        )
        path = "/osmand?lat=30.81&lon=108.38&id="
        statuses = [running.client.get(path + wild).status_code for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        assert running.client.get(path + other).status_code == 200


@pytest.mark.parametrize("pauses_s", [0.0, 0.13, 0.49])
def test_who_waits_as_long_as_told_is_welcome_again(clock, pauses_s):
    """However the burst came."""
    limits = RateLimits(requests_per_s=2.0, unit_requests_per_s=1.0)
    wait_s = None
    while wait_s is None:
        wait_s = count(limits, "key")
        clock.now_s += pauses_s
    clock.now_s += wait_s
    assert count(limits, "key") is None


def test_over_a_long_time_nobody_gets_more_than_their_share(clock):
    """Asking ten times a second for five minutes at two a second."""
    limits = RateLimits(requests_per_s=2.0, unit_requests_per_s=1.0)
    passed = 0
    for _ in range(3_000):
        clock.now_s += 0.1
        passed += count(limits, "key") is None
    assert 2.0 * 300 <= passed <= 2.0 * 300 + 2.0 * BURST_S


def test_a_unit_s_link_has_a_limit_of_its_own(clock):
    """A phone needs less than a dispatch system."""
    limits = RateLimits(requests_per_s=100.0, unit_requests_per_s=0.5)
    assert [count(limits, "fld:1") is None for _ in range(6)] == [True] * 5 + [False]
    assert count(limits, "fld:2") is None
    assert all(count(limits, "key") is None for _ in range(100))


def test_nought_is_no_limit():
    """For a centre that trusts its own systems."""
    limits = RateLimits(requests_per_s=0.0, unit_requests_per_s=0.0)
    assert all(count(limits, caller) is None for caller in ["key", "fld:1"] * 2_000)


def test_memory_does_not_grow_with_the_number_of_callers():
    """Somebody who comes from ever new addresses fills no memory."""
    limits = RateLimits(requests_per_s=1.0, unit_requests_per_s=1.0)
    for number in range(CALLERS_KEPT + 500):
        limits.count(f"at:{number}")
    assert len(limits._keys._store._backend.get_client()) == CALLERS_KEPT
