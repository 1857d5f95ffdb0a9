"""The shopkeeper who would not pick up (STORIES 1): nine minutes, then the officer by road."""

from __future__ import annotations

from tests.services.town import at

NINE_MINUTES_S = 540.0


def test_nine_minutes_unreachable_then_the_officer_nearest_by_road_stands_in_front_of_her(centre):
    """Calls fail, the answer is raised by itself, and who goes is first by road, not by line."""
    across = centre.unit("MJ-across-the-river", "officer", "G")  # 40 m away, on the other bank
    nearest = centre.unit("MJ-near-the-market", "officer", "W")
    centre.unit("MJ-downtown", "officer", "Z")
    neighbour = centre.unit("WG-1", "grid_worker", "V")

    opened = centre.alert("U", tier="medium", amount_yuan=50_000, money_state="in_account")
    incident_id = opened["incident"]["id"]
    assert centre.hears("contact.requested", channel="call")
    (offer,) = centre.is_offered(neighbour)  # medium: a neighbour within half an hour, and calls
    neighbour.step(offer, "decline", reason="at the doctor's")

    for minute in range(3):
        centre.later(60)
        centre.post(
            f"/v1/incidents/{incident_id}/contacts",
            {"channel": "call", "outcome": "unreachable" if minute else "refused"},
        )
    assert centre.incident(incident_id)["incident"]["answer_tier"] == "medium"
    centre.later(NINE_MINUTES_S - 180 + 1)

    raised = centre.hears("incident.answer_raised")
    assert (raised["incident"]["tier"], raised["incident"]["answer_tier"]) == ("medium", "high")
    (order,) = centre.is_offered(nearest)
    assert across.id != order["responder_id"]

    nearest.goes(order)
    nearest.drives_to("U")  # her door: the phone itself tells that he is there
    arrived = centre.hears("assignment.arrived")
    assert arrived["assignment"]["responder_id"] == nearest.id
    assert arrived["incident"]["first_face_at"] is not None

    nearest.step(order, "report", outcome="dissuaded", amount_kept_yuan=50_000)
    assert centre.incident(incident_id)["incident"]["state"] == "visited"
    nearest.shows(order)
    incident = centre.incident(incident_id)["incident"]
    assert incident["state"] == "following_up"
    assert incident["evidence_in_time"] is True
    assert incident["amount_kept_yuan"] == 50_000

    told = [
        entry["type"] for entry in centre.get(f"/v1/incidents/{incident_id}/timeline")["entries"]
    ]
    expected = [
        "incident.opened",
        "assignment.declined",
        "contact.reported",
        "incident.answer_raised",
        "assignment.accepted",
        "assignment.arrived",
        "assignment.reported",
        "evidence.received",
    ]
    places = [told.index(type_) for type_ in expected]
    assert places == sorted(places), told


def test_the_reason_says_why_the_officer_across_the_river_was_not_sent(centre):
    """The decision keeps who looked nearer and lost, for the review."""
    centre.unit("MJ-across-the-river", "officer", "G")
    nearest = centre.unit("MJ-near-the-market", "officer", "W")
    centre.unit("WG-1", "grid_worker", "V")
    opened = centre.alert("U", tier="high")
    offers = {}
    for _ in range(2):
        data = centre.hears("assignment.offered")
        offers[data["assignment"]["responder_id"]] = data
    assert nearest.id in offers
    assert "MJ-across-the-river" not in offers
    decisions = centre.get(f"/v1/incidents/{opened['incident']['id']}")["decisions"]
    lost = [one for decision in decisions for one in decision["passed_over"]]
    assert any(
        one["responder_id"] == "MJ-across-the-river" and one["cause"] == "across_bridge"
        for one in lost
    ), lost


def test_she_answers_before_nine_minutes_and_nothing_is_raised(centre):
    """An answered call in time ends the waiting for one; the tier of the answer stays."""
    centre.unit("WG-1", "grid_worker", "V")
    opened = centre.alert("U", tier="medium")
    incident_id = opened["incident"]["id"]
    centre.later(300)
    centre.post(f"/v1/incidents/{incident_id}/contacts", {"channel": "call", "outcome": "answered"})
    centre.later(600)
    assert "incident.answer_raised" not in centre.types()
    assert centre.incident(incident_id)["incident"]["first_contact_at"] is not None


def test_a_place_that_is_found_later_starts_the_dispatch(centre):
    """With no usable place the incident waits as locating, contact goes on; the place sends."""
    officer = centre.unit("MJ-1", "officer", "B")
    rider = centre.unit("WG-1", "grid_worker", "C")
    opened = centre.alert(tier="high", address_text="somewhere near the north quay")
    incident = opened["incident"]
    assert incident["state"] == "locating"
    assert centre.hears("contact.requested")
    assert "assignment.offered" not in centre.types()
    centre.post(f"/v1/incidents/{incident['id']}/place", {"place": at("A") | {"accuracy_m": 40}})
    centre.is_offered(officer, rider)
    assert centre.incident(incident["id"])["incident"]["state"] == "responding"
