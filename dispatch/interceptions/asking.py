"""The lead's side of an interception with other centres: asks, chooses among offers, hears.

A plan may use an offer from when it was made on. A commit asks for it, and only what the neighbour
has confirmed is held. Whoever is silent past a deadline has said no; a yes that comes after that is
answered with a release, so that nobody waits where the plan does not know of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.errors import ConflictError, InterceptionError
from dispatch.interceptions import posts
from dispatch.interceptions.case import Interception, InterceptionCase, Offer, Post
from dispatch.interceptions.ending import catch, hand_over
from dispatch.interceptions.messages import (
    MOST_PLACES,
    MOST_SIGHTINGS_TOLD,
    Confirmed,
    Ended,
    HandOverAnswered,
    HandOverCancelled,
    HandOverDone,
    HandOverOffered,
    Message,
    Offered,
    PlaceAsked,
    Released,
    Reported,
    Requested,
    Sighted,
    Withdrawn,
    destination_told,
    sighting_told,
)
from dispatch.interceptions.partners import (
    ANSWER_WITHIN_S,
    HAND_OVER_WITHIN_S,
    HandOver,
    HandOverState,
    Partner,
)
from dispatch.interceptions.sighting import must_be_open, see
from dispatch.interceptions.words import Holder, InterceptionRole, InterceptionState, PostState

NO_ANSWER = "no_answer"
OVER = "over"


def should_ask(interception: Interception, centre: str) -> bool:
    """Whether a neighbour is to be asked: not yet, not about the last sighting, or because what it
    offered is not so any more. One request at a time."""
    seen = interception.last_seen
    if not interception.is_open or interception.role is not InterceptionRole.LEAD or seen is None:
        return False
    partner = interception.partners.get(centre)
    if partner is None:
        return True
    if partner.answer_by_s is not None:
        return False
    return partner.ask_again or partner.sighting_id != seen.sighting_id


def ask(case: InterceptionCase, centre: str, places: Sequence[PlaceAsked], now_s: float) -> None:
    """Ask a neighbour which of these places it could hold."""
    interception = case.interception
    must_be_open(interception)
    _must_lead(interception)
    seen = interception.last_seen
    if seen is None:
        raise ConflictError("Nobody has seen the subject yet: there is nothing to ask.")
    partner = interception.partners.setdefault(centre, Partner())
    partner.round += 1
    partner.answer_by_s = now_s + ANSWER_WITHIN_S
    partner.sighting_id = seen.sighting_id
    partner.ask_again = False
    case.tell(
        centre,
        Requested(
            round=partner.round,
            answer_by_s=partner.answer_by_s,
            ends_at_s=interception.ends_at_s,
            description=interception.sought.description,
            mode=interception.sought.mode,
            sighting=sighting_told(seen.sighting),
            places=list(places[:MOST_PLACES]),
        ),
        now_s,
    )


def offer_hand_over(case: InterceptionCase, centre: str, reason: str, now_s: float) -> HandOver:
    """Ask a neighbour to lead from now on. We lead until it has accepted and we have let go."""
    interception = case.interception
    must_be_open(interception)
    _must_lead(interception)
    passing = interception.hand_over
    if passing is not None and passing.state is HandOverState.OFFERED:
        if passing.centre == centre:
            return passing
        raise ConflictError(f"The interception is being handed over to {passing.centre} already.")
    if centre not in interception.partners:
        raise ConflictError(
            f"{centre} does not take part in the interception: only a centre that was asked can "
            "take it over."
        )
    made = HandOver(case.new_id(), centre, now_s + HAND_OVER_WITHIN_S, reason=reason)
    interception.hand_over = made
    case.tell(
        centre,
        HandOverOffered(
            hand_over_id=made.hand_over_id, answer_by_s=made.answer_by_s, reason=reason
        ),
        now_s,
    )
    return made


def hear(case: InterceptionCase, centre: str, message: Message, now_s: float) -> None:
    """Take in what a neighbour tells. What is over already is answered so, or changes nothing."""
    if centre not in case.interception.partners:
        return
    match message:
        case Offered():
            _hear_offers(case, centre, message, now_s)
        case Confirmed():
            _hear_yes(case, centre, message, now_s)
        case Withdrawn():
            _hear_no(case, centre, message, now_s)
        case Reported():
            _hear_report(case, centre, message, now_s)
        case Sighted():
            if not _is_over(case, centre, now_s):
                _quietly(see, case, message.sighting.sighting, centre, now_s)
        case HandOverAnswered():
            _hear_hand_over(case, centre, message, now_s)


def tick(case: InterceptionCase, now_s: float) -> None:
    """Count silence as no, wherever the time to answer is over."""
    interception = case.interception
    if not interception.is_open:
        return
    for centre, partner in interception.partners.items():
        if partner.answer_by_s is not None and partner.answer_by_s <= now_s:
            partner.silent = True
            expected_by_s, partner.answer_by_s = partner.answer_by_s, None
            case.happened(
                "interception.unanswered", now_s, centre=centre, expected_by_s=expected_by_s
            )
    for post in list(interception.live_posts()):
        late = post.confirm_by_s is not None and post.confirm_by_s <= now_s
        if post.state is PostState.ASKED and late:
            posts.withdraw(case, post, NO_ANSWER, now_s)
    passing = interception.hand_over
    if (
        passing is not None
        and interception.role is InterceptionRole.LEAD
        and passing.state is HandOverState.OFFERED
        and passing.answer_by_s <= now_s
    ):
        cancel_hand_over(case, NO_ANSWER, now_s)


def cancel_hand_over(case: InterceptionCase, reason: str, now_s: float) -> None:
    """Go on leading."""
    passing = case.interception.hand_over
    if passing is None or passing.state is not HandOverState.OFFERED:
        return
    passing.state, passing.reason = HandOverState.CANCELLED, reason
    case.tell(passing.centre, HandOverCancelled(hand_over_id=passing.hand_over_id), now_s)


def forget_offer(interception: Interception, offer_id: str) -> bool:
    """Plan with an offer no more; whether it was there."""
    left = tuple(one for one in interception.offers if one.offer_id != offer_id)
    was_there = len(left) < len(interception.offers)
    interception.offers = left
    return was_there


def outcome_of(state: InterceptionState) -> str:
    """How an interception that is over ended, as it is told."""
    return state.value


def _hear_offers(case: InterceptionCase, centre: str, message: Offered, now_s: float) -> None:
    interception = case.interception
    if _is_over(case, centre, now_s):
        return
    partner = interception.partners[centre]
    if message.round != partner.round or partner.answered == message.round:
        return
    partner.answered = message.round
    partner.answer_by_s = None
    partner.silent = False
    partner.units, partner.reason = message.units, message.reason
    bound = {post.offer_id for post in interception.posts if post.holder is Holder.NEIGHBOUR}
    kept = [
        one
        for one in interception.offers
        if one.centre != centre or _is_bound(interception, one.offer_id)
    ]
    new = [
        Offer(one.offer_id, centre, one.checkpoint_id, one.ready_at_s)
        for one in message.offers
        if one.offer_id not in bound
    ]
    if new or len(kept) < len(interception.offers):
        interception.offers = (*kept, *new)
        case.plan_anew()


def _hear_yes(case: InterceptionCase, centre: str, message: Confirmed, now_s: float) -> None:
    post = _post_of(case.interception, centre, message.offer_id)
    if _is_over(case, centre, now_s):
        return
    if post is None or not post.live:
        case.tell(centre, Released(offer_id=message.offer_id, reason=OVER), now_s)
        return
    if post.state is PostState.ASKED:
        posts.confirm(case, post, now_s)
        post.expected_at_s = message.expected_at_s


def _hear_no(case: InterceptionCase, centre: str, message: Withdrawn, now_s: float) -> None:
    interception = case.interception
    if not interception.is_open:
        return
    known = forget_offer(interception, message.offer_id)
    post = _post_of(interception, centre, message.offer_id)
    if post is not None and post.live:
        case.agreed.add(post.post_id)
        posts.withdraw(case, post, message.reason, now_s)
    elif known:
        case.plan_anew()
    if known or post is not None:
        interception.partners[centre].ask_again = True


def _hear_report(case: InterceptionCase, centre: str, message: Reported, now_s: float) -> None:
    """How it stands at a checkpoint of theirs. Whoever reports has confirmed, and whoever held it
    in vain has held it, in whatever order that arrives."""
    post = _post_of(case.interception, centre, message.offer_id)
    if _is_over(case, centre, now_s):
        return
    if post is None or not post.live:
        if message.state in ("delayed", "manned"):  # they are, or stand, where nobody needs them
            case.tell(centre, Released(offer_id=message.offer_id, reason=OVER), now_s)
        return
    if post.state is PostState.ASKED:
        posts.confirm(case, post, now_s)
    where = post.checkpoint_id
    if message.state == "delayed":
        posts.expect(case, post, message.at_s, now_s)
        return
    if message.state != "missed":
        posts.man(case, post, now_s, by=centre)
    case.agreed.add(post.post_id)
    if message.state == "caught":
        _quietly(catch, case, where, centre, now_s)
    elif message.state == "missed":
        _quietly(posts.miss, case, where, min(message.at_s, now_s), None, centre, now_s)
    elif message.state == "clear":
        until_s = min(message.at_s, now_s)
        from_s = min(until_s if message.from_s is None else message.from_s, until_s)
        _quietly(posts.clear, case, where, from_s, until_s, centre, now_s)


def _hear_hand_over(
    case: InterceptionCase, centre: str, message: HandOverAnswered, now_s: float
) -> None:
    interception, passing = case.interception, case.interception.hand_over
    if passing is None or passing.hand_over_id != message.hand_over_id:
        return
    if passing.centre != centre:
        return
    if passing.state is HandOverState.CANCELLED or not interception.is_open:
        if passing.state is not HandOverState.DONE:
            case.tell(centre, HandOverCancelled(hand_over_id=message.hand_over_id), now_s)
        return
    if passing.state is not HandOverState.OFFERED:
        return
    if not message.accepts:
        passing.state, passing.reason = HandOverState.REFUSED, message.reason
        case.happened("interception.hand_over_refused", now_s, centre=centre, reason=message.reason)
        return
    passing.state = HandOverState.DONE
    sought = interception.sought
    latest = sorted(interception.sightings, key=lambda one: one.sighting.seen_at_s)
    case.tell(
        centre,
        HandOverDone(
            hand_over_id=passing.hand_over_id,
            slowest=sought.slowest,
            fastest=sought.fastest,
            horizon_s=sought.horizon_s,
            destinations=[destination_told(one) for one in sought.destinations],
            sightings=[sighting_told(one.sighting) for one in latest[-MOST_SIGHTINGS_TOLD:]],
        ),
        now_s,
    )
    hand_over(case, centre, passing.reason, now_s)


def _is_over(case: InterceptionCase, centre: str, now_s: float) -> bool:
    """Whether it is over; the centre, which does not seem to know, is told again."""
    interception = case.interception
    if interception.is_open:
        return False
    passing = interception.hand_over
    if passing is None or passing.state is not HandOverState.DONE or passing.centre != centre:
        case.tell(centre, Ended(outcome=interception.state.value), now_s)  # type: ignore[arg-type]
    return True


def _post_of(interception: Interception, centre: str, offer_id: str) -> Post | None:
    """The post by an offer of a centre, whatever became of it."""
    for post in interception.posts:
        theirs = post.holder is Holder.NEIGHBOUR and post.jurisdiction == centre
        if theirs and post.offer_id == offer_id:
            return post
    return None


def _is_bound(interception: Interception, offer_id: str) -> bool:
    return any(
        post.holder is Holder.NEIGHBOUR and post.offer_id == offer_id
        for post in interception.live_posts()
    )


def _must_lead(interception: Interception) -> None:
    if interception.role is not InterceptionRole.LEAD:
        raise ConflictError(
            f"The interception is led by {interception.lead_centre}: only that centre asks others."
        )


def _quietly(command, *values) -> None:
    """Do what another centre's word asks for, where that is possible; else it comes too late."""
    try:
        command(*values)
    except (ConflictError, InterceptionError):
        return
