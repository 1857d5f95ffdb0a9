"""How soon is soon enough, and who counts: a planner's own number, or a tier of the policy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from dispatch.errors import PlanningError
from dispatch.incidents.policy import Policy, default_policy
from dispatch.incidents.words import TIERS
from dispatch.responders import KIND_NAMES, kinds_named


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody of these kinds is there within so many seconds of being told."""

    target_s: float
    kinds: tuple[str, ...] | None = None
    """Any of them will do; None: any kind at all."""
    worst_s: float = np.inf
    """Nobody who would take longer is sent: slower than this counts as this."""

    def __post_init__(self) -> None:
        if not 0.0 < self.target_s < np.inf:
            raise PlanningError(f"A target is more than 0 seconds, not {self.target_s}.")
        if self.worst_s < self.target_s:
            raise PlanningError("worst_s of a target is not below its target_s.")
        kinds_named(self.kinds or ())

    @classmethod
    def of_tier(cls, tier: str, policy: Policy | None = None) -> Target:
        """What the tier policy promises: the first who is face to face, of the kinds it sends."""
        if tier not in TIERS:
            raise PlanningError(f"No tier is called {tier!r}; it is one of {', '.join(TIERS)}.")
        rule = (policy or default_policy()).of(TIERS[tier])
        kinds = (rule.enforcement_kinds if rule.officers else frozenset()) | (
            rule.community_kinds if rule.community else frozenset()
        )
        if not kinds:
            raise PlanningError(
                f"The policy sends nobody for tier {tier}; give a target in seconds, or a tier "
                "that is visited."
            )
        ordered = tuple(kind for kind in KIND_NAMES if kind in kinds)
        return cls(rule.visit_within_s, ordered, max(rule.reach_s, rule.visit_within_s))

    def kinds_among(self, there: Collection[str]) -> tuple[str, ...]:
        """Those of the kinds that count which there are. Raises PlanningError for none."""
        meant = tuple(there) if self.kinds is None else self.kinds
        found = tuple(kind for kind in meant if kind in there)
        if not found:
            raise PlanningError(
                f"There is nobody of the kinds that count ({', '.join(meant)}) among the people; "
                f"there are: {', '.join(there)}."
            )
        return found


def target_of(target: Target | float | str, kinds: Collection[str] | None = None) -> Target:
    """A target from seconds, from a tier's word, or as it is; `kinds` replace its own."""
    if isinstance(target, str):
        target = Target.of_tier(target)
    elif not isinstance(target, Target):
        try:
            target = Target(float(target))
        except (TypeError, ValueError):
            raise PlanningError(
                f"A target is seconds, the word of a tier ({', '.join(TIERS)}), or a Target, not "
                f"{target!r}."
            ) from None
    if kinds is not None:
        target = Target(target.target_s, kinds_named(kinds), target.worst_s)
    return target
