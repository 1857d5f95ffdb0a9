"""Encoded polylines against a decoder written from the format's description."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import RequestError
from geodata.routes.polyline import decode_polyline, encode_polyline


def slow_decode(text: str, precision: int) -> list[tuple[float, float]]:
    """(latitude, longitude) pairs, read character by character."""
    numbers, bits, shift = [], 0, 0
    for character in text:
        piece = ord(character) - 63
        bits |= (piece & 31) << shift
        shift += 5
        if piece < 32:
            numbers.append(-(bits >> 1) - 1 if bits & 1 else bits >> 1)
            bits = shift = 0
    pairs, lat, lon = [], 0, 0
    for d_lat, d_lon in zip(numbers[::2], numbers[1::2], strict=True):
        lat, lon = lat + d_lat, lon + d_lon
        pairs.append((lat / 10**precision, lon / 10**precision))
    return pairs


points = st.lists(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(points, st.sampled_from([5, 6]))
def test_what_is_encoded_is_read_back_within_half_a_unit(line, precision):
    """Both by the slow decoder and by our own."""
    lon, lat = np.array(line).T
    text = encode_polyline(lon, lat, precision)
    slow_lat, slow_lon = np.array(slow_decode(text, precision)).T
    half = 0.5 / 10**precision + 1e-7
    assert np.abs(slow_lon - lon).max() <= half
    assert np.abs(slow_lat - lat).max() <= half
    own_lon, own_lat = decode_polyline(text, precision)
    assert own_lon.tolist() == slow_lon.tolist()
    assert own_lat.tolist() == slow_lat.tolist()


def test_the_published_example_is_encoded_as_published():
    """The three points of the format's own description."""
    lat, lon = [38.5, 40.7, 43.252], [-120.2, -120.95, -126.453]
    assert encode_polyline(lon, lat) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


def test_an_empty_line_is_an_empty_text():
    """No points, no characters, both ways."""
    assert encode_polyline([], []) == ""
    assert [len(part) for part in decode_polyline("")] == [0, 0]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("_p~iF~ps|", 10),  # breaks off within a number
        ("_p~iF", 6),  # breaks off between latitude and longitude
        ("_p iF~ps|U", 3),  # a blank is no character of the alphabet
        ("\x7f?", 1),
        ("~" * 20, 9),  # a number without end
    ],
)
def test_a_broken_text_is_refused_with_the_place(text, place):
    """The message says where to look."""
    with pytest.raises(RequestError, match=rf"at place {place};"):
        decode_polyline(text)


def test_letters_beyond_ascii_are_refused():
    """A polyline that went through the wrong encoding."""
    with pytest.raises(RequestError, match="ASCII"):
        decode_polyline("_p~iF万州")


def test_a_line_off_the_globe_asks_about_the_precision():
    """Six decimals read as five give ten times the coordinates."""
    text = encode_polyline([108.38], [30.81], 6)
    with pytest.raises(RequestError, match="another precision than 5"):
        decode_polyline(text, 5)


def test_other_precisions_are_refused():
    """Only 5 and 6 exist."""
    with pytest.raises(RequestError, match="5 or 6"):
        encode_polyline([1.0], [1.0], 7)
