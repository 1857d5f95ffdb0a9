"""Lengths, weights and durations as mappers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.tags.measures import parse_duration_s, parse_metres, parse_tonnes


@pytest.mark.parametrize(
    ("written", "metres"),
    [
        ("2", 2.0),
        ("2.1", 2.1),
        ("2,1 m", 2.1),
        ("3 metres", 3.0),
        ("210 cm", 2.1),
        ("7'", 2.1336),
        ("6'7\"", 2.00660),
        ("7 ft 6 in", 2.286),
        ('80"', 2.032),
        ("default", None),
        ("none", None),
        ("below_default", None),
        ("", None),
        ("-3", None),
        ("two", None),
    ],
)
def test_a_length_is_read_in_metres(written, metres):
    """Metric and imperial spellings give metres; words that are no length give nothing."""
    assert parse_metres(written) == (None if metres is None else pytest.approx(metres, abs=1e-4))


@pytest.mark.parametrize(
    ("written", "tonnes"),
    [
        ("3.5", 3.5),
        ("3,5 t", 3.5),
        ("1500 kg", 1.5),
        ("8000 lbs", 3.62874),
        ("10 st", 9.07185),
        ("2 lt", 2.03209),
        ("40 cwt", 2.03209),
        ("unsigned", None),
        ("", None),
    ],
)
def test_a_weight_is_read_in_tonnes(written, tonnes):
    """A bare number is tonnes, as the key's documentation says."""
    assert parse_tonnes(written) == (None if tonnes is None else pytest.approx(tonnes, abs=1e-4))


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("20", 1200),
        ("20 min", 1200),
        ("20 minutes", 1200),
        ("7.5", 450),
        ("0:20", 1200),
        ("00:20", 1200),
        ("1:30", 5400),
        ("00:20:30", 1230),
        ("PT20M", 1200),
        ("PT1H30M", 5400),
        ("P1DT2H", 93_600),
        ("2 h", 7200),
        ("1 h 30 min", 5400),
        ("0", None),
        ("00:00", None),
        ("1:75", None),
        ("a:b", None),
        ("1:2:3:4", None),
        ("P30D", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_duration_is_read_in_seconds(written, seconds):
    """A bare number is minutes; nothing and more than a week are no duration."""
    assert parse_duration_s(written) == seconds


@given(st.text(max_size=30))
def test_no_text_makes_a_parser_fail(text):
    """Whatever a mapper typed, the answer is a number or None."""
    for parse in (parse_metres, parse_tonnes, parse_duration_s):
        value = parse(text)
        assert value is None or value >= 0
