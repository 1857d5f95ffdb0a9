"""A load balancer and an administrator ask how the service is."""

from __future__ import annotations


def test_it_is_alive_and_ready(town_office):
    """Without a key: alive, ready, and which map."""
    client = town_office.client
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "map": "Rivertown",
        "modes": ["car", "ebike", "foot", "police"],
        "redis": "up",
        "unshared_fixes": 0,
    }
