"""Areas and bank branches over HTTP."""

from __future__ import annotations

import json

import pytest

from services.areas.geojson import read_collection
from services.areas.loading import load_areas
from services.ledger.database import Ledger
from tests.services.areas.squares import WHOLE, collection, feature, lon_lat

NEIGHBOUR = feature("k", "district", 10, 0, 20, 10)


@pytest.fixture
def loaded(store_office):
    """An office with two districts; the neighbour has one station."""
    everything = collection(*WHOLE, NEIGHBOUR, feature("k/s", "station", 10, 0, 20, 10))
    answer = store_office.client.put(
        "/v1/jurisdictions", json=everything, headers=store_office.key()
    )
    assert answer.status_code == 200, answer.text
    return store_office


def listed(office, headers, query=""):
    answer = office.client.get(f"/v1/jurisdictions{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return [view["jurisdiction"] for view in answer.json()["jurisdictions"]]


def at(x, y):
    return ",".join(map(str, lon_lat(x, y)))


def test_areas_are_loaded_and_listed_to_whoever_holds_them(loaded):
    """Each after those that contain it; the neighbour's are not there."""
    held = loaded.key("w")
    assert listed(loaded, held) == ["w", "w/east", "w/west", "w/west/v", "w/west/v/g"]
    assert listed(loaded, loaded.key("w/west")) == ["w/west", "w/west/v", "w/west/v/g"]
    assert listed(loaded, held, "?level=station,grid") == ["w/east", "w/west", "w/west/v/g"]
    assert listed(loaded, held, "?below=w/west/v") == ["w/west/v", "w/west/v/g"]
    assert listed(loaded, held, f"?at={at(2, 2)}") == ["w", "w/west", "w/west/v", "w/west/v/g"]
    assert listed(loaded, held, f"?at={at(15, 5)}") == []


def test_a_long_list_comes_in_pages(loaded):
    """``next`` leads through all of it, once."""
    seen, after = [], ""
    for _ in range(10):
        answer = loaded.client.get(f"/v1/jurisdictions?count=2{after}", headers=loaded.key()).json()
        seen += [view["jurisdiction"] for view in answer["jurisdictions"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert seen == listed(loaded, loaded.key())


def test_one_area_comes_with_its_polygon(loaded):
    """GeoJSON, size and bounds."""
    view = loaded.client.get("/v1/jurisdictions/w/east", headers=loaded.key("w")).json()
    assert view["geometry"]["type"] == "Polygon"
    assert view["parent"] == "w"
    assert view["bounds"] == [*lon_lat(5, 0), *lon_lat(10, 10)]
    assert view["area_km2"] == pytest.approx(0.535, rel=0.01)


def test_another_jurisdictions_area_is_not_there(loaded):
    """Read or removed: the same answer as for a path that was never loaded."""
    held = loaded.key("w")
    for method in ("GET", "DELETE"):
        absent, foreign = (
            loaded.client.request(method, f"/v1/jurisdictions/{path}", headers=held)
            for path in ("q", "k")
        )
        assert absent.status_code == foreign.status_code == 404
        assert absent.content == foreign.content
    assert "k" in listed(loaded, loaded.key())


def test_a_key_loads_areas_of_its_own_only(loaded):
    """A neighbour's area in the body is refused, and nothing is changed."""
    body = collection(WHOLE[1], feature("k", "district", 10, 0, 20, 11))
    answer = loaded.client.put("/v1/jurisdictions", json=body, headers=loaded.key("w"))
    assert answer.status_code == 422
    assert "outside the jurisdictions" in answer.json()["detail"]
    answer = loaded.client.put(
        "/v1/jurisdictions?replace=k", json=collection(), headers=loaded.key("w")
    )
    assert answer.status_code == 422
    assert "k/s" in listed(loaded, loaded.key())


def test_misfits_are_told_but_not_a_neighbours_border(loaded):
    """An overlap with another centre is for those who hold both."""
    body = collection(feature("w", "district", 0, 0, 12, 10))
    told = [
        {
            (misfit["misfit"], misfit["jurisdiction"], misfit["other"])
            for misfit in loaded.client.put("/v1/jurisdictions", json=body, headers=headers).json()[
                "misfits"
            ]
        }
        for headers in (loaded.key("w"), loaded.key("w", "k"))
    ]
    assert told[0] == {("gap", "w", None)}
    assert told[1] - told[0] == {("overlap", "k", "w")}


@pytest.mark.parametrize(
    "body",
    [
        collection(feature("w/s", "station", 0, 0, 1, 1)),
        collection(feature("w", "nothing", 0, 0, 1, 1)),
        collection(crs="utm"),
        {"type": "FeatureCollection", "features": [{"type": "Feature"}]},
        [],
    ],
)
def test_a_bad_body_is_refused_in_one_sentence(town_office, body):
    """422, and what is wrong."""
    answer = town_office.client.put("/v1/jurisdictions", json=body, headers=town_office.key())
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_another_process_sees_new_areas_from_its_next_request_on(store_office):
    """What the command line loads while the service runs."""
    headers = store_office.key()
    assert listed(store_office, headers) == []

    other = Ledger(store_office.settings.ledger_url)
    load_areas(other, read_collection(json.dumps(collection(*WHOLE)).encode(), "x"))
    assert listed(store_office, headers, f"?at={at(8, 8)}") == ["w", "w/east"]
    other.close()


def test_removing_an_area_removes_what_is_below_it(loaded):
    """And nothing else."""
    answer = loaded.client.delete("/v1/jurisdictions/w/west", headers=loaded.key("w"))
    assert answer.status_code == 204
    assert listed(loaded, loaded.key()) == ["k", "k/s", "w", "w/east"]


BRANCH = {"name": "工行高笋塘支行", "lon": lon_lat(2, 2)[0], "lat": lon_lat(2, 2)[1]}


def test_a_branch_is_put_found_and_forgotten(loaded):
    """And says which area its alarms go to."""
    headers = loaded.key("w")
    put = loaded.client.put("/v1/branches/icbc/17", json=BRANCH, headers=headers)
    assert put.status_code == 200, put.text
    assert put.json() | {"changed_at": None} == {
        "id": "icbc/17",
        "jurisdiction": "w",
        "area": "w/west/v/g",
        "changed_at": None,
        **BRANCH,
    }
    assert loaded.client.get("/v1/branches/icbc/17", headers=headers).json() == put.json()
    moved = loaded.client.put(
        "/v1/branches/icbc/17", json=BRANCH | {"name": "新址", "crs": "gcj02"}, headers=headers
    ).json()
    assert moved["name"] == "新址"
    assert 0.001 < abs(moved["lon"] - BRANCH["lon"]) < 0.01
    assert loaded.client.delete("/v1/branches/icbc/17", headers=headers).status_code == 204
    for method in ("GET", "DELETE"):
        gone = loaded.client.request(method, "/v1/branches/icbc/17", headers=headers)
        assert gone.status_code == 404


def test_the_same_branch_id_elsewhere_is_another_branch(loaded):
    """And is not there for others; the list has one's own only, in pages."""
    for path in ("w", "k"):
        for number in range(3):
            answer = loaded.client.put(
                f"/v1/branches/{number}", json=BRANCH | {"name": path}, headers=loaded.key(path)
            )
            assert answer.status_code == 200
    assert loaded.client.delete("/v1/branches/0", headers=loaded.key("w")).status_code == 204
    assert loaded.client.get("/v1/branches/0", headers=loaded.key("k")).json()["name"] == "k"
    every = loaded.key()
    refused = loaded.client.get("/v1/branches/0", headers=every)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/jurisdiction-required"
    first = loaded.client.get("/v1/branches?count=3", headers=every).json()
    rest = loaded.client.get("/v1/branches", params={"after": first["next"]}, headers=every).json()
    together = [(one["jurisdiction"], one["id"]) for one in first["branches"] + rest["branches"]]
    assert together == [("k", "0"), ("k", "1"), ("k", "2"), ("w", "1"), ("w", "2")]
    assert rest["next"] is None


def test_branches_and_areas_are_an_administrators_to_change(loaded):
    """A dispatcher reads areas; branches are not theirs."""
    dispatcher = loaded.key("w", scopes=("dispatch",))
    assert listed(loaded, dispatcher)
    for method, path, body in (
        ("PUT", "/v1/jurisdictions", collection()),
        ("DELETE", "/v1/jurisdictions/w", None),
        ("PUT", "/v1/branches/1", BRANCH),
        ("GET", "/v1/branches", None),
        ("GET", "/v1/branches/1", None),
        ("DELETE", "/v1/branches/1", None),
    ):
        answer = loaded.client.request(method, path, json=body, headers=dispatcher)
        assert answer.status_code == 403, path
