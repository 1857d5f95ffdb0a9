"""What turns cost, and where one may turn round."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.modes import MODES, faces_driver, may_u_turn, turn_cost_s
from geodata.network import EdgeFlag, NodeFlag, RoadClass

CAR, POLICE = MODES["car"], MODES["police"]


def slow_twin(mode, angle_deg, u_turn, signals, junction, roundabout, left_hand):
    """One turn at a time, in plain Python."""
    costs = mode.turns
    if u_turn:
        cost_s = costs.u_turn_s
    elif not junction:
        cost_s = 0.0
    else:
        crosses = (angle_deg > 0) if left_hand else (angle_deg < 0)
        right_angle_s = costs.left_s if crosses and not roundabout else costs.right_s
        cost_s = right_angle_s * (1 - math.cos(math.radians(angle_deg)))
    return cost_s + (costs.signals_s if signals else 0.0)


@given(
    st.sampled_from(sorted(MODES)),
    st.lists(
        st.tuples(st.floats(-180, 180), st.booleans(), st.booleans(), st.booleans(), st.booleans()),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
)
def test_all_turns_at_once_cost_what_each_costs_alone(name, turns, left_hand):
    """The formula over arrays equals the slow twin."""
    mode = MODES[name]
    angle, u_turn, signals, junction, roundabout = (
        np.array(part) for part in zip(*turns, strict=True)
    )
    together = turn_cost_s(
        mode,
        angle,
        u_turn=u_turn,
        signals=signals,
        junction=junction,
        roundabout=roundabout,
        left_hand_traffic=left_hand,
    )
    alone = [slow_twin(mode, *turn, left_hand) for turn in turns]
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)


def cost(mode, angle_deg, **what):
    return float(turn_cost_s(mode, np.array([angle_deg]), **{"u_turn": False, **what})[0])


def test_straight_on_costs_nothing_and_sharper_costs_more():
    """From 0 to 180 degrees the cost rises."""
    costs = [cost(CAR, angle) for angle in range(0, 181, 10)]
    assert costs[0] == 0
    assert costs == sorted(costs)
    assert cost(CAR, 90) == pytest.approx(CAR.turns.right_s)


def test_a_left_turn_crosses_the_oncoming_traffic():
    """Where traffic drives on the left it is the right turn that does."""
    assert cost(CAR, -90) > cost(CAR, 90)
    assert cost(CAR, 90, left_hand_traffic=True) == cost(CAR, -90)


def test_on_a_roundabout_nothing_comes_towards_one():
    """Left turns cost what right turns cost."""
    assert cost(CAR, -90, roundabout=True) == cost(CAR, 90)


def test_a_bend_without_a_junction_costs_nothing():
    """The speed of the road already knows its bends."""
    assert cost(CAR, -120, junction=False) == 0


def test_police_pay_less_for_every_turn_and_signal():
    """Others give way."""
    for angle in (-150, -90, -30, 30, 90, 150):
        assert cost(POLICE, angle) < cost(CAR, angle)
    assert cost(POLICE, 0, signals=True) < cost(CAR, 0, signals=True)
    assert cost(POLICE, 180, u_turn=True) < cost(CAR, 180, u_turn=True)


def test_the_signal_rules_where_there_is_also_a_sign():
    """Signals, stop and give-way at one node do not add up."""
    assert cost(CAR, 0, signals=True, stop=True) == CAR.turns.signals_s
    assert cost(CAR, 0, stop=True, give_way=True) == CAR.turns.stop_s
    assert cost(CAR, 0, give_way=True) == CAR.turns.give_way_s


def test_what_stands_at_the_node_is_added():
    """A gate of ten seconds."""
    assert cost(CAR, 0, delay_s=10.0) == 10


def test_a_signal_counts_only_for_those_who_see_it():
    """Facing forward it is seen by those who come along the way, and the other way round."""
    flags = np.array(
        [
            NodeFlag.SIGNALS,
            NodeFlag.SIGNALS | NodeFlag.FORWARD_ONLY,
            NodeFlag.SIGNALS | NodeFlag.BACKWARD_ONLY,
            NodeFlag.STOP,
        ],
        dtype=np.uint16,
    )
    assert faces_driver(flags, NodeFlag.SIGNALS, True).tolist() == [True, True, False, False]
    assert faces_driver(flags, NodeFlag.SIGNALS, False).tolist() == [True, False, True, False]


@pytest.mark.parametrize("name", sorted(MODES))
def test_turning_round_is_never_cheaper_than_turning(name):
    """Else one would ride past a sharp left, turn round, and come back to turn right."""
    costs = MODES[name].turns
    assert costs.u_turn_s >= 2 * max(costs.left_s, costs.right_s)


def may(name, road_class, dead_end=False, flags=0, length_m=100.0):
    return bool(
        may_u_turn(
            MODES[name],
            dead_end=np.array([dead_end]),
            road_class=np.array([road_class], dtype=np.uint8),
            edge_flags=np.array([flags], dtype=np.uint16),
            length_m=np.array([length_m], dtype=np.float32),
        )[0]
    )


@pytest.mark.parametrize("name", sorted(MODES))
def test_everyone_turns_round_at_a_dead_end(name):
    """Even on a motorway that ends in a field, else one would be lost there."""
    assert may(name, RoadClass.MOTORWAY, dead_end=True)


@pytest.mark.parametrize(
    ("claim", "name", "road_class", "flags", "allowed"),
    [
        ("a car on a street", "car", RoadClass.RESIDENTIAL, 0, True),
        ("a car on a main road", "car", RoadClass.PRIMARY, 0, False),
        ("police on a main road", "police", RoadClass.PRIMARY, 0, True),
        ("police on a motorway", "police", RoadClass.MOTORWAY, 0, False),
        ("police on a slip road", "police", RoadClass.MOTORWAY_LINK, 0, False),
        ("a car on a bridge", "car", RoadClass.RESIDENTIAL, EdgeFlag.BRIDGE, False),
        ("police in a tunnel", "police", RoadClass.RESIDENTIAL, EdgeFlag.TUNNEL, False),
        ("police on a roundabout", "police", RoadClass.RESIDENTIAL, EdgeFlag.ROUNDABOUT, False),
        ("an e-bike on a cycleway", "ebike", RoadClass.CYCLEWAY, 0, True),
        ("on unpaved ground", "car", RoadClass.SERVICE, EdgeFlag.UNPAVED, True),
    ],
)
def test_elsewhere_one_turns_round_only_where_there_is_peace_and_room(
    claim, name, road_class, flags, allowed
):
    """Road Traffic Safety regulation, art. 49: not on bridges, in tunnels, nor in danger."""
    assert may(name, road_class, flags=int(flags)) is allowed, claim


def test_nobody_turns_round_within_a_junction():
    """Eight metres into the side street one is still at the junction; a dead end is no choice."""
    assert not may("police", RoadClass.RESIDENTIAL, length_m=8.0)
    assert may("police", RoadClass.RESIDENTIAL, length_m=40.0)
    assert may("police", RoadClass.RESIDENTIAL, length_m=8.0, dead_end=True)
