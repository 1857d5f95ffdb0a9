"""Turn restrictions, read and judged for each mode."""

import pytest

from geodata.modes import MODES, judge_restriction
from geodata.tags.restrictions import restriction_warnings

ALL = ("police", "car", "ebike", "foot")


def bound(tags):
    """The modes that the restriction binds, with the rule."""
    rules = {name: judge_restriction({"type": "restriction", **tags}, MODES[name]) for name in ALL}
    return {name: rule for name, rule in rules.items() if rule}


@pytest.mark.parametrize(
    ("claim", "tags", "binds"),
    [
        ("a plain ban binds all who drive or ride", {"restriction": "no_left_turn"}, "pce"),
        ("walkers turn where they like", {"restriction": "no_entry"}, "pce"),
        ("only_* is a rule too", {"restriction": "only_straight_on"}, "pce"),
        (
            "except bicycle frees e-bikes",
            {"restriction": "no_left_turn", "except": "bicycle"},
            "pc",
        ),
        ("except psv frees police", {"restriction": "no_left_turn", "except": "psv"}, "ce"),
        ("except bus frees police", {"restriction": "no_left_turn", "except": "bus;taxi"}, "ce"),
        ("except emergency frees police", {"restriction": "no_exit", "except": "emergency"}, "ce"),
        ("except lists several", {"restriction": "no_u_turn", "except": "bicycle;psv"}, "c"),
        ("except lists with commas", {"restriction": "no_u_turn", "except": "bicycle, psv"}, "c"),
        ("except motorcar frees cars", {"restriction": "no_u_turn", "except": "motorcar"}, "e"),
        ("except hgv frees none of ours", {"restriction": "no_u_turn", "except": "hgv"}, "pce"),
        ("a ban for lorries binds none", {"restriction:hgv": "no_left_turn"}, ""),
        ("a ban for motorcars", {"restriction:motorcar": "no_left_turn"}, "pc"),
        ("a ban for motor vehicles", {"restriction:motor_vehicle": "no_left_turn"}, "pc"),
        ("a ban for vehicles", {"restriction:vehicle": "no_left_turn"}, "pce"),
        ("a ban for bicycles", {"restriction:bicycle": "no_left_turn"}, "e"),
        ("a ban for walkers", {"restriction:foot": "no_straight_on"}, "f"),
        (
            "the special rule goes before the general",
            {"restriction": "no_left_turn", "restriction:bicycle": "none"},
            "pc",
        ),
        ("a turn on red is no route", {"restriction": "no_right_turn_on_red"}, ""),
        ("an unknown word forbids nothing", {"restriction": "stop"}, ""),
        ("a condition is refused", {"restriction:conditional": "no_left_turn @ (7:00-9:00)"}, ""),
        ("the first rule of a list counts", {"restriction": "no_left_turn;no_u_turn"}, "pce"),
        ("another relation is no restriction", {"type": "route", "restriction": "no_exit"}, ""),
    ],
)
def test_a_restriction_binds_those_it_speaks_of(claim, tags, binds):
    """p police, c car, e e-bike, f foot."""
    assert "".join(name[0] for name in ALL if name in bound(tags)) == binds, claim


def test_the_rule_keeps_its_name():
    """The topology is built from the rule, so its name comes through unchanged."""
    assert set(bound({"restriction": "only_right_turn"}).values()) == {"only_right_turn"}


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"restriction": "no_left_turn"}, []),
        ({"restriction:conditional": "no_left_turn @ (07:00-09:00)"}, ["restriction:conditional"]),
        ({"restriction:hgv:conditional": "no_entry @ (weight>5)"}, ["restriction:hgv:conditional"]),
        ({"restriction": "no_entry", "hour_on": "07:00", "hour_off": "09:00"}, ["at all hours"]),
        ({"restriction": "yield"}, ["'yield'"]),
    ],
)
def test_what_is_not_obeyed_is_said(tags, words):
    """One sentence for each thing refused."""
    warnings = restriction_warnings(tags)
    assert len(warnings) == len(words)
    for warning, word in zip(warnings, words, strict=True):
        assert word in warning
