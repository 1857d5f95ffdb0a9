"""Two centres of one installation: the north bank leads, the south bank's car stops the coach.

Each centre has its own key and its own people, and sees nothing of the other's but what was told.
"""

from __future__ import annotations

import json
import time

import pytest

from services.peers import registry
from tests.conversations.centre import LOOK_AGAIN_S, PATIENCE_S, Centre
from tests.conversations.test_the_coach import Pursuit, checkpoints, order_of
from tests.services.town import at

NORTH, SOUTH = "rivertown", "southbank"


@pytest.fixture
def south(running, centre):
    """The other bank's centre, a peer of the north bank's."""
    ledger = running.service.ledger
    ledger.transact(
        lambda connection: registry.add(
            connection, NORTH, SOUTH, None, None, ledger.time_s(connection)
        )
    )
    return Centre(running, SOUTH)


def with_offers(pursuit: Pursuit, count: int) -> dict:
    """The plan, once it was made with so many offers."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        now = pursuit.is_now()
        if len(now["offers"]) == count and not now["plan_wanted"]:
            return pursuit.plan()
        assert time.monotonic() < deadline_s, now
        time.sleep(LOOK_AGAIN_S)


def theirs(south: Centre) -> dict:
    """The south bank's side of the case."""
    (known,) = south.get("/v1/interceptions")["interceptions"]
    return south.get(f"/v1/interceptions/{known['id']}")["interception"]


def waits_for(read, wanted) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while (found := read()) != wanted:
        assert time.monotonic() < deadline_s, found
        time.sleep(LOOK_AGAIN_S)


def post_states(pursuit: Pursuit) -> list[str]:
    return [post["state"] for one in pursuit.is_now()["checkpoints"] for post in one["posts"]]


def test_the_neighbour_offers_is_asked_and_stops_the_coach(centre, south):
    """The north bank has nobody: the south bank's officer at the bridge is in the plan, is sent
    when it is committed, stands there, and stops the coach; both centres' cases end."""
    officer = south.unit("S-1", "officer", "Y")
    pursuit = Pursuit(centre)
    plan = with_offers(pursuit, 1)
    (bridge,) = checkpoints(plan)
    (offer,) = pursuit.is_now()["offers"]
    assert bridge["holders"] == [
        {"holder": "neighbour", "jurisdiction": SOUTH, "offer_id": offer["id"]}
    ]
    assert "checkpoint.ordered" not in south.types()

    pursuit.commit(plan)
    order = order_of(south, officer)
    waits_for(lambda: post_states(pursuit), ["ordered"])
    officer.goes(order)
    officer.step(order, "arrive")
    waits_for(lambda: post_states(pursuit), ["manned"])
    case = theirs(south)
    assert (case["role"], case["lead_centre"], case["lead_id"]) == ("neighbour", NORTH, pursuit.id)

    place = case["checkpoints"][0]["id"]
    south.post(f"/v1/interceptions/{case['id']}/checkpoints/{place}/caught", {"note": "八万元"})
    waits_for(lambda: pursuit.is_now()["state"], "caught")
    officer.becomes_free()
    told = [
        event["data"]["message"]
        for event in south.events()
        if event["type"] == "forestall.interception.told.v1"
    ]
    said = ("offered", "confirmed", "reported", "reported")
    assert told == [f"interception.{word}" for word in said]


def test_the_neighbour_sees_what_it_was_told_and_the_lead_no_unit_of_its(centre, south):
    """Not whose case it is, not where the coach is going, not who else goes; nor the other way
    round who would come and from where."""
    south.unit("S-1", "officer", "Y")
    pursuit = Pursuit(centre, note="the victim's name", description="蓝色大巴")
    with_offers(pursuit, 1)
    case = theirs(south)
    assert case["description"] == "蓝色大巴"
    assert case["destinations"] == []
    assert south.request("GET", pursuit.path).status_code == 404
    plans = south.get(f"/v1/interceptions/{case['id']}/plan", 409)
    assert "rivertown leads the interception" in plans["detail"]
    refused = south.post(f"/v1/interceptions/{case['id']}/commit", {"plan": 1}, 409)
    assert "only that centre plans it" in refused["detail"]
    seen_there = json.dumps(south.events(), ensure_ascii=False)
    assert "the victim's name" not in seen_there
    assert "南岸" not in seen_there
    seen_here = json.dumps([centre.events(), pursuit.is_now(), pursuit.plan()])
    assert "S-1" not in seen_here


def test_who_was_taken_by_a_visit_meanwhile_is_withdrawn_and_the_plan_is_made_anew(centre, south):
    """Between the offer and the commit the officer is sent to a victim of the south bank."""
    officer = south.unit("S-1", "officer", "Y")
    pursuit = Pursuit(centre)
    plan = with_offers(pursuit, 1)
    south.alert("Z", tier="critical", victim_ref="v")
    visit = south.hears("assignment.offered", assignment__responder_id=officer.id)["assignment"]
    pursuit.commit(plan)
    waits_for(lambda: post_states(pursuit), ["withdrawn"])
    assert centre.hears("checkpoint.withdrawn")["reason"] == "taken_by_something_else"
    assert checkpoints(with_offers(pursuit, 0)) == []
    assert south.get(f"/v1/assignments/{visit['id']}")["assignment"]["state"] == "offered"


def test_standing_down_frees_everybody_at_once(centre, south):
    """The north bank ends it: the south bank's officer is let go."""
    officer = south.unit("S-1", "officer", "Y")
    pursuit = Pursuit(centre)
    pursuit.commit(with_offers(pursuit, 1))
    officer.goes(order_of(south, officer))
    pursuit.stands_down()
    waits_for(lambda: theirs(south)["state"], "stood_down")
    officer.becomes_free()


def test_an_officer_who_cannot_go_is_withdrawn_for_the_lead(centre, south):
    """A puncture on the south bank is news on the north bank."""
    officer = south.unit("S-1", "officer", "Y")
    pursuit = Pursuit(centre)
    pursuit.commit(with_offers(pursuit, 1))
    officer.step(order_of(south, officer), "decline", reason="at an accident")
    waits_for(lambda: post_states(pursuit), ["withdrawn"])


def test_a_sighting_of_the_neighbour_reaches_the_lead(centre, south):
    """A camera of the south bank has it."""
    south.unit("S-1", "officer", "Y")
    pursuit = Pursuit(centre)
    with_offers(pursuit, 1)
    case = theirs(south)
    south.post(f"/v1/interceptions/{case['id']}/sightings", at("D") | {"source": "camera"}, 201)
    waits_for(lambda: pursuit.is_now()["sighting_count"], 2)
    assert pursuit.is_now()["last_seen"]["source"] == SOUTH


def test_a_neighbour_that_has_nobody_says_so(centre, south):
    """And the plan of the lead is there without waiting for it."""
    officer = centre.unit("N-1", "officer", "Y")
    pursuit = Pursuit(centre)
    assert checkpoints(pursuit.plan())[0]["holders"][0]["responder_id"] == officer.id
    waits_for(
        lambda: [
            (one["centre"], one["units"], one["reason"]) for one in pursuit.is_now()["centres"]
        ],
        [(SOUTH, 0, "no_free_unit")],
    )


def test_the_case_passes_to_the_other_bank(centre, south):
    """Asked, accepted, and let go: the south bank leads and plans with its own."""
    officer = south.unit("S-1", "officer", "Y")
    pursuit = Pursuit(centre)
    pursuit.commit(with_offers(pursuit, 1))
    order = order_of(south, officer)
    refused = centre.post(f"{pursuit.path}/hand-over", {"centre": "nowhere"}, 409)
    assert "does not take part" in refused["detail"]
    centre.post(f"{pursuit.path}/hand-over", {"centre": SOUTH, "reason": "已过桥"})
    south.hears("interception.hand_over_offered", reason="已过桥")
    path = f"/v1/interceptions/{theirs(south)['id']}"
    south.post(f"{path}/hand-over/accept", {})
    waits_for(lambda: pursuit.is_now()["state"], "handed_over")
    waits_for(lambda: theirs_by(south, path)["role"], "lead")
    assert south.get(f"/v1/assignments/{order['id']}")["assignment"]["state"] == "offered"
    assert south.hears("interception.taken_over")["centre"] == NORTH
    assert theirs_by(south, path)["destinations"][0]["name"] == "南岸"
    south.hears("interception.planned")


def theirs_by(south: Centre, path: str) -> dict:
    return south.get(path)["interception"]


def test_a_refusal_leaves_the_lead_where_it_was(centre, south):
    """The south bank has too few; the north bank goes on."""
    south.unit("S-1", "officer", "Y")
    pursuit = Pursuit(centre)
    with_offers(pursuit, 1)
    centre.post(f"{pursuit.path}/hand-over", {"centre": SOUTH})
    south.hears("interception.hand_over_offered")
    path = f"/v1/interceptions/{theirs(south)['id']}"
    south.post(f"{path}/hand-over/refuse", {"reason": "警力不足"})
    assert centre.hears("interception.hand_over_refused")["reason"] == "警力不足"
    assert pursuit.is_now()["state"] == "open"
    again = south.post(f"{path}/hand-over/accept", {}, 409)
    assert "does not want to hand" in again["detail"]


def test_a_peer_that_is_down_stops_nobody(running, centre):
    """Its address answers nobody: the plan is there at once, with our own; twenty seconds later the
    centre is told that its silence counts as no."""
    ledger = running.service.ledger
    ledger.transact(
        lambda connection: registry.add(
            connection, NORTH, SOUTH, "http://127.0.0.1:9", None, ledger.time_s(connection)
        )
    )
    officer = centre.unit("N-1", "officer", "Y")
    pursuit = Pursuit(centre)
    plan = pursuit.plan()
    pursuit.commit(plan)
    officer.goes(order_of(centre, officer))
    (asked,) = pursuit.is_now()["centres"]
    assert asked["awaited_until"] is not None
    centre.later(25)
    assert centre.hears("interception.unanswered")["centre"] == SOUTH
    (asked,) = pursuit.is_now()["centres"]
    assert (asked["silent"], asked["awaited_until"]) == (True, None)
    assert pursuit.is_now()["plan_wanted"] is False
