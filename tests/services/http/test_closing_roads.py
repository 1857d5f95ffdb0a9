"""A bridge floods: closed for everybody at once, still closed after a restart, and open again."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from services.closures import ClosureBody, put_closure, remove_closure
from services.road_changes import PointBody
from tests.services.town import another_process, at, coordinates, office


def drive_s(running, headers, *places, mode="car"):
    """Seconds from letter to letter; None where no way leads there."""
    answer = running.client.get(
        f"/route/v1/{mode}/{coordinates(*places)}?overview=false", headers=headers
    ).json()
    if answer["code"] == "NoRoute":
        return None
    assert answer["code"] == "Ok", answer
    return answer["routes"][0]["duration"]


def bridge_closed(**more) -> dict:
    return {"near": [at("F-Z", 0.5)], "reason": "长江二桥 flooded", **more}


def test_a_closure_is_in_force_from_the_next_request_on_and_so_is_its_end(town_office):
    """Put, and nobody crosses the bridge; delete, and everybody does."""
    headers = town_office.key("wanzhou")
    client = town_office.client
    before = drive_s(town_office, headers, "E", "Y")
    assert before is not None
    put = client.put("/v1/closures/bridge", json=bridge_closed(), headers=headers)
    assert put.status_code == 200, put.text
    assert put.json()["in_force"] is True
    assert put.json()["edges"] == 1
    assert put.json()["closure"] == bridge_closed()
    for mode in ("car", "police", "ebike", "foot"):
        assert drive_s(town_office, headers, "E", "Y", mode=mode) is None, mode
    listed = client.get("/v1/closures", headers=headers).json()["closures"]
    assert [one["id"] for one in listed] == ["bridge"]
    assert client.get("/v1/closures/bridge", headers=headers).json() == listed[0]
    assert client.delete("/v1/closures/bridge", headers=headers).status_code == 204
    assert drive_s(town_office, headers, "E", "Y") == before
    assert client.get("/v1/closures/bridge", headers=headers).status_code == 404
    assert client.delete("/v1/closures/bridge", headers=headers).status_code == 404


def test_it_outlives_a_restart(map_folder, tmp_path, redis_url):
    """The closure is in the ledger before it is acknowledged."""
    with office(map_folder, tmp_path, redis_url) as first:
        headers = first.key("wanzhou")
        first.client.put("/v1/closures/bridge", json=bridge_closed(), headers=headers)
    with office(map_folder, tmp_path, redis_url) as second:
        assert drive_s(second, headers, "E", "Y") is None


def test_another_process_s_closure_holds_here_with_the_next_request(town_office):
    """Processes share closures through the ledger, without waiting for anything."""
    headers = town_office.key("wanzhou")
    ledger = another_process(town_office.settings.data_dir)
    for _ in range(3):
        assert drive_s(town_office, headers, "E", "Y") is not None
        body = ClosureBody(near=[PointBody(**at("F-Z", 0.5))])
        put_closure(ledger, "wanzhou", "bridge", body)
        assert drive_s(town_office, headers, "E", "Y") is None
        assert remove_closure(ledger, "wanzhou", "bridge")
    ledger.close()


def test_it_begins_and_ends_by_itself(town_office):
    """A closure for later does not hold yet, one of yesterday no more; both happen on time."""
    headers = town_office.key("wanzhou")
    now = datetime.now(UTC)

    def put(name, **times):
        body = bridge_closed(**{word: moment.isoformat() for word, moment in times.items()})
        answer = town_office.client.put(f"/v1/closures/{name}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["in_force"]

    assert put("tomorrow", starts_at=now + timedelta(days=1)) is False
    assert put("yesterday", ends_at=now - timedelta(days=1)) is False
    assert drive_s(town_office, headers, "E", "Y") is not None
    soon = now + timedelta(seconds=1.2)
    put("soon", starts_at=soon, ends_at=soon + timedelta(seconds=1.0))
    assert drive_s(town_office, headers, "E", "Y") is not None
    time.sleep(max(0.0, (soon - datetime.now(UTC)).total_seconds()) + 0.05)
    assert drive_s(town_office, headers, "E", "Y") is None
    time.sleep(1.05)
    assert drive_s(town_office, headers, "E", "Y") is not None


@pytest.mark.parametrize(
    "roads",
    [
        {"ways": [1002]},
        {"near": [at("F-Z", 0.5)]},
        {
            "area": {
                "type": "LineString",
                "coordinates": [
                    [at("F-Z", 0.5)["lon"] - 0.0005, at("F-Z", 0.5)["lat"]],
                    [at("F-Z", 0.5)["lon"] + 0.0005, at("F-Z", 0.5)["lat"]],
                ],
            }
        },
        {
            "area": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [at("F-Z", 0.5)["lon"] + dx, at("F-Z", 0.5)["lat"] + dy]
                        for dx, dy in (
                            (-0.0002, -0.0002),
                            (0.0002, -0.0002),
                            (0.0002, 0.0002),
                            (-0.0002, 0.0002),
                            (-0.0002, -0.0002),
                        )
                    ]
                ],
            }
        },
        {"avoid": ["bridge"]},
    ],
)
def test_roads_can_be_named_in_several_ways(town_office, roads):
    """By OSM way, by a point on them, by a line or an area across them, by their class."""
    headers = town_office.key("wanzhou")
    put = town_office.client.put("/v1/closures/b", json=roads, headers=headers)
    assert put.status_code == 200, put.text
    assert drive_s(town_office, headers, "E", "Y") is None
    assert drive_s(town_office, headers, "A", "E") is not None


def test_a_road_can_be_slowed_for_some_modes(town_office):
    """A speed instead of a closure, one direction, one mode."""
    headers = town_office.key("wanzhou")
    before = drive_s(town_office, headers, "E", "Y")
    slow = {"near": [at("F-Z", 0.5)], "speed_kph": 5, "modes": ["car"]}
    put = town_office.client.put("/v1/closures/slow", json=slow, headers=headers)
    assert put.status_code == 200, put.text
    after = drive_s(town_office, headers, "E", "Y")
    assert after > before + 50
    police = drive_s(town_office, headers, "E", "Y", mode="police")
    assert police < before + 1
    half = {"near": [at("F-Z", 0.5)], "speed_factor": 0.5, "direction": "forward"}
    town_office.client.put("/v1/closures/slow", json=half, headers=headers)
    there, back = drive_s(town_office, headers, "E", "Y"), drive_s(town_office, headers, "Y", "E")
    assert there > back + 5


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"ways": [999_999]},
        {"ways": [True]},
        {"ways": [2**70]},
        {"near": [{"lon": 108.0, "lat": 30.0}]},
        {"near": [{"lon": False, "lat": 30.0}]},
        {"avoid": ["dragons"]},
        {"avoid": ["bridge"], "modes": ["submarine"]},
        {"avoid": ["bridge"], "speed_kph": 0},
        {"avoid": ["bridge"], "speed_kph": 20, "speed_factor": 0.5},
        {"avoid": ["bridge"], "starts_at": "2026-10-12T09:00:00"},
        {
            "avoid": ["bridge"],
            "starts_at": "2026-10-12T09:00:00Z",
            "ends_at": "2026-10-12T08:00:00Z",
        },
        {"avoid": ["bridge"], "direction": "sideways"},
        {"avoid": ["bridge"], "reason": "x" * 501},
        {"area": {"type": "Point", "coordinates": [108.38, 30.8]}},
        {"area": {"type": "Polygon", "coordinates": [[[108.38, 30.8], [108.4, 30.8]]]}},
        {"area": {"type": "Polygon", "coordinates": [[[False, 30.8]] * 4]}},
        {"area": {"type": "Polygon", "coordinates": "everywhere"}},
        {"area": {"type": "Polygon", "coordinates": []}},
        {"area": {"type": ["Polygon"], "coordinates": [[[1, 2]]]}},
        {"area": {"type": "LineString", "coordinates": [[108.38, 30.8]] * 20_001}},
        {"area": {"type": "LineString", "coordinates": [[1e300, 30.8], [1, 2]]}},
        {
            "area": {
                "type": "Polygon",
                "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]],
            }
        },
    ],
)
def test_what_cannot_be_closed_is_refused_and_nothing_is_kept(town_office, wrong):
    """Roads that are not there, shapes that are none, times without a zone."""
    headers = town_office.key("wanzhou")
    answer = town_office.client.put("/v1/closures/x", json=wrong, headers=headers)
    assert answer.status_code == 422, answer.text
    assert town_office.client.get("/v1/closures", headers=headers).json() == {"closures": []}


def test_a_closure_of_another_map_is_kept_and_closes_nothing(map_folder, tmp_path, redis_url):
    """After a change of map, what has no meaning there is listed with no roads."""
    with office(map_folder, tmp_path, redis_url) as running:
        headers = running.key("wanzhou")
        body = ClosureBody(ways=[4711], reason="on the old map")
        put_closure(running.service.ledger, "wanzhou", "old", body)
        listed = running.client.get("/v1/closures", headers=headers).json()["closures"]
        assert [(one["id"], one["in_force"], one["edges"]) for one in listed] == [("old", False, 0)]
        assert drive_s(running, headers, "E", "Y") is not None
