"""The victim is somewhere else, somebody else, or warned of again: what alerts do to a case that is
under way."""

from __future__ import annotations

from services.time_source import now_s
from tests.conversations.test_at_the_bank import register_branch
from tests.services.town import at


def tap(centre, **more) -> dict:
    """One key at the counter of the branch in F."""
    return centre.post("/v1/alarms/bank", {"branch_id": "beibin-2", **more})


def test_the_second_customer_at_the_counter_is_another_case(running, centre):
    """Nobody asks for names at a counter. While the guard talks to the first customer a second tap
    is about the same one; after that it is about the next in the queue, and both cases go on."""
    register_branch(running, centre, "beibin-2", "C")
    guard = centre.unit("BA-1", "bank_guard", "C", 0.1)
    officer = centre.unit("MJ-1", "officer", "E")
    first = tap(centre, note="80,000 in cash, in a hurry")
    assert first["status"] == "opened"
    order, talk = centre.is_offered(officer, guard)
    officer.goes(order)
    guard.goes(talk)
    guard.drives_to("C")
    centre.hears("assignment.arrived", assignment__responder_id=guard.id)
    again = tap(centre, note="he is on the phone all the time")
    assert (again["status"], again["incident"]["id"]) == ("joined", first["incident"]["id"])
    officer.drives_to("C")
    centre.hears("assignment.arrived", assignment__responder_id=officer.id)
    guard.step(talk, "report", outcome="dissuaded")
    officer.step(order, "report", outcome="dissuaded", amount_kept_yuan=80_000)

    centre.later(120)
    second = tap(centre, note="a woman with a large suitcase")
    assert second["status"] == "opened"
    assert second["incident"]["id"] != first["incident"]["id"]
    order_2, talk_2 = centre.is_offered(officer, guard)
    assert {order_2["purpose"], talk_2["purpose"]} == {"visit"}
    officer.shows(order)
    assert centre.incident(first["incident"]["id"])["incident"]["state"] == "following_up"
    assert centre.incident(second["incident"]["id"])["incident"]["state"] == "responding"


def test_the_city_says_home_and_the_bank_says_the_counter(running, centre):
    """An officer stands at her door and a neighbour is on the way, when the teller taps: she is
    across the town. The guard of the branch is asked, the others go after her, and whoever goes has
    the teller's words and the way to the branch."""
    register_branch(running, centre, "beibin-2", "F")
    officer = centre.unit("MJ-1", "officer", "B")
    neighbour = centre.unit("WG-1", "grid_worker", "C")
    opened = centre.alert("A", address_text="at home", victim_ref="customer-17")
    incident_id = opened["incident"]["id"]
    order, visit = centre.is_offered(officer, neighbour)
    officer.goes(order)
    neighbour.goes(visit)
    officer.drives_to("A", takes_s=20)
    centre.hears("assignment.arrived", assignment__responder_id=officer.id)

    guard = centre.unit("BA-1", "bank_guard", "F", 0.05)
    second = centre.unit("MJ-2", "officer", "E")
    joined = tap(centre, victim_ref="customer-17", note="she says that it is for her son")
    assert (joined["status"], joined["incident"]["id"]) == ("joined", incident_id)
    place = joined["incident"]["places"][0]
    assert abs(place["lon"] - at("F")["lon"]) < 1e-6
    assert joined["incident"]["address_text"] == "北滨路支行"
    told = centre.hears("alert.joined")
    assert order["id"] in told["assignments"]
    assert visit["id"] in told["assignments"]
    for who, was in ((officer, "on_scene"), (neighbour, "en_route")):
        turned = centre.hears("assignment.redirected", assignment__responder_id=who.id)
        assert (turned["was"], turned["assignment"]["state"]) == (was, "en_route")
        assert turned["incident"]["places"] == [place]
    (police,) = centre.is_offered(second)

    file = centre.get(f"/v1/assignments/{order['id']}")
    link = {"Authorization": f"Bearer {file['token']}"}
    seen = centre.office.client.get(f"/v1/assignments/{order['id']}", headers=link).json()
    assert "she says that it is for her son" in seen["findings"]
    assert seen["incident"]["places"] == [place]
    assert seen["route"]["distance"] > 500, "from her door to the branch"

    second.goes(police)
    second.drives_to("F", takes_s=30)
    met = centre.hears("assignment.arrived", assignment__responder_id=second.id)
    assert met["first"] is True, "nobody was face to face with her at her door"
    second.step(police, "report", outcome="dissuaded", amount_kept_yuan=30_000)
    centre.hears("incident.dissuaded")
    for one in (order, visit):
        state = centre.get(f"/v1/assignments/{one['id']}")["assignment"]["state"]
        assert state == "released", "nobody need come any more"
    assert guard.id not in str(centre.incident(incident_id)["assignments"]), "the neighbour came"


def test_the_city_s_second_place_moves_nobody(running, centre):
    """Two lists of addresses differ; whoever is on the way is not sent about by that."""
    officer = centre.unit("MJ-1", "officer", "B")
    centre.unit("WG-1", "grid_worker", "C")
    opened = centre.alert("A")
    order = centre.hears("assignment.offered", assignment__responder_id=officer.id)["assignment"]
    officer.goes(order)
    joined = centre.alert("F", source="district")
    assert joined["incident"]["places"] == opened["incident"]["places"]
    assert centre.hears("alert.joined")["place"] == "kept"
    assert "assignment.redirected" not in centre.types()


def test_dissuaded_an_hour_ago_and_warned_of_again(centre):
    """The proof is still outstanding when the ministry warns of the same woman: she is called and
    visited at once, by whoever is nearest, as if it were the first time."""
    officer = centre.unit("MJ-1", "officer", "A")
    neighbour = centre.unit("WG-1", "grid_worker", "C")
    opened = centre.alert("B", tier="high", money_state="in_account")
    incident_id = opened["incident"]["id"]
    order, visit = centre.is_offered(officer, neighbour)
    neighbour.step(visit, "decline", reason="at the doctor's")
    officer.goes(order)
    officer.drives_to("B", takes_s=20)
    centre.hears("assignment.arrived")
    officer.step(order, "report", outcome="dissuaded")
    assert centre.incident(incident_id)["incident"]["state"] == "visited"
    centre.later(3_000)

    again = centre.alert("B", tier="high", source="ministry", money_state="transferring")
    assert (again["status"], again["incident"]["id"]) == ("joined", incident_id)
    assert again["incident"]["state"] == "responding"
    ordered = centre.hears("visit.ordered")
    assert (ordered["reason"], ordered["was"]) == ("new_alert", "visited")
    assert [centre.hears("contact.requested")["channel"] for _ in range(2)] == ["message", "call"]
    order_2, visit_2 = centre.is_offered(officer, neighbour)
    assert order_2["visit_number"] == visit_2["visit_number"] == 2
    officer.goes(order_2)
    officer.drives_to("B", takes_s=20)
    officer.step(order_2, "report", outcome="dissuaded")
    officer.shows(order_2)
    assert centre.incident(incident_id)["incident"]["state"] == "following_up"


def test_the_officer_misses_the_offer_while_the_neighbour_goes(centre):
    """A tunnel, a minute too long: the neighbour is on the way, the centre hears that police are
    missing, and the one officer there is has his telephone ring again."""
    officer = centre.unit("MJ-1", "officer", "B")
    neighbour = centre.unit("WG-1", "grid_worker", "C")
    opened = centre.alert("A", tier="high")
    started_s = now_s()
    order, visit = centre.is_offered(officer, neighbour)
    neighbour.goes(visit)
    centre.later(61)
    centre.hears("assignment.expired", assignment__responder_id=officer.id)
    short = centre.hears("shortfall.found")
    assert (short["role"], short["missing"], short["cause"]) == ("enforcement", 1, "all_asked")
    assert "police missing" in short["in_words"]["en"]
    assert "民警" in short["in_words"]["zh"]
    centre.later(31)
    again = centre.hears("assignment.offered", assignment__responder_id=officer.id)["assignment"]
    assert again["replaces"] == order["id"]
    assert now_s() - started_s < 120
    officer.goes(again)
    officer.drives_to("A")
    centre.hears("assignment.arrived", assignment__responder_id=officer.id)
    incident = centre.incident(opened["incident"]["id"])["incident"]
    assert incident["first_face_at"] is not None
    told = [event["data"] for event in centre.events() if "shortfall.found" in event["type"]]
    assert [one["role"] for one in told].count("enforcement") == 1
