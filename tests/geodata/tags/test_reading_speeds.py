"""Speed limits as mappers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.tags.speeds import NO_LIMIT_KPH, limit_kph, limit_warnings, parse_speed_kph


@pytest.mark.parametrize(
    ("written", "kph"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("50km/h", 50),
        ("50 kmh", 50),
        ("50 kph", 50),
        ("7.5", 7.5),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("walk", 6),
        ("none", NO_LIMIT_KPH),
        ("CN:urban", 50),
        ("CN:rural", 70),
        ("CN:motorway", 120),
        ("cn:urban", 50),
        ("DE:urban", 50),
        ("DE:rural", 100),
        ("DE:motorway", NO_LIMIT_KPH),
        ("DE:zone:30", 30),
        ("DE:zone30", 30),
        ("FR:30", 30),
        ("DE:walk", 6),
        ("DE:living_street", 6),
        ("RU:living_street", 20),
        ("RU:urban", 60),
        ("GB:nsl_dual", 112.65408),
        ("GB:nsl_single", 96.56064),
        ("BE-VLG:rural", 70),
        ("XX:urban", 50),
        ("DE:bicycle_road", 30),
        ("50;30", 30),
        ("signals;80", 80),
        ("signals", None),
        ("variable", None),
        ("0", None),
        ("-20", None),
        ("4000", None),
        ("CN:somewhere", None),
        ("", None),
    ],
)
def test_a_limit_is_read_in_kph(written, kph):
    """Units, walking pace, no limit, and zones of a country's law."""
    assert parse_speed_kph(written) == (None if kph is None else pytest.approx(kph))


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({}, None, None),
        ({"maxspeed": "60"}, 60, 60),
        ({"maxspeed": "60", "maxspeed:forward": "40"}, 40, 60),
        ({"maxspeed:backward": "30"}, None, 30),
        ({"maxspeed": "60", "maxspeed:advisory": "40"}, 40, 40),
        ({"maxspeed": "40", "maxspeed:advisory": "60"}, 40, 40),
        ({"maxspeed:type": "CN:urban"}, 50, 50),
        ({"source:maxspeed": "CN:rural"}, 70, 70),
        ({"maxspeed": "signals", "source:maxspeed": "CN:motorway"}, 120, 120),
        ({"maxspeed": "30", "maxspeed:type": "CN:urban"}, 30, 30),
    ],
)
def test_each_direction_has_its_own_limit(tags, forward, backward):
    """The tag for the direction goes first, then the one for both, then the zone."""
    assert (limit_kph(tags, "forward"), limit_kph(tags, "backward")) == (forward, backward)


def test_a_limit_that_is_not_understood_is_warned_about():
    """A typing error is named; words that say "it varies" are not."""
    (warning,) = limit_warnings({"maxspeed": "fivty"})
    assert "fivty" in warning
    assert limit_warnings({"maxspeed": "signals", "maxspeed:forward": "50"}) == ()


@given(st.text(max_size=30))
def test_no_text_makes_the_parser_fail(text):
    """The answer is None or a speed that something can drive."""
    kph = parse_speed_kph(text)
    assert kph is None or 0 < kph <= 300
