"""Fetching places by name, against servers on this machine that answer as the real ones do."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from geodata.errors import MapDownloadError
from geodata.maps.download import FETCHED_TAGS, fetch_place
from geodata.modes import CAR
from geodata.osm import read_roads

TOWN = {
    "place_id": 1,
    "osm_type": "relation",
    "osm_id": 2,
    "lat": "30.8",
    "lon": "108.4",
    "importance": 0.5,
    "display_name": "万州区, 重庆市",
    "boundingbox": ["30.79", "30.81", "108.39", "108.41"],
    "geojson": {
        "type": "Polygon",
        "coordinates": [
            [[108.39, 30.79], [108.41, 30.79], [108.41, 30.81], [108.39, 30.81], [108.39, 30.79]]
        ],
    },
}

CROSSING = [
    {"type": "node", "id": 1, "lon": 108.400, "lat": 30.80},
    {"type": "node", "id": 2, "lon": 108.401, "lat": 30.80, "tags": {"highway": "stop"}},
    {"type": "node", "id": 3, "lon": 108.402, "lat": 30.80},
    {"type": "node", "id": 4, "lon": 108.401, "lat": 30.81},
    {"type": "way", "id": 10, "nodes": [1, 2], "tags": {"highway": "primary", "name": "北滨路"}},
    {"type": "way", "id": 11, "nodes": [2, 3], "tags": {"highway": "primary"}},
    {"type": "way", "id": 12, "nodes": [2, 4], "tags": {"highway": "residential"}},
    {
        "type": "relation",
        "id": 20,
        "members": [
            {"type": "way", "ref": 10, "role": "from"},
            {"type": "node", "ref": 2, "role": "via"},
            {"type": "way", "ref": 12, "role": "to"},
        ],
        "tags": {"type": "restriction", "restriction": "no_left_turn"},
    },
]


class MapServers(BaseHTTPRequestHandler):
    """Nominatim and Overpass in one; what they answer and what they were asked."""

    places: ClassVar[dict[str, list]] = {}
    overpass: ClassVar[tuple[int, str]] = (200, "{}")
    asked: ClassVar[list[str]] = []

    def do_GET(self):
        question = parse_qs(urlsplit(self.path).query).get("q", [""])[0]
        self.asked.append(question)
        self._answer(200, json.dumps(self.places.get(question, [])))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(parse_qs(body)["data"][0])
        self._answer(*self.overpass)

    def _answer(self, status: int, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def servers(monkeypatch):
    """The servers' address; nothing is asked of anybody else."""
    import osmnx

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # the pauses that public servers ask for
    monkeypatch.setattr(osmnx._nominatim.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(osmnx._overpass.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(MapServers, "places", {"万州区": [TOWN]})
    monkeypatch.setattr(MapServers, "overpass", (200, json.dumps({"elements": CROSSING})))
    monkeypatch.setattr(MapServers, "asked", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), MapServers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(servers, folder, *names):
    return fetch_place(
        names or ["万州区"], folder, overpass_url=f"{servers}/api", nominatim_url=servers
    )


def test_a_place_by_name_becomes_a_file_that_the_reader_reads(servers, tmp_path):
    """With turn restrictions and signs, which a graph would have lost."""
    path = fetch(servers, tmp_path / "maps")
    assert path.name == "万州区.osm.pbf"
    roads = read_roads([path], [CAR])
    assert sorted(roads.way_osm_id.tolist()) == [10, 11, 12]
    assert "北滨路" in roads.texts
    assert [rule.relation_id for rule in roads.restrictions] == [20]
    assert roads.node_flags[roads.node_osm_id == 2][0] != 0
    assert roads.title == "万州区"


def test_everything_the_importer_reads_is_asked_for_inside_the_boundary(servers, tmp_path):
    """Each kind of thing is named in the question, and the boundary's corners are."""
    fetch(servers, tmp_path)
    place, question = MapServers.asked
    assert place == "万州区"
    for key in FETCHED_TAGS:
        assert f"[{key!r}" in question
    assert "30.79" in question
    assert "108.41" in question


def test_the_boundary_lies_beside_the_roads(servers, tmp_path):
    """As GeoJSON, one feature for each place."""
    path = fetch(servers, tmp_path)
    boundary = json.loads((path.parent / "万州区.boundary.geojson").read_text(encoding="utf-8"))
    (feature,) = boundary["features"]
    assert feature["geometry"]["type"] == "Polygon"
    assert feature["properties"]["display_name"] == "万州区, 重庆市"
    assert len(list(tmp_path.iterdir())) == 2


def test_several_places_become_one_file(servers, tmp_path, monkeypatch):
    """Their boundaries are joined before roads are asked for."""
    east = json.loads(json.dumps(TOWN).replace("108.39", "108.41").replace("108.4,", "108.42,"))
    monkeypatch.setattr(MapServers, "places", {"万州区": [TOWN], "开州区 重庆": [east]})
    path = fetch(servers, tmp_path, "万州区", "开州区 重庆")
    assert path.name == "万州区_开州区-重庆.osm.pbf"


def test_the_address_may_be_given_with_the_endpoint(servers, tmp_path):
    """As it is often written: …/api/interpreter."""
    path = fetch_place(
        ["万州区"],
        tmp_path,
        overpass_url=f"{servers}/api/interpreter/",
        nominatim_url=f"{servers}/",
    )
    assert path.exists()


def test_settings_and_name_resolution_are_left_as_they_were(servers, tmp_path):
    """OSMnx is configured by module variables that others may use too."""
    import osmnx

    before = dict(vars(osmnx.settings))
    resolve = socket.getaddrinfo
    fetch(servers, tmp_path)
    with pytest.raises(MapDownloadError):
        fetch(servers, tmp_path, "nowhere")
    assert dict(vars(osmnx.settings)) == before
    assert socket.getaddrinfo is resolve


def refusal(servers, folder, *names) -> str:
    with pytest.raises(MapDownloadError) as error:
        fetch(servers, folder, *names)
    sentence = str(error.value)
    assert "\n" not in sentence
    assert not folder.exists() or not list(folder.iterdir())
    return sentence


def test_a_place_that_nobody_knows_is_named(servers, tmp_path):
    """With what to do about it."""
    assert "No place called 'Wonzhou'" in refusal(servers, tmp_path / "maps", "Wonzhou")


def test_a_place_without_a_boundary_is_said_to_be_a_point(servers, tmp_path, monkeypatch):
    """A village is often no more than a label."""
    point = {**TOWN, "geojson": {"type": "Point", "coordinates": [108.4, 30.8]}}
    monkeypatch.setattr(MapServers, "places", {"长岭": [point]})
    assert "only as a point" in refusal(servers, tmp_path / "maps", "长岭")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((200, json.dumps({"elements": []})), "knows no road"),
        ((200, "<html>busy</html>"), "did not answer as it should"),
        ((200, "[1, 2]"), "did not answer as it should"),
        ((400, "<html>parse error: line 1</html>"), "error 400: parse error: line 1"),
        ((500, json.dumps({"error": "broken"})), "error 500"),
        ((429, "busy"), "is too busy"),
        ((200, json.dumps({"no": "elements"})), "did not answer as it should"),
        ((200, json.dumps({"elements": [{"id": 1}]})), "did not answer as it should"),
        (
            (200, json.dumps({"elements": [{"type": "way", "id": 1, "nodes": ["x"]}]})),
            "way 1 that cannot be understood",
        ),
        (
            (200, json.dumps({"elements": CROSSING, "remark": "runtime error: Query timed out"})),
            "gave up: runtime error",
        ),
    ],
)
def test_a_server_that_answers_wrongly_ends_in_one_sentence(
    servers, tmp_path, monkeypatch, answer, says
):
    """And no file is left behind."""
    monkeypatch.setattr(MapServers, "overpass", answer)
    assert says in refusal(servers, tmp_path / "maps")


def test_an_old_file_stays_when_the_new_one_cannot_be_had(servers, tmp_path, monkeypatch):
    """Only a whole file replaces it."""
    path = fetch(servers, tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(MapServers, "overpass", (500, "{}"))
    with pytest.raises(MapDownloadError):
        fetch(servers, tmp_path)
    assert path.read_bytes() == before


def test_a_server_that_is_not_there_is_named(servers, tmp_path):
    """Nothing listens at that address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(MapDownloadError, match=rf"127\.0\.0\.1:{port} cannot be reached"):
        fetch_place(["万州区"], tmp_path, f"http://127.0.0.1:{port}", servers)


@pytest.mark.parametrize("url", ["overpass-api.de/api", "file:///etc/passwd", "http://", ""])
def test_an_address_that_is_none_is_refused_before_anything_is_asked(url, tmp_path):
    """Only http and https."""
    with pytest.raises(MapDownloadError, match="must begin with http"):
        fetch_place(["万州区"], tmp_path, overpass_url=url)


def test_no_name_is_no_question(tmp_path):
    """Blank names count as none."""
    with pytest.raises(MapDownloadError, match="No place was named"):
        fetch_place([" "], tmp_path)


def test_a_name_with_slashes_stays_in_the_folder(servers, tmp_path, monkeypatch):
    """The name of a place is no path."""
    monkeypatch.setattr(MapServers, "places", {"../万州/区": [TOWN]})
    path = fetch(servers, tmp_path / "maps", "../万州/区")
    assert path.parent == tmp_path / "maps"
    assert path.exists()
