"""What a centre knows of the others that take part in an interception."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ANSWER_WITHIN_S = 20.0
"""A neighbour that has offered nothing by then offers nothing, as far as the plan is concerned."""
CONFIRM_WITHIN_S = 20.0
"""An offer that is not confirmed by then is not held."""
HAND_OVER_WITHIN_S = 300.0
"""A dispatcher decides that, and telephones first."""


@dataclass(slots=True)
class Partner:
    """One other centre, as the lead or as a neighbour sees it."""

    sent: int = 0
    """Number of the last message to it."""
    round: int = 0
    """Of the last request to it, or from it."""
    answered: int = 0
    """The last round that was answered."""
    answer_by_s: float | None = None
    """While an answer to the lead's request is awaited: until when."""
    sighting_id: str = ""
    """The sighting that the lead's last request was about."""
    ask_again: bool = False
    """Whether what it offered is not so any more."""
    silent: bool = False
    """Whether the last request was not answered in time."""
    units: int = 0
    """How many units its last offers came from."""
    reason: str = ""
    """Why it offered nothing."""


class GivenState(StrEnum):
    """Where an offer stands that we made."""

    OPEN = "open"  # nobody is bound by it
    TAKEN = "taken"  # somebody was sent, and has a post
    OVER = "over"  # released by the lead, or withdrawn by us: for good


@dataclass(slots=True)
class Given:
    """An offer that we made to a lead."""

    offer_id: str
    round: int
    their_checkpoint_id: str
    """What the lead calls the place."""
    checkpoint_id: str
    """What our map calls it."""
    unit_id: str
    """Who would go, as in a plan."""
    unit_kind: str
    unit_mode: str
    ready_at_s: float
    earliest_at_s: float
    share: float
    state: GivenState = GivenState.OPEN
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A checkpoint of another centre, as the lead told of it."""

    checkpoint_id: str
    kind: str
    name: str
    lon: float
    lat: float
    state: str
    at_s: float


class HandOverState(StrEnum):
    """Where a hand-over stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"  # by the neighbour, who waits for the lead to let go
    REFUSED = "refused"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class HandOver:
    """The lead is to pass to a neighbour."""

    hand_over_id: str
    centre: str
    """The other one."""
    answer_by_s: float
    state: HandOverState = HandOverState.OFFERED
    reason: str = ""
