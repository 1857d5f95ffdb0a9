"""What the reader makes of turn restrictions."""

from __future__ import annotations

import pytest

from geodata.modes import CAR, MODES
from geodata.osm.reader import read_roads
from tests.geodata.osm_drawings import CROSS, CROSSING, STREET, map_file, node_id

ALL_MODES = tuple(MODES.values())


def restrictions_of(tmp_path, *relations, modes=ALL_MODES, ways=CROSSING):
    path = map_file(tmp_path, CROSS, ways, relations=dict(enumerate(relations, 70)))
    return read_roads([path], modes)


def test_a_forbidden_turn_is_read_for_the_modes_it_binds(tmp_path):
    """Drivers may not, riders by an exception may, walkers were never asked."""
    members = ["from:w1", "via:nO", "to:w3"]
    roads = restrictions_of(
        tmp_path,
        (members, {"type": "restriction", "restriction": "no_left_turn", "except": "bicycle"}),
    )
    (rule,) = roads.restrictions
    assert (rule.relation_id, rule.from_way, rule.to_way) == (70, 1, 3)
    assert (rule.via_node, rule.via_ways, rule.is_u_turn) == (node_id("O"), (), False)
    assert rule.rule_by_mode["car"] == "no"
    assert "foot" not in rule.rule_by_mode


def test_a_rule_via_ways_keeps_them_in_order(tmp_path):
    """From W over O to E onto the road that leads on, via the way between."""
    ways = {1: ("WO", STREET), 2: ("OE", STREET), 3: ("EN", STREET)}
    roads = restrictions_of(
        tmp_path,
        (
            ["from:w1", "via:w2", "to:w3"],
            {"type": "restriction", "restriction": "only_straight_on"},
        ),
        modes=[CAR],
        ways=ways,
    )
    (rule,) = roads.restrictions
    assert (rule.via_node, rule.via_ways) == (None, (2,))
    assert rule.rule_by_mode == {"car": "only"}


def test_a_forbidden_u_turn_is_flagged(tmp_path):
    """It says nothing about other turns between the two ways."""
    roads = restrictions_of(
        tmp_path,
        (["from:w1", "via:nO", "to:w1"], {"type": "restriction", "restriction": "no_u_turn"}),
        modes=[CAR],
    )
    assert [rule.is_u_turn for rule in roads.restrictions] == [True]


def test_no_exit_and_no_entry_become_one_rule_for_each_way(tmp_path):
    """Only these may name several ways on one side."""
    roads = restrictions_of(
        tmp_path,
        (
            ["from:w1", "via:nO", "to:w2", "to:w3"],
            {"type": "restriction", "restriction": "no_exit"},
        ),
        (
            ["from:w3", "from:w4", "via:nO", "to:w2"],
            {"type": "restriction", "restriction": "no_entry"},
        ),
        modes=[CAR],
    )
    pairs = [(rule.from_way, rule.to_way) for rule in roads.restrictions]
    assert pairs == [(1, 2), (1, 3), (3, 2), (4, 2)]


@pytest.mark.parametrize(
    "members",
    [
        ["from:w1", "to:w3"],
        ["from:w1", "via:nO", "via:nN", "to:w3"],
        ["from:w1", "via:nO", "via:w2", "to:w3"],
        ["via:nO", "to:w3"],
        ["from:w1", "from:w4", "via:nO", "to:w3"],
        ["from:w1", "via:nO", "to:w3", "to:w4"],
    ],
)
def test_a_restriction_with_wrong_members_is_left_out_and_counted(tmp_path, members):
    """Rather no rule than a guessed one."""
    roads = restrictions_of(
        tmp_path, (members, {"type": "restriction", "restriction": "no_left_turn"}), modes=[CAR]
    )
    assert not roads.restrictions
    assert sum(roads.warnings.values()) == 1


def test_a_restriction_about_ways_beyond_the_border_is_counted(tmp_path):
    """At the edge of an extract a rule may name ways that were cut off."""
    roads = restrictions_of(
        tmp_path,
        (["from:w1", "via:nO", "to:w99"], {"type": "restriction", "restriction": "no_left_turn"}),
        modes=[CAR],
    )
    assert not roads.restrictions
    assert any("does not hold" in sentence for sentence in roads.warnings)
