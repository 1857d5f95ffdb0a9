"""In front of the victim: who holds, who convinces, who comes again."""

from __future__ import annotations

from services.time_source import now_s


def test_the_grid_worker_arrives_first_and_holds_until_the_officer_comes(centre):
    """Both go at the same time; the neighbour is there first, and stays when the officer comes."""
    neighbour = centre.unit("WG-1", "grid_worker", "A", 0.0)
    officer = centre.unit("MJ-1", "officer", "F")
    opened = centre.alert("B", tier="high")
    incident_id = opened["incident"]["id"]
    order, visit = centre.is_offered(officer, neighbour)
    neighbour.goes(visit)
    officer.goes(order)
    neighbour.drives_to("B")
    assert centre.hears("assignment.arrived")["assignment"]["responder_id"] == neighbour.id
    met_at = centre.incident(incident_id)["incident"]["first_face_at"]
    assert met_at is not None

    centre.later(120)
    state = centre.get(f"/v1/assignments/{order['id']}")["assignment"]["state"]
    assert state == "en_route", "the officer goes on: a neighbour may only talk"
    officer.drives_to("B")
    centre.hears("assignment.arrived", assignment__responder_id=officer.id)
    incident = centre.incident(incident_id)["incident"]
    assert incident["first_face_at"] == met_at
    neighbour.step(visit, "report", outcome="not_convinced", note="he shows me the app")
    assert centre.incident(incident_id)["incident"]["visit_number"] == 1, "the officer is with him"
    officer.step(order, "report", outcome="dissuaded")
    officer.shows(order)
    assert centre.incident(incident_id)["incident"]["state"] == "following_up"


def test_the_victim_is_not_convinced_and_a_second_visit_is_made_by_somebody_else(centre):
    """A visit that did not work is followed by another one, not by the same people."""
    officer = centre.unit("MJ-1", "officer", "A")
    neighbour = centre.unit("WG-1", "grid_worker", "A")
    opened = centre.alert("B", tier="high")
    order, visit = centre.is_offered(officer, neighbour)
    for unit, offer in ((officer, order), (neighbour, visit)):
        unit.goes(offer)
        unit.step(offer, "arrive")
    other = centre.unit("MJ-2", "officer", "E")
    other_neighbour = centre.unit("WG-2", "grid_worker", "F")
    neighbour.step(visit, "report", outcome="not_convinced")
    officer.step(order, "report", outcome="not_convinced")
    again, talk = centre.is_offered(other, other_neighbour)
    assert {again["purpose"], talk["purpose"]} == {"second_visit"}
    assert again["visit_number"] == 2
    other.goes(again)
    other.step(again, "arrive")
    other.step(again, "report", outcome="dissuaded")
    other.shows(again)
    assert centre.incident(opened["incident"]["id"])["incident"]["state"] == "following_up"


def test_no_evidence_within_the_hour_is_a_second_visit(centre):
    """Dissuaded, they say; but nothing proves it, so somebody else goes and looks."""
    officer = centre.unit("MJ-1", "officer", "A")
    centre.unit("WG-1", "grid_worker", "C")
    other = centre.unit("MJ-2", "officer", "E")
    opened = centre.alert("B", tier="high")
    order = centre.hears("assignment.offered", assignment__responder_id=officer.id)["assignment"]
    officer.goes(order)
    officer.step(order, "arrive")
    officer.step(order, "report", outcome="dissuaded")
    centre.later(3605)
    centre.hears("evidence.overdue")
    again = centre.hears("assignment.offered", assignment__responder_id=other.id)["assignment"]
    assert again["purpose"] == "second_visit"
    incident = centre.incident(opened["incident"]["id"])["incident"]
    assert incident["evidence_in_time"] is False


def test_evidence_that_does_not_convince_is_a_second_visit(centre):
    """The centre looks at the film and is not convinced."""
    officer = centre.unit("MJ-1", "officer", "A")
    centre.unit("WG-1", "grid_worker", "C")
    other = centre.unit("MJ-2", "officer", "E")
    centre.alert("B", tier="high")
    order = centre.hears("assignment.offered", assignment__responder_id=officer.id)["assignment"]
    officer.goes(order)
    officer.step(order, "arrive")
    officer.step(order, "report", outcome="dissuaded")
    sent = officer.shows(order)
    centre.post(
        f"/v1/evidence/{sent['id']}/judgement", {"convincing": False, "note": "an empty street"}
    )
    again = centre.hears("assignment.offered", assignment__responder_id=other.id)["assignment"]
    assert again["purpose"] == "second_visit"


def test_nobody_answers_and_the_next_best_is_asked_once_each(centre):
    """An offer that is not accepted in time goes to the next best by road, and so on."""
    first = centre.unit("MJ-1", "officer", "B")
    second = centre.unit("MJ-2", "officer", "C")
    third = centre.unit("MJ-3", "officer", "E")
    centre.unit("WG-1", "grid_worker", "F")
    centre.alert("A", tier="high")
    centre.hears("assignment.offered", assignment__responder_id=first.id)
    centre.later(61)
    centre.hears("assignment.expired", assignment__responder_id=first.id)
    offer = centre.hears("assignment.offered", assignment__responder_id=second.id)["assignment"]
    second.step(offer, "decline", reason="a crash on the quay")
    offer = centre.hears("assignment.offered", assignment__responder_id=third.id)["assignment"]
    third.step(offer, "accept")
    second_answer = centre.request(
        "POST", f"/v1/assignments/{offer['id']}/decline", json={"reason": "x" * 5000}
    )
    assert second_answer.status_code == 422


def test_nobody_is_sent_to_two_victims(centre):
    """While somebody is on their way, the next victim gets somebody else, though farther away."""
    near = centre.unit("MJ-1", "officer", "B")
    far = centre.unit("MJ-2", "officer", "F")
    centre.alert("A", tier="high", victim_ref="v-1")
    order = centre.hears("assignment.offered", assignment__kind="officer")["assignment"]
    near.goes(order)
    centre.alert("A", tier="high", victim_ref="v-2")
    order = centre.hears("assignment.offered", assignment__kind="officer")["assignment"]
    assert order["responder_id"] == far.id


def test_what_the_second_line_finds_reaches_the_unit_on_its_way(centre):
    """Two lines at once (STORIES 11): the station traces the money and feeds the first team."""
    officer = centre.unit("MJ-1", "officer", "F")
    opened = centre.alert("A", tier="critical")
    incident_id = opened["incident"]["id"]
    assert centre.hears("intelligence.requested")
    order = centre.hears("assignment.offered", assignment__responder_id=officer.id)["assignment"]
    officer.goes(order)
    finding = "the code was asked for by a number that called three others today"
    centre.post(f"/v1/incidents/{incident_id}/findings", {"text": finding})
    found = centre.hears("intelligence.found")
    assert found["text"] == finding
    link = centre.get(f"/v1/assignments/{order['id']}")["token"]
    answer = centre.office.client.get(
        f"/v1/assignments/{order['id']}", headers={"Authorization": f"Bearer {link}"}
    )
    assert answer.status_code == 200
    assert finding in answer.json()["findings"]


def test_a_low_tier_is_a_message_and_no_visit(centre):
    """Low: the message goes out, nobody drives."""
    centre.unit("MJ-1", "officer", "B")
    opened = centre.alert("A", tier="low")
    assert centre.hears("contact.requested")["channel"] == "message"
    assert opened["incident"]["state"] == "contacting"
    centre.post(
        f"/v1/incidents/{opened['incident']['id']}/contacts",
        {"channel": "message", "outcome": "answered"},
    )
    assert "assignment.offered" not in centre.types()


def test_a_week_later_the_grid_worker_looks_after_her(centre):
    """After the case is done somebody of the neighbourhood comes back at 1, 4 and 12 weeks."""
    officer = centre.unit("MJ-1", "officer", "A")
    neighbour = centre.unit("WG-1", "grid_worker", "C")
    opened = centre.alert("B", tier="high")
    incident_id = opened["incident"]["id"]
    order, visit = centre.is_offered(officer, neighbour)
    neighbour.step(visit, "decline", reason="off duty")
    officer.goes(order)
    officer.step(order, "arrive")
    officer.step(order, "report", outcome="dissuaded")
    officer.shows(order)
    due_at_s = centre.hears("follow_up.planned")["due_at_s_all"]
    for number, at_s in enumerate(due_at_s, start=1):
        centre.skip(at_s - 30 - now_s())
        centre.later(60)
        offer = centre.hears("assignment.offered", assignment__purpose="follow_up")["assignment"]
        assert offer["responder_id"] == neighbour.id
        assert offer["visit_number"] == number
        neighbour.goes(offer)
        neighbour.step(offer, "arrive")
        neighbour.step(offer, "report", outcome="dissuaded")
        neighbour.becomes_free()
    incident = centre.incident(incident_id)["incident"]
    assert (incident["state"], incident["closing_reason"]) == ("closed", "dissuaded")
