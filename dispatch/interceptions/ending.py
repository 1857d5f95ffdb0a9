"""How an interception ends: the subject is stopped, or nobody waits any more."""

from __future__ import annotations

from dispatch.errors import ConflictError
from dispatch.interceptions.case import InterceptionCase
from dispatch.interceptions.posts import posts_at, release
from dispatch.interceptions.sighting import must_be_open
from dispatch.interceptions.words import InterceptionState, PostState


def catch(case: InterceptionCase, checkpoint_id: str, note: str, now_s: float) -> None:
    """The subject was stopped at a checkpoint: everybody else is let go."""
    interception = case.interception
    if interception.state is InterceptionState.CAUGHT:
        return
    must_be_open(interception)
    there = [post for post in posts_at(case, checkpoint_id) if post.state is not PostState.ASKED]
    if not there:
        raise ConflictError("The other centre has not confirmed that it holds the checkpoint.")
    for post in there:
        post.state = PostState.CAUGHT
        post.ended_at_s = now_s
        post.reason = note
        case.happened("checkpoint.caught", now_s, post, note=note)
    _end(case, InterceptionState.CAUGHT, note, now_s)
    case.happened("interception.caught", now_s, checkpoint_id=checkpoint_id, note=note)


def stand_down(case: InterceptionCase, reason: str, now_s: float) -> None:
    """Nobody waits any more."""
    if _is_over(case, InterceptionState.STOOD_DOWN):
        return
    _end(case, InterceptionState.STOOD_DOWN, reason, now_s)
    case.happened("interception.stood_down", now_s, reason=reason)


def lose(case: InterceptionCase, reason: str, now_s: float) -> None:
    """The subject is lost, and nobody waits any more."""
    if _is_over(case, InterceptionState.LOST):
        return
    _end(case, InterceptionState.LOST, reason, now_s)
    case.happened("interception.lost", now_s, reason=reason)


def hand_over(case: InterceptionCase, centre: str, reason: str, now_s: float) -> None:
    """Another centre goes on with it; our own units are let go."""
    if _is_over(case, InterceptionState.HANDED_OVER):
        return
    _end(case, InterceptionState.HANDED_OVER, reason, now_s)
    case.happened("interception.handed_over", now_s, centre=centre, reason=reason)


def end_as_told(case: InterceptionCase, outcome: str, now_s: float) -> None:
    """The centre that leads has ended it: our own are let go."""
    state = {
        "caught": InterceptionState.CAUGHT,
        "lost": InterceptionState.LOST,
    }.get(outcome, InterceptionState.STOOD_DOWN)
    if not case.interception.is_open:
        return
    _end(case, state, outcome, now_s)
    case.happened("interception.stood_down", now_s, reason=outcome)


def _is_over(case: InterceptionCase, wanted: InterceptionState) -> bool:
    """Whether it ended like this already; raises ConflictError where it ended otherwise."""
    if case.interception.state is wanted:
        return True
    must_be_open(case.interception)
    return False


def _end(case: InterceptionCase, state: InterceptionState, note: str, now_s: float) -> None:
    for post in list(case.interception.live_posts()):
        release(case, post, state.value, now_s)
    case.interception.state = state
    case.interception.ended_at_s = now_s
    case.interception.ending_note = note
