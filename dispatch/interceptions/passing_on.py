"""What other centres are told of what happened here: from happenings to messages.

The lead tells everybody who takes part where the subject was seen, how checkpoints stand, and that
it is over; and each neighbour what is asked of it. A neighbour tells the lead how its own stand,
and what its cameras saw.
"""

from __future__ import annotations

from dispatch.incidents.case import Happening
from dispatch.interceptions.asking import forget_offer
from dispatch.interceptions.case import InterceptionCase, Post
from dispatch.interceptions.messages import (
    CheckpointTold,
    Committed,
    Ended,
    Released,
    Reported,
    Sighted,
    Withdrawn,
    sighting_told,
)
from dispatch.interceptions.offering import given_of
from dispatch.interceptions.partners import CONFIRM_WITHIN_S, GivenState, HandOverState
from dispatch.interceptions.words import Holder, InterceptionRole

_STATES = {
    "checkpoint.manned": "manned",
    "checkpoint.clear": "clear",
    "checkpoint.missed": "missed",
    "checkpoint.caught": "caught",
}
_ENDS = {
    "interception.caught": "caught",
    "interception.stood_down": "stood_down",
    "interception.lost": "lost",
    "interception.handed_over": "handed_over",
}
_LET_GO = ("checkpoint.released", "checkpoint.withdrawn")
_OVER_THERE = ("checkpoint.clear", "checkpoint.missed")
_MOVED = ("checkpoint.eta_changed", "checkpoint.late")


def pass_on(case: InterceptionCase, now_s: float) -> None:
    """Tell other centres what has happened since the last time; to be called before a case is
    written."""
    interception = case.interception
    new = case.happenings[case.passed_on :]
    if interception.partners or interception.offers:
        for happening in new:
            post = interception.post(happening.assignment_id or "")
            if interception.role is InterceptionRole.LEAD:
                _from_lead(case, happening, post, now_s)
            else:
                _from_neighbour(case, happening, post, now_s)
    case.passed_on = len(case.happenings)


def _from_lead(
    case: InterceptionCase, happening: Happening, post: Post | None, now_s: float
) -> None:
    interception = case.interception
    if happening.type in _ENDS:
        passing = interception.hand_over
        for centre in interception.partners:
            leads_now = (
                passing is not None
                and passing.state is HandOverState.DONE
                and passing.centre == centre
            )
            if not leads_now:
                case.tell(centre, Ended(outcome=_ENDS[happening.type]), now_s)  # type: ignore[arg-type]
    elif happening.type == "interception.sighted":
        if happening.data["latest"] and interception.last_seen is not None:
            told = Sighted(sighting=sighting_told(interception.last_seen.sighting))
            for centre in _taking_part(case):
                if centre != happening.data["source"]:
                    case.tell(centre, told, now_s)
    elif post is None:
        return
    elif happening.type == "checkpoint.asked":
        post.confirm_by_s = now_s + CONFIRM_WITHIN_S
        case.tell(
            post.jurisdiction,
            Committed(
                offer_id=post.offer_id,
                confirm_by_s=post.confirm_by_s,
                earliest_at_s=max(post.earliest_at_s, 0.0),
            ),
            now_s,
        )
    elif happening.type in _LET_GO and post.holder is Holder.NEIGHBOUR:
        _let_go(case, post, post.reason, now_s)
    elif happening.type in _STATES:
        place = interception.places[post.checkpoint_id]
        told = CheckpointTold(
            checkpoint_id=place.checkpoint_id,
            kind=place.kind,
            name=place.name[:500],
            lon=place.lon,
            lat=place.lat,
            state=_STATES[happening.type],  # type: ignore[arg-type]
            at_s=now_s,
        )
        for centre in _taking_part(case):
            if centre != post.jurisdiction:
                case.tell(centre, told, now_s)
        if happening.type in _OVER_THERE and post.holder is Holder.NEIGHBOUR:
            # Somebody else has said so, by hand or from another centre at the same place.
            _let_go(case, post, post.state.value, now_s)


def _let_go(case: InterceptionCase, post: Post, reason: str, now_s: float) -> None:
    """A neighbour's unit is not needed where it was sent; the neighbour is told, unless it was the
    one who said so."""
    interception = case.interception
    forget_offer(interception, post.offer_id)
    interception.partners[post.jurisdiction].ask_again = True
    if interception.is_open and post.post_id not in case.agreed:
        case.tell(post.jurisdiction, Released(offer_id=post.offer_id, reason=reason[:200]), now_s)


def _from_neighbour(
    case: InterceptionCase, happening: Happening, post: Post | None, now_s: float
) -> None:
    interception = case.interception
    lead = interception.lead_centre or ""
    if happening.type == "interception.sighted":
        if happening.data["source"] != lead and happening.data["latest"]:
            assert interception.last_seen is not None
            told = Sighted(sighting=sighting_told(interception.last_seen.sighting))
            case.tell(lead, told, now_s)
        return
    given = None if post is None else given_of(interception, post.offer_id)
    if post is None or given is None:
        return
    if happening.type in _STATES:
        case.tell(
            lead,
            Reported(
                offer_id=given.offer_id,
                state=_STATES[happening.type],  # type: ignore[arg-type]
                at_s=happening.data.get("until_s", now_s),
                from_s=happening.data.get("from_s"),
            ),
            now_s,
        )
    elif happening.type in _MOVED:
        case.tell(
            lead,
            Reported(
                offer_id=given.offer_id, state="delayed", at_s=happening.data["expected_at_s"]
            ),
            now_s,
        )
    elif happening.type in _LET_GO and post.post_id not in case.agreed:
        case.tell(lead, Withdrawn(offer_id=given.offer_id, reason=post.reason[:200]), now_s)
    if not post.live:
        given.state, given.reason = GivenState.OVER, given.reason or post.reason[:200]


def _taking_part(case: InterceptionCase) -> list[str]:
    """Centres that hold something, or offer to."""
    interception = case.interception
    bound = {post.jurisdiction for post in interception.live_posts()}
    bound |= {one.centre for one in interception.offers}
    return [centre for centre in interception.partners if centre in bound]
