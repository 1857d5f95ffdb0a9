"""A client made for OSRM asks for routes."""

from __future__ import annotations

import itertools
from urllib.parse import quote

import pytest

from geodata.routes.polyline import decode_polyline, encode_polyline
from tests.services.town import TOWN, at, coordinates


@pytest.fixture
def ask(town_office):
    """Ask with a key: ask(path) gives status and JSON."""
    headers = town_office.key("wanzhou", scopes=["plan"])

    def asking(path: str):
        answer = town_office.client.get(path, headers=headers)
        return answer.status_code, answer.json()

    return asking


def test_a_route_has_osrm_s_shape(ask):
    """code, routes, legs, steps, waypoints, with OSRM's field names."""
    status, answer = ask(f"/route/v1/driving/{coordinates('A', 'F', 'Y')}?steps=true")
    assert (status, answer["code"]) == (200, "Ok")
    (route,) = answer["routes"]
    assert {"geometry", "legs", "distance", "duration", "weight", "weight_name"} <= route.keys()
    assert len(route["legs"]) == 2
    assert route["distance"] == pytest.approx(600 + 160 + 120, rel=0.02)
    assert route["duration"] == pytest.approx(sum(leg["duration"] for leg in route["legs"]))
    for leg in route["legs"]:
        assert [leg["steps"][0]["maneuver"]["type"], leg["steps"][-1]["maneuver"]["type"]] == [
            "depart",
            "arrive",
        ]
    assert {step["name"] for leg in route["legs"] for step in leg["steps"]} == {
        "北滨路",
        "长江二桥",
        "南滨路",
    }
    assert len(answer["waypoints"]) == 3
    for waypoint, letter in zip(answer["waypoints"], "AFY", strict=True):
        assert waypoint["location"] == pytest.approx(list(at(letter).values()), abs=2e-6)
        assert {"hint", "name", "distance"} <= waypoint.keys()
    lon, lat = decode_polyline(route["geometry"])
    assert (lon[0], lat[0]) == pytest.approx(tuple(at("A").values()), abs=2e-5)


def test_geometries_overviews_and_annotations_are_as_asked(ask):
    """GeoJSON, six decimals, no overview, annotations, no waypoints, instructions in Chinese."""
    pair = coordinates("A", "Y")
    _, answer = ask(f"/route/v1/car/{pair}?geometries=geojson&overview=full&annotations=true")
    (route,) = answer["routes"]
    assert route["geometry"]["type"] == "LineString"
    annotation = route["legs"][0]["annotation"]
    assert len(annotation["nodes"]) == len(annotation["distance"]) + 1
    assert sum(annotation["distance"]) == pytest.approx(route["distance"], abs=1)
    assert "steps" in route["legs"][0]
    assert route["legs"][0]["steps"] == []
    _, answer = ask(
        f"/route/v1/car/{pair}?overview=false&skip_waypoints=true&steps=true&language=zh"
    )
    assert "geometry" not in answer["routes"][0]
    assert "waypoints" not in answer
    steps = answer["routes"][0]["legs"][0]["steps"]
    assert any("桥" in step["maneuver"]["instruction"] for step in steps)
    _, answer = ask(f"/route/v1/car/{pair}?generate_hints=false")
    assert all("hint" not in waypoint for waypoint in answer["waypoints"])


def test_a_polyline_asks_the_same_as_its_coordinates(ask):
    """polyline(...) and polyline6(...) give the same route."""
    letters = ("A", "F", "Y")
    lon, lat = zip(*(TOWN.lon_lat(letter) for letter in letters), strict=True)
    _, plain = ask(f"/route/v1/car/{coordinates(*letters)}?overview=false")
    for precision, word in ((5, "polyline"), (6, "polyline6")):
        text = quote(encode_polyline(lon, lat, precision), safe="")
        _, same = ask(f"/route/v1/car/{word}({text})?overview=false")
        assert same["routes"][0]["duration"] == pytest.approx(
            plain["routes"][0]["duration"], abs=0.3
        )


def test_a_table_has_all_pairs_or_those_asked_for(ask):
    """durations, distances, sources, destinations; the cells are the routes."""
    letters = ("A", "C", "Y")
    status, answer = ask(f"/table/v1/car/{coordinates(*letters)}?annotations=duration,distance")
    assert (status, answer["code"]) == (200, "Ok")
    for i, j in itertools.product(range(3), range(3)):
        if i == j:
            assert answer["durations"][i][j] == 0
            continue
        _, route = ask(f"/route/v1/car/{coordinates(letters[i], letters[j])}?overview=false")
        (one,) = route["routes"]
        assert answer["durations"][i][j] == pytest.approx(one["duration"], abs=0.11)
        assert answer["distances"][i][j] == pytest.approx(one["distance"], abs=0.11)
    _, part = ask(f"/table/v1/car/{coordinates(*letters)}?sources=2&destinations=0;1")
    assert part["durations"] == [answer["durations"][2][:2]]
    assert "distances" not in part
    assert len(part["sources"]) == 1
    assert len(part["destinations"]) == 2
    _, scaled = ask(f"/table/v1/car/{coordinates(*letters)}?sources=2&scale_factor=2")
    assert scaled["durations"][0][0] == pytest.approx(2 * answer["durations"][2][0], abs=0.11)


def test_what_no_way_joins_is_null_or_guessed_where_asked(town_office, ask):
    """With the bridge closed the banks are apart: null, or the straight line at a speed."""
    town_office.client.put(
        "/v1/closures/b", json={"avoid": ["bridge"]}, headers=town_office.key("wanzhou")
    )
    pair = coordinates("A", "U")
    assert ask(f"/table/v1/car/{pair}")[1]["durations"][0][1] is None
    _, guessed = ask(f"/table/v1/car/{pair}?fallback_speed=10&annotations=duration,distance")
    assert guessed["fallback_speed_cells"] == [[0, 1], [1, 0]]
    assert guessed["durations"][0][1] == pytest.approx(guessed["distances"][0][1] / 10, abs=0.1)
    status, answer = ask(f"/route/v1/car/{pair}")
    assert (status, answer["code"]) == (400, "NoRoute")
    assert answer["message"] == "Impossible route between points"


def test_roads_can_be_left_out_of_one_request(ask):
    """exclude=bridge keeps this route off bridges, and nobody else's."""
    pair = coordinates("E", "Y")
    assert ask(f"/route/v1/car/{pair}?exclude=bridge")[1]["code"] == "NoRoute"
    assert ask(f"/route/v1/car/{pair}?exclude=toll,ferry")[1]["code"] == "Ok"
    assert ask(f"/route/v1/car/{pair}")[1]["code"] == "Ok"
    status, answer = ask(f"/route/v1/car/{pair}?exclude=dragons")
    assert (status, answer["code"]) == (400, "InvalidValue")
    assert answer["message"] == "Exclude flag combination is not supported."


def test_the_nearest_roads_come_with_their_osm_nodes(ask):
    """waypoints in order of distance, number as asked, nodes from the map."""
    place = at("A-B", 0.3)
    status, answer = ask(f"/nearest/v1/car/{place['lon']},{place['lat'] + 0.0001}?number=3")
    assert (status, answer["code"]) == (200, "Ok")
    distances = [waypoint["distance"] for waypoint in answer["waypoints"]]
    assert distances == sorted(distances)
    assert len(distances) == 3
    first = answer["waypoints"][0]
    assert first["name"] == "北滨路"
    assert set(first["nodes"]) == {TOWN.osm_id["A"], TOWN.osm_id["B"]}
    assert first["distance"] == pytest.approx(11.1, abs=0.5)


def test_a_hint_of_the_nearest_roads_chooses_one_of_them(ask):
    """The second nearest road of a coordinate, by its hint, is where the route begins."""
    place = at("A-B", 0.3)
    here = f"{place['lon']:.7f},{place['lat'] + 0.0001:.7f}"
    _, nearest = ask(f"/nearest/v1/car/{here}?number=2")
    second = nearest["waypoints"][1]
    _, route = ask(f"/route/v1/car/{here};{coordinates('C')}?hints={quote(second['hint'])};")
    assert route["waypoints"][0]["location"] == pytest.approx(second["location"], abs=2e-6)
    other = f"{place['lon']:.7f},{place['lat']:.7f}"
    _, elsewhere = ask(f"/route/v1/car/{other};{coordinates('C')}?hints={quote(second['hint'])};")
    assert elsewhere["waypoints"][0]["distance"] < 1, "a hint of another coordinate is passed over"
    _, foreign = ask(f"/route/v1/car/{here};{coordinates('C')}?hints=KSoKADRYroqUBAEAEAAAABkAAAA=;")
    assert foreign["code"] == "Ok", "so is one that another server made"


def test_radiuses_and_bearings_choose_the_road(ask):
    """Too small a radius finds no road; a bearing finds only roads that lead that way."""
    place = at("A-B", 0.3)
    off = f"{place['lon']:.7f},{place['lat'] + 0.0003:.7f}"
    status, answer = ask(f"/route/v1/car/{off};{coordinates('C')}?radiuses=10;unlimited")
    assert (status, answer["code"]) == (400, "NoSegment")
    assert answer["message"] == "Could not find a matching segment for coordinate 0"
    near_f = at("F-Z", 0.1)
    here = f"{near_f['lon'] - 0.0003:.7f},{near_f['lat']:.7f}"
    _, south = ask(f"/nearest/v1/car/{here}?bearings=180,20")
    assert south["waypoints"][0]["name"] == "长江二桥"
    _, east = ask(f"/nearest/v1/car/{here}?bearings=90,20")
    assert east["waypoints"][0]["name"] == "北滨路"
    _, route = ask(f"/route/v1/car/{here};{coordinates('Y')}?bearings=90,20;")
    assert route["waypoints"][0]["name"] == "北滨路"
    assert (
        ask(f"/nearest/v1/car/{coordinates('C')}?bearings=0,5&radiuses=20")[1]["code"]
        == "NoSegment"
    )


def test_a_bearing_says_in_which_direction_one_leaves(ask):
    """Heading away from the goal, one has to drive on to where one can turn."""
    start, goal = at("C-D", 0.5), at("E")
    pair = f"{start['lon']:.7f},{start['lat']:.7f};{goal['lon']:.7f},{goal['lat']:.7f}"
    _, free = ask(f"/route/v1/foot/{pair}?overview=false")
    _, east = ask(f"/route/v1/foot/{pair}?overview=false&bearings=90,30;")
    assert east["routes"][0]["distance"] == free["routes"][0]["distance"]
    _, west = ask(f"/route/v1/foot/{pair}?overview=false&bearings=270,30;")
    assert (
        west["code"] == "NoRoute" or west["routes"][0]["distance"] > free["routes"][0]["distance"]
    )


def test_in_a_dead_end_one_arrives_on_the_kerb_s_side_by_turning_at_its_end(ask):
    """approaches=curb on the far side of a dead end: to the end, round, and back."""
    middle = at("A-G", 0.5)
    west = f"{middle['lon'] - 0.0001:.7f},{middle['lat']:.7f}"
    east = f"{middle['lon'] + 0.0001:.7f},{middle['lat']:.7f}"
    lengths = {}
    for name, place in (("west", west), ("east", east)):
        for approach in ("curb", "unrestricted"):
            _, answer = ask(
                f"/route/v1/ebike/{coordinates('B')};{place}?overview=false&approaches=;{approach}"
            )
            assert answer["code"] == "Ok", answer
            lengths[name, approach] = answer["routes"][0]["distance"]
    # Driving south into the dead end, the west side is on the right hand.
    assert lengths["west", "curb"] == lengths["west", "unrestricted"]
    assert lengths["east", "curb"] == pytest.approx(lengths["east", "unrestricted"] + 120, rel=0.05)


def test_a_driver_goes_straight_on_at_a_waypoint_unless_told_otherwise(ask):
    """There and back: a car drives on to where it can turn, a rider turns on the spot."""
    three = coordinates("B", ("A-G", 0.5), "B")

    def length_m(mode, option=""):
        _, answer = ask(f"/route/v1/{mode}/{three}?overview=false{option}")
        assert answer["code"] == "Ok", answer
        return answer["routes"][0]["distance"]

    there_and_back = 2 * (120 + 60)
    to_the_end = there_and_back + 2 * 60
    assert length_m("car") == pytest.approx(to_the_end, rel=0.05)
    assert length_m("car", "&continue_straight=false") == pytest.approx(there_and_back, rel=0.05)
    assert length_m("ebike") == pytest.approx(there_and_back, rel=0.05)
    assert length_m("ebike", "&continue_straight=true") == pytest.approx(to_the_end, rel=0.05)


def test_silent_waypoints_make_no_leg(ask):
    """waypoints=0;2 passes the middle coordinate without stopping."""
    three = coordinates("A", ("C-D", 0.5), "F")
    _, stops = ask(f"/route/v1/car/{three}?overview=false")
    _, passes = ask(f"/route/v1/car/{three}?overview=false&waypoints=0;2&steps=true")
    assert (len(stops["routes"][0]["legs"]), len(passes["routes"][0]["legs"])) == (2, 1)
    assert len(passes["waypoints"]) == 2
    assert passes["routes"][0]["distance"] == pytest.approx(stops["routes"][0]["distance"], abs=0.2)
    assert passes["routes"][0]["duration"] == pytest.approx(stops["routes"][0]["duration"], abs=0.2)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/route/v1/submarine/1,2;3,4", "InvalidValue"),
        ("/route/v1/car", "InvalidUrl"),
        ("/route/v2/car/1,2;3,4", "InvalidVersion"),
        ("/match/v1/car/1,2;3,4", "InvalidService"),
        ("/trip/v1/car/1,2;3,4", "InvalidService"),
        ("/tile/v1/car/tile(1,2,3).mvt", "InvalidService"),
        ("/route/v1/car/1,2", "InvalidOptions"),
        ("/route/v1/car/1,2;3,4?steps=maybe", "InvalidQuery"),
        ("/route/v1/car/1,2;3,4", "NoSegment"),
        ("/route/v1/car/181,2;3,4", "InvalidValue"),
        ("/nearest/v1/car/1,2", "NoSegment"),
        ("/nearest/v1/car/108.38,30.81?number=101", "TooBig"),
        ("/route/v1/car/" + ";".join(["108.38,30.81"] * 501), "TooBig"),
        ("/table/v1/car/" + ";".join(["108.38,30.81"] * 501), "TooBig"),
        (
            "/table/v1/car/" + ";".join(["108.38,30.81"] * 101) + "?annotations=distance",
            "TooBig",
        ),
        ("/route/v1/car/%3Cscript%3E;3,4", "InvalidUrl"),
        ("/route/v1/car/1,2;3,4?%00=%FF", "InvalidUrl"),
    ],
)
def test_failures_are_osrm_s(ask, path, code):
    """Status 400, a code string that clients know, and a message."""
    status, answer = ask(path)
    assert (status, answer["code"]) == (400, code)
    assert answer["message"]
    assert "<script>" not in answer["message"]


def test_a_map_in_a_browser_may_ask_from_another_origin(town_office):
    """The headers that OSRM sends, on answers, on failures, and before a request with a key."""
    headers = town_office.key("wanzhou") | {"Origin": "https://maps.example"}
    client = town_office.client
    for path in (f"/route/v1/car/{coordinates('A', 'B')}", "/route/v1/car/1,2"):
        answer = client.get(path, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
    before = client.options(
        "/route/v1/car/1,2;3,4",
        headers={
            "Origin": "https://maps.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert before.status_code == 204
    assert "Authorization" in before.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in client.get("/v1/closures", headers=headers).headers
