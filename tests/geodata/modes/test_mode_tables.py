"""The tables of the modes themselves, how they are calibrated, and which tags they look at."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import RequestError, UnknownModeError
from geodata.modes import (
    MODES,
    NODE_TAG_KEYS,
    WAY_DESCRIPTION_KEYS,
    WAY_MAIN_KEYS,
    WAY_TAG_KEYS,
    describe_node,
    describe_way,
    judge_node,
    judge_way,
    mode_named,
    turn_cost_s,
)


class Watched(Mapping):
    """Tags that remember which keys were asked for."""

    def __init__(self, tags):
        self._tags = tags
        self.asked = set()

    def __getitem__(self, key):
        self.asked.add(key)
        return self._tags[key]

    def get(self, key, default=None):
        self.asked.add(key)
        return self._tags.get(key, default)

    def __contains__(self, key):
        self.asked.add(key)
        return key in self._tags

    def __iter__(self):
        raise AssertionError("a judge must not run through all tags")

    def __len__(self):
        raise AssertionError("a judge must not count the tags")


WORDS = (
    *("yes", "no", "1", "-1", "private", "destination", "designated", "opposite_lane", "lane"),
    *("separate", "psv", "emergency", "30", "2.5", "forward", "backward", "reversible", "gate"),
    *("gravel", "bollard", "roundabout", "steps", "ferry", "track", "asphalt;mud", "grade5", "~"),
)
KINDS = sorted({kind for mode in MODES.values() for kind in (*mode.road_kph, *mode.opened_kph)})


@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(sorted(WAY_TAG_KEYS)), st.sampled_from(WORDS), max_size=8),
)
def test_whatever_the_tags_a_way_gets_a_sound_verdict_from_named_keys_only(kind, tags):
    """Speeds are 0 or drivable, and no judge looks at a key that is not listed."""
    tags = {"highway": kind, **tags}
    for mode in MODES.values():
        watched = Watched(tags)
        verdict = judge_way(watched, mode)
        assert watched.asked <= WAY_TAG_KEYS
        for kph in (verdict.forward_kph, verdict.backward_kph):
            assert kph == 0 or 0.5 <= kph <= 140
        if not verdict.usable:
            assert not verdict.no_through
            assert verdict.duration_s is None
        watched = Watched(tags)
        describe_way(watched)
        assert watched.asked <= WAY_DESCRIPTION_KEYS


@given(st.dictionaries(st.sampled_from(sorted(NODE_TAG_KEYS)), st.sampled_from(WORDS), max_size=6))
def test_whatever_the_tags_a_node_gets_a_sound_verdict_from_named_keys_only(tags):
    """Delays are finite and short enough for a turn cost."""
    for mode in MODES.values():
        watched = Watched(tags)
        verdict = judge_node(watched, mode)
        describe_node(watched)
        assert watched.asked <= NODE_TAG_KEYS
        assert 0 <= verdict.delay_s <= 300


def test_every_way_that_a_mode_uses_has_a_main_key():
    """The reader may drop everything else unread."""
    for mode in MODES.values():
        assert not judge_way({"name": "x", "access": "yes", "foot": "yes"}, mode).usable
    assert {"highway", "route"} <= set(WAY_MAIN_KEYS)


@pytest.mark.parametrize("name", sorted(MODES))
def test_a_table_is_sound(name):
    """No speed is negative or beyond the mode's own limit, no cost is negative."""
    mode = MODES[name]
    assert mode.name == name
    for kind, kph in {**mode.road_kph, **mode.opened_kph}.items():
        assert kph > 0, kind
        if kind not in ("ferry", "shuttle_train"):
            assert kph <= mode.max_kph, kind
    assert not set(mode.road_kph) & set(mode.opened_kph)
    assert set(mode.factors) <= {*mode.road_kph, *mode.opened_kph}
    assert set(mode.against_one_way_kinds) <= set(mode.road_kph)
    assert not set(mode.barriers.delay_s) & mode.barriers.blocks
    for seconds in (*mode.barriers.delay_s.values(), *mode.node_delay_s.values()):
        assert 0 <= seconds <= 300


def test_an_unknown_mode_names_those_there_are():
    """The message is the remedy."""
    with pytest.raises(UnknownModeError, match="police, car, ebike, foot"):
        mode_named("helicopter")


def test_a_calibrated_factor_changes_the_speed_of_its_road_and_no_other():
    """Twice 1.0 is twice as fast, up to what the car can do."""
    police = MODES["police"]
    slower = police.with_factors({"primary": 1.0})
    primary, secondary = {"highway": "primary"}, {"highway": "secondary"}
    assert judge_way(primary, slower).forward_kph == police.road_kph["primary"]
    assert judge_way(secondary, slower) == judge_way(secondary, police)
    assert police.factors["primary"] == 1.25, "the table itself stays as it is"


def test_turns_signals_and_the_way_against_a_one_way_street_are_calibrated_too():
    """Every number that makes police fast is a setting."""
    police = MODES["police"]
    other = police.with_factors(
        turn_factor=2.0, signals_factor=0.5, bus_lane_factor=1.0, against_one_way_kph=0
    )
    right = np.array([90.0])
    assert turn_cost_s(other, right, u_turn=False)[0] == pytest.approx(2 * police.turns.right_s)
    assert other.turns.signals_s == pytest.approx(police.turns.signals_s / 2)
    assert judge_way({"highway": "residential", "oneway": "yes"}, other).backward_kph == 0
    lane = {"highway": "primary", "lanes:psv": "1"}
    assert judge_way(lane, other) == judge_way({"highway": "primary"}, other)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"factors": {"canal": 1.0}}, "canal"),
        ({"factors": {"primary": 0.0}}, "0.1 to 5"),
        ({"factors": {"primary": float("nan")}}, "0.1 to 5"),
        ({"turn_factor": 9.0}, "turn factor"),
        ({"signals_factor": -1.0}, "signals factor"),
        ({"against_one_way_kph": 80.0}, "one-way"),
        ({"bus_lane_factor": 0.0}, "bus lane"),
    ],
)
def test_a_factor_out_of_range_is_refused(wrong, words):
    """The message names what is wrong and the range."""
    with pytest.raises(RequestError, match=words):
        MODES["police"].with_factors(**wrong)
