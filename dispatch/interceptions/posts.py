"""What becomes of those who are to hold a checkpoint: what they tell, and what is done with them.

The steps of a post, from where to where:

    confirm   asked                            -> ordered (a neighbour's)
    accept    ordered                          -> accepted
    depart    ordered, accepted                -> en_route
    man       ordered, accepted, en_route      -> manned
    clear     manned                           -> clear, and all who stand at the checkpoint
    miss      any live one                     -> missed, and all at the checkpoint
    withdraw  any live one                     -> withdrawn
    release   any live one                     -> released

A step that was taken already is taken again without effect, for phones repeat what they sent in a
tunnel; one that cannot be taken is a ConflictError. Steps may be skipped for the same reason.
"""

from __future__ import annotations

from dispatch.errors import ConflictError, InterceptionError
from dispatch.interception.subject import Sighting
from dispatch.interceptions.case import HeldInVain, InterceptionCase, Post
from dispatch.interceptions.sighting import must_be_open, see
from dispatch.interceptions.words import Holder, PostState

ANSWER_WITHIN_S = 60.0
"""An order that is not answered by then is told to the centre: a dispatcher calls."""
ETA_NEWS_S = 60.0
"""An expected time that moved by less is no news."""
CHECKPOINT_RADIUS_M = 100.0
"""Where a car was that was seen at a checkpoint: within the plaza."""

_MEANS = {
    PostState.ASKED: "has not been confirmed by the other centre yet",
    PostState.ORDERED: "has not been accepted yet",
    PostState.MANNED: "is held already",
    PostState.CLEAR: "was held in vain and is over",
    PostState.CAUGHT: "is over: the subject was stopped there",
    PostState.MISSED: "is over: the subject got past",
    PostState.WITHDRAWN: "was withdrawn",
    PostState.RELEASED: "is not needed any more",
}


def confirm(case: InterceptionCase, post: Post, now_s: float) -> None:
    """A neighbour will hold it, as it offered."""
    if post.holder is not Holder.NEIGHBOUR:
        raise ConflictError("Only what another centre has offered is confirmed.")
    if post.live and post.state is not PostState.ASKED:
        return
    _must_be(post, "confirmed", PostState.ASKED)
    post.state = PostState.ORDERED
    case.happened("checkpoint.ordered", now_s, post, plan_number=post.plan_number)


def accept(case: InterceptionCase, post: Post, now_s: float) -> None:
    """They go."""
    if post.state in (PostState.ACCEPTED, PostState.EN_ROUTE, PostState.MANNED):
        return
    _must_be(post, "accepted", PostState.ORDERED)
    post.state = PostState.ACCEPTED
    _promise(post, now_s)
    case.happened("checkpoint.accepted", now_s, post, promised_at_s=post.promised_at_s)


def depart(case: InterceptionCase, post: Post, now_s: float) -> None:
    """They have set out."""
    if post.state in (PostState.EN_ROUTE, PostState.MANNED):
        return
    _must_be(post, "on its way", PostState.ORDERED, PostState.ACCEPTED)
    _promise(post, now_s)
    post.state = PostState.EN_ROUTE
    post.departed_at_s = now_s
    case.happened("checkpoint.departed", now_s, post)


def man(case: InterceptionCase, post: Post, now_s: float, by: str = "hand") -> None:
    """They are there and ready, known ``by`` hand, or by a neighbour's word."""
    if post.state is PostState.MANNED:
        return
    _must_be(post, "manned", PostState.ORDERED, PostState.ACCEPTED, PostState.EN_ROUTE)
    post.state = PostState.MANNED
    post.manned_at_s = post.expected_at_s = now_s
    case.happened("checkpoint.manned", now_s, post, by=by)


def man_all(case: InterceptionCase, checkpoint_id: str, now_s: float) -> None:
    """All who were sent there are there and ready. Raises ConflictError where nobody was sent, and
    where nobody has confirmed yet."""
    must_be_open(case.interception)
    posts = _at(case, checkpoint_id)
    sent = [post for post in posts if post.state is not PostState.ASKED]
    if not sent:
        _must_be(posts[0], "manned")
    for post in sent:
        man(case, post, now_s)


def clear(
    case: InterceptionCase,
    checkpoint_id: str,
    from_s: float | None,
    until_s: float | None,
    note: str,
    now_s: float,
) -> None:
    """It was held in vain, from when it was manned until now unless said otherwise: whoever had to
    come through did not, and those who stood there are free."""
    must_be_open(case.interception)
    held = [post for post in _at(case, checkpoint_id) if post.state is PostState.MANNED]
    if not held:
        raise ConflictError("The checkpoint is not manned: only one that was held can be clear.")
    since_s = min(post.manned_at_s for post in held if post.manned_at_s is not None)
    begin_s = since_s if from_s is None else from_s
    end_s = now_s if until_s is None else until_s
    if not begin_s <= end_s <= now_s:
        raise InterceptionError("'from' is not later than 'until', and neither lies in the future.")
    case.interception.in_vain += (HeldInVain(checkpoint_id, begin_s, end_s),)
    for post in held:
        _end(post, PostState.CLEAR, note, now_s)
        case.happened("checkpoint.clear", now_s, post, from_s=begin_s, until_s=end_s, note=note)
    case.plan_anew()


def miss(
    case: InterceptionCase,
    checkpoint_id: str,
    at_s: float | None,
    heading_deg: float | None,
    note: str,
    now_s: float,
) -> None:
    """The subject was seen there and got past: that is a sighting, and those who stood there are
    behind them."""
    interception = case.interception
    must_be_open(interception)
    place = interception.places.get(checkpoint_id)
    posts = [post for post in _at(case, checkpoint_id) if post.state is not PostState.ASKED]
    if place is None or not posts:
        raise ConflictError("Nobody was sent to the checkpoint: tell of a sighting instead.")
    seen_at_s = now_s if at_s is None else at_s
    sighting = Sighting(
        place.lon, place.lat, seen_at_s, radius_m=CHECKPOINT_RADIUS_M, heading_deg=heading_deg
    )
    for post in posts:
        _end(post, PostState.MISSED, note, now_s)
        case.happened("checkpoint.missed", now_s, post, note=note)
    see(case, sighting, "checkpoint", now_s)
    case.plan_anew()


def withdraw(case: InterceptionCase, post: Post, reason: str, now_s: float) -> None:
    """They do not go, or cannot go on; a plan without them is made."""
    if post.state is PostState.WITHDRAWN:
        return
    if not post.live:
        _must_be(post, "withdrawn")
    accepted = post.accepted_at_s is not None or post.state is PostState.MANNED
    _end(post, PostState.WITHDRAWN, reason, now_s)
    if post.unit_id not in case.interception.refused_by:
        case.interception.refused_by += (post.unit_id,)
    case.happened("checkpoint.withdrawn", now_s, post, reason=reason, after_accepting=accepted)
    case.plan_anew()


def release(case: InterceptionCase, post: Post, reason: str, now_s: float) -> None:
    """They are let go."""
    if not post.live:
        return
    was = post.state
    _end(post, PostState.RELEASED, reason, now_s)
    case.happened("checkpoint.released", now_s, post, reason=reason, was=was.value)


def dismiss(case: InterceptionCase, post: Post, reason: str, now_s: float) -> None:
    """A dispatcher takes them off; they are not planned with again."""
    if not post.live:
        return
    case.interception.refused_by += (post.unit_id,)
    release(case, post, reason, now_s)
    case.plan_anew()


def expect(case: InterceptionCase, post: Post, expected_at_s: float, now_s: float) -> bool:
    """Note when they should be there by their last fix; whether that is news.

    Late is who comes later than promised by more than the plan's safety margin: what the plan says
    of them is not so any more, and another one is made. Told once.
    """
    if not post.state.going or post.state is PostState.ASKED:
        return False
    news = False
    was_expected_at_s = post.expected_at_s
    if abs(expected_at_s - was_expected_at_s) >= ETA_NEWS_S:
        post.expected_at_s = expected_at_s
        case.happened(
            "checkpoint.eta_changed",
            now_s,
            post,
            was_expected_at_s=was_expected_at_s,
            expected_at_s=expected_at_s,
        )
        news = True
    promised_at_s = post.promised_at_s
    safety_s = max(ETA_NEWS_S, case.interception.safety_s)
    if promised_at_s is None or post.late or expected_at_s <= promised_at_s + safety_s:
        return news
    post.late = True
    post.expected_at_s = expected_at_s
    case.happened(
        "checkpoint.late",
        now_s,
        post,
        promised_at_s=promised_at_s,
        expected_at_s=expected_at_s,
        late_s=expected_at_s - promised_at_s,
    )
    case.plan_anew()
    return True


def note_silence(case: InterceptionCase, now_s: float) -> bool:
    """Tell, once each, of orders that nobody has answered; whether there was one."""
    news = False
    for post in case.interception.live_posts():
        expected_by_s = post.ordered_at_s + ANSWER_WITHIN_S
        waits = post.state is PostState.ORDERED and post.holder is not Holder.NEIGHBOUR
        if waits and not post.unanswered and now_s >= expected_by_s:
            post.unanswered = True
            case.happened("checkpoint.unanswered", now_s, post, expected_by_s=expected_by_s)
            news = True
    return news


def posts_at(case: InterceptionCase, checkpoint_id: str) -> list[Post]:
    """Those who are bound there. Raises ConflictError where nobody is."""
    return _at(case, checkpoint_id)


def _at(case: InterceptionCase, checkpoint_id: str) -> list[Post]:
    posts = list(case.interception.live_posts(checkpoint_id))
    if not posts:
        raise ConflictError("Nobody was sent to the checkpoint, or it is over there.")
    return posts


def _promise(post: Post, now_s: float) -> None:
    if post.accepted_at_s is None:
        post.accepted_at_s = now_s
        # The plan counted from its own time on; who says yes later is there later.
        post.expected_at_s += now_s - post.ordered_at_s
        post.promised_at_s = post.expected_at_s


def _end(post: Post, state: PostState, reason: str, now_s: float) -> None:
    post.state = state
    post.ended_at_s = now_s
    post.reason = reason


def _must_be(post: Post, wanted: str, *states: PostState) -> None:
    if post.state not in states:
        means = _MEANS.get(post.state, f"is {post.state.value}")
        raise ConflictError(f"The checkpoint cannot be {wanted}: it {means}.")
