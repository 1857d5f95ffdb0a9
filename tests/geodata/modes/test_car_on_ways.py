"""What a car makes of ways: every case is one claim, its tags, and the two directions.

``><`` both ways, ``>`` along only, ``<`` against only, ``-`` closed; ``~`` after it: only for
those who have business there.
"""

import pytest

from geodata.modes import MODES, judge_way
from geodata.network import Manner

CAR = MODES["car"]
STREET = {"highway": "residential"}


def seen(tags, mode=CAR):
    """The verdict in the notation of the tables below."""
    verdict = judge_way(tags, mode)
    arrows = ">" * bool(verdict.forward_kph) + "<" * bool(verdict.backward_kph)
    return (arrows or "-") + "~" * verdict.no_through


KINDS = [
    *((kind, "><") for kind in ("trunk", "trunk_link", "primary", "primary_link", "secondary")),
    *((kind, "><") for kind in ("secondary_link", "tertiary", "tertiary_link", "unclassified")),
    *((kind, "><") for kind in ("residential", "living_street", "service", "road")),
    ("motorway", ">"),
    ("motorway_link", "><"),
    *((kind, "-") for kind in ("footway", "cycleway", "path", "bridleway", "steps", "track")),
    *((kind, "-") for kind in ("pedestrian", "corridor", "busway", "bus_guideway", "raceway")),
    *((kind, "-") for kind in ("construction", "proposed", "planned", "abandoned", "razed")),
    *((kind, "-") for kind in ("platform", "elevator", "escape", "rest_area", "via_ferrata", "")),
]


@pytest.mark.parametrize(("kind", "expected"), KINDS)
def test_a_car_uses_roads_and_nothing_else(kind, expected):
    """Without further tags the kind of road decides."""
    assert seen({"highway": kind}) == expected


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        ("no access at all", {"access": "no"}, "-"),
        ("private ground is for its own", {"access": "private"}, "><~"),
        ("destination only", {"access": "destination"}, "><~"),
        ("delivery only", {"motor_vehicle": "delivery"}, "><~"),
        ("customers only", {"access": "customers"}, "><~"),
        ("with a permit", {"access": "permit"}, "><~"),
        ("residents only", {"vehicle": "residents"}, "><~"),
        ("nobody knows", {"access": "unknown"}, "><~"),
        ("tolerated", {"access": "permissive"}, "><"),
        ("farmers only", {"access": "agricultural"}, "-"),
        ("foresters only", {"motor_vehicle": "forestry"}, "-"),
        ("emergency services only", {"access": "emergency"}, "-"),
        ("buses only", {"access": "psv"}, "-"),
        ("soldiers only", {"access": "military"}, "-"),
        ("officials only", {"motor_vehicle": "official"}, "-"),
        ("cars with passengers", {"motor_vehicle": "hov"}, "><"),
        ("motorcar goes before motor_vehicle", {"motorcar": "yes", "motor_vehicle": "no"}, "><"),
        ("motor_vehicle before vehicle", {"motor_vehicle": "yes", "vehicle": "no"}, "><"),
        ("vehicle before access", {"vehicle": "destination", "access": "no"}, "><~"),
        ("bicycles say nothing about cars", {"bicycle": "no", "foot": "no"}, "><"),
        ("lorries say nothing about cars", {"hgv": "no", "goods": "no"}, "><"),
        ("of a list the freest word holds", {"motor_vehicle": "agricultural;delivery"}, "><~"),
        ("an unknown word counts as none", {"motorcar": "perhaps", "motor_vehicle": "no"}, "-"),
        ("an unknown word alone closes nothing", {"access": "perhaps"}, "><"),
        ("one direction closed", {"motor_vehicle:forward": "no"}, "<"),
        ("a no-entry sign at one end", {"access:backward": "destination"}, ">"),
        ("bus lane streets", {"access": "no", "bus": "yes"}, "-"),
        ("capital letters", {"access": "NO"}, "-"),
        ("for cars with passengers only", {"hov": "designated"}, "><~"),
        ("every lane for passengers", {"hov:lanes": "designated|designated"}, "><~"),
        ("one lane for passengers", {"hov:lanes": "designated|yes"}, "><"),
    ],
)
def test_access_tags_open_and_close_a_street(claim, tags, expected):
    """The most specific key that is understood decides."""
    assert seen({**STREET, **tags}) == expected, claim


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        ("a footway that names cars", {"highway": "footway", "motor_vehicle": "yes"}, "><"),
        ("a footway for residents' cars", {"highway": "footway", "motorcar": "private"}, "><~"),
        ("a footway open to everybody", {"highway": "footway", "access": "yes"}, "-"),
        ("a farm track that names cars", {"highway": "track", "motor_vehicle": "yes"}, "><"),
        ("a farm track for all", {"highway": "track", "access": "permissive"}, "-"),
        (
            "a walking street for deliveries",
            {"highway": "pedestrian", "motorcar": "delivery"},
            "><~",
        ),
        ("a pedestrian area", {"highway": "pedestrian", "area": "yes", "motorcar": "yes"}, "-"),
        ("a square of asphalt", {"highway": "service", "area": "yes"}, "-"),
        ("steps never", {"highway": "steps", "motor_vehicle": "yes"}, "-"),
        ("a street being dug up", {**STREET, "construction": "yes"}, "-"),
        ("a street being widened", {**STREET, "construction": "widening"}, "><"),
        ("a street with small works", {**STREET, "construction": "minor"}, "><"),
        ("a street in somebody's plans", {**STREET, "proposed": "secondary"}, "><"),
        ("impassable", {**STREET, "impassable": "yes"}, "-"),
        ("impassable by status", {**STREET, "status": "impassable"}, "-"),
        ("disused", {**STREET, "disused": "yes"}, "-"),
        ("rubble", {**STREET, "smoothness": "impassable"}, "-"),
        ("a drive to a house", {"highway": "service", "service": "driveway"}, "><~"),
        ("a lane of a car park", {"highway": "service", "service": "parking_aisle"}, "><"),
        ("the fire brigade's", {"highway": "service", "service": "emergency_access"}, "-"),
        ("a car park is no road", {"amenity": "parking"}, "-"),
        ("a river is no road", {"waterway": "river"}, "-"),
        ("a street on a motor road", {"highway": "trunk", "motorroad": "yes"}, "><"),
        ("too low", {**STREET, "maxheight": "1.6"}, "-"),
        ("high enough", {**STREET, "maxheight": "2"}, "><"),
        ("the usual height", {**STREET, "maxheight": "default"}, "><"),
        ("too low on one side", {**STREET, "maxheight:backward": "5'"}, ">"),
        ("what fits goes before the sign", {**STREET, "maxheight:physical": "1.5"}, "-"),
        ("too narrow", {**STREET, "maxwidth": "1.6"}, "-"),
        ("an alley", {**STREET, "width": "1.5"}, "-"),
        ("wide enough", {**STREET, "width": "3 m"}, "><"),
        ("too light a bridge", {**STREET, "maxweight": "1"}, "-"),
        ("for lorries only", {**STREET, "maxweight": "3.5", "maxlength": "12"}, "><"),
        ("too short a ferry deck", {**STREET, "maxlength": "4"}, "-"),
    ],
)
def test_a_way_opens_or_stays_shut(claim, tags, expected):
    """By what it is, its state and its size."""
    assert seen(tags) == expected, claim


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        ("along", {"oneway": "yes"}, ">"),
        ("along, said with true", {"oneway": "true"}, ">"),
        ("along, said with 1", {"oneway": "1"}, ">"),
        ("against", {"oneway": "-1"}, "<"),
        ("against, said with reverse", {"oneway": "reverse"}, "<"),
        ("both", {"oneway": "no"}, "><"),
        ("changing daily", {"oneway": "reversible"}, "-"),
        ("taking turns", {"oneway": "alternating"}, "><"),
        ("a roundabout", {"junction": "roundabout"}, ">"),
        ("a ring", {"junction": "circular"}, ">"),
        ("a roundabout drawn backwards", {"junction": "roundabout", "oneway": "-1"}, "<"),
        ("only bicycles both ways", {"oneway": "yes", "oneway:bicycle": "no"}, ">"),
        ("only cars one way", {"oneway:motor_vehicle": "yes"}, ">"),
        ("only cars both ways", {"oneway": "yes", "oneway:motorcar": "no"}, "><"),
        ("vehicles one way", {"oneway:vehicle": "-1"}, "<"),
        ("the old order of words", {"motor_vehicle:oneway": "yes"}, ">"),
        ("buses against", {"oneway": "yes", "busway": "opposite_lane"}, ">"),
        ("bicycles against", {"oneway": "yes", "cycleway": "opposite"}, ">"),
        ("a word unknown", {"oneway": "perhaps"}, "><"),
        ("one way and that way closed", {"oneway": "yes", "motor_vehicle:forward": "no"}, "-"),
    ],
)
def test_one_way_streets_hold(claim, tags, expected):
    """The tag for cars goes before the plain one, that before what is implied."""
    assert seen({**STREET, **tags}) == expected, claim


def kph(tags):
    verdict = judge_way({"highway": "primary", **tags}, CAR)
    return round(verdict.forward_kph, 1), round(verdict.backward_kph, 1)


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        ("without a sign the kind of road decides", {}, (50, 50)),
        ("a sign decides", {"maxspeed": "80"}, (68, 68)),
        ("a low one too", {"maxspeed": "30"}, (25.5, 25.5)),
        ("in miles", {"maxspeed": "50 mph"}, (68.4, 68.4)),
        ("by zone", {"maxspeed": "CN:urban"}, (42.5, 42.5)),
        ("each way its own", {"maxspeed:forward": "60", "maxspeed:backward": "40"}, (51, 34)),
        ("walking pace", {"maxspeed": "walk"}, (5.1, 5.1)),
        ("a word that says nothing", {"maxspeed": "variable"}, (50, 50)),
        ("a motorway's limit caps at what a car may", {"maxspeed": "200"}, (120, 120)),
        ("a slip road is not fast", {"highway": "primary_link", "maxspeed": "120"}, (44.8, 44.8)),
        ("a small street neither", {"highway": "residential", "maxspeed": "50"}, (33.6, 33.6)),
        ("a small street may be slower", {"highway": "residential", "maxspeed": "20"}, (17, 17)),
        ("gravel", {"surface": "gravel"}, (35, 35)),
        ("the worse of two surfaces", {"surface": "asphalt;gravel"}, (35, 35)),
        ("potholes", {"smoothness": "very_bad"}, (18, 18)),
        ("a car park", {"highway": "service", "service": "parking_aisle"}, (8, 8)),
        ("one lane for both", {"lanes": "1"}, (35, 35)),
        ("3 m for both", {"width": "3"}, (35, 35)),
        ("one lane one way", {"lanes": "1", "oneway": "yes"}, (50, 0)),
        ("a swing bridge", {"bridge": "movable"}, (15, 15)),
        ("directions taking turns", {"oneway": "alternating"}, (25, 25)),
    ],
)
def test_speed_follows_signs_kind_and_surface(claim, tags, expected):
    """km/h along and against."""
    assert kph(tags) == expected, claim


def test_bigger_roads_are_faster():
    """From motorway to service road nothing smaller is faster."""
    kinds = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified")
    kinds += ("residential", "service", "living_street")
    speeds = [judge_way({"highway": kind}, CAR).forward_kph for kind in kinds]
    assert speeds == sorted(speeds, reverse=True)


def test_a_ferry_takes_as_long_as_it_says():
    """Forty minutes for ten kilometres are 15 km/h; half the interval is the wait."""
    verdict = judge_way({"route": "ferry", "duration": "00:40"}, CAR)
    assert verdict.duration_s == 2400
    assert verdict.forward_manner is Manner.FERRY
    assert verdict.over(10_000).forward_kph == pytest.approx(15)
    waited = judge_way({"route": "ferry", "duration": "00:40", "interval": "00:30"}, CAR)
    assert waited.duration_s == 2400 + 900


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        ("a ferry that says nothing takes cars", {}, "><"),
        ("a ferry for walkers does not", {"foot": "yes", "bicycle": "yes"}, "-"),
        ("a ferry that names cars does", {"foot": "yes", "motorcar": "yes"}, "><"),
        ("a ferry that refuses cars does not", {"motor_vehicle": "no"}, "-"),
        ("one way", {"oneway": "yes"}, ">"),
    ],
)
def test_a_ferry_takes_cars_unless_it_names_other_passengers(claim, tags, expected):
    """A river ferry for walkers is often mapped with ``foot=yes`` alone."""
    assert seen({"route": "ferry", **tags}) == expected, claim


def test_a_car_train_is_ridden():
    """``route=shuttle_train`` is a way like a ferry."""
    verdict = judge_way({"route": "shuttle_train", "duration": "PT15M"}, CAR)
    assert (verdict.forward_manner, verdict.duration_s) == (Manner.FERRY, 900)


def test_over_leaves_closed_directions_closed():
    """A timetable does not open the way back."""
    verdict = judge_way({"route": "ferry", "duration": "10", "oneway": "yes"}, CAR).over(1000)
    assert verdict.forward_kph == pytest.approx(6)
    assert verdict.backward_kph == 0


@pytest.mark.parametrize(
    ("tags", "word"),
    [
        ({"access:conditional": "no @ (22:00-06:00)"}, "access:conditional"),
        ({"motor_vehicle:conditional": "no @ Mo-Fr"}, "motor_vehicle:conditional"),
        ({"motorcar:backward:conditional": "no @ Su"}, "motorcar:backward:conditional"),
        ({"oneway:conditional": "yes @ 7-9"}, "oneway:conditional"),
        ({"maxspeed:forward:conditional": "30 @ 7-9"}, "maxspeed:forward:conditional"),
        ({"oneway": "perhaps"}, "oneway 'perhaps'"),
        ({"oneway": "reversible"}, "reversible"),
        ({"access": "perhaps"}, "'perhaps'"),
        ({"maxspeed": "fast"}, "'fast'"),
    ],
)
def test_what_is_refused_is_warned_about(tags, word):
    """Conditions are refused with a warning; so are words that nobody understands."""
    (warning,) = judge_way({**STREET, **tags}, CAR).warnings
    assert word in warning


def test_a_condition_leaves_the_plain_tag_in_force():
    """Only what holds at all times is obeyed."""
    tags = {**STREET, "motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (20:00-06:00)"}
    assert seen(tags) == "-"
