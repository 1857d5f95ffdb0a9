"""A plan that a dispatcher has chosen is carried out: who goes where, who stays, who is let go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from dispatch.errors import ConflictError
from dispatch.interception.situation import STAFF
from dispatch.interceptions.case import OFFER, UNIT, Interception, InterceptionCase, Post, key_of
from dispatch.interceptions.planned import Planned, PlannedPost
from dispatch.interceptions.posts import release
from dispatch.interceptions.sighting import must_be_open
from dispatch.interceptions.words import Holder, InterceptionRole, PostState

Choice = Literal["coverage", "seal"]
Take = Callable[[Post], bool]
"""Takes a unit for a post; False where something else has it."""


@dataclass(frozen=True, slots=True)
class Who:
    """What somebody is who is to be sent."""

    kind: str
    mode: str


def commit(
    case: InterceptionCase,
    planned: Planned | None,
    number: int,
    choice: Choice,
    who: Callable[[str], Who | None],
    take: Take,
    now_s: float,
) -> list[str]:
    """Carry out the plan of this number; the units that were taken by something else meanwhile.

    Whoever goes there or stands there already stays so; whoever is bound elsewhere is redirected;
    whoever is not in the plan is let go. A neighbour's offer is asked for and holds nothing until
    it is confirmed. A plan that is carried out already is not told again. ``planned`` is the last
    plan, ``who`` tells what a unit is, and None where it is not known any more.
    """
    interception = case.interception
    must_be_open(interception)
    posts = _chosen(interception, planned, number, choice)
    by_unit = {post.unit_id: post for post in interception.live_posts()}
    wanted = {post.unit_id for post in posts}
    bound_to = {(unit_id, post.checkpoint_id) for unit_id, post in by_unit.items()}
    if interception.committed_number == number and bound_to == {
        (post.unit_id, post.place.checkpoint_id) for post in posts
    }:
        return []
    for unit_id, post in by_unit.items():
        if unit_id not in wanted:
            release(case, post, "not_in_plan", now_s)
    taken: list[str] = []
    for said in posts:
        interception.places[said.place.checkpoint_id] = said.place
        known = by_unit.get(said.unit_id)
        if known is not None:
            _keep(case, known, said, number, now_s)
        elif not _order(case, said, number, who, take, now_s):
            taken.append(said.unit_id)
    interception.committed_number = number
    case.happened(
        "interception.committed",
        now_s,
        plan_number=number,
        checkpoints=sorted({post.place.checkpoint_id for post in posts}),
        taken=taken,
    )
    if taken:
        case.plan_anew()
    return taken


def _chosen(
    interception: Interception, planned: Planned | None, number: int, choice: Choice
) -> Sequence[PlannedPost]:
    if interception.role is InterceptionRole.NEIGHBOUR:
        raise ConflictError(
            f"The interception is led by {interception.lead_centre}: only that centre plans it."
        )
    if interception.no_plan_because and not interception.plan_wanted:
        raise ConflictError(f"There is no plan that holds: {interception.no_plan_because}")
    if planned is None or interception.plan_number == 0:
        raise ConflictError("There is no plan yet: wait for it, then commit it.")
    if number != interception.plan_number or planned.number != number:
        raise ConflictError(
            f"The plan {number} is not the last one: look at plan {interception.plan_number}."
        )
    if interception.plan_wanted:
        raise ConflictError(
            f"Something has happened since plan {number}: look at the next one, which is being "
            "made."
        )
    if choice == "coverage":
        return planned.posts
    if planned.sealing is None:
        raise ConflictError("Whether the subject can be sealed in is not known yet.")
    return planned.sealing.posts


def _keep(case: InterceptionCase, post: Post, said: PlannedPost, number: int, now_s: float) -> None:
    """Whoever is bound already stays, or is sent elsewhere."""
    was = post.checkpoint_id
    post.plan_number, post.layer = number, said.layer
    post.ready_at_s, post.earliest_at_s = said.ready_at_s, said.earliest_at_s
    post.share = said.share
    if was == said.place.checkpoint_id:
        case.happened("checkpoint.kept", now_s, post, plan_number=number)
        return
    post.checkpoint_id = said.place.checkpoint_id
    if post.state is PostState.MANNED:
        post.state = PostState.EN_ROUTE
        post.departed_at_s = now_s
        post.manned_at_s = None
    post.expected_at_s = _expected_at_s(case.interception, said, now_s)
    if post.promised_at_s is not None:
        post.promised_at_s = post.expected_at_s
    post.late = False
    case.happened("checkpoint.redirected", now_s, post, was=was, plan_number=number)


def _order(
    case: InterceptionCase,
    said: PlannedPost,
    number: int,
    who: Callable[[str], Who | None],
    take: Take,
    now_s: float,
) -> bool:
    interception = case.interception
    common = {
        "checkpoint_id": said.place.checkpoint_id,
        "plan_number": number,
        "layer": said.layer,
        "ordered_at_s": now_s,
        "ready_at_s": said.ready_at_s,
        "earliest_at_s": said.earliest_at_s,
        "share": said.share,
        "expected_at_s": _expected_at_s(interception, said, now_s),
    }
    if said.unit_id.startswith(UNIT):
        jurisdiction, responder_id = key_of(said.unit_id)
        known = who(said.unit_id)
        if known is None:
            return False
        post = Post(
            post_id=case.new_id(),
            holder=Holder.UNIT,
            state=PostState.ORDERED,
            jurisdiction=jurisdiction,
            responder_id=responder_id,
            kind=known.kind,
            mode=known.mode,
            **common,
        )
        if not take(post):
            return False
        interception.posts += (post,)
        case.happened("checkpoint.ordered", now_s, post, plan_number=number)
        return True
    if said.unit_id.startswith(STAFF):
        post = Post(
            post_id=case.new_id(),
            holder=Holder.STAFF,
            state=PostState.ORDERED,
            jurisdiction=interception.jurisdiction,
            **common,
        )
        interception.posts += (post,)
        case.happened("checkpoint.ordered", now_s, post, plan_number=number)
        return True
    offer_id = said.unit_id.removeprefix(OFFER)
    offer = next((one for one in interception.offers if one.offer_id == offer_id), None)
    if offer is None:  # it was taken back
        return False
    post = Post(
        post_id=case.new_id(),
        holder=Holder.NEIGHBOUR,
        state=PostState.ASKED,
        offer_id=offer_id,
        jurisdiction=offer.centre,
        **common,
    )
    interception.posts += (post,)
    case.happened("checkpoint.asked", now_s, post, plan_number=number)
    return True


def _expected_at_s(interception: Interception, said: PlannedPost, now_s: float) -> float:
    """When they should be there, for the time of being ready that a plan says; of a place's own
    staff, when they have closed it."""
    set_up_s = 0.0 if said.unit_id.startswith(STAFF) else said.place.set_up_s
    return max(now_s, said.ready_at_s - set_up_s - interception.safety_s)
