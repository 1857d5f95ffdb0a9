"""Programs written for OSRM work on this service as they are.

routingpy and VROOM are the real ones, over a real socket. Leaflet Routing Machine and its texts
live in a browser; what they read of an answer is in ``test_osrm_contract``.
"""

from __future__ import annotations

import http.client
import itertools
import json
from importlib.util import find_spec

import pytest
import routingpy
from routingpy.exceptions import RouterApiError
from routingpy.utils import decode_polyline5

from tests.services.live_server import live_server
from tests.services.town import TOWN, at
from tests.services.vroom_client import plan_round


@pytest.fixture(scope="module")
def address(map_folder, redis_url, tmp_path_factory):
    """A service that anybody may ask for ways."""
    data_dir = tmp_path_factory.mktemp("clients")
    with live_server(
        map_folder, data_dir, redis_url, public_routing=True, redis_region="clients"
    ) as found:
        yield found


@pytest.fixture(scope="module")
def router(address):
    return routingpy.OSRM(base_url=address)


def places(*letters: str) -> list[list[float]]:
    return [list(TOWN.lon_lat(letter)) for letter in letters]


@pytest.mark.parametrize("geometries", [None, "polyline", "polyline6", "geojson"])
def test_routingpy_reads_our_directions(router, geometries):
    """Line, metres and seconds, in each form of geometry."""
    found = router.directions(
        places("A", "F", "Y"), profile="driving", geometries=geometries, overview="full"
    )
    assert found.distance == pytest.approx(600 + 160 + 120, rel=0.02)
    assert found.duration > 0
    ends = [tuple(found.geometry[0]), tuple(found.geometry[-1])]
    assert ends[0] == pytest.approx(tuple(at("A").values()), abs=2e-5)
    assert ends[1] == pytest.approx(tuple(at("Y").values()), abs=2e-5)


def test_routingpy_s_options_are_understood(router):
    """Everything that it can send along, encoded in its own way."""
    found = router.directions(
        places("A", "F", "Y"),
        profile="car",
        radiuses=[50, 50, 50],
        bearings=[[90, 180], [0, 180], [270, 180]],
        steps=True,
        continue_straight=True,
        annotations=True,
        overview=False,
        geometries="geojson",
        alternatives=False,
        dry_run=True,
    )
    assert found.raw is None
    raw = router.directions(
        places("A", "F", "Y"),
        profile="car",
        radiuses=[50, 50, 50],
        bearings=[[90, 180], [0, 180], [270, 180]],
        steps=True,
        continue_straight=True,
        annotations=True,
        overview="simplified",
        waypoints="0;2",
    ).raw
    (leg,) = raw["routes"][0]["legs"]
    assert [leg["steps"][0]["maneuver"]["type"], leg["steps"][-1]["maneuver"]["type"]] == [
        "depart",
        "arrive",
    ]
    assert len(leg["annotation"]["nodes"]) == len(leg["annotation"]["duration"]) + 1


def test_routingpy_reads_our_alternatives(router):
    """Asked for several, it gets a list."""
    found = router.directions(places("A", "Y"), profile="driving", alternatives=True)
    assert [round(one.distance) for one in found] == [880]


def test_routingpy_reads_our_tables(router):
    """Durations and distances, all of them or some rows and columns."""
    whole = router.matrix(places("A", "C", "Y"), profile="driving")
    assert [whole.durations[i][i] for i in range(3)] == [0, 0, 0]
    assert whole.distances[0][1] == pytest.approx(240, rel=0.02)
    part = router.matrix(
        places("A", "C", "Y"),
        profile="driving",
        sources=[2],
        destinations=[0, 1],
        annotations=["duration"],
    )
    assert part.durations == [whole.durations[2][:2]]
    assert part.distances is None


def test_routingpy_sees_our_errors(router):
    """Status 400 with OSRM's object, as its exception carries it."""
    with pytest.raises(RouterApiError) as caught:
        router.directions([[1.0, 2.0], [3.0, 4.0]], profile="driving")
    assert caught.value.status == 400
    assert json.loads(caught.value.message)["code"] == "NoSegment"


@pytest.mark.skipif(
    find_spec("vroom") is None,
    reason="no wheel of pyvroom for this machine; its recorded requests are tested below",
)
def test_vroom_plans_its_rounds_on_our_roads(address, router):
    """VROOM asks for the table, and for the line of the round that it found."""
    stops = places("A", "C", "F", "Y")
    solution = plan_round(address.removeprefix("http://"), stops)
    (plan,) = solution["routes"]
    assert solution["unassigned"] == []
    assert plan["distance"] == pytest.approx(2 * 880, rel=0.02)
    rows = router.matrix(stops, profile="car").durations
    there_and_back_s = sum(rows[a][b] for a, b in itertools.pairwise([0, 1, 2, 3, 0]))
    assert plan["duration"] == pytest.approx(there_and_back_s, rel=0.1, abs=4)
    line = decode_polyline5(plan["geometry"], is3d=False)
    assert tuple(line[0]) == pytest.approx(tuple(stops[0]), abs=2e-5)
    assert tuple(line[-1]) == pytest.approx(tuple(stops[0]), abs=2e-5)


@pytest.mark.skipif(find_spec("vroom") is None, reason="no wheel of pyvroom for this machine")
def test_vroom_finds_the_place_without_a_road_in_our_message(address):
    """It reads the number at the end of the message and names the place of that number."""
    with pytest.raises(RuntimeError, match=r"near location \[1\.0+,2\.0+\]"):
        plan_round(address.removeprefix("http://"), [*places("A"), [1.0, 2.0]])


def test_what_vroom_was_seen_to_ask_is_answered(address):
    """Its two requests as recorded, on a bare connection that closes, as it makes them."""
    points = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in places("A", "C", "Y"))
    radiuses = ";".join(["35000"] * 3)
    answers = []
    for path in (
        f"/table/v1/car/{points}?annotations=duration,distance&radiuses={radiuses}",
        f"/route/v1/car/{points}?alternatives=false&steps=false&overview=full"
        f"&continue_straight=false&radiuses={radiuses}",
    ):
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
        connection.request("GET", path, headers={"Accept": "*/*", "Connection": "close"})
        answer = connection.getresponse()
        assert answer.status == 200
        answers.append(json.loads(answer.read()))
        connection.close()
    table, route = answers
    assert table["code"] == route["code"] == "Ok"
    assert {"durations", "distances", "sources", "destinations"} <= table.keys()
    (way,) = route["routes"]
    assert isinstance(way["geometry"], str)
    assert way["distance"] > 0
    assert [leg["steps"] for leg in way["legs"]] == [[], []]
