"""What a command room watches: the queue, the ways, where everybody is, how soon they can be."""

from __future__ import annotations

import pytest

from tests.services.http.furnished import wait_for
from tests.services.town import at, position


@pytest.fixture
def room(town_office):
    """Asks as the centre of wanzhou, with an officer at A and a rider across the river."""
    who = town_office.key("wanzhou")

    def ask(method: str, path: str, **more):
        answer = town_office.client.request(method, path, headers=who, **more)
        assert answer.status_code < 300, answer.text
        return answer.json()

    people = [position("officer-1", "A", kind="officer"), position("rider-1", "X")]
    ask("POST", "/v1/positions", json={"positions": people})
    return ask


def alert(room, victim: str = "v1", **more):
    body = {"source": "city", "tier": "high", "victim_ref": victim, "place": at("D"), **more}
    return room("POST", "/v1/alerts", json=body)["incident"]["id"]


def test_the_queue_tells_who_was_asked_and_until_when(room):
    """One answer holds the incident, the offer, and the deadline that comes first."""
    incident_id = alert(room)
    (queued,) = wait_for(
        lambda: [one for one in room("GET", "/v1/queue")["incidents"] if one["assignments"]]
    )
    assert queued["incident"]["id"] == incident_id
    offers = {one["id"]: one for one in queued["assignments"] if one["state"] == "offered"}
    due = queued["next_deadline"]
    assert due["kind"] == "acknowledge"
    assert due["due_at"] == offers[due["assignment_id"]]["acknowledge_by"]
    assert due["due_at"] == min(one["acknowledge_by"] for one in offers.values())
    shown = room("GET", f"/v1/incidents/{incident_id}")
    assert shown["next_deadline"] == due


def test_a_closed_incident_leaves_the_queue(room):
    """What needs nobody any more is not watched."""
    kept, closed = alert(room), alert(room, "v2")
    room("POST", f"/v1/incidents/{closed}/close", json={"reason": "false_alarm"})
    assert [one["incident"]["id"] for one in room("GET", "/v1/queue")["incidents"]] == [kept]


def test_the_way_of_who_was_asked_leads_to_the_door(room):
    """As a line from where they are, with the time that is left; none once they are there."""
    alert(room)
    ways = wait_for(lambda: room("GET", "/v1/ways")["ways"])
    first, last = ways[0]["coordinates"][0], ways[0]["coordinates"][-1]
    assert first == pytest.approx([at("A")["lon"], at("A")["lat"]], abs=1e-4)
    assert last == pytest.approx([at("D")["lon"], at("D")["lat"]], abs=1e-4)
    assert 0 < ways[0]["eta_s"] < 600
    path = f"/v1/assignments/{ways[0]['assignment_id']}"
    for step in ("accept", "depart", "arrive"):
        room("POST", f"{path}/{step}")
    left = {way["assignment_id"] for way in room("GET", "/v1/ways")["ways"]}
    assert ways[0]["assignment_id"] not in left


def test_the_picture_shows_everybody_in_columns(room):
    """And what they do as their assignment has it, not as their phone says."""
    alert(room)

    def doing() -> dict[str, tuple[str, str]]:
        seen = room("GET", "/v1/picture")
        return {
            name: (seen["kinds"][kind], seen["statuses"][status])
            for name, kind, status in zip(seen["id"], seen["kind"], seen["status"], strict=True)
        }

    seen = wait_for(lambda: one if (one := doing())["officer-1"][1] != "available" else None)
    assert seen["officer-1"] == ("officer", "busy")
    assert set(seen) == {"officer-1", "rider-1"}
    columns = room("GET", "/v1/picture")
    assert {len(columns[name]) for name in ("id", "lon", "lat", "age_s", "stale")} == {2}


def test_cells_near_the_officer_are_reached_sooner(room):
    """Hexagons with times that turning out and roads make, and less without the kind."""
    query = "/v1/response-times?resolution=10&kind=officer"
    cells = room("GET", query)["features"]
    times = sorted(one["properties"]["time_s"] for one in cells)
    assert len(times) > 2
    assert times[0] < times[-1]
    assert all(len(one["geometry"]["coordinates"][0]) in (6, 7) for one in cells)
    assert room("GET", "/v1/response-times?kind=bank_guard")["features"] == []
    lon, lat = at("A")["lon"], at("A")["lat"]
    box = f"{lon - 0.001},{lat - 0.001},{lon + 0.001},{lat + 0.001}"
    near = room("GET", f"{query}&bounds={box}")["features"]
    assert 0 < len(near) < len(cells)
    assert min(one["properties"]["time_s"] for one in near) == times[0]


def test_who_is_sent_somewhere_reaches_no_cell(room):
    """Cells are shaded by those who are free."""
    alert(room)
    wait_for(lambda: room("GET", "/v1/ways")["ways"])
    query = "/v1/response-times?kind=officer"
    assert wait_for(lambda: not room("GET", query)["features"])


def test_nobody_elses_people_shade_a_cell(town_office, room):
    """Another centre sees what it would see with nobody there."""
    other = town_office.key("kaizhou")
    answer = town_office.client.get("/v1/response-times", headers=other)
    assert answer.json()["features"] == []


@pytest.mark.parametrize(
    "query", ["bounds=1,2,3", "bounds=9,0,8,1", "bounds=a,b,c,d", "resolution=11", "kind=cat"]
)
def test_what_cannot_be_asked_is_refused(town_office, query):
    """With the range, or the words that there are."""
    answer = town_office.client.get(f"/v1/response-times?{query}", headers=town_office.key("w"))
    assert answer.status_code == 422
