"""One try at sending one thing, its outcome, and what a transaction books of both.

What is sent is a row somewhere. Whoever takes a row that is due moves its next time on by a lease
and counts one more attempt, so that nobody else takes it meanwhile; should the taker die, it is due
again when the lease ends. The outcome of an attempt counts only while the number of attempts is
still the same: that of a taker whose lease has ended does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.sending.pacing import AT_ONCE_AT_FIRST

LEASE_S = 60.0
"""How long an attempt is its taker's own: four times as long as it may last."""
PROBLEM_LIMIT_CHARACTERS = 200


class State(StrEnum):
    """Where something that is sent stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row that was taken, to be sent now."""

    receiver: str
    """Id of the webhook or of the peer."""
    item: int | str
    """Which row of that receiver's: a place in the stream of events, or the id of a message."""
    number: int
    """1 for the first."""
    first_due_at_s: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request."""

    status: int | None = None
    """As the receiver answered; None: it did not."""
    problem: str | None = None
    """One phrase; None: the receiver has taken it."""
    gone: bool = False
    """The receiver wants nothing any more."""
    refused: bool = False
    """The receiver read it and will not take it, today or tomorrow."""
    retry_after_s: float = 0.0
    """What the receiver asked for."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt."""

    attempt: Attempt
    reply: Reply

    @property
    def problem(self) -> str | None:
        """What went wrong, as it is kept; None: the receiver has taken it."""
        problem = self.reply.problem
        return problem and problem[:PROBLEM_LIMIT_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Message:
    """An attempt with all that it takes to send it."""

    attempt: Attempt
    url: str | None
    """None: it is for somebody in the same ledger."""
    secrets: tuple[str, ...]
    message_id: str
    body: str
    """As it is sent and signed."""


@dataclass(frozen=True, slots=True)
class Booking:
    """What a process brings to a transaction."""

    outcomes: Sequence[Outcome] = ()
    free: int = 0
    """Requests that it can begin."""
    room: Mapping[str, int] = field(default_factory=dict)
    """Of those, how many to a receiver; one that is not named was not sent anything yet."""
    under_way: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    """What it is sending, by receiver."""
    forget: bool = False
    """Whether what is old is to be forgotten as well."""

    def room_for(self, receiver: str) -> int:
        """How many requests to a receiver it can begin."""
        return min(self.free, self.room.get(receiver, AT_ONCE_AT_FIRST))


@dataclass(frozen=True, slots=True)
class Booked:
    """What a transaction brought."""

    messages: list[Message]
    """To be sent now."""
    states: list[State | None]
    """Of each outcome's row; None: the outcome no longer counted."""
