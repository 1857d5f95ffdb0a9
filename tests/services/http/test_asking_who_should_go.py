"""An alert comes in: who can be at the door first?"""

from __future__ import annotations

import msgspec
import pytest

from tests.services.town import at, position


@pytest.fixture
def evening(town_office):
    """Officers and riders on both banks; (office, headers)."""
    headers = town_office.key("wanzhou")
    town_office.push(
        headers,
        position("o-near", "B", kind="officer"),
        position("o-across", "V", kind="officer"),
        position("o-far", "F", kind="officer"),
        position("r-1", "C"),
        position("r-busy", "B", 0.0, status="busy"),
        position("g-1", "D", kind="grid_worker", capabilities=["first_aid"]),
    )
    return town_office, headers


def ask(office, headers, **question) -> dict:
    answer = office.client.post("/v1/recommendations", json=question, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_first_of_each_kind_with_reasons(evening):
    """Ranked by road; whoever looks nearer across the river is told why not."""
    office, headers = evening
    answer = ask(
        office,
        headers,
        place=at("B", 0.0) | {"accuracy_m": 10},
        wants=[{"kinds": ["officer"], "count": 2}, {"kinds": ["rider", "grid_worker"], "count": 2}],
        language="en",
    )
    officers, helpers = answer["wants"]
    assert [one["id"] for one in officers["chosen"]] == ["o-near", "o-far"]
    assert officers["chosen"][0]["eta_s"] >= officers["chosen"][0]["turn_out_s"] > 0
    (lost,) = officers["passed_over"]
    assert (lost["id"], lost["cause"]) == ("o-across", "across_bridge")
    assert "长江二桥" in lost["reason"]
    assert lost["eta_s"] > officers["chosen"][1]["eta_s"]
    assert officers["shortfall"] is None
    assert [one["id"] for one in helpers["chosen"]] == ["r-1", "g-1"]
    assert {one["cause"] for one in helpers["passed_over"]} == {"busy"}
    assert "route" not in officers["chosen"][0]
    assert set(answer["doors"]) == {"police", "ebike", "foot"}


def test_the_route_of_the_best_is_osrm_s_with_instructions(evening):
    """Asked for, the best of each want brings the way, said in the asked language."""
    office, headers = evening
    question = {
        "place": at("D"),
        "wants": [{"kinds": ["officer"], "count": 3}],
        "route": {"of": "best", "geometries": "geojson"},
    }
    chosen = ask(office, headers, **question)["wants"][0]["chosen"]
    route = chosen[0]["route"]
    assert route["geometry"]["coordinates"][-1] == pytest.approx(list(at("D").values()), abs=1e-5)
    assert route["distance"] == pytest.approx(chosen[0]["distance_m"], abs=0.2)
    assert route["duration"] == pytest.approx(chosen[0]["drive_s"], abs=0.2)
    steps = route["legs"][0]["steps"]
    assert "北滨路" in steps[0]["maneuver"]["instruction"]
    assert "route" not in chosen[1]
    question["route"] = {"of": "all", "steps": False}
    assert all("route" in one for one in ask(office, headers, **question)["wants"][0]["chosen"])


def test_a_closure_of_the_question_alone(evening):
    """The bridge is closed for this question; the next one may use it again."""
    office, headers = evening
    question = {"place": at("W"), "wants": [{"kinds": ["officer"], "count": 3}]}
    assert len(ask(office, headers, **question)["wants"][0]["chosen"]) == 3
    shut = ask(office, headers, **question, closures=[{"avoid": ["bridge"]}])["wants"][0]
    assert [one["id"] for one in shut["chosen"]] == ["o-across"]
    assert (shut["shortfall"]["missing"], shut["shortfall"]["cause"]) == (2, "none_in_reach")
    assert len(ask(office, headers, **question)["wants"][0]["chosen"]) == 3


def test_not_enough_is_said_with_the_reason(evening):
    """Nobody known, all busy, out of network: each has its word and its sentence."""
    office, headers = evening
    place = at("C")

    def shortfall(**question):
        return ask(office, headers, **question)["wants"][0]["shortfall"]

    guard = shortfall(place=place, wants=[{"kinds": ["bank_guard"]}])
    assert guard["cause"] == "none_known"
    river = shortfall(place={"lon": 108.30, "lat": 30.7}, wants=[{"kinds": ["officer"]}])
    assert river["cause"] == "out_of_network"
    soon = shortfall(place=at("A-G", 1.0), wants=[{"kinds": ["officer"]}], within_s=16.0)
    assert soon["cause"] == "none_in_reach"
    office.push(headers, position("o-only", "B", kind="property_chief", status="on_scene"))
    assert shortfall(place=place, wants=[{"kinds": ["property_chief"]}])["cause"] == "all_busy"
    assert "不" in guard["reason"] or "没有" in guard["reason"]


def test_candidates_capabilities_and_people_left_out(evening):
    """Several places with weights, what they must be able to do, and who has declined."""
    office, headers = evening
    first_aid = ask(
        office,
        headers,
        place=at("C"),
        wants=[{"kinds": ["officer", "rider", "grid_worker"]}],
        capabilities=["first_aid"],
    )
    assert [one["id"] for one in first_aid["wants"][0]["chosen"]] == ["g-1"]
    declined = ask(
        office,
        headers,
        place=at("B"),
        wants=[{"kinds": ["officer"]}],
        without=[{"id": "o-near"}],
    )
    assert declined["wants"][0]["chosen"][0]["id"] == "o-far"
    unsure = ask(
        office,
        headers,
        places=[at("B") | {"weight": 1}, at("Y") | {"weight": 30, "accuracy_m": 30}],
        wants=[{"kinds": ["officer"]}],
    )
    assert unsure["wants"][0]["chosen"][0]["id"] != "o-near"


def test_messagepack_and_gcj02_ask_the_same(evening):
    """A mobile system may ask in MessagePack, with a place from a Chinese map app."""
    from geodata.coordinates import from_wgs84

    office, headers = evening
    lon, lat = from_wgs84(at("B")["lon"], at("B")["lat"], "gcj02")
    body = {
        "place": {"lon": float(lon), "lat": float(lat)},
        "wants": [{"kinds": ["officer"]}],
        "crs": "gcj02",
    }
    answer = office.client.post(
        "/v1/recommendations",
        content=msgspec.msgpack.encode(body),
        headers=headers | {"Content-Type": "application/msgpack"},
    )
    assert answer.json()["wants"][0]["chosen"][0]["id"] == "o-near"


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": None},
        {"place": None, "places": []},
        {"place": at("B"), "places": [at("B")]},
        {"place": {"lon": False, "lat": 30.8}},
        {"place": {"lon": 108.4}},
        {"place": at("B") | {"accuracy_m": 1e6}},
        {"place": None, "places": [at("B") | {"weight": 0}]},
        {"place": None, "places": [at("B")] * 17},
        {"wants": []},
        {"wants": [{"kinds": []}]},
        {"wants": [{"kinds": ["superhero"]}]},
        {"wants": [{"kinds": ["officer"], "count": 0}]},
        {"wants": [{"kinds": ["officer"], "count": 101}]},
        {"wants": [{"kinds": ["officer"], "count": True}]},
        {"wants": [{"kinds": ["officer"], "modes": ["submarine"]}]},
        {"within_s": 0},
        {"within_s": "soon"},
        {"language": "fr"},
        {"closures": [{}]},
        {"closures": [{"ways": [4711]}]},
        {"route": {"geometries": "wkt"}},
        {"without": [{"id": "a", "jurisdiction": 5}]},
        {"crs": "wgs72"},
        {"urgent": True},
    ],
)
def test_what_cannot_be_asked_is_refused(town_office, wrong):
    """Each wrong value ends in one sentence that names it."""
    headers = town_office.key("wanzhou")
    question = {"place": at("B"), "wants": [{"kinds": ["officer"]}]} | wrong
    answer = town_office.client.post("/v1/recommendations", json=question, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "/problems/invalid-value"
    assert answer.json()["detail"]


def test_a_full_queue_refuses_at_once(town_office):
    """Who would wait too long is told to come again, in the same moment."""
    import threading

    headers = town_office.key("wanzhou")
    service = town_office.service
    release = threading.Event()
    held = service.settings.question_threads + service.settings.waiting_limit

    async def block():
        import asyncio

        return [asyncio.ensure_future(service.questions.run(release.wait)) for _ in range(held)]

    waiting = town_office.client.portal.call(block)
    question = {"place": at("B"), "wants": [{"kinds": ["officer"]}]}
    answer = town_office.client.post("/v1/recommendations", json=question, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/overloaded")
    assert answer.headers["retry-after"] == "1"
    release.set()

    async def finish():
        import asyncio

        await asyncio.gather(*waiting)

    town_office.client.portal.call(finish)
    answer = town_office.client.post("/v1/recommendations", json=question, headers=headers)
    assert answer.status_code == 200
