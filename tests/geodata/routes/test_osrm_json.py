"""Routes in OSRM's JSON: shape, forms of geometry, crossings, annotations, sums as written."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from geodata.metric import Metric
from geodata.network import E7, TURN_FORBIDDEN, UNREACHABLE_MS
from geodata.positions import RoadPositions
from geodata.routes import build_route
from geodata.routes.options import RouteOptions
from geodata.routes.osrm_json import response_json, route_json, route_object, waypoints_of
from geodata.routes.polyline import decode_polyline
from tests.geodata.drives import drive, path_of
from tests.geodata.random_drives import random_arcs, random_town
from tests.towns import town

CROSSING = town(
    """
         N
         |
    W----X----E
         |
         S
    """,
    [
        "W-X primary name=建设路 ref=G50;S2",
        "X-E primary oneway=yes",
        "X-N residential oneway=yes",
        "X-S primary name=人民路 tunnel=yes toll=yes",
    ],
)

TYPES = {
    "turn", "new name", "depart", "arrive", "merge", "on ramp", "off ramp", "fork", "end of road",
    "continue", "roundabout", "rotary", "roundabout turn", "notification", "exit roundabout",
    "exit rotary",
}  # fmt: skip
MODIFIERS = {
    "uturn", "sharp right", "right", "slight right", "straight", "slight left", "left",
    "sharp left",
}  # fmt: skip


def random_object(seed, start, end, **options):
    network = random_town(seed % 50).network
    arcs = random_arcs(network, "car", seed)
    assume(arcs is not None)
    if len(arcs) == 1 and end < start:
        start, end = end, start
    path = path_of(network, "car", arcs, start, end)
    route = build_route(network, Metric.base(network, "car"), [path], None, RouteOptions(**options))
    return route, json.loads(route_json(route))


def without_repeats(points):
    """The points without those equal to the one before."""
    return [point for place, point in enumerate(points) if not place or point != points[place - 1]]


def tenths(value):
    """A number as written, in whole tenths."""
    assert value * 10 == pytest.approx(round(value * 10))
    return round(value * 10)


@settings(deadline=None, max_examples=120)
@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_what_is_written_has_osrms_shape_and_adds_up(seed, start, end):
    """Every property OSRM's documentation lists, and sums exact to the last digit written."""
    _, written = random_object(seed, start, end, geometries="geojson", overview="full")
    assert set(written) == {"legs", "weight_name", "weight", "duration", "distance", "geometry"}
    assert written["weight_name"] == "duration"
    for leg in written["legs"]:
        assert set(leg) == {"steps", "summary", "weight", "duration", "distance"}
        for what in ("distance", "duration", "weight"):
            assert sum(tenths(step[what]) for step in leg["steps"]) == tenths(leg[what])
        steps = leg["steps"]
        assert (steps[0]["maneuver"]["type"], steps[-1]["maneuver"]["type"]) == ("depart", "arrive")
        for step in steps:
            assert {"geometry", "maneuver", "mode", "driving_side", "name", "intersections",
                    "weight", "duration", "distance"} <= set(step)  # fmt: skip
            maneuver = step["maneuver"]
            assert maneuver["type"] in TYPES
            assert maneuver.get("modifier") in MODIFIERS | {None}
            assert maneuver["location"] == step["intersections"][0]["location"]
            assert maneuver["location"] == step["geometry"]["coordinates"][0]
            assert len(step["geometry"]["coordinates"]) >= 2
            assert 0 <= maneuver["bearing_before"] < 360
            assert 0 <= maneuver["bearing_after"] < 360
        joined = [steps[0]["geometry"]["coordinates"][0]]
        for step in steps[:-1]:
            assert step["geometry"]["coordinates"][0] == joined[-1]
            # a step of no length is its one point twice, because a line has two
            joined += step["geometry"]["coordinates"][1:]
        assert without_repeats(joined) == without_repeats(written["geometry"]["coordinates"])


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10**6))
def test_crossings_list_the_roads_as_a_slow_look_at_the_map_does(seed):
    """Bearings of all roads of the mode in rising order; which may be entered; where in, where out;
    every node with more than two roads, and every manoeuvre."""
    route, written = random_object(seed, 0.0, 1.0)
    network, leg = route.network, route.legs[0]
    metric = route.metric
    base = np.arange(2 * network.edge_count)
    crossings = [c for step in written["legs"][0]["steps"] for c in step["intersections"]]
    assert crossings[0]["out"] == 0
    assert "in" not in crossings[0]
    assert crossings[-1]["in"] == 0
    assert "out" not in crossings[-1]
    begins = {step.first_arc for step in leg.steps}
    slow = []
    for place in range(1, len(leg.arcs)):
        before, after = int(leg.arcs[place - 1]), int(leg.arcs[place])
        node = network.arc_tail[after]
        roads = [
            int(arc)
            for arc in base[network.arc_tail[base] == node]
            if min(metric.travel_time_ms[arc], metric.travel_time_ms[arc ^ 1]) < UNREACHABLE_MS
        ]
        open_to = {
            int(network.arc_base[network.turn_to[turn]])
            for turn in range(network.first_turn[before], network.first_turn[before + 1])
            if metric.turn_cost[turn] != TURN_FORBIDDEN
        }
        roads.sort(key=lambda arc: network.arc_start_bearing_deg[arc])
        slow.append((place, node, before, after, roads, open_to))
    written_inside = iter(crossings[1:-1])
    for place, node, before, after, roads, open_to in slow:
        special = _classes(network, metric, before) != _classes(network, metric, after)
        if place not in begins and len(roads) <= 2 and not special:
            continue
        crossing = next(written_inside)
        assert crossing["location"] == pytest.approx(
            [network.node_lon_e7[node] / E7, network.node_lat_e7[node] / E7], abs=6e-7
        )
        assert crossing["bearings"] == [network.arc_start_bearing_deg[arc] for arc in roads]
        assert crossing["entry"] == [
            arc == after or (arc in open_to and bool(metric.travel_time_ms[arc] < UNREACHABLE_MS))
            for arc in roads
        ]
        assert roads[crossing["in"]] == before ^ 1
        assert roads[crossing["out"]] == after
        assert set(crossing.get("classes", [])) == _classes(network, metric, after)
    assert next(written_inside, None) is None


def _classes(network, metric, arc):
    edge = arc >> 1
    classes = set()
    if network.edge_class[edge] <= 1:
        classes.add("motorway")
    if network.edge_flags[edge] & 2:
        classes.add("tunnel")
    if network.edge_flags[edge] & 4:
        classes.add("toll")
    if metric.zone[arc] >= 0:
        classes.add("restricted")
    return classes


def test_one_crossing_in_full():
    """Coming from the west, turning south into a tolled tunnel; north is a one-way street away."""
    written = route_object(drive(CROSSING, "W-X-S"))
    turn = written["legs"][0]["steps"][1]
    assert turn["maneuver"]["type"] == "turn"
    assert turn["maneuver"]["modifier"] == "right"
    (crossing,) = turn["intersections"]
    assert crossing == {
        "location": turn["maneuver"]["location"],
        "bearings": [0, 90, 180, 270],
        "entry": [True, True, True, False],
        "in": 3,
        "out": 2,
        "classes": ["toll", "tunnel"],
    }
    start, _, end = written["legs"][0]["steps"]
    assert start["intersections"][0]["bearings"] == [90]
    assert end["intersections"][0]["bearings"] == [0]  # the road one has come by, seen backwards
    assert end["maneuver"]["bearing_before"] == 180
    assert start["ref"] == "G50; S2"
    assert "ref" not in turn
    assert (turn["mode"], turn["driving_side"]) == ("driving", "right")


@pytest.mark.parametrize(("geometries", "precision"), [("polyline", 5), ("polyline6", 6)])
def test_polylines_hold_the_same_points_as_geojson(geometries, precision):
    """Overview and steps alike; the arrival is one point, which GeoJSON has to write twice."""
    coded = route_object(drive(CROSSING, "W-X-S", geometries=geometries, overview="full"))
    plain = route_object(drive(CROSSING, "W-X-S", geometries="geojson", overview="full"))
    pairs = [(coded["geometry"], plain["geometry"])]
    for one, other in zip(coded["legs"][0]["steps"], plain["legs"][0]["steps"], strict=True):
        pairs.append((one["geometry"], other["geometry"]))
    for text, line in pairs:
        assert line["type"] == "LineString"
        lon, lat = decode_polyline(text, precision)
        points = np.array(line["coordinates"])
        if line is plain["legs"][0]["steps"][-1]["geometry"]:
            assert (points[0] == points[1]).all()
            points = points[:1]
        assert np.column_stack((lon, lat)) == pytest.approx(points, abs=0.6 / 10**precision)


def test_an_overview_by_legs_is_on_the_legs():
    """Each leg has its whole line, the route none; in other forms it is the other way round."""
    drives = {
        overview: route_object(drive(CROSSING, "W-X-S", overview=overview, geometries="geojson"))
        for overview in ("by_legs", "full")
    }
    by_legs, full = drives["by_legs"], drives["full"]
    assert "geometry" not in by_legs
    assert by_legs["legs"][0]["geometry"] == full["geometry"]
    assert "geometry" not in full["legs"][0]


def test_overviews():
    """False leaves it out; simplified is the default and drops what nobody sees."""
    wavy = town(
        {letter: (40.0 * place, 4.0 * (place % 2)) for place, letter in enumerate("ABCDEFGHIJ")}
        | {"Z": (0.0, 9000.0)},
        ["A-B-C-D-E-F-G-H-I-J primary", "J-Z primary"],
    )
    assert "geometry" not in route_object(drive(wavy, "A-J", overview="false"))
    full = route_object(drive(wavy, "A-J-Z", geometries="geojson", overview="full"))
    simple = route_object(drive(wavy, "A-J-Z", geometries="geojson"))
    coordinates = full["geometry"]["coordinates"]
    assert simple["geometry"]["coordinates"] == [coordinates[0], coordinates[-2], coordinates[-1]]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_a_simplified_line_stays_within_a_pixel(seed):
    """Nowhere farther from the full line than 1/1024 of its extent."""
    route, written = random_object(seed, 0.0, 1.0, geometries="geojson")
    lon, lat = route.points()
    full = LineString(np.column_stack((lon * np.cos(np.radians(lat[0])), lat)))
    kept = np.array(written["geometry"]["coordinates"])
    kept[:, 0] *= np.cos(np.radians(lat[0]))
    low_x, low_y, high_x, high_y = full.bounds
    pixel = max(high_x - low_x, high_y - low_y) / 1024
    assert full.hausdorff_distance(LineString(kept)) <= pixel * 1.1 + 2e-6


def test_annotations_speak_of_each_piece_of_the_line():
    """One number for each pair of points, one node for each point; turns are not in the times."""
    wanted = frozenset(["distance", "duration", "speed", "weight", "nodes", "datasources"])
    route = drive(CROSSING, "W-X-S", start=0.5, annotations=wanted)
    annotation = route_object(route)["legs"][0]["annotation"]
    assert set(annotation) == wanted | {"metadata"}
    assert [len(annotation[what]) for what in ("distance", "duration", "speed")] == [2, 2, 2]
    assert sum(annotation["distance"]) == pytest.approx(route.distance_m, abs=0.01)
    driven_s = sum(annotation["duration"])
    assert 0 < driven_s < route.duration_s
    assert annotation["weight"] == annotation["duration"]
    assert annotation["speed"][0] == pytest.approx(
        annotation["distance"][0] / annotation["duration"][0], abs=0.06
    )
    assert annotation["nodes"] == [CROSSING.osm_id[letter] for letter in "WXS"]
    assert annotation["datasources"] == [0, 0]
    assert annotation["metadata"]["datasource_names"][0] == "map"


def test_only_the_annotations_asked_for_are_written():
    """``annotations=speed`` brings speed alone."""
    route = drive(CROSSING, "W-X-S", annotations=frozenset(["speed"]))
    assert set(route_object(route)["legs"][0]["annotation"]) == {"speed"}
    assert "annotation" not in route_object(drive(CROSSING, "W-X-S"))["legs"][0]


def test_instructions_are_written_when_a_language_is_asked_for():
    """Else the field is absent, as in OSRM."""
    spoken = route_object(drive(CROSSING, "W-X-S", language="zh"))
    assert spoken["legs"][0]["steps"][1]["maneuver"]["instruction"].startswith("右转进入人民路")
    silent = route_object(drive(CROSSING, "W-X-S"))
    assert "instruction" not in silent["legs"][0]["steps"][1]["maneuver"]


def test_a_whole_answer_holds_code_routes_and_waypoints():
    """As OSRM's clients read it."""
    route = drive(CROSSING, "W-X-S")
    edges = [CROSSING.edge("W-X"), CROSSING.edge("X-S")]
    positions = RoadPositions.on_edges(edges, [0.0, 1.0])
    positions.lon[:], positions.lat[:] = [108.38, 108.3821234567], [30.81, 30.809]
    positions.distance_m[:] = [0.0, 4.1526]
    waypoints = waypoints_of(route.network, positions, ["abc", "def"])
    answer = json.loads(response_json([route], waypoints))
    assert answer["code"] == "Ok"
    assert len(answer["routes"]) == 1
    assert answer["waypoints"][1] == {
        "name": "人民路",
        "location": [108.382123, 30.809],
        "distance": 4.153,
        "hint": "def",
    }
    assert (
        "hint"
        not in json.loads(response_json([route], waypoints_of(route.network, positions)))[
            "waypoints"
        ][0]
    )
