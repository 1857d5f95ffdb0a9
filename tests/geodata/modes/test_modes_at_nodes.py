"""What each mode makes of barriers, toll booths and signals."""

import pytest

from geodata.modes import MODES, describe_node, judge_node
from geodata.network import NodeFlag

ALL = ("police", "car", "ebike", "foot")


def passing(tags):
    """The first letters of the modes that pass."""
    return "".join(name[0] for name in ALL if not judge_node(tags, MODES[name]).blocked)


@pytest.mark.parametrize(
    ("claim", "tags", "passes"),
    [
        ("nothing", {}, "pcef"),
        ("a removed barrier", {"barrier": "no"}, "pcef"),
        ("a bollard", {"barrier": "bollard"}, "ef"),
        ("a bollard that police may lower", {"barrier": "bollard", "emergency": "yes"}, "pef"),
        ("a bollard for motor traffic", {"barrier": "bollard", "motor_vehicle": "yes"}, "pcef"),
        ("a bollard for residents", {"barrier": "bollard", "motor_vehicle": "private"}, "ef"),
        ("a rising bollard", {"barrier": "bollard", "bollard": "rising"}, "pcef"),
        (
            "a rising bollard against cars",
            {"barrier": "bollard", "bollard": "rising", "motor_vehicle": "no"},
            "ef",
        ),
        ("a flexible bollard", {"barrier": "bollard", "bollard": "flexible"}, "pef"),
        ("a bollard to take out", {"barrier": "bollard", "bollard": "removable"}, "ef"),
        ("bollards wide apart", {"barrier": "bollard", "maxwidth": "2.5"}, "pcef"),
        ("bollards close together", {"barrier": "bollard", "maxwidth": "1.5"}, "ef"),
        ("a bollard that bicycles must not pass", {"barrier": "bollard", "bicycle": "no"}, "f"),
        ("a gate", {"barrier": "gate"}, "pcef"),
        ("a private gate", {"barrier": "gate", "access": "private"}, "pcef"),
        ("a gate shut to all", {"barrier": "gate", "access": "no"}, ""),
        ("a gate shut to cars", {"barrier": "gate", "motor_vehicle": "no"}, "ef"),
        ("a gate for emergency", {"barrier": "gate", "access": "no", "emergency": "yes"}, "p"),
        ("a gate for walkers", {"barrier": "gate", "access": "no", "foot": "yes"}, "f"),
        ("a locked gate", {"barrier": "gate", "locked": "yes"}, ""),
        ("a locked private gate", {"barrier": "gate", "locked": "yes", "access": "private"}, ""),
        ("a locked gate with a door", {"barrier": "gate", "locked": "yes", "foot": "yes"}, "f"),
        (
            "a locked gate police open",
            {"barrier": "gate", "locked": "yes", "emergency": "yes"},
            "p",
        ),
        ("a gate for buses", {"barrier": "gate", "access": "no", "bus": "yes"}, "p"),
        ("an estate's bar", {"barrier": "lift_gate"}, "pcef"),
        ("a swing gate", {"barrier": "swing_gate"}, "pcef"),
        ("a chain", {"barrier": "chain"}, "ef"),
        ("a concrete block", {"barrier": "block"}, "ef"),
        ("blocks with a gap for cars", {"barrier": "block", "maxwidth:physical": "2.3"}, "pcef"),
        ("a planter", {"barrier": "planter"}, "ef"),
        ("a kerb", {"barrier": "kerb"}, "ef"),
        ("a lowered kerb", {"barrier": "kerb", "kerb": "lowered"}, "pcef"),
        ("a flush kerb", {"barrier": "kerb", "kerb": "flush"}, "pcef"),
        ("a crossing's kerb on the road", {"barrier": "kerb", "highway": "crossing"}, "pcef"),
        ("a wall", {"barrier": "wall"}, ""),
        ("a fence", {"barrier": "fence"}, ""),
        ("a fence of sound", {"barrier": "fence", "sensory": "audible"}, "pcef"),
        ("something", {"barrier": "yes"}, ""),
        ("something unheard of", {"barrier": "dragon"}, "ef"),
        ("a stile", {"barrier": "stile"}, "f"),
        ("a kissing gate", {"barrier": "kissing_gate"}, "f"),
        ("a turnstile", {"barrier": "turnstile"}, "f"),
        ("a chicane for bicycles", {"barrier": "cycle_barrier"}, "ef"),
        ("a cattle grid", {"barrier": "cattle_grid"}, "pcef"),
        ("a toll booth", {"barrier": "toll_booth"}, "pcef"),
        ("a border post", {"barrier": "border_control"}, "pcef"),
        ("a passage", {"barrier": "entrance"}, "pcef"),
        ("a height bar", {"barrier": "height_restrictor"}, "pcef"),
        ("a low height bar", {"barrier": "height_restrictor", "maxheight": "1.9"}, "cef"),
        ("a very low one", {"barrier": "height_restrictor", "maxheight": "1.5"}, "ef"),
        ("a bus trap", {"barrier": "bus_trap"}, "ef"),
        ("shut without a barrier", {"access": "no"}, ""),
        ("a sign without a barrier", {"motor_vehicle": "no"}, "pef"),
        ("a crossing with rules of its own", {"highway": "crossing", "bicycle": "no"}, "pcef"),
        ("the door of a house", {"entrance": "main", "access": "private"}, "pcef"),
        ("a shop that is closed to cars", {"shop": "yes", "access": "no"}, "pcef"),
        ("a hydrant", {"emergency": "fire_hydrant"}, "pcef"),
    ],
)
def test_a_barrier_stops_those_it_is_meant_for(claim, tags, passes):
    """p police, c car, e e-bike, f foot: these pass."""
    assert passing(tags) == passes, claim


@pytest.mark.parametrize(
    ("claim", "tags", "name", "longer_than"),
    [
        ("a car waits at an estate's bar", {"barrier": "lift_gate"}, "car", {}),
        (
            "longer at a private one",
            {"barrier": "gate", "access": "private"},
            "car",
            {"barrier": "gate"},
        ),
        ("police at a bollard", {"barrier": "bollard", "emergency": "yes"}, "police", {}),
        ("a car at a toll booth", {"barrier": "toll_booth"}, "car", {}),
        ("at a level crossing", {"railway": "level_crossing"}, "car", {}),
        ("a walker at a lift", {"highway": "elevator"}, "foot", {}),
    ],
)
def test_passing_takes_time(claim, tags, name, longer_than):
    """Seconds, and more where somebody has to be asked."""
    mode = MODES[name]
    assert judge_node(tags, mode).delay_s > judge_node(longer_than, mode).delay_s, claim


@pytest.mark.parametrize("kind", ["gate", "lift_gate", "toll_booth", "checkpoint", "swing_gate"])
def test_police_pass_faster_than_a_car(kind):
    """The guard sees the lights."""
    police, car = (judge_node({"barrier": kind}, MODES[name]) for name in ("police", "car"))
    assert police.delay_s < car.delay_s


def test_signals_are_no_delay_of_the_node():
    """They are a cost of the turn, so that they are not counted twice."""
    assert judge_node({"highway": "traffic_signals"}, MODES["car"]).delay_s == 0


def test_a_blocked_node_has_no_delay():
    """Nobody passes, so nothing takes time."""
    assert judge_node({"barrier": "wall", "railway": "level_crossing"}, MODES["car"]).delay_s == 0


def test_a_condition_at_a_gate_is_refused_with_a_warning():
    """The gate stays as it is without the condition."""
    verdict = judge_node({"barrier": "gate", "access:conditional": "no @ 22-6"}, MODES["car"])
    assert not verdict.blocked
    assert "access:conditional" in verdict.warnings[0]


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ({}, NodeFlag(0)),
        ({"highway": "traffic_signals"}, NodeFlag.SIGNALS),
        ({"highway": "traffic_signals", "traffic_signals": "blinker"}, NodeFlag(0)),
        (
            {"highway": "traffic_signals", "traffic_signals:direction": "forward"},
            NodeFlag.SIGNALS | NodeFlag.FORWARD_ONLY,
        ),
        (
            {"highway": "traffic_signals", "direction": "backward"},
            NodeFlag.SIGNALS | NodeFlag.BACKWARD_ONLY,
        ),
        ({"highway": "stop", "direction": "forward"}, NodeFlag.STOP | NodeFlag.FORWARD_ONLY),
        ({"highway": "give_way", "direction": "both"}, NodeFlag.GIVE_WAY),
        ({"highway": "crossing"}, NodeFlag.CROSSING),
        ({"highway": "crossing", "direction": "forward"}, NodeFlag.CROSSING),
        ({"highway": "motorway_junction"}, NodeFlag.MOTORWAY_JUNCTION),
        ({"highway": "mini_roundabout"}, NodeFlag.MINI_ROUNDABOUT),
        ({"barrier": "toll_booth"}, NodeFlag.TOLL_BOOTH),
        ({"barrier": "bollard"}, NodeFlag.BARRIER),
        ({"barrier": "no"}, NodeFlag(0)),
    ],
)
def test_a_node_is_described_whatever_the_mode(tags, flags):
    """Flags for the map, with the side that a sign faces."""
    assert describe_node(tags) == flags
