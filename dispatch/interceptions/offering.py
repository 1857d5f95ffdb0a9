"""A neighbour's side of an interception: offers, sends whom the lead asks for, tells how it stands.

Nobody is bound by an offer. Whoever is asked for is taken under the same rule as for anything else,
and only then is it confirmed; who was taken by something else meanwhile is withdrawn. What was
released or withdrawn is over for good, whatever arrives later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dispatch.errors import ConflictError, InterceptionError
from dispatch.interception.situation import STAFF
from dispatch.interception.subject import Destination
from dispatch.interceptions import posts
from dispatch.interceptions.case import Interception, InterceptionCase, Place, Post, key_of
from dispatch.interceptions.ending import end_as_told
from dispatch.interceptions.messages import (
    CheckpointTold,
    Committed,
    Confirmed,
    Ended,
    HandOverAnswered,
    HandOverCancelled,
    HandOverDone,
    HandOverOffered,
    Message,
    Offered,
    OfferTold,
    Released,
    Requested,
    Sighted,
    Withdrawn,
)
from dispatch.interceptions.partners import (
    Elsewhere,
    Given,
    GivenState,
    HandOver,
    HandOverState,
    Partner,
)
from dispatch.interceptions.sighting import must_be_open, see
from dispatch.interceptions.words import Holder, InterceptionRole

Take = Callable[[Post], bool]
"""Takes a unit for a post; False where something else has it."""

TAKEN = "taken_by_something_else"
TOO_LATE = "too_late"
UNKNOWN = "unknown_offer"
STOOD_DOWN = "stood_down"


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody of ours could hold a place that the lead asked about."""

    their_checkpoint_id: str
    place: Place
    """As our map has it."""
    unit_id: str
    unit_kind: str
    unit_mode: str
    ready_at_s: float
    earliest_at_s: float
    share: float


def hear(case: InterceptionCase, centre: str, message: Message, take: Take, now_s: float) -> None:
    """Take in what the lead tells; nobody else is listened to."""
    interception = case.interception
    if centre != interception.lead_centre or interception.role is not InterceptionRole.NEIGHBOUR:
        return
    match message:
        case Requested():
            _hear_request(case, centre, message, now_s)
        case Committed():
            _hear_commit(case, centre, message, take, now_s)
        case Released():
            _hear_release(case, message, now_s)
        case Sighted():
            _hear_sighting(case, centre, message, now_s)
        case CheckpointTold():
            _hear_checkpoint(interception, message)
        case Ended():
            case.agreed |= {post.post_id for post in interception.live_posts()}
            for given in interception.given:
                given.state = GivenState.OVER
            end_as_told(case, message.outcome, now_s)
        case HandOverOffered():
            _hear_hand_over(case, centre, message, now_s)
        case HandOverDone():
            _take_over(case, message, now_s)
        case HandOverCancelled():
            passing = interception.hand_over
            if passing is not None and passing.hand_over_id == message.hand_over_id:
                passing.state = HandOverState.CANCELLED


def answer(
    case: InterceptionCase,
    round_: int,
    found: Sequence[Found],
    reason: str,
    now_s: float,
) -> bool:
    """Offer what was found for a round; False where the lead does not wait for it any more."""
    interception = case.interception
    request = interception.request
    if not interception.answer_wanted or request is None or request.round != round_:
        return False
    lead = interception.lead_centre or ""
    offers = []
    for one in found:
        given = Given(
            offer_id=case.new_id(),
            round=round_,
            their_checkpoint_id=one.their_checkpoint_id,
            checkpoint_id=one.place.checkpoint_id,
            unit_id=one.unit_id,
            unit_kind=one.unit_kind,
            unit_mode=one.unit_mode,
            ready_at_s=one.ready_at_s,
            earliest_at_s=one.earliest_at_s,
            share=one.share,
        )
        interception.given += (given,)
        interception.places[one.place.checkpoint_id] = one.place
        offers.append(
            OfferTold(
                offer_id=given.offer_id,
                checkpoint_id=one.their_checkpoint_id,
                ready_at_s=one.ready_at_s,
                margin_s=one.earliest_at_s - one.ready_at_s,
            )
        )
    interception.partners[lead].answered = round_
    units = len({one.unit_id for one in found})
    case.tell(lead, Offered(round=round_, units=units, offers=offers, reason=reason), now_s)
    return True


def decide_hand_over(case: InterceptionCase, accepts: bool, reason: str, now_s: float) -> None:
    """Answer the lead, who is still the lead until it has let go."""
    interception = case.interception
    must_be_open(interception)
    passing = interception.hand_over
    wanted = HandOverState.ACCEPTED if accepts else HandOverState.REFUSED
    if interception.role is InterceptionRole.LEAD:
        raise ConflictError("This centre leads the interception already.")
    if passing is None or passing.state not in (HandOverState.OFFERED, wanted):
        raise ConflictError("The other centre does not want to hand the interception over now.")
    if passing.state is wanted:
        return
    if now_s > passing.answer_by_s:
        raise ConflictError("The time to answer is over: the other centre goes on leading.")
    passing.state, passing.reason = wanted, reason
    case.tell(
        passing.centre,
        HandOverAnswered(hand_over_id=passing.hand_over_id, accepts=accepts, reason=reason),
        now_s,
    )


def given_of(interception: Interception, offer_id: str) -> Given | None:
    """An offer that we made."""
    return next((one for one in interception.given if one.offer_id == offer_id), None)


def _hear_request(case: InterceptionCase, centre: str, message: Requested, now_s: float) -> None:
    interception = case.interception
    partner = interception.partners.setdefault(centre, Partner())
    if message.round <= partner.round:
        return
    partner.round = message.round
    if not interception.is_open:
        partner.answered = message.round
        case.tell(
            centre, Offered(round=message.round, units=0, offers=[], reason=STOOD_DOWN), now_s
        )
        return
    interception.request = message
    seen_at_s = message.sighting.seen_at_s
    horizon_s = min(max(message.ends_at_s - seen_at_s, 60.0), 6 * 3_600.0)
    interception.sought = replace(
        interception.sought,
        description=message.description,
        mode=message.mode,
        horizon_s=horizon_s,
    )
    if now_s > message.ends_at_s:  # it lay somewhere too long
        partner.answered = message.round
        return
    _see(case, message.sighting.sighting, centre, now_s)


def _hear_commit(
    case: InterceptionCase, centre: str, message: Committed, take: Take, now_s: float
) -> None:
    interception = case.interception
    given = given_of(interception, message.offer_id)
    if given is None:
        case.tell(centre, Withdrawn(offer_id=message.offer_id, reason=UNKNOWN), now_s)
        return
    if given.state is GivenState.OVER:
        case.tell(centre, Withdrawn(offer_id=given.offer_id, reason=given.reason or TAKEN), now_s)
        return
    if given.state is GivenState.TAKEN:
        post = _post_of(interception, given)
        expected_at_s = given.ready_at_s if post is None else post.expected_at_s
        case.tell(centre, Confirmed(offer_id=given.offer_id, expected_at_s=expected_at_s), now_s)
        return
    refusal = STOOD_DOWN if not interception.is_open else ""
    if not refusal and now_s > message.confirm_by_s:
        refusal = TOO_LATE
    post = _new_post(case, given, message.earliest_at_s, now_s)
    bound = any(one.unit_id == post.unit_id for one in interception.live_posts())
    if not refusal and (bound or (post.holder is Holder.UNIT and not take(post))):
        refusal = TAKEN
    if refusal:
        given.state, given.reason = GivenState.OVER, refusal
        case.tell(centre, Withdrawn(offer_id=given.offer_id, reason=refusal), now_s)
        return
    given.state = GivenState.TAKEN
    interception.posts += (post,)
    case.happened("checkpoint.ordered", now_s, post, plan_number=0)
    case.tell(centre, Confirmed(offer_id=given.offer_id, expected_at_s=post.expected_at_s), now_s)


def _hear_release(case: InterceptionCase, message: Released, now_s: float) -> None:
    given = given_of(case.interception, message.offer_id)
    if given is None:
        return
    post = _post_of(case.interception, given)
    given.state, given.reason = GivenState.OVER, message.reason
    if post is not None and post.live:
        case.agreed.add(post.post_id)
        posts.release(case, post, message.reason, now_s)


def _hear_sighting(case: InterceptionCase, centre: str, message: Sighted, now_s: float) -> None:
    if case.interception.is_open:
        _see(case, message.sighting.sighting, centre, now_s)


def _hear_checkpoint(interception: Interception, message: CheckpointTold) -> None:
    told = Elsewhere(
        message.checkpoint_id, message.kind, message.name, message.lon, message.lat,
        message.state, message.at_s,
    )  # fmt: skip
    others = [one for one in interception.elsewhere if one.checkpoint_id != told.checkpoint_id]
    before = [one for one in interception.elsewhere if one.checkpoint_id == told.checkpoint_id]
    if all(one.at_s < told.at_s for one in before):
        interception.elsewhere = (*others, told)


def _hear_hand_over(
    case: InterceptionCase, centre: str, message: HandOverOffered, now_s: float
) -> None:
    interception = case.interception
    passing = interception.hand_over
    known = passing is not None and passing.hand_over_id == message.hand_over_id
    if known or not interception.is_open or now_s > message.answer_by_s:
        return
    interception.hand_over = HandOver(
        message.hand_over_id, centre, message.answer_by_s, reason=message.reason
    )
    case.happened(
        "interception.hand_over_offered",
        now_s,
        centre=centre,
        expected_by_s=message.answer_by_s,
        reason=message.reason,
    )


def _take_over(case: InterceptionCase, message: HandOverDone, now_s: float) -> None:
    """We lead from now on; whoever of ours was sent stays so."""
    interception = case.interception
    passing = interception.hand_over
    if passing is None or passing.hand_over_id != message.hand_over_id:
        return
    if passing.state is not HandOverState.ACCEPTED:
        return
    passing.state = HandOverState.DONE
    if not interception.is_open:
        return
    interception.role = InterceptionRole.LEAD
    interception.sought = replace(
        interception.sought,
        slowest=min(message.slowest, message.fastest),
        fastest=max(message.slowest, message.fastest),
        horizon_s=message.horizon_s,
        destinations=tuple(
            Destination(one.lon, one.lat, one.weight, one.name) for one in message.destinations
        ),
    )
    for told in message.sightings:
        _see(case, told.sighting, passing.centre, now_s)
    for given in interception.given:
        if given.state is GivenState.OPEN:
            given.state = GivenState.OVER
    case.happened("interception.taken_over", now_s, centre=passing.centre)
    # The former lead may take part again, as a neighbour that is asked.
    former = interception.partners[passing.centre]
    interception.partners = {passing.centre: Partner(sent=former.sent, ask_again=True)}
    case.plan_anew()


def _see(case: InterceptionCase, sighting, source: str, now_s: float) -> None:
    try:
        see(case, sighting, source, now_s)
    except (ConflictError, InterceptionError):  # from another clock's future, or one too many
        return


def _new_post(case: InterceptionCase, given: Given, earliest_at_s: float, now_s: float) -> Post:
    interception = case.interception
    staff = given.unit_id.startswith(STAFF)
    place = interception.places[given.checkpoint_id]
    set_up_s = 0.0 if staff else place.set_up_s
    jurisdiction, responder_id = (interception.jurisdiction, "") if staff else key_of(given.unit_id)
    return Post(
        post_id=case.new_id(),
        checkpoint_id=given.checkpoint_id,
        holder=Holder.STAFF if staff else Holder.UNIT,
        state=posts.PostState.ORDERED,
        plan_number=0,
        layer=1,
        ordered_at_s=now_s,
        ready_at_s=given.ready_at_s,
        earliest_at_s=earliest_at_s,
        share=given.share,
        expected_at_s=max(now_s, given.ready_at_s - set_up_s - interception.safety_s),
        jurisdiction=jurisdiction,
        responder_id=responder_id,
        kind=given.unit_kind,
        mode=given.unit_mode,
        offer_id=given.offer_id,
    )


def _post_of(interception: Interception, given: Given) -> Post | None:
    return next((one for one in interception.posts if one.offer_id == given.offer_id), None)
