"""What somebody who walks makes of ways. Notation as in the tests of the car."""

import pytest

from geodata.modes import MODES, judge_way

FOOT = MODES["foot"]


def seen(tags):
    verdict = judge_way(tags, FOOT)
    arrows = ">" * bool(verdict.forward_kph) + "<" * bool(verdict.backward_kph)
    return (arrows or "-") + "~" * verdict.no_through


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        *((kind, {"highway": kind}, "><") for kind in ("footway", "path", "steps", "pedestrian")),
        *((kind, {"highway": kind}, "><") for kind in ("primary", "residential", "service")),
        *((kind, {"highway": kind}, "><") for kind in ("track", "corridor", "bridleway", "road")),
        *((kind, {"highway": kind}, "-") for kind in ("motorway", "cycleway", "construction")),
        ("a national road through a village", {"highway": "trunk"}, "><"),
        ("an urban expressway", {"highway": "trunk", "oneway": "yes"}, "-"),
        ("with a pavement", {"highway": "trunk", "oneway": "yes", "sidewalk": "right"}, "><"),
        ("with leave", {"highway": "trunk", "motorroad": "yes", "foot": "yes"}, "><"),
        ("a motorway with leave", {"highway": "motorway", "foot": "designated"}, "><"),
        ("a cycleway for both", {"highway": "cycleway", "foot": "designated"}, "><"),
        ("a square", {"highway": "pedestrian", "area": "yes"}, "><"),
        ("a platform", {"railway": "platform"}, "><"),
        ("a bus platform", {"public_transport": "platform"}, "><"),
        ("a pier", {"man_made": "pier"}, "><"),
        ("a car park", {"amenity": "parking"}, "><"),
        ("a car park under ground", {"amenity": "parking", "parking": "underground"}, "-"),
        ("a ferry", {"route": "ferry"}, "><"),
        ("a car train", {"route": "shuttle_train"}, "-"),
        ("no walkers", {"highway": "residential", "foot": "no"}, "-"),
        ("nobody", {"highway": "footway", "access": "no"}, "-"),
        ("nobody but walkers", {"highway": "footway", "access": "no", "foot": "yes"}, "><"),
        ("no vehicles", {"highway": "residential", "vehicle": "no"}, "><"),
        ("private", {"highway": "footway", "access": "private"}, "><~"),
        ("the pavement is compulsory", {"highway": "primary", "foot": "use_sidepath"}, "-"),
        ("the pavement is mapped", {"highway": "primary", "sidewalk": "separate"}, "-"),
        (
            "the pavement is mapped on one side only",
            {"highway": "primary", "sidewalk:left": "separate", "sidewalk:right": "yes"},
            "><",
        ),
        (
            "mapped, but walking on the road is allowed",
            {"highway": "primary", "sidewalk:both": "separate", "foot": "yes"},
            "><",
        ),
        ("a one-way street", {"highway": "residential", "oneway": "yes"}, "><"),
        ("a roundabout", {"highway": "primary", "junction": "roundabout"}, "><"),
        ("a reversible road", {"highway": "primary", "oneway": "reversible"}, "><"),
        ("one way for walkers", {"highway": "footway", "oneway:foot": "yes"}, ">"),
        ("the other way for walkers", {"highway": "footway", "oneway:foot": "-1"}, "<"),
        ("the old order of words", {"highway": "footway", "foot:oneway": "yes"}, ">"),
        ("an escalator up", {"highway": "steps", "conveying": "forward"}, ">"),
        ("an escalator down", {"highway": "steps", "conveying": "backward"}, "<"),
        ("one direction closed", {"highway": "footway", "foot:backward": "no"}, ">"),
        ("works on a street", {"highway": "residential", "construction": "yes"}, "><"),
        ("a climb", {"highway": "path", "sac_scale": "difficult_alpine_hiking"}, "-"),
    ],
)
def test_walkers_go_almost_everywhere(claim, tags, expected):
    """Where there is a pavement, a path or no traffic, and no sign against them."""
    assert seen(tags) == expected, claim


@pytest.mark.parametrize(
    ("slower", "faster"),
    [
        ({"highway": "steps"}, {"highway": "footway"}),
        ({"highway": "path", "surface": "mud"}, {"highway": "path"}),
        ({"highway": "path", "sac_scale": "mountain_hiking"}, {"highway": "path"}),
        ({"highway": "footway"}, {"route": "ferry"}),
    ],
)
def test_hard_ground_is_slower(slower, faster):
    """Steps, mud and mountains."""
    assert judge_way(slower, FOOT).forward_kph < judge_way(faster, FOOT).forward_kph


def test_a_speed_limit_does_not_hurry_walkers():
    """They walk as fast on any street."""
    assert judge_way({"highway": "primary", "maxspeed": "80"}, FOOT).forward_kph == 4.8
