"""Sealing an area: the fewest units past which the subject finds no way to any exit in time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.interception.checkpoints import CheckpointKind
from dispatch.interception.choice import Post
from dispatch.interception.escape import RoadEscape
from dispatch.interception.plan import Plan
from dispatch.interception.seal import Seal, fewest_to_seal
from dispatch.interception.situation import PlanSettings, Situation, survey
from dispatch.interception.subject import Subject
from dispatch.interception.units import Roads, Unit

ALWAYS = tuple(kind for kind in CheckpointKind if kind is not CheckpointKind.JUNCTION)
"""Considered wherever the subject can be: what every way out has to lead over."""


@dataclass(frozen=True, slots=True, eq=False)
class SealPlan:
    """Who waits where so that nobody gets out, or the least possible."""

    situation: Situation
    seal: Seal
    """With the exits that stay open and why, and what is proven."""
    posts: list[Post]


def seal_off(
    roads: Roads,
    subject: Subject,
    units: Sequence[Unit],
    now_s: float,
    settings: PlanSettings | None = None,
    *,
    limit_s: float = 2.0,
    refused: Collection[tuple[str, str]] = (),
    offered_s: Mapping[tuple[str, str], float] | None = None,
) -> SealPlan:
    """The fewest units that leave no way out; see :func:`dispatch.interception.plan.make_plan`.

    A way is open when the subject, as fast as they can be and whatever way they choose, passes
    every held place on it before it is held. What is proven holds for the places considered.
    Raises InterceptionError.
    """
    settings = settings or PlanSettings()
    known = survey(
        roads,
        subject,
        units,
        now_s,
        settings,
        refused=refused,
        offered_s=offered_s,
        kinds=ALWAYS,
    )
    reach, exits, places = known.reach, known.exits, known.checkpoints
    escape = RoadEscape(
        reach.metric,
        reach.starts.positions,
        place_first=places.first_node,
        place_node=places.node,
        exit_first=exits.first_arc,
        exit_arc=exits.arc,
        offsets_s=-subject.sighting.time_error_s,
        fastest_factor=subject.fastest,
        horizon_s=subject.horizon_s,
    )
    seal = fewest_to_seal(
        known.ready_s,
        known.needed,
        escape,
        len(exits),
        limit_s=limit_s,
        exit_weight=exits.weight,
        earliest_s=known.earliest_s,
    )
    share = known.place_share
    posts = [
        Post(
            known.unit_ids[unit],
            place,
            1,
            float(known.ready_s[unit, place]),
            float(known.earliest_s[place]),
            float(share[place]),
        )
        for unit, place in sorted(seal.place_of_unit.items())
    ]
    return SealPlan(known, seal, sorted(posts, key=lambda post: (-post.share, post.unit_id)))


def held_from_s(plan: Plan | SealPlan) -> np.ndarray:
    """float64[place]: from when each place is held; inf where it is not."""
    held_s = np.full(len(plan.situation.checkpoints), np.inf)
    for place in {post.place for post in plan.posts}:
        there = sorted(post.ready_s for post in plan.posts if post.place == place)
        held_s[place] = there[plan.situation.needed[place] - 1]
    return held_s
