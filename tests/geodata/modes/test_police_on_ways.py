"""What a police car with lights and siren makes of ways. Notation as in the tests of the car."""

import pytest

from geodata.modes import MODES, judge_way
from geodata.network import Manner

POLICE, CAR = MODES["police"], MODES["car"]
STREET = {"highway": "residential"}


def seen(tags):
    verdict = judge_way(tags, POLICE)
    arrows = ">" * bool(verdict.forward_kph) + "<" * bool(verdict.backward_kph)
    return (arrows or "-") + "~" * verdict.no_through


@pytest.mark.parametrize(
    ("claim", "tags", "expected"),
    [
        ("a bus road", {"highway": "busway"}, "><"),
        ("a guide rail is no road", {"highway": "bus_guideway"}, "-"),
        ("a street for buses", {**STREET, "access": "no", "bus": "yes"}, "><"),
        ("a street for public transport", {**STREET, "access": "no", "psv": "yes"}, "><"),
        ("a street for buses, the other way to say it", {**STREET, "access": "psv"}, "><"),
        ("a street shut to everybody", {**STREET, "access": "no"}, "-"),
        ("shut, but not to us", {**STREET, "access": "no", "emergency": "yes"}, "><"),
        ("shut to us", {**STREET, "emergency": "no"}, "-"),
        ("a hydrant is no access tag", {**STREET, "emergency": "fire_hydrant"}, "><"),
        ("open to emergency services", {**STREET, "motor_vehicle": "emergency"}, "><"),
        ("no motor vehicles: to the door", {**STREET, "motor_vehicle": "no"}, "><~"),
        ("no vehicles: to the door", {**STREET, "vehicle": "no"}, "><~"),
        ("no vehicles, and shut", {**STREET, "vehicle": "no", "access": "no"}, "-"),
        ("signs about who may pass do not bind", {**STREET, "access": "destination"}, "><"),
        ("nor for delivery", {**STREET, "motor_vehicle": "delivery"}, "><"),
        ("nor for residents", {**STREET, "vehicle": "residents"}, "><"),
        ("a private gate is a gate", {**STREET, "access": "private"}, "><~"),
        ("barracks", {**STREET, "access": "military"}, "-"),
        ("a walking street: to the door", {"highway": "pedestrian"}, "><~"),
        ("a walking street for buses", {"highway": "pedestrian", "bus": "yes"}, "><"),
        ("a square", {"highway": "pedestrian", "area": "yes"}, "-"),
        ("a farm track: to the door", {"highway": "track"}, "><~"),
        ("a farm track for farmers", {"highway": "track", "motor_vehicle": "agricultural"}, "><~"),
        ("a footpath", {"highway": "footway"}, "-"),
        ("a footpath for us", {"highway": "footway", "emergency": "yes"}, "><"),
        ("a cycleway for us", {"highway": "cycleway", "emergency": "designated"}, "><"),
        ("a path for emergency vehicles", {"highway": "path", "motor_vehicle": "emergency"}, "><"),
        ("steps", {"highway": "steps", "emergency": "yes"}, "-"),
        ("emergency access", {"highway": "service", "service": "emergency_access"}, "><"),
        ("a drive to a house", {"highway": "service", "service": "driveway"}, "><~"),
        ("cars with passengers", {**STREET, "hov": "designated"}, "><"),
        ("a ferry for walkers", {"route": "ferry", "foot": "yes"}, "-"),
        ("a ferry that refuses cars", {"route": "ferry", "motor_vehicle": "no"}, "-"),
        ("works", {**STREET, "construction": "yes"}, "-"),
        ("works that let us through", {**STREET, "construction": "yes", "emergency": "yes"}, "><"),
        ("an alley", {**STREET, "width": "1.8"}, "-"),
        ("a low bridge", {**STREET, "maxheight": "1.9"}, "-"),
    ],
)
def test_police_go_where_the_law_and_the_walls_let_them(claim, tags, expected):
    """Signs give way to a mission, walls do not."""
    assert seen(tags) == expected, claim


@pytest.mark.parametrize(
    ("claim", "tags", "kph"),
    [
        ("a street", STREET, 6),
        ("a village road", {"highway": "unclassified"}, 6),
        ("a lane in an estate", {"highway": "living_street"}, 6),
        ("a service road", {"highway": "service"}, 6),
        ("a tertiary road", {"highway": "tertiary"}, 0),
        ("a main road", {"highway": "primary"}, 0),
        ("a motorway", {"highway": "motorway"}, 0),
        ("a slip road", {"highway": "motorway_link"}, 0),
        ("a roundabout", {**STREET, "junction": "roundabout"}, 0),
        ("a street that changes direction", {**STREET, "oneway": "reversible"}, 0),
        ("a street shut the other way", {**STREET, "access:backward": "no"}, 0),
    ],
)
def test_against_a_one_way_street_only_at_walking_pace_on_small_streets(claim, tags, kph):
    """Everyone must be able to stop in time."""
    verdict = judge_way({"oneway": "yes", **tags}, POLICE)
    assert verdict.backward_kph == kph, claim
    if kph:
        assert verdict.backward_manner is Manner.AGAINST_ONE_WAY
        assert verdict.forward_manner is Manner.NORMAL


def test_a_no_entry_sign_at_one_end_is_passed_at_walking_pace():
    """``motor_vehicle:backward=no`` is a one-way street for cars by another name."""
    verdict = judge_way({**STREET, "motor_vehicle:backward": "no"}, POLICE)
    assert (verdict.backward_kph, verdict.backward_manner) == (6, Manner.AGAINST_ONE_WAY)
    assert not verdict.no_through
    main_road = judge_way({"highway": "primary", "motor_vehicle:backward": "no"}, POLICE)
    assert main_road.backward_kph == 0


def test_against_a_street_drawn_backwards_is_along_it():
    """``oneway=-1`` turns the picture round."""
    verdict = judge_way({**STREET, "oneway": "-1"}, POLICE)
    assert verdict.forward_manner is Manner.AGAINST_ONE_WAY
    assert verdict.forward_kph == 6
    assert verdict.backward_kph > 20


def test_a_car_never_goes_against_a_one_way_street():
    """Only the table of the police has the entry."""
    assert judge_way({**STREET, "oneway": "yes"}, CAR).backward_kph == 0


@pytest.mark.parametrize(
    "tags",
    [
        {"busway": "opposite_lane"},
        {"busway:left": "opposite_lane"},
        {"oneway:bus": "no"},
        {"oneway:psv": "no"},
        {"oneway:emergency": "no"},
        {"lanes:psv:backward": "1"},
        {"lanes:bus:backward": "1"},
        {"bus:lanes:backward": "designated"},
        {"bus:backward": "yes"},
        {"psv:backward": "designated"},
        {"emergency:backward": "yes"},
    ],
)
def test_police_use_the_bus_lane_against_the_traffic(tags):
    """A lane of its own runs at the speed of the road, whatever the class."""
    verdict = judge_way({"highway": "primary", "oneway": "yes", **tags}, POLICE)
    assert verdict.backward_kph >= 50
    assert verdict.backward_manner is Manner.NORMAL
    assert judge_way({"highway": "primary", "oneway": "yes", **tags}, CAR).backward_kph == 0


@pytest.mark.parametrize(
    "tags",
    [
        {"lanes:psv": "1"},
        {"lanes:bus:forward": "1"},
        {"bus:lanes": "yes|yes|designated"},
        {"busway:right": "lane"},
        {"busway": "lane"},
    ],
)
def test_a_bus_lane_lets_police_pass_the_queue(tags):
    """The table's factor, in the direction that has the lane."""
    plain = judge_way({"highway": "primary"}, POLICE).forward_kph
    with_lane = judge_way({"highway": "primary", **tags}, POLICE).forward_kph
    assert with_lane == pytest.approx(plain * POLICE.bus_lane_factor)
    assert judge_way({"highway": "primary", **tags}, CAR).forward_kph == 50


def test_a_bus_lane_on_one_side_helps_one_direction():
    """``lanes:psv:forward`` says nothing about the way back."""
    verdict = judge_way({"highway": "primary", "lanes:psv:forward": "1"}, POLICE)
    assert verdict.forward_kph > verdict.backward_kph


@pytest.mark.parametrize("kind", [kind for kind in CAR.road_kph if kind not in ("ferry",)])
def test_police_are_never_slower_than_a_car(kind):
    """On every kind of road, signed or not; a train is as fast for both."""
    for tags in ({}, {"maxspeed": "60"}, {"surface": "gravel"}, {"lanes": "1"}):
        tags = {"route": kind} if kind == "shuttle_train" else {"highway": kind, **tags}
        assert judge_way(tags, POLICE).forward_kph >= judge_way(tags, CAR).forward_kph


@pytest.mark.parametrize(
    ("kind", "signal_every_m"), [("primary", 500), ("secondary", 500), ("residential", 400)]
)
def test_police_are_about_as_much_faster_as_auckland_measured(kind, signal_every_m):
    """1.42 times on streets, junctions included; the table must come within a fifth of the gain."""

    def time_s(mode):
        driving_s = signal_every_m / judge_way({"highway": kind}, mode).forward_kph * 3.6
        return driving_s + mode.turns.signals_s

    assert time_s(CAR) / time_s(POLICE) == pytest.approx(1.42, abs=0.16)
