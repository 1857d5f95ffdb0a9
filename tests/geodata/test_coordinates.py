"""Coordinates go from one system into another and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.coordinates import Crs, convert, distance_m, from_wgs84, to_wgs84
from geodata.errors import RequestError

SHIFTED_TOWNS = {
    "Wanzhou": (108.380, 30.810),
    "Kaizhou": (108.393, 31.161),
    "Beijing": (116.391, 39.907),
    "Kashgar": (75.990, 39.470),
    "Mohe": (122.370, 53.480),
    "Fuyuan": (134.290, 48.360),
    "Heihe": (127.500, 50.240),
    "Dandong": (124.380, 40.130),
    "Hunchun": (130.360, 42.860),
    "Khorgas": (80.400, 44.210),
    "Ruili": (97.850, 24.010),
    "Hekou": (103.950, 22.530),
    "Pingxiang": (106.750, 22.100),
    "Sanya": (109.510, 18.250),
    "Zhoushan": (122.200, 29.990),
    "Hong Kong": (114.160, 22.280),
    "Macau": (113.540, 22.190),
}

PLAIN_TOWNS = {
    "Seoul": (126.980, 37.570),
    "Pyongyang": (125.750, 39.030),
    "Vladivostok": (131.890, 43.120),
    "Khabarovsk": (135.070, 48.480),
    "Ulaanbaatar": (106.910, 47.920),
    "Almaty": (76.950, 43.240),
    "Kathmandu": (85.320, 27.710),
    "Hanoi": (105.850, 21.030),
    "Lao Cai": (103.970, 22.480),
    "Taipei": (121.560, 25.040),
    "Tokyo": (139.690, 35.690),
    "Heidelberg": (8.690, 49.410),
    "New York": (-74.000, 40.710),
    "a pole": (0.0, 90.0),
}

inside_china = st.tuples(st.floats(98.0, 118.0), st.floats(26.0, 40.0))


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("wgs84", "gcj02", (116.41024449916938, 39.91640428150164)),
        ("gcj02", "bd09", (116.41036949371029, 39.92133699351021)),
    ],
)
def test_a_point_in_beijing_lands_where_the_published_converters_put_it(source, target, expected):
    """The formulas agree with the values that the common converters print for 116.404, 39.915."""
    lon, lat = convert(116.404, 39.915, source, target)
    assert (float(lon), float(lat)) == pytest.approx(expected, abs=1e-9)


@given(inside_china, st.sampled_from([Crs.GCJ02, Crs.BD09]))
def test_a_point_comes_back_to_within_a_centimetre(point, crs):
    """The issue asks for 0.5 m; iteration reaches rounding."""
    assert distance_m(*point, *to_wgs84(*from_wgs84(*point, crs), crs)) < 0.01


@given(inside_china)
def test_between_the_two_chinese_systems_it_comes_back_too(point):
    """GCJ-02 into BD-09 and back is the same point."""
    assert distance_m(*point, *convert(*convert(*point, "gcj02", "bd09"), "bd09", "gcj02")) < 0.01


@pytest.mark.parametrize("town", SHIFTED_TOWNS)
@pytest.mark.parametrize("crs", [Crs.GCJ02, Crs.BD09])
def test_chinese_towns_are_shifted_by_less_than_two_kilometres(town, crs):
    """Border towns and islands included; and the shift is undone there."""
    point = SHIFTED_TOWNS[town]
    there = from_wgs84(*point, crs)
    assert 10 < distance_m(*point, *there) < 2000
    assert distance_m(*point, *to_wgs84(*there, crs)) < 0.01


@pytest.mark.parametrize("town", PLAIN_TOWNS)
@pytest.mark.parametrize("crs", [Crs.GCJ02, Crs.BD09])
def test_towns_elsewhere_are_the_same_in_every_system(town, crs):
    """Identity outside China, also where the usual rectangle would shift: Seoul, Hanoi, Taipei."""
    point = PLAIN_TOWNS[town]
    assert tuple(map(float, from_wgs84(*point, crs))) == point
    assert tuple(map(float, to_wgs84(*point, crs))) == point


def test_an_array_is_converted_as_its_points_one_by_one():
    """Vectorised: shape kept, inside and outside mixed, the input untouched."""
    lon = np.array([[116.4, -74.0], [108.38, 2.35]])
    lat = np.array([[39.9, 40.7], [30.81, 48.85]])
    before = lon.copy(), lat.copy()
    there = from_wgs84(lon, lat, "gcj02")
    assert there[0].shape == (2, 2)
    for at in np.ndindex(2, 2):
        one = from_wgs84(lon[at], lat[at], "gcj02")
        assert (there[0][at], there[1][at]) == (float(one[0]), float(one[1]))
    assert (lon == before[0]).all()
    assert (lat == before[1]).all()


def test_wgs84_into_itself_is_a_copy():
    """Nobody can change the caller's array through the result."""
    lon, lat = np.array([116.4]), np.array([39.9])
    out_lon, out_lat = convert(lon, lat, "wgs84", "wgs84")
    out_lon[0] = out_lat[0] = 0.0
    assert (lon[0], lat[0]) == (116.4, 39.9)


@pytest.mark.parametrize(
    ("lon", "lat", "said"),
    [
        (181.0, 0.0, "longitude"),
        (float("nan"), 0.0, "longitude"),
        (0.0, -90.5, "latitude"),
        (0.0, float("inf"), "latitude"),
        ([0.0, 1.0], [0.0], "2 longitudes but 1 latitudes"),
    ],
)
def test_a_number_that_is_no_coordinate_is_refused(lon, lat, said):
    """One sentence that names the range."""
    with pytest.raises(RequestError, match=said):
        to_wgs84(lon, lat, Crs.GCJ02)


def test_an_unknown_system_is_refused_with_the_known_ones():
    """The message names what may be sent."""
    with pytest.raises(RequestError, match="wgs84, gcj02, bd09"):
        to_wgs84(0.0, 0.0, "epsg4326")


def test_distances_are_those_of_the_sphere():
    """A quarter of the equator, and nothing between a point and itself."""
    assert distance_m(0.0, 0.0, 90.0, 0.0) == pytest.approx(10_007_557, abs=1)
    assert distance_m(108.4, 30.8, 108.4, 30.8) == 0.0
