"""Where to wait for the subject: who goes to which checkpoint, what share that catches, and what is
tried when it fails.

1. Where the subject can be, and drives that they may make (`reach`, `scenarios`).
2. Checkpoints on these drives, and when each unit would be ready there (`units`).
3. The first layer: the units and places that catch the largest share of the drives, exactly.
4. The second layer (接力拦截): units that are left wait further on for whoever slips through, and
   for drives that the first layer misses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.interception.choice import Choice, Post, later_passings
from dispatch.interception.coverage import Coverage
from dispatch.interception.situation import PlanSettings, Situation, Watched, survey
from dispatch.interception.subject import Subject
from dispatch.interception.units import Roads, Unit


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Who waits where. Immutable."""

    situation: Situation
    posts: list[Post]
    """The first layer's, then the second's; those that catch most first."""
    first: Coverage
    """The best choice of the first layer, with its proof. It may send units that gain too little
    to have a post."""
    second: Coverage | None
    caught: np.ndarray
    """bool[scenario], by the posts of either layer."""

    @property
    def share(self) -> float:
        """Of the drives, those caught by either layer."""
        return float(self.situation.scenarios.weight[self.caught].sum())

    @property
    def share_by_behaviour(self) -> dict[str, float]:
        return self.situation.scenarios.share_of_behaviours(self.caught)

    @property
    def worst_behaviour(self) -> tuple[str, float]:
        """The behaviour that the plan is worst for, and the share that it catches of it."""
        shares = self.share_by_behaviour
        worst = min(shares, key=lambda name: shares[name])
        return worst, shares[worst]


def make_plan(
    roads: Roads,
    subject: Subject,
    units: Sequence[Unit],
    now_s: float,
    settings: PlanSettings | None = None,
    *,
    standing: Mapping[str, str] | None = None,
    refused: Collection[tuple[str, str]] = (),
    watched: Sequence[Watched] = (),
    offered_s: Mapping[tuple[str, str], float] | None = None,
) -> Plan:
    """Who should wait where, told at ``now_s`` (UTC seconds since 1970). Raises InterceptionError.

    standing   id of the checkpoint by id of the unit that holds it: it is ready there now.
    refused    unit and checkpoint that do not go together, for whatever reason.
    watched    checkpoints that were held in vain: drives that had to come through are ruled out.
    offered_s  when other centres' units would be ready, by unit and checkpoint, in UTC seconds.
               They hold no other place.

    After a sighting, a refusal, a late unit or a miss the plan is made anew from what is known
    then.
    """
    settings = settings or PlanSettings()
    known = survey(
        roads,
        subject,
        units,
        now_s,
        settings,
        standing=standing,
        refused=refused,
        watched=watched,
        offered_s=offered_s,
    )
    choice = Choice(
        known.ready_s,
        known.earliest_s,
        known.needed,
        known.scenarios.weight,
        settings.limit_s,
        settings.keep_gain,
        settings.least_gain,
    )
    first = choice.of(known.passings, known.standing)
    sent = choice.worth_it(first, known.passings, known.standing)
    posts, caught = choice.posts(sent, 1, known.unit_ids, known.passings)
    second = None
    if settings.relay:
        left = later_passings(known.passings, choice.held_from_s(sent))
        second = choice.of(left, {}, without=sent)
        sent = choice.worth_it(second, left, {})
        more, caught_later = choice.posts(sent, 2, known.unit_ids, left)
        posts, caught = posts + more, caught | caught_later
    return Plan(known, posts, first, second, caught)
