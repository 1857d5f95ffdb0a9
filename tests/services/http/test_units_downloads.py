"""The way and the place on other devices, as long as the unit is told where to go."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from urllib.parse import parse_qs, urlsplit

import pytest

from geodata.coordinates import distance_m, to_wgs84
from geodata.routes.gpx import NAMESPACE
from tests.services.http.incident_room import CENTRE, offered, on_duty, raised
from tests.services.town import at


@pytest.fixture
def sent(town_office):
    """An officer who was sent from C to A, and how they ask with their link."""
    client, key = town_office.client, town_office.key(CENTRE)
    on_duty(town_office, key, "MJ-1", "officer", "C")
    incident = raised(town_office, key, "A", address_text="建材市场 3 栋 <12> 号")
    order = offered(town_office, key, incident, "MJ-1")["id"]
    file = client.get(f"/v1/assignments/{order}", headers=key).json()
    link = {"Authorization": f"Bearer {file['token']}"}

    class Sent:
        @staticmethod
        def get(what: str = "", headers=link):
            return client.get(f"/v1/assignments/{order}{what}", headers=headers)

        @staticmethod
        def step(name: str, **body):
            answer = client.post(f"/v1/assignments/{order}/{name}", json=body, headers=link)
            assert answer.status_code == 200, answer.text

    Sent.file = file
    return Sent


def test_the_way_comes_as_gpx(sent):
    """Named after the address, with the steps in the language that is asked for."""
    for language, word in (("zh", "北滨路"), ("en", "Head")):
        answer = sent.get(f"/route.gpx?language={language}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/gpx+xml"
        assert answer.headers["cache-control"] == "no-store"
        assert ".gpx" in answer.headers["content-disposition"]
        gpx = ET.fromstring(answer.content)
        assert gpx.find(f"{{{NAMESPACE}}}trk/{{{NAMESPACE}}}name").text == "建材市场 3 栋 <12> 号"
        first = gpx.find(f"{{{NAMESPACE}}}rte/{{{NAMESPACE}}}rtept/{{{NAMESPACE}}}desc").text
        assert word in first


def test_the_place_comes_as_cursor_on_target_and_the_way_too(sent):
    """Each one event, told apart by its uid."""
    place, route = (ET.fromstring(sent.get(f"/cot?of={of}").content) for of in ("place", "route"))
    assert (place.get("type"), route.get("type")) == ("b-m-p-w-GOTO", "b-m-r")
    assert place.get("uid") != route.get("uid")
    point = place.find("point")
    assert distance_m(*at("A").values(), float(point.get("lon")), float(point.get("lat"))) < 1
    assert sent.get("/cot").content.count(b"b-m-p-w-GOTO") == 1
    assert sent.get("/cot?of=victim").status_code == 422


def test_the_assignment_has_addresses_for_the_phone_s_own_map_apps(sent):
    """And, for whoever hands it out, the path of the unit's page."""
    told = sent.get().json()
    said = parse_qs(urlsplit(told["apps"]["amap"]["ios"]).query)
    there = to_wgs84([float(said["dlon"][0])], [float(said["dlat"][0])], "gcj02")
    assert distance_m(*at("A").values(), *there)[0] < 0.5
    assert told["link"] is told["token"] is None, "the unit itself is asking"
    assert sent.file["link"] == f"/u/{sent.file['token']}"


def test_at_the_door_there_is_no_way_any_more_and_afterwards_no_place(sent):
    """A link is valid for days, and phones are lost."""
    for step in ("accept", "depart", "arrive"):
        sent.step(step)
    assert sent.get("/route.gpx").status_code == 409
    assert sent.get("/cot").status_code == 200
    sent.step("report", outcome="dissuaded")
    for what in ("/route.gpx", "/cot", "/cot?of=route"):
        answer = sent.get(what)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-possible-now")
