"""A centre's tier policy: who is sent to whom, how soon, and what happens when nothing does.

A policy is a TOML file (:data:`~dispatch.incidents.default_policy.DEFAULT_POLICY` is the one that
holds when there is none). Its keys are the attributes below, in the tables named in ``_TABLES``;
what a file leaves out is as in the policy it is read over.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any

from dispatch.errors import PolicyError
from dispatch.incidents import policy_values as values
from dispatch.incidents.default_policy import DEFAULT_POLICY
from dispatch.incidents.words import TIERS, Channel, Role, Tier


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """How one tier is answered."""

    officers: int
    """Enforcement responders in front of the victim."""
    community: int
    enforcement_kinds: frozenset[str]
    community_kinds: frozenset[str]
    acknowledge_s: float
    """An offer that is not accepted by then goes to the next best."""
    visit_within_s: float
    """Face to face by then, from the first usable place on, is in time."""
    reach_s: float
    """Nobody who would take longer is sent."""
    contact_at_once: tuple[Channel, ...]
    contact_within_s: float
    """Not reached by then: answered one tier higher."""
    intelligence: bool
    """Whether a second line works beside the visit."""

    @property
    def wants_visit(self) -> bool:
        return self.officers + self.community > 0

    def count(self, role: Role) -> int:
        """How many are sent as this."""
        return self.officers if role is Role.ENFORCEMENT else self.community

    def kinds(self, role: Role) -> frozenset[str]:
        """Who may be sent as this."""
        return self.enforcement_kinds if role is Role.ENFORCEMENT else self.community_kinds


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that a centre decides beforehand. Immutable."""

    tiers: Mapping[Tier, TierPolicy]
    bank_alarm_tier: Tier
    second_visit_officers: int
    second_visit_community: int
    visits_limit: int
    """After so many visits that did not work a person decides."""
    unresolved_every_s: float
    """How often they are told until they do."""
    report_within_s: float
    """From arriving; a unit that has told nothing by then is asked to."""
    evidence_within_s: float
    """From arriving."""
    community_evidence: bool
    """Whether a visit that only the community made is to be proven too."""
    follow_up_weeks: tuple[float, ...]
    """After the visit that worked; rising."""
    follow_up_kinds: frozenset[str]
    follow_up_acknowledge_s: float
    follow_up_reach_s: float
    follow_up_within_s: float
    """Whoever accepted a follow-up goes within this, or somebody else is asked."""
    follow_up_again_s: float
    """A follow-up that was not made is tried again after this ..."""
    follow_up_tries: int
    """... so often in all."""
    far_officer_s: float
    """With the nearest officer farther away than this, more community responders go."""
    retry_s: float
    """Nobody good enough was found for a visit: look again after this."""
    follow_up_retry_s: float
    """The same for a follow-up."""
    unattended_after_s: float
    """Nobody has said yes to a visit: the centre is told after this, and again."""
    acceptance_target: float
    """Probability with which those offered at once suffice."""
    acceptance_weight: float
    """Offers that ``accept_of_ten`` counts for beside the counted ones."""
    accept_of_ten: Mapping[str, float]
    """By kind: of ten offers, how many are accepted in time."""
    geofence_m: float
    late_after_s: float
    missing_after_s: float
    off_route_m: float
    suggest_faster_by_s: float

    def of(self, tier: Tier) -> TierPolicy:
        """How this tier is answered."""
        return self.tiers[tier]

    @staticmethod
    def parse(text: str, over: Policy | None = None) -> Policy:
        """The policy in a TOML text; what it leaves out is as in ``over``, by default the default.

        PolicyError names the table, the key and what is accepted.
        """
        try:
            said = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PolicyError(f"The policy is not TOML: {error}.") from None
        return _checked(_read(said, over or default_policy()))


@cache
def default_policy() -> Policy:
    """The policy of ``DEFAULT_POLICY``; it says everything, so it is read over nothing."""
    return _checked(_read(tomllib.loads(DEFAULT_POLICY), None))


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of every centre."""

    default: Policy
    by_centre: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, centre: str) -> Policy:
        """The centre's own, or the one for all that have none."""
        return self.by_centre.get(centre, self.default)


_DAY_S = 86_400.0

_TIER_KEYS: Mapping[str, values.Reader] = {
    "officers": values.whole(0, 20),
    "community": values.whole(0, 50),
    "enforcement_kinds": values.kinds,
    "community_kinds": values.kinds,
    "acknowledge_s": values.number(5, 3_600),
    "visit_within_s": values.number(30, _DAY_S),
    "reach_s": values.number(60, _DAY_S),
    "contact_at_once": values.channels,
    "contact_within_s": values.number(10, _DAY_S),
    "intelligence": values.yes_or_no,
}

_TABLES: Mapping[str, Mapping[str, values.Reader]] = {
    "alerts": {"bank_alarm_tier": values.tier},
    "visits": {
        "second_visit_officers": values.whole(0, 20),
        "second_visit_community": values.whole(0, 50),
        "visits_limit": values.whole(1, 20),
        "unresolved_every_s": values.number(30, _DAY_S),
        "report_within_s": values.number(60, _DAY_S),
        "evidence_within_s": values.number(60, 7 * _DAY_S),
        "community_evidence": values.yes_or_no,
    },
    "follow_ups": {
        "follow_up_weeks": values.rising(0, 104, most_numbers=20),
        "follow_up_kinds": values.kinds,
        "follow_up_acknowledge_s": values.number(60, _DAY_S),
        "follow_up_reach_s": values.number(60, _DAY_S),
        "follow_up_within_s": values.number(600, 7 * _DAY_S),
        "follow_up_again_s": values.number(60, 30 * _DAY_S),
        "follow_up_tries": values.whole(1, 20),
    },
    "staffing": {
        "far_officer_s": values.number(0, _DAY_S),
        "retry_s": values.number(1, 3_600),
        "follow_up_retry_s": values.number(60, 7 * _DAY_S),
        "unattended_after_s": values.number(10, _DAY_S),
    },
    "acceptance": {
        "acceptance_target": values.number(0.01, 0.999),
        "acceptance_weight": values.number(1, 10_000),
        "accept_of_ten": values.by_kind(0.1, 10),
    },
    "tracking": {
        "geofence_m": values.number(5, 1_000),
        "late_after_s": values.number(1, 3_600),
        "missing_after_s": values.number(10, _DAY_S),
        "off_route_m": values.number(20, 10_000),
        "suggest_faster_by_s": values.number(1, 3_600),
    },
}


def _read(said: Mapping[str, Any], over: Policy | None) -> Policy:
    _refuse_unknown("The policy has no table", said, (*TIERS, *_TABLES))
    tiers = {
        tier: _tier(word, _table(said, word), None if over is None else over.of(tier))
        for word, tier in TIERS.items()
    }
    general: dict[str, Any] = {}
    for name, readers in _TABLES.items():
        general |= _values(name, _table(said, name), readers)
    if over is not None:
        general["accept_of_ten"] = MappingProxyType(
            {**over.accept_of_ten, **general.get("accept_of_ten", {})}
        )
        return replace(over, tiers=MappingProxyType(tiers), **general)
    return Policy(tiers=MappingProxyType(tiers), **general)


def _table(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = said.get(name, {})
    if not isinstance(table, dict):
        raise PolicyError(f"In the policy {name} must be a table: write [{name}] and keys below.")
    return table


def _tier(word: str, table: Mapping[str, Any], over: TierPolicy | None) -> TierPolicy:
    said = _values(word, table, _TIER_KEYS)
    return TierPolicy(**said) if over is None else replace(over, **said)


def _values(
    name: str, table: Mapping[str, Any], readers: Mapping[str, values.Reader]
) -> dict[str, Any]:
    _refuse_unknown(f"The policy's table [{name}] has no key", table, tuple(readers))
    return {key: readers[key](f"[{name}] {key}", value) for key, value in table.items()}


def _refuse_unknown(sentence: str, said: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for word in said:
        if word not in known:
            close = get_close_matches(word, known, 1)
            remedy = f"did you mean {close[0]}?" if close else f"it has {', '.join(known)}."
            raise PolicyError(f"{sentence} {word}; {remedy}")


def _checked(policy: Policy) -> Policy:
    """The policy itself, once it is sure that a more urgent tier is not answered by less."""
    words = {tier: word for word, tier in TIERS.items()}
    for lower in sorted(policy.tiers)[:-1]:
        less, more = policy.of(lower), policy.of(Tier(lower + 1))
        here, there = words[lower], words[Tier(lower + 1)]
        for key in ("officers", "community"):
            if getattr(more, key) < getattr(less, key):
                raise PolicyError(
                    f"In the policy [{there}] {key} = {getattr(more, key)} is fewer than "
                    f"[{here}] {key} = {getattr(less, key)}; a more urgent tier needs as many."
                )
        for key in ("acknowledge_s", "contact_within_s"):
            if getattr(more, key) > getattr(less, key):
                raise PolicyError(
                    f"In the policy [{there}] {key} = {getattr(more, key):g} is longer than "
                    f"[{here}] {key} = {getattr(less, key):g}; a more urgent tier waits no longer."
                )
        if less.intelligence and not more.intelligence:
            raise PolicyError(
                f"In the policy [{here}] asks for intelligence, but [{there}], more urgent, does "
                "not."
            )
    if not policy.of(Tier.CRITICAL).wants_visit:
        raise PolicyError("In the policy [critical] sends nobody; officers or community must be 1.")
    if policy.second_visit_officers + policy.second_visit_community == 0:
        raise PolicyError(
            "In the policy a second visit has nobody; [visits] second_visit_officers or "
            "second_visit_community must be 1 or more."
        )
    return policy


KEYS = MappingProxyType(
    {**dict.fromkeys(TIERS, tuple(_TIER_KEYS)), **{name: tuple(t) for name, t in _TABLES.items()}}
)
"""Every table and its keys."""
