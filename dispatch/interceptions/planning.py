"""What a plan is made from, and what becomes of it. A plan sends nobody: see ``committing``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely

from dispatch.errors import InterceptionError
from dispatch.interception.checkpoints import RULES, CheckpointKind, CheckpointRule
from dispatch.interception.plan import make_plan
from dispatch.interception.sealing import seal_off
from dispatch.interception.situation import STAFF, PlanSettings, Watched
from dispatch.interception.subject import Subject
from dispatch.interception.units import Roads, Unit
from dispatch.interceptions.case import OFFER, Interception, InterceptionCase, Post
from dispatch.interceptions.planned import Planned, Sealing, planned_of, sealing_of
from dispatch.interceptions.words import Holder, PostState
from geodata.changes import RoadChanges

NOT_SEEN = "Nobody has seen the subject yet: tell of a sighting."
_RULE_VALUES = ("set_up_s", "units_needed", "staff_set_up_s")


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a plan is made from but the roads and the time."""

    subject: Subject
    settings: PlanSettings
    units: tuple[Unit, ...]
    standing: dict[str, str]
    refused: frozenset[tuple[str, str]]
    watched: tuple[Watched, ...]
    offered_s: dict[tuple[str, str], float]
    basis: int
    number: int
    """That the plan will have."""
    sighting_id: str


def settings_of(said: dict[str, Any]) -> PlanSettings:
    """The settings with what was said of them. Raises InterceptionError for what cannot be."""
    said = {name: value for name, value in said.items() if name != "seal"}
    rules = dict(RULES)
    for name, values in said.pop("rules", {}).items():
        kind = CheckpointKind(name)
        usual = rules[kind]
        known = {value: getattr(usual, value) for value in _RULE_VALUES}
        rules[kind] = CheckpointRule(held_by=usual.held_by, **(known | values))
    if "kinds" in said:
        named = frozenset(said["kinds"])
        if not named:
            raise InterceptionError("Name one kind of checkpoint at least, or leave 'kinds' out.")
        said["kinds"] = tuple(kind for kind in CheckpointKind if kind.value in named)
    return PlanSettings(rules=rules, **said)


def subject_of(interception: Interception, changes: RoadChanges | None) -> Subject:
    """The subject as of the latest sighting; ``changes`` are its closures on the map. Raises
    InterceptionError."""
    seen, sought = interception.last_seen, interception.sought
    if seen is None:
        raise InterceptionError(NOT_SEEN)
    return Subject(
        sighting=seen.sighting,
        mode=sought.mode,
        slowest=sought.slowest,
        fastest=sought.fastest,
        destinations=sought.destinations,
        area=None if sought.area is None else shapely.geometry.shape(sought.area),
        horizon_s=sought.horizon_s,
        changes=changes,
    )


def asked(
    interception: Interception,
    units: Sequence[Unit],
    changes: RoadChanges | None,
    now_s: float,
) -> Asked:
    """What is asked of the mathematics now. ``units`` are those who may be sent, and our own who
    are bound by this interception, wherever they are. Raises InterceptionError."""
    subject = subject_of(interception, changes)
    seen = interception.last_seen
    assert seen is not None
    seen_at_s = seen.sighting.seen_at_s
    gone = frozenset(interception.refused_by)
    known = {unit.unit_id: unit for unit in units}
    more: list[Unit] = []
    standing: dict[str, str] = {}
    offered_s = {
        (OFFER + one.offer_id, one.checkpoint_id): one.ready_at_s for one in interception.offers
    }
    watched = [
        Watched(one.checkpoint_id, one.from_s - seen_at_s, one.until_s - seen_at_s)
        for one in interception.in_vain
    ]
    for post in interception.live_posts():
        if post.unit_id in known:
            known[post.unit_id] = _under_way(known[post.unit_id], post, now_s)
        if post.state is PostState.MANNED:
            standing[post.unit_id] = post.checkpoint_id
            assert post.manned_at_s is not None
            watched.append(
                Watched(post.checkpoint_id, post.manned_at_s - seen_at_s, now_s - seen_at_s)
            )
            if post.holder is Holder.UNIT and post.unit_id not in known:
                # Nobody knows where they are on the roads, but they stand there.
                more.append(
                    Unit(post.unit_id, post.kind, post.mode, 0.0, 0.0, -1, 0.0, turn_out_s=0.0)
                )
            elif post.holder is Holder.NEIGHBOUR:
                offered_s[post.unit_id, post.checkpoint_id] = now_s
        elif post.holder is Holder.NEIGHBOUR or (
            post.holder is Holder.UNIT and post.unit_id not in known
        ):
            # Where they are is not known here: they go where they were sent, as they said.
            offered_s[post.unit_id, post.checkpoint_id] = post.ready_at_s
    return Asked(
        subject=subject,
        settings=settings_of(interception.settings),
        units=(*(unit for unit in known.values() if unit.unit_id not in gone), *more),
        standing=standing,
        refused=frozenset(
            (name, name.removeprefix(STAFF)) for name in gone if name.startswith(STAFF)
        ),
        watched=tuple(one for one in watched if one.until_s >= 0.0),
        offered_s=offered_s,
        basis=interception.basis,
        number=interception.plan_number + 1,
        sighting_id=seen.sighting_id,
    )


def _under_way(unit: Unit, post: Post, now_s: float) -> Unit:
    """One of ours who has turned out by now, or is about to."""
    if post.departed_at_s is not None or post.manned_at_s is not None:
        return replace(unit, turn_out_s=0.0)
    if post.accepted_at_s is not None:
        return replace(unit, turn_out_s=max(0.0, unit.turn_out_s - (now_s - post.accepted_at_s)))
    return unit


def plan(roads: Roads, what: Asked, now_s: float) -> Planned:
    """The plan. Raises InterceptionError where none can be made."""
    made = make_plan(
        roads,
        what.subject,
        what.units,
        now_s,
        what.settings,
        standing=what.standing,
        refused=what.refused,
        watched=what.watched,
        offered_s=what.offered_s,
    )
    return planned_of(made, what.number, what.basis, now_s, what.sighting_id)


def seal(roads: Roads, what: Asked, now_s: float, limit_s: float) -> Sealing:
    """Whether the same people can seal the subject in. Raises InterceptionError."""
    made = seal_off(
        roads,
        what.subject,
        what.units,
        now_s,
        what.settings,
        limit_s=limit_s,
        refused=what.refused,
        offered_s=what.offered_s,
    )
    return sealing_of(made)


def take_over(case: InterceptionCase, planned: Planned, sha256: str, now_s: float) -> bool:
    """Note that a plan was made, where no newer one was made meanwhile; whether it is the last.

    ``sha256`` is of the plan as it is kept."""
    interception = case.interception
    if not interception.is_open or planned.basis <= interception.plan_basis:
        return False
    if planned.number != interception.plan_number + 1:
        return False
    interception.plan_number = planned.number
    interception.plan_basis = planned.basis
    interception.no_plan_because = ""
    case.happened(
        "interception.planned",
        now_s,
        plan_number=planned.number,
        share=planned.share,
        worst_share=planned.worst_share,
        units=len(planned.posts),
        sha256=sha256,
    )
    return True


def give_up(case: InterceptionCase, basis: int, reason: str, now_s: float) -> bool:
    """Note that no plan could be made from what was known; the last one cannot be committed any
    more. Whether that is news."""
    interception = case.interception
    if not interception.is_open or basis <= interception.plan_basis:
        return False
    interception.plan_basis = basis
    interception.no_plan_because = reason
    case.happened("interception.no_plan", now_s, reason=reason)
    return True


def note_sealing(case: InterceptionCase, planned: Planned, sha256: str, now_s: float) -> bool:
    """Note the answer to whether the subject of a plan can be sealed in; False where that plan is
    not the last one any more. ``sha256`` is of the plan with the answer."""
    interception, sealing = case.interception, planned.sealing
    assert sealing is not None
    if not interception.is_open or interception.plan_number != planned.number:
        return False
    case.happened(
        "interception.seal_found",
        now_s,
        plan_number=planned.number,
        sealed=sealing.sealed,
        units=len(sealing.posts),
        open_exits=len(sealing.open_exits),
        sha256=sha256,
    )
    return True
