"""Who may do what, and what nobody may learn."""

from __future__ import annotations

import pytest

from services.app import ROUTERS
from services.http.access import OPEN_PATHS
from services.keys import SCOPES, list_keys, make_key, revoke_key
from services.peers.registry import PATH
from tests.services.town import another_process, coordinates, office, position


def all_endpoints():
    """Every path and method of the application."""
    for router in ROUTERS:
        for route in router.routes:
            for method in sorted(route.methods - {"HEAD"}):
                yield method, route.path


def test_there_are_endpoints_to_test():
    """The list of paths that the next tests go through is not empty by mistake."""
    paths = {path for _, path in all_endpoints()}
    assert {"/v1/positions", "/v1/recommendations", "/route/v1/{mode}/{coordinates:path}"} <= paths


def test_everything_that_is_not_health_needs_a_key(town_office):
    """No key, a wrong one, or one that is no text: 401, whatever the path and method."""
    tried = 0
    for method, path in all_endpoints():
        if path in (*OPEN_PATHS, "/osmand", PATH) or method == "OPTIONS":
            continue
        address = path.replace("{responder_id:path}", "x").replace("{closure_id:path}", "x")
        address = address.replace("{h3}", "x").replace("{mode}", "car").replace("{name}", "x")
        address = address.replace("{coordinates:path}", "1,2;3,4").replace("{rest:path}", "x")
        for headers in (
            {},
            {"Authorization": "Bearer "},
            {"Authorization": "Bearer fst_0000000000_nonsense"},
            {"Authorization": "Basic Zm9vOmJhcg=="},
            {"X-API-Key": "x" * 5000},
            {"X-API-Key": "' OR '1'='1"},
        ):
            answer = town_office.client.request(method, address, headers=headers)
            assert answer.status_code == 401, (method, path, headers)
            assert answer.json()["type"] == "/problems/key-required"
            assert answer.headers["www-authenticate"].startswith("Bearer")
            tried += 1
    assert tried > 80


def test_a_key_may_do_what_its_scopes_say_and_no_more(town_office):
    """Each endpoint asks for one of some scopes; a key with all others is refused."""
    client = town_office.client
    cases = [
        ("POST", "/v1/positions", {"positions:write"}),
        ("GET", "/v1/responders?near=1,2", {"dispatch"}),
        ("PUT", "/v1/responders/x", {"admin"}),
        ("GET", "/v1/cells/8941a2a8d2bffff", {"dispatch", "plan"}),
        ("POST", "/v1/recommendations", {"dispatch", "plan"}),
        ("GET", "/v1/closures", {"dispatch", "plan"}),
        ("PUT", "/v1/closures/x", {"dispatch"}),
        ("DELETE", "/v1/closures/x", {"dispatch"}),
        ("GET", f"/route/v1/car/{coordinates('A', 'B')}", {"plan"}),
        ("GET", "/metrics", {"admin"}),
    ]
    for method, path, scopes in cases:
        without = town_office.key("*", scopes=SCOPES.keys() - scopes)
        refused = client.request(method, path, headers=without)
        assert refused.status_code == 403, (method, path)
        assert refused.json()["type"] == "/problems/missing-scope"
        for scope in scopes:
            assert scope in refused.json()["detail"]
            only = town_office.key("*", scopes=[scope])
            assert client.request(method, path, headers=only).status_code not in (401, 403)


def test_both_ways_to_send_a_key_work(town_office):
    """As a bearer token and as X-API-Key."""
    headers = town_office.key("wanzhou")
    text = headers["Authorization"].removeprefix("Bearer ")
    for sent in (headers, {"X-API-Key": text}, {"Authorization": f"bearer {text}"}):
        assert town_office.client.get("/v1/closures", headers=sent).status_code == 200


def test_a_key_revoked_by_another_process_is_refused_from_the_next_request_on(town_office):
    """forestall keys revoke works while the service runs."""
    headers = town_office.key("wanzhou")
    assert town_office.client.get("/v1/closures", headers=headers).status_code == 200
    ledger = another_process(town_office.settings.data_dir)
    (key,) = list_keys(ledger)
    revoke_key(ledger, key.key_id)
    assert town_office.client.get("/v1/closures", headers=headers).status_code == 401
    made = make_key(ledger, "another")
    headers = {"Authorization": f"Bearer {made.text}"}
    assert town_office.client.get("/v1/closures", headers=headers).status_code == 200
    ledger.close()


def test_public_routing_opens_the_three_routing_paths_and_nothing_else(
    map_folder, tmp_path, redis_url
):
    """They hold the map and no people; everything else still needs a key."""
    with office(map_folder, tmp_path, redis_url, public_routing=True) as running:
        client = running.client
        pair = coordinates("A", "C")
        for path in (f"/route/v1/car/{pair}", f"/table/v1/car/{pair}", "/nearest/v1/car/108,30"):
            assert client.get(path).status_code in (200, 400), path
        assert client.get(f"/route/v1/car/{pair}").json()["code"] == "Ok"
        for path in ("/v1/closures", "/v1/responders?near=1,2", "/metrics", "/v1/cells/x"):
            assert client.get(path).status_code == 401
        wrong = client.get(f"/route/v1/car/{pair}", headers={"X-API-Key": "fst_x_y"})
        assert wrong.status_code == 401, "a wrong key is still wrong"


def test_what_another_jurisdiction_owns_is_absent_byte_for_byte(town_office):
    """Asking for, reading, deleting and overwriting: no answer tells that the other exists."""
    ours, theirs = town_office.key("kaizhou"), town_office.key("wanzhou")
    client = town_office.client
    town_office.push(theirs, position("r-1", "B"), position("r-2", "C", kind="officer"))
    client.put("/v1/responders/r-3", json={"kind": "officer"}, headers=theirs)
    closure = {"near": [{"lon": 108.3801, "lat": 30.81}], "reason": "flood"}
    put = client.put("/v1/closures/c-1", json=closure, headers=theirs)
    assert put.status_code == 200, put.text

    def told(method, path, **more):
        answer = client.request(method, path, headers=ours, **more)
        return answer.status_code, answer.content, sorted(answer.headers.items())

    for there, absent in (
        ("/v1/responders/r-1", "/v1/responders/x-1"),
        ("/v1/responders/r-3", "/v1/responders/x-3"),
        ("/v1/closures/c-1", "/v1/closures/x-1"),
    ):
        for method in ("GET", "DELETE"):
            assert told(method, there) == told(method, absent)
            named = told(method, f"{there}?jurisdiction=wanzhou")
            assert named == told(method, f"{absent}?jurisdiction=wanzhou")
            assert named[0] == 403
    assert told("GET", "/v1/closures")[1] == b'{"closures":[]}'
    assert told("GET", "/v1/responders?near=108.38,30.81&with_lost=true&count=1000")[1] == (
        b'{"responders":[]}'
    )
    cell = client.get("/v1/responders/r-1", headers=theirs).json()["position"]["cell"]
    seen = client.get(f"/v1/cells/{cell}", headers=ours).json()
    assert (seen["count"], seen["counts"], seen["responders"]) == (0, {}, [])
    # Writing to an id that another jurisdiction has makes one of our own, as for a new id.
    assert town_office.push(ours, position("r-1", "D")) == town_office.push(
        ours, position("x-9", "D")
    )
    asked = {"place": {"lon": 108.3801, "lat": 30.81}, "wants": [{"kinds": ["officer"]}]}
    answer = client.post("/v1/recommendations", json=asked, headers=ours).json()
    assert answer["wants"][0]["chosen"] == []
    assert answer["wants"][0]["passed_over"] == []
    assert answer["wants"][0]["shortfall"]["cause"] == "none_known"
    mine = client.get("/v1/responders/r-1", headers=ours).json()
    assert mine["jurisdiction"] == "kaizhou"
    still = client.get("/v1/responders/r-1", headers=theirs).json()
    assert still["jurisdiction"] == "wanzhou"
    assert still["position"]["lon"] != mine["position"]["lon"]


def test_a_municipal_key_must_say_whom_it_means_where_two_have_one_id(town_office):
    """Two districts may each have an officer 7; whoever sees both is asked which."""
    town_office.push(town_office.key("wanzhou"), position("7", "B"))
    town_office.push(town_office.key("kaizhou"), position("7", "C"))
    both = town_office.key("*")
    answer = town_office.client.get("/v1/responders/7", headers=both)
    assert answer.status_code == 409
    assert answer.json()["jurisdictions"] == ["kaizhou", "wanzhou"]
    for name in ("kaizhou", "wanzhou"):
        answer = town_office.client.get(f"/v1/responders/7?jurisdiction={name}", headers=both)
        assert answer.json()["jurisdiction"] == name


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/positions/", "/docs/x", "/%00"])
def test_an_unknown_path_is_a_problem_too(town_office, path):
    """No path ends in a page of the framework's."""
    answer = town_office.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    wrong = town_office.client.delete("/v1/recommendations")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method-not-allowed")
    assert "POST" in wrong.headers["allow"]
