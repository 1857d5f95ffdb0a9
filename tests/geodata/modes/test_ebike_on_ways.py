"""What a courier's e-bike makes of ways.

``r`` ridden, ``p`` pushed, ``-`` closed; first along the way, then against it; ``~`` on business.
"""

import pytest

from geodata.modes import MODES, judge_way
from geodata.network import Manner

EBIKE, FOOT = MODES["ebike"], MODES["foot"]
ONE_WAY = {"highway": "residential", "oneway": "yes"}


def seen(tags):
    verdict = judge_way(tags, EBIKE)
    words = ""
    for kph, manner in (
        (verdict.forward_kph, verdict.forward_manner),
        (verdict.backward_kph, verdict.backward_manner),
    ):
        words += "-" if not kph else "p" if manner is Manner.PUSHING else "r"
    return words + "~" * verdict.no_through


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        ("a cycleway", {"highway": "cycleway"}, "rr"),
        ("a street", {"highway": "residential"}, "rr"),
        ("a main road", {"highway": "primary"}, "rr"),
        ("a path", {"highway": "path"}, "rr"),
        ("a farm track", {"highway": "track"}, "rr"),
        ("a motorway", {"highway": "motorway"}, "--"),
        ("a motorway's slip road", {"highway": "motorway_link"}, "--"),
        ("a motorway that allows bicycles", {"highway": "motorway", "bicycle": "yes"}, "r-"),
        ("a national road through a village", {"highway": "trunk"}, "rr"),
        ("an urban expressway", {"highway": "trunk", "oneway": "yes"}, "--"),
        ("an expressway by its tag", {"highway": "primary", "expressway": "yes"}, "--"),
        ("a motor road", {"highway": "trunk", "motorroad": "yes"}, "--"),
        ("an expressway's slip road", {"highway": "trunk_link"}, "--"),
        (
            "an expressway that names bicycles",
            {"highway": "trunk", "oneway": "yes", "bicycle": "yes"},
            "r-",
        ),
        (
            "an expressway with a lane for them",
            {"highway": "trunk", "oneway": "yes", "cycleway": "track", "foot": "no"},
            "r-",
        ),
        ("a footway is pushed along", {"highway": "footway"}, "pp"),
        ("a footway that allows riding", {"highway": "footway", "bicycle": "yes"}, "rr"),
        ("a walking street", {"highway": "pedestrian"}, "pp"),
        ("a walking street that forbids even that", {"highway": "pedestrian", "foot": "no"}, "--"),
        ("no bicycles", {"highway": "residential", "bicycle": "no"}, "pp"),
        ("get off", {"highway": "cycleway", "bicycle": "dismount", "foot": "yes"}, "pp"),
        ("no vehicles", {"highway": "residential", "vehicle": "no"}, "pp"),
        ("no motor vehicles", {"highway": "residential", "motor_vehicle": "no"}, "rr"),
        ("no access", {"highway": "residential", "access": "no"}, "--"),
        ("no access but on foot", {"highway": "path", "access": "no", "foot": "yes"}, "pp"),
        ("no access but bicycles", {"highway": "path", "access": "no", "bicycle": "yes"}, "rr"),
        ("e-bikes barred", {"highway": "cycleway", "electric_bicycle": "no"}, "--"),
        ("e-bikes named", {"highway": "path", "bicycle": "no", "electric_bicycle": "yes"}, "rr"),
        ("private", {"highway": "service", "access": "private"}, "rr~"),
        ("the path beside is compulsory", {"highway": "primary", "bicycle": "use_sidepath"}, "pp"),
        ("the path beside is mapped", {"highway": "primary", "cycleway": "separate"}, "pp"),
        ("mapped on one side", {"highway": "primary", "cycleway:right": "separate"}, "pp"),
        (
            "mapped on one side, a lane on the other",
            {"highway": "primary", "cycleway:right": "separate", "cycleway:left": "lane"},
            "rr",
        ),
        (
            "mapped, but riding on the road is allowed",
            {"highway": "primary", "cycleway": "separate", "bicycle": "yes"},
            "rr",
        ),
        ("steps", {"highway": "steps"}, "--"),
        ("steps with a ramp", {"highway": "steps", "ramp": "yes"}, "pp"),
        ("steps with a groove", {"highway": "steps", "ramp:bicycle": "yes"}, "pp"),
        ("a ramp mapped elsewhere", {"highway": "steps", "ramp": "separate"}, "--"),
        ("a lift", {"highway": "elevator"}, "--"),
        ("a hiking trail", {"highway": "path", "sac_scale": "mountain_hiking"}, "--"),
        ("a jump track", {"highway": "path", "mtb:scale": "4"}, "--"),
        ("a bus road", {"highway": "busway"}, "--"),
        ("a bus road shared", {"highway": "busway", "bicycle": "yes"}, "rr"),
        ("a quay", {"man_made": "pier"}, "pp"),
        ("a railway platform", {"railway": "platform"}, "pp"),
        ("a car park", {"amenity": "parking"}, "rr"),
        ("works", {"highway": "residential", "construction": "yes"}, "pp"),
        ("a ferry", {"route": "ferry"}, "rr"),
        ("a ferry without bicycles", {"route": "ferry", "bicycle": "no"}, "--"),
        (
            "a street that only residents' bicycles enter from one end",
            {"highway": "residential", "vehicle:backward": "residents"},
            "rp",
        ),
    ],
)
def test_an_ebike_rides_where_bicycles_may_and_is_pushed_where_walkers_may(claim, tags, expected):
    """By law it is a bicycle; by weight nobody carries it."""
    assert seen(tags) == expected, claim


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        ("against the street it is pushed", {}, "rp"),
        ("bicycles both ways", {"oneway:bicycle": "no"}, "rr"),
        ("bicycles both ways, the old order", {"bicycle:oneway": "no"}, "rr"),
        ("bicycles the other way", {"oneway:bicycle": "-1"}, "pr"),
        ("a contraflow lane", {"cycleway": "opposite_lane"}, "rr"),
        ("a contraflow track", {"cycleway:left": "opposite_track"}, "rr"),
        ("a lane on the left that runs back", {"cycleway:left:oneway": "-1"}, "rr"),
        ("a path both ways", {"cycleway:left": "track", "cycleway:left:oneway": "no"}, "rr"),
        ("a lane along the street", {"cycleway:right": "lane"}, "rp"),
        ("bicycles named for the way back", {"bicycle:backward": "yes"}, "rr"),
        ("a bus lane against", {"busway": "opposite_lane"}, "rp"),
        ("cars two ways, bicycles one", {"oneway": "no", "oneway:bicycle": "yes"}, "rp"),
        ("a roundabout", {"junction": "roundabout"}, "rp"),
        ("no walkers either", {"foot": "no"}, "r-"),
    ],
)
def test_one_way_streets_hold_for_ebikes_unless_they_have_a_lane(claim, tags, expected):
    """Whoever rides against gets off."""
    assert seen({**ONE_WAY, **tags}) == expected, claim


def test_no_tag_makes_an_ebike_faster_than_the_standard_allows():
    """GB 17761: 25 km/h."""
    for kind in EBIKE.road_kph:
        if kind != "ferry":
            tags = {"highway": kind, "maxspeed": "120", "bicycle": "yes"}
            assert 0 < judge_way(tags, EBIKE).forward_kph <= 25


def test_pushing_is_slower_than_walking():
    """Fifty-five kilograms."""
    pushed = judge_way({"highway": "footway"}, EBIKE).forward_kph
    assert 3 < pushed < judge_way({"highway": "footway"}, FOOT).forward_kph


def test_sand_slows_the_push():
    """Where wheels sink, pushing sinks too."""
    assert judge_way({"highway": "footway", "surface": "sand"}, EBIKE).forward_kph <= 3


def test_every_way_for_walkers_is_in_the_table_of_the_ebike():
    """Otherwise a way on which it could be pushed would be missed."""
    known = {*EBIKE.road_kph, *EBIKE.opened_kph}
    assert set(FOOT.road_kph) <= known
    assert set(FOOT.opened_kph) - known == {"escape"}
