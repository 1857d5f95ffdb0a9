"""Interceptions at the door: what is refused and how, what is repeated, what is another version."""

from __future__ import annotations

import pytest

from geodata.coordinates import from_wgs84
from tests.services.http.incident_room import CENTRE, on_duty, raised
from tests.services.town import TOWN, at

SLOW = {"slowest": 0.2, "fastest": 0.2}


@pytest.fixture
def service(town_office):
    return town_office


@pytest.fixture
def headers(service):
    return service.key(CENTRE)


def opened(service, headers, **body) -> dict:
    said = {"sighting": at("A") | {"heading_deg": 90}, "destinations": [at("U")], **SLOW, **body}
    answer = service.client.post("/v1/interceptions", json=said, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(answer.json()["interception"]["id"])
    return answer.json()["interception"]


REFUSED = [
    ({"sighting": {"lon": 109.9, "lat": 30.8}}, 422, "No road that the subject can use"),
    ({"sighting": at("A") | {"seen_at": "2099-01-01T00:00:00Z"}}, 422, "future"),
    ({"sighting": at("A") | {"heading_deg": 361}}, 422, "heading_deg"),
    ({"slowest": 2.0, "fastest": 1.0}, 422, "slowest first"),
    ({"horizon_s": 5}, 422, "horizon_s"),
    ({"area": {"type": "Point", "coordinates": [1, 2]}}, 422, "GeoJSON"),
    (
        {"area": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}},
        422,
        "polygon",
    ),
    ({"closures": [{"ways": [1]}]}, 422, "no way 1"),
    ({"settings": {"kinds": []}}, 422, "kinds"),
    ({"settings": {"rules": {"bridge": {"units_needed": 0}}}}, 422, "units_needed"),
    ({"settings": {"safety": 1}}, 422, "safety"),
    ({"mode": "horse"}, 422, "mode"),
    ({"incident_id": "nobody"}, 404, "no such incident"),
    ({"jurisdiction": "kaizhou"}, 403, "jurisdiction"),
    ({"description": "x" * 501}, 422, "description"),
]
"""Body, status, and a word of what is said about it."""


def test_what_cannot_be_is_refused_with_what_would_help(service, headers):
    """And nothing is opened by it."""
    for body, status, says in REFUSED:
        answer = service.client.post("/v1/interceptions", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert says in answer.json()["detail"], answer.text
    listed = service.client.get("/v1/interceptions", headers=headers).json()
    assert listed == {"interceptions": [], "next": None}


def test_a_key_of_several_jurisdictions_says_whose_it_is(service):
    several = service.key(CENTRE, "kaizhou")
    answer = service.client.post("/v1/interceptions", json={}, headers=several)
    assert answer.json()["type"] == "/problems/jurisdiction-required"
    body = {"jurisdiction": "kaizhou"}
    answer = service.client.post("/v1/interceptions", json=body, headers=several)
    assert answer.json()["interception"]["jurisdiction"] == "kaizhou"


def test_an_incident_that_is_closed_has_nobody_stopped_any_more(service, headers):
    incident_id = raised(service, headers, "A")
    close = {"reason": "false_alarm"}
    service.client.post(f"/v1/incidents/{incident_id}/close", json=close, headers=headers)
    body = {"incident_id": incident_id}
    answer = service.client.post("/v1/interceptions", json=body, headers=headers)
    assert answer.status_code == 409
    assert "reopen it" in answer.json()["detail"]


def test_the_same_request_again_opens_nothing_and_is_answered_the_same(service, headers):
    """A phone network that sends twice: one interception, one sighting."""
    once = headers | {"Idempotency-Key": "coach-1"}
    body = {"sighting": at("A"), "destinations": [at("U")], **SLOW}
    first = service.client.post("/v1/interceptions", json=body, headers=once)
    again = service.client.post("/v1/interceptions", json=body, headers=once)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    path = f"/v1/interceptions/{first.json()['interception']['id']}/sightings"
    once = headers | {"Idempotency-Key": "camera-1"}
    for _ in range(2):
        told = service.client.post(path, json=at("B"), headers=once)
    assert told.json()["interception"]["sighting_count"] == 2
    listed = service.client.get("/v1/interceptions", headers=headers).json()
    assert len(listed["interceptions"]) == 1


def test_whoever_has_seen_another_version_is_told_to_look_again(service, headers):
    """The ETag of what was read, and If-Match with what is changed."""
    on_duty(service, headers, "MJ-1", "officer", "Y")
    path = f"/v1/interceptions/{opened(service, headers)['id']}"
    number = service.client.get(f"{path}/plan", headers=headers).json()["number"]
    old = {"If-Match": '"1"'}
    for method, more, body in (
        ("POST", "/commit", {"plan": number}),
        ("POST", "/sightings", at("B")),
        ("DELETE", "", None),
    ):
        answer = service.client.request(method, path + more, json=body, headers=headers | old)
        assert answer.status_code == 412, answer.text
    now = service.client.get(path, headers=headers).headers["etag"]
    answer = service.client.post(
        f"{path}/sightings", json=at("B"), headers=headers | {"If-Match": now}
    )
    assert answer.status_code == 201


def test_coordinates_of_chinese_maps_are_brought_to_where_they_are(service, headers):
    """A sighting and a destination in GCJ-02 are kept in WGS-84."""
    lon, lat = TOWN.lon_lat("B")
    gcj_lon, gcj_lat = (float(one[0]) for one in from_wgs84([lon], [lat], "gcj02"))
    there = {"lon": gcj_lon, "lat": gcj_lat}
    made = opened(
        service,
        headers,
        sighting=there | {"crs": "gcj02"},
        destinations=[there],
        crs="gcj02",
    )
    for one in (made["last_seen"], made["destinations"][0]):
        assert (one["lon"], one["lat"]) == (pytest.approx(lon, abs=1e-5), pytest.approx(lat, 1e-5))


def test_a_plan_is_drawn_as_asked_and_older_ones_can_be_read_again(service, headers):
    """Which minutes, with or without areas and ways; an earlier number; and no such number."""
    on_duty(service, headers, "MJ-1", "officer", "Y")
    path = f"/v1/interceptions/{opened(service, headers)['id']}"
    service.client.get(f"{path}/plan", headers=headers)
    service.client.post(f"{path}/sightings", json=at("B"), headers=headers)

    def plan(query: str, status: int = 200) -> dict:
        answer = service.client.get(f"{path}/plan{query}", headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def count(told: dict, what: str) -> int:
        return sum(one["properties"]["feature"] == what for one in told["features"])

    assert plan("")["number"] == 2
    assert plan("?number=1")["outdated"] is True
    bare = plan("?areas=false&routes=false")
    assert (count(bare, "reachable_area"), count(bare, "unit_route")) == (0, 0)
    drawn = plan("?minutes=1,30")
    assert count(drawn, "reachable_area") == 2
    assert count(drawn, "checkpoint") == 1
    assert count(drawn, "sighting") == 2
    plan("?number=9", 404)
    plan("?minutes=x", 422)
    plan("?minutes=-1", 422)
    plan("?wait_s=99", 422)


def test_what_is_told_of_a_checkpoint_that_nobody_was_sent_to(service, headers):
    path = f"/v1/interceptions/{opened(service, headers)['id']}"
    answer = service.client.post(f"{path}/checkpoints/bridge-1/manned", json={}, headers=headers)
    assert answer.status_code == 404


def test_lists_go_by_state_and_by_pages(service, headers):
    """Newest first; `next` leads on."""
    made = [opened(service, headers)["id"] for _ in range(3)]
    service.client.delete(f"/v1/interceptions/{made[0]}", headers=headers)

    def listed(query: str) -> dict:
        answer = service.client.get(f"/v1/interceptions{query}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert [one["id"] for one in listed("?state=open")["interceptions"]] == made[:0:-1]
    first = listed("?limit=2")
    assert first["next"] == made[1]
    assert [one["id"] for one in listed(f"?before={first['next']}")["interceptions"]] == made[:1]
    ended = listed("?state=stood_down")["interceptions"]
    assert [one["id"] for one in ended] == made[:1]
