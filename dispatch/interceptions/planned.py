"""What a plan says, as it is kept and shown: who waits where, which share that catches, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dispatch.interception.checkpoints import Checkpoints
from dispatch.interception.choice import Post as ChosenPost
from dispatch.interception.coverage import Coverage
from dispatch.interception.plan import Plan
from dispatch.interception.sealing import SealPlan
from dispatch.interception.situation import Situation
from dispatch.interceptions.case import Place

MOST_CANDIDATES = 60
"""Places told beside the chosen ones: what a dispatcher looks through, and a neighbour is asked."""


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """One unit at one checkpoint, by a plan."""

    unit_id: str
    place: Place
    layer: int
    ready_at_s: float
    earliest_at_s: float
    share: float

    @property
    def margin_s(self) -> float:
        return self.earliest_at_s - self.ready_at_s


@dataclass(frozen=True, slots=True)
class Candidate:
    """A checkpoint that the plan could have used."""

    place: Place
    share: float
    """Of the drives, those that pass it."""
    earliest_at_s: float
    ready_at_s: float | None
    """When the first who can be there would be ready; None: nobody can."""


@dataclass(frozen=True, slots=True)
class LayerProof:
    """How good the choice of one layer is."""

    share: float
    bound: float
    """No choice has a larger share."""
    gap: float
    proven: bool


@dataclass(frozen=True, slots=True)
class OpenWay:
    """An exit that stays open, and why."""

    lon: float
    lat: float
    name: str
    reason: str
    """nobody_in_time, too_few_units or time_limit."""
    at_s: float
    """When the subject can be out there."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """Whether the subject can be sealed in."""

    sealed: bool
    posts: tuple[PlannedPost, ...]
    open_exits: tuple[OpenWay, ...]
    bound: int
    """No fewer units are enough for leaving no more open."""
    proven: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan. Times are UTC seconds since 1970."""

    number: int
    basis: int
    """What the interception's was when it was made."""
    made_at_s: float
    sighting_id: str
    posts: tuple[PlannedPost, ...]
    candidates: tuple[Candidate, ...]
    """The places that most drives pass, the first ones first."""
    share: float
    share_by_behaviour: dict[str, float]
    worst_behaviour: str
    worst_share: float
    first: LayerProof
    second: LayerProof | None
    notes: tuple[str, ...]
    sealing: Sealing | None = None
    """None: not known yet, or not asked for."""

    def with_sealing(self, sealing: Sealing) -> Planned:
        return replace(self, sealing=sealing)


def planned_of(plan: Plan, number: int, basis: int, now_s: float, sighting_id: str) -> Planned:
    """The plan as it is kept."""
    known = plan.situation
    seen_at_s = known.reach.subject.sighting.seen_at_s
    worst, worst_share = plan.worst_behaviour
    return Planned(
        number=number,
        basis=basis,
        made_at_s=now_s,
        sighting_id=sighting_id,
        posts=tuple(_post(known, post, seen_at_s) for post in plan.posts),
        candidates=_candidates(known, seen_at_s),
        share=_rounded(plan.share),
        share_by_behaviour={
            name: _rounded(share) for name, share in plan.share_by_behaviour.items()
        },
        worst_behaviour=worst,
        worst_share=_rounded(worst_share),
        first=_proof(plan.first),
        second=None if plan.second is None else _proof(plan.second),
        notes=known.notes,
    )


def sealing_of(plan: SealPlan) -> Sealing:
    """The answer to whether the subject can be sealed in, as it is kept."""
    known, seal = plan.situation, plan.seal
    seen_at_s = known.reach.subject.sighting.seen_at_s
    exits = known.exits
    return Sealing(
        sealed=bool(seal.sealed),
        posts=tuple(_post(known, post, seen_at_s) for post in plan.posts),
        open_exits=tuple(
            OpenWay(
                lon=round(float(exits.lon[one.exit]), 7),
                lat=round(float(exits.lat[one.exit]), 7),
                name=exits.name[one.exit],
                reason=one.reason,
                at_s=round(seen_at_s + float(one.path.arrival_s), 1),
            )
            for one in seal.open_exits
        ),
        bound=int(seal.bound),
        proven=bool(seal.proven),
    )


def place_of(checkpoints: Checkpoints, index: int) -> Place:
    """A checkpoint as it is kept."""
    rule = checkpoints.rule(index)
    return Place(
        checkpoint_id=checkpoints.id[index],
        kind=checkpoints.kind[index].value,
        name=checkpoints.name[index],
        lon=round(float(checkpoints.lon[index]), 7),
        lat=round(float(checkpoints.lat[index]), 7),
        set_up_s=rule.set_up_s,
        units_needed=rule.units_needed,
    )


def _post(known: Situation, post: ChosenPost, seen_at_s: float) -> PlannedPost:
    return PlannedPost(
        unit_id=post.unit_id,
        place=replace(
            place_of(known.checkpoints, post.place), units_needed=int(known.needed[post.place])
        ),
        layer=post.layer,
        ready_at_s=round(seen_at_s + post.ready_s, 1),
        earliest_at_s=round(seen_at_s + post.earliest_s, 1),
        share=_rounded(post.share),
    )


def _candidates(known: Situation, seen_at_s: float) -> tuple[Candidate, ...]:
    share = known.place_share
    soonest_s = known.ready_s.min(axis=0, initial=np.inf)
    best = np.argsort(-share, kind="stable")[:MOST_CANDIDATES]
    return tuple(
        Candidate(
            place=place_of(known.checkpoints, index),
            share=_rounded(float(share[index])),
            earliest_at_s=round(seen_at_s + float(known.earliest_s[index]), 1),
            ready_at_s=(
                round(seen_at_s + float(soonest_s[index]), 1)
                if np.isfinite(soonest_s[index])
                else None
            ),
        )
        for index in best.tolist()
        if np.isfinite(known.earliest_s[index])
    )


def _proof(coverage: Coverage) -> LayerProof:
    return LayerProof(
        share=_rounded(coverage.share),
        bound=_rounded(coverage.bound),
        gap=_rounded(coverage.gap),
        proven=bool(coverage.proven),
    )


def _rounded(share: float) -> float:
    return round(float(share), 6)
