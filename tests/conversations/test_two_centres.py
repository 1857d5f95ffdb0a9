"""Two centres on one deployment that must not see each other's cases."""

from __future__ import annotations

import pytest

from tests.conversations.centre import Centre
from tests.services.town import at


@pytest.fixture
def two(running):
    return Centre(running, "wanzhou"), Centre(running, "kaizhou")


def test_neither_sees_the_other_s_cases_people_or_events(two):
    """Whatever the other owns is indistinguishable from absent, byte for byte."""
    wanzhou, kaizhou = two
    officer = wanzhou.unit("MJ-1", "officer", "B")
    kaizhou.unit("MJ-1", "officer", "C")
    opened = wanzhou.alert("A", tier="high", victim_ref="the-same-person")
    incident_id = opened["incident"]["id"]
    order = wanzhou.hears("assignment.offered", assignment__responder_id=officer.id)["assignment"]
    assert order["jurisdiction"] == "wanzhou", "nobody's units are sent by another centre"

    nothing = "019a0000-0000-7000-8000-000000000000"
    for path in ("/v1/incidents/{}", "/v1/incidents/{}/timeline"):
        real = kaizhou.request("GET", path.format(incident_id))
        absent = kaizhou.request("GET", path.format(nothing))
        assert (real.status_code, real.content) == (404, absent.content)
    real = kaizhou.request("POST", f"/v1/assignments/{order['id']}/accept", json={})
    absent = kaizhou.request("POST", f"/v1/assignments/{nothing}/accept", json={})
    assert (real.status_code, real.content) == (404, absent.content)
    assert kaizhou.events() == []
    assert kaizhou.get("/v1/incidents")["incidents"] == []
    figures = kaizhou.get("/v1/figures")
    assert incident_id not in str(figures)

    theirs = kaizhou.alert("A", tier="high", victim_ref="the-same-person")
    assert theirs["status"] == "opened"
    assert theirs["incident"]["id"] != incident_id
    wanzhou.events()
    assert all(event["jurisdiction"] == "wanzhou" for event in wanzhou.seen)
    assert all(event["jurisdiction"] == "kaizhou" for event in kaizhou.events())


def test_a_key_cannot_raise_an_alert_in_another_centre_s_name(two):
    """A jurisdiction that the key does not hold is refused whether anything is there or not."""
    wanzhou, _ = two
    body = {
        "source": "city",
        "tier": "high",
        "victim_ref": "v",
        "place": at("A"),
        "jurisdiction": "kaizhou",
    }
    answer = wanzhou.request("POST", "/v1/alerts", json=body)
    assert answer.status_code == 403
