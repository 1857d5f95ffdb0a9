"""The bank counter (STORIES 7), and the same victim seen by two sources."""

from __future__ import annotations

from tests.services.town import at


def register_branch(running, centre, branch_id: str, leg: str) -> None:
    admin = running.key(centre.jurisdiction, scopes=("admin",))
    answer = running.client.put(
        f"/v1/branches/{branch_id}", json={"name": "北滨路支行", **at(leg)}, headers=admin
    )
    assert answer.status_code in (200, 201), answer.text


def test_one_key_at_the_counter_sends_the_nearest_force(running, centre):
    """The branch's registered place is the location; the teller types nothing but a note."""
    register_branch(running, centre, "beibin-2", "C")
    guard = centre.unit("BA-1", "bank_guard", "C", 0.1)
    officer = centre.unit("MJ-1", "officer", "E")
    alarm = centre.post(
        "/v1/alarms/bank",
        {
            "branch_id": "beibin-2",
            "victim_ref": "customer-17",
            "note": "80,000 in cash, in a hurry",
        },
    )
    incident = alarm["incident"]
    assert (incident["source"], incident["tier"]) == ("bank", "high")
    offers = centre.is_offered(officer, guard)
    for unit, offer in zip((officer, guard), offers, strict=True):
        unit.goes(offer)
    guard.step(offers[1], "arrive")
    assert centre.incident(incident["id"])["incident"]["first_face_at"] is not None


def test_an_alarm_of_a_branch_that_nobody_registered_is_refused_in_one_sentence(centre):
    """There is no place to send anybody to, and the teller's system must hear it."""
    answer = centre.post("/v1/alarms/bank", {"branch_id": "ghost", "victim_ref": "c-1"}, status=422)
    assert "ghost" in answer["detail"]


def test_the_city_and_the_bank_about_one_victim_are_one_incident(centre):
    """The second alert joins: nobody is sent twice, the tier rises, money that moved is known."""
    officer = centre.unit("MJ-1", "officer", "B")
    centre.unit("MJ-2", "officer", "D")
    neighbour = centre.unit("WG-1", "grid_worker", "B")
    first = centre.alert("A", tier="medium", source="city", money_state="in_account")
    (visit,) = centre.is_offered(neighbour)
    second = centre.alert(
        "A", tier="high", source="bank", money_state="transferring", amount_yuan=80_000
    )
    assert second["incident"]["id"] == first["incident"]["id"]
    assert second["status"] == "joined"
    centre.is_offered(officer)
    incident = centre.incident(first["incident"]["id"])["incident"]
    assert (incident["tier"], incident["alert_count"]) == ("high", 2)
    assert (incident["money_state"], incident["amount_yuan"]) == ("transferring", 80_000)
    third = centre.alert("A", tier="low", source="district")
    assert third["incident"]["tier"] == "high", "a tier is never lowered silently"
    assert centre.get(f"/v1/assignments/{visit['id']}")["assignment"]["state"] == "offered"


def test_an_alert_sent_twice_with_one_idempotency_key_is_one_alert(centre):
    """The line was bad and the source sent it again: one effect, the same answer."""
    body = {"source": "city", "tier": "high", "victim_ref": "v-9", "place": at("B")}
    key = {"Idempotency-Key": "city-2026-0001"}
    first = centre.request("POST", "/v1/alerts", headers=key, json=body)
    again = centre.request("POST", "/v1/alerts", headers=key, json=body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert centre.incident(first.json()["incident"]["id"])["incident"]["alert_count"] == 1
    other = centre.request("POST", "/v1/alerts", headers=key, json=body | {"tier": "low"})
    assert other.status_code == 422
