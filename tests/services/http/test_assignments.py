"""Assignments over HTTP: two taps for a unit, and nothing for anybody else."""

from __future__ import annotations

import time

import pytest

from tests.services.http.incident_room import CENTRE, offered, on_duty, raised
from tests.services.town import at


@pytest.fixture
def order(town_office):
    """An officer's assignment, the dispatcher's key, and the unit's link."""
    key = town_office.key(CENTRE)
    on_duty(town_office, key, "MJ-1", "officer", "B")
    incident_id = raised(town_office, key, "A", victim_ref="secret-reference")
    sent = offered(town_office, key, incident_id, "MJ-1")
    read = town_office.client.get(f"/v1/assignments/{sent['id']}", headers=key).json()
    return sent, key, {"Authorization": f"Bearer {read['token']}"}


def step(office, headers, assignment_id, name, body=None):
    more = {} if body is None else {"json": body}
    return office.client.post(f"/v1/assignments/{assignment_id}/{name}", headers=headers, **more)


def test_a_unit_goes_with_its_link_alone(town_office, order):
    """Accept, depart, arrive, report: without a body where there is nothing to say."""
    sent, key, link = order
    states = []
    for name in ("accept", "depart", "arrive"):
        answer = step(town_office, link, sent["id"], name)
        assert answer.status_code == 200, answer.text
        states.append(answer.json()["assignment"]["state"])
    body = {"outcome": "dissuaded", "amount_kept_yuan": 50_000}
    answer = step(town_office, link, sent["id"], "report", body)
    states.append(answer.json()["assignment"]["state"])
    assert states == ["accepted", "en_route", "on_scene", "reported"]
    incident = town_office.client.get(f"/v1/incidents/{sent['incident_id']}", headers=key).json()
    assert incident["incident"]["amount_kept_yuan"] == 50_000


def test_a_unit_reads_where_to_go_and_how_but_not_who_is_concerned(town_office, order):
    """The route leads from where they are to the door; the victim's reference stays inside."""
    sent, _, link = order
    answer = town_office.client.get(f"/v1/assignments/{sent['id']}", headers=link)
    told = answer.json()
    assert told["route"]["distance"] == pytest.approx(120, abs=2)
    assert told["route"]["legs"][0]["steps"]
    assert told["token"] is None
    assert "secret-reference" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    bare = town_office.client.get(f"/v1/assignments/{sent['id']}?route=false", headers=link)
    assert bare.json()["route"] is None


def test_a_link_opens_nothing_else(town_office, order):
    """Not the incident, not the list, not the release of its own assignment."""
    sent, _, link = order
    for path in ("/v1/incidents", f"/v1/incidents/{sent['incident_id']}", "/v1/responders"):
        assert town_office.client.get(path, headers=link).status_code in (401, 403)
    refused = step(town_office, link, sent["id"], "release", {"reason": "home"})
    assert refused.status_code in (401, 403)


def test_the_next_best_is_offered_when_a_unit_declines(town_office, order):
    """Over HTTP as at the desk."""
    sent, key, link = order
    on_duty(town_office, key, "MJ-2", "officer", "F")
    answer = step(town_office, link, sent["id"], "decline", {"reason": "a crash on the quay"})
    assert answer.json()["assignment"]["state"] == "declined"
    other = offered(town_office, key, sent["incident_id"], "MJ-2")
    assert other["replaces"] == sent["id"]
    late = step(town_office, link, sent["id"], "accept")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/not-possible-now")


def test_a_gateway_acts_for_the_units_of_its_own_jurisdiction(town_office):
    """A riders' platform holds its riders, not the incidents; it sees what they are sent to."""
    centre = town_office.key(CENTRE)
    platform = town_office.key(f"{CENTRE}/riders")
    town_office.push(
        platform,
        {"id": "R-1", "kind": "rider", "fixed_at": time.time(), **at("B")},
    )
    incident_id = raised(town_office, centre, "A")
    sent = offered(town_office, centre, incident_id, "R-1")
    assert sent["jurisdiction"] == f"{CENTRE}/riders"
    assert step(town_office, platform, sent["id"], "accept").status_code == 200
    path = f"/v1/incidents/{incident_id}"
    assert town_office.client.get(path, headers=platform).status_code == 404
    stranger = town_office.key("kaizhou")
    assert step(town_office, stranger, sent["id"], "depart").status_code == 404


def test_a_unit_sends_its_position_while_it_is_sent_somewhere(town_office, order):
    """Believed as any other position; over is over."""
    sent, _, link = order
    answer = step(town_office, link, sent["id"], "position", {**at("B", 0.0), "accuracy_m": 5})
    assert answer.json()["accepted"] == 1
    step(town_office, link, sent["id"], "decline", {"reason": ""})
    late = step(town_office, link, sent["id"], "position", at("B"))
    assert (late.status_code, late.json()["type"]) == (409, "/problems/not-possible-now")


def test_who_is_sent_somewhere_is_shown_so_and_is_not_recommended(town_office, order):
    """Whatever their phone says of itself."""
    sent, key, link = order
    step(town_office, link, sent["id"], "accept")
    shown = town_office.client.get("/v1/responders/MJ-1", headers=key).json()
    deadline = 200
    while shown["status"] != "en_route" and deadline:
        shown = town_office.client.get("/v1/responders/MJ-1", headers=key).json()
        deadline -= 1
    assert shown["status"] == "en_route"
    lon_lat = f"{at('B')['lon']},{at('B')['lat']}"
    near = f"/v1/responders?near={lon_lat}&status="
    assert town_office.client.get(near + "available", headers=key).json()["responders"] == []
    (one,) = town_office.client.get(near + "en_route", headers=key).json()["responders"]
    assert one["id"] == "MJ-1"
    question = {"place": at("A"), "wants": [{"kinds": ["officer"]}]}
    answer = town_office.client.post("/v1/recommendations", json=question, headers=key).json()
    assert answer["wants"][0]["chosen"] == []
    assert answer["wants"][0]["shortfall"]["cause"] == "all_busy"


def test_a_body_where_none_is_wanted_must_be_empty(town_office, order):
    """An empty object for clients that cannot send nothing; anything else is a mistake."""
    sent, _, link = order
    assert step(town_office, link, sent["id"], "accept", {"eta_s": 5}).status_code == 422
    assert step(town_office, link, sent["id"], "accept", {}).status_code == 200
