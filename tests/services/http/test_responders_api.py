"""A dispatcher looks who is where."""

from __future__ import annotations

from tests.services.town import at, position


def near(office, headers, letter="A", **more):
    place = at(letter)
    answer = office.client.get(
        "/v1/responders",
        params={"near": f"{place['lon']},{place['lat']}", **more},
        headers=headers,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["responders"]


def test_the_nearest_come_first_and_can_be_chosen_by_kind_and_status(town_office):
    """Straight-line order with its distances; kinds, statuses, count and radius choose."""
    headers = town_office.key("wanzhou")
    town_office.push(
        headers,
        position("far", "F"),
        position("near", "B", status="busy"),
        position("here", "A", kind="officer"),
    )
    listed = near(town_office, headers)
    assert [one["id"] for one in listed] == ["here", "near", "far"]
    assert listed[0]["position"]["line_m"] < 1
    assert 115 < listed[1]["position"]["line_m"] < 125
    assert [one["id"] for one in near(town_office, headers, kind="rider")] == ["near", "far"]
    assert [one["id"] for one in near(town_office, headers, kind="rider,officer", count="1")] == [
        "here"
    ]
    assert [one["id"] for one in near(town_office, headers, status="busy,on_scene")] == ["near"]
    assert [one["id"] for one in near(town_office, headers, within_m="200")] == ["here", "near"]


def test_a_misspelt_or_wrong_parameter_is_refused(town_office):
    """A filter that is silently ignored would be a wrong answer."""
    headers = town_office.key("wanzhou")
    for parameters in (
        {},
        {"near": "108.38"},
        {"near": "false,30.8"},
        {"near": "nan,30.8"},
        {"near": "108.38,91"},
        {"near": "108.38,30.8", "kinds": "rider"},
        {"near": "108.38,30.8", "kind": "superhero"},
        {"near": "108.38,30.8", "count": "0"},
        {"near": "108.38,30.8", "count": "-1"},
        {"near": "108.38,30.8", "count": "1.5"},
        {"near": "108.38,30.8", "count": "9" * 30},
        {"near": "108.38,30.8", "within_m": "inf"},
        {"near": "108.38,30.8", "within_m": "-1"},
        {"near": "108.38,30.8", "crs": "wgs72"},
        {"near": "108.38,30.8", "with_lost": "yes"},
        {"near": ["108.38,30.8", "108.39,30.8"]},
    ):
        answer = town_office.client.get("/v1/responders", params=parameters, headers=headers)
        assert answer.status_code == 422, parameters
        assert answer.json()["type"] == "/problems/invalid-value"


def test_a_cell_tells_who_is_in_it(town_office):
    """Counts by kind and status, and the people, for a cell of any resolution."""
    headers = town_office.key("wanzhou")
    town_office.push(
        headers,
        position("r-1", "B"),
        position("r-2", "B", 0.0, status="busy"),
        position("r-3", "Z"),
    )
    cell = town_office.client.get("/v1/responders/r-1", headers=headers).json()["position"]["cell"]
    seen = town_office.client.get(f"/v1/cells/{cell}", headers=headers).json()
    assert seen["resolution"] == 9
    assert seen["counts"]["rider"]["available"] >= 1
    assert {one["id"] for one in seen["responders"]} >= {"r-1", "r-2"}
    assert seen["count"] == len(seen["responders"])
    import h3

    parent = h3.cell_to_parent(cell, 5)
    whole = town_office.client.get(f"/v1/cells/{parent}", headers=headers).json()
    assert whole["count"] == 3
    assert whole["counts"] == {"rider": {"available": 2, "busy": 1}}
    few = town_office.client.get(f"/v1/cells/{parent}?limit=1", headers=headers).json()
    assert (few["count"], len(few["responders"])) == (3, 1)


def test_what_is_no_cell_is_said(town_office):
    """Nonsense, numbers too large, and names of other things in H3's numbering."""
    headers = town_office.key("wanzhou")
    for name in (
        "x",
        "0",
        "ffffffffffffffffffffffffffff",
        "8941a2a8d2bfff",
        "-1",
        "119283473ffffffff",
    ):
        answer = town_office.client.get(f"/v1/cells/{name}", headers=headers)
        assert answer.status_code == 422, name


def test_registering_many_is_all_or_none(town_office):
    """One impossible registration in a list, and nobody of it is registered."""
    headers = town_office.key("wanzhou")
    client = town_office.client
    several = {"responders": [{"id": f"o-{i}", "kind": "officer"} for i in range(3)]}
    assert client.put("/v1/responders", json=several, headers=headers).json() == {"registered": 3}
    assert client.get("/v1/responders/o-2", headers=headers).json()["position"] is None
    several["responders"][1]["id"] = "o-9\u0000"
    several["responders"][0]["id"] = "o-8"
    assert client.put("/v1/responders", json=several, headers=headers).status_code == 422
    assert client.get("/v1/responders/o-8", headers=headers).status_code == 404


def test_somebody_who_is_forgotten_is_gone(town_office):
    """Registration and position both; the same id can be somebody else later."""
    headers = town_office.key("wanzhou")
    client = town_office.client
    client.put("/v1/responders/o-1", json={"kind": "officer"}, headers=headers)
    town_office.push(headers, position("o-1", "B", kind=None))
    assert client.delete("/v1/responders/o-1", headers=headers).status_code == 204
    assert client.get("/v1/responders/o-1", headers=headers).status_code == 404
    assert client.delete("/v1/responders/o-1", headers=headers).status_code == 404
    assert near(town_office, headers, "B") == []
    assert town_office.push(headers, position("o-1", "B", kind=None))["accepted"] == 0
