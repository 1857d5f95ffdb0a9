"""The tier policy: what it says by default, what a file changes, and what is refused."""

from __future__ import annotations

import tomllib
from dataclasses import fields

import pytest

from dispatch.errors import PolicyError
from dispatch.incidents.default_policy import DEFAULT_POLICY
from dispatch.incidents.policy import KEYS, Policies, Policy, TierPolicy, default_policy
from dispatch.incidents.words import Channel, Tier
from dispatch.responders import KINDS


def test_the_default_is_what_fraud_centres_do():
    """Two and two for critical, one and one for high, a neighbour in half an hour for medium, a
    message for low; body camera within the hour; three months of coming back."""
    policy = default_policy()
    sent = {tier: (policy.of(tier).officers, policy.of(tier).community) for tier in Tier}
    assert sent == {
        Tier.CRITICAL: (2, 2),
        Tier.HIGH: (1, 1),
        Tier.MEDIUM: (0, 1),
        Tier.LOW: (0, 0),
    }
    assert policy.of(Tier.CRITICAL).acknowledge_s == 30
    assert policy.of(Tier.HIGH).acknowledge_s == 60
    assert policy.of(Tier.MEDIUM).visit_within_s == 1_800
    assert policy.of(Tier.LOW).contact_at_once == (Channel.MESSAGE,)
    assert all(policy.of(tier).contact_within_s == 540 for tier in Tier)
    assert [tier for tier in Tier if policy.of(tier).intelligence] == [Tier.HIGH, Tier.CRITICAL]
    assert policy.evidence_within_s == 3_600
    assert policy.follow_up_weeks == (1, 4, 12)


def test_the_default_file_says_everything():
    """So that whoever saves it sees every key there is, and no key is read that is not there."""
    said = tomllib.loads(DEFAULT_POLICY)
    assert {name: set(table) for name, table in said.items()} == {
        name: set(keys) for name, keys in KEYS.items()
    }
    tiers = {tier.word for tier in Tier}
    general = {key for name, keys in KEYS.items() if name not in tiers for key in keys}
    assert general == {field.name for field in fields(Policy)} - {"tiers"}
    assert set(KEYS["high"]) == {field.name for field in fields(TierPolicy)}
    assert set(default_policy().accept_of_ten) == set(KINDS)


def test_a_file_changes_what_it_names_and_nothing_else():
    """The rest is as by default."""
    policy = Policy.parse("[high]\nofficers = 2\n[acceptance.accept_of_ten]\nrider = 5")
    default = default_policy()
    assert policy.of(Tier.HIGH).officers == 2
    assert policy.of(Tier.HIGH).community == default.of(Tier.HIGH).community
    assert policy.of(Tier.CRITICAL) == default.of(Tier.CRITICAL)
    assert policy.accept_of_ten == {**default.accept_of_ten, "rider": 5}
    assert Policy.parse("") == default
    assert Policy.parse(DEFAULT_POLICY) == default


def test_a_file_can_be_read_over_another_one():
    """A centre's own file over that for all centres."""
    for_all = Policy.parse("[visits]\nvisits_limit = 5\nevidence_within_s = 7200")
    own = Policy.parse("[visits]\nvisits_limit = 2", for_all)
    assert (own.visits_limit, own.evidence_within_s) == (2, 7_200)


def test_a_centre_has_its_own_or_the_one_for_all():
    """By the first word of the jurisdiction."""
    own = Policy.parse("[visits]\nvisits_limit = 2")
    policies = Policies(default_policy(), {"wanzhou": own})
    assert policies.of("wanzhou") is own
    assert policies.of("kaizhou") is default_policy()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[high", "The policy is not TOML"),
        ("officers = 1", "has no table officers; it has low, medium, high, critical, alerts"),
        ("[hihg]\nofficers = 1", "no table hihg; did you mean high?"),
        ("[high]\noficers = 1", r"table \[high\] has no key oficers; did you mean officers\?"),
        ("high = 3", r"high must be a table: write \[high\]"),
        ("[high]\nofficers = -1", r"officers must be a whole number from 0 to 20; it is -1"),
        ("[high]\nofficers = true", r"whole number from 0 to 20; it is True"),
        ("[high]\nofficers = 1.0", r"whole number from 0 to 20; it is 1.0"),
        ("[high]\nacknowledge_s = nan", r"must be a number from 5 to 3,600; it is nan"),
        ("[high]\nintelligence = 1", r"intelligence must be true or false; it is 1"),
        ("[high]\ncommunity_kinds = []", r"community_kinds must be a list of kinds, at least one"),
        ("[high]\ncommunity_kinds = ['postman']", r"at least one of officer, .*; it is 'postman'"),
        ("[low]\ncontact_at_once = ['fax']", r"one of message, voice, call; it is 'fax'"),
        ("[low]\ncontact_at_once = ['call', 'call']", r"names each of its channels once"),
        ("[alerts]\nbank_alarm_tier = 'urgent'", r"one of low, medium, high, critical; it is 'urg"),
        ("[follow_ups]\nfollow_up_weeks = [4, 1]", r"rising numbers above 0 and up to 104"),
        ("[follow_ups]\nfollow_up_weeks = [0]", r"rising numbers above 0 and up to 104"),
        ("[acceptance]\naccept_of_ten = 3", r"must be a table of kinds and numbers"),
        ("[acceptance.accept_of_ten]\npostman = 3", r"the kinds officer.*it is 'postman'"),
        ("[acceptance.accept_of_ten]\nrider = 11", r"of_ten.rider must be a number from 0.1"),
        ("[visits]\nvisits_limit = '" + "9" * 200 + "'", r"it is '9{50,60}\.\.\.\."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence(text, sentence):
    """Which names the table, the key and what is accepted."""
    with pytest.raises(PolicyError, match=sentence) as refused:
        Policy.parse(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[high]\nofficers = 3", r"\[critical\] officers = 2 is fewer than \[high\] officers = 3"),
        ("[medium]\nacknowledge_s = 20", r"\[high\] acknowledge_s = 60 is longer than \[medium\]"),
        ("[low]\nintelligence = true", r"\[low\] asks for intelligence, but \[medium\]"),
        (
            "[critical]\nofficers = 0\ncommunity = 0\n[high]\nofficers = 0\ncommunity = 0\n"
            "[medium]\ncommunity = 0",
            r"\[critical\] sends nobody",
        ),
        (
            "[visits]\nsecond_visit_officers = 0\nsecond_visit_community = 0",
            "a second visit has nobody",
        ),
    ],
)
def test_a_more_urgent_tier_is_not_answered_by_less(text, sentence):
    """Or raising the answer would send somebody home."""
    with pytest.raises(PolicyError, match=sentence):
        Policy.parse(text)
