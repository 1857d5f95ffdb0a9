"""One-way streets in all their spellings."""

import pytest

from geodata.tags.oneway import (
    OneWay,
    carriageway_one_way,
    conveys,
    has_contraflow_lane,
    read_one_way,
)

FORWARD, BACKWARD, BOTH = OneWay.FORWARD, OneWay.BACKWARD, OneWay.BOTH


@pytest.mark.parametrize(
    ("written", "said"),
    [
        *((word, FORWARD) for word in ("yes", "true", "1", "YES", " yes ")),
        *((word, BACKWARD) for word in ("-1", "reverse", "backward")),
        *((word, BOTH) for word in ("no", "false", "0")),
        ("reversible", OneWay.REVERSIBLE),
        ("alternating", OneWay.ALTERNATING),
        *((word, None) for word in ("", "maybe", "yes;no")),
    ],
)
def test_one_way_is_read_in_every_spelling(written, said):
    """Six spellings of a direction, two of change, and None for what is not understood."""
    assert read_one_way(written) is said


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"highway": "residential"}, BOTH),
        ({"highway": "motorway"}, FORWARD),
        ({"highway": "motorway", "oneway": "no"}, BOTH),
        ({"highway": "motorway", "oneway": "-1"}, BACKWARD),
        ({"highway": "motorway_link"}, BOTH),
        ({"highway": "trunk"}, BOTH),
        ({"highway": "tertiary", "junction": "roundabout"}, FORWARD),
        ({"highway": "tertiary", "junction": "circular"}, FORWARD),
        ({"highway": "tertiary", "junction": "jughandle"}, BOTH),
        ({"highway": "tertiary", "junction": "roundabout", "oneway": "no"}, BOTH),
        ({"highway": "tertiary", "junction": "roundabout", "oneway": "maybe"}, FORWARD),
    ],
)
def test_motorways_and_roundabouts_are_one_way_without_saying_so(tags, said):
    """What the tag says goes before what the kind of road implies."""
    assert carriageway_one_way(tags) is said


@pytest.mark.parametrize(
    ("tags", "against"),
    [
        ({"cycleway": "opposite"}, True),
        ({"cycleway": "opposite_lane"}, True),
        ({"cycleway:left": "opposite_track"}, True),
        ({"cycleway:left": "lane", "cycleway:left:oneway": "-1"}, True),
        ({"cycleway:left": "track", "cycleway:left:oneway": "no"}, True),
        ({"cycleway:both": "lane"}, False),
        ({"cycleway": "lane"}, False),
        ({"cycleway:right": "track", "cycleway:right:oneway": "yes"}, False),
        ({"busway": "opposite_lane"}, False),
    ],
)
def test_a_contraflow_cycleway_is_seen(tags, against):
    """The old ``opposite`` values and the newer one-way tag of the lane itself."""
    assert has_contraflow_lane(tags, "bicycle") is against


@pytest.mark.parametrize(
    ("tags", "carries"),
    [
        ({"highway": "steps", "conveying": "forward"}, FORWARD),
        ({"highway": "steps", "conveying": "backward"}, BACKWARD),
        ({"highway": "steps", "conveying": "reversible"}, BOTH),
        ({"highway": "steps", "conveying": "yes"}, BOTH),
        ({"highway": "steps", "conveying": "forward", "oneway": "no"}, BOTH),
        ({"highway": "residential", "conveying": "forward"}, BOTH),
    ],
)
def test_an_escalator_carries_one_way(tags, carries):
    """Only stairs and walkways convey; ``oneway=no`` says that one may walk against it."""
    assert conveys(tags) is carries
