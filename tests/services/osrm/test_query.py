"""A routing address is read as OSRM's server reads it, and refused with its words."""

from __future__ import annotations

import contextlib
import math
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.routes.polyline import encode_polyline
from services.errors import OsrmError
from services.osrm.query import Bearing, RoutingQuery, parse_address


def read(address: str) -> RoutingQuery:
    path, _, query = address.partition("?")
    return parse_address(path.encode(), query.encode())


def refused(address: str) -> tuple[str, str]:
    with pytest.raises(OsrmError) as caught:
        read(address)
    return caught.value.code, caught.value.message


def test_a_plain_route_request_is_read():
    """Coordinates are lon,lat; everything not said has OSRM's default."""
    query = read("/route/v1/driving/108.4,30.8;108.5,30.9")
    assert (query.service, query.mode) == ("route", "car")
    assert (query.lon, query.lat) == ((108.4, 108.5), (30.8, 30.9))
    assert query.geometries == "polyline"
    assert query.overview == "simplified"
    assert query.continue_straight is None
    assert query.steps is False
    assert query.alternatives == 0
    assert query.generate_hints is True


@pytest.mark.parametrize(
    ("profile", "mode"),
    [
        ("driving", "car"),
        ("car", "car"),
        ("police", "police"),
        ("bike", "ebike"),
        ("ebike", "ebike"),
        ("foot", "foot"),
        ("walking", "foot"),
    ],
)
def test_profile_names_of_osrm_mean_our_modes(profile, mode):
    """OSRM's usual profile names work beside our own."""
    assert read(f"/nearest/v1/{profile}/1,2").mode == mode


def test_what_leaflet_routing_machine_sends_is_read():
    """The address that the browser plugin makes, hints with empty places included."""
    query = read(
        "/route/v1/driving/108.40,30.80;108.41,30.81;108.42,30.82"
        "?overview=false&alternatives=true&steps=true&hints=;KSoKADRYroq_-w==;"
    )
    assert query.alternatives == 1
    assert query.hints == (None, "KSoKADRYroq_-w==", None)
    assert query.steps
    assert query.overview == "false"


def test_what_vroom_sends_is_read():
    """The two addresses that VROOM 1.15 makes, as recorded, and the older form of the table."""
    query = read(
        "/table/v1/car/8.600000,49.400000;8.700000,49.400000"
        "?annotations=duration,distance&radiuses=35000;35000"
    )
    assert query.annotations == ("duration", "distance")
    assert query.sources == ()
    assert query.radiuses_m == (35_000.0, 35_000.0)
    query = read(
        "/route/v1/car/8.600000,49.400000;8.700000,49.400000?alternatives=false&steps=false"
        "&overview=full&continue_straight=false&radiuses=35000;35000"
    )
    assert (query.alternatives, query.steps, query.overview) == (0, False, "full")
    assert query.continue_straight is False
    query = read("/table/v1/car/8.6,49.4;8.7,49.4;8.7,49.5.json?sources=0;2&destinations=all")
    assert (query.sources, query.destinations) == ((0, 2), ())


def test_every_option_of_each_service_is_read():
    """Each documented option arrives in the question."""
    query = read(
        "/route/v1/car/1,2;3,4?radiuses=unlimited;25.5&bearings=0,20;360,180&approaches=curb;"
        "&exclude=toll,ferry&generate_hints=false&skip_waypoints=true&snapping=any"
        "&alternatives=3&steps=false&annotations=nodes,speed&geometries=geojson&overview=full"
        "&continue_straight=false&waypoints=0;1&language=zh"
    )
    assert query.radiuses_m == (math.inf, 25.5)
    assert query.bearings == (Bearing(0, 20), Bearing(360, 180))
    assert query.approaches == ("curb", None)
    assert query.exclude == ("toll", "ferry")
    assert (query.generate_hints, query.skip_waypoints, query.snapping) == (False, True, "any")
    assert (query.alternatives, query.annotations) == (3, ("nodes", "speed"))
    assert (query.geometries, query.overview) == ("geojson", "full")
    assert (query.continue_straight, query.waypoints, query.language) == (False, (0, 1), "zh")
    query = read(
        "/table/v1/car/1,2;3,4?fallback_speed=10.5&fallback_coordinate=snapped&scale_factor=1.5"
    )
    assert query.fallback_speed_mps == 10.5
    assert (query.fallback_coordinate, query.scale_factor) == ("snapped", 1.5)
    assert read("/nearest/v1/car/1,2?number=7").number == 7


@pytest.mark.parametrize("text", ["1.", "1.0", "1", "1e0"])
def test_a_number_may_end_in_its_point(text):
    """As some programs write whole degrees; OSRM reads it too."""
    assert read(f"/nearest/v1/car/{text},2").lon == (1.0,)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-17_999_999, 17_999_999), st.integers(-8_999_999, 8_999_999)),
        min_size=2,
        max_size=20,
    ),
    st.booleans(),
)
def test_a_polyline_is_the_same_as_its_coordinates(points, encoded_url):
    """polyline(...) works percent-encoded and as plain as HTTP lets it through."""
    lon = [x / 100_000 for x, _ in points]
    lat = [y / 100_000 for _, y in points]
    text = encode_polyline(lon, lat)
    address = f"/table/v1/car/polyline({quote(text) if encoded_url else text})"
    query = read(address + "?sources=0")
    assert query.lon == pytest.approx(lon, abs=1e-9)
    assert query.lat == pytest.approx(lat, abs=1e-9)
    assert query.sources == (0,)


def test_polyline6_has_six_decimals():
    """The finer form that OSRM also reads."""
    text = encode_polyline([8.123456, 8.2], [49.654321, 49.7], precision=6)
    query = read(f"/route/v1/car/polyline6({quote(text)})")
    assert query.lon[0] == pytest.approx(8.123456, abs=1e-9)


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        ("/route", "InvalidUrl", 'URL string malformed close to position 6: "ute"'),
        ("/route/v1/car", "InvalidUrl", 'URL string malformed close to position 13: "car"'),
        ("/route/v1/car/", "InvalidUrl", 'URL string malformed close to position 14: "ar/"'),
        ("/route/car/1,2;3,4", "InvalidUrl", 'malformed close to position 7: "te/car"'),
        ("/route/vx/car/1,2;3,4", "InvalidUrl", 'malformed close to position 8: "e/vx/c"'),
        ("/route/v1.0/car/1,2;3,4", "InvalidUrl", 'malformed close to position 9: "/v1.0/"'),
        ("/route/v1/1,2;3,4", "InvalidUrl", 'malformed close to position 11: "1/1,2;"'),
        ("/route/v1/a%20car/1,2;3,4", "InvalidUrl", 'close to position 11: "1/a ca"'),
        ("/route/v1/car/1,2;3,4/", "InvalidUrl", 'close to position 21: "3,4/"'),
        ("/match/v1/car/1,2;3,4", "InvalidService", "Service match not found!"),
        ("/route/v2/car/1,2;3,4", "InvalidVersion", "2 not found"),
        ("/route/v1/car/1,2;3", "InvalidQuery", "close to position 19"),
        ("/route/v1/car/1,2;3,x", "InvalidQuery", "close to position 20"),
        ("/route/v1/car/x,2;3,4", "InvalidQuery", "close to position 14"),
        ("/route/v1/car/1,2;nan,4", "InvalidQuery", "close to position 17"),
        ("/route/v1/car/1,2;false,4", "InvalidQuery", "close to position 17"),
        ("/route/v1/car/1,2;3,4;", "InvalidQuery", "close to position 21"),
        ("/route/v1/car/1,2;3,4?steps=maybe", "InvalidQuery", "close to position 28"),
        ("/route/v1/car/1,2;3,4?stairs=true", "InvalidQuery", "close to position 22"),
        ("/route/v1/car/1,2;3,4?number=1", "InvalidQuery", "close to position 22"),
        ("/route/v1/car/1,2;3,4?steps", "InvalidQuery", "close to position 22"),
        ("/route/v1/car/1,2;3,4?steps=true&", "InvalidQuery", "close to position 32"),
        ("/route/v1/car/1,2;3,4?steps=true&foo=bar", "InvalidQuery", "close to position 32"),
        ("/route/v1/car/1,2;3,4?waypoints=all", "InvalidQuery", "close to position 32"),
        ("/route/v1/car/1,2;3,4.xml", "InvalidQuery", "close to position 21"),
        ("/route/v1/car/1,2;3,4?hints=%3Cscript%3E;", "InvalidUrl", 'position 28: "ts=<sc"'),
        ("/route/v1/car/polyline(%01)", "InvalidUrl", "close to position 23"),
        ("/route/v1/car/polyline()", "InvalidQuery", "close to position"),
        ("/route/v1/car/1,2;3,4.flatbuffers", "NotImplemented", "json"),
        ("/route/v1/car/1,2", "InvalidOptions", "Number of coordinates needs to be at least two."),
        ("/table/v1/car/1,2", "InvalidOptions", "Number of coordinates needs to be at least two."),
        (
            "/route/v1/car/1,2;3,4?bearings=0,20",
            "InvalidOptions",
            "Number of elements in bearings size 1 does not match coordinate size 2",
        ),
        (
            "/route/v1/car/1,2;3,4?radiuses=1;2;3",
            "InvalidOptions",
            "Number of elements in radiuses size 3 does not match coordinate size 2",
        ),
        ("/route/v1/car/1,2;3,4?radiuses=-1;2", "InvalidOptions", "negative"),
        ("/route/v1/car/1,2;3,4?bearings=361,2;", "InvalidOptions", "0 to 360"),
        ("/route/v1/car/1,2;3,4?bearings=-1,2;", "InvalidOptions", "0 to 360"),
        ("/route/v1/car/1,2;3,4?bearings=1,-2;", "InvalidOptions", "0 to 360"),
        ("/table/v1/car/1,2;3,4?sources=2", "InvalidOptions", "sources"),
        ("/table/v1/car/1,2;3,4?fallback_speed=0", "InvalidOptions", "fallback_speed"),
        ("/table/v1/car/1,2;3,4?scale_factor=0", "InvalidOptions", "scale_factor"),
        ("/nearest/v1/car/1,2;3,4", "InvalidOptions", "Only one input coordinate is supported"),
        ("/nearest/v1/car/1,2?number=0", "InvalidOptions", "at least one"),
        ("/route/v1/car/181,2;3,4", "InvalidValue", "Invalid coordinate value."),
        ("/route/v1/car/1e400,2;3,4", "InvalidValue", "Invalid coordinate value."),
        ("/table/v1/car/1,91;3,4", "InvalidOptions", "Coordinates are invalid"),
        (
            "/route/v1/car/1,2;3,4;5,6?waypoints=0;1",
            "InvalidValue",
            "First and last coordinates must be specified as waypoints.",
        ),
        ("/route/v1/car/1,2;3,4;5,6?waypoints=0;0;2", "InvalidValue", "rising order"),
    ],
)
def test_what_osrm_refuses_is_refused_with_its_code(address, code, message):
    """Code strings are part of the contract; messages name the place or the rule."""
    found_code, found_message = refused(address)
    assert found_code == code
    assert message in found_message


@settings(deadline=None)
@given(st.text(max_size=80))
def test_no_address_is_more_than_refused(rest):
    """Whatever follows the profile, the end is a question or an OSRM error, never a crash."""
    with contextlib.suppress(OsrmError):
        assert read("/route/v1/car/" + quote(rest, safe=";,?=&().%")).service == "route"
