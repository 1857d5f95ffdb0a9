"""Our answers have the fields, types and codes of OSRM's own server.

The tables here were taken from the answers of osrm-routed 26.10 to the same questions on maps of
Monaco, Heidelberg and Chengdu, and from what Leaflet Routing Machine 3.2 and osrm-text-instructions
0.15 read of them.
"""

from __future__ import annotations

import itertools

import pytest

from geodata.routes.polyline import decode_polyline
from tests.services.town import TOWN, coordinates

NUMBER, TEXT, PAIR, LIST, OBJECT = "number", "text", "pair", "list", "object"

WAYPOINT = {"hint": TEXT, "distance": NUMBER, "name": TEXT, "location": PAIR}
ROUTE = {
    "legs": LIST, "weight_name": TEXT, "geometry": TEXT,
    "weight": NUMBER, "duration": NUMBER, "distance": NUMBER,
}  # fmt: skip
LEG = {
    "steps": LIST, "summary": TEXT, "annotation": OBJECT,
    "weight": NUMBER, "duration": NUMBER, "distance": NUMBER,
}  # fmt: skip
STEP = {
    "intersections": LIST, "driving_side": TEXT, "geometry": TEXT, "maneuver": OBJECT,
    "name": TEXT, "mode": TEXT, "weight": NUMBER, "duration": NUMBER, "distance": NUMBER,
}  # fmt: skip
STEP_MORE = {"ref": TEXT, "destinations": TEXT, "exits": TEXT, "rotary_name": TEXT}
MANEUVER = {"bearing_after": NUMBER, "bearing_before": NUMBER, "location": PAIR, "type": TEXT}
MANEUVER_MORE = {"modifier": TEXT, "exit": NUMBER}
INTERSECTION = {"entry": LIST, "bearings": LIST, "location": PAIR}
INTERSECTION_MORE = {"in": NUMBER, "out": NUMBER, "classes": LIST}
ANNOTATION = {
    "metadata": OBJECT, "datasources": LIST, "weight": LIST, "nodes": LIST,
    "distance": LIST, "duration": LIST, "speed": LIST,
}  # fmt: skip

TYPES_WITH_TEXT = {
    "arrive", "continue", "depart", "end of road", "exit rotary", "exit roundabout", "fork",
    "merge", "new name", "notification", "off ramp", "on ramp", "rotary", "roundabout",
    "roundabout turn", "turn", "use lane",
}  # fmt: skip
MODIFIERS_WITH_TEXT = {
    "left", "right", "sharp left", "sharp right", "slight left", "slight right", "straight",
    "uturn",
}  # fmt: skip


@pytest.fixture
def ask(town_office):
    """ask(path) gives the answer of OSRM's form."""
    headers = town_office.key("wanzhou", scopes=["plan"])
    return lambda path: town_office.client.get(path, headers=headers).json()


def kind_of(value: object) -> str:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(x, float) for x in value):
        return PAIR
    kinds = {int: NUMBER, float: NUMBER, str: TEXT, list: LIST, dict: OBJECT}
    return kinds.get(type(value), type(value).__name__)


def check(found: dict, must: dict, may: dict | None = None) -> None:
    """Every field that OSRM has, no field that it has not, and each of its type."""
    kinds = {name: kind_of(value) for name, value in found.items()}
    assert kinds == must | {name: kind for name, kind in (may or {}).items() if name in kinds}


def steps_of(answer: dict) -> list[dict]:
    return [step for leg in answer["routes"][0]["legs"] for step in leg["steps"]]


def some_answers(ask):
    """Routes of every mode between many places, with everything asked for."""
    for mode in ("driving", "bike", "foot", "police"):
        for three in itertools.islice(itertools.permutations("AFGUXY", 3), 0, None, 17):
            answer = ask(
                f"/route/v1/{mode}/{coordinates(*three)}?steps=true&annotations=true&overview=full"
            )
            assert answer["code"] == "Ok"
            yield answer


def test_a_route_has_osrm_s_fields_and_no_others(ask):
    """From the answer down to each crossing of each step."""
    for answer in some_answers(ask):
        check(answer, {"code": TEXT, "routes": LIST, "waypoints": LIST})
        for waypoint in answer["waypoints"]:
            check(waypoint, WAYPOINT)
        (route,) = answer["routes"]
        check(route, ROUTE)
        for leg in route["legs"]:
            check(leg, LEG)
            check(leg["annotation"], ANNOTATION)
            assert len(leg["annotation"]["nodes"]) == len(leg["annotation"]["speed"]) + 1
        for step in steps_of(answer):
            check(step, STEP, STEP_MORE)
            check(step["maneuver"], MANEUVER, MANEUVER_MORE)
            for crossing in step["intersections"]:
                check(crossing, INTERSECTION, INTERSECTION_MORE)
                assert len(crossing["entry"]) == len(crossing["bearings"])


def test_crossings_say_where_one_comes_from_and_goes_to(ask):
    """A departure has only ``out``, an arrival only ``in``, everything between has both."""
    for answer in some_answers(ask):
        for leg in answer["routes"][0]["legs"]:
            sides = [
                ("in" in crossing, "out" in crossing)
                for step in leg["steps"]
                for crossing in step["intersections"]
            ]
            assert sides[0] == (False, True)
            assert sides[-1] == (True, False)
            assert set(sides[1:-1]) <= {(True, True)}


def test_every_step_can_be_put_into_words(ask):
    """What osrm-text-instructions throws without: a type, a modifier, a bearing on the rose."""
    for answer in some_answers(ask):
        for step in steps_of(answer):
            maneuver = step["maneuver"]
            assert maneuver["type"] in TYPES_WITH_TEXT
            if maneuver["type"] in ("depart", "arrive"):
                assert maneuver.get("modifier", "left") in MODIFIERS_WITH_TEXT
            else:
                assert maneuver["modifier"] in MODIFIERS_WITH_TEXT
            assert 0 <= maneuver["bearing_after"] <= 360


def test_leaflet_routing_machine_can_lay_the_steps_end_to_end(ask):
    """It makes the line from the steps alone: they join, and the arrival is one point, the last."""
    path = (
        f"/route/v1/driving/{coordinates('A', 'F', 'Y')}"
        "?overview=false&alternatives=true&steps=true&hints="
    )
    answer = ask(path + ";;")
    (route,) = answer["routes"]
    assert "geometry" not in route
    lines = []
    for leg, ends in zip(route["legs"], itertools.pairwise(answer["waypoints"]), strict=True):
        last = leg["steps"][-1]
        assert len(decode_polyline(last["geometry"])[0]) == 1
        for step in leg["steps"]:
            points = list(zip(*decode_polyline(step["geometry"]), strict=True))
            assert points[0] == pytest.approx(step["maneuver"]["location"], abs=1e-5)
            if lines:
                assert points[0] == lines[-1][-1]
            lines.append(points)
        assert leg["steps"][0]["maneuver"]["location"] == pytest.approx(ends[0]["location"])
        assert last["maneuver"]["location"] == pytest.approx(ends[1]["location"])
    again = ask(path + ";".join(waypoint["hint"] for waypoint in answer["waypoints"]))
    assert again == answer, "hints sent back, as it does when a point is dragged"


def test_an_arrival_is_two_points_in_geojson(ask):
    """A LineString has no fewer."""
    answer = ask(
        f"/route/v1/driving/{coordinates('A', 'F')}?overview=false&steps=true&geometries=geojson"
    )
    line = steps_of(answer)[-1]["geometry"]
    assert line["type"] == "LineString"
    assert line["coordinates"] == [line["coordinates"][0]] * 2


def test_an_overview_by_legs_is_on_the_legs(ask):
    """And not on the route."""
    answer = ask(f"/route/v1/driving/{coordinates('A', 'F', 'Y')}?overview=by_legs")
    check(answer["routes"][0], {k: v for k, v in ROUTE.items() if k != "geometry"})
    assert [kind_of(leg["geometry"]) for leg in answer["routes"][0]["legs"]] == [TEXT, TEXT]


def test_a_table_has_osrm_s_fields_and_no_others(ask):
    """Cells that were guessed are listed wherever a speed for guesses was given, also if none."""
    three = coordinates("A", "F", "Y")
    names = {"code": TEXT, "sources": LIST, "destinations": LIST}
    check(ask(f"/table/v1/driving/{three}"), names | {"durations": LIST})
    both = ask(f"/table/v1/driving/{three}?annotations=duration,distance")
    check(both, names | {"durations": LIST, "distances": LIST})
    for waypoint in both["sources"] + both["destinations"]:
        check(waypoint, WAYPOINT)
    check(ask(f"/table/v1/driving/{three}?annotations=distance"), names | {"distances": LIST})
    guessed = ask(f"/table/v1/driving/{three}?fallback_speed=10")
    check(guessed, names | {"durations": LIST, "fallback_speed_cells": LIST})
    assert guessed["fallback_speed_cells"] == []
    bare = ask(f"/table/v1/driving/{three}?skip_waypoints=true")
    check(bare, {"code": TEXT, "durations": LIST})


def test_the_nearest_roads_have_osrm_s_fields_and_no_others(ask):
    """With nodes; without hints or waypoints where they are not wanted."""
    here = coordinates("B")
    answer = ask(f"/nearest/v1/driving/{here}?number=2")
    check(answer, {"code": TEXT, "waypoints": LIST})
    for waypoint in answer["waypoints"]:
        check(waypoint, WAYPOINT | {"nodes": LIST})
        assert all(isinstance(node, int) for node in waypoint["nodes"])
    answer = ask(f"/nearest/v1/driving/{here}?generate_hints=false")
    assert "hint" not in answer["waypoints"][0]
    assert ask(f"/nearest/v1/driving/{here}?skip_waypoints=true") == {"code": "Ok"}


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (
            "/route/v1/driving/{two}?alternatives=4",
            "TooBig",
            "Requested number of alternatives is higher than current maximum (3)",
        ),
        (
            "/route/v1/driving/{two}?radiuses=;0",
            "NoSegment",
            "Could not find a matching segment for coordinate 1",
        ),
        (
            "/nearest/v1/driving/{off}?radiuses=0",
            "NoSegment",
            "Could not find a matching segment for coordinate",
        ),
        (
            "/table/v1/driving/{two}?fallback_speed=0",
            "InvalidOptions",
            "fallback_speed must be > 0",
        ),
        ("/table/v1/driving/{two}?scale_factor=-1", "InvalidOptions", "scale_factor must be > 0"),
        ("/trip/v1/driving/{two}", "InvalidService", "Service trip not found!"),
        ("/route/v1/dri", "InvalidUrl", 'URL string malformed close to position 13: "dri"'),
    ],
)
def test_failures_have_osrm_s_two_fields_and_words(ask, path, code, message):
    """VROOM, for one, reads the number at the end of the message."""
    off = TOWN.lon_lat("B")[0], TOWN.lon_lat("B")[1] + 0.001
    off_text = f"{off[0]:.7f},{off[1]:.7f}"
    two = f"{coordinates('A')};{off_text}"
    assert ask(path.format(two=two, off=off_text)) == {"code": code, "message": message}


def test_a_radius_of_zero_is_met_on_the_road_itself(ask):
    """As where a place was taken from an earlier answer."""
    (waypoint,) = ask(f"/nearest/v1/driving/{coordinates('B')}")["waypoints"]
    lon, lat = waypoint["location"]
    answer = ask(f"/nearest/v1/driving/{lon},{lat}?radiuses=1")
    assert answer["code"] == "Ok"
    letter = coordinates("B")
    assert ask(f"/nearest/v1/driving/{letter}?radiuses=0")["code"] == "Ok"
