"""An ordinary tracking app on a phone is a field unit."""

from __future__ import annotations

import time

import pytest

from services.keys import make_device, revoke_device
from tests.services.town import at, position


@pytest.fixture
def officer(town_office):
    """A registered officer with a phone: (office, headers, secret)."""
    headers = town_office.key("wanzhou")
    town_office.client.put("/v1/responders/o-1", json={"kind": "officer"}, headers=headers)
    device = make_device(town_office.service.ledger, "o-1", "wanzhou")
    return town_office, headers, device


def seen(office, headers):
    return office.client.get("/v1/responders/o-1", headers=headers).json()["position"]


def test_the_app_sends_its_position_in_the_address(officer):
    """The OsmAnd form, as GET and as POST, in seconds, milliseconds and ISO 8601."""
    office, headers, device = officer
    start = time.time() - 50
    for step, stamp in enumerate(
        (
            f"{start:.0f}",
            f"{(start + 10) * 1000:.0f}",
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start + 20)),
            time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(start + 30)),
        )
    ):
        point = at("A-B", step / 10)
        query = {"id": device.text, "timestamp": stamp, "accuracy": "7.5", "speed": "3", "batt": 80}
        method = "POST" if step % 2 else "GET"
        answer = office.client.request(method, "/osmand", params=query | point)
        assert answer.status_code == 200, answer.text
        assert answer.json()["accepted"] == 1, stamp
        assert seen(office, headers)["lon"] == pytest.approx(point["lon"], abs=1e-7)


def test_a_form_and_the_newer_json_work_too(officer):
    """Traccar Client sends a form or, since 2025, a JSON report."""
    office, _, device = officer
    fields = {"id": device.text, **{k: str(v) for k, v in at("B").items()}}
    answer = office.client.post("/osmand", data=fields)
    assert answer.json()["accepted"] == 1
    point = at("B", 0)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.500Z", time.gmtime(time.time() + 2))
    report = {
        "device_id": device.text,
        "location": {
            "timestamp": moment,
            "is_moving": True,
            "coords": {"latitude": point["lat"], "longitude": point["lon"], "accuracy": 5.0},
            "battery": {"level": 0.8},
        },
    }
    answer = office.client.post("/osmand", json=report)
    assert answer.json()["accepted"] == 1, answer.text


def test_a_phone_without_the_secret_is_nobody(officer):
    """Unknown, revoked and missing secrets; an API key is not a device."""
    office, headers, device = officer
    key = headers["Authorization"].removeprefix("Bearer ")
    for secret in ("", "o-1", "dev_0_0", key, "' OR 1=1"):
        answer = office.client.get("/osmand", params={"id": secret} | at("B"))
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unknown-device")
    assert revoke_device(office.service.ledger, device.id)
    answer = office.client.get("/osmand", params={"id": device.text} | at("B"))
    assert answer.status_code == 401
    assert device.text not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"lat": "nan"},
        {"lat": "91"},
        {"lon": "false"},
        {"lon": ""},
        {"timestamp": "soon"},
        {"timestamp": "inf"},
        {"accuracy": "near"},
    ],
)
def test_what_is_no_position_is_refused(officer, wrong):
    """A broken app is told; nothing is believed."""
    office, headers, device = officer
    fields = {"id": device.text, "lat": "30.81", "lon": "108.38"} | wrong
    answer = office.client.get("/osmand", params=fields)
    assert answer.status_code == 422, answer.text
    assert office.client.get("/v1/responders/o-1", headers=headers).json()["position"] is None


def test_a_position_that_is_not_believed_is_received(officer):
    """The app must not repeat it for ever: the status is 200, the answer tells."""
    office, _, device = officer
    office.client.get("/osmand", params={"id": device.text} | at("B"))
    later = {"id": device.text, "timestamp": f"{time.time() + 5:.0f}"}
    answer = office.client.get("/osmand", params=later | {"lat": "31.9", "lon": "108.38"})
    assert answer.status_code == 200
    assert [one["reason"] for one in answer.json()["quarantined"]] == ["jump"]


def test_a_phone_in_gcj02_is_converted(town_office):
    """The coordinate system is the device's: apps in China speak GCJ-02."""
    from geodata.coordinates import from_wgs84

    headers = town_office.key("wanzhou")
    town_office.push(headers, position("o-1", "A", kind="officer") | {"fixed_at": time.time() - 60})
    device = make_device(town_office.service.ledger, "o-1", "wanzhou", "gcj02")
    lon, lat = from_wgs84(at("B")["lon"], at("B")["lat"], "gcj02")
    town_office.client.get(
        "/osmand", params={"id": device.text, "lon": float(lon), "lat": float(lat)}
    )
    assert seen(town_office, headers)["lon"] == pytest.approx(at("B")["lon"], abs=1e-6)
