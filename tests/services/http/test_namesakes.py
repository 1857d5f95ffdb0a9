"""Two people of one centre with one id, over HTTP: each is somebody, and neither gives the other
away."""

from __future__ import annotations

import time

from tests.services.event_listener import WAIT_S
from tests.services.http.incident_room import CENTRE, offered, raised
from tests.services.town import position

NORTH, SOUTH = f"{CENTRE}/north", f"{CENTRE}/south"


def people(town_office):
    """An officer 7 of the centre, one of the northern station, one of the southern."""
    for jurisdiction, leg in ((CENTRE, "B"), (NORTH, "C"), (SOUTH, "D")):
        headers = town_office.key(jurisdiction)
        town_office.client.put("/v1/responders/7", json={"kind": "officer"}, headers=headers)
        pushed = town_office.push(headers, position("7", leg, kind="officer"))
        assert pushed["accepted"] == 1


def doing(town_office, jurisdiction: str) -> str:
    """What the officer 7 of a jurisdiction is shown to do."""
    headers = town_office.key(jurisdiction)
    return town_office.client.get("/v1/responders/7", headers=headers).json()["status"]


def test_a_station_learns_nothing_from_sharing_an_id(town_office):
    """Its officer 7 is free while the one of the centre and of the other station are on their way,
    and is registered and forgotten as if there were no other."""
    people(town_office)
    whole, south = town_office.key(CENTRE), town_office.key(SOUTH)

    def told():
        answer = town_office.client.get("/v1/responders/7", headers=south)
        return answer.json()["position"]["cell"], answer.json()["status"]

    before = told()
    town_office.client.delete("/v1/responders/7", headers=south, params={"jurisdiction": SOUTH})
    assert town_office.client.get("/v1/responders/7", headers=south).status_code == 404
    answer = town_office.client.put("/v1/responders/7", json={"kind": "officer"}, headers=south)
    assert answer.status_code == 200
    town_office.push(south, position("7", "D", kind="officer"))
    for victim in ("v-1", "v-2"):
        incident_id = raised(town_office, whole, "A", victim_ref=victim)
        sent = offered(town_office, whole, incident_id, "7")
        done = town_office.client.post(f"/v1/assignments/{sent['id']}/accept", headers=whole)
        assert done.status_code == 200
        assert sent["jurisdiction"] == {"v-1": CENTRE, "v-2": NORTH}[victim]
    deadline_s = time.monotonic() + WAIT_S
    while doing(town_office, NORTH) != "en_route":  # known some milliseconds later
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    assert told() == before
    assert before[1] == "available"


def test_whoever_sees_all_of_them_says_whom_they_mean(town_office):
    """Reading asks which; a dispatcher who names somebody sends that one and nobody else."""
    people(town_office)
    whole = town_office.key(CENTRE)
    answer = town_office.client.get("/v1/responders/7", headers=whole)
    assert answer.status_code == 409
    assert answer.json()["jurisdictions"] == [CENTRE, NORTH, SOUTH]
    incident_id = raised(town_office, whole, "A")
    first = offered(town_office, whole, incident_id, "7")
    assert first["jurisdiction"] == CENTRE
    body = {"responder_id": "7", "jurisdiction": SOUTH, "instead_of": first["id"]}
    path = f"/v1/incidents/{incident_id}/staff"
    done = town_office.client.post(path, json=body, headers=whole)
    assert done.status_code == 200, done.text
    live = {one["jurisdiction"] for one in done.json()["assignments"] if one["ended_at"] is None}
    assert live == {SOUTH}


def test_their_work_is_counted_apart(town_office):
    """Contributions name the unit with the id, and the timeline says whose officer it was."""
    people(town_office)
    whole = town_office.key(CENTRE)
    for victim in ("v-1", "v-2"):
        incident_id = raised(town_office, whole, "A", victim_ref=victim)
        sent = offered(town_office, whole, incident_id, "7")
        for step in ("accept", "depart", "arrive"):
            town_office.client.post(f"/v1/assignments/{sent['id']}/{step}", headers=whole)
    path = f"/v1/incidents/{incident_id}/timeline"
    timeline = town_office.client.get(path, headers=whole).json()
    assert f"(officer 7, {NORTH})" in " ".join(entry["en"] for entry in timeline["entries"])
    answer = town_office.client.get("/v1/figures/contributions", headers=whole).json()
    assert {(one["jurisdiction"], one["responder_id"]) for one in answer["responders"]} >= {
        (CENTRE, "7"),
        (NORTH, "7"),
    }
