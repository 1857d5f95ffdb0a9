"""Alerts over HTTP: where they belong, what is told of them, and what cannot be taken."""

from __future__ import annotations

import pytest

from geodata.coordinates import from_wgs84
from tests.services.http.incident_room import (
    CENTRE,
    an_alert,
    offered,
    on_duty,
    put_area,
    put_branch,
    raised,
)
from tests.services.town import TOWN, at


def send(office, headers, body, path="/v1/alerts"):
    return office.client.post(path, json=body, headers=headers)


def test_an_alert_opens_an_incident_and_somebody_is_offered_it(town_office):
    """Within a moment, without anybody's doing."""
    key = town_office.key(CENTRE)
    on_duty(town_office, key, "MJ-1", "officer", "B")
    answer = send(town_office, key, an_alert("A", tier="high", amount_yuan=50_000))
    told = answer.json()
    assert (answer.status_code, told["status"]) == (201, "opened")
    assert told["incident"]["jurisdiction"] == CENTRE
    assert answer.headers["ETag"] == '"1"'
    sent = offered(town_office, key, told["incident"]["id"], "MJ-1")
    assert (sent["state"], sent["role"]) == ("offered", "enforcement")


def test_the_place_decides_the_jurisdiction(town_office):
    """The station whose area it lies in, whatever the key's only one is."""
    put_area(town_office, CENTRE, "A", "F")
    put_area(town_office, f"{CENTRE}/west", "A", "C")
    told = send(town_office, town_office.key(CENTRE), an_alert("B")).json()
    assert told["incident"]["jurisdiction"] == f"{CENTRE}/west"
    assert told["incident"]["station"] == f"{CENTRE}/west"


def test_an_alert_for_somebody_else_s_area_is_passed_on_and_nothing_is_told(town_office):
    """It is taken; whose it is has it; the sender learns neither incident nor area."""
    put_area(town_office, CENTRE, "A", "F")
    put_area(town_office, f"{CENTRE}/west", "A", "C")
    sender = town_office.key("kaizhou")
    answer = send(town_office, sender, an_alert("B", victim_ref="v-1"))
    assert answer.status_code == 201
    assert answer.json().keys() == {"alert_id", "status"}
    assert answer.json()["status"] == "passed_on"
    assert "ETag" not in answer.headers
    again = send(town_office, sender, an_alert("B", victim_ref="v-1")).json()
    assert again.keys() == {"alert_id", "status"}, "not even whether the victim was known"
    owner = town_office.key(f"{CENTRE}/west")
    listed = town_office.client.get("/v1/incidents", headers=owner).json()["incidents"]
    assert [one["alert_count"] for one in listed] == [2]
    assert town_office.client.get("/v1/incidents", headers=sender).json()["incidents"] == []


def test_without_a_place_the_jurisdiction_is_the_key_s_or_the_one_that_is_named(town_office):
    """And where neither says it, the caller is asked."""
    told = send(town_office, town_office.key(f"{CENTRE}/west"), an_alert(None)).json()
    assert told["incident"]["jurisdiction"] == f"{CENTRE}/west"
    assert told["incident"]["state"] == "locating"
    two = town_office.key(CENTRE, "kaizhou")
    asked = send(town_office, two, an_alert(None))
    assert (asked.status_code, asked.json()["type"]) == (422, "/problems/jurisdiction-required")
    named = send(town_office, two, an_alert(None, jurisdiction="kaizhou")).json()
    assert named["incident"]["jurisdiction"] == "kaizhou"
    refused = send(town_office, two, an_alert(None, jurisdiction="wanzhou"))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-jurisdiction")


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_coordinates_of_another_system_are_converted(town_office, crs):
    """The unconverted shift would be two streets."""
    lon, lat = TOWN.lon_lat("C")
    shifted_lon, shifted_lat = (float(value) for value in from_wgs84(lon, lat, crs))
    place = {"lon": shifted_lon, "lat": shifted_lat}
    body = an_alert(None, place=place, crs=crs)
    told = send(town_office, town_office.key(CENTRE), body).json()
    (kept,) = told["incident"]["places"]
    assert (kept["lon"], kept["lat"]) == (
        pytest.approx(lon, abs=2e-5),
        pytest.approx(lat, abs=2e-5),
    )


def test_a_bank_s_alarm_is_where_its_branch_is(town_office):
    """One tap: the tier is the policy's, the address the branch's, a second tap joins."""
    put_branch(town_office, "beibin-2", "C")
    key = town_office.key(CENTRE, scopes=("alerts:write", "dispatch"))
    body = {"branch_id": "beibin-2", "note": "in a hurry"}
    first = send(town_office, key, body, "/v1/alarms/bank").json()["incident"]
    assert (first["source"], first["tier"], first["address_text"]) == ("bank", "high", "北滨路支行")
    second = send(town_office, key, body, "/v1/alarms/bank").json()
    assert (second["status"], second["incident"]["id"]) == ("joined", first["id"])
    other = send(town_office, key, body | {"victim_ref": "customer-9"}, "/v1/alarms/bank").json()
    assert other["status"] == "opened"


def test_a_branch_of_two_jurisdictions_must_be_said_and_a_foreign_one_is_none(town_office):
    """The same id is another branch elsewhere."""
    put_branch(town_office, "beibin-2", "C", CENTRE)
    put_branch(town_office, "beibin-2", "E", "kaizhou")
    put_branch(town_office, "hidden", "E", "wanzhou")
    key = town_office.key(CENTRE, "kaizhou")
    asked = send(town_office, key, {"branch_id": "beibin-2"}, "/v1/alarms/bank")
    assert (asked.status_code, asked.json()["type"]) == (422, "/problems/jurisdiction-required")
    body = {"branch_id": "beibin-2", "jurisdiction": "kaizhou"}
    assert send(town_office, key, body, "/v1/alarms/bank").json()["status"] == "opened"
    absent = send(town_office, key, {"branch_id": "ghost-1"}, "/v1/alarms/bank")
    hidden = send(town_office, key, {"branch_id": "hidden"}, "/v1/alarms/bank")
    assert absent.status_code == hidden.status_code == 422
    assert absent.json()["detail"].replace("ghost-1", "hidden") == hidden.json()["detail"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"tier": "urgent"}, "tier"),
        ({"source": "neighbour"}, "source"),
        ({"victim_ref": ""}, "victim_ref"),
        ({"victim_ref": "a\x00b"}, "victim_ref"),
        ({"victim_ref": "x" * 129}, "victim_ref"),
        ({"amount_yuan": -1}, "amount_yuan"),
        ({"money_state": "gone"}, "money_state"),
        ({"places": [at("A")]}, "place"),
        ({"place": {"lon": 200.0, "lat": 0.0}}, "lon"),
        ({"name": "somebody"}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(town_office, change, word):
    """The sentence names the place in the body; nothing is opened."""
    key = town_office.key(CENTRE)
    answer = send(town_office, key, an_alert("A") | change)
    assert answer.status_code == 422
    assert word in answer.json()["detail"]
    assert town_office.client.get("/v1/incidents", headers=key).json()["incidents"] == []


def test_a_key_that_may_only_send_alerts_reads_nothing(town_office):
    """A bank's key does not list incidents; a dispatcher's key does not send alerts."""
    bank = town_office.key(CENTRE, scopes=("alerts:write",))
    dispatcher = town_office.key(CENTRE, scopes=("dispatch",))
    incident_id = raised(town_office, bank)
    for path in ("/v1/incidents", f"/v1/incidents/{incident_id}"):
        assert town_office.client.get(path, headers=bank).status_code == 403
    assert send(town_office, dispatcher, an_alert()).status_code == 403


@pytest.mark.parametrize("path", ["/v1/alerts", "/v1/alarms/bank"])
def test_who_only_raises_alerts_is_told_only_what_becomes_of_theirs(town_office, path):
    """Neither what others said of the victim, nor where they are, nor who goes; with ``dispatch``
    as well, all of it."""
    put_branch(town_office, "beibin-2", "C")
    told_before = an_alert(
        "A", victim_ref="v-1", tier="critical", note="the city's", amount_yuan=90_000
    )
    send(town_office, town_office.key(CENTRE), told_before)
    body = {"branch_id": "beibin-2", "victim_ref": "v-1"}
    body = body if path == "/v1/alarms/bank" else an_alert("B", victim_ref="v-1")
    bank = town_office.key(CENTRE, scopes=("alerts:write",))
    answer = send(town_office, bank, body, path)
    told = answer.json()
    assert (answer.status_code, told.keys()) == (201, {"alert_id", "status", "incident"})
    assert told["status"] == "joined"
    assert told["incident"].keys() == {"id", "state", "tier", "answer_tier", "opened_at"}
    assert told["incident"]["tier"] == "critical"
    assert "ETag" not in answer.headers
    both = town_office.key(CENTRE, scopes=("alerts:write", "dispatch"))
    whole = send(town_office, both, body, path)
    assert whole.json()["incident"]["amount_yuan"] == 90_000
    assert whole.headers["ETag"]


@pytest.mark.parametrize(
    "number",
    [
        "13800138000",
        "+8613800138000",
        "+86 138-0013-8000",
        "008613800138000",
        "86 138 0013 8000",
        " 13800138000 ",
        "１３８００１３８０００",
        "11010519491231002X",
        "11010519491231002x",
        "110105194912310021",
        "110105 19491231 002X",
    ],
)
def test_a_number_of_a_person_is_no_reference(town_office, number):
    """Refused in one sentence that does not repeat it; nothing is kept."""
    put_branch(town_office, "beibin-2", "C")
    key = town_office.key(CENTRE)
    alarm = {"branch_id": "beibin-2", "victim_ref": number}
    for answer in (
        send(town_office, key, an_alert("A", victim_ref=number)),
        send(town_office, key, alarm, "/v1/alarms/bank"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-value")
        assert "opaque reference" in answer.json()["detail"]
        assert "never a number of a person" in answer.json()["detail"]
        assert number.strip() not in answer.text
    assert town_office.client.get("/v1/incidents", headers=key).json()["incidents"] == []


@pytest.mark.parametrize(
    "reference",
    ["case-13800138000-1", "1-2026-101234", "23800138000", "1380013800", "20261012000417", "C1"],
)
def test_numbers_of_cases_are_references(town_office, reference):
    """Only the forms of phones and identity cards are refused."""
    key = town_office.key(CENTRE)
    answer = send(town_office, key, an_alert("A", victim_ref=reference))
    assert (answer.status_code, answer.json()["incident"]["victim_ref"]) == (201, reference)
