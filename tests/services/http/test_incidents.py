"""Incidents over HTTP: found, read, and changed by a dispatcher who knows what they saw."""

from __future__ import annotations

import pytest

from tests.services.http.incident_room import CENTRE, offered, on_duty, put_area, raised
from tests.services.town import at


def act(office, headers, incident_id, name, body, **more):
    return office.client.post(
        f"/v1/incidents/{incident_id}/{name}", json=body, headers={**headers, **more}
    )


def listed(office, headers, **query):
    answer = office.client.get("/v1/incidents", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["incidents"]]


def test_incidents_are_found_by_state_tier_time_and_jurisdiction(town_office):
    """Newest first; what is not asked for is left out."""
    put_area(town_office, CENTRE, "A", "F")
    put_area(town_office, f"{CENTRE}/west", "A", "C")
    key = town_office.key(CENTRE)
    first = raised(town_office, key, "B", tier="critical")
    second = raised(town_office, key, "E", tier="low")
    third = raised(town_office, key, None)
    assert listed(town_office, key) == [third, second, first]
    assert listed(town_office, key, state="locating") == [third]
    assert listed(town_office, key, state="responding,contacting") == [second, first]
    assert listed(town_office, key, tier="critical") == [first]
    assert listed(town_office, key, jurisdiction=f"{CENTRE}/west") == [first]
    opened_at = town_office.client.get(f"/v1/incidents/{second}", headers=key).json()["incident"]
    assert listed(town_office, key, since=opened_at["opened_at"]) == [third, second]
    assert listed(town_office, key, until=opened_at["opened_at"]) == [first]
    assert listed(town_office, town_office.key("kaizhou")) == []
    assert listed(town_office, town_office.key(f"{CENTRE}/west")) == [first]


def test_a_long_list_comes_in_pages(town_office):
    """Every incident once, though new ones come in between."""
    key = town_office.key(CENTRE)
    opened = [raised(town_office, key) for _ in range(5)]
    seen, before = [], {}
    while True:
        page = town_office.client.get(
            "/v1/incidents", params={"limit": 2, **before}, headers=key
        ).json()
        seen += [one["id"] for one in page["incidents"]]
        raised(town_office, key)
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == opened[::-1]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"state": "open"}, 422),
        ({"tier": "5"}, 422),
        ({"since": "yesterday"}, 422),
        ({"limit": "0"}, 422),
        ({"before": "x"}, 422),
        ({"jurisdiction": "kaizhou"}, 403),
        ({"colour": "red"}, 422),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(town_office, query, status):
    answer = town_office.client.get("/v1/incidents", params=query, headers=town_office.key(CENTRE))
    assert answer.status_code == status


@pytest.mark.parametrize(
    "identity", ["x", "019a0000-0000-7000-8000-000000000000", "%00", "..", "A" * 300]
)
def test_what_is_no_id_exists_as_little_as_an_absent_one(town_office, identity):
    """The same answer, byte for byte."""
    key = town_office.key(CENTRE)
    answer = town_office.client.get(f"/v1/incidents/{identity}", headers=key)
    assert answer.status_code == 404


def test_correcting_wants_the_version_that_was_read(town_office):
    """Of two dispatchers who read the same, the second one is told to look again."""
    key = town_office.key(CENTRE)
    incident_id = raised(town_office, key, tier="low", amount_yuan=50_000)
    path = f"/v1/incidents/{incident_id}"
    tag = town_office.client.get(path, headers=key).headers["ETag"]

    def patch(body, **more):
        return town_office.client.request("PATCH", path, json=body, headers={**key, **more})

    assert patch({"amount_yuan": 1}).status_code == 428
    changed = patch({"amount_yuan": 80_000, "money_state": "transferring"}, **{"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    incident = changed.json()["incident"]
    assert (incident["amount_yuan"], incident["money_state"]) == (80_000, "transferring")
    late = patch({"amount_yuan": 2}, **{"If-Match": tag})
    assert (late.status_code, late.json()["type"]) == (412, "/problems/version-changed")
    now = town_office.client.get(path, headers=key)
    assert now.json()["incident"]["amount_yuan"] == 80_000
    emptied = patch({"amount_yuan": None}, **{"If-Match": now.headers["ETag"]})
    assert emptied.json()["incident"]["amount_yuan"] is None
    nothing = patch({}, **{"If-Match": "*"})
    assert nothing.headers["ETag"] == emptied.headers["ETag"]


def test_a_command_may_say_which_version_it_means(town_office):
    """If-Match on a POST: nothing is done on another version."""
    key = town_office.key(CENTRE)
    incident_id = raised(town_office, key, tier="low")
    body = {"tier": "medium", "reason": "he is packing"}
    late = act(town_office, key, incident_id, "tier", body, **{"If-Match": '"99"'})
    assert late.status_code == 412
    done = act(town_office, key, incident_id, "tier", body, **{"If-Match": '"1"'})
    assert done.json()["incident"]["tier"] == "medium"


def test_what_the_state_does_not_allow_is_a_conflict_in_one_sentence(town_office):
    """A closed case takes no place; it can be reopened, with a reason."""
    key = town_office.key(CENTRE)
    incident_id = raised(town_office, key)
    closed = act(town_office, key, incident_id, "close", {"reason": "false_alarm"})
    assert closed.json()["incident"]["state"] == "closed"
    refused = act(town_office, key, incident_id, "place", {"place": at("B")})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible-now")
    assert "closed" in refused.json()["detail"]
    assert act(town_office, key, incident_id, "reopen", {"reason": ""}).status_code == 422
    again = act(town_office, key, incident_id, "reopen", {"reason": "she called"})
    assert again.json()["incident"]["state"] == "responding"


def test_a_dispatcher_names_who_goes(town_office):
    """Outside the ranking, once; somebody who is taken is not sent twice."""
    key = town_office.key(CENTRE)
    on_duty(town_office, key, "MJ-1", "officer", "B")
    on_duty(town_office, key, "MJ-9", "officer", "Z")
    first, second = raised(town_office, key, "A"), raised(town_office, key, None)
    order = offered(town_office, key, first, "MJ-1")
    named = {"responder_id": "MJ-9"}
    nowhere = act(town_office, key, second, "staff", named)
    assert (nowhere.status_code, nowhere.json()["type"]) == (409, "/problems/not-possible-now")
    chosen = act(town_office, key, first, "staff", named | {"instead_of": order["id"]}).json()[
        "assignments"
    ]
    states = {one["responder_id"]: one["state"] for one in chosen}
    assert states == {"MJ-1": "released", "MJ-9": "offered"}
    assert chosen[-1]["replaces"] == order["id"]
    act(town_office, key, second, "place", {"place": at("F")})
    again = act(town_office, key, second, "staff", named)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-possible-now")
    unknown = act(town_office, key, second, "staff", {"responder_id": "nobody"})
    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/invalid-value")


def test_naming_somebody_twice_with_one_key_is_naming_them_once(town_office):
    """The copy is answered as the first one was, though they are taken by now."""
    key = town_office.key(CENTRE)
    on_duty(town_office, key, "WG-7", "bank_guard", "F")
    incident_id = raised(town_office, key, "A", tier="low")
    once = {"Idempotency-Key": "name-1"}
    first = act(town_office, key, incident_id, "staff", {"responder_id": "WG-7"}, **once)
    again = act(town_office, key, incident_id, "staff", {"responder_id": "WG-7"}, **once)
    assert first.status_code == 200, first.text
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json()["incident"]["state"] == "responding"


def test_every_attempt_to_reach_the_victim_is_kept(town_office):
    """Channel, outcome and time; a time that lies ahead is now."""
    key = town_office.key(CENTRE)
    incident_id = raised(town_office, key)
    body = {"channel": "call", "outcome": "answered", "at": "2099-01-01T00:00:00Z"}
    done = act(town_office, key, incident_id, "contacts", body)
    assert done.json()["incident"]["first_contact_at"] < "2099"
    timeline = town_office.client.get(f"/v1/incidents/{incident_id}/timeline", headers=key).json()
    assert "contact.reported" in [entry["type"] for entry in timeline["entries"]]
