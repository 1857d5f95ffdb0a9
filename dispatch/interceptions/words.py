"""The words of an interception: states, roles, holders. One word for one thing."""

from __future__ import annotations

from enum import StrEnum

from dispatch.incidents.words import AssignmentState


class InterceptionState(StrEnum):
    """Where an interception stands."""

    OPEN = "open"
    CAUGHT = "caught"  # the subject was stopped
    STOOD_DOWN = "stood_down"  # nobody waits any more
    HANDED_OVER = "handed_over"  # another centre goes on with it
    LOST = "lost"  # nobody knows where the subject is


class InterceptionRole(StrEnum):
    """What a centre is in it."""

    LEAD = "lead"
    NEIGHBOUR = "neighbour"  # the same case as seen by a centre that was asked


class Holder(StrEnum):
    """Who holds a checkpoint."""

    UNIT = "unit"  # one of our own
    STAFF = "staff"  # the place's own people, on a call
    NEIGHBOUR = "neighbour"  # units of another centre, by its offer


class PostState(StrEnum):
    """Where one holder of one checkpoint stands."""

    ASKED = "asked"  # a neighbour's offer is wanted, and is not confirmed yet
    ORDERED = "ordered"  # told to go
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    MANNED = "manned"  # there and ready
    CLEAR = "clear"  # held in vain, and over
    CAUGHT = "caught"
    MISSED = "missed"  # the subject got past
    WITHDRAWN = "withdrawn"  # the holder does not go, or cannot go on
    RELEASED = "released"  # not needed any more

    @property
    def live(self) -> bool:
        """Whether the holder is bound by it."""
        return self in LIVE_STATES

    @property
    def going(self) -> bool:
        """Whether they are not there yet."""
        return self.live and self is not PostState.MANNED


LIVE_STATES = frozenset(
    {
        PostState.ASKED,
        PostState.ORDERED,
        PostState.ACCEPTED,
        PostState.EN_ROUTE,
        PostState.MANNED,
    }
)

ASSIGNMENT_STATE = {
    PostState.ORDERED: AssignmentState.OFFERED,
    PostState.ACCEPTED: AssignmentState.ACCEPTED,
    PostState.EN_ROUTE: AssignmentState.EN_ROUTE,
    PostState.MANNED: AssignmentState.ON_SCENE,
    PostState.CLEAR: AssignmentState.REPORTED,
    PostState.CAUGHT: AssignmentState.REPORTED,
    PostState.MISSED: AssignmentState.REPORTED,
    PostState.WITHDRAWN: AssignmentState.DECLINED,
    PostState.RELEASED: AssignmentState.RELEASED,
}
"""What a unit's post is as an assignment, which keeps anybody from being sent twice."""


class CheckpointState(StrEnum):
    """Where a checkpoint stands, all its holders together."""

    ASKED = "asked"
    ORDERED = "ordered"
    MANNED = "manned"
    CLEAR = "clear"
    CAUGHT = "caught"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
