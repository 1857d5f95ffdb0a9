"""The coach to the next county (STORIES 5): seen on the quay, planned, waited for, stopped.

Whoever leaves the north quay for the south bank must come over the bridge from F to Z.
"""

from __future__ import annotations

import time

import pytest

from tests.conversations.centre import LOOK_AGAIN_S, PATIENCE_S, Centre, Unit
from tests.services.town import at

SLOW = {"slowest": 0.2, "fastest": 0.2}
"""A town of a few hundred metres is a long drive at this speed."""


class Pursuit:
    """An interception as its centre runs it."""

    def __init__(self, centre: Centre, **body) -> None:
        self.centre = centre
        said = {
            "description": "蓝色大巴",
            "sighting": at("A") | {"heading_deg": 90, "source": "camera"},
            "destinations": [at("U") | {"name": "南岸"}],
            "settings": {"relay": False, "safety_s": 0},
            **SLOW,
            **body,
        }
        opened = centre.post("/v1/interceptions", said, 201)
        self.id = opened["interception"]["id"]
        self.path = f"/v1/interceptions/{self.id}"

    def is_now(self) -> dict:
        return self.centre.get(self.path)["interception"]

    def plan(self) -> dict:
        return self.centre.get(f"{self.path}/plan")

    def seen(self, leg: str, share: float = 0.0, **more) -> dict:
        return self.centre.post(f"{self.path}/sightings", at(leg, share) | more, 201)

    def commit(self, plan: dict, **more) -> dict:
        return self.centre.post(f"{self.path}/commit", {"plan": plan["number"], **more}, 200)

    def tells(self, checkpoint: str, what: str, status: int = 200, **body) -> dict:
        return self.centre.post(f"{self.path}/checkpoints/{checkpoint}/{what}", body, status)

    def stands_down(self) -> dict:
        answer = self.centre.request("DELETE", self.path)
        assert answer.status_code == 200, answer.text
        return answer.json()["interception"]


def checkpoints(plan: dict) -> list[dict]:
    return [
        one["properties"]
        for one in plan["features"]
        if one["properties"]["feature"] == "checkpoint"
    ]


def features(plan: dict, what: str) -> list[dict]:
    return [one for one in plan["features"] if one["properties"]["feature"] == what]


def order_of(centre: Centre, unit: Unit) -> dict:
    """The order that a unit was given."""
    told = centre.hears("checkpoint.ordered", assignment__responder_id=unit.id)
    return told["assignment"]


def file_of(centre: Centre, assignment: dict) -> dict:
    return centre.get(f"/v1/assignments/{assignment['id']}")


def test_from_the_incident_to_the_stopped_coach(centre):
    """Opened from an incident, seen, planned, committed; the unit goes, is told of the next plan,
    holds the bridge, stops the coach; the incident knows, and the unit is free."""
    opened = centre.alert(victim_ref="v", money_state="in_vehicle", address_text="on the road")
    incident_id = opened["incident"]["id"]
    officer = centre.unit("MJ-south", "officer", "Y")
    pursuit = Pursuit(centre, incident_id=incident_id)
    assert pursuit.is_now()["jurisdiction"] == "rivertown"
    plan = pursuit.plan()
    (bridge,) = checkpoints(plan)
    assert bridge["kind"] == "bridge"
    assert bridge["share"] > 0.5
    assert bridge["margin_s"] > 0
    assert bridge["holders"] == [
        {"holder": "unit", "jurisdiction": "rivertown", "responder_id": officer.id}
    ]
    assert plan["first"]["proven"]
    assert plan["share"] == pytest.approx(plan["first"]["share"])
    (route,) = features(plan, "unit_route")
    assert route["properties"]["responder_id"] == officer.id
    assert features(plan, "reachable_area")
    assert pursuit.is_now()["checkpoints"] == []  # a plan sends nobody

    pursuit.commit(plan)
    order = order_of(centre, officer)
    told = file_of(centre, order)
    assert told["subject"]["description"] == "蓝色大巴"
    assert told["route"]["legs"][0]["steps"]
    assert told["checkpoint"]["id"] == bridge["id"]
    officer.goes(order)

    pursuit.seen("D", heading_deg=90, source="camera")
    later = pursuit.plan()
    assert later["number"] == 2
    assert not later["committed"]
    assert pursuit.is_now()["checkpoints"][0]["posts"][0]["plan_number"] == 1
    pursuit.commit(later)
    assert centre.hears("checkpoint.kept", assignment__id=order["id"])
    officer.step(order, "arrive")
    assert pursuit.is_now()["checkpoints"][0]["state"] == "manned"

    ended = pursuit.tells(bridge["id"], "caught", note="八万元现金在座位上")["interception"]
    assert ended["state"] == "caught"
    assert centre.hears("intelligence.found")["text"].startswith("已在")
    findings = centre.incident(incident_id)["incident"]["findings"]
    assert [one[:3] for one in findings] == ["已启动", "已在长"]
    officer.becomes_free()
    over = file_of(centre, order)
    assert over["assignment"]["state"] == "reported"


def test_the_link_of_a_unit_opens_its_order_and_nothing_else(running, centre):
    """Where, whom, by when and the way; once it is over, only that it is."""
    officer = centre.unit("MJ-south", "officer", "Y")
    pursuit = Pursuit(centre)
    pursuit.commit(pursuit.plan())
    order = order_of(centre, officer)
    link = {"Authorization": f"Bearer {file_of(centre, order)['token']}"}
    path = f"/v1/assignments/{order['id']}"
    told = running.client.get(path, headers=link).json()
    assert set(told) == {"assignment", "checkpoint", "subject", "route", "apps", "token", "link"}
    assert set(told["subject"]) == {"description", "mode", "earliest_at"}
    assert told["token"] is None
    for step in ("accept", "depart", "arrive"):
        answer = running.client.post(f"{path}/{step}", headers=link)
        assert answer.status_code == 200, answer.text
    assert answer.json()["assignment"]["state"] == "on_scene"
    assert running.client.get(pursuit.path, headers=link).status_code in (403, 404)
    report = running.client.post(f"{path}/report", headers=link, json={"outcome": "dissuaded"})
    assert report.status_code == 409
    assert "checkpoint" in report.json()["detail"]
    pursuit.stands_down()
    over = running.client.get(path, headers=link).json()
    assert set(over) == {"assignment", "sentence"}
    again = running.client.post(f"{path}/arrive", headers=link)
    assert again.status_code == 409


def test_who_is_on_the_way_to_a_victim_is_not_taken_away(centre):
    """The only officer has an offer of a visit; the plan does without him, and says so."""
    officer = centre.unit("MJ-south", "officer", "Y")
    centre.unit("WG", "grid_worker", "X")
    centre.alert("Z", tier="critical", victim_ref="another")
    centre.hears("assignment.offered", assignment__responder_id=officer.id)
    pursuit = Pursuit(centre)
    assert checkpoints(pursuit.plan()) == []
    officer_free = centre.unit("MJ-north", "officer", "F")
    pursuit.seen("B", heading_deg=90)
    (bridge,) = checkpoints(pursuit.plan())
    assert bridge["holders"][0]["responder_id"] == officer_free.id


def test_who_holds_a_checkpoint_is_not_offered_a_visit(centre):
    """An incident meanwhile gets somebody else, or nobody."""
    officer = centre.unit("MJ-south", "officer", "Y")
    pursuit = Pursuit(centre)
    pursuit.commit(pursuit.plan())
    order = order_of(centre, officer)
    officer.goes(order)
    deadline_s = time.monotonic() + PATIENCE_S
    while centre.get(f"/v1/responders/{officer.id}")["status"] == "available":
        assert time.monotonic() < deadline_s
        time.sleep(LOOK_AGAIN_S)
    centre.alert("Z", tier="critical", victim_ref="another")
    centre.hears("shortfall.found", role="enforcement")
    assert "assignment.offered" not in centre.types()


def test_a_refusal_makes_a_new_plan_and_swaps_nobody(centre):
    """The first officer cannot go; the second one is in the next plan, and is sent by committing
    it, not before."""
    first = centre.unit("MJ-south", "officer", "Y")
    second = centre.unit("MJ-market", "officer", "X")
    pursuit = Pursuit(centre)
    plan = pursuit.plan()
    assert checkpoints(plan)[0]["holders"][0]["responder_id"] == first.id
    pursuit.commit(plan)
    first.step(order_of(centre, first), "decline", reason="at an accident")
    centre.hears("checkpoint.withdrawn")
    later = pursuit.plan()
    assert later["number"] == 2
    assert checkpoints(later)[0]["holders"][0]["responder_id"] == second.id
    assert len(pursuit.is_now()["checkpoints"][0]["posts"]) == 1
    stale = centre.post(f"{pursuit.path}/commit", {"plan": 1}, 409)
    assert "look at plan 2" in stale["detail"]
    pursuit.commit(later)
    second.goes(order_of(centre, second))


def test_missed_at_the_bridge_and_stopped_on_the_south_bank(centre):
    """They drive through: the bridge is where they were seen last, and the next plan begins there;
    when nobody can be in front of them any more it says so and sends nobody."""
    officer = centre.unit("MJ-south", "officer", "Y")
    pursuit = Pursuit(centre)
    plan = pursuit.plan()
    (bridge,) = checkpoints(plan)
    pursuit.commit(plan)
    officer.goes(order_of(centre, officer))
    pursuit.tells(bridge["id"], "manned")
    centre.later(30)
    missed = pursuit.tells(bridge["id"], "missed", heading_deg=180)["interception"]
    assert missed["last_seen"]["source"] == "checkpoint"
    assert missed["checkpoints"][0]["state"] == "missed"
    officer.becomes_free()
    answer = centre.request("GET", f"{pursuit.path}/plan")
    assert answer.status_code in (200, 409)
    if answer.status_code == 200:
        assert answer.json()["number"] == 2
    assert pursuit.stands_down()["state"] == "stood_down"
    again = centre.post(f"{pursuit.path}/sightings", at("W"), 409)
    assert "is over" in again["detail"]


def test_held_in_vain_and_lost(centre):
    """Nobody came within half an hour: the unit is free, what it saw is remembered, and the centre
    ends the case as lost."""
    officer = centre.unit("MJ-south", "officer", "Y")
    pursuit = Pursuit(centre)
    plan = pursuit.plan()
    (bridge,) = checkpoints(plan)
    pursuit.commit(plan)
    order = order_of(centre, officer)
    officer.goes(order)
    officer.step(order, "arrive")
    centre.later(1_800)
    cleared = pursuit.tells(bridge["id"], "clear")["interception"]
    assert cleared["checkpoints"][0]["state"] == "clear"
    told = centre.hears("checkpoint.clear")
    assert told["until_s"] - told["from_s"] == pytest.approx(1_800, abs=60)
    officer.becomes_free()
    answer = centre.request("DELETE", f"{pursuit.path}?outcome=lost")
    assert answer.json()["interception"]["state"] == "lost"


def test_late_is_told_once_and_another_plan_is_suggested(centre):
    """The car stands still; its fixes tell that it comes later than promised."""
    officer = centre.unit("MJ-south", "officer", "U")
    pursuit = Pursuit(centre)
    pursuit.commit(pursuit.plan())
    order = order_of(centre, officer)
    officer.goes(order)
    centre.later(240)
    late = centre.hears("checkpoint.late", assignment__id=order["id"])
    assert late["late_s"] > 60
    assert pursuit.plan()["number"] >= 2
    posts = pursuit.is_now()["checkpoints"][0]["posts"]
    assert [one["plan_number"] for one in posts] == [1]
    assert posts[0]["late"]


def test_the_horizon_ends_and_the_centre_is_told(centre):
    """After ten minutes nothing can be planned from that sighting any more."""
    pursuit = Pursuit(centre, horizon_s=600)
    centre.unit("MJ-south", "officer", "Y")
    centre.later(601)
    centre.hears("interception.horizon_over")
    pursuit.seen("B", heading_deg=90)
    assert pursuit.plan()["number"] >= 1


def test_without_a_sighting_there_is_no_plan_and_with_one_there_is(centre):
    """Somebody is on the run and nobody knows where; then a camera does."""
    centre.unit("MJ-south", "officer", "Y")
    pursuit = Pursuit(centre, sighting=None)
    waiting = centre.get(f"{pursuit.path}/plan", 409)
    assert "nobody has seen" in waiting["detail"]
    pursuit.seen("A", heading_deg=90)
    assert len(checkpoints(pursuit.plan())) == 1


def test_sealed_in_is_claimed_only_with_no_way_out(centre):
    """One officer at the bridge leaves no way to the south bank; with nobody on duty it is said
    which exit stays open, and why."""
    centre.unit("MJ-south", "officer", "Y")
    pursuit = Pursuit(centre)
    plan = pursuit.plan()
    centre.hears("interception.seal_found", plan_number=plan["number"], sealed=True)
    sealed = pursuit.plan()["seal"]
    assert sealed["sealed"]
    assert sealed["open_exits"] == []
    done = pursuit.commit(plan, choice="seal")
    assert len(done["interception"]["checkpoints"]) == 1
    assert done["taken"] == []
