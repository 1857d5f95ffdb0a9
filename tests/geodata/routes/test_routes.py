"""Routes: line, distance and time of legs and steps, on random drives and small known ones."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString
from shapely.ops import substring

from geodata.changes import RoadChanges, SpeedChange
from geodata.errors import RequestError
from geodata.metric import Metric
from geodata.network import E7
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath
from geodata.routes import build_route
from geodata.routes.options import RouteOptions
from tests.geodata.drives import drive, path_of, slow_duration_ms
from tests.geodata.random_drives import random_arcs, random_town
from tests.towns import town

LINE = town(
    """
    A----B----C
              |
              D
    """,
    ["A-B-C-D residential name=建设路"],
)

fractions = st.floats(0, 1)


def random_route(seed, start, end, mode="car"):
    """A route over a random drive, or an assumption that fails."""
    network = random_town(seed % 50).network
    arcs = random_arcs(network, mode, seed)
    assume(arcs is not None)
    if len(arcs) == 1 and end < start:
        start, end = end, start
    path = path_of(network, mode, arcs, start, end)
    return build_route(network, Metric.base(network, mode), [path]), path


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), fractions, fractions, st.sampled_from(["car", "foot", "ebike"]))
def test_steps_add_up_to_their_leg_and_the_leg_to_the_path(seed, start, end, mode):
    """Time exactly, distance to rounding, whatever was folded or trimmed."""
    route, path = random_route(seed, start, end, mode)
    leg = route.legs[0]
    assert sum(step.duration_ms for step in leg.steps) == leg.duration_ms == path.duration_ms
    assert sum(step.distance_m for step in leg.steps) == pytest.approx(leg.distance_m)
    assert all(step.duration_ms >= 0 and step.distance_m >= 0 for step in leg.steps)
    assert route.distance_m == leg.distance_m
    length_m = route.network.edge_length_m[np.asarray(path.arcs) >> 1].astype(float)
    slow_m = length_m.sum() - length_m[0] * path.start_fraction
    slow_m -= length_m[-1] * (1 - path.end_fraction)
    assert leg.distance_m == pytest.approx(max(slow_m, 0), abs=1e-6)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), fractions, fractions)
def test_the_line_is_the_edges_joined_and_cut_at_both_ends(seed, start, end):
    """Equal to Shapely's substring of the joined edges, to 2 cm."""
    route, path = random_route(seed, start, end)
    network, leg = route.network, route.legs[0]
    scale = np.array([math.cos(math.radians(30.81)), 1.0]) * 6_371_008.8 * math.pi / 180
    parts = []
    for place, arc in enumerate(path.arcs):
        points = slice(*network.edge_first_point[[arc >> 1, (arc >> 1) + 1]])
        line = np.column_stack((network.point_lon_e7[points], network.point_lat_e7[points])) / E7
        line = LineString((line[::-1] if arc & 1 else line) * scale)
        low = path.start_fraction if place == 0 else 0.0
        high = path.end_fraction if place == len(path.arcs) - 1 else 1.0
        parts.append(substring(line, low, max(low, high), normalized=True))
    slow = [point for part in parts for point in part.coords]
    own = np.column_stack((leg.lon_e7, leg.lat_e7)) / E7 * scale
    assert np.abs(own[0] - slow[0]).max() < 0.02
    assert np.abs(own[-1] - slow[-1]).max() < 0.02
    own_line = LineString(own)
    slow_line = LineString(slow if len(slow) > 1 else slow * 2)
    assert own_line.hausdorff_distance(slow_line) < 0.03
    assert own_line.length == pytest.approx(slow_line.length, abs=0.03 * len(own))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), fractions, fractions)
def test_the_lines_of_steps_follow_each_other(seed, start, end):
    """Each step begins at the point where the one before ends, at its manoeuvre's place."""
    route, _ = random_route(seed, start, end)
    leg = route.legs[0]
    assert leg.steps[0].first_point == 0
    assert leg.steps[-1].last_point == len(leg.lon_e7) - 1
    for step, following in zip(leg.steps, leg.steps[1:], strict=False):
        assert step.last_point == following.first_point
    for step in leg.steps:
        assert step.lon == leg.lon_e7[step.first_point] / E7
        assert step.lat == leg.lat_e7[step.first_point] / E7
        assert step.first_arc == len(leg.arcs) or (
            leg.first_point[step.first_arc] == step.first_point
        )


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6))
def test_bearings_point_along_the_line(seed):
    """At each manoeuvre, before and after, to the rounding of short first pieces."""
    route, _ = random_route(seed, 0.0, 1.0)
    leg = route.legs[0]
    for step in leg.steps[1:-1]:
        here = step.first_point
        for at, other, bearing in (
            (here, here + 1, step.bearing_after_deg),
            (here - 1, here, step.bearing_before_deg),
        ):
            east = (leg.lon_e7[other] - leg.lon_e7[at]) * math.cos(math.radians(step.lat))
            north = leg.lat_e7[other] - leg.lat_e7[at]
            slow = math.degrees(math.atan2(east, north)) % 360
            # the grid's edges are straight, so the first piece is the whole edge
            assert abs((slow - bearing + 180) % 360 - 180) <= 1


def test_a_start_and_an_end_on_one_edge_in_driving_order():
    """A quarter to three quarters of 100 m: 50 m, half the time."""
    route = drive(LINE, "A-D", start=0.25, end=0.75)
    whole = drive(LINE, "A-D")
    assert route.distance_m == pytest.approx(whole.distance_m / 2, rel=1e-3)
    assert route.duration_ms == pytest.approx(whole.duration_ms / 2, abs=1)
    assert [step.type for step in route.steps] == ["depart", "arrive"]


def test_a_drive_of_no_length_is_a_line_of_two_equal_points():
    """The victim stands where the responder stands."""
    route = drive(LINE, "A-D", start=0.5, end=0.5)
    lon, lat = route.points()
    assert (len(lon), lon[0], lat[0]) == (2, lon[1], lat[1])
    assert (route.distance_m, route.duration_ms) == (0, 0)
    assert [step.type for step in route.steps] == ["depart", "arrive"]
    assert 0 <= route.steps[0].bearing_after_deg < 360


def test_a_drive_against_the_drawn_direction_runs_its_line_backwards():
    """Arc 2 * edge + 1 begins where the geometry ends."""
    there, back = drive(LINE, "A-D", end=0.3), drive(LINE, "D-A", start=0.7)
    assert there.points()[0].tolist() == pytest.approx(back.points()[0][::-1].tolist(), abs=2e-7)


def test_several_legs_are_joined_without_doubling_the_waypoint():
    """Two legs: depart, arrive, depart, arrive; one line through all."""
    grid = town("A----B----C----D", ["A-B primary name=东街", "B-C primary", "C-D primary"])
    route = drive(grid, "A-B-C", "C-D")
    assert [step.type for step in route.steps] == ["depart", "arrive", "depart", "arrive"]
    assert [step.is_final for step in route.steps] == [False, False, False, True]
    assert [step.waypoint for step in route.steps if step.type == "arrive"] == [1, 2]
    assert route.duration_ms == sum(leg.duration_ms for leg in route.legs)
    lon, _ = route.points()
    assert len(lon) == len(set(lon.tolist())) == 4


@pytest.mark.parametrize(
    ("letters", "side", "distance_m", "expected"),
    [
        ("A-D", 1, 12.0, "right"),
        ("A-D", -1, 12.0, "left"),
        ("D-A", 1, 12.0, "left"),
        ("D-A", -1, 12.0, "right"),
        ("A-D", 1, 1.0, None),
        ("A-D", 0, 12.0, None),
    ],
)
def test_the_side_of_the_road_is_that_of_the_driver(letters, side, distance_m, expected):
    """+1 is right of the geometry: left for who comes the other way; too near is neither."""
    edge = LINE.edge("A-D")
    drawn = int(LINE.arc("A-D")) % 2 == 0
    waypoints = RoadPositions.on_edges([edge, edge], [0.0, 1.0])
    waypoints.side[:] = side if drawn else -side
    waypoints.distance_m[:] = distance_m
    route = drive(LINE, letters, waypoints=waypoints)
    assert route.steps[-1].modifier == expected
    assert route.steps[0].modifier == expected


def test_the_requests_own_speeds_keep_the_duration_of_the_search():
    """A path searched on slower roads keeps its time; the steps share it out."""
    grid = town("A----B----C", ["A-B primary name=东街", "B-C primary name=西街"])
    metric = Metric.base(grid.network, "car")
    arcs = np.array([grid.arc("A-B"), grid.arc("B-C")], np.int32)
    path = RoadPath(arcs, 0.0, 1.0, 100_000)
    route = build_route(grid.network, metric, [path])
    assert sum(step.duration_ms for step in route.steps) == 100_000
    assert route.steps[0].duration_ms == pytest.approx(50_000, abs=2_000)


def test_standing_changes_are_in_the_times_of_the_steps():
    """A slow street is slow in its own step."""
    grid = town("A----B----C", ["A-B primary name=东街", "B-C primary name=西街"])
    slow = Metric.base(grid.network, "car").with_changes(
        RoadChanges(SpeedChange(edges=[grid.edge("B-C")], factor=0.5))
    )
    arcs = np.array([grid.arc("A-B"), grid.arc("B-C")], np.int32)
    path = RoadPath(arcs, 0.0, 1.0, slow_duration_ms(slow, arcs, 0.0, 1.0))
    before, after, _ = build_route(grid.network, slow, [path]).steps
    assert after.duration_ms == pytest.approx(2 * before.duration_ms, rel=0.05)


def test_the_summary_names_the_two_longest_roads_in_driving_order():
    """As OSRM does; a name counts all its stretches together."""
    grid = town(
        "A-----B--C------D----E",
        ["A-B primary name=东街", "B-C primary", "C-D primary ref=S102", "D-E primary name=西街"],
    )
    assert drive(grid, "A-B-C-D-E").legs[0].summary == "东街, S102"


def test_without_steps_there_are_none_and_no_summary():
    """As OSRM does with steps=false."""
    leg = drive(LINE, "A-D", steps=False).legs[0]
    assert (leg.steps, leg.summary) == ((), "")
    assert leg.distance_m > 0


def test_requests_that_make_no_route_are_refused_in_a_sentence():
    """No leg, an empty path, waypoints that do not fit, another map's metric, unknown options."""
    network = LINE.network
    metric = Metric.base(network, "car")
    path = path_of(network, "car", [LINE.arc("A-D")])
    with pytest.raises(RequestError, match="at least one leg"):
        build_route(network, metric, [])
    with pytest.raises(RequestError, match="without arcs"):
        build_route(network, metric, [RoadPath(np.empty(0, np.int32), 0.0, 1.0, 0)])
    with pytest.raises(RequestError, match="2 waypoints, not 1"):
        build_route(network, metric, [path], RoadPositions.on_edges([0], [0.0]))
    with pytest.raises(RequestError, match="another map"):
        build_route(random_town(1).network, metric, [path])
    with pytest.raises(RequestError, match="geometries is one of polyline, polyline6, geojson"):
        RouteOptions(geometries="wkt")
    with pytest.raises(RequestError, match="annotations is one of"):
        RouteOptions(annotations=frozenset(["congestion"]))
